// Copyright 2026 the NSS for Deno authors. MIT license.

/** Raw public keys in place of certificates (RFC 7250), in both roles and both versions. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ChannelInfo,
  getChannelBinding,
  importFD,
  type ImportOptions,
  localCertificate,
  optionSet,
  peerCertificate,
  type ProtocolVersion,
  reHandshake,
} from "@nss/nss";
import {
  getResumptionTokenInfo,
  peerRawPublicKey,
  type RawPublicKeyHook,
  setRawPublicKeys,
  setResumptionToken,
} from "@nss/nss/ssl";
import { NssContext } from "../../pkcs11/context/context.ts";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { MAX_RAW_PUBLIC_KEYS } from "../../ssl/config/raw_public_keys.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { actOn, type Edit } from "./_filters.ts";
import { connectedIn, serving, willing } from "./_re_handshake.ts";
import {
  assertFails,
  closeAll,
  connected,
  failureOf,
  HOSTNAME,
  join,
  type JoinOptions,
  pingPong,
  PKI,
  session,
  shake,
} from "./_support.ts";

const RPK = 2;
const X509 = 0;
const SERVER = await generateKeyPair();
const CLIENT = await generateKeyPair("ed25519");
const STRANGER = await generateKeyPair();
const RSA = await generateKeyPair("rsa-2048");
const P384 = await generateKeyPair("ec-p384");

const own = (pair: typeof SERVER) => [{ key: pair.privateKey, publicKey: pair.publicKey }];
const SERVER_KEYS = own(SERVER);
const CLIENT_KEYS = own(CLIENT);

/**
 * Changes one extension of a hello or EncryptedExtensions: `null` takes it out; it is added where
 * it is missing.
 */
function setExtension(message: Block, type: number, data: readonly number[] | null): Edit {
  return (body) => {
    const u16 = (at: number) => body[at]! << 8 | body[at + 1]!;
    let start = 0;
    if (message !== "EncryptedExtensions") start = 35 + body[34]!; // behind the session ID
    if (message === "ServerHello") start += 3;
    if (message === "ClientHello") start += 2 + u16(start);
    if (message === "ClientHello") start += 1 + body[start]!;
    const block: number[] = [];
    for (let at = start + 2; at < body.length; at += 4 + u16(at + 2)) {
      if (u16(at) !== type) block.push(...body.subarray(at, at + 4 + u16(at + 2)));
    }
    if (data !== null) block.push(type >> 8, type & 0xff, 0, data.length, ...data);
    const { length } = block;
    return new Uint8Array([...body.subarray(0, start), length >> 8, length & 0xff, ...block]);
  };
}

type Block = "ClientHello" | "ServerHello" | "EncryptedExtensions";

/** A server with a raw public key alone, and a client that pins it. */
const PINNED = {
  server: { certificates: [], rawPublicKeys: { keys: SERVER_KEYS } },
  client: { rawPublicKeys: { accept: [SERVER.publicKey] } },
} as const;

/** The same, where both ends show keys. */
const MUTUAL = {
  server: {
    certificates: [],
    clientAuth: "require",
    rawPublicKeys: { keys: SERVER_KEYS, accept: [CLIENT.publicKey] },
  },
  client: { rawPublicKeys: { keys: CLIENT_KEYS, accept: [SERVER.publicKey] } },
} as const;

function inVersion(
  version: ProtocolVersion,
  { client, server, ...rest }: JoinOptions,
): JoinOptions {
  const versions = { min: version, max: version };
  return { ...rest, client: { ...client, versions }, server: { ...server, versions } };
}

const pinOf = async ({ peerRawPublicKey }: ChannelInfo) => await peerRawPublicKey?.pin() ?? null;

