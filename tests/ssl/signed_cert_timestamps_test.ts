// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  type Certificate,
  createOcspResponse,
  type CtLog,
  encodeSctList,
  importCert,
  MemoryCertDB,
  parseSctList,
  type Sct,
  verifySct,
} from "@nss/nss/cert";
import { generateKeyPair, NssContext } from "@nss/nss/pkcs11";
import {
  type AuthCertificateHook,
  configServerCert,
  importFD,
  newModel,
  optionGet,
  optionSet,
  type PeerAuthentication,
  peerSignedCertTimestamps,
  peerStapledOCSPResponses,
  resumptionTokenCallback,
  setResumptionToken,
  SslError,
} from "@nss/nss/ssl";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { encodeCertificate, parseCertificate } from "../../ssl/messages/certificate.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { encodeServerHello, parseServerHello } from "../../ssl/messages/server_hello.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { memoryPair } from "../support/memory_pair.ts";
import {
  assertFails,
  clientOptions,
  closeAll,
  connected,
  HOSTNAME,
  join,
  makeIdentity,
  onMessage,
  ping,
  PKI,
  shake,
  socketOver,
} from "./_support.ts";
import { keepHellos } from "./_hello.ts";
import { Acquaintance } from "./_tls12.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const SCT = ExtensionType.signedCertificateTimestamp;

const logKeys = await generateKeyPair();
const log: CtLog = { key: logKeys.publicKey, description: "the test's log" };

/** What a log promises about a certificate (RFC 6962, Section 3.2). */
async function promise({ der }: Certificate): Promise<Sct> {
  const timestamp = new Date(Date.now() - 60_000);
  const hex = (value: number, bytes: number) => value.toString(16).padStart(2 * bytes, "0");
  const entry = "0000" + hex(der.length, 3) + der.toHex();
  const data = Uint8Array.fromHex("0000" + hex(timestamp.getTime(), 8) + entry + "0000");
  return {
    logId: (await logKeys.publicKey.digest()).slice(),
    timestamp,
    extensions: new Uint8Array(0),
    signatureAlgorithm: 0x0403,
    signature: await logKeys.privateKey.sign("ecdsa_secp256r1_sha256", data),
  };
}

const scts = encodeSctList([await promise(PKI.server.cert)]);
const { der: response } = await createOcspResponse({
  issuer: PKI.root.cert,
  responder: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
  producedAt: new Date(),
  responses: [{ certificate: PKI.server.cert, status: "good" }],
});
const credential = { ...PKI.server.credential, scts, ocsp: response };

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  const versions = { min: version, max: version };
  const server = { certificates: [{ ...credential, chain: [PKI.root.cert] }] };

  Deno.test(`peerSignedCertTimestamps() are what the server has, where the client asks (${version})`, async () => {
    for (const signedCertTimestamps of [true, false]) {
      await using joined = join({ client: { versions, signedCertTimestamps }, server });
      assertEquals(peerSignedCertTimestamps(joined.client), null); // not yet
      await shake(joined);
      assertEquals(peerSignedCertTimestamps(joined.client), signedCertTimestamps ? scts : null);
      assertEquals(peerSignedCertTimestamps(joined.server), null);
    }
    await using joined = await connected({ client: { versions, signedCertTimestamps: true } });
    assertEquals(peerSignedCertTimestamps(joined.client), null); // the server has none
  });

  Deno.test(`peerStapledOCSPResponses() are what the server has, where the client asks (${version})`, async () => {
    for (const ocspStapling of [true, false]) {
      await using joined = join({ client: { versions, ocspStapling }, server });
      assertEquals(peerStapledOCSPResponses(joined.client), []); // not yet
      await shake(joined);
      assertEquals(peerStapledOCSPResponses(joined.client), ocspStapling ? [response] : []);
    }
  });

  Deno.test(`peerSignedCertTimestamps() stay those of the first handshake when a session is resumed (${version})`, async () => {
    const both = new Acquaintance();
    const options = both.with({
      client: { versions, signedCertTimestamps: true, ocspStapling: true },
      server: { ...server, versions },
    });
    for (const resumed of [false, true, true]) {
      await using joined = join(options);
      const [info] = await shake(joined);
      assertEquals(info.resumed, resumed);
      assertEquals(peerSignedCertTimestamps(joined.client), scts);
      assertEquals(peerStapledOCSPResponses(joined.client), [response]);
      await ping(joined);
    }
  });

  Deno.test(`a client without the request for SCTs does not resume a session that had them, nor the other way round (${version})`, async () => {
    const both = new Acquaintance();
    const resumed = [];
    for (const signedCertTimestamps of [true, false, true]) {
      const [info] = await both.meet({
        client: { versions, signedCertTimestamps },
        server: { ...server, versions },
      });
      resumed.push(info.resumed);
    }
    assertEquals(resumed, [false, false, true]);
  });

  Deno.test(`peerSignedCertTimestamps() travel in resumption tokens, and the hook decides about them anew (${version})`, async () => {
    const tokens: Uint8Array[] = [];
    const seen: (Uint8Array | null)[] = [];
    const authCertificate: AuthCertificateHook = (_socket, peer) => {
      seen.push(peer.signedCertTimestamps);
      return true;
    };
    const both = new Acquaintance();
    const options = both.with({
      client: { versions, signedCertTimestamps: true, authCertificate },
      server: { ...server, versions },
    });
    {
      await using joined = join(options);
      resumptionTokenCallback(joined.client, (_socket, token) => void tokens.push(token));
      await shake(joined);
      await ping(joined);
    }
    await using joined = join(options);
    await setResumptionToken(joined.client, tokens[0]!);
    assertEquals((await shake(joined))[0].resumed, true);
    assertEquals(peerSignedCertTimestamps(joined.client), scts);
    assertEquals(seen.length >= 2, true);
    for (const list of seen) assertEquals(list, scts);
  });

  Deno.test(`authCertificate hook gets the SCTs, and verifySct() believes them (${version})`, async () => {
    const peers: PeerAuthentication[] = [];
    const demanding: AuthCertificateHook = async (_socket, peer) => {
      peers.push(peer);
      const { signedCertTimestamps: list, chain, time } = peer;
      const [certificate] = chain as [Certificate];
      for (const sct of list === null ? [] : parseSctList(list)) {
        await verifySct(sct, { certificate, source: "delivered", logs: [log], time });
        return true;
      }
      return false;
    };
    const client = { versions, signedCertTimestamps: true, authCertificate: demanding };
    await using joined = await connected({ client, server });
    assertEquals(peers[0]!.signedCertTimestamps, scts);
    assertEquals((await joined.client.handshake()).version, version);
    await assertFails({ client }, {
      at: "client",
      error: "SSL_ERROR_BAD_CERTIFICATE",
      alert: "bad_certificate",
    });
    // Those of another certificate are worth nothing.
    const others = encodeSctList([await promise(PKI.root.cert)]);
    await assertFails(
      { client, server: { certificates: [{ ...PKI.server.credential, scts: others }] } },
      { at: "client", error: "SEC_ERROR_BAD_SIGNATURE", alert: "bad_certificate" },
    );
  });

  Deno.test(`a client refuses SCTs that it has not asked for (${version})`, async () => {
    await assertFails(
      {
        client: { versions },
        serverInternals: {
          messageFilter: version === "TLSv1.3"
            ? onMessage(HandshakeType.certificate, sctsInCertificate)
            : onMessage(HandshakeType.serverHello, sctsInServerHello),
        },
      },
      {
        at: "client",
        error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
        alert: "unsupported_extension",
      },
    );
  });
}

