// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  createCertificate,
  createCrl,
  importCert,
  makeExtension,
  MemoryCertDB,
  NssError,
  SubjectPublicKeyInfo,
  trustAnchorOf,
  type VerifiedPath,
} from "@nss/nss/cert";
import { NssContext } from "@nss/nss/pkcs11";
import {
  authCertificate,
  type AuthCertificateOptions,
  importFD,
  type ImportOptions,
  type PeerAuthentication,
  SslError,
  type SslSocket,
} from "@nss/nss/ssl";
import { crlNumber } from "../../../cert/extensions/crl_number.ts";
import { change } from "../../../ssl/config/config.ts";
import { configOf } from "../../../ssl/config/config_registry.ts";
import { Credential } from "../../../ssl/config/credential.ts";
import { memoryPair } from "../../support/memory_pair.ts";
import { clientOptions, HOSTNAME, makeIdentity, PKI, serverOptions } from "../_support.ts";

/** What the hook is handed for the test server's certificate, with changes. */
function peer(changes: Partial<PeerAuthentication> = {}): PeerAuthentication {
  return {
    chain: [PKI.server.cert],
    hostname: HOSTNAME,
    isServer: false,
    checkSig: true,
    trustAnchors: [trustAnchorOf(PKI.root.cert)],
    context: new NssContext({ trustAnchors: [] }),
    stapledOcspResponse: null,
    signedCertTimestamps: null,
    askedForOcspResponse: false,
    time: new Date(),
    ...changes,
  };
}

async function authenticate(
  changes: Partial<PeerAuthentication> = {},
  options?: AuthCertificateOptions,
): Promise<void> {
  const [a] = memoryPair();
  await using socket = importFD(a, { hostname: HOSTNAME });
  await authCertificate(socket, peer(changes), options);
}

async function refusal(
  changes: Partial<PeerAuthentication>,
  options?: AuthCertificateOptions,
): Promise<NssError> {
  return await assertRejects(() => authenticate(changes, options), NssError);
}

Deno.test("authCertificate() passes a server of the authority, under its name", async () => {
  await authenticate();
});

Deno.test("authCertificate() passes a client of the authority, whatever its name", async () => {
  await authenticate({ chain: [PKI.client.cert], isServer: true, hostname: null });
});

Deno.test("authCertificate() refuses another host's certificate, and names both", async () => {
  const error = await refusal({ hostname: "elsewhere.test" });
  assertEquals(error.name, "SSL_ERROR_BAD_CERT_DOMAIN");
  assertStringIncludes(error.message, "elsewhere.test");
  assertStringIncludes(error.message, HOSTNAME);
});

Deno.test("authCertificate() refuses a server where no host name is set", async () => {
  assertEquals((await refusal({ hostname: null })).name, "SSL_ERROR_BAD_CERT_DOMAIN");
});

Deno.test("authCertificate() refuses an issuer that is not trusted", async () => {
  const trustAnchors = [trustAnchorOf(PKI.otherRoot.cert)];
  assertEquals((await refusal({ trustAnchors })).name, "SEC_ERROR_UNKNOWN_ISSUER");
});

Deno.test("authCertificate() trusts whom the context trusts where the socket names nobody", async () => {
  const context = new NssContext({ trustAnchors: [trustAnchorOf(PKI.root.cert)] });
  await authenticate({ trustAnchors: null, context });
  const error = await refusal({ trustAnchors: null });
  assertEquals(error.name, "SEC_ERROR_UNKNOWN_ISSUER");
});

Deno.test("authCertificate() refuses what is not valid yet to the second, and any more", async () => {
  const { notBefore, notAfter } = PKI.server.cert;
  await authenticate({ time: notBefore });
  await authenticate({ time: notAfter });
  for (const time of [notBefore.getTime() - 1000, notAfter.getTime() + 1000]) {
    assertEquals((await refusal({ time: new Date(time) })).name, "SEC_ERROR_EXPIRED_CERTIFICATE");
  }
});

Deno.test("authCertificate() refuses a client's certificate as a server's, and the other way round", async () => {
  const onlyClient = await makeIdentity(
    { dnsNames: [HOSTNAME], extKeyUsage: ["clientAuth"] },
    PKI.root,
  );
  const onlyServer = await makeIdentity(
    { dnsNames: [HOSTNAME], extKeyUsage: ["serverAuth"] },
    PKI.root,
  );
  const asServer = await refusal({ chain: [onlyClient.cert] });
  const asClient = await refusal({ chain: [onlyServer.cert], isServer: true, hostname: null });
  assertEquals([asServer.name, asClient.name], [
    "SEC_ERROR_INADEQUATE_CERT_TYPE",
    "SEC_ERROR_INADEQUATE_CERT_TYPE",
  ]);
});

