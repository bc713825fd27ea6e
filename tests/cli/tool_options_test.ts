// Copyright 2026 the NSS for Deno authors. MIT license.

/** The table of NSS's tools in docs/cli.md, held to their help and to our options. @module */

import { assert, assertEquals } from "@std/assert";
import { optionsOf } from "../../cli/base/command.ts";
import { programVersion, run } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { allCommands } from "./_page.ts";
import { TOOLS } from "./_tool_options.ts";

Deno.test("the table of tools names commands and options that there are", async () => {
  const commands = await allCommands();
  const all = new Set(commands.flatMap((command) => optionsOf(command).map(({ name }) => name)));
  for (const [tool, rows] of Object.entries(TOOLS)) {
    for (const [option, , state, here] of rows) {
      const where = `${tool} ${option}: ${here}`;
      for (const [, words] of here.matchAll(/`nss ([^`]+)`/g)) {
        const command = commands.find(({ name }) =>
          words === name || words!.startsWith(`${name} `)
        );
        assert(command !== undefined, where);
        for (const [, name] of words!.matchAll(/ --([a-z-]+)/g)) {
          assert(optionsOf(command).some((one) => one.name === name), where);
        }
      }
      for (const [, name] of here.matchAll(/`--([a-z-]+)`/g)) assert(all.has(name!), where);
      assert(state !== "out" || here !== "", where);
    }
    assertEquals(new Set(rows.map(([option]) => option)).size, rows.length, tool);
  }
});

/** The options in a tool's help: at the beginning of a line, or of what is in brackets. */
function optionsIn(help: string): string[] {
  // Quoted is what a value looks like, as "[+HHMM|-HHMM]"
  const found = help.replaceAll(/"[^"\n]*"/g, "").matchAll(
    /(?:^\s*|[\[|]\s*)(--?[A-Za-z0-9@][\w-]*)(?=[\s,\]|]|$)/gm,
  );
  return [...new Set([...found].map(([, option]) => option!))].sort();
}

for (const [tool, rows] of Object.entries(TOOLS)) {
  const title = `the table of tools has each option of ${tool}'s help`;
  const there = await programVersion(tool, ["-H"], /-/);
  if (!there.ok) skip(title, there.reason);
  else {
    Deno.test(title, async () => {
      const { stdout, stderr } = await run(tool, { args: ["-H"] });
      const help = optionsIn(stdout + stderr).filter((option) => option !== "-H");
      const listed: readonly string[] = rows.map(([option]) => option);
      assertEquals(help.filter((option) => !listed.includes(option)), []);
      assert(help.length > 10, `${help.length} options`);
    });
  }
}
