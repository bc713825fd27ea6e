// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What RFC 9846 changes in TLS 1.3, and which tests hold it. @module */

import { assert, assertEquals } from "@std/assert";
import { withoutLayout, withText } from "../support/generated_page.ts";
import { CHANGES, rfc9846Table, WRITER } from "./_rfc9846_rows.ts";

Deno.test("docs/conformance.md says what RFC 9846 changes", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/conformance.md", import.meta.url));
  assertEquals(
    withoutLayout(page),
    withoutLayout(withText(page, WRITER, rfc9846Table())),
    "deno task rfc9846 writes it anew",
  );
});

Deno.test("a test holds each change of RFC 9846", async () => {
  for (const { change, test: [file, title] } of CHANGES) {
    const source = await Deno.readTextFile(new URL(`../${file}`, import.meta.url));
    const begins = [`"${title}`, `\`${title}`].some((start) => source.includes(start));
    assert(begins, `${change}: no test "${title}" in ${file}`);
  }
});
