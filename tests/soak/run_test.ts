// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { soakTargets } from "./run.ts";

Deno.test("soakTargets() finds tests by the variable, and all of a folder whose support has it", async () => {
  const root = await Deno.makeTempDir({ prefix: "nss soak " });
  try {
    const knows = `Deno.env.get("${"NSS_" + "SOAK"}")`;
    for (
      const [path, text] of [
        ["a_test.ts", knows],
        ["b_test.ts", ""],
        ["c/_support.ts", knows],
        ["c/c_test.ts", ""],
        ["c/d/d_test.ts", ""],
        ["e/notes.md", knows],
      ] as const
    ) {
      const folder = path.split("/").slice(0, -1).join("/");
      await Deno.mkdir(`${root}/${folder}`, { recursive: true });
      await Deno.writeTextFile(`${root}/${path}`, text);
    }
    const found = await soakTargets(pathToFileURL(`${root}/`));
    assertEquals(found.map((path) => path.slice(root.length)), ["/a_test.ts", "/c/"]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
