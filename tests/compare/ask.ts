// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { fileURLToPath } from "node:url";
import { run } from "../support/process.ts";
import type { Column } from "./pages.ts";
import type { StackName } from "./stack.ts";

const PROGRAM = fileURLToPath(new URL("run.ts", import.meta.url));

/** How long all probes of a stack may take, in milliseconds. */
const PATIENCE = 300_000;

/** Tries a stack in a process of its own. */
export async function ask(name: StackName): Promise<Column> {
  const directory = await Deno.makeTempDir({ prefix: "nss_compare_" });
  try {
    const { code, stdout, stderr } = await run(Deno.execPath(), {
      args: ["run", "-A", "--no-check", PROGRAM, name],
      env: { SSLKEYLOGFILE: `${directory}/keys`, NO_COLOR: "1" },
      timeout: PATIENCE,
    });
    if (code !== 0) throw new Error(`Cannot try ${name}: exit code ${code}\n${stderr}`);
    return JSON.parse(stdout.trim().split("\n").at(-1)!);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
