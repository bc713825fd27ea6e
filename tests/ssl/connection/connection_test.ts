// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The rules of `ssl/connection/pump.ts` (those for a transport that fails are in
 * transport_faults_test.ts): limits of time and of memory, and bytes that come as they like.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import type { ErrorName } from "../../../cert/base/errors.ts";
import { keyUpdate } from "../../../ssl/nss/handshake.ts";
import type { SslError } from "../../../ssl/base/errors.ts";
import type { Role } from "../../../ssl/config/import_options.ts";
import type { SslSocket } from "../../../ssl/base/socket_type.ts";
import { alertCode } from "../../../ssl/tables/alert_descriptions.ts";
import type { ConnLike } from "../../../ssl/connection/transports.ts";
import { memoryPair } from "../../support/memory_pair.ts";
import { FlakyConn } from "../_flaky_conn.ts";
import { concat } from "../_record_tap.ts";
import {
  assertCutOff,
  CALLS,
  clientOptions,
  closeAll,
  connected,
  failureOf,
  IMPATIENCE,
  join,
  pattern,
  pingPong,
  readAll,
  readExactly,
  serverOptions,
  shake,
  socketOver,
  turns,
} from "../_support.ts";

const ROLES: readonly Role[] = ["client", "server"];

/** What a handshake says of a peer that has sent nothing. */
const SILENCE: Readonly<Record<Role, string>> = {
  client: "the peer has sent nothing; are host and port right, and does TLS begin there at once, " +
    "without STARTTLS or the like? Some firewalls drop ClientHellos as long as those with " +
    'X25519MLKEM768, which policy: "compatible" or the option groups leaves out',
  server: "the peer has sent nothing; it may only test the port, be a server itself, " +
    "or wait for a greeting, as before STARTTLS",
};

Deno.test("SslSocket names a connection that the peer has dropped", async () => {
  const rows: readonly [Error, ErrorName][] = [
    [new Deno.errors.ConnectionReset("reset"), "PR_CONNECT_RESET_ERROR"],
    [new Deno.errors.BrokenPipe("pipe"), "PR_CONNECT_RESET_ERROR"],
    [new Error("other"), "PR_IO_ERROR"],
  ];
  for (const [cause, name] of rows) {
    await using joined = join({
      wrapClient: (conn) => new FlakyConn(conn, { call: "read", at: 1, error: cause }),
    });
    const error = await failureOf(joined.client.handshake());
    assertEquals([error.name, error.cause], [name, cause]);
  }
});

Deno.test("SslSocket calls the end of the transport in the handshake by its name", async () => {
  for (const role of ROLES) {
    const [a, b] = memoryPair();
    const socket = socketOver(a, role === "client" ? clientOptions() : serverOptions());
    const handshake = socket.handshake();
    b.close();
    assertCutOff(await failureOf(handshake));
    assertEquals(
      (await failureOf(handshake)).message,
      `Cannot complete handshake: the peer closed the connection; ${SILENCE[role]}`,
    );
    await socket.close();
  }
});

Deno.test("SslSocket gives a silent peer up after handshakeTimeout", async () => {
  for (const role of ROLES) {
    const [a, b] = memoryPair();
    const conn = new FlakyConn(a);
    const limit = { handshakeTimeout: IMPATIENCE };
    const options = role === "client" ? clientOptions(limit) : serverOptions(limit);
    const socket = socketOver(conn, options);
    const [first, second] = await Promise.all([
      failureOf(socket.read(new Uint8Array(1))),
      failureOf(socket.handshake()),
    ]);
    assertEquals(first.name, "PR_IO_TIMEOUT_ERROR");
    assertEquals(
      first.message,
      `Cannot complete handshake: it took longer than ${IMPATIENCE} ms (handshakeTimeout); ` +
        SILENCE[role],
    );
    assertStrictEquals(first, second);
    assertEquals(conn.closes, 1);
    b.close();
    await socket.close();
  }
});

