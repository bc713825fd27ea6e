// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { fileURLToPath } from "node:url";
import { runOk } from "../support/process.ts";
import type { Limit } from "./report/results.ts";

const FOLDER = new URL("limits/", import.meta.url);
const ROOT = new URL("../../", import.meta.url);
const TIMEOUT = 240_000;

/** Runs the proofs of the platform's limits, which import nothing of this project. */
export async function runLimits(): Promise<Limit[]> {
  const scripts: string[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) if (name.endsWith(".ts")) scripts.push(name);
  const limits: Limit[] = [];
  for (const script of scripts.sort()) {
    const flags = ["run", "-A", "--no-check", "--v8-flags=--expose-gc"];
    const args = [...flags, fileURLToPath(new URL(script, FOLDER))];
    try {
      const options = { timeout: TIMEOUT, env: { NO_COLOR: "1" }, cwd: fileURLToPath(ROOT) };
      limits.push({ script, output: await runOk(Deno.execPath(), args, options) });
    } catch (error) {
      limits.push({
        script,
        output: `not measured: ${error instanceof Error ? error.message : error}`,
      });
    }
  }
  return limits;
}
