// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  clearSessionCache,
  dataPending,
  exportKeyingMaterial,
  forceHandshake,
  getChannelInfo,
  invalidateSession,
  keyUpdate,
  localCertificate,
  peerCertificate,
  peerCertificateChain,
  revealCert,
  SslError,
  type SslSocket,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { memoryPair } from "../../support/memory_pair.ts";
import { RawTls12Client } from "../_raw_tls12_client.ts";
import {
  connected,
  failureOf,
  HOSTNAME,
  join,
  type JoinOptions,
  ping,
  PKI,
  serverOptions,
  session,
  shake,
  socketOver,
  TestEnvironment,
} from "../_support.ts";
import { ONLY_TLS12, ONLY_TLS13, tls12 } from "../_tls12.ts";

Deno.test("forceHandshake() completes the handshake once, for all who ask", async () => {
  await using joined = join();
  const [first, second] = await Promise.all([
    forceHandshake(joined.client),
    forceHandshake(joined.client),
    forceHandshake(joined.server),
  ]);
  assertStrictEquals(first, second);
});

Deno.test("getChannelInfo() shows what both ends agreed on, and nothing before that", async () => {
  await using joined = join({
    client: { alpnProtocols: ["b", "a"] },
    server: { alpnProtocols: ["a", "b"] },
  });
  assertEquals(
    assertThrows(() => getChannelInfo(joined.client), SslError).name,
    "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
  );
  await shake(joined);
  const [client, server] = [getChannelInfo(joined.client), getChannelInfo(joined.server)];
  assertEquals(client, {
    version: "TLSv1.3",
    cipherSuite: "TLS_AES_128_GCM_SHA256",
    group: "X25519MLKEM768",
    peerSignatureScheme: "ecdsa_secp256r1_sha256",
    localSignatureScheme: null,
    alpnProtocol: "a",
    serverName: HOSTNAME,
    resumed: false,
    helloRetryRequest: false,
    extendedMasterSecret: true,
    secureRenegotiation: true,
    badCertAccepted: false,
    peerCertificates: [PKI.server.cert],
    localCertificates: [],
  });
  assertEquals(server, {
    ...client,
    peerSignatureScheme: null,
    localSignatureScheme: "ecdsa_secp256r1_sha256",
    peerCertificates: [],
    localCertificates: [PKI.server.cert],
  });
});

Deno.test("getChannelInfo() tells whether a peer of TLS 1.2 knows RFC 5746", async () => {
  await using joined = await connected(tls12());
  for (const socket of [joined.client, joined.server]) {
    assertEquals(getChannelInfo(socket).secureRenegotiation, true);
  }
  const [ours, theirs] = memoryPair();
  await using server = socketOver(ours, serverOptions({ versions: ONLY_TLS12 }));
  const handshake = server.handshake();
  await new RawTls12Client(theirs).handshake({}); // which says nothing of it
  assertEquals((await handshake).secureRenegotiation, false);
});

Deno.test("peerCertificate() is null before the handshake and the peer's after it", async () => {
  await using joined = join();
  assertEquals(peerCertificate(joined.client), null);
  await shake(joined);
  assertEquals(peerCertificate(joined.client), PKI.server.cert);
  assertEquals(peerCertificate(joined.server), null); // it did not ask
});

Deno.test("peerCertificateChain() keeps the order that the peer sent", async () => {
  const chain = [PKI.root.cert];
  await using joined = await connected({
    server: { certificates: [{ ...PKI.server.credential, chain }] },
  });
  assertEquals(peerCertificateChain(joined.client), [PKI.server.cert, PKI.root.cert]);
});

Deno.test("revealCert() is the peer's certificate, also when a session is resumed", async () => {
  const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const options = { client: { context: contexts[0]! }, server: { context: contexts[1]! } };
  await session(options);
  await using joined = join(options);
  assertEquals(revealCert(joined.client), null);
  const [info] = await shake(joined);
  assertEquals([info.resumed, revealCert(joined.client)], [true, PKI.server.cert]);
});

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  for (const end of ["client", "server"] as const) {
    // A server's ticket of TLS 1.2 has left with the handshake: only the client can forget it.
    const title = version === "TLSv1.2" && end === "server"
      ? "lets a ticket that the client has got be resumed"
      : "keeps this connection's session from being resumed";
    Deno.test(`invalidateSession() ${title} (${end}, ${version})`, async () => {
      const versions = { min: version, max: version };
      const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
      const options = {
        client: { context: contexts[0]!, versions },
        server: { context: contexts[1]!, versions },
      };
      const error = await failureOf((async () => {
        await using early = join(options);
        invalidateSession(early.client);
      })());
      assertEquals(error.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
      {
        await using joined = join(options);
        await shake(joined);
        invalidateSession(joined[end]);
        await ping(joined); // the connection goes on, and would bring the tickets of TLS 1.3
        if (end === "client") invalidateSession(joined[end]); // also later
      }
      const [{ resumed }] = await session(options);
      assertEquals(resumed, version === "TLSv1.2" && end === "server");
      assertEquals((await session(options))[0].resumed, true); // those of other connections are good
    });
  }
}

