// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What a socket reads while its application only writes.
 *
 * @module
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import { MAX_BACKGROUND_DATA } from "../../../ssl/connection/pump.ts";
import type { ConnLike } from "../../../ssl/connection/transports.ts";
import { MAX_PLAINTEXT_LENGTH } from "../../../ssl/record/header.ts";
import {
  assertFromPeer,
  closeAll,
  connected,
  failureOf,
  join,
  type Joined,
  pattern,
  pingPong,
  readAll,
  readExactly,
  turns,
} from "../_support.ts";

/** What a transport is asked. */
interface Asked {
  /** The lengths of the buffers into which is being read. */
  readonly reading: number[];
  /** Calls of ref() and unref(). */
  readonly refs: string[];
  /** The number of bytes that have been read. */
  bytes: number;
}

/** Notes what is asked of a transport. */
function noting(asked: Asked): (conn: ConnLike<Deno.NetAddr>) => ConnLike<Deno.NetAddr> {
  return (conn) => ({
    localAddr: conn.localAddr,
    remoteAddr: conn.remoteAddr,
    read: async (p) => {
      asked.reading.push(p.length);
      const count = await conn.read(p).finally(() => {
        asked.reading.splice(asked.reading.indexOf(p.length), 1);
      });
      asked.bytes += count ?? 0;
      return count;
    },
    write: (p) => conn.write(p),
    close: () => conn.close(),
    ref: () => void asked.refs.push("ref"),
    unref: () => void asked.refs.push("unref"),
  });
}

async function watched(): Promise<Joined & { readonly asked: Asked }> {
  const asked: Asked = { reading: [], refs: [], bytes: 0 };
  return { ...await connected({ wrapClient: noting(asked) }), asked };
}

/** A connection into whose kernel one can write, although the peer is gone. */
const patient = (conn: ConnLike<Deno.NetAddr>): ConnLike<Deno.NetAddr> => ({
  localAddr: conn.localAddr,
  remoteAddr: conn.remoteAddr,
  read: (p) => conn.read(p),
  write: (p) => conn.write(p).catch(() => p.length),
  close: () => conn.close(),
});

/** A client whose certificate the server demands in vain; TLS 1.3 tells it after its handshake. */
async function refused(): Promise<Joined> {
  const joined = join({ server: { clientAuth: "require" }, wrapClient: patient });
  const told = failureOf(joined.server.handshake());
  await joined.client.handshake();
  await joined.client.write(pattern(10));
  await told;
  await turns();
  return joined;
}

Deno.test("SslSocket.write() fails where the peer's alert came in, though nobody reads", async () => {
  await using joined = await refused();
  const { client } = joined;
  const error = await failureOf(client.write(pattern(10)));
  assertFromPeer(error, "certificate_required");
  await client.close(); // it has been told
});

Deno.test("SslSocket.close() fails where the peer's alert came in, though nobody reads", async () => {
  await using joined = await refused();
  assertFromPeer(await failureOf(joined.client.close()), "certificate_required");
});

Deno.test("SslSocket.write() that waits for its peer fails by the alert that the peer sends meanwhile", async () => {
  const never = new Promise<never>(() => {});
  let handshake = true;
  await using joined = join({
    server: { clientAuth: "require" },
    wrapClient: (conn) => ({
      ...patient(conn),
      write: (p) => handshake ? conn.write(p) : never,
    }),
  });
  const { client, server } = joined;
  const told = failureOf(server.handshake());
  await client.handshake();
  handshake = false;
  const writing = failureOf(client.write(pattern(4_000_000)));
  assertEquals((await told).alert, "certificate_required");
  assertFromPeer(await writing, "certificate_required");
});

Deno.test("SslSocket reads in the background after a write only, once at a time, into the smallest buffer", async () => {
  await using joined = await watched();
  const { client, server, asked } = joined;
  await turns();
  assertEquals(asked.reading, []); // a handshake is not followed by one
  for (let i = 0; i < 3; i++) {
    await client.write(pattern(100));
    await turns();
    assertEquals(asked.reading, [2048]);
  }
  await readExactly(server, 300);
});

