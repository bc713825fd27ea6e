// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What close() waits for, and what it does not. What a kernel does to bytes that lie unread is
 * shown in tests/interop/upload_test.ts.
 *
 * @module
 */

import { assertEquals, assertLess } from "@std/assert";
import { NssContext } from "../../../pkcs11/context/context.ts";
import { SURELY_ARRIVED } from "../../../ssl/engine/engine.ts";
import { LINGER_TIMEOUT, MAX_DECRYPTED_IN_DRAIN } from "../../../ssl/connection/pump.ts";
import type { ConnLike } from "../../../ssl/connection/transports.ts";
import { MAX_PLAINTEXT_LENGTH } from "../../../ssl/record/header.ts";
import { delaysOf } from "../../support/delays.ts";
import { countSubtleCalls } from "../handshake/subtle.ts";
import {
  assertCutOff,
  assertFromPeer,
  closeAll,
  connected,
  type Ends,
  failureOf,
  IMPATIENCE,
  join,
  type JoinOptions,
  pattern,
  ping,
  pingPong,
  PKI,
  readAll,
  readExactly,
  shake,
  turns,
} from "../_support.ts";

/** A connection that notes what is done to it. */
class NotingConn implements ConnLike<Deno.NetAddr> {
  readonly calls: string[] = [];
  /** The number of bytes read. */
  bytes = 0;
  readonly #conn: ConnLike<Deno.NetAddr>;

  constructor(conn: ConnLike<Deno.NetAddr>) {
    this.#conn = conn;
  }

  get localAddr(): Deno.NetAddr {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#conn.remoteAddr;
  }

  async read(p: Uint8Array): Promise<number | null> {
    this.calls.push("read");
    const count = await this.#conn.read(p);
    this.bytes += count ?? 0;
    return count;
  }

  write(p: Uint8Array): Promise<number> {
    return this.#conn.write(p);
  }

  async closeWrite(): Promise<void> {
    this.calls.push("closeWrite");
    await this.#conn.closeWrite?.();
  }

  close(): void {
    this.calls.push("close");
    this.#conn.close();
  }
}

/** A connection from another place. */
class FarConn extends NotingConn {
  override get remoteAddr(): Deno.NetAddr {
    return { ...super.remoteAddr, hostname: "192.0.2.1" };
  }
}

interface Noted extends Ends, AsyncDisposable {
  readonly noted: NotingConn;
}

async function noted(options: JoinOptions = {}): Promise<Noted> {
  let noted: NotingConn | undefined;
  const joined = await connected({
    ...options,
    wrapClient: (conn) => noted = new NotingConn(conn),
  });
  return { ...joined, noted: noted! };
}

/** What close() does to the transport. */
async function callsOfClose({ client, noted }: Noted): Promise<readonly string[]> {
  await turns();
  noted.calls.length = 0;
  await client.close();
  return noted.calls;
}

/** What a program did before it closes, where nothing of its data can be on its way any more. */
const SETTLED: Readonly<Record<string, (ends: Ends) => Promise<unknown>>> = {
  "a handshake alone": () => Promise.resolve(),
  "an empty write": ({ client }) => client.write(new Uint8Array(0)),
  "reading": (ends) => ping(ends),
  "the beginning of a download": async ({ client, server }) => {
    await server.write(pattern(200_000));
    await readExactly(client, 1000);
  },
  "a request and the beginning of its answer": async ({ client, server }) => {
    await client.write(pattern(100));
    await readExactly(server, 100);
    await server.write(pattern(200_000));
    await readExactly(client, 1000);
  },
  "a ping-pong": (ends) => pingPong(ends),
  "the peer's end": async ({ client, server }) => {
    await client.write(pattern(100_000));
    await readExactly(server, 100_000);
    await server.closeWrite();
    assertEquals(await readAll(client), new Uint8Array(0));
  },
};

for (const [what, use] of Object.entries(SETTLED)) {
  Deno.test(`SslSocket.close() reads nothing and waits for nothing after ${what}`, async () => {
    await using ends = await noted();
    await use(ends);
    assertEquals(await callsOfClose(ends), ["close"]);
  });
}

for (const over of [0, 1]) {
  Deno.test(`SslSocket.close() takes an answer for an arrival up to SURELY_ARRIVED (${over} more)`, async () => {
    await using ends = await noted();
    const { client, server } = ends;
    const length = SURELY_ARRIVED + over;
    await Promise.all([client.write(pattern(length)), readExactly(server, length)]);
    await ping(ends);
    const calls = await callsOfClose(ends);
    assertEquals(calls.includes("read"), over > 0, calls.join());
  });
}

Deno.test("SslSocket.close() ends its writing side and reads on where what it wrote may be on its way", async () => {
  await using ends = await noted();
  const { client, server, noted: { calls } } = ends;
  await client.write(pattern(1000)); // its background read waits already
  await turns();
  calls.length = 0;
  const closing = client.close();
  assertEquals(await readAll(server), pattern(1000));
  assertEquals(calls, ["closeWrite"]);
  await server.close(); // with the tickets, and the peer's end
  await closing;
  assertEquals(calls.at(-1), "close");
});

