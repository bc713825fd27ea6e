// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { programVersion, run, runOk } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";

const title =
  "testSessionStore() runs by node:test, which sees a good store pass and a wrong one fail";
const found = await programVersion("node", ["--version"], /v(\S+)/);
if (!found.ok) skip(title, found.reason);
else {
  Deno.test(title, async () => {
    const folder = await Deno.makeTempDir({ prefix: "nss_node_" });
    try {
      const bundle = `${folder}/suite.mjs`;
      const source = fileURLToPath(new URL("_node_suite.ts", import.meta.url));
      await runOk(Deno.execPath(), ["bundle", "--no-check", "-o", bundle, source], {
        timeout: 120_000,
      });
      const { stdout } = await run("node", {
        args: ["--test-reporter=tap", bundle],
        timeout: 120_000,
      });
      const passed = stdout.match(/^ok \d+ - .*$/gm) ?? [];
      const failed = stdout.match(/^not ok \d+ - .*$/gm) ?? [];
      assert(passed.filter((line) => line.includes("MemorySessionStore:")).length > 20, stdout);
      assertEquals(failed.filter((line) => line.includes("MemorySessionStore:")), []);
      assert(failed.length > 10, stdout);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