Deno.test("SslSocket names no large ClientHello where it sends none, as under the policy compatible", async () => {
  for (const options of [{ groups: ["x25519"] }, { policy: "compatible" }] as const) {
    const [a, b] = memoryPair();
    const socket = socketOver(a, clientOptions(options));
    b.close();
    const { message } = await failureOf(socket.handshake());
    assertMatch(message, /STARTTLS or the like\?$/);
    await socket.close();
  }
});

Deno.test("SslSocket says of a handshake that breaks off in the middle what may be the cause", async () => {
  const { client, server } = join({
    client: {
      authCertificate: () => {
        client[Symbol.dispose]();
        return new Promise(() => {});
      },
    },
  });
  const [, refused] = await Promise.all([
    failureOf(client.handshake()),
    failureOf(server.handshake()),
  ]);
  assertEquals(refused.name, "PR_END_OF_FILE_ERROR");
  assertStringIncludes(
    refused.message,
    "the peer had begun its part; it may not trust this server's certificate",
  );
});

Deno.test("SslSocket's handshakeTimeout bounds the application's hooks, too", async () => {
  const { client, server } = join({
    client: { authCertificate: () => new Promise(() => {}), handshakeTimeout: IMPATIENCE },
  });
  const [own] = await Promise.all([failureOf(client.handshake()), failureOf(server.handshake())]);
  assertEquals(own.name, "PR_IO_TIMEOUT_ERROR");
  await closeAll(client, server);
});

Deno.test("SslSocket has no handshakeTimeout where it is 0, and none once connected", async () => {
  await using unlimited = join({ client: { handshakeTimeout: 0 } });
  await shake(unlimited);
  await pingPong(unlimited);
  await using limited = await connected({ client: { handshakeTimeout: 5_000 } });
  await pingPong(limited); // a timer that went on would be found leaking
});

Deno.test("SslSocket's signal stops a handshake that has not begun", async () => {
  const reason = new Error("no longer wanted");
  const [a, b] = memoryPair();
  const conn = new FlakyConn(a);
  const socket = socketOver(conn, clientOptions({ signal: AbortSignal.abort(reason) }));
  const error = await failureOf(socket.write(new Uint8Array(1)));
  assertEquals([error.name, error.cause], ["PR_OPERATION_ABORTED_ERROR", reason]);
  assertStrictEquals(await failureOf(socket.handshake()), error);
  assertEquals([conn.calls.write, conn.closes], [0, 1]);
  b.close();
  await socket.close();
});

Deno.test("SslSocket's signal stops a handshake under way, and does nothing once it is complete", async () => {
  const controller = new AbortController();
  const [a, b] = memoryPair();
  const conn = new FlakyConn(a);
  const socket = socketOver(conn, clientOptions({ signal: controller.signal }));
  const handshake = socket.handshake();
  await turns(2);
  controller.abort("enough");
  const error = await failureOf(handshake);
  assertEquals([error.name, error.cause], ["PR_OPERATION_ABORTED_ERROR", "enough"]);
  assertEquals(conn.closes, 1);
  b.close();
  await socket.close();

  const late = new AbortController();
  await using joined = await connected({ client: { signal: late.signal } });
  late.abort();
  await pingPong(joined);
});

Deno.test("SslSocket.close() waits for what was written no longer than closeTimeout, and says what is lost", async () => {
  await using joined = await connected({
    client: { closeTimeout: IMPATIENCE },
    pair: { capacity: 1024 },
  });
  const { client } = joined;
  const writing = failureOf(client.write(pattern(1_000_000))); // nobody reads
  const error = await failureOf(client.close());
  assertEquals(error.name, "PR_IO_TIMEOUT_ERROR");
  assertEquals((await writing).name, "PR_BAD_DESCRIPTOR_ERROR");
});