Deno.test("SslSocket.close() of an upload, awaited before its server is closed, ends within the second of the first ticket", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  const [received] = await Promise.all([
    readExactly(server, 100_000),
    client.write(pattern(100_000)),
  ]);
  assertEquals(received, pattern(100_000));
  await client.close(); // which the server's tickets could have ended earlier
  assertEquals(await server.read(new Uint8Array(1)), null);
  await server.close();
});

Deno.test("SslSocket.close() waits for no ticket where there is none: in TLS 1.2, and at a server", async () => {
  const versions = { min: "TLSv1.2", max: "TLSv1.2" } as const;
  await using older = await connected({ client: { versions } });
  await older.client.write(pattern(100));
  await withoutSecond(older.client.close());
  await using newer = await connected();
  await newer.server.write(pattern(100));
  await withoutSecond(newer.server.close());
});

Deno.test("SslSocket.writable ends without waiting for a ticket while somebody reads, in TLS 1.2, and after a small answer", async () => {
  const versions = { min: "TLSv1.2", max: "TLSv1.2" } as const;
  await using older = await connected({ client: { versions } });
  await older.client.write(pattern(100));
  await withoutSecond(older.client.writable.close());
  await using read = await connected();
  const reading = read.client.read(new Uint8Array(1));
  await read.client.write(pattern(100));
  await withoutSecond(read.client.writable.close());
  await read.server.write(pattern(1));
  assertEquals(await reading, 1);
  await using answered = await connected();
  await pingPong(answered);
  await withoutSecond(answered.client.writable.close());
});

Deno.test("SslSocket.writable keeps what comes while it waits for a ticket, and fails by an alert", async () => {
  await using ends = await connected();
  const { client, server } = ends;
  await client.write(pattern(100));
  const closing = client.writable.close();
  assertEquals(await readAll(server), pattern(100));
  await server.write(pattern(10)); // the tickets come first
  await closing;
  assertEquals(await readExactly(client, 10), pattern(10));

  await using refusing = join({ server: { clientAuth: "require" } });
  const refused = failureOf(refusing.server.handshake());
  await refusing.client.write(pattern(1));
  assertFromPeer(await failureOf(refusing.client.writable.close()), "certificate_required");
  await refused;
});

/** Waits for a promise that no timer of a second has to settle. */
async function withoutSecond(promise: Promise<void>): Promise<void> {
  assertEquals((await timeoutsOf(promise)).filter((delay) => delay === 1000), []);
}

/** Waits for a promise; returns the timeouts in milliseconds that begin meanwhile. */
async function timeoutsOf(promise: Promise<void>): Promise<number[]> {
  return (await delaysOf(promise)).map((delay) => 8 * delay); // each has eight parts
}

Deno.test("SslSocket.close() of a server waits for no client of its own process, which has been answered", async () => {
  await using ends = await connected();
  await pingPong(ends);
  const closing = ends.server.close();
  assertEquals((await timeoutsOf(closing)).filter((delay) => delay !== 0), []);
});

Deno.test("SslSocket.close() of a server waits for what a client elsewhere is about to send", async () => {
  await using ends = await connected({ wrapServer: (conn) => new FarConn(conn) });
  await pingPong(ends);
  const closing = ends.server.close();
  assertEquals((await timeoutsOf(closing)).includes(LINGER_TIMEOUT), true);
});

Deno.test("SslSocket.close() keeps the tickets that come while it closes", async () => {
  const client = { context: new NssContext({ trustAnchors: [] }) };
  const server = { context: new NssContext({ trustAnchors: [] }) };
  for (const resumed of [false, true]) {
    await using joined = join({ client, server });
    const [info] = await shake(joined);
    assertEquals(info.resumed, resumed);
    await joined.client.write(pattern(1000));
    const closing = joined.client.close();
    await readAll(joined.server);
    await joined.server.close();
    await closing;
  }
});

for (const over of [0, 1]) {
  Deno.test(
    `SslSocket.close() decrypts MAX_DECRYPTED_IN_DRAIN of what it drops, and no more (${
      over === 0 ? "exactly so much" : "four times as much"
    })`,
    async () => {
      const records = MAX_DECRYPTED_IN_DRAIN / MAX_PLAINTEXT_LENGTH;
      const length = MAX_DECRYPTED_IN_DRAIN * (1 + 3 * over);
      // One record at a time, so that no chunk reaches beyond the limit.
      const sealed = MAX_PLAINTEXT_LENGTH + 22;
      await using joined = await connected({
        pair: { capacity: 8 * MAX_DECRYPTED_IN_DRAIN, chunking: { seed: 1, max: sealed } },
        server: { closeTimeout: 20_000 },
      });
      const { client, server } = joined;
      await client.write(pattern(length));
      await client.closeWrite();
      await server.write(pattern(1));
      const calls = await countSubtleCalls(() => server.close());
      const decrypted = calls.decrypt ?? 0;
      assertLess(records - 1, decrypted);
      assertLess(decrypted, records + 5); // the close_notify, and what one chunk has too much
    },
  );
}

