// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { run } from "../support/process.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);

const names = [...Deno.readDirSync(EXAMPLES)]
  .map(({ name }) => name)
  .filter((name) => /^[a-z].*\.ts$/.test(name))
  .sort();

Deno.test("examples say in their headers how they are run, with named permissions", () => {
  assert(names.length > 0);
  for (const name of names) {
    const header = Deno.readTextFileSync(new URL(name, EXAMPLES)).split("@module")[0]!;
    const commands = header.replaceAll(/\\\n \*/g, "").match(/deno run .*/g) ?? [];
    assert(commands.length > 0, `${name} does not say how it is run`);
    for (const command of commands) {
      assertMatch(
        command,
        new RegExp(`^deno run (--(?:allow|unstable)-\\S+ +)+examples/${name}`),
        name,
      );
    }
  }
});

Deno.test("examples print their usage on --help, without any permission", async () => {
  const usages = names.filter((name) => name !== "demo.ts"); // which takes no arguments
  await Promise.all(usages.map(async (name) => {
    const { href } = new URL(name, EXAMPLES);
    const { code, stdout, stderr } = await run(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", href, "--help"],
      env: { NO_COLOR: "1" },
    });
    assertEquals({ code, stderr }, { code: 0, stderr: "" }, name);
    assertMatch(stdout, new RegExp(`^Usage: ${name} `), name);
  }));
});
