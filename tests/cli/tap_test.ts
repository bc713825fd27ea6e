// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// nss tap between two ends: what it forwards, what it tells, and what hostile ends do to it.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Output } from "../../cli/base/io.ts";
import type { KeySource } from "../../cli/explain/key_source.ts";
import { SessionMemory } from "../../cli/explain/session_memory.ts";
import { KeyLogFile } from "../../cli/net/key_log_file.ts";
import { TAP_MEMBERS } from "../../cli/net/tap_events.ts";
import { MAX_WAITING, OVERHEAD, type Seen, Tapped } from "../../cli/net/tapped.ts";
import { spawn } from "../support/process.ts";
import { capture, secretsOf } from "./_captured.ts";
import { runNss } from "./_run.ts";
import { eventsOf, startTap } from "./_tap.ts";

const text = (line: string) => new TextEncoder().encode(line);

/** A server whose connections a test handles. */
function listen() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return {
    port: listener.addr.port,
    accept: () => listener.accept(),
    [Symbol.dispose]: () => listener.close(),
  };
}

const connect = (port: number) => Deno.connect({ hostname: "127.0.0.1", port });

/** Reads to the end, or till the connection is reset; closes nothing. */
async function readAll(conn: Deno.Conn): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new Uint8Array(65_536);
  try {
    for (let length; (length = await conn.read(buffer)) !== null;) {
      chunks.push(buffer.slice(0, length));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}

Deno.test("nss tap forwards both ways, half-closed as well, and tells what is no TLS", async () => {
  using server = listen();
  const tap = await startTap(server.port, ["--connections", "1"]);
  using client = await connect(tap.port);
  using accepted = await server.accept();
  await client.write(text("GET / HTTP/1.1\r\n\r\n"));
  await client.closeWrite();
  assertEquals(await readAll(accepted), text("GET / HTTP/1.1\r\n\r\n"));
  const answer = crypto.getRandomValues(new Uint8Array(60_000));
  await writeAll(accepted, answer);
  await accepted.closeWrite();
  assertEquals(await readAll(client), answer);
  assertEquals(await tap.outcome, "good");
  assertMatch(tap.output(), /^#1 opened at \S+Z: from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+$/m);
  assertStringIncludes(tap.output(), "plain text of HTTP without TLS");
  assertMatch(tap.output(), /the client sends no more, after 18 bytes/);
  assertMatch(tap.output(), /the server sends no more, after 60000 bytes/);
  assertMatch(tap.output(), /^#1 ended$/m);
});

Deno.test("nss tap goes on after hang-ups and resets in each phase, drips and garbage", async () => {
  const captured = await capture();
  const join = (way: "sent" | "received") =>
    new Blob(captured.chunks.filter((one) => one.way === way).map(({ bytes }) => bytes)).bytes();
  const [sent, received] = await Promise.all([join("sent"), join("received")]);
  const cuts = [0, 1, 4, 5, 6, 100, sent.length - 1, sent.length];
  const rounds = cuts.length + 3;
  using server = listen();
  const tap = await startTap(server.port, ["--connections", `${rounds}`, "--json"]);
  for (const length of cuts) {
    using client = await connect(tap.port);
    using accepted = await server.accept();
    await writeAll(client, sent.subarray(0, length));
    await writeAll(accepted, received.subarray(0, 3 * length));
    // A connection that is closed with unread bytes is reset
    if (length % 2 === 0) client.close();
    else await client.closeWrite();
    await accepted.closeWrite();
    await readAll(accepted);
  }
  {
    using client = await connect(tap.port);
    using accepted = await server.accept();
    client.setNoDelay();
    for (const byte of sent.subarray(0, 400)) await client.write(Uint8Array.of(byte));
    await client.closeWrite();
    assertEquals(await readAll(accepted), sent.subarray(0, 400));
  }
  for (const isRecord of [false, true]) {
    using client = await connect(tap.port);
    using accepted = await server.accept();
    const garbage = crypto.getRandomValues(new Uint8Array(50_000));
    if (isRecord) garbage.set([22, 3, 1, 0x40, 0]);
    await writeAll(client, garbage);
    await client.closeWrite();
    await accepted.closeWrite();
    assertEquals(await readAll(accepted), garbage);
  }
  assertEquals(await tap.outcome, "good");
  const events = eventsOf(tap);
  assertEquals(events.filter(({ event }) => event === "ended").length, rounds);
  for (const event of events) {
    assertEquals(Object.keys(event).sort(), Object.keys(TAP_MEMBERS).sort());
  }
  const incomplete = events.filter(({ field }) => field?.name === "incomplete");
  assert(incomplete.length >= 4, `${incomplete.length} incomplete records`);
});

Deno.test("nss tap says that the target is not there, and what is wrong with its arguments", async () => {
  const gone = listen();
  gone[Symbol.dispose]();
  const tap = await startTap(gone.port, ["--connections", "1", "--json"]);
  using client = await connect(tap.port);
  assertEquals(await readAll(client), new Uint8Array(0));
  assertEquals(await tap.outcome, "unreachable");
  const [failed] = eventsOf(tap);
  assertEquals([failed?.event, failed?.connection], ["failed", 1]);
  assertStringIncludes(failed?.error ?? "", "nothing listens there");

  for (
    const [listenAt, says] of [
      ["what", "PORT, HOST:PORT or [IPV6]:PORT is needed"],
      ["65536", "ports up to 65535"],
      ["127.0.0.1", "is needed"],
    ] as const
  ) {
    const { code, err } = await runNss(["tap", listenAt, "localhost:1"]);
    assertEquals(code, 2);
    assertStringIncludes(err, says);
  }
  const folder = await runNss(["tap", "0", "localhost:1", "--key-log", import.meta.dirname!]);
  assertEquals(folder.code, 4);
  assertStringIncludes(folder.err, "Is a directory");
  using taken = listen();
  const { code, err } = await runNss(["tap", `${taken.port}`, "localhost:1"]);
  assertEquals(code, 4);
  assertStringIncludes(err, "another program uses this port");
});

Deno.test("nss tap ends when nobody reads its output any more, though its connections do not", async () => {
  for (const lines of [0, 1]) {
    using server = listen();
    let written = 0;
    const onWrite = async () => {
      if (written++ >= lines) throw await Promise.resolve(new Deno.errors.BrokenPipe("closed"));
    };
    const tap = await startTap(server.port, [], { onWrite });
    using client = await connect(tap.port);
    await client.write(text("hello\r\n"));
    assertEquals(await tap.outcome, "closedPipe");
    using _accepted = await server.accept();
    assertEquals(await readAll(client), new Uint8Array(0));
  }
});

Deno.test("nss tap serves many connections at once and one after the other, and leaves none open", async () => {
  using server = listen();
  const count = 60;
  const tap = await startTap(server.port, ["--connections", `${2 * count}`, "--json", "--brief"]);
  const serving = (async () => {
    const all = [];
    for (let i = 0; i < 2 * count; i++) {
      const accepted = await server.accept();
      all.push(readAll(accepted).finally(() => accepted.close()));
    }
    await Promise.all(all);
  })();
  const one = async () => {
    using client = await connect(tap.port);
    await client.write(Uint8Array.of(22, 3, 1, 0, 1, 1));
    await client.closeWrite();
    await readAll(client);
  };
  await Promise.all(Array.from({ length: count }, one));
  for (let i = 0; i < count; i++) await one();
  await serving;
  assertEquals(await tap.outcome, "good");
  const numbers = eventsOf(tap).filter(({ event }) => event === "ended")
    .map(({ connection }) => connection);
  assertEquals(new Set(numbers).size, 2 * count);
});

Deno.test("Ctrl-C ends nss tap with its connections", async () => {
  using server = listen();
  await using tap = spawn(Deno.execPath(), {
    // deno-fmt-ignore
    args: ["run", "-A", "--no-check", `${import.meta.dirname}/../../cli/mod.ts`, "tap", "0",
      `127.0.0.1:${server.port}`],
  });
  const [, port] = await tap.waitFor((p) => /^Listening on 127\.0\.0\.1:(\d+)/m.exec(p.stderr));
  using client = await connect(Number(port));
  await client.write(Uint8Array.of(22, 3));
  using accepted = await server.accept();
  await accepted.read(new Uint8Array(2));
  Deno.kill(tap.pid, "SIGINT");
  const { code } = await tap.result();
  assertEquals(code, 130);
  assertEquals(await readAll(client), new Uint8Array(0));
});

/** A Tapped whose owner says when it may go on. */
function heldTapped(keys: (isUrgent: () => boolean) => KeySource) {
  const seen: Seen[] = [];
  const gate = Promise.withResolvers<void>();
  const tapped = new Tapped(keys, new SessionMemory(), async (one) => {
    await gate.promise;
    seen.push(one);
  });
  return { tapped, seen, gate };
}

const isPending = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => false), Promise.resolve().then(() => true)]);

