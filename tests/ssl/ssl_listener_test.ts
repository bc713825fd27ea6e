// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { importFD } from "@nss/nss/ssl";
import { PKI } from "./_support.ts";

Deno.test("SslListener.close() may be called twice, as by a using scope", () => {
  using listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [PKI.server.credential],
  });
  listener.close();
});

Deno.test("SslListener[Symbol.asyncIterator]() ends when the listener is closed", async () => {
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const accepted: unknown[] = [];
  const loop = (async () => {
    for await (const socket of listener) accepted.push(socket);
  })();
  listener.close();
  await loop;
  assertEquals(accepted, []);
});
