// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { exportPrivateKeyPem } from "../../../pkcs11/keys/generate_key_pair.ts";
import {
  configSecureServer,
  configServerCert,
  importFD,
  localCertificate,
  newModel,
  peerCertificateChain,
  type SignatureScheme,
  SslError,
  type SslModel,
} from "@nss/nss";
import { generateKeyPair } from "@nss/nss/pkcs11";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import {
  assertFails,
  clientOptions,
  closeAll,
  failureOf,
  HOSTNAME,
  join,
  makeIdentity,
  PKI,
  serverOptions,
  shake,
} from "../_support.ts";

const twoNames = await makeIdentity({ dnsNames: [HOSTNAME, "other.test"] }, PKI.root);
const ed25519 = await makeIdentity({ dnsNames: [HOSTNAME] }, PKI.root, "ed25519");
const p384 = await makeIdentity({ dnsNames: [HOSTNAME] }, PKI.root, "ec-p384");

/** A server's model without a certificate. */
function serverModel(): SslModel {
  return newModel({ ...serverOptions(), certificates: [] });
}

/** The certificate that a server with a model shows to a client. */
async function shown(
  model: SslModel,
  client: { hostname?: string; signatureSchemes?: readonly SignatureScheme[] } = {},
): Promise<Certificate> {
  await using joined = join({ client, server: { model, certificates: undefined! } });
  await shake(joined);
  return localCertificate(joined.server)!;
}

Deno.test("configServerCert() gives a server its certificate, in each form of key and chain", async () => {
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const issuer = { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey };
  const cert = await createCertificate({ publicKey: keys.publicKey, dnsNames: [HOSTNAME], issuer });
  const pem = await exportPrivateKeyPem(keys.privateKey);
  const chain = `${cert.toPem()}${PKI.root.cert.toPem()}`;
  for (
    const [input, key, extra] of [
      [cert, keys.privateKey, { certChain: PKI.root.cert }],
      [chain, pem, {}],
      [cert.der, pem, { certChain: PKI.root.cert.toPem() }],
    ] as const
  ) {
    const model = serverModel();
    await configServerCert(model, input, key, extra);
    await using joined = join({ server: { model, certificates: undefined! } });
    await shake(joined);
    assertEquals(peerCertificateChain(joined.client), [cert, PKI.root.cert]);
  }
});

Deno.test("configServerCert() refuses a key that is not the certificate's", async () => {
  const model = serverModel();
  for (const { privateKey } of [PKI.otherServer.keys, ed25519.keys]) {
    const error = await assertRejects(
      () => configServerCert(model, PKI.server.cert, privateKey),
      SslError,
    );
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
  await assertFails({ server: { model, certificates: undefined! } }, {
    at: "server",
    error: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    alert: "handshake_failure",
  });
});

Deno.test("configServerCert() serves several kinds of keys, the first first", async () => {
  const model = serverModel();
  for (const { cert, keys } of [PKI.server, ed25519, p384]) {
    await configServerCert(model, cert, keys.privateKey);
  }
  assertEquals(await shown(model), PKI.server.cert);
  assertEquals(
    await shown(model, {
      signatureSchemes: [
        "ed25519",
        "rsa_pss_rsae_sha256",
      ],
    }),
    ed25519.cert,
  );
  assertEquals(await shown(model, { signatureSchemes: ["ecdsa_secp384r1_sha384"] }), p384.cert);
});

Deno.test("configServerCert() serves several names, and takes the place of those that it covers", async () => {
  const model = serverModel();
  const add = ({ cert, keys }: typeof PKI.server) => configServerCert(model, cert, keys.privateKey);
  await add(PKI.server);
  await add(PKI.otherServer);
  assertEquals(await shown(model), PKI.server.cert);
  assertEquals(await shown(model, { hostname: "other.test" }), PKI.otherServer.cert);
  await add(twoNames); // covers both
  assertEquals(await shown(model), twoNames.cert);
  assertEquals(await shown(model, { hostname: "other.test" }), twoNames.cert);
  await add(PKI.server); // renewed, with a name less: it goes first for its own
  assertEquals(await shown(model), PKI.server.cert);
  assertEquals(await shown(model, { hostname: "other.test" }), twoNames.cert);
  await add(ed25519); // of another kind: it displaces nobody
  assertEquals(await shown(model), PKI.server.cert);
});

Deno.test("configServerCert() replaces a listener's certificate; connections that are open go on", async () => {
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), serverOptions());
  const { port } = listener.addr as Deno.NetAddr;
  const connect = async () => {
    const accepting = listener.accept();
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const client = importFD(conn, clientOptions());
    const server = await accepting;
    await shake({ client, server });
    return { client, server };
  };
  const first = await connect();
  const { cert, keys } = await makeIdentity({ dnsNames: [HOSTNAME] }, PKI.root);
  await configServerCert(listener, cert, keys.privateKey);
  const second = await connect();
  assertEquals(localCertificate(first.server), PKI.server.cert);
  assertEquals(localCertificate(second.server), cert);
  await first.server.write(new Uint8Array([1]));
  assertEquals(await first.client.read(new Uint8Array(1)), 1);
  await closeAll(first.client, first.server, second.client, second.server);
  listener.close();
});

Deno.test("configServerCert() staples the response that comes with it", async () => {
  const response = new Uint8Array([1, 2, 3]);
  const model = serverModel();
  await configServerCert(model, PKI.server.cert, PKI.server.keys.privateKey, {
    stapledOCSPResponse: response,
  });
  let stapled: Uint8Array | null = null;
  await using joined = join({
    client: {
      ocspStapling: true,
      authCertificate: (_socket, peer) => {
        stapled = peer.stapledOcspResponse;
        return true;
      },
    },
    server: { model, certificates: undefined! },
  });
  await shake(joined);
  assertEquals(stapled, response);
});

Deno.test("configServerCert() fails in the middle of a handshake", async () => {
  await using joined = join();
  const shaking = shake(joined);
  const error = await assertRejects(
    () => configServerCert(joined.server, PKI.server.cert, PKI.server.keys.privateKey),
    SslError,
  );
  assertEquals(error.name, "PR_IS_CONNECTED_ERROR");
  await shaking;
});

Deno.test("configSecureServer() gives, and takes away by kind or altogether", async () => {
  const model = serverModel();
  for (const { cert, keys } of [PKI.server, ed25519]) {
    await configSecureServer(model, cert, keys.privateKey);
  }
  assertEquals(await shown(model), PKI.server.cert);
  await configSecureServer(model, null, null, "ec");
  assertEquals(await shown(model), ed25519.cert);
  await configSecureServer(model, null, null);
  await using joined = join({ server: { model, certificates: undefined! } });
  joined.client.handshake().catch(() => {});
  const error = await failureOf(joined.server.handshake());
  assertEquals(error.name, "SSL_ERROR_NO_SERVER_KEY_FOR_ALG");
});

Deno.test("configSecureServer() refuses one of certificate and key without the other", async () => {
  for (
    const [cert, key] of [[PKI.server.cert, null], [null, PKI.server.keys.privateKey]] as const
  ) {
    const error = await assertRejects(() => configSecureServer(newModel(), cert, key), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});
