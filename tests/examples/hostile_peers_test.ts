// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Examples whose peers send what they should not: each ends, and says so in a sentence. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { importFD, NssContext, type SslSocket } from "@nss/nss";
import { Lines } from "../../examples/_lines.ts";
import { clean, cleanLines, forStdout, portOf, urlOf } from "../../examples/_program.ts";
import { memoryPair } from "../support/memory_pair.ts";
import type { ProcessResult } from "../support/process.ts";
import { listeningPort, runExample, startExample } from "./_example.ts";
import { type ExamplePki, makePki } from "./_pki.ts";

/** A server for one client on a free port. */
function serveOnce(serve: (conn: Deno.TcpConn) => Promise<void>): { port: number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    using conn = await listener.accept();
    await serve(conn).catch(() => {}); // the client has gone
  })().catch(() => {}); // no client came
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}

function secure(conn: Deno.TcpConn, { server }: ExamplePki): SslSocket {
  return importFD(conn, {
    role: "server",
    certificates: [{ cert: server.cert, key: server.key }],
    context: new NssContext({ trustAnchors: [] }),
  });
}

/**
 * A run that ended in one sentence, without a stack and without anything that steers a terminal.
 */
function assertSentence({ code, stderr }: ProcessResult, sentence: string): void {
  assertEquals([code, stderr.trimEnd().split("\n").at(-1)], [1, sentence]);
  assert(!/\n +at |\p{Cc}/u.test(stderr.replaceAll("\n", "")), stderr);
}

Deno.test("Lines.read() bounds a line, however it comes", async () => {
  for (const chunking of ["whole", "byte"] as const) {
    const [a, b] = memoryPair({ chunking });
    await b.write(new Uint8Array(20_000).fill(65));
    await assertRejects(() => new Lines(a).read(), Error, "Cannot read a line: it is too long");
  }
});

Deno.test("Lines.readTo() takes a hundred lines, and no more", async () => {
  for (const count of [100, 101]) {
    const [a, b] = memoryPair();
    await new Lines(b).write(...Array(count - 1).fill("more"), "last");
    const lines = new Lines(a);
    const reading = lines.readTo((line) => line === "last");
    if (count === 100) assertEquals((await reading).length, 100);
    else await assertRejects(() => reading, Error, "after 100 the last one has not come");
  }
  const [a, b] = memoryPair();
  b.close();
  await assertRejects(() => new Lines(a).readTo(() => true), Error, "the connection has ended");
});

Deno.test("clean() and forStdout() leave nothing that steers a terminal", async () => {
  assertEquals(clean("a\x1b[31m\u202eb\r\n"), "a\\u{1b}[31m\\u{202e}b\\u{d}\\u{a}");
  assertEquals(cleanLines("a\tb\r\nc\x1b\x07\rd"), "a\tb\r\nc\\u{1b}\\u{7}\\u{d}d");
  const bytes = () => new Blob(["red: \x1b[31m\n"]).stream();
  assertEquals(await new Response(forStdout(bytes(), true)).text(), "red: \\u{1b}[31m\n");
  assertEquals(await new Response(forStdout(bytes(), false)).text(), "red: \x1b[31m\n");
});

Deno.test("portOf() and urlOf() take what is meant for them, and quote no password", async () => {
  assertEquals(["0", "443", "65535"].map(portOf), [0, 443, 65535]);
  for (const text of ["", "abc", "-1", "65536", "1e3", "4.5", " 1"]) {
    await assertRejects(() => Promise.try(() => portOf(text)), Error, "as a port");
  }
  assertEquals(urlOf("https://a.test/x", "https").hostname, "a.test");
  for (const text of ["", "a.test", "http://a.test/", "https://", "ftp://u:secret@a.test"]) {
    const error = await assertRejects(() => Promise.try(() => urlOf(text, "https")), Error);
    assert(!error.message.includes("secret"), error.message);
  }
});

Deno.test("starttls.ts hangs up on a client that never starts TLS", async () => {
  await using pki = await makePki();
  const { certFile, keyFile } = pki.server;
  await using server = startExample("starttls.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${certFile},${keyFile}`],
    args: ["serve", "0", certFile, keyFile],
  });
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: await listeningPort(server) });
  const lines = new Lines(conn);
  await lines.write(...Array(20).fill("NOOP"));
  const replies: string[] = [];
  for (let line; (line = await lines.read()) !== null;) replies.push(line);
  assertEquals(replies.length, 22);
  assertEquals(replies.at(-1), "421 Too many commands without STARTTLS");
});

function sendMail({ rootFile }: ExamplePki, port: number) {
  return runExample("starttls.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${rootFile}`],
    args: ["send", String(port), rootFile, "Hello"],
  });
}