for (const [title, told] of [["untold", false], ["told", true]] as const) {
  Deno.test(`SslSocket.close() reports a loss that nobody was told of, and no other (${title})`, async () => {
    let cut = false;
    await using joined = await connected({
      wrapClient: (conn) => ({
        localAddr: conn.localAddr,
        remoteAddr: conn.remoteAddr,
        read: (p) => conn.read(p),
        write: (p) => cut ? Promise.reject(new Error("cable cut")) : conn.write(p),
        close: () => conn.close(),
      }),
    });
    const { client } = joined;
    cut = true;
    assertEquals(await client.write(new Uint8Array(1)), 1); // sealed, and gone for good
    await turns();
    if (told) assertEquals((await failureOf(client.write(new Uint8Array(1)))).name, "PR_IO_ERROR");
    if (told) await client.close();
    else assertEquals((await failureOf(client.close())).name, "PR_IO_ERROR");
  });
}

Deno.test("SslSocket.close() does not count the time in which the process stood still", async () => {
  await using joined = await connected({ client: { closeTimeout: 200 } });
  const end = joined.server.read(new Uint8Array(1));
  const closing = joined.client.close();
  // as one that is suspended does
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  await closing;
  assertEquals(await end, null);
});

Deno.test("SslSocket sends its alert before the transport is closed, and no longer than closeTimeout", async () => {
  const garbage = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
  const [c, d] = memoryPair();
  await using heard = socketOver(c, clientOptions());
  await d.write(garbage);
  const failure = failureOf(heard.handshake());
  const bytes = await readAll(d);
  assertEquals(bytes.slice(-2), new Uint8Array([2, alertCode("unexpected_message")]));
  assertEquals((await failure).name, "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE");
  // The peer's garbage is answered while the peer's own direction is stuck.
  const [a, b] = memoryPair({ capacity: 10 });
  const closed = Promise.withResolvers<void>();
  const conn: ConnLike<Deno.NetAddr> = {
    localAddr: a.localAddr,
    remoteAddr: a.remoteAddr,
    read: (p) => a.read(p),
    write: (p) => a.write(p),
    close: () => (closed.resolve(), a.close()),
  };
  const socket = socketOver(conn, clientOptions({ closeTimeout: IMPATIENCE }));
  await b.write(garbage);
  const start = performance.now();
  const error = await failureOf(socket.handshake());
  assertEquals(error.name, "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE");
  await closed.promise; // though nobody reads
  assertLess(performance.now() - start, 5000, "long before the handshakeTimeout");
  b.close();
  await socket.close();
});

Deno.test("SslSocket does not let two peers that only write wait for each other", async () => {
  const size = 4 << 20;
  await using joined = await connected({ pair: { capacity: 2 * size } });
  const { client, server } = joined;
  await Promise.all([client.write(pattern(size, 1)), server.write(pattern(size, 2))]);
  assertEquals(await readExactly(server, size), pattern(size, 1));
  assertEquals(await readExactly(client, size), pattern(size, 2));
});

Deno.test("SslSocket does not let two peers that write first wait for each other in the handshake", async () => {
  const size = 1 << 20;
  await using joined = join({ pair: { capacity: 2 * size } });
  const { client, server } = joined;
  await Promise.all([client.write(pattern(size, 1)), server.write(pattern(size, 2))]);
  assertEquals(await readExactly(server, size), pattern(size, 1));
  assertEquals(await readExactly(client, size), pattern(size, 2));
});

Deno.test("SslSocket.write() waits for a peer that does not read, with a bounded number of records kept", async () => {
  const capacity = 100_000;
  let sent = 0;
  await using joined = await connected({
    pair: { capacity },
    wrapClient: (conn) => ({
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: (p) => conn.read(p),
      write: async (p) => {
        sent += p.length;
        return await conn.write(p);
      },
      close: () => conn.close(),
    }),
  });
  const { client, server } = joined;
  let written = 0;
  let stopped = false;
  const writing = (async () => {
    for (let i = 0; i < 200; i++) written += await client.write(pattern(10_000, i));
  })();
  writing.finally(() => stopped = true);
  await turns(100);
  assert(!stopped);
  // What the pipe holds, what one transport write holds, and a window of records.
  assertLess(sent, capacity + 2 * 16 * (16384 + 256));
  assertLess(written, capacity + 4 * 16 * (16384 + 256));
  for (let i = 0; i < 200; i++) assertEquals(await readExactly(server, 10_000), pattern(10_000, i));
  await writing;
});

