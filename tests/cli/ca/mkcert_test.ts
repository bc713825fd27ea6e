// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The table beside mkcert has each option of mkcert's, and only options that nss ca has.

import { assert, assertEquals } from "@std/assert";
import { optionsOf } from "../../../cli/base/command.ts";
import { COMMANDS } from "../../../cli/ca.ts";
import { run } from "../../support/process.ts";
import { programVersion } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { MKCERT } from "./_mkcert.ts";

Deno.test("what the table says of nss ca is there", () => {
  for (const { ours } of MKCERT) {
    for (const [line] of ours.matchAll(/(?<=`)nss ca [^`]+/g)) {
      const [, , name] = line.split(" ");
      const command = COMMANDS.find((one) => one.name === `ca ${name}`);
      assert(command !== undefined, line);
      for (const [, option] of line.matchAll(/ --([a-z0-9-]+)/g)) {
        assert(optionsOf(command).some((one) => one.name === option), line);
      }
    }
  }
});

const mkcert = await programVersion("mkcert", ["-help"], /Usage of mkcert/);
const TITLE = "each option of mkcert is in the table";
if (!mkcert.ok) skip(TITLE, mkcert.reason);
else {
  Deno.test(TITLE, async () => {
    const { stdout, stderr } = await run("mkcert", { args: ["-help"] });
    const options = [
      ...(stdout + stderr).matchAll(
        /(?<=^\s*\$? ?(?:mkcert )?)(?:-[A-Za-z0-9-]+|\$[A-Z_]+(?= \())/gm,
      ),
    ]
      .map(([option]) => option.replace("$", ""));
    assert(options.length > 8, options.join());
    const known = MKCERT.flatMap(({ mkcert }) => mkcert.split(", "));
    assertEquals(options.filter((option) => !known.includes(option)), []);
  });
}