Deno.test("Tapped has room up to MAX_WAITING bytes, and then when some are decoded", async () => {
  let isUrgent = () => false;
  const { tapped, seen, gate } = heldTapped((urgent) => {
    isUrgent = urgent;
    return { secret: () => Promise.resolve("none") };
  });
  tapped.bytes("client", new Uint8Array(MAX_WAITING - OVERHEAD));
  assertEquals([await isPending(tapped.room), isUrgent()], [false, false]);
  tapped.bytes("server", new Uint8Array(0));
  assertEquals([await isPending(tapped.room), isUrgent()], [true, true]);
  gate.resolve();
  await tapped.room;
  tapped.closed("client", null);
  tapped.closed("server", new Error("reset"));
  await tapped.finish();
  assertEquals(isUrgent(), false);
  const closed = seen.flatMap((one) => "closed" in one ? [[one.from, one.closed.bytes]] : []);
  assertEquals(closed, [["client", MAX_WAITING - OVERHEAD], ["server", 0]]);
});

Deno.test("Tapped fails where what it has seen cannot be told, and leaves nobody waiting", async () => {
  const { tapped, gate } = heldTapped(() => ({ secret: () => Promise.resolve("none") }));
  tapped.bytes("client", new Uint8Array(MAX_WAITING));
  const { room } = tapped;
  gate.reject(new Error("the pipe is closed"));
  await assertRejects(() => room, Error, "the pipe is closed");
  await assertRejects(() => tapped.finish(), Error, "the pipe is closed");
});

