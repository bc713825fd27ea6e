// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * Runs commands on a disk of 256 KiB that is full, in a mount namespace, and prints what came of
 * each as JSON: the exit code, what was said, and the files before and after.
 *
 * @module
 */

import { runNss } from "./_run.ts";

const disk = Deno.args[0]!;
const PASSWORD = ["--file-password-file", `${disk}/password`];

async function ok(...args: readonly string[]): Promise<void> {
  const { code, err } = await runNss(args);
  if (code !== 0) throw new Error(`${args.join(" ")}: ${err}`);
}

/** The files with their contents, by their digests. */
async function files(folder = disk): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(`${path}/`, ...await files(path));
    else {
      const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
      found.push(`${path} ${new Uint8Array(digest).toHex()}`);
    }
  }
  return found.sort();
}

const db = ["--db", `${disk}/db`];
await Deno.writeTextFile(`${disk}/password`, "Secret-Pw1\n");
await Deno.writeTextFile(`${disk}/out`, "old");
await ok("cert", "create", ...db, "--no-password");
await ok("cert", "self-sign", "CA", ...db, "--ca");
await ok("crl", "create", ...db, "--issuer", "CA", "--out", `${disk}/ca.crl`);
// Full to the last byte
using filler = await Deno.create(`${disk}/filler`);
try {
  for (;;) await filler.write(new Uint8Array(512));
} catch (error) {
  if (!/space/.test(String(error))) throw error;
}

const outcomes = [];
for (
  const args of [
    ["cert", "show", "CA", ...db, "--out", `${disk}/out`],
    ["cert", "show", "CA", ...db, "--as-der", "--out", `${disk}/new.der`],
    ["p12", "export", "CA", ...db, ...PASSWORD, "--iterations", "1000", "--out", `${disk}/ca.p12`],
    ["crl", "create", ...db, "--issuer", "CA", "--out", `${disk}/ca.crl`],
    ["cert", "generate-key", ...db],
    ["cert", "self-sign", "other", ...db],
    ["cert", "trust", "CA", "CT,,", ...db],
    ["crl", "import", `${disk}/ca.crl`, ...db],
    ["module", "add", "x", "/usr/lib/x.so", "--unchecked", ...db],
    ["cert", "create", "--db", `${disk}/new`, "--no-password"],
    ["cert", "create", "--kv", `${disk}/new.kv`, "--no-password"],
  ]
) {
  const before = await files();
  const { code, out, err } = await runNss(args);
  outcomes.push({ args, code, out, err, before, after: await files() });
}
await ok("cert", "list", ...db);
await ok("cert", "list", "keys", ...db);
console.log(JSON.stringify(outcomes));
