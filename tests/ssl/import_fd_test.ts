// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../cert/base/errors.ts";
import { newModel, setURL } from "../../ssl/mod.ts";
import { importFD } from "../../ssl/import_fd.ts";
import type { SslListener } from "../../ssl/base/socket_type.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { memoryPair, memoryStreams } from "../support/memory_pair.ts";
import {
  clientOptions,
  closeAll,
  failureOf,
  pattern,
  pingPong,
  readAll,
  readExactly,
  serverOptions,
  shake,
} from "./_support.ts";

/** Connects to a listener. */
function connectTo({ addr }: { readonly addr: Deno.Addr }): Promise<Deno.TcpConn> {
  assert(addr.transport === "tcp");
  return Deno.connect({ hostname: addr.hostname, port: addr.port });
}

/** Compiles only if the one type is assignable to the other. */
function assertAssignable<Target, _Source extends Target>(): void {}

Deno.test("SslSocket and SslListener are assignable to Deno's types", () => {
  assertAssignable<Deno.Conn<Deno.NetAddr>, SslSocket<Deno.NetAddr>>();
  assertAssignable<Deno.TlsConn, SslSocket<Deno.NetAddr>>();
  assertAssignable<Deno.Conn<Deno.UnixAddr>, SslSocket<Deno.UnixAddr>>();
  assertAssignable<
    Deno.Listener<SslSocket<Deno.NetAddr>, Deno.NetAddr>,
    SslListener<Deno.NetAddr>
  >();
  assertAssignable<Deno.Listener, SslListener<Deno.NetAddr>>();
  assertAssignable<ConnLike<Deno.NetAddr>, Deno.Conn<Deno.NetAddr>>();
  assertAssignable<ConnLike<Deno.NetAddr>, SslSocket<Deno.NetAddr>>();
  const [a] = memoryPair();
  const socket: Deno.TlsConn = importFD<Deno.NetAddr>(a, clientOptions());
  assertEquals([socket.localAddr, socket.remoteAddr], [a.localAddr, a.remoteAddr]);
  socket.close();
});

Deno.test("importFD() speaks TLS over a TCP connection, in both roles", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [a, b] = await Promise.all([connectTo(listener), listener.accept()]);
  await using client = importFD<Deno.NetAddr>(a, clientOptions());
  await using server = importFD<Deno.NetAddr>(b, serverOptions());
  const [info] = await shake({ client, server });
  assertEquals([info.version, info.serverName, info.resumed], ["TLSv1.3", "server.test", false]);
  assertEquals(client.remoteAddr, listener.addr);
  await pingPong({ client, server });
});

Deno.test({
  name: "importFD() speaks TLS over a Unix socket",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const path = `${await Deno.makeTempDir()}/socket`;
    using listener = Deno.listen({ transport: "unix", path });
    const [a, b] = await Promise.all([
      Deno.connect({ transport: "unix", path }),
      listener.accept(),
    ]);
    await using client = importFD<Deno.UnixAddr>(a, clientOptions());
    await using server = importFD<Deno.UnixAddr>(b, serverOptions());
    await Promise.all([client.handshake(), server.handshake()]);
    await client.write(pattern(100_000));
    assertEquals(await readExactly(server, 100_000), pattern(100_000));
  },
});

Deno.test("importFD() speaks TLS over pairs of byte streams", async () => {
  const [a, b] = memoryStreams();
  const client = importFD(a, clientOptions());
  const server = importFD(b, serverOptions());
  assertEquals(client.localAddr, { transport: "stream" });
  await Promise.all([client.handshake(), server.handshake()]);
  const sent = pattern(200_000);
  const [received] = await Promise.all([
    readAll(server),
    client.write(sent).then(() => client.close()),
  ]);
  assertEquals(received, sent);
  await closeAll(client, server);
});

Deno.test("importFD() locks the streams that it is given", async () => {
  const [a] = memoryStreams();
  const socket = importFD(a, clientOptions());
  assert(a.readable.locked && a.writable.locked);
  await socket.close();
});

Deno.test("importFD() puts TLS into TLS, and closes the outer one with the inner one", async () => {
  const [a, b] = memoryPair();
  const outer = {
    client: importFD<Deno.NetAddr>(a, clientOptions()),
    server: importFD<Deno.NetAddr>(b, serverOptions()),
  };
  const client = importFD<Deno.NetAddr>(outer.client, clientOptions());
  const server = importFD<Deno.NetAddr>(outer.server, serverOptions());
  await shake({ client, server });
  await pingPong({ client, server });
  const sent = pattern(100_000);
  const received = readAll(server);
  await client.write(sent);
  await client.close();
  assertEquals(await received, sent);
  assertEquals(
    (await failureOf(outer.client.read(new Uint8Array(1)))).name,
    "PR_BAD_DESCRIPTOR_ERROR",
  );
  await server.close();
});