Deno.test("invalidateSession() reaches the ticket that is being taken in that moment", async () => {
  const environment = new TestEnvironment();
  const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const options: JoinOptions = {
    client: { context: contexts[0]!, versions: ONLY_TLS13 },
    server: { context: contexts[1]!, versions: ONLY_TLS13 },
    clientInternals: { environment },
  };
  {
    await using joined = await connected(options);
    const now = environment.now();
    // The ticket's time is asked for when it has come, and its secret is still to be made.
    environment.now = () => {
      invalidateSession(joined.client);
      return now;
    };
    await ping(joined);
  }
  const [{ resumed }] = await session({ ...options, clientInternals: {} });
  assertEquals(resumed, false);
});

Deno.test("localCertificate() is what this end has shown", async () => {
  await using joined = await connected({
    client: { certificates: [PKI.client.credential] },
    server: { clientAuth: "request" },
  });
  assertEquals(localCertificate(joined.client), PKI.client.cert);
  assertEquals(localCertificate(joined.server), PKI.server.cert);
});

Deno.test("dataPending() counts what was decrypted and not read", async () => {
  await using joined = await connected();
  assertEquals(dataPending(joined.client), 0);
  await joined.server.write(new Uint8Array(100));
  assertEquals(await joined.client.read(new Uint8Array(30)), 30);
  assertEquals(dataPending(joined.client), 70);
});

Deno.test("keyUpdate() renews the keys of either direction without a break in the data", async () => {
  await using joined = await connected();
  for (const requestUpdate of [false, true, true]) {
    await keyUpdate(joined.client, requestUpdate);
    await ping(joined);
    await joined.client.write(new Uint8Array([1]));
    assertEquals(await joined.server.read(new Uint8Array(8)), 1);
  }
});

Deno.test("exportKeyingMaterial() gives both ends the same bytes, by label and context", async () => {
  await using joined = await connected();
  const context = new Uint8Array([1, 2, 3]);
  const [mine, yours] = await Promise.all([
    exportKeyingMaterial(joined.client, "EXPORTER-test", 100, context),
    exportKeyingMaterial(joined.server, "EXPORTER-test", 100, context),
  ]);
  assertEquals(mine, yours);
  assertEquals(mine.length, 100);
  assertNotEquals(mine, await exportKeyingMaterial(joined.client, "EXPORTER-test", 100));
  assertNotEquals(mine, await exportKeyingMaterial(joined.client, "EXPORTER-other", 100, context));
});

Deno.test("exportKeyingMaterial() fails before the handshake is complete", async () => {
  await using joined = join();
  const error = await assertRejects(() => exportKeyingMaterial(joined.client, "x", 32), SslError);
  assertEquals(error.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
});

Deno.test("clearSessionCache() makes the next handshake a full one", async () => {
  const context = new NssContext({ trustAnchors: [] });
  const serverContext = new NssContext({ trustAnchors: [] });
  const options = { client: { context }, server: { context: serverContext } };
  const resumed = async () => (await session(options))[0].resumed;
  assertEquals([await resumed(), await resumed()], [false, true]);
  clearSessionCache({ context });
  assertEquals([await resumed(), await resumed()], [false, true]);
});

Deno.test("peerCertificate() is null while the server's answer is awaited", async () => {
  await using joined = join();
  const handshake = joined.client.handshake();
  for (let i = 0; i < 50; i++) {
    assertEquals(peerCertificate(joined.client), null);
    await Promise.resolve();
  }
  await Promise.all([handshake, joined.server.handshake()]);
});

Deno.test("functions that take a socket say when they are given none", () => {
  for (const other of [{}, new Map(), { read: () => null }]) {
    const error = assertThrows(() => dataPending(other as unknown as SslSocket), SslError);
    assertEquals(error.name, "PR_BAD_DESCRIPTOR_ERROR");
  }
});
