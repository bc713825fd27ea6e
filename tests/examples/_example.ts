// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Runs the examples as their headers say: as programs, with the permissions that are written there
 * and no others.
 *
 * @module
 */

import { assert } from "@std/assert";
import { type Process, type ProcessResult, spawn } from "../support/process.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);

/** How an example is run. */
export interface ExampleOptions {
  /**
   * Its permissions; the header must name the same ones, though perhaps for other files and hosts.
   */
  readonly permissions: readonly string[];
  /** Its arguments. */
  readonly args: readonly string[];
  /** What its environment has besides. */
  readonly env?: Readonly<Record<string, string>>;
  /** After how many milliseconds it is killed. */
  readonly timeout?: number;
  /** Starts it, in a network of its own. */
  readonly start?: typeof spawn;
}

/** Starts an example. */
export function startExample(name: string, options: ExampleOptions): Process {
  const { permissions, args, env, timeout, start = spawn } = options;
  demandDocumented(name, permissions);
  const { href } = new URL(name, EXAMPLES);
  return start(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", ...permissions, href, ...args],
    env: { NO_COLOR: "1", ...env },
    ...(timeout !== undefined && { timeout }),
  });
}

/** Runs an example to its end. */
export async function runExample(name: string, options: ExampleOptions): Promise<ProcessResult> {
  await using process = startExample(name, options);
  return await process.result();
}

/** Waits until an example that is a server says on which port it listens. */
export async function listeningPort(process: Process): Promise<number> {
  const found = await process.waitFor((p) => /^Listening on 127\.0\.0\.1:(\d+)$/m.exec(p.stdout));
  return Number(found[1]);
}

/** The permissions of a run must be those of a command in the example's header. */
function demandDocumented(name: string, permissions: readonly string[]): void {
  const header = Deno.readTextFileSync(new URL(name, EXAMPLES)).split("@module")[0]!;
  const kinds = (flags: Iterable<string>): string =>
    [...flags].map((flag) => flag.split("=")[0]).sort().join(" ");
  const commands = header.replaceAll(/\\\n \*/g, "").matchAll(/deno run (.*?)examples\//g);
  const documented = [...commands].map(([, flags]) => kinds(flags!.match(/--?\S+/g) ?? []));
  assert(
    documented.includes(kinds(permissions)),
    `The header of ${name} has no command with ${permissions}, only ${documented.join(" | ")}`,
  );
}