Deno.test("importFD() of a listener gives server sockets with the listener's configuration of the moment", async () => {
  const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listener = importFD(tcp, { ...serverOptions({ alpnProtocols: ["h2"] }), role: "client" });
  assertEquals(typeof listener.accept, "function");
  assertEquals(listener.addr, tcp.addr);
  const clients: SslSocket[] = [];
  const connect = async () => {
    const client = importFD(await connectTo(tcp), clientOptions({ alpnProtocols: ["h2"] }));
    clients.push(client);
    return client.handshake();
  };
  const first = connect();
  await using accepted = await listener.accept();
  assertEquals((await accepted.handshake()).alpnProtocol, "h2");
  assertEquals((await first).alpnProtocol, "h2");

  const second = connect();
  for await (const socket of listener) {
    await socket.handshake();
    clients.push(socket);
    listener.close(); // ends the loop
  }
  await second;
  await closeAll(...clients);
});

Deno.test("SslListener.accept() does not wait for a client that says nothing", async () => {
  using listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), serverOptions());
  using _silent = await connectTo(listener);
  await using stalled = await listener.accept();
  const conn = await connectTo(listener);
  await using accepted = await listener.accept();
  await using client = importFD<Deno.NetAddr>(conn, clientOptions());
  await shake({ client, server: accepted });
  assertEquals(stalled.localAddr, listener.addr);
});

Deno.test("SslListener.accept() fails when the listener is closed", async () => {
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), serverOptions());
  const accepted = listener.accept();
  listener.close();
  const error = await accepted.then(() => null, (error) => error);
  assert(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted);
});

Deno.test("importFD() takes over bytes that have been read already (options.head)", async () => {
  for (const length of [1, 4, 5, 100, Infinity]) {
    const [a, b] = memoryPair();
    await using client = importFD<Deno.NetAddr>(a, clientOptions());
    const handshake = client.handshake();
    const buffer = new Uint8Array(Math.min(length, 65536));
    const head = buffer.subarray(0, (await b.read(buffer))!);
    await using server = importFD<Deno.NetAddr>(b, serverOptions({ head }));
    buffer.fill(0xff); // by then it is the socket's own copy
    await server.handshake();
    await handshake;
    await pingPong({ client, server });
  }
});

Deno.test("importFD() takes an empty head for none", async () => {
  const [a, b] = memoryPair();
  await using client = importFD<Deno.NetAddr>(a, clientOptions({ head: new Uint8Array(0) }));
  await using server = importFD<Deno.NetAddr>(b, serverOptions({ head: new Uint8Array(0) }));
  await shake({ client, server });
});

Deno.test("importFD() sends small writes at once, unless noDelay is false", async () => {
  for (const noDelay of [undefined, true, false]) {
    const [a] = memoryPair();
    const calls: unknown[] = [];
    const conn: ConnLike<Deno.NetAddr> = {
      localAddr: a.localAddr,
      remoteAddr: a.remoteAddr,
      read: (p) => a.read(p),
      write: (p) => a.write(p),
      close: () => a.close(),
      setNoDelay: (value) => void calls.push(value),
    };
    const socket = importFD<Deno.NetAddr>(
      conn,
      clientOptions(noDelay === undefined ? {} : { noDelay }),
    );
    assertEquals(calls, []);
    socket.handshake().catch(() => {});
    assertEquals(calls, noDelay === false ? [] : [true]);
    await socket.close();
  }
});

Deno.test("importFD() refuses options that have no such value", () => {
  const wrong = [
    { hostname: "" },
    { hostname: "a b" },
    { alpnProtocols: [""] },
    { alpnProtocols: ["x".repeat(256)] },
    { cipherSuites: [] },
    { groups: [] },
    { signatureSchemes: [] },
  ];
  for (const options of wrong) {
    const [a] = memoryPair();
    const error = assertThrows(() => importFD<Deno.NetAddr>(a, options), NssError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", JSON.stringify(options));
  }
  const [a] = memoryPair();
  const error = assertThrows(
    () => importFD<Deno.NetAddr>(a, { versions: { min: "TLSv1.3", max: "TLSv1.2" } }),
    NssError,
  );
  assertEquals(error.name, "SSL_ERROR_INVALID_VERSION_RANGE");
});

Deno.test("importFD() copies a model's values: what changes later changes neither", async () => {
  const model = newModel(clientOptions());
  const [a, b] = memoryPair();
  await using client = importFD<Deno.NetAddr>(a, { model });
  setURL(model, "changed.test");
  await using server = importFD<Deno.NetAddr>(b, serverOptions());
  const [info] = await shake({ client, server });
  assertEquals(info.serverName, "server.test");

  const [c, d] = memoryPair();
  await using another = importFD<Deno.NetAddr>(c, {
    model: client,
    hostname: "other.test",
    authCertificate: () => true,
  });
  await using otherServer = importFD<Deno.NetAddr>(d, serverOptions());
  const [otherInfo] = await shake({ client: another, server: otherServer });
  assertEquals(otherInfo.serverName, "other.test");
});