Deno.test("KeyLogFile waits for lines that are appended, and begins anew in another file", async () => {
  const path = await Deno.makeTempFile({ prefix: "nss_keys_" });
  try {
    await Deno.remove(path);
    const file = new KeyLogFile(path);
    const random = "ab".repeat(32);
    let isUrgent = false;
    const keys = file.connection(() => isUrgent);
    const waiting = keys.secret("CLIENT_RANDOM", random);
    await Deno.writeTextFile(path, `# comment\nCLIENT_RANDOM ${random} 00`, { append: true });
    await file.read();
    // The line has no end yet
    await Deno.writeTextFile(path, "ff\n", { append: true });
    assertEquals(await waiting, Uint8Array.of(0, 255));
    await Deno.writeTextFile(path, `AA ${random} 01\n`);
    assertEquals(await keys.secret("AA", random), Uint8Array.of(1));
    await Deno.writeTextFile(path, `${"x".repeat(100_000)}\nBB ${random} 02\n`, { append: true });
    assertEquals(await keys.secret("BB", random), Uint8Array.of(2));
    isUrgent = true;
    assertEquals(
      await keys.secret("CC", random),
      "the key log has no CC of this connection",
    );
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("nss tap decrypts with a key log that comes while the connection runs", async () => {
  const captured = await capture();
  const path = await Deno.makeTempFile({ prefix: "nss_keys_" });
  try {
    using server = listen();
    const tap = await startTap(server.port, [
      ...["--key-log", path, "--connections", "1", "--data", "--brief", "--hex"],
    ], { columns: 80 });
    using client = await connect(tap.port);
    using accepted = await server.accept();
    for (const { way, bytes } of captured.chunks) {
      const [from, to] = way === "sent" ? [client, accepted] : [accepted, client];
      await writeAll(from, bytes);
      const buffer = new Uint8Array(bytes.length);
      for (let got = 0; got < bytes.length;) got += await to.read(buffer.subarray(got)) ?? 1;
    }
    // Everything has gone through, and nothing encrypted is told before the keys are there
    await tap.waitFor(/ServerHello/);
    await Deno.writeTextFile(path, `${captured.keyLog.join("\n")}\n`);
    await client.closeWrite();
    await accepted.closeWrite();
    assertEquals(await tap.outcome, "good");
    assertStringIncludes(tap.output(), "| ping");
    assertStringIncludes(tap.output(), "| pong");
    // The header of ClientHello
    assertMatch(tap.output(), /\| 01 00 0[0-9a-f] /);
    assertEquals(secretsOf(captured).find("NONE", ""), undefined);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("Output writes what is written at the same time one behind the other", async () => {
  let written = "";
  const out = new Output(async (bytes) => {
    const [first] = bytes;
    await Promise.resolve();
    written += String.fromCharCode(first!);
    return 1;
  }, null);
  await Promise.all([out.line("abc"), out.line("def"), out.line("ghi")]);
  assertEquals(written, "abc\ndef\nghi\n");
});
