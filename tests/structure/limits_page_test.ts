// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertGreater } from "@std/assert";
import { ERRORS } from "../../cert/base/error_table.ts";
import { readSources, ROOT } from "./_source.ts";

/**
 * Constants of the same kind of name that bound what is this end's own, or its application's:
 * nothing that a peer sends.
 */
const NOT_OF_PEERS: readonly string[] = [
  "MAX_AUTHORITIES_LENGTH",
  "MAX_BUNDLE_CERTIFICATES",
  "MAX_DER_SIZE", // what is in DER has narrower bounds, each of its own
  "MAX_DNS_NAME_LENGTH",
  "MAX_KEPT_INPUTS",
  "MAX_KEPT_LENGTH",
  "MAX_LABEL_SIZE",
  "MAX_OCSP_NONCE_SIZE",
  "MAX_OCSP_REQUEST_SIZE",
  "MAX_PEM_SIZE",
  "MAX_RECORDS_AES_CBC",
  "MAX_RECORDS_AES_GCM",
  "MAX_RECORDS_CHACHA20_POLY1305",
  "MAX_RECORD_SIZE_LIMIT",
  "MAX_REQUEST_SIZE",
  "MAX_RETRY_TOKEN_LENGTH",
  "MAX_TOKEN_LENGTH",
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
    .filter(({ path }) => path.startsWith("ssl/") || path.startsWith("cert/"))
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
