// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * Tries one stack, and prints the answers as JSON: `run.ts STACK [REGEX]`. What a stack throws past
 * its callers must not end the other probes.
 *
 * @module
 */

import process from "node:process";
import { loadStack } from "./load.ts";
import { makePki } from "./pki.ts";
import { type Answer, answerOf } from "./row.ts";
import { SECTIONS } from "./rows/all.ts";
import { STACKS } from "./stack.ts";

process.on("uncaughtException", () => {});
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
globalThis.addEventListener("error", (event) => event.preventDefault());

const [name, only = "."] = Deno.args;
const stack = await loadStack(STACKS.find((one) => one === name)!);
const pki = await makePki();
const answers: Record<string, Answer> = {};
for (const row of SECTIONS.flatMap(({ rows }) => rows)) {
  if (new RegExp(only).test(row.id)) answers[row.id] = await answerOf(row, stack, pki);
}
console.log(JSON.stringify({ title: stack.title, answers }));
Deno.exit();