Deno.test("SslSocket reads nothing in the background between a request and the read of its answer", async () => {
  await using joined = await watched();
  const { client, server, asked } = joined;
  const echo = async () => {
    const buffer = new Uint8Array(100);
    for (let count; (count = await server.read(buffer)) !== null;) {
      await server.write(buffer.subarray(0, count));
    }
  };
  const echoing = echo();
  for (let i = 0; i < 50; i++) {
    await client.write(pattern(100));
    assertEquals((await readExactly(client, 100)).length, 100);
  }
  assertEquals(asked.refs, []);
  await client.close();
  await echoing;
});

Deno.test("SslSocket.read() joins the read in the background", async () => {
  await using joined = await watched();
  const { client, server, asked } = joined;
  await client.write(pattern(100));
  await readExactly(server, 100);
  const reading = readExactly(client, 100_000);
  await turns();
  assertEquals(asked.reading, [2048]);
  await server.write(pattern(100_000));
  assertEquals(await reading, pattern(100_000));
  await pingPong(joined);
});

for (const unref of [false, true]) {
  const title = unref ? "never does after unref()" : "does so again as soon as somebody reads";
  Deno.test(`SslSocket keeps no process alive by a read in the background, and ${title}`, async () => {
    await using joined = await watched();
    const { client, server, asked } = joined;
    if (unref) client.unref();
    await client.write(pattern(100));
    await turns();
    assertEquals(asked.refs, ["unref"]);
    const reading = client.read(new Uint8Array(1));
    await turns();
    assertEquals(asked.refs, unref ? ["unref"] : ["unref", "ref"]);
    await server.write(pattern(1));
    assertEquals(await reading, 1);
  });
}

Deno.test("SslSocket.ref() and unref() hold during a read in the background", async () => {
  await using joined = await watched();
  const { client, server, asked } = joined;
  await client.write(pattern(100));
  await turns();
  client.unref();
  client.ref();
  assertEquals(asked.refs, ["unref", "unref", "unref"]); // what only waits keeps nothing alive
  const reading = client.read(new Uint8Array(1));
  await turns();
  assertEquals(asked.refs.at(-1), "ref");
  await server.write(pattern(1));
  await reading;
});

Deno.test("SslSocket reads no more than MAX_BACKGROUND_DATA in the background, and keeps it for the reader", async () => {
  await using joined = await watched();
  const { client, server, asked } = joined;
  const data = pattern(200_000);
  await client.write(pattern(100));
  await turns();
  const before = asked.bytes;
  const writing = server.write(data);
  await turns(50);
  assertEquals(asked.reading, []);
  const most = MAX_BACKGROUND_DATA + MAX_PLAINTEXT_LENGTH + 2048;
  assertLess(asked.bytes - before, most + 2000); // with the tickets, and the headers of records
  assertLess(MAX_BACKGROUND_DATA, asked.bytes - before);
  assertEquals(await readExactly(client, data.length), data);
  await writing;
});

Deno.test("SslSocket goes on writing to a peer that has ended its own direction, and tells the next reader", async () => {
  await using joined = await watched();
  const { client, server } = joined;
  await client.write(pattern(10));
  await turns();
  await server.closeWrite();
  await turns();
  await client.write(pattern(10));
  assertEquals((await readExactly(server, 20)).length, 20);
  assertEquals(await readAll(client), new Uint8Array(0));
});

for (const what of ["ends", "fails"]) {
  Deno.test(`SslSocket that reads in the background goes on writing where the transport ${what}, and tells the next reader`, async () => {
    const ended = Promise.withResolvers<null>();
    ended.promise.catch(() => {});
    const { client, server } = await connected({
      wrapClient: (conn) => ({
        localAddr: conn.localAddr,
        remoteAddr: conn.remoteAddr,
        read: (p) => Promise.race([conn.read(p), ended.promise]),
        write: (p) => conn.write(p),
        close: () => conn.close(),
      }),
    });
    await client.write(pattern(10));
    await turns();
    if (what === "ends") ended.resolve(null);
    else ended.reject(new Error("cable cut"));
    await turns();
    assertEquals(await client.write(pattern(10)), 10);
    assertEquals(await readExactly(server, 20), new Uint8Array([...pattern(10), ...pattern(10)]));
    const error = await failureOf(client.read(new Uint8Array(1)));
    assertEquals(error.name, what === "ends" ? "PR_END_OF_FILE_ERROR" : "PR_IO_ERROR");
    assert(what === "ends" || error.cause instanceof Error);
    await closeAll(client, server);
  });
}
