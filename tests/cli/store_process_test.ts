// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What needs a process of its own: the permissions of Deno, and a terminal. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { programVersion, run, spawn } from "../support/process.ts";
import { type Desk, deskTest, PASSWORD } from "./_desk.ts";

const PROGRAM = `${import.meta.dirname}/../../cli/mod.ts`;
const script = await programVersion("script", ["--version"], /util-linux ([\d.]+)/);

deskTest("nss cert list needs to read the database, and nothing else", async (desk: Desk) => {
  await desk.database("db");
  const list = (...permissions: readonly string[]) => {
    const args = ["run", "--no-prompt", "--no-check", ...permissions, PROGRAM, "cert", "list"];
    return run(Deno.execPath(), { args: [...args, "--db", desk.path("db")] });
  };
  const { code, stderr } = await list(`--allow-read=${desk.folder}`);
  assertEquals([code, stderr], [0, ""]);
  const refused = await list();
  assertEquals([refused.code, refused.stdout], [4, ""]);
  assertStringIncludes(refused.stderr, "PR_NO_ACCESS_RIGHTS_ERROR");
});

deskTest("nss cert asks for the password at a terminal, and shows none of it", async (desk) => {
  const permissions = `--allow-read=${desk.folder} --allow-write=${desk.folder}`;
  const command = (args: string): string =>
    `${Deno.execPath()} run --no-check --no-prompt ${permissions} "${PROGRAM}" cert ${args} --db ${
      desk.path("db")
    }`;
  const typed = async (args: string, ...answers: readonly string[]): Promise<string> => {
    await using process = spawn("script", {
      args: ["-qec", command(args), "/dev/null"],
      env: { NO_COLOR: "1" },
      interactive: true,
    });
    for (const [i, answer] of answers.entries()) {
      await process.waitFor(
        (p) =>
          (p.output.match(/(?:Password|password|Once more)[^\n]*: /g) ?? []).length > i ? p : null,
        25_000,
      );
      await process.write(`${answer}\r`);
    }
    const { code } = await process.result();
    assertEquals(code, 0, process.output);
    return process.output;
  };
  for (
    const output of [
      await typed("create", PASSWORD, PASSWORD),
      await typed("self-sign me", "wrong", `x\u007f${PASSWORD}`),
    ]
  ) assert(!output.includes(PASSWORD), output);
}, script);
