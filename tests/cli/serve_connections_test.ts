// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What clients may do to the connections that a server of the program serves.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { importFD, type ListenerLike } from "@nss/nss";
import { ClosedPipe, type Io, Output } from "../../cli/base/io.ts";
import { echo, serveAll } from "../../cli/net/serve_connections.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { clientOptions, serverOptions } from "../ssl/_support.ts";

type Pair = ReturnType<typeof memoryPair>;

/** A listener at which these connections have come. */
function listenerOf(pairs: readonly Pair[]): ListenerLike<Deno.NetAddr> {
  const waiting = pairs.map(([, server]) => server);
  return {
    addr: pairs[0]![1].localAddr,
    accept: () => {
      const next = waiting.shift();
      return next === undefined
        ? Promise.reject(new Deno.errors.BadResource("closed"))
        : Promise.resolve(next);
    },
    close: () => {},
  };
}

/** Where what is told goes. */
function ioOf(tell: (text: string) => void): Io {
  const output = new Output((bytes) => {
    tell(new TextDecoder().decode(bytes));
    return Promise.resolve(bytes.length);
  }, null);
  return { in: new ReadableStream(), out: output, err: output };
}

/** Says goodbye, and resets the connection: the server's own goodbye meets a broken pipe. */
async function goAtOnce([conn, server]: Pair): Promise<void> {
  const client = importFD(conn, clientOptions());
  await client.handshake();
  server.write = () => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe (os error 32)"));
  await client.closeWrite();
  await assertRejects(() => client.read(new Uint8Array(1)));
}

async function hear([conn]: Pair): Promise<string> {
  await using client = importFD(conn, clientOptions());
  await client.write(new TextEncoder().encode("hello"));
  await client.closeWrite();
  return await new Response(client.readable).text();
}

Deno.test("serveAll(): a client whose connection breaks at its end ends no other, and is told of", async () => {
  const pairs = [memoryPair(), memoryPair()];
  const told: string[] = [];
  const listener = importFD(listenerOf(pairs), serverOptions());
  const serving = serveAll(listener, echo, 2, ioOf((text) => told.push(text)));
  await goAtOnce(pairs[0]!);
  assertEquals(await hear(pairs[1]!), "hello");
  await serving;
  assertMatch(told.join(""), /Broken pipe.*\(PR_CONNECT_RESET_ERROR\)/);
});

Deno.test("serveAll() ends where nobody can be told any more", async () => {
  const pairs = [memoryPair()];
  const listener = importFD(listenerOf(pairs), serverOptions());
  const io = ioOf(() => {
    throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  });
  const serving = serveAll(listener, echo, 1, io);
  const first = hear(pairs[0]!).catch(() => {}); // its server has gone
  await assertRejects(() => serving, ClosedPipe);
  await first;
});
