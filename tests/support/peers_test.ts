// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The harness against itself: each peer's server with a client that is not ours, each peer's client
// with a server that is not ours. What fails here is no fault of the library.

import { assert, assertEquals } from "@std/assert";
import { bridge } from "./bridge.ts";
import { chromium, chromiumPage } from "./peers/chromium.ts";
import { curl } from "./peers/curl.ts";
import { denoNative } from "./peers/deno_native.ts";
import { gnutls } from "./peers/gnutls.ts";
import { node, startServer } from "./peers/node.ts";
import { nss } from "./peers/nss.ts";
import { openssl } from "./peers/openssl.ts";
import type { ClientOptions, Negotiated, Peer } from "./peers/peer.ts";
import { skip } from "./skip.ts";
import { testPki } from "./test_pki.ts";

async function peerTest(title: string, peers: Peer[], fn: () => Promise<void>): Promise<void> {
  for (const peer of peers) {
    const found = await peer.available();
    if (!found.ok) return skip(title, found.reason);
  }
  Deno.test(title, fn);
}

/** What a peer tells must be right; what it does not tell is not asked. */
function assertFacts(actual: Negotiated | undefined, expected: Negotiated): void {
  assert(actual, "the peer told of no connection");
  const told = Object.keys(expected).filter((key) => key in actual);
  const pick = (facts: object): object =>
    Object.fromEntries(Object.entries(facts).filter(([key]) => told.includes(key)));
  assertEquals(pick(actual), pick(expected));
}

for (const peer of [openssl, gnutls, nss, denoNative, node]) {
  await peerTest(
    `startServer() starts ${peer.serverName}, which tells of Deno.connectTls what it negotiated`,
    [peer],
    async () => {
      const pki = await testPki();
      const narrow = peer.serverFeatures?.narrowsGroups ?? false;
      await using server = await peer.startServer({
        pki,
        certificate: "ecdsa-p384",
        suites: ["TLS_CHACHA20_POLY1305_SHA256"],
        groups: ["secp384r1"],
        clientAuth: narrow ? "require" : "none",
        alpnProtocols: ["echo/1"],
      });
      await using door = bridge(server.connect);
      const { chain: cert, key } = pki.leaf("client", "rsa");
      for (const bytes of [100, 100_000]) {
        using conn = await Deno.connectTls({
          hostname: "localhost",
          port: door.port,
          caCerts: [pki.root],
          alpnProtocols: ["echo/1"],
          ...(narrow ? { cert, key } : {}),
        });
        await server.exchange(conn, bytes);
        if (server.closer === "client") await conn.closeWrite();
        assertEquals(await conn.read(new Uint8Array(1)), null);
      }
      const facts = await server.finish(2);
      assertEquals(facts.length, 2);
      for (const fact of facts) {
        assertFacts(fact, {
          version: "TLSv1.3",
          suite: "TLS_CHACHA20_POLY1305_SHA256",
          group: "secp384r1",
          resumed: false,
          peerCertificate: "client rsa",
          alpn: "echo/1",
          closeNotify: true,
        });
      }
    },
  );
}

for (const peer of [openssl, gnutls, nss, denoNative, node]) {
  const twice = peer.clientFeatures?.resumption ? 2 : 1;
  // gnutls-cli waits for a ticket, which OpenSSL's server (in Node) sends at once.
  await peerTest(
    `runClient() runs ${peer.clientName}, which tells of node:tls what it negotiated`,
    [peer, node],
    async () => {
      const pki = await testPki();
      const bytes = 2000;
      const closer = peer.habits.closers[0] ?? "server";
      await using server = await startServer({
        pki,
        certificate: "ecdsa-p521",
        suites: ["TLS_AES_128_GCM_SHA256"],
        groups: ["secp256r1"],
        clientAuth: "require",
        alpnProtocols: ["echo/1"],
        ...(closer === "server" ? { closeAfter: bytes } : {}),
      });
      const { exitCode, output, connections } = await peer.runClient({
        pki,
        port: server.port,
        clientCertificate: "ecdsa-p256",
        alpnProtocols: ["echo/1"],
        connections: twice,
        bytes,
        closer,
      });
      assertEquals(exitCode, 0, output);
      for (const [i, fact] of connections.entries()) {
        assertFacts(fact, {
          version: "TLSv1.3",
          suite: "TLS_AES_128_GCM_SHA256",
          group: "secp256r1",
          resumed: i > 0,
          peerCertificate: "server ecdsa-p521",
          alpn: "echo/1",
          closeNotify: true,
        });
      }
      assertEquals(connections.length, twice);
    },
  );
}

for (const peer of [curl, chromium]) {
  await peerTest(
    `runClient() runs ${peer.clientName} against Deno.serve`,
    [peer],
    async () => {
      const pki = await testPki();
      const { chain: cert, key } = pki.leaf("server", "ecdsa-p256");
      const requests: string[] = [];
      await using server = Deno.serve({
        hostname: "127.0.0.1",
        port: 0,
        cert,
        key,
        onListen: () => {},
      }, (request) => {
        requests.push(request.method);
        if (request.method === "POST") return new Response(request.body);
        return new Response(chromiumPage(5000), { headers: { "content-type": "text/html" } });
      });
      const options: ClientOptions = {
        pki,
        port: server.addr.port,
        connections: 1,
        bytes: 5000,
        closer: "server",
      };
      const { exitCode, output, connections } = await peer.runClient(options);
      assertEquals(exitCode, 0, output);
      assert(requests.includes("POST"));
      if (peer === curl) {
        assertFacts(connections[0], { version: "TLSv1.3", peerCertificate: "server ecdsa-p256" });
      }
    },
  );
}
