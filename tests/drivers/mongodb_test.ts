// Copyright 2026 the NSS for Deno authors. MIT license.

// This module uses Deno.

/**
 * Debian has no MongoDB: stunnel stands in front of the few messages that the driver needs, which
 * are written here. What is tested is its TLS, and nothing of MongoDB's.
 *
 * @module
 */

import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { stunnel } from "./servers/stunnel.ts";

type Document = { readonly [name: string]: unknown };

interface Mongo {
  db(name: string): {
    command(command: Document): Promise<Document>;
  };
  close(): Promise<void>;
}

interface Recipe {
  openMongo(url: string, ca: string, cert?: string, key?: string): Mongo;
}

interface Bson {
  serialize(document: Document): Uint8Array;
  deserialize(bytes: Uint8Array): Document;
}

const [OP_REPLY, OP_QUERY, OP_MSG] = [1, 2004, 2013];

const HELLO = {
  ismaster: true,
  isWritablePrimary: true,
  helloOk: true,
  maxBsonObjectSize: 1 << 24,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  ok: 1,
};

function answerTo(command: Document): Document {
  if ("ismaster" in command || "isMaster" in command || "hello" in command) return HELLO;
  if ("take" in command) return { length: String(command.take).length, ok: 1 };
  if ("give" in command) return { text: "x".repeat(Number(command.give)), ok: 1 };
  return { ok: 1 };
}

async function serve(port: number): Promise<AsyncDisposable> {
  const library = "npm:bson@7";
  const bson: Bson = await import(library);
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const conns = new Set<Deno.Conn>();
  const answer = async (conn: Deno.Conn) => {
    conns.add(conn);
    const reader = conn.readable.getReader();
    const writer = conn.writable.getWriter();
    let rest = new Uint8Array();
    const take = async (length: number): Promise<Uint8Array<ArrayBuffer> | null> => {
      const pieces = [rest];
      let count = rest.length;
      while (count < length) {
        const { value, done } = await reader.read();
        if (done) return null;
        pieces.push(value);
        count += value.length;
      }
      const all = new Uint8Array(await new Blob(pieces).arrayBuffer());
      rest = all.subarray(length);
      return all.subarray(0, length);
    };
    for (let head; (head = await take(16)) !== null;) {
      const view = new DataView(head.buffer, head.byteOffset);
      const body = await take(view.getInt32(0, true) - 16);
      if (body === null) break;
      const isQuery = view.getInt32(12, true) === OP_QUERY;
      const start = isQuery ? body.indexOf(0, 4) + 9 : 5;
      const reply = bson.serialize(answerTo(bson.deserialize(body.subarray(start))));
      const prefix = new DataView(new ArrayBuffer(isQuery ? 36 : 21));
      prefix.setInt32(0, prefix.byteLength + reply.length, true);
      prefix.setInt32(8, view.getInt32(4, true), true);
      prefix.setInt32(12, isQuery ? OP_REPLY : OP_MSG, true);
      if (isQuery) prefix.setInt32(32, 1, true);
      await writer.write(new Uint8Array(prefix.buffer));
      await writer.write(reply);
    }
  };
  const serving = (async () => {
    const answering: Promise<void>[] = [];
    for await (const conn of listener) answering.push(answer(conn).catch(() => {}));
    await Promise.all(answering);
  })();
  return {
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of conns) {
        try {
          conn.close();
        } catch {
          // its client has gone
        }
      }
      await serving;
    },
  };
}

await testDriver({
  driver: "mongodb",
  server: stunnel,
  identity: "1",
  reconnects: true,
  behind: serve,
  async open({ host, port, ca, cert, key }: Target) {
    const { openMongo } = await loadRecipe<Recipe>("mongodb.ts");
    const options = "directConnection=true&serverSelectionTimeoutMS=3000&maxPoolSize=5";
    const client = openMongo(`mongodb://${host}:${port}/?${options}`, ca, cert, key);
    const db = client.db("test");
    return {
      ask: async () => String((await db.command({ ping: 1 })).ok),
      fetch: async (length) => String((await db.command({ give: length })).text).length,
      send: async (length) => Number((await db.command({ take: "x".repeat(length) })).length),
      close: () => client.close(),
    };
  },
});
