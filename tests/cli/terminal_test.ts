// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What a person at a terminal sees, and a program that reads --json.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Output } from "../../cli/base/io.ts";
import { widthOf } from "../../cli/base/text.ts";
import { Waiting } from "../../cli/base/waiting.ts";
import { programVersion, run } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { makeFiles, opensslServer, plainServer } from "./_broken_servers.ts";
import { allCommands } from "./_page.ts";
import { runNss } from "./_run.ts";

const PROGRAM = `${import.meta.dirname}/../../cli/mod.ts`;
const directory = await Deno.makeTempDir({ prefix: "nss_cli_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);
const leaf = await files.make("good");
const chain = `${directory}/chain.pem`;
await Deno.writeTextFile(
  chain,
  await Deno.readTextFile(leaf.cert) + await Deno.readTextFile(files.intermediate),
);

const script = await programVersion("script", ["--version"], /util-linux ([\d.]+)/);
const title = "colours and the width are those of the terminal, and NO_COLOR is heeded";
if (!script.ok) skip(title, script.reason);
else {
  Deno.test(title, async () => {
    const command = `"${Deno.execPath()}" run -A --no-check "${PROGRAM}" verify "${chain}" ` +
      `--ca "${files.root}" --hostname a.rather.long.name.of.a.host.that.is.another.one.test`;
    const at = async (columns: number, env: Record<string, string>): Promise<string> => {
      const { stdout } = await run("script", {
        args: ["-qec", `stty cols ${columns}; ${command}`, "/dev/null"],
        env,
      });
      return stdout.replaceAll("\r", "");
    };
    const [narrow, wide, plain, piped] = await Promise.all([
      at(80, { NO_COLOR: "" }),
      at(120, { NO_COLOR: "" }),
      at(80, { NO_COLOR: "1" }),
      run("sh", { args: ["-c", command], env: { NO_COLOR: "" } }).then(({ stdout }) => stdout),
    ]);
    const longest = (text: string) => Math.max(...text.split("\n").map(widthOf));
    assert(longest(narrow) <= 80, narrow);
    assert(longest(wide) > 80 && longest(wide) <= 120, wide);
    assertStringIncludes(narrow, "\x1b[31m");
    assertStringIncludes(plain, "is not good");
    assert(!plain.includes("\x1b[3") && !plain.includes("\x1b[1m"), plain);
    assert(!piped.includes("\x1b"), piped);
  });
}

Deno.test("whoever waits at a terminal is told for what, and the line goes away", async () => {
  const written: string[] = [];
  const shown = Promise.withResolvers<void>();
  const write = (bytes: Uint8Array) => {
    written.push(new TextDecoder().decode(bytes));
    if (written.length === 2) shown.resolve();
    return Promise.resolve(bytes.length);
  };
  const terminal = new Output(write, { columns: 60, colours: false });
  await new Waiting(terminal, 10).for(`Waiting for ${"x".repeat(100)}\x1b[2J`, shown.promise);
  assertEquals(written.length, 3);
  for (const line of written.slice(0, 2)) {
    assert(line.startsWith("\r\x1b[K"), line);
    const text = line.slice("\r\x1b[K".length);
    assertMatch(text, /^Waiting for x+$/);
    assertEquals(widthOf(text), 59);
  }
  assertEquals(written[2], "\r\x1b[K");
  written.length = 0;
  await new Waiting(terminal).for("nothing", Promise.resolve());
  await new Waiting(new Output(write, null)).for("nobody", Promise.resolve());
  assertEquals(written, []);
});

Deno.test("nss client and nss verify --json have the declared members, whatever comes of it", async () => {
  const commands = await allCommands();
  const declared = (name: string) =>
    Object.keys(commands.find((command) => command.name === name)!.json!).sort();
  await using good = await opensslServer(
    ["-cert", leaf.cert, "-key", leaf.key, "-cert_chain", files.intermediate],
  );
  await using other = plainServer(async (conn) => {
    await conn.write(new TextEncoder().encode("SSH-2.0-x\r\n"));
    await conn.closeWrite();
    while (await conn.read(new Uint8Array(1024)) !== null);
  });
  const trust = ["--ca", files.root];
  const runs: readonly (readonly [exit: number, ...args: string[]])[] = [
    [0, "client", `localhost:${good.port}`, ...trust],
    [1, "client", `localhost:${good.port}`, ...trust, "--name", "other.test"],
    [1, "client", `localhost:${other.port}`, ...trust],
    [1, "client", `localhost:${other.port}`, ...trust, "--starttls", "smtp"],
    [0, "verify", `localhost:${good.port}`, ...trust],
    [1, "verify", `localhost:${other.port}`, ...trust],
    [1, "verify", `localhost:${other.port}`, ...trust, "--starttls", "smtp"],
    [0, "verify", chain, ...trust],
    [1, "verify", leaf.cert, ...trust],
  ];
  for (const [exit, name = "", ...args] of runs) {
    const { code, out, err } = await runNss([name, ...args, "--json"], { columns: 80 });
    assertEquals([code, err], [exit, ""], out);
    assertEquals(out.indexOf("\n"), out.length - 1, "one line");
    const json = JSON.parse(out);
    assertEquals(Object.keys(json).sort(), declared(name), args.join(" "));
    assertEquals([json.format, json.good], [1, exit === 0]);
    for (const { cause, cure } of json.problems) assert(cause !== "" && cure !== "");
  }
});
