// Copyright 2026 the NSS for Deno authors. MIT license.

/** Raw public keys (RFC 7250): which end shows what, in both roles and both versions. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ChannelInfo,
  importFD,
  type ImportOptions,
  localCertificate,
  optionSet,
  peerCertificate,
  reHandshake,
} from "@nss/nss";
import { peerRawPublicKey, setRawPublicKeys } from "@nss/nss/ssl";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { actOn, setExtension } from "./_filters.ts";
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
import {
  CLIENT,
  CLIENT_KEYS,
  inVersion,
  MUTUAL,
  offered,
  own,
  PINNED,
  RPK,
  RSA,
  SERVER,
  SERVER_KEYS,
  STRANGER,
  X509,
} from "./_raw_public_keys.ts";

const pinOf = async ({ peerRawPublicKey }: ChannelInfo) => await peerRawPublicKey?.pin() ?? null;

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
    const [shown, plain] = await session(of({ client, server: { clientAuth } }));
    assertEquals(plain.peerCertificates, [PKI.client.cert]);
    assertEquals(shown.localRawPublicKey, null);
    const [own, raw] = await session(of({
      client,
      server: { clientAuth, rawPublicKeys: { accept: [CLIENT.publicKey], orCertificate: true } },
    }));
    assert(raw.peerRawPublicKey?.equals(CLIENT.publicKey));
    assert(own.localRawPublicKey?.equals(CLIENT.publicKey));
    assertEquals(own.localCertificates, []);
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