Deno.test("starttls.ts gives up a server whose answer has no end, and shows none of its escapes", async () => {
  await using pki = await makePki();
  {
    using server = serveOnce(async (conn) => {
      for (;;) await new Lines(conn).write(...Array(1000).fill("220-more"));
    });
    const sentence = "Cannot read lines: after 100 the last one has not come";
    assertSentence(await sendMail(pki, server.port), sentence);
  }
  using server = serveOnce(async (conn) => {
    await new Lines(conn).write("554 \x1b]0;owned\x07 no");
    await conn.read(new Uint8Array(1));
  });
  const sentence = "Cannot send mail: 554 \\u{1b}]0;owned\\u{7} no";
  assertSentence(await sendMail(pki, server.port), sentence);
});

Deno.test("ftps_put.ts says that a server names no port", async () => {
  await using pki = await makePki();
  const file = await Deno.makeTempFile({ dir: pki.directory });
  for (const answer of ["229 Entering", "229 (|||0|)", "229 (|||65536|)", "229 (|||99999999|)"]) {
    using server = serveOnce(async (conn) => {
      const clear = new Lines(conn);
      await clear.write("220 ready");
      await clear.read();
      await clear.write("234 go on");
      await using socket = secure(conn, pki);
      const lines = new Lines(socket);
      for (let line; (line = await lines.read()) !== null;) {
        await lines.write(line === "EPSV" ? answer : line.startsWith("USER") ? "230 in" : "200 OK");
      }
    });
    const result = await runExample("ftps_put.ts", {
      permissions: ["--allow-net=127.0.0.1", `--allow-read=${pki.directory}`],
      args: [`ftp://127.0.0.1:${server.port}/a`, file, pki.rootFile],
    });
    assertSentence(result, `The server names no port: ${answer}`);
  }
});

const POSTGRES: Record<string, readonly [bytes: readonly number[], sentence: string]> = {
  "a negative length": [[0x52, 0, 0, 0, 3], "The server sends a message of -1 bytes"],
  "a length of 4 GiB": [
    [0x52, 255, 255, 255, 255],
    "The server sends a message of 4294967291 bytes",
  ],
  "a request to log in that is too short": [
    [0x52, 0, 0, 0, 5, 10],
    "The server wants another login than SCRAM (R -1)",
  ],
  "an error without a text": [
    [0x45, 0, 0, 0, 5, 0],
    "The server says: nothing but that there is an error",
  ],
  "an error with escapes": [
    [0x45, 0, 0, 0, 9, 0x4d, 0x1b, 0x5b, 0, 0],
    "The server says: \\u{1b}[",
  ],
};

for (const [what, [bytes, sentence]] of Object.entries(POSTGRES)) {
  Deno.test(`postgres_channel_binding.ts ends at ${what}`, async () => {
    await using pki = await makePki();
    using server = serveOnce(async (conn) => {
      await conn.read(new Uint8Array(8));
      await conn.write(new TextEncoder().encode("S"));
      await using socket = secure(conn, pki);
      await socket.read(new Uint8Array(1000));
      await socket.write(Uint8Array.from(bytes));
      await socket.read(new Uint8Array(1));
    });
    const result = await runExample("postgres_channel_binding.ts", {
      permissions: [
        "--allow-net=127.0.0.1",
        `--allow-read=${pki.directory}`,
        "--allow-env=PGPASSWORD",
      ],
      args: [`postgres://alice@127.0.0.1:${server.port}/x`, pki.rootFile, "select 1"],
    });
    assertSentence(result, sentence);
  });
}

Deno.test("deploy.ts tells a server that says nothing from one that hangs up", async () => {
  await using pki = await makePki();
  const env = { DENO_DIR: await Deno.makeTempDir({ dir: pki.directory }) };
  const imported = await runExample("deploy.ts", {
    permissions: ["--unstable-kv"],
    args: ["import", pki.root],
    env,
  });
  assertEquals(imported.code, 0, imported.stderr);
  for (const isSilent of [true, false]) {
    using server = serveOnce(async (conn) => {
      await using socket = secure(conn, pki);
      await socket.handshake();
      if (isSilent) await socket.read(new Uint8Array(1));
    });
    const { code, stdout } = await runExample("deploy.ts", {
      permissions: ["--unstable-kv", `--allow-net=127.0.0.1:${server.port}`],
      args: ["check", "127.0.0.1", String(server.port), "1"],
      env,
    });
    assertEquals(code, 1);
    assertStringIncludes(
      JSON.parse(stdout).message,
      isSilent ? "has said nothing for 1 s" : "has closed the connection without a word",
    );
  }
});
