// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertGreater } from "@std/assert";
import { withoutLayout } from "../support/generated_page.ts";
import { note } from "../support/skip.ts";
import { ask } from "./ask.ts";
import { pagesOf, readResults } from "./pages.ts";
import { answerOf, refused, type Row, saying } from "./row.ts";
import { SECTIONS } from "./rows/all.ts";
import { findSoftHsm } from "./softhsm.ts";
import { demandKnown, NotOffered, STACKS } from "./stack.ts";
import { makePki } from "./pki.ts";
import { loadStack } from "./load.ts";

const ROOT = new URL("../../", import.meta.url);
const ROWS = SECTIONS.flatMap(({ rows }) => rows);

Deno.test("README and docs/comparison.md say what tests/compare/results.json says", async () => {
  for (const [path, text] of await pagesOf(await readResults())) {
    const page = await Deno.readTextFile(new URL(path, ROOT));
    const [is, must] = [page, text].map((one) => withoutLayout(one).replaceAll(" ", ""));
    assertEquals(is, must, `${path}: \`deno task compare --render\``);
  }
});

Deno.test("tests/compare/results.json answers each question for each stack, with evidence", async () => {
  const { columns } = await readResults();
  assertEquals(columns.length, STACKS.length);
  const ids = ROWS.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  for (const { title, answers } of columns) {
    assertEquals(Object.keys(answers), ids, title);
    for (const [id, { evidence }] of Object.entries(answers)) {
      assertGreater(evidence.length, 0, `${title}: ${id}`);
    }
  }
  assert(ROWS.some(({ id }) => columns.at(-1)!.answers[id]!.verdict === "no"), "too good");
});

Deno.test("this package answers each question as tests/compare/results.json says", async () => {
  const { columns } = await readResults();
  const verdicts = ({ answers }: typeof columns[number]) =>
    Object.entries(answers).map(([id, { verdict }]) => `${id}: ${verdict}`);
  const found = await ask("nss");
  const hasTokens = await findSoftHsm() !== null;
  if (!hasTokens) note("left out: the row pkcs11: there is no SoftHSM");
  const counts = (line: string) => hasTokens || !line.startsWith("pkcs11:");
  assertEquals(verdicts(found).filter(counts), verdicts(columns.at(-1)!).filter(counts));
});

Deno.test("answerOf() takes what has no option, and what fails, for a no", async () => {
  const pki = await makePki();
  const stack = await loadStack("native");
  const ask = (probe: Row["probe"]) => answerOf({ id: "a", question: "a?", probe }, stack, pki);
  const fails = (error: Error) => ask(() => Promise.reject(error));
  assertEquals(await fails(new NotOffered("a has no option for it")), {
    verdict: "no",
    evidence: "a has no option for it",
  });
  assertEquals(await fails(new Error("broken")), { verdict: "no", evidence: 'fails: "broken"' });
  assertEquals(await ask(() => refused(() => Promise.resolve())), {
    verdict: "no",
    evidence: "accepted",
  });
  assertEquals(await ask(() => refused(() => Promise.reject(new Error("unknown issuer")))), {
    verdict: "yes",
    evidence: 'refused: "unknown issuer"',
  });
  // An option that a stack lacks is never taken for a refusal
  assertEquals(
    await ask(() => refused(() => Promise.try(() => demandKnown({ crl: "" }, [], "a")))),
    { verdict: "no", evidence: "a has no option for it" },
  );
});

Deno.test("saying() leaves out what changes from run to run", () => {
  const error = new Error("at 2026-11-30T07:59:43.000Z, 127.0.0.1:4433 (os error 104)\nmore");
  assertEquals(saying(error), "at ,  ");
  assertEquals(saying("time 1796026289 (UNIX)"), "time  (UNIX)");
  assertEquals(saying("a".repeat(91)), `${"a".repeat(90)}…`);
});
