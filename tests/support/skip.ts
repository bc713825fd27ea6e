// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Whether this run must have everything: a missing peer is then a failure, not a skip. */
export const inCi: boolean = Deno.env.get("CI") === "true";

/** The reasons that have been printed: a test file, or a missing file, has one line. */
const told = new Set<string>();

/**
 * Registers a test that cannot run here: skipped with its reason printed, failed where `CI=true`
 * says that everything must be there.
 *
 * @param title The test's title.
 * @param reason Why it cannot run.
 * @param optional Whether it may be missing in CI too.
 */
export function skip(title: string, reason: string, optional = false): void {
  if (inCi && !optional) {
    Deno.test(title, () => {
      throw new Error(`Cannot run where CI=true demands it: ${reason}`);
    });
    return;
  }
  if (!told.has(reason)) note(`skipped: ${title}: ${reason}`);
  told.add(reason);
  Deno.test({ name: title, ignore: true, fn: () => {} });
}

/**
 * Prints a line about what a test leaves out.
 *
 * @param line The line.
 */
export function note(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