function sctsInCertificate(raw: Bytes): Bytes[] {
  const message = parseCertificate(raw.subarray(4));
  const [first, ...rest] = message.certificateList;
  const extensions = new ExtensionBlock().addBody(SCT, scts);
  const certificateList = [{ ...first!, extensions }, ...rest];
  return [encodeHandshake(raw[0]!, encodeCertificate({ ...message, certificateList }))];
}

function sctsInServerHello(raw: Bytes): Bytes[] {
  const hello = parseServerHello(raw.subarray(4));
  hello.extensions!.addBody(SCT, scts);
  return [encodeHandshake(raw[0]!, encodeServerHello(hello))];
}

Deno.test("optionSet() of ENABLE_SIGNED_CERT_TIMESTAMPS makes a client ask, which is off by default", async () => {
  for (const on of [undefined, true, false]) {
    const hellos = keepHellos();
    const model = newModel();
    assertEquals(optionGet(model, "ENABLE_SIGNED_CERT_TIMESTAMPS"), false);
    if (on !== undefined) optionSet(model, "ENABLE_SIGNED_CERT_TIMESTAMPS", on);
    await using _joined = await connected({ client: { model }, clientInternals: hellos });
    assertEquals(hellos.sent[0]!.extensions!.has(SCT), on === true);
  }
});

Deno.test("configServerCert() takes SCTs along, and keeps them with a chain from the database", async () => {
  for (const load of [false, true]) {
    const certDB = new MemoryCertDB();
    const context = new NssContext({ trustAnchors: [], certDB });
    const intermediate = await makeIdentity({ subject: "CN=I", isCa: true }, PKI.root);
    const leaf = await makeIdentity({ dnsNames: [HOSTNAME] }, intermediate);
    await importCert(certDB, intermediate.cert);
    const server = newModel({ role: "server", context });
    optionSet(server, "DB_LOAD_CERTIFICATE_CHAIN", load);
    await configServerCert(server, leaf.cert, leaf.keys.privateKey, {
      signedCertTimestamps: scts,
      ...(!load && { certChain: intermediate.cert }),
    });
    const [a, b] = memoryPair();
    const ends = {
      client: socketOver(a, clientOptions({ signedCertTimestamps: true })),
      server: importFD(b, { model: server }),
    };
    await shake(ends);
    assertEquals(peerSignedCertTimestamps(ends.client), scts);
    await closeAll(ends.client, ends.server);
  }
});

Deno.test("importFD() refuses SCTs that are no list", () => {
  for (const bad of [new Uint8Array(0), new Uint8Array([0, 0]), scts.subarray(1)]) {
    const certificates = [{ ...PKI.server.credential, scts: bad }];
    const error = assertThrows(() => newModel({ role: "server", certificates }), SslError);
    assertEquals(error.name, "SEC_ERROR_BAD_DATA");
  }
});
