// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertGreater } from "@std/assert";
import { ERRORS } from "../../cert/base/error_table.ts";
import { parseSource, readSources, ROOT, type Source } from "./_source.ts";

/**
 * Constants of the same kind of name that bound what is this end's own, or its application's:
 * nothing that a peer sends.
 */
const NOT_OF_PEERS: readonly string[] = [
  "MAX_AUTHORITIES_LENGTH",
  "MAX_BINDINGS_COST",
  "MAX_BUNDLE_CERTIFICATES",
  "MAX_DER_SIZE", // what is in DER has narrower bounds, each of its own
  "MAX_DNS_NAME_LENGTH",
  "MAX_KEPT_INPUTS",
  "MAX_KEPT_LENGTH",
  "MAX_LABEL_SIZE",
  "MAX_OCSP_NONCE_SIZE",
  "MAX_OCSP_REQUEST_SIZE",
  "MAX_PEM_SIZE",
  "MAX_RAW_PUBLIC_KEYS",
  "MAX_RECORDS_AES_CBC",
  "MAX_RECORDS_AES_GCM",
  "MAX_RECORDS_CHACHA20_POLY1305",
  "MAX_RECORD_SIZE_LIMIT",
  "MAX_REQUEST_SIZE",
  "MAX_RETRY_TOKEN_LENGTH",
  "MAX_SESSIONS",
  "MAX_TEXTS_COST",
  "MAX_TOKEN_LENGTH",
  "MAX_WRITE_KEY_RENEWALS",
];

/** A row of docs/limits.md. */
interface Limit {
  readonly name: string;
  readonly value: number;
  readonly file: string;
}

async function readPage(): Promise<string> {
  return await Deno.readTextFile(new URL("docs/limits.md", ROOT));
}

function limitsOf(page: string): Limit[] {
  const rows = page.matchAll(/^\| `([^`]+)` *\| ([\d,]+)[^|]*\| `([^`]+)` *\|/gm);
  return [...rows].map(([, name, value, file]) => ({
    name: name!,
    value: Number(value!.replaceAll(",", "")),
    file: file!,
  }));
}

Deno.test("docs/limits.md names constants by the values and the files that they have", async () => {
  const limits = limitsOf(await readPage());
  assertGreater(limits.length, 40);
  for (const { name, value, file } of limits) {
    const module: unknown = await import(new URL(file, ROOT).href);
    const found = name.split(".").reduce(
      (at: unknown, key) => Reflect.get(at as object, key),
      module,
    );
    assertEquals(found, value, `${name} in ${file}`);
  }
});

Deno.test("docs/limits.md has a row for each MAX_ constant that bounds a peer", async () => {
  const listed = limitsOf(await readPage()).map(({ name }) => name.split(".")[0]);
  const constants = (await readSources())
    .filter(({ path }) => /^(?:cert|pkcs11|ssl)\//.test(path))
    .flatMap(({ code }) => [...code.matchAll(/^export const (MAX_[A-Z0-9_]+)/gm)])
    .map(([, name]) => name!);
  assertGreater(constants.length, 40);
  const missing = constants.filter((name) =>
    !listed.includes(name) && !NOT_OF_PEERS.includes(name)
  );
  assertEquals(missing, []);
  assertEquals(NOT_OF_PEERS.filter((name) => !constants.includes(name)), [], "they are gone");
});

Deno.test("docs/limits.md names errors that there are", async () => {
  const names = (await readPage()).match(/`(?:SSL|SEC|PR)_[A-Z0-9_]*ERROR[A-Z0-9_]*`/g) ?? [];
  assertGreater(names.length, 30);
  for (const name of names) assert(name.slice(1, -1) in ERRORS, name);
});

/** The maps, sets and lists of a file that live as long as the process and begin empty. */
function keptIn({ path, code }: Source): string[] {
  const empty =
    /^(?:(?:export )?(?:const|let)| {2}static(?: readonly)?) (#?\w+)(?:: (?!Readonly|readonly)[^;{}]*?)? = (?:new (?:Map|Set|RecentTexts)(?:<[^;]*>)?\(\s*[A-Z_]*,?\s*\)|\[\]);/gm;
  return [...code.matchAll(empty)].map(([, name]) => `${name} ${path}`);
}

Deno.test("docs/limits.md lists what is kept for all connections", async () => {
  // The program ends with its one command
  const kept = (await readSources()).filter(({ path }) => !path.startsWith("cli/"))
    .flatMap(keptIn).toSorted();
  assertGreater(kept.length, 7);
  const page = await readPage();
  const rows = [...page.matchAll(/^\| `([#\w]+)` *\| `([\w/]+\.ts)` *\| ([a-zA-Z].*)$/gm)];
  const listed = rows.map(([, name, file]) => `${name} ${file}`).toSorted();
  for (const [, , file, text] of rows) {
    const [, constant, size] = /`(MAX_\w+)`: (\d+) MiB/.exec(text!) ?? [];
    if (constant === undefined) continue;
    assertEquals((await import(new URL(file!, ROOT).href))[constant], Number(size) * 2 ** 20);
  }
  assertEquals(listed.filter((row) => row !== "BUFFERS ssl/connection/chunk_reader.ts"), kept);
});

Deno.test("keptIn() finds maps, sets and lists that begin empty", () => {
  const found = (text: string) => keptIn(parseSource("a.ts", text));
  assertEquals(
    found(`
      const no = new Map(); function f() { const a = new Set(); }
const a = new Map<string, Promise<number>>();
export const b = new Set();
const c: Uint8Array<ArrayBuffer>[] = [];
const d = new RecentTexts<() => number>(
  MAX,
);
class E { }
class F {
  static readonly #g = new Map();
  readonly #no = new Map();
}
const no1 = new WeakMap(); const no2 = new Map([[1, 2]]);
const no3: ReadonlyMap<string, number> = new Map();
const no4: readonly string[] = [];
`).map((row) => row.split(" ")[0]),
    ["a", "b", "c", "d", "#g"],
  );
});
