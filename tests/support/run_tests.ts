// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * Runs the tests in a random order that can be repeated, and prints a line a file with a summary.
 *
 * Its arguments go to `deno test`: files, `--filter`, `--shuffle=SEED` of an earlier run.
 *
 * @module
 */

import { TestReport } from "./test_report.ts";

/** How often a run that says nothing shows that it goes on, in milliseconds. */
const HEARTBEAT = 30_000;

const seed = crypto.getRandomValues(new Uint16Array(1))[0]!;
const shuffle = Deno.args.some((arg) => arg.startsWith("--shuffle")) ? [] : [`--shuffle=${seed}`];
const args = ["test", "-A", "--doc", "--parallel", "--trace-leaks", ...shuffle, ...Deno.args];
console.log(`deno ${args.join(" ")}`);

const child = new Deno.Command(Deno.execPath(), {
  args,
  env: { NO_COLOR: "1" },
  stdout: "piped",
  stderr: "piped",
}).spawn();
let killed = false;
// A limit of time ends the run, but what is known is told
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, () => {
    killed = true;
    child.kill("SIGTERM");
  });
}

const report = new TestReport();
const heartbeat = setInterval(() => console.log(`... ${report.count} tests`), HEARTBEAT);

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

async function showResults(): Promise<void> {
  for await (const line of linesOf(child.stdout)) {
    const shown = report.take(line);
    if (shown !== null) console.log(shown);
  }
}

async function showErrors(): Promise<void> {
  for await (const line of linesOf(child.stderr)) {
    if (!line.startsWith("Check ")) console.error(line);
  }
}

await Promise.all([showResults(), showErrors()]);
const { success } = await child.status;
clearInterval(heartbeat);
for (const line of report.summary()) console.log(line);
if (killed) console.error("The run was ended before all tests had run");
Deno.exit(success && !killed ? 0 : 1);