Deno.test("SslSocket.close() drains a peer that sends without end for closeTimeout, which is no error", async () => {
  await using joined = await connected({ client: { closeTimeout: IMPATIENCE } });
  const { client, server } = joined;
  const sending = failureOf((async () => {
    for (;;) await server.write(pattern(60_000));
  })());
  await client.write(pattern(40_000));
  await client.close();
  assertEquals((await sending).name, "PR_CONNECT_RESET_ERROR");
});

Deno.test("SslSocket.close() takes a peer that ends without close_notify for its end", async () => {
  for (const length of [100, 100_000]) {
    await using joined = await connected();
    const { client, server } = joined;
    await Promise.all([client.write(pattern(length)), readExactly(server, length)]);
    server[Symbol.dispose]();
    await client.close();
  }
});

Deno.test("SslSocket.close() fails where an alert is found while it closes", async () => {
  await using joined = join({ server: { clientAuth: "require" } });
  const { client, server } = joined;
  const refused = failureOf(server.handshake());
  await client.handshake(); // in TLS 1.3 it is complete before the server has seen any certificate
  await client.write(pattern(100));
  assertFromPeer(await failureOf(client.close()), "certificate_required");
  assertEquals((await refused).alert, "certificate_required");
});

Deno.test("SslSocket.close() succeeds where a call has told the alert already", async () => {
  await using joined = join({ server: { clientAuth: "require" } });
  const { client, server } = joined;
  const refused = failureOf(server.handshake());
  await client.handshake();
  assertFromPeer(await failureOf(client.read(new Uint8Array(1))), "certificate_required");
  await client.close();
  await refused;
});

Deno.test("SslSocket.close() reports a reset under much data that nobody has answered", async () => {
  for (const [length, told] of [[100, false], [100_000, true]] as const) {
    const reset = Promise.withResolvers<never>();
    reset.promise.catch(() => {});
    const { client, server } = await connected({
      wrapClient: (conn) => ({
        localAddr: conn.localAddr,
        remoteAddr: conn.remoteAddr,
        read: (p) => Promise.race([conn.read(p), reset.promise]),
        write: (p) => conn.write(p),
        closeWrite: async () => {},
        close: () => conn.close(),
      }),
    });
    await client.write(pattern(length));
    await turns();
    reset.reject(new Deno.errors.ConnectionReset("reset"));
    const error = await client.close().then(() => null, (error) => error);
    assertEquals(error?.name, told ? "PR_CONNECT_RESET_ERROR" : undefined);
    await closeAll(client, server);
  }
});

Deno.test("SslSocket[Symbol.dispose]() ends a connection at once, whatever waits in it", async () => {
  await using ends = await noted({ pair: { capacity: 1024 }, client: { closeTimeout: 60_000 } });
  const { client, server, noted: { calls } } = ends;
  const writing = failureOf(client.write(pattern(1_000_000))); // the server does not read
  await turns();
  client[Symbol.dispose]();
  assertEquals((await writing).name, "PR_BAD_DESCRIPTOR_ERROR");
  assertEquals(calls.at(-1), "close");
  assertCutOff(await failureOf(readAll(server)));
});

Deno.test("SslSocket[Symbol.dispose]() ends a handshake at once", async () => {
  await using ends = join({ client: { closeTimeout: 60_000, handshakeTimeout: 0 } });
  const writing = failureOf(ends.client.write(pattern(1))); // the server does not answer
  await turns();
  ends.client[Symbol.dispose]();
  assertEquals((await writing).name, "PR_BAD_DESCRIPTOR_ERROR");
});

Deno.test("SslSocket[Symbol.dispose]() sends what was written, as far as the transport takes it at once", async () => {
  const { client, server } = await connected();
  await client.write(pattern(50_000));
  client[Symbol.dispose]();
  assertEquals(await readExactly(server, 50_000), pattern(50_000));
  assertCutOff(await failureOf(server.read(new Uint8Array(1))));
  await closeAll(client, server);
});

Deno.test("SslSocket.close() leaves the error of a handshake to its caller, who is about to be told", async () => {
  // Of a key that WebCrypto does not export, only a handshake shows that it is another one.
  const ecdsa = { name: "ECDSA", namedCurve: "P-256" };
  const { privateKey } = await crypto.subtle.generateKey(ecdsa, false, ["sign", "verify"]);
  for (let i = 0; i < 5; i++) {
    const certificates = [{ cert: PKI.server.cert, key: privateKey }];
    const { client, server } = join({ server: { certificates } });
    const told = failureOf(client.handshake());
    assertEquals((await failureOf(server.handshake())).name, "SEC_ERROR_INVALID_ARGS");
    await client.close(); // throws nothing, since handshake() does
    assertEquals((await told).name, "SSL_ERROR_INTERNAL_ERROR_ALERT");
    await server.close();
  }
});
