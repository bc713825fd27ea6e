// Copyright 2026 the NSS for Deno authors. MIT license.

import type net from "node:net";
import type { Duplex } from "node:stream";
import type tls from "node:tls";
import { assertEquals, assertThrows } from "@std/assert";
import { SslError } from "@nss/nss";
import { connect, createSecureContext, createServer, toNodeSocket } from "@nss/nss/node";

/** What drivers have in their types where they take a part of Node's: none needs a cast. */
const PLACES: readonly [
  createConnection: typeof net.createConnection, // ws
  connect: typeof tls.connect,
  createServer: typeof tls.createServer,
  socket: (socket: Parameters<typeof toNodeSocket>[0]) => tls.TLSSocket & net.Socket & Duplex,
] = [connect, connect, createServer, toNodeSocket];

Deno.test("connect(), createServer() and toNodeSocket() fit where Node's types are asked for", () => {
  assertEquals(PLACES.length, 4);
});

Deno.test("addContext() takes contexts of this module, and no native one, which hides its certificates", () => {
  const server = createServer();
  server.addContext("a.test", createSecureContext());
  server.addContext("a.test", {});
  const native: tls.SecureContext = { context: {} };
  const { message } = assertThrows(() => server.addContext("a.test", native), SslError);
  assertEquals(
    message.includes("createSecureContext() of this module has not made"),
    true,
    message,
  );
});