for (const chunking of ["byte", { seed: 1, max: 7 }, { seed: 2, max: 70_000 }] as const) {
  Deno.test(`SslSocket takes records however they are cut (${JSON.stringify(chunking)})`, async () => {
    const size = chunking === "byte" || chunking.max < 10 ? 20_000 : 300_000;
    for (const window of [1, 16]) {
      await using joined = join({
        pair: { chunking },
        clientInternals: { window },
        serverInternals: { window },
      });
      await shake(joined);
      const { client, server } = joined;
      const [atServer, atClient] = await Promise.all([
        readExactly(server, size),
        readExactly(client, size),
        client.write(pattern(size, 1)),
        server.write(pattern(size, 2)),
      ]);
      assertEquals(atServer, pattern(size, 1));
      assertEquals(atClient, pattern(size, 2));
    }
  });
}

Deno.test("SslSocket takes a transport that writes less than it is asked to", async () => {
  const slow = (conn: ConnLike<Deno.NetAddr>): ConnLike<Deno.NetAddr> => ({
    localAddr: conn.localAddr,
    remoteAddr: conn.remoteAddr,
    read: (p) => conn.read(p),
    write: (p) => conn.write(p.subarray(0, 1000)),
    close: () => conn.close(),
  });
  await using joined = await connected({ wrapClient: slow, wrapServer: slow });
  const [received] = await Promise.all([
    readExactly(joined.server, 100_000),
    joined.client.write(pattern(100_000)),
  ]);
  assertEquals(received, pattern(100_000));
});

Deno.test("SslSocket takes application data and close_notify that come with the client's Finished in one chunk", async () => {
  const [a, b] = memoryPair();
  const parts: Uint8Array[] = [];
  const conn: ConnLike<Deno.NetAddr> = {
    localAddr: a.localAddr,
    remoteAddr: a.remoteAddr,
    read: (p) => a.read(p),
    write: async (p) => {
      const clientHello = parts.length === 0;
      parts.push(p.slice());
      if (clientHello) await a.write(p);
      return p.length;
    },
    close: () => a.close(),
  };
  const client = socketOver(conn, clientOptions());
  const server = socketOver(b, serverOptions());
  const serverRead = readAll(server);
  await client.write(pattern(40_000));
  await client.closeWrite();
  await a.write(concat(parts.slice(1)));
  assertEquals(await serverRead, pattern(40_000));
  assertEquals((await server.handshake()).version, "TLSv1.3");
  await closeAll(client, server);
});

Deno.test("SslSocket reads on while nobody writes, and keeps what comes for the next reader", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  await server.write(pattern(100_000));
  const first = await readExactly(client, 1);
  await client.write(new Uint8Array([1])); // not in the way of what has come
  assertEquals(concat([first, await readExactly(client, 99_999)]), pattern(100_000));
});

Deno.test("SslSocket keeps its own error, whatever the peer says afterwards", async () => {
  await using joined = join({ client: { caCerts: [] } });
  const { client, server } = joined;
  const [own, told] = await Promise.all([
    failureOf(client.handshake()),
    failureOf(server.handshake().then(() => server.read(new Uint8Array(1)))),
  ]);
  assertEquals([own.name, own.origin], ["SEC_ERROR_UNKNOWN_ISSUER", "local"]);
  assertEquals([told.name, told.origin], ["SSL_ERROR_UNKNOWN_CA_ALERT", "peer"]);
  for (const call of [...CALLS, (socket: SslSocket) => keyUpdate(socket)]) {
    assertStrictEquals(await failureOf(call(client)), own);
  }
  await assertStaysFailed(server, told);
});

async function assertStaysFailed(socket: SslSocket, error: SslError): Promise<void> {
  assertStrictEquals(await failureOf(socket.read(new Uint8Array(1))), error);
  assertStrictEquals(await failureOf(socket.write(new Uint8Array(1))), error);
}
