// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals } from "@std/assert";
import type { ErrorName } from "@nss/nss/cert";
import { adviceOf, adviceRow } from "../../cli/base/advice.ts";
import { CERTIFICATE_ADVICE } from "../../cli/base/advice_certificates.ts";
import { HANDSHAKE_ADVICE } from "../../cli/base/advice_handshake.ts";
import { withoutLayout } from "../support/generated_page.ts";
import { errorsPage, thrownErrors } from "./_errors_page.ts";

const THROWN = await thrownErrors();

Deno.test("docs/errors.md is what the code has: `deno task errors-page` writes it", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/errors.md", import.meta.url));
  assertEquals(withoutLayout(page), withoutLayout(await errorsPage()));
});

Deno.test("each error that the package throws has a likely cause and a cure", () => {
  assert(THROWN.length > 250, `${THROWN.length}`);
  assertEquals(THROWN.filter((name) => adviceRow(name) === undefined), []);
});

Deno.test("no cause is told of an error that is not thrown", () => {
  const names = Object.keys({ ...CERTIFICATE_ADVICE, ...HANDSHAKE_ADVICE }) as ErrorName[];
  assertEquals(names.filter((name) => !THROWN.includes(name)), []);
});

Deno.test("causes and cures are short, and no whole sentences that end in a full stop", () => {
  for (const name of THROWN) {
    const { cause, cure } = adviceOf(name);
    for (const text of [cause, cure]) {
      assert(/^[a-z]|^[A-Z]{2}|^WebCrypto/.test(text) && !text.endsWith("."), `${name}: ${text}`);
      assert(text.length < 160, `${name}: ${text}`);
    }
  }
});