/** The code points of an extension in the ClientHello. */
async function offered(client: ImportOptions): Promise<readonly (readonly number[] | null)[]> {
  const { promise, resolve } = Promise.withResolvers<readonly (readonly number[] | null)[]>();
  await using joined = join({
    client,
    server: {
      clientHelloCallback: (_, { extensions }) => {
        const { serverCertificateType, clientCertificateType } = ExtensionType;
        resolve([serverCertificateType, clientCertificateType].map((type) => {
          const found = extensions.find((each) => each.type === type);
          return found === undefined ? null : [...found.body.subarray(1)];
        }));
        return false;
      },
    },
  });
  await Promise.allSettled([joined.client.handshake(), joined.server.handshake()]);
  return await promise;
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const of = (options: JoinOptions) => inVersion(version, options);

  Deno.test(`rawPublicKeys: a client takes a server whose key is pinned, and sees no certificate (${version})`, async () => {
    await using joined = await connected(of(PINNED));
    const { client, server } = joined;
    const [info, serverInfo] = await shake(joined);
    assertEquals(info.version, version);
    assertEquals(await pinOf(info), await SERVER.publicKey.pin());
    assertEquals([info.peerCertificates, peerCertificate(client)], [[], null]);
    assertEquals(info.peerSignatureScheme, "ecdsa_secp256r1_sha256");
    assertEquals([serverInfo.localCertificates, peerRawPublicKey(server)], [[], null]);
    assert(peerRawPublicKey(client)?.equals(SERVER.publicKey));
    await pingPong(joined);
  });

  Deno.test(`rawPublicKeys: each form of a pin accepts the key, and none another (${version})`, async () => {
    const { publicKey } = SERVER;
    const webCrypto = await crypto.subtle.importKey(
      "spki",
      publicKey.der,
      { name: "ECDSA", namedCurve: "P-256" },
      true,
      ["verify"],
    );
    const forms = [publicKey, publicKey.der, publicKey.toPem(), await publicKey.pin(), webCrypto];
    for (const form of forms) {
      const accept = [STRANGER.publicKey, form];
      const [info] = await session(of({ ...PINNED, client: { rawPublicKeys: { accept } } }));
      assert(info.peerRawPublicKey?.equals(publicKey));
      await assertFails(
        of({
          server: { rawPublicKeys: { keys: own(STRANGER) } },
          client: { rawPublicKeys: { accept: [form] } },
        }),
        { at: "client", error: "SSL_ERROR_BAD_CERTIFICATE", alert: "bad_certificate" },
      );
    }
  });

  Deno.test(`rawPublicKeys: a key that is not in the list ends the handshake, and the error says its SHA-256 (${version})`, async () => {
    const error = await assertFails(
      of({ ...PINNED, client: { rawPublicKeys: { accept: [STRANGER.publicKey] } } }),
      { at: "client", error: "SSL_ERROR_BAD_CERTIFICATE", alert: "bad_certificate" },
    );
    assertStringIncludes(error.message, await SERVER.publicKey.pin());
  });

  Deno.test(`rawPublicKeys: both ends show keys, and the server knows its client's (${version})`, async () => {
    const [info, serverInfo] = await session(of(MUTUAL));
    assert(info.peerRawPublicKey?.equals(SERVER.publicKey));
    assert(serverInfo.peerRawPublicKey?.equals(CLIENT.publicKey));
    assertEquals([serverInfo.peerSignatureScheme, serverInfo.peerCertificates], ["ed25519", []]);
    const server = {
      ...MUTUAL.server,
      rawPublicKeys: { keys: SERVER_KEYS, accept: [STRANGER.publicKey] },
    };
    await assertFails(of({ ...MUTUAL, server }), {
      at: "server",
      error: "SSL_ERROR_BAD_CERTIFICATE",
      alert: "bad_certificate",
    });
  });

  Deno.test(`rawPublicKeys: a hook accepts by true alone, and is told whose key it is (${version})`, async () => {
    const seen: unknown[] = [];
    const client = (accept: RawPublicKeyHook) =>
      of({ ...PINNED, client: { rawPublicKeys: { accept } } });
    await session(client(async (_, { publicKey, hostname, isServer }) => {
      seen.push([hostname, isServer, await publicKey.pin()]);
      publicKey.der.fill(0); // a copy
      publicKey.publicKey.fill(0);
      return true;
    }));
    assertEquals(seen, [[HOSTNAME, false, await SERVER.publicKey.pin()]]);
    for (const verdict of [false, undefined, 1, "yes"]) {
      const error = await assertFails(client(() => verdict as boolean), {
        at: "client",
        error: "SSL_ERROR_BAD_CERTIFICATE",
        alert: "bad_certificate",
      });
      assertStringIncludes(error.message, "rawPublicKeys.accept");
    }
    await assertFails(client(() => Promise.reject(new Error("no"))), {
      at: "client",
      error: "SEC_ERROR_APPLICATION_CALLBACK_ERROR",
      alert: "bad_certificate",
    });
  });

  Deno.test(`rawPublicKeys: no other hook decides about a key, nor waves it through (${version})`, async () => {
    const asked: string[] = [];
    const client: ImportOptions = {
      rawPublicKeys: { accept: [STRANGER.publicKey], orCertificate: true },
      badCert: () => (asked.push("badCert"), true),
      authCertificate: () => (asked.push("authCertificate"), true),
    };
    await assertFails(of({ ...PINNED, client }), {
      at: "client",
      error: "SSL_ERROR_BAD_CERTIFICATE",
      alert: "bad_certificate",
    });
    assertEquals(asked, []);
  });

  Deno.test(`rawPublicKeys: who accepts keys takes no certificate, whatever hooks say, unless orCertificate does (${version})`, async () => {
    const client: ImportOptions = { badCert: () => true, authCertificate: () => true };
    const accept = [SERVER.publicKey];
    const server = {}; // with a certificate that the client's root has issued
    await assertFails(of({ server, client: { ...client, rawPublicKeys: { accept } } }), {
      at: "server",
      error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      alert: "unsupported_certificate",
    });
    const [info] = await session(
      of({ server, client: { rawPublicKeys: { accept, orCertificate: true } } }),
    );
    assertEquals(info.peerCertificates, [PKI.server.cert]);
    // A server likewise
    const certificates = [PKI.client.credential];
    const serving = {
      ...MUTUAL.server,
      certificates: [PKI.server.credential],
      authCertificate: () => true,
    };
    const withCertificate = { certificates };
    const error = await assertFails(of({ server: serving, client: withCertificate }), {
      at: "server",
      error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      alert: "unsupported_certificate",
    });
    assertStringIncludes(error.message, "orCertificate");
  });

  Deno.test(`rawPublicKeys: a server that requests keys alone asks a client with none for nothing (${version})`, async () => {
    const server = {
      ...MUTUAL.server,
      certificates: [PKI.server.credential],
      clientAuth: "request" as const,
    };
    const [, info] = await session(
      of({ server, client: { certificates: [PKI.client.credential] } }),
    );
    assertEquals([info.peerCertificates, info.peerRawPublicKey], [[], null]);
  });

  Deno.test(`rawPublicKeys: a server with key and certificate shows what the client prefers, or else what it takes (${version})`, async () => {
    const server: ImportOptions = { rawPublicKeys: { keys: SERVER_KEYS } };
    const [plain] = await session(of({ server }));
    assertEquals(plain.peerCertificates, [PKI.server.cert]);
    const client = { rawPublicKeys: { accept: [SERVER.publicKey], orCertificate: true } };
    const [raw] = await session(of({ server, client }));
    assert(raw.peerRawPublicKey?.equals(SERVER.publicKey));
    // A key that does not sign as the client accepts leaves the certificate
    const keys = own(RSA);
    const [other] = await session(of({
      server: { rawPublicKeys: { keys } },
      client: { ...client, signatureSchemes: ["ecdsa_secp256r1_sha256"] },
    }));
    assertEquals(other.peerCertificates, [PKI.server.cert]);
    const first = of({
      server,
      client,
      clientInternals: {
        messageFilter: actOn(HandshakeType.clientHello, 0, {
          edit: setExtension("ClientHello", ExtensionType.serverCertificateType, [2, X509, RPK]),
        }),
      },
    });
    await using joined = join(first);
    await Promise.allSettled([joined.client.handshake(), joined.server.handshake()]);
    assertEquals(localCertificate(joined.server)?.der, PKI.server.cert.der);
  });

  Deno.test(`rawPublicKeys: a client with key and certificate shows what the server takes (${version})`, async () => {
    const client: ImportOptions = {
      certificates: [PKI.client.credential],
      rawPublicKeys: { keys: CLIENT_KEYS },
    };
    const clientAuth = "require";
    const [, plain] = await session(of({ client, server: { clientAuth } }));
    assertEquals(plain.peerCertificates, [PKI.client.cert]);
    const [, raw] = await session(of({
      client,
      server: { clientAuth, rawPublicKeys: { accept: [CLIENT.publicKey], orCertificate: true } },
    }));
    assert(raw.peerRawPublicKey?.equals(CLIENT.publicKey));
  });

  Deno.test(`rawPublicKeys: an end without a common type says so (${version})`, async () => {
    const onlyKeys = await assertFails(of({ server: PINNED.server }), {
      at: "server",
      error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      alert: "unsupported_certificate",
    });
    assertStringIncludes(onlyKeys.message, "the client takes no raw public key");
    const noKeys = await assertFails(
      of({ server: { rawPublicKeys: { accept: [CLIENT.publicKey] } }, client: PINNED.client }),
      {
        at: "server",
        error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
        alert: "unsupported_certificate",
      },
    );
    assertStringIncludes(noKeys.message, "rawPublicKeys.keys");
    // The server requires a certificate, and the client has a raw public key alone
    const required = await assertFails(
      of({ server: { clientAuth: "require" }, client: { rawPublicKeys: { keys: CLIENT_KEYS } } }),
      {
        at: "server",
        error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
        alert: "unsupported_certificate",
      },
    );
    assertStringIncludes(required.message, "rawPublicKeys.accept");
  });

  Deno.test(`rawPublicKeys: policies' rules for keys apply to those of both ends (${version})`, async () => {
    const policy = "cnsa-1.0"; // RSA keys have 3,072 bits at least
    const weak = { certificates: [], rawPublicKeys: { keys: own(RSA) } };
    // Neither the list nor a hook that accepts all takes it
    for (const accept of [[RSA.publicKey], () => true]) {
      const client: ImportOptions = { policy, rawPublicKeys: { accept } };
      await assertFails(of({ server: weak, client }), {
        at: "client",
        error: "SSL_ERROR_WEAK_SERVER_CERT_KEY",
        alert: "insufficient_security",
      });
    }
    const accept = [RSA.publicKey];
    const passedOver = await assertFails(
      of({ server: { ...weak, policy }, client: { rawPublicKeys: { accept } } }),
      { at: "server", error: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG", alert: "handshake_failure" },
    );
    assertStringIncludes(passedOver.message, "fewer than 3072");
    await assertFails(
      of({
        server: { ...MUTUAL.server, policy, rawPublicKeys: { keys: own(P384), accept } },
        client: { rawPublicKeys: { accept: [P384.publicKey], keys: own(RSA) } },
      }),
      {
        at: "server",
        error: "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
        alert: "bad_certificate",
      },
    );
  });

  Deno.test(`rawPublicKeys: a resumed session has the key of the first handshake, at both ends (${version})`, async () => {
    const contexts = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
    const again = () =>
      session(of({
        client: { ...MUTUAL.client, context: contexts[0]! },
        server: { ...MUTUAL.server, context: contexts[1]! },
      }));
    await again();
    const [info, serverInfo] = await again();
    assertEquals([info.resumed, serverInfo.resumed], [true, true]);
    assert(info.peerRawPublicKey?.equals(SERVER.publicKey));
    assert(serverInfo.peerRawPublicKey?.equals(CLIENT.publicKey));
  });

  Deno.test(`rawPublicKeys: a key that was taken from the list is not resumed, at either end (${version})`, async () => {
    const contexts = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
    const with_ = (client: ImportOptions, server: ImportOptions) =>
      of({
        client: { ...MUTUAL.client, context: contexts[0]!, ...client },
        server: { ...MUTUAL.server, context: contexts[1]!, ...server },
      });
    await session(with_({}, {}));
    const others = [STRANGER.publicKey];
    await assertFails(with_({}, { rawPublicKeys: { keys: SERVER_KEYS, accept: others } }), {
      at: "server",
      error: "SSL_ERROR_BAD_CERTIFICATE",
      alert: "bad_certificate",
    });
    await session(with_({}, {}));
    await assertFails(with_({ rawPublicKeys: { keys: CLIENT_KEYS, accept: others } }, {}), {
      at: "client",
      error: "SSL_ERROR_BAD_CERTIFICATE",
      alert: "bad_certificate",
    });
    await assertFails(with_({}, { rawPublicKeys: { keys: SERVER_KEYS } }), {
      at: "server",
      error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      alert: "unsupported_certificate",
    });
  });

  Deno.test(`rawPublicKeys: a token has the server's key, which is judged again (${version})`, async () => {
    const tokens: Uint8Array[] = [];
    let verdict = true;
    let asked = 0;
    const accept: RawPublicKeyHook = () => (asked++, verdict);
    const contexts = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
    const options = of({
      server: { ...PINNED.server, context: contexts[1]! },
      client: {
        rawPublicKeys: { accept },
        context: contexts[0]!,
        resumptionTokenCallback: (_, token) => void tokens.push(token),
      },
    });
    await session(options);
    const info = getResumptionTokenInfo(tokens[0]!);
    assertEquals([info.peerCertificate, await info.peerRawPublicKey?.pin()], [
      null,
      await SERVER.publicKey.pin(),
    ]);
    const resume = async () => {
      await using joined = join(options);
      setResumptionToken(joined.client, tokens[0]!);
      const [{ resumed }] = await shake(joined);
      return resumed;
    };
    assertEquals([await resume(), asked], [true, 2]);
    verdict = false;
    await using refused = join(options);
    setResumptionToken(refused.client, tokens[0]!);
    const [outcome] = await Promise.allSettled([
      refused.client.handshake(),
      refused.server.handshake(),
    ]);
    assertEquals((outcome as PromiseRejectedResult).reason.name, "SSL_ERROR_BAD_CERTIFICATE");
    assertEquals(asked, 4); // about the token, and then about the key in the full handshake
  });

  Deno.test(`rawPublicKeys: a server asks for a key after the handshake (${version})`, async () => {
    const joined = await connectedIn(version, {
      client: willing(MUTUAL.client),
      server: serving("REQUIRES_XTN", { ...MUTUAL.server, clientAuth: "none" }),
    });
    const { client, server } = joined;
    try {
      assertEquals(peerRawPublicKey(server), null);
      optionSet(server, "REQUEST_CERTIFICATE", true);
      const reading = client.read(new Uint8Array(1));
      await reHandshake(server);
      assert(peerRawPublicKey(server)?.equals(CLIENT.publicKey));
      await server.write(new Uint8Array(1));
      await reading;
    } finally {
      await closeAll(client, server);
    }
  });

  Deno.test(`getChannelBinding() has no tls-server-end-point of a raw public key, and names what to use (${version})`, async () => {
    await using joined = await connected(of(PINNED));
    for (const end of [joined.client, joined.server]) {
      const error = await failureOf(getChannelBinding(end, "tls-server-end-point"));
      assertEquals(error.name, "SSL_ERROR_NO_CERTIFICATE");
      assertStringIncludes(error.message, "tls-exporter");
    }
    assertEquals(
      await getChannelBinding(joined.client, "tls-exporter"),
      await getChannelBinding(joined.server, "tls-exporter"),
    );
  });

  Deno.test(`rawPublicKeys: a client that takes keys alone asks for neither OCSP response nor SCTs (${version})`, async () => {
    const accept = [SERVER.publicKey];
    const types: (readonly number[])[] = [];
    const asking = { ocspStapling: true, signedCertTimestamps: true };
    for (const orCertificate of [false, true]) {
      await session(of({
        server: {
          ...PINNED.server,
          clientHelloCallback: (_, { extensions }) =>
            void types.push(extensions.map(({ type }) => type)),
        },
        client: { ...asking, rawPublicKeys: { accept, orCertificate } },
      }));
    }
    const { statusRequest, signedCertificateTimestamp } = ExtensionType;
    assertEquals(
      types.map((list) => [statusRequest, signedCertificateTimestamp].map((t) => list.includes(t))),
      [[false, false], [true, true]],
    );
  });

  const message = version === "TLSv1.3"
    ? HandshakeType.encryptedExtensions
    : HandshakeType.serverHello;
  const block = version === "TLSv1.3" ? "EncryptedExtensions" : "ServerHello";
  const { serverCertificateType, clientCertificateType } = ExtensionType;
  const answering = (
    edit: Edit,
    client: ImportOptions = PINNED.client,
    server: ImportOptions = PINNED.server,
  ) => of({ server, client, serverInternals: { messageFilter: actOn(message, 0, { edit }) } });

  Deno.test(`rawPublicKeys: a server may choose no type that was not offered (${version})`, async () => {
    const chosen = (type: number) => answering(setExtension(block, serverCertificateType, [type]));
    for (const type of [X509, 1, 3, 255]) {
      await assertFails(chosen(type), {
        at: "client",
        error: "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
        alert: "illegal_parameter",
      });
    }
    await assertFails(
      answering(setExtension(block, serverCertificateType, [])),
      {
        at: "client",
        error: version === "TLSv1.3"
          ? "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS"
          : "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
        alert: "decode_error",
      },
    );
    await assertFails(answering(setExtension(block, clientCertificateType, [RPK])), {
      at: "client",
      error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
      alert: "unsupported_extension",
    });
    await assertFails(answering(setExtension(block, serverCertificateType, null)), {
      at: "client",
      error: "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      alert: "unsupported_certificate",
    });
    // Who takes certificates alone has offered nothing
    await assertFails(answering(setExtension(block, serverCertificateType, [RPK]), {}, {}), {
      at: "client",
      error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
      alert: "unsupported_extension",
    });
  });

  Deno.test(`rawPublicKeys: a client's list of types is not empty (${version})`, async () => {
    for (const type of [serverCertificateType, clientCertificateType]) {
      await assertFails(
        of({
          ...MUTUAL,
          clientInternals: {
            messageFilter: actOn(HandshakeType.clientHello, 0, {
              edit: setExtension("ClientHello", type, [0]),
            }),
          },
        }),
        { at: "server", error: "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO", alert: "decode_error" },
      );
    }
  });

  const u24 = (length: number) => [length >> 16, length >> 8 & 0xff, length & 0xff];
  /** Certificate of the version with these entries; TLS 1.2 has the key alone. */
  const certificate =
    (entries: readonly Uint8Array[], extensions: readonly number[] = []): Edit => () => {
      if (version === "TLSv1.2") {
        return new Uint8Array(entries.flatMap((der) => [...u24(der.length), ...der]));
      }
      const list = entries.flatMap((
        der,
      ) => [...u24(der.length), ...der, 0, extensions.length, ...extensions]);
      return new Uint8Array([0, ...u24(list.length), ...list]);
    };
  const sent = (at: "client" | "server", edit: Edit): JoinOptions => {
    const messageFilter = actOn(HandshakeType.certificate, 0, { edit });
    const internals = at === "server"
      ? { serverInternals: { messageFilter } }
      : { clientInternals: { messageFilter } };
    return of({ ...MUTUAL, ...internals });
  };
  const key = SERVER.publicKey.der;
  const x25519 = new Uint8Array([
    0x30,
    0x2a,
    0x30,
    5,
    6,
    3,
    0x2b,
    0x65,
    0x6e,
    3,
    0x21,
    0,
    ...new Uint8Array(32).fill(9),
  ]);
  const offCurve = key.slice();
  offCurve[offCurve.length - 1]! ^= 1;

  for (const from of ["client", "server"] as const) {
    const at = from === "client" ? "server" : "client";
    Deno.test(`rawPublicKeys: what is no key in the place of one ends the handshake, of a ${from} (${version})`, async () => {
      const malformed = "SSL_ERROR_RX_MALFORMED_CERTIFICATE";
      const rows = [
        [
          "garbage",
          certificate([new Uint8Array(40).fill(1)]),
          "SSL_ERROR_BAD_CERTIFICATE",
          "bad_certificate",
        ],
        [
          "a certificate",
          certificate([PKI.server.cert.der]),
          "SSL_ERROR_BAD_CERTIFICATE",
          "bad_certificate",
        ],
        [
          "a key and a byte",
          certificate([new Uint8Array([...key, 0])]),
          "SSL_ERROR_BAD_CERTIFICATE",
          "bad_certificate",
        ],
        [
          "a key that does not sign",
          certificate([x25519]),
          "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
          "unsupported_certificate",
        ],
        [
          "two entries",
          certificate([key, key]),
          malformed,
          version === "TLSv1.3" ? "illegal_parameter" : "decode_error",
        ],
        [
          "an empty entry",
          certificate([new Uint8Array(0)]),
          version === "TLSv1.3" || at === "client" ? malformed : "SSL_ERROR_NO_CERTIFICATE",
          version === "TLSv1.3" || at === "client" ? "decode_error" : "handshake_failure",
        ],
        [
          "cut off",
          (body: Uint8Array<ArrayBuffer>) => body.slice(0, -1),
          malformed,
          "decode_error",
        ],
        ...(version === "TLSv1.3"
          ? [
            [
              "extensions",
              certificate([key], [0, 18, 0, 5, 0, 3, 0, 1, 1]),
              "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
              "unsupported_extension",
            ] as const,
          ]
          : []),
      ] as const;
      for (const [name, edit, error, alert] of rows) {
        try {
          await assertFails(sent(from, edit), { at, error, alert });
        } catch (cause) {
          throw new Error(`${name}: ${cause}`, { cause });
        }
      }
    });
  }

  Deno.test(`rawPublicKeys: what belongs to certificates does not come with a key, even if it was asked for (${version})`, async () => {
    const list = [0, 3, 0, 1, 1];
    const accept = [SERVER.publicKey];
    const client = { signedCertTimestamps: true, rawPublicKeys: { accept, orCertificate: true } };
    const type = ExtensionType.signedCertificateTimestamp;
    const messageFilter = version === "TLSv1.3"
      ? actOn(HandshakeType.certificate, 0, { edit: certificate([key], [0, type, 0, 5, ...list]) })
      : actOn(message, 0, { edit: setExtension(block, type, list) });
    await assertFails(of({ ...PINNED, client, serverInternals: { messageFilter } }), {
      at: "client",
      error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
      alert: "unsupported_extension",
    });
  });

  Deno.test(`rawPublicKeys: a key of a point that is not on its curve is refused, even by a hook that accepts it (${version})`, async () => {
    const messageFilter = actOn(HandshakeType.certificate, 0, { edit: certificate([offCurve]) });
    await assertFails(
      of({
        ...PINNED,
        client: { rawPublicKeys: { accept: () => true } },
        serverInternals: { messageFilter },
      }),
      { at: "client", error: "SSL_ERROR_BAD_CERTIFICATE", alert: "bad_certificate" },
    );
  });

  Deno.test(`rawPublicKeys: a key whose owner does not sign is refused (${version})`, async () => {
    // The right key, but another's signature
    const messageFilter = actOn(HandshakeType.certificate, 0, { edit: certificate([key]) });
    const server = { certificates: [], rawPublicKeys: { keys: own(STRANGER) } };
    await assertFails(of({ ...PINNED, server, serverInternals: { messageFilter } }), {
      at: "client",
      error: "SEC_ERROR_BAD_SIGNATURE",
      alert: "decrypt_error",
    });
  });
}

Deno.test("rawPublicKeys: a client offers what it takes and has, in its order, and nothing where that is certificates alone", async () => {
  const accept = [SERVER.publicKey];
  const keys = CLIENT_KEYS;
  const certificates = [PKI.client.credential];
  assertEquals(await offered({}), [null, null]);
  assertEquals(await offered({ rawPublicKeys: { accept } }), [[RPK], null]);
  assertEquals(await offered({ rawPublicKeys: { accept, orCertificate: true } }), [
    [RPK, X509],
    null,
  ]);
  assertEquals(await offered({ rawPublicKeys: { keys } }), [null, [RPK]]);
  assertEquals(await offered({ certificates, rawPublicKeys: { keys } }), [null, [RPK, X509]]);
  assertEquals(await offered({ rawPublicKeys: { keys }, getClientAuthData: () => null }), [null, [
    RPK,
    X509,
  ]]);
});

Deno.test("rawPublicKeys: a renegotiation shows the same key again, and another one is refused", async () => {
  const versions = { min: "TLSv1.2", max: "TLSv1.2" } as const;
  const joined = await connectedIn("TLSv1.2", {
    client: willing({
      ...PINNED.client,
      rawPublicKeys: { accept: [SERVER.publicKey, STRANGER.publicKey] },
      versions,
    }),
    server: serving("REQUIRES_XTN", { ...PINNED.server, versions }),
  });
  const { client, server } = joined;
  try {
    const reading = server.read(new Uint8Array(1));
    await reHandshake(client);
    assert(peerRawPublicKey(client)?.equals(SERVER.publicKey));
    setRawPublicKeys(server, { keys: own(STRANGER) });
    const error = await failureOf(reHandshake(client));
    assertEquals([error.name, error.alert], [
      "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
      "illegal_parameter",
    ]);
    assertStringIncludes(error.message, "another raw public key");
    await reading.catch(() => {});
  } finally {
    await closeAll(client, server);
  }
});

Deno.test("setRawPublicKeys() of a listener exchanges the list for later connections, and null ends it", async () => {
  const [a, b] = memoryPair();
  const server = importFD(a, { role: "server" });
  setRawPublicKeys(server, { keys: SERVER_KEYS });
  const client = importFD(b, { hostname: HOSTNAME });
  setRawPublicKeys(client, { accept: [SERVER.publicKey] });
  await shake({ client, server });
  assert(peerRawPublicKey(client)?.equals(SERVER.publicKey));
  await closeAll(client, server);
  const [c, d] = memoryPair();
  const plain = importFD(c, {
    role: "server",
    certificates: [PKI.server.credential],
    rawPublicKeys: { keys: SERVER_KEYS },
  });
  setRawPublicKeys(plain, null);
  const other = importFD(d, { hostname: HOSTNAME, caCerts: [PKI.root.cert] });
  await shake({ client: other, server: plain });
  assertEquals(peerRawPublicKey(other), null);
  await closeAll(other, plain);
});

Deno.test("peerRawPublicKey() gives a copy, and null before the handshake", async () => {
  await using joined = join(PINNED);
  assertEquals(peerRawPublicKey(joined.client), null);
  await shake(joined);
  peerRawPublicKey(joined.client)!.der.fill(0);
  assert(peerRawPublicKey(joined.client)?.equals(SERVER.publicKey));
});

Deno.test("rawPublicKeys: a list has 1,024 keys at most", () => {
  const open = (count: number) => {
    const accept = Array(count).fill(SERVER.publicKey);
    return importFD(memoryPair()[0], { rawPublicKeys: { accept } }).close();
  };
  void open(MAX_RAW_PUBLIC_KEYS);
  let message = "";
  try {
    void open(MAX_RAW_PUBLIC_KEYS + 1);
  } catch (error) {
    message = String(error);
  }
  assertStringIncludes(message, "more than 1024");
});
