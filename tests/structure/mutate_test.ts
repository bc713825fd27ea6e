// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { apply, findChanges } from "./mutate.ts";

Deno.test("findChanges() changes conditions, bounds, calls, elements and numbers, one at a time", () => {
  const text = `import { a } from "./a < b.ts";
if (a === 1 && b >= limit) {
  throw new Error("x > 3");
}
const list = [a, b];
// if (a < b)`;
  assertEquals(findChanges(text).map((change) => apply(text, change).split("\n")[change.line]), [
    "if (a !== 1 && b >= limit) {",
    "if (a === 1 && b > limit) {",
    "if (a === 1 || b >= limit) {",
    "if (!a === 1 && b >= limit) {",
    "if (false && a === 1 && b >= limit) {",
    "if (a === 2 && b >= limit) {",
    ";",
    "const list = [a];",
  ]);
});
