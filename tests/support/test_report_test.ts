// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { TestReport } from "./test_report.ts";

const PRINTED = `./a_test.ts => one ... inner ... ok (0ms)
------- output -------
skipped: three: no peer
a remark
./a_test.ts => one ...----- output end -----
./a_test.ts => one ... ok (1m3s)
./a_test.ts => two ... inner ... FAILED (1ms)
./a_test.ts => two ... FAILED (due to 1 failed step) (15ms)
./a_test.ts => three ... ignored (0ms)
Uncaught error from ./c_test.ts FAILED
./b.ts#1-4.ts => file:///b.ts#1-4.ts ... ok (2s)
./b.ts#9-10.ts => file:///b.ts#9-10.ts ... ok (900µs)
 ERRORS 
two => ./a_test.ts:2:43`.split("\n");

Deno.test("TestReport shows failures at once, and what a run ends with", () => {
  const report = new TestReport();
  assertEquals(PRINTED.map((line) => report.take(line)).filter((line) => line !== null), [
    "./a_test.ts => two ... inner ... FAILED (1ms)",
    "./a_test.ts => two ... FAILED (due to 1 failed step) (15ms)",
    "Uncaught error from ./c_test.ts FAILED",
    " ERRORS ",
    "two => ./a_test.ts:2:43",
  ]);
  assertEquals(report.count, 6);
});

Deno.test("TestReport.summary() has a line a file, remarks, slow and skipped tests, counts", () => {
  const report = new TestReport();
  for (const line of PRINTED) report.take(line);
  assertEquals(report.summary(), [
    "FAILED a_test.ts: 1 passed, 1 failed, 1 skipped (63.0 s)",
    "FAILED c_test.ts: 0 passed, 1 failed (0.0 s)",
    "ok     examples of 1 files: 2 passed (2.0 s)",
    "",
    "remarks:",
    "  a remark",
    "",
    "",
    "slow:",
    "  63.0 s  a_test.ts => one",
    "",
    "",
    "skipped:",
    "  three: no peer",
    "",
    "3 passed, 2 failed, 1 skipped",
  ]);
});