for (const trusts of ["socket", "context"] as const) {
  const trust = (): Partial<PeerAuthentication> =>
    trusts === "socket" ? {} : {
      trustAnchors: null,
      context: new NssContext({ trustAnchors: [trustAnchorOf(PKI.root.cert)] }),
    };

  Deno.test(`authCertificate() tells checkPath the path and its anchor (trust of the ${trusts})`, async () => {
    const paths: VerifiedPath[] = [];
    await authenticate(trust(), { checkPath: (path) => void paths.push(path) });
    assertEquals(paths.map(({ certificates }) => certificates), [[PKI.server.cert]]);
    assertEquals(paths[0]?.anchor.certificate, PKI.root.cert);
  });

  Deno.test(`authCertificate() refuses as checkPath does, at once or later (trust of the ${trusts})`, async () => {
    const untrusted = () => {
      throw new NssError("SEC_ERROR_UNTRUSTED_ISSUER");
    };
    for (const checkPath of [untrusted, () => Promise.resolve().then(untrusted)]) {
      assertEquals((await refusal(trust(), { checkPath })).name, "SEC_ERROR_UNTRUSTED_ISSUER");
    }
  });

  Deno.test(`authCertificate() checks for revocation as it is told (trust of the ${trusts})`, async () => {
    const options = { revocation: { policy: "hard" } } as const;
    // Nobody can be asked: neither the certificate nor the options say whom
    assertEquals((await refusal(trust(), options)).name, "SEC_ERROR_CRL_NOT_FOUND");
    await authenticate(trust(), { revocation: { policy: "soft" } });
  });
}

Deno.test("authCertificate() judges lists by the profile of their chain, wherever the trust is", async () => {
  // A home-made authority's list with a critical number, as the compatible profile takes it
  const crl = await createCrl({
    issuer: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
    crlNumber: 1,
    thisUpdate: new Date(),
    revoked: [],
    extensions: [{ ...makeExtension(crlNumber, 1n), critical: true }],
  });
  const options = { revocation: { policy: "hard", crls: [crl] } } as const;
  await authenticate({}, options);
  const certDB = new MemoryCertDB();
  await importCert(certDB, PKI.root.cert, { nickname: "root", trust: "CT,," });
  const context = new NssContext({ certDB, trustAnchors: [] });
  await authenticate({ trustAnchors: null, context }, options);
  const vetted = [{ ...trustAnchorOf(PKI.root.cert), vetted: true }];
  const strict = new NssContext({ trustAnchors: vetted });
  const error = await refusal({ trustAnchors: null, context: strict }, options);
  assertEquals(error.name, "SEC_ERROR_CRL_INVALID");
});

function serverSocket(options: ImportOptions): SslSocket {
  return importFD(memoryPair()[0], serverOptions(options));
}

Deno.test("a TLS connection refuses a certificate whose Ed25519 key is of small order, in both roles", async () => {
  const neutral = Uint8Array.of(1, ...new Uint8Array(31));
  const spki = Uint8Array.fromHex("302a300506032b6570032100" + neutral.toHex());
  const algorithm = { type: "ed25519" } as const;
  const publicKey = new SubjectPublicKeyInfo(spki, algorithm, neutral);
  const cert = await createCertificate({
    publicKey,
    dnsNames: [HOSTNAME],
    issuer: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
  });
  const signature = Uint8Array.of(1, ...new Uint8Array(63));
  const key = { algorithm, publicKey, sign: () => Promise.resolve(signature) };
  // The option certificates refuses it, too
  const own = assertThrows(() => serverSocket({ certificates: [{ cert, key }] }), SslError);
  assertStringIncludes(own.message, "small order");
  const forged: Credential = Object.create(Credential.prototype, {
    chain: { value: [cert] },
    rawPublicKey: { value: null },
    isCompared: { value: true },
    privateKey: { value: () => Promise.resolve(key) },
  });
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const [a, b] = memoryPair();
    await using server = importFD(b, serverOptions());
    change(configOf(server), { credentials: [forged] });
    const versions = { min: version, max: version };
    await using client = importFD(a, clientOptions({ versions }));
    const [refused] = await Promise.allSettled([client.handshake(), server.handshake()]);
    assert(refused.status === "rejected");
    assertStringIncludes(refused.reason.message, "small order");
    assertEquals(refused.reason.alert, "bad_certificate");
  }
  const error = await refusal({ chain: [cert], isServer: true, hostname: null });
  assertEquals(error.name, "SEC_ERROR_BAD_KEY");
});
