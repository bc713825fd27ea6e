// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { peerCertificate, peerCertificateChain, revealCert } from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { connected, join, PKI, session, shake } from "../_support.ts";

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

Deno.test("peerCertificate() is null while the server's answer is awaited", async () => {
  await using joined = join();
  const handshake = joined.client.handshake();
  for (let i = 0; i < 50; i++) {
    assertEquals(peerCertificate(joined.client), null);
    await Promise.resolve();
  }
  await Promise.all([handshake, joined.server.handshake()]);
});
