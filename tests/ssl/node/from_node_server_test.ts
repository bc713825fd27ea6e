// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { once } from "node:events";
import net from "node:net";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { importFD, SslError } from "@nss/nss";
import { createAgent, serve } from "@nss/nss/http";
import { fromNodeServer } from "@nss/nss/node";
import { get } from "node:https";
import { MAX_WAITING } from "../../../ssl/node/from_node_server.ts";
import { clientOptions, HOSTNAME, serverOptions } from "../_support.ts";

async function listening(): Promise<net.Server> {
  const server = net.createServer().listen({ port: 0, host: "127.0.0.1", backlog: 2048 });
  await once(server, "listening");
  return server;
}

function portOf(server: net.Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

Deno.test("fromNodeServer() serves HTTP on a server of node:net, whose address it has", async () => {
  const server = await listening();
  const { role: _, ...own } = serverOptions();
  const listener = importFD(fromNodeServer(server), own);
  const port = portOf(server);
  assertEquals(listener.addr, { transport: "tcp", hostname: "127.0.0.1", port });
  const http = serve(listener, (_request, { remoteAddr }) => new Response(remoteAddr.transport));
  const { role: __, hostname: ___, ...client } = clientOptions();
  const agent = createAgent(client);
  const answer = Promise.withResolvers<string>();
  get(
    `https://localhost:${port}/`,
    { agent, servername: HOSTNAME, headers: { host: HOSTNAME } },
    async (response) => {
      answer.resolve((await response.setEncoding("utf8").toArray()).join(""));
    },
  ).on("error", answer.reject);
  assertEquals(await answer.promise, "tcp");
  agent.destroy();
  const closed = once(server, "close");
  await http.shutdown();
  await closed;
});

Deno.test("fromNodeServer() ends its loop by close(), and where the server is closed by itself", async () => {
  for (const own of [true, false]) {
    const server = await listening();
    const listener = importFD(fromNodeServer(server), serverOptions());
    const ended = (async () => {
      for await (const _ of listener);
    })();
    if (own) listener.close();
    else server.close();
    await ended;
    assertEquals((await assertRejects(() => listener.accept(), Error)).name, "BadResource");
  }
});

Deno.test("fromNodeServer() tells the next accept() of a failure, and goes on", async () => {
  const server = await listening();
  const listener = fromNodeServer(server);
  const waiting = listener.accept();
  server.emit("error", new Error("no descriptors")); // as Node tells of it
  await assertRejects(() => waiting, Error, "no descriptors");
  server.emit("error", new Error("none still"));
  await assertRejects(() => listener.accept(), Error, "none still");
  const client = net.connect(portOf(server), "127.0.0.1");
  const conn = await listener.accept();
  conn.close();
  await once(client.resume(), "close");
  listener.close();
});

Deno.test("fromNodeServer() lets MAX_WAITING connections wait, and closes one more", async () => {
  const server = await listening();
  const listener = fromNodeServer(server);
  const clients: net.Socket[] = [];
  let gone = 0;
  for (let i = 0; i <= MAX_WAITING; i++) {
    const client = net.connect(portOf(server), "127.0.0.1").on("error", () => {});
    client.on("close", () => gone++).resume();
    clients.push(client);
    if (i % 64 === 63) await once(client, "connect");
  }
  await once(clients.at(-1)!, "close");
  assertEquals(gone, 1);
  for (let i = 0; i < MAX_WAITING; i++) (await listener.accept()).close();
  let isTaken = false;
  const next = listener.accept().then(() => isTaken = true, () => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(!isTaken);
  listener.close();
  await next;
  await Promise.all(clients.map((client) => client.closed || once(client, "close")));
});

Deno.test("fromNodeServer() refuses what is no server, and one that does not listen", async () => {
  const problems = [{}, new net.Socket(), net.createServer()].map((given) =>
    assertThrows(() => Reflect.apply(fromNodeServer, null, [given]), SslError).message
  );
  assertEquals(problems.map((text) => text.replace(/.*Cannot take server: /, "")), [
    "the server is an object, not a server of node:net: it has no method on",
    "the server is an object of type Socket, not a server of node:net: it has no method close",
    "the server does not listen; wait for its event listening",
  ]);
  const server = await listening();
  const given: object = server;
  const error = assertThrows(() => Reflect.apply(importFD, null, [given]), SslError);
  assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  assert(error.message.includes("pass fromNodeServer(server), of @nss/nss/node"));
  server.close();
});
