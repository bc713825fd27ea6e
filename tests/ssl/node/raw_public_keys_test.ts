// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { once } from "node:events";
import { generateKeyPair, importFD, SslError } from "@nss/nss";
import { connect, createServer, toNodeSocket } from "@nss/nss/node";
import { memoryPair } from "../../support/memory_pair.ts";

Deno.test("toNodeSocket() of a socket whose peer has an accepted raw public key is authorized, without a certificate", async () => {
  const { privateKey: key, publicKey } = await generateKeyPair();
  const [a, b] = memoryPair();
  const server = toNodeSocket(
    importFD(a, { role: "server", rawPublicKeys: { keys: [{ key, publicKey }] } }),
  );
  const client = toNodeSocket(importFD(b, { rawPublicKeys: { accept: [publicKey] } }));
  client.end("hello");
  const [data] = await once(server, "data");
  assertEquals([String(data), client.authorized], ["hello", true]);
  assertEquals(Object.keys(client.getPeerCertificate()), []);
  assertEquals(server.authorized, false);
  server.end();
  await once(client.resume(), "close");
});

Deno.test("connect() and createServer() refuse rawPublicKeys, which Node has not, and say what has them", () => {
  const options: { port: number; key?: string; rawPublicKeys: unknown } = {
    port: 1,
    rawPublicKeys: { accept: ["A".repeat(43) + "="] },
  };
  for (const make of [() => connect(options), () => createServer(options)]) {
    assertThrows(make, SslError, "importFD() and toNodeSocket()");
  }
});
