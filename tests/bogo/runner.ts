// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { run } from "../support/process.ts";

/** A test of BoringSSL's runner, and what it gives the shim. */
export interface RunnerTest {
  /** Its name. */
  readonly name: string;
  /** The shim's arguments. */
  readonly args: readonly string[];
}

/** What became of one test. */
export interface Verdict {
  /** As the runner says it; `"unimplemented"` where the shim does not know a flag. */
  readonly outcome: "passed" | "failed" | "unimplemented";
  /** Why it failed. */
  readonly reason: string;
}

const HERE = import.meta.dirname!;
const ONE_MINUTE = 60_000;

/** The folder of the runner that `setup.sh` has built; `null` where there is none. */
export async function findRunner(): Promise<string | null> {
  if (Deno.build.os === "windows") return null;
  const { code, stdout } = await run(`${HERE}/setup.sh`, { args: ["--have"] });
  return code === 0 ? stdout.trim() : null;
}

/** All the runner's tests, by a shim that only writes down how it is started. */
export async function listTests(runner: string): Promise<readonly RunnerTest[]> {
  const folder = await Deno.makeTempDir({ prefix: "nss-bogo-" });
  try {
    const shim = `${folder}/shim`;
    // One file a process: lines of several would run into each other.
    await Deno.writeTextFile(
      shim,
      `#!/bin/sh
case "$*" in *-is-handshaker-supported*) echo No; exit 0;; esac
for arg in "$@"; do printf '%s\\036' "$arg"; done > '${folder}/'$$.args
exit 89
`,
    );
    await Deno.chmod(shim, 0o700);
    await callRunner(runner, {
      args: ["-shim-path", shim, "-transcript-dir", `${folder}/transcripts`],
      env: {},
      timeout: 5 * ONE_MINUTE,
    });
    const tests: RunnerTest[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.endsWith(".args")) continue;
      const args = (await Deno.readTextFile(`${folder}/${name}`)).split("\x1e").slice(0, -1);
      // Only this flag tells which test it is: the name of the file to write, and a dash.
      const at = args.indexOf("-write-settings");
      if (at < 0) continue;
      tests.push({
        name: args[at + 1]!.split("/").at(-1)!.slice(0, -1),
        args: args.toSpliced(at, 2),
      });
    }
    return tests.toSorted((a, b) => a.name < b.name ? -1 : 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs tests with the shim of this folder. */
export async function runTests(
  runner: string,
  tests: readonly RunnerTest[],
  timeout: number,
): Promise<ReadonlyMap<string, Verdict>> {
  return await callRunner(runner, {
    args: ["-shim-path", `${HERE}/shim`, "-test", tests.map(({ name }) => name).join(";")],
    env: { DENO: Deno.execPath() },
    timeout,
  });
}

interface RunnerCall {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeout: number;
}

async function callRunner(
  folder: string,
  { args, env, timeout }: RunnerCall,
): Promise<ReadonlyMap<string, Verdict>> {
  const { stdout, stderr } = await run(`${folder}/runner`, {
    cwd: folder,
    args: [
      `-test.timeout=${timeout}ms`,
      "-pipe",
      "-allow-unimplemented",
      // The names of errors are BoringSSL's own; alerts and behaviour are compared all the same.
      "-loose-errors",
      "-shim-config",
      `${HERE}/shim_config.json`,
      `-num-workers=${navigator.hardwareConcurrency + 1}`,
      ...args,
    ],
    env,
    timeout: timeout + ONE_MINUTE,
  });
  // Each line that begins so belongs to one test; what follows a failure is its reason.
  const verdicts = new Map<string, Verdict>();
  const parts = stdout.split(/^(PASSED|FAILED|UNIMPLEMENTED) \((.*)\)$/m);
  for (let i = 1; i < parts.length; i += 3) {
    const [outcome, name, rest] = [parts[i], parts[i + 1]!, parts[i + 2]!];
    verdicts.set(name, {
      outcome: outcome === "PASSED" ? "passed" : outcome === "FAILED" ? "failed" : "unimplemented",
      reason: outcome === "FAILED" ? rest.trim() : "",
    });
  }
  if (verdicts.size === 0) throw new Error(`Cannot run BoringSSL's tests:\n${stdout}${stderr}`);
  return verdicts;
}
