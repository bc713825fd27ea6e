// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The commands that `nss server --exec` runs: what they are told, how they end, and that they end.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { importFD } from "@nss/nss/ssl";
import { parseCertificatesPem } from "@nss/nss/cert";
import { UsageError } from "../../cli/base/args.ts";
import { readCommand } from "../../cli/base/children.ts";
import { spawn } from "../support/process.ts";
import { makeFiles } from "./_broken_servers.ts";
import { runNss, startNss, startNssServer } from "./_run.ts";

const directory = await Deno.makeTempDir({ prefix: "nss_cli_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);
const leaf = await files.make("server");
const own = ["--cert", leaf.cert, "--key", leaf.key];
const PROGRAM = `${import.meta.dirname}/../../cli/mod.ts`;

/** Connects to a server, as netcat does. */
function client(port: number, ...args: readonly string[]): string[] {
  const trust = ["--ca", files.intermediate];
  return ["client", `localhost:${port}`, ...trust, "--pipe", "--half-close", ...args];
}

/** Waits until a process is gone. */
async function gone(pid: number): Promise<void> {
  for (let tries = 0;; tries++) {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
    // A zombie has ended
    if (stat === "" || / [ZX] /.test(stat.slice(stat.lastIndexOf(")")))) return;
    if (tries === 500) throw new Error(`The process ${pid} has not ended: ${stat}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("readCommand() splits words, which quotes hold together, and refuses what it cannot read", () => {
  assertEquals(readCommand("cat", "--exec"), ["cat"]);
  assertEquals(readCommand(`  sh -c  'echo "a  b"'  `, "--exec"), ["sh", "-c", 'echo "a  b"']);
  assertEquals(readCommand(`a"b c"'d e'f ""`, "--exec"), ["ab cd ef", ""]);
  for (const text of ["", "  ", `""`, "a 'b", 'a "']) {
    try {
      readCommand(text, "--exec");
      assert(false, text);
    } catch (error) {
      assert(error instanceof UsageError, `${text}: ${error}`);
    }
  }
});

Deno.test("nss server --exec tells the command who the client is, and not the password", async () => {
  const me = await files.make("visitor", { extKeyUsage: ["clientAuth"] });
  Deno.env.set("NSS_TEST_SECRET", "secret");
  const server = await startNssServer(
    2,
    ...own,
    ...["--client-auth", "request", "--ca", files.intermediate],
    ...["--password-env", "NSS_TEST_SECRET"],
    ...["--exec", `sh -c 'env | grep -E "^(SSL|REMOTE|NSS_TEST)_"; cat'`],
  );
  const known = await runNss(
    client(server.port, "--cert", me.cert, "--key", me.key, "--versions", "1.2"),
    { input: "input\n" },
  );
  assertEquals(known.code, 0, known.err);
  for (
    const line of [
      ...["SSL_PROTOCOL=TLSv1.2", "SSL_TLS_SNI=localhost", "SSL_CLIENT_VERIFY=SUCCESS"],
      ...["SSL_CLIENT_S_DN=CN=visitor", "REMOTE_ADDR=127.0.0.1", "NSS_TEST_SECRET="],
    ]
  ) {
    assert(known.out.split("\n").includes(line), `${line}\n${known.out}`);
  }
  assertEquals(known.out.split("\n").at(-2), "input");
  const unknown = await runNss(client(server.port));
  assertStringIncludes(unknown.out, "SSL_CLIENT_VERIFY=NONE\n");
  assertStringIncludes(unknown.out, "SSL_CLIENT_CERT=\n");
  assertEquals((await server.result).code, 0);
});

Deno.test("nss server --exec: the certificate of the client is there as PEM", async () => {
  const me = await files.make("visitor", { extKeyUsage: ["clientAuth"] });
  const server = await startNssServer(
    1,
    ...own,
    ...["--client-auth", "require", "--ca", files.intermediate],
    ...["--exec", `sh -c 'echo "$SSL_CLIENT_CERT"'`],
  );
  const { out } = await runNss(client(server.port, "--cert", me.cert, "--key", me.key));
  assertEquals(parseCertificatesPem(out).map((one) => one.equals(me.certificate)), [true]);
  await server.result;
});

Deno.test("nss server --exec tells how a command failed, and serves the next", async () => {
  const command = `sh -c 'read word; case $word in exit) exit 3;; die) kill -9 $$;; esac; echo ok'`;
  const server = await startNssServer(3, ...own, "--exec", command);
  const say = async (input: string) => (await runNss(client(server.port), { input })).out;
  assertEquals(await say("exit\n"), "");
  assertEquals(await say("die\n"), "");
  assertEquals(await say("go\n"), "ok\n");
  const { code, err } = await server.result;
  assertEquals(code, 0);
  assertStringIncludes(err, "the command has ended with exit code 3");
  assertStringIncludes(err, "the command was ended by SIGKILL");
});

Deno.test("nss server --exec: much output arrives although the input is never read", async () => {
  const size = 3_000_000;
  const server = await startNssServer(2, ...own, "--exec", `head -c ${size} /dev/zero`);
  for (const version of ["1.3", "1.2"]) {
    const running = startNss(client(server.port, "--versions", version), {
      input: new Uint8Array(size),
    });
    assertEquals((await running.result).code, 0);
    assertEquals(running.outBytes().length, size);
  }
  assertEquals((await server.result).err.match(/Cannot/g), null);
});

Deno.test("nss server --exec: the end of the client's input is that of the command's", async () => {
  const server = await startNssServer(1, ...own, "--exec", "wc -c");
  const { out } = await runNss(client(server.port), { input: new Uint8Array(1_000_000) });
  assertEquals(out.trim(), "1000000");
  await server.result;
});

Deno.test("nss server --exec ends a command that hangs, with its children, when the client is lost", async () => {
  const command = `sh -c 'sleep 600 & echo $! $$; wait'`;
  const server = await startNssServer(1, ...own, "--exec", command);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const socket = importFD(conn, {
    hostname: "localhost",
    caCerts: [await Deno.readTextFile(files.intermediate)],
  });
  const buffer = new Uint8Array(100);
  const length = await socket.read(buffer);
  const pids = new TextDecoder().decode(buffer.subarray(0, length!)).trim().split(" ").map(Number);
  assertEquals(pids.length, 2);
  conn.close(); // without a word of TLS
  await socket.close().catch(() => {});
  await server.result;
  await Promise.all(pids.map(gone));
});

Deno.test("nss server --exec: Ctrl-C ends the commands of all connections, and their children", async () => {
  await using server = spawn(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "-A", PROGRAM, "server", "--port", "0", ...own],
      ...["--exec", `sh -c 'sleep 600 & echo $! $$; wait'`],
    ],
  });
  const [, port] = await server.waitFor(/Listening on 127\.0\.0\.1:(\d+)/, 20_000) as string[];
  const clients = [1, 2].map(() =>
    startNss(client(Number(port)), { input: new ReadableStream({}) })
  );
  const pids: number[] = [];
  for (const one of clients) {
    await one.waitFor(/is good/);
    while (!new TextDecoder().decode(one.outBytes()).includes("\n")) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    pids.push(...new TextDecoder().decode(one.outBytes()).trim().split(" ").map(Number));
  }
  assertEquals(pids.length, 4);
  Deno.kill(server.pid, "SIGINT");
  assertEquals((await server.result()).code, 130);
  await Promise.all(pids.map(gone));
  for (const { result } of clients) {
    const { code, err } = await result;
    assertEquals(code, 1, err);
    assertStringIncludes(err, "without close_notify");
  }
});

for (const [does, more] of [["echo", []], ["a command", ["--exec", "cat"]]] as const) {
  Deno.test(`nss server: a client that goes without reading ends its own connection only (${does})`, async () => {
    const connections = 6;
    await using server = spawn(Deno.execPath(), {
      // deno-fmt-ignore
      args: ["run", "-A", "--no-check", PROGRAM, "server", "--port", "0", "--connections",
        String(connections), ...own, ...more],
    });
    const [, port] = await server.waitFor(({ stderr }) =>
      /Listening on 127\.0\.0\.1:(\d+)/.exec(stderr)
    );
    for (let i = 1; i < connections; i++) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      const socket = importFD(conn, {
        hostname: "localhost",
        caCerts: [await Deno.readTextFile(files.intermediate)],
      });
      await socket.write(new Uint8Array(200_000));
      await server.waitFor(({ stderr }) => stderr.split("TLS_").length > i ? [] : null);
      await socket.closeWrite();
      conn.close(); // over what has come back: the kernel resets the connection
      socket[Symbol.dispose]();
    }
    await server.waitFor(({ stderr }) => /PR_CONNECT_RESET_ERROR|PR_END_OF_FILE/.exec(stderr));
    const { out } = await runNss(client(Number(port)), { input: "still there\n" });
    assertEquals(out, "still there\n");
    assertEquals((await server.result()).code, 0);
  });
}

Deno.test("nss server --exec refuses a command that is not there before it listens", async () => {
  const missing = await runNss(["server", "--port", "0", "--exec", "no-such-program-here x"]);
  assertEquals([missing.code, missing.out], [4, ""]);
  assertStringIncludes(missing.err, "there is no such program in the folders of PATH");
  const folder = await runNss(["server", "--port", "0", "--exec", directory]);
  assertEquals(folder.code, 4);
  const quote = await runNss(["server", "--port", "0", "--exec", "echo 'a"]);
  assertEquals(quote.code, 2);
  assertStringIncludes(quote.err, "a quote is not closed");
});
