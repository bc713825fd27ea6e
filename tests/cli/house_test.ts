// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What all commands share: arguments, text, output, files.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Args, type Option, UsageError } from "../../cli/base/args.ts";
import { failureOf } from "../../cli/base/fail.ts";
import { deleteUnfinished, LocalError, writeFile } from "../../cli/base/files.ts";
import { ClosedPipe, Output } from "../../cli/base/io.ts";
import { layOut, MAX_VALUE, safe, widthOf, wrap } from "../../cli/base/text.ts";
import { readTarget } from "../../cli/net/target.ts";
import { Prng } from "../support/prng.ts";
import { run, spawn } from "../support/process.ts";
import { runNss } from "./_run.ts";

const OPTIONS: readonly Option[] = [
  { name: "ca", value: "FILE", text: "a file", example: "ca.pem" },
  { name: "json", text: "a flag" },
];
const PROGRAM = `${import.meta.dirname}/../../cli/mod.ts`;

function usage(...args: readonly string[]): string {
  try {
    new Args(args, OPTIONS);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "";
}

Deno.test("arguments: an unknown option is refused with the nearest one, a missing value with an example", () => {
  assertEquals(
    usage("--jsn"),
    'Cannot read "--jsn": there is no such option; did you mean --json?',
  );
  assertEquals(usage("--zzzzzzzz"), 'Cannot read "--zzzzzzzz": there is no such option');
  assertEquals(usage("--ca"), 'Cannot read "--ca": FILE is missing, as --ca ca.pem');
  assertStringIncludes(usage("--ca", "--json"), "FILE is missing before --json");
  assertStringIncludes(usage("--json=1"), "takes no value");
  assertStringIncludes(usage("-j"), "options begin with --");
  assertEquals(usage("--ca=--json", "-", "--", "--jsno"), "");
  assertEquals(new Args(["a", "--ca", "x", "--", "--json"], OPTIONS).positional, ["a", "--json"]);
});

Deno.test("targets: hosts, ports, IPv6 addresses and URLs are read; all else is refused", () => {
  const read = (text: string) => Object.values(readTarget(text, 443)).join(" ");
  assertEquals(read("a.test"), "a.test 443");
  assertEquals(read("a.test:8443"), "a.test 8443");
  assertEquals(read("[::1]:8443"), "::1 8443");
  assertEquals(read("::1"), "::1 443");
  assertEquals(read("https://user@a.test/x?y"), "a.test 443");
  assertEquals(read("ldaps://a.test"), "a.test 636");
  assertEquals(read("a.test:65535"), "a.test 65535");
  for (const text of ["", "a b", "a:65536", "a:0", "a/b", "[::1", "https://"]) {
    assertEquals(failureOf(catchError(() => readTarget(text, 443))).outcome, "usage", text);
  }
});

function catchError(make: () => unknown): unknown {
  try {
    make();
  } catch (error) {
    return error;
  }
  return null;
}

Deno.test("safe() shows any text on one line, without what steers a terminal, and bounded", () => {
  const prng = new Prng(20);
  const next = () => prng.uint32();
  const special = [
    "\x1b[2J",
    "\u202e",
    "\r\n",
    "\x9b31m",
    "\u2028",
    "\ud800",
    "\0",
    "é",
    "漢",
    "😀",
  ];
  for (let i = 0; i < 2000; i++) {
    let text = "";
    for (let n = next() % 400; n > 0; n--) {
      text += next() % 3 === 0
        ? special[next() % special.length]!
        : String.fromCharCode(next() % 0x3000);
    }
    const shown = safe(text);
    assert(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(shown), JSON.stringify(shown));
    assert(shown.length <= MAX_VALUE * 10 + 40, `${shown.length}`);
  }
  assertEquals(safe("x".repeat(MAX_VALUE)), "x".repeat(MAX_VALUE));
  assertEquals(safe("x".repeat(MAX_VALUE + 1)), `${"x".repeat(MAX_VALUE)}... (201 characters)`);
  assertEquals(
    safe(`${"x".repeat(MAX_VALUE - 1)}😀`),
    `${"x".repeat(MAX_VALUE - 1)}... (201 characters)`,
  );
});

Deno.test("wrap() and layOut() keep to the width, with wide characters and colours", () => {
  assertEquals(widthOf("\x1b[31ma漢\x1b[0m"), 3);
  assertEquals(wrap("aa bb cc", 5), ["aa bb", "cc"]);
  assertEquals(wrap("aa bb cc", 4), ["aa", "bb", "cc"]);
  assertEquals(
    layOut([["a", "one two three"], ["bbb", "x"]], 40, " "),
    " a    one two three\n bbb  x",
  );
  const text = layOut([["漢字", "word ".repeat(30).trim()], ["a", "b"]], 40);
  for (const line of text.split("\n")) assert(widthOf(line) <= 40, line);
});

Deno.test("tables are aligned on a terminal and separated by tabs elsewhere; colours are for terminals", () => {
  const write = (bytes: Uint8Array) => Promise.resolve(bytes.length);
  const terminal = new Output(write, { columns: 80, colours: true });
  const plain = new Output(write, { columns: 80, colours: false });
  const pipe = new Output(write, null);
  assertEquals(terminal.table([["a", "b"], ["cc", "d"]]), "a   b\ncc  d");
  assertEquals(pipe.table([["a", "b"], ["cc", "d"]]), "a\tb\ncc\td");
  assertEquals(terminal.paint("x", "red"), "\x1b[31mx\x1b[0m");
  assertEquals([plain.paint("x", "red"), pipe.paint("x", "red")], ["x", "x"]);
});

Deno.test("a closed pipe ends the program without a word", async () => {
  const broken = new Output(() => Promise.reject(new Deno.errors.BrokenPipe("x")), null);
  const error = await assertRejects(() => broken.line("x"), ClosedPipe);
  assertEquals(failureOf(error), { says: null, outcome: "closedPipe" });
  const { stdout, stderr } = await run("sh", {
    args: [
      "-c",
      `"${Deno.execPath()}" run --no-check "${PROGRAM}" client --help | head -1; sleep 1`,
    ],
  });
  assertEquals([stdout, stderr], ["Usage: nss client HOST[:PORT] [--OPTION...]\n", ""]);
});

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nss_cli_" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const nowhere = new Output((bytes) => Promise.resolve(bytes.length), null);

Deno.test("writeFile() writes whole files, keeps their permissions, and guards secrets", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a`;
    await writeFile(path, "one", nowhere);
    await Deno.chmod(path, 0o640);
    await writeFile(path, "two", nowhere);
    assertEquals(await Deno.readTextFile(path), "two");
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o640);
    await assertRejects(
      () => writeFile(path, "key", nowhere, { isSecret: true }),
      LocalError,
      "there already",
    );
    await writeFile(`${folder}/key`, "key", nowhere, { isSecret: true });
    assertEquals((await Deno.stat(`${folder}/key`)).mode! & 0o777, 0o600);
    await assertRejects(() => writeFile(folder, "x", nowhere), LocalError, "it is a folder");
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    assertEquals(names, ["a", "key"]);
  });
});

Deno.test("a full disk leaves the file that was there, and nothing else", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "old");
    // The limit of a file's size fails a write as a full disk does
    const script =
      `ulimit -f 1; trap "" XFSZ; exec "${Deno.execPath()}" run --no-check -A "${PROGRAM}" ` +
      `cert show x --pem "${folder}/many.pem" --out "${folder}/a"`;
    const { certificate } = await makeLong();
    await Deno.writeTextFile(`${folder}/many.pem`, certificate);
    const { code, stderr } = await run("sh", { args: ["-c", script] });
    assertEquals(code, 4, stderr);
    assert(!stderr.includes("    at "), stderr);
    assertEquals(await Deno.readTextFile(`${folder}/a`), "old");
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    assertEquals(names, ["a", "many.pem"]);
  });
});

/** A certificate whose text has some kilobytes. */
async function makeLong(): Promise<{ certificate: string }> {
  const { createCertificate } = await import("@nss/nss/cert");
  const { generateKeyPair } = await import("@nss/nss/pkcs11");
  const dnsNames = Array.from({ length: 200 }, (_, i) => `host-${i}.example.com`);
  const made = await createCertificate({ ...await generateKeyPair(), subject: "CN=x", dnsNames });
  return { certificate: made.toPem() };
}

Deno.test("what is not finished when Ctrl-C comes is deleted", async () => {
  await inFolder(async (folder) => {
    const writing = writeFile(`${folder}/a`, new Uint8Array(32 * 1024 * 1024), nowhere);
    writing.catch(() => {}); // its file is gone
    await Promise.resolve();
    deleteUnfinished();
    await writing.catch(() => {});
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    assert(names.every((name) => name === "a"), names.join());
  });
});

Deno.test("Ctrl-C ends a running command at once, with 130 and without a word", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await using process = spawn(Deno.execPath(), {
    args: ["run", "--no-check", "-A", PROGRAM, "client", `127.0.0.1:${listener.addr.port}`],
  });
  const conn = await accepted;
  await conn.read(new Uint8Array(1)); // the ClientHello is there
  Deno.kill(process.pid, "SIGINT");
  const { code, stdout, stderr } = await process.result();
  assertEquals([code, stdout, stderr], [130, "", ""]);
  conn.close();
  listener.close();
});

Deno.test("nss --version tells the version of the package", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  for (const word of ["--version", "version"]) {
    assertEquals((await runNss([word])).out, `nss ${config.version}\n`);
  }
});

Deno.test("names of others for suites and groups are taken", async () => {
  const args = ["--suites", "ECDHE-RSA-AES128-GCM-SHA256", "--groups", "P-256,x25519"];
  assertEquals((await runNss(["client", "127.0.0.1:1", ...args])).code, 3);
});

Deno.test("mistakes at the command line are told in a sentence with its cure", async () => {
  const says = async (code: number, ...args: readonly string[]) => {
    const result = await runNss(args);
    assertEquals([result.code, result.out], [code, ""], result.err);
    return result.err.trim();
  };
  assertStringIncludes(await says(2, "clinet"), "did you mean client?");
  assertStringIncludes(await says(2, "cert", "lst"), "did you mean list?");
  assertStringIncludes(await says(2, "client"), "HOST[:PORT] is missing");
  assertStringIncludes(await says(2, "client", "a", "b"), "one argument too many");
  assertStringIncludes(await says(2, "client", "a", "--policy", "modren"), "did you mean modern?");
  assertStringIncludes(await says(2, "client", "a", "--starttls", "smt"), "did you mean smtp?");
  assertStringIncludes(await says(3, "client", "127.0.0.1:1"), "nothing listens there");
  assertStringIncludes(await says(4, "client", "a", "--ca", "/nowhere/x.pem"), "Cannot find file");
  assertStringIncludes(await says(4, "client", "a", "--ca", "/tmp"), "it is a folder, not a file");
  assertStringIncludes(await says(4, "verify", "nowhere.pem"), "there is no such file");
  assertStringIncludes(await says(2, "cert", "list"), "say which token");
});
