// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals } from "@std/assert";
import { optionsOf } from "../../cli/base/command.ts";
import { ENTRIES } from "../../cli/commands.ts";
import { withoutLayout } from "../support/generated_page.ts";
import { allCommands, commandsPage } from "./_page.ts";
import { runNss } from "./_run.ts";

Deno.test("docs/cli.md is what the commands declare: `deno task cli-page` writes it", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/cli.md", import.meta.url));
  assertEquals(withoutLayout(page), withoutLayout(await commandsPage()));
});

Deno.test("each command has examples, and each option with a value an example or words", async () => {
  const names = ENTRIES.map(({ name }) => name);
  for (const command of await allCommands()) {
    assert(names.includes(command.name.split(" ")[0]!), command.name);
    assert(command.examples.length > 0, `${command.name} has no example`);
    const options = optionsOf(command);
    assertEquals(new Set(options.map(({ name }) => name)).size, options.length, command.name);
    for (const { name, value, example, words, text } of options) {
      if (value === undefined) assert(example === undefined && words === undefined, name);
      else assert(example !== undefined || words !== undefined, `${command.name} --${name}`);
      assert(!text.endsWith("."), `${command.name} --${name}`);
    }
    for (const { line } of command.examples) {
      assert(line.startsWith(`${command.name}`), `${command.name}: ${line}`);
      for (const [, name] of line.matchAll(/ --([a-z0-9-]+)/g)) {
        assert(options.some((option) => option.name === name), `${line}: --${name} is unknown`);
      }
    }
  }
});

Deno.test("nss COMMAND --help names each option and fits into 80 columns", async () => {
  for (const command of await allCommands()) {
    const { code, out } = await runNss([...command.name.split(" "), "--help"], { columns: 80 });
    assertEquals(code, 0);
    for (const { name } of optionsOf(command)) assert(out.includes(`--${name}`), name);
    const long = out.split("\n").filter((line) => line.length > 80 && !line.startsWith("  nss "));
    assertEquals(long, [], command.name);
  }
});
