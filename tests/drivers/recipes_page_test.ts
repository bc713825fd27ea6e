// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { withoutLayout } from "../support/generated_page.ts";
import { run } from "../support/process.ts";
import { DRIVERS, OTHER_RECIPES } from "./_drivers.ts";
import { linesOf, readRecipe, recipesPage } from "./page.ts";

const ROOT = new URL("../../", import.meta.url);

async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL(folder, import.meta.url)));
  return entries.map(({ name }) => name).filter((name) => name.endsWith(".ts")).sort();
}

Deno.test("docs/recipes.md is what deno task recipes writes", async () => {
  const page = await Deno.readTextFile(new URL("docs/recipes.md", ROOT));
  assertEquals(withoutLayout(page), withoutLayout(recipesPage()));
});

Deno.test("recipes: each is on the page, is under ten lines, and is run by a test", async () => {
  const files = await filesIn("recipes/");
  const told = [
    ...Object.values(DRIVERS).flatMap(({ recipes }): readonly string[] => recipes),
    ...OTHER_RECIPES.map(({ recipe }) => recipe),
  ];
  assertEquals(files, told.toSorted());
  const tests = await Promise.all(
    (await filesIn(".")).filter((name) => name.endsWith("_test.ts")).map((name) =>
      Deno.readTextFile(new URL(name, import.meta.url))
    ),
  );
  for (const file of files) {
    assertLessOrEqual(linesOf(file), 9, file);
    assert(tests.some((text) => text.includes(`("${file}")`)), `no test loads ${file}`);
  }
});

Deno.test("recipes: each names the version of its package that the table has", () => {
  for (const { package: name, version, recipes } of Object.values(DRIVERS)) {
    if (name.startsWith("node:")) continue;
    for (const file of recipes) assert(readRecipe(file).includes(`"npm:${name}@${version}`), file);
  }
});

Deno.test("recipes: they are formatted and have nothing to lint, although the gate leaves them out", async () => {
  // Their packages come from npm, which the gate does not need
  for (const args of [["fmt", "--check"], ["lint"]]) {
    const { code, stderr } = await run(Deno.execPath(), {
      args: [...args, "--config", "tests/drivers/recipes/deno.json", "tests/drivers/recipes"],
      cwd: fileURLToPath(ROOT),
      env: { NO_COLOR: "1" },
    });
    assertEquals(code, 0, stderr);
  }
});

/** A configuration of somebody's who uses the package: no stricter than Deno is by itself. */
async function userConfig(): Promise<string> {
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const imports: Record<string, string> = {};
  for (const [name, path] of Object.entries<string>(exports)) {
    imports[`@nss/nss${name.slice(1)}`] = new URL(path, ROOT).href;
  }
  for (const name of ["crypto", "encoding", "streams"]) {
    imports[`@std/${name}/`] = new URL(`tests/support/std/${name}/`, ROOT).href;
    imports[`@std/${name}`] = new URL(`tests/support/std/${name}/mod.ts`, ROOT).href;
  }
  return JSON.stringify({ imports, lock: false, unstable: ["kv"] });
}

if (Deno.env.get("NSS_SOAK") === "1") {
  Deno.test("recipes: they have no type errors, with the types of their packages", async () => {
    const recipes = new URL("recipes/", import.meta.url).href;
    const folder = await Deno.makeTempDir({ prefix: "nss_recipes_" });
    try {
      const imports = (await filesIn("recipes/")).map((name) => `import "${recipes}${name}";\n`);
      await Deno.writeTextFile(`${folder}/all.ts`, imports.join(""));
      await Deno.writeTextFile(`${folder}/deno.json`, await userConfig());
      const { stderr } = await run(Deno.execPath(), {
        args: ["check", "--config", `${folder}/deno.json`, `${folder}/all.ts`],
        env: { NO_COLOR: "1" },
        timeout: 300_000,
      });
      assertMatch(stderr, /^Check /m);
      // The packages bring other types of Node's, which may not fit those that Deno has
      const errors = stderr.split(/^TS/m).filter((error) => error.includes(`at ${recipes}`));
      assertEquals(errors, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
