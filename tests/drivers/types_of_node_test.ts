// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Types for those who use Node: what npm installs, by TypeScript's own compiler. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { installAsNpm } from "../support/npm_package.ts";
import { run, runOk } from "../support/process.ts";
import { note } from "../support/skip.ts";
import { DRIVERS, OTHER_RECIPES } from "./_drivers.ts";
import { readRecipe } from "./page.ts";

/** The versions of `@types/node`, one for each line of Node that docs/runtimes.md tells of. */
const VERSIONS = [20, 22, 24, 26];

/** The compiler, and the types of packages that bring none. */
const PACKAGES = ["typescript@7", "@types/nodemailer", "@types/pg", "@types/ws"];

/** `npm:NAME@VERSION` in an import. */
const SPECIFIER = /npm:((?:@[\w-]+\/)?[\w.-]+)@([\d.]+)/g;

/** Where types of ours stand for Node's, and that a compiler has looked at it. */
const PROGRAM = `${Deno.readTextFileSync(new URL("../ssl/node/_places.ts", import.meta.url))}
export const isWrong: number = connect;
`;

/** The recipes that need nothing of Deno's, by their files. */
function recipesForNode(): ReadonlyMap<string, string> {
  const files = [
    ...Object.values(DRIVERS).flatMap(({ recipes }): readonly string[] => recipes),
    ...OTHER_RECIPES.map(({ recipe }) => recipe),
  ];
  return new Map(
    files.map((file) => [file, readRecipe(file)] as const)
      .filter(([, text]) => !/\bDeno\b/.test(text)),
  );
}

/** Makes a project of npm's with the recipes, in the folder `app`. */
async function makeProject(folder: string): Promise<readonly string[]> {
  const recipes = recipesForNode();
  const app = `${folder}/app`;
  await Deno.mkdir(app);
  await Deno.writeTextFile(`${app}/package.json`, '{ "private": true, "type": "module" }');
  await Deno.writeTextFile(`${app}/places.ts`, PROGRAM);
  for (const [file, text] of recipes) {
    await Deno.writeTextFile(`${app}/${file}`, text.replaceAll(SPECIFIER, "$1"));
  }
  const packages = [...recipes.values()].flatMap((text) =>
    [...text.matchAll(SPECIFIER)].map(([, name, version]) => `${name}@${version}`)
  );
  await npmInstall(app, [...PACKAGES, ...new Set(packages)]);
  return [...recipes.keys()];
}

function npmInstall(cwd: string, packages: readonly string[]): Promise<string> {
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  return runOk("npm", ["install", ...quiet, ...packages], { cwd, timeout: 200_000 });
}

/** What the compiler says of files; `isStrict` is of the types of packages as well. */
async function errorsOf(app: string, files: readonly string[], isStrict: boolean) {
  const compilerOptions = {
    ...{ module: "nodenext", target: "es2023", lib: ["es2023", "dom"], types: ["node"] },
    ...{ strict: true, noEmit: true, skipLibCheck: !isStrict },
  };
  await Deno.writeTextFile(`${app}/tsconfig.json`, JSON.stringify({ compilerOptions, files }));
  const { stdout, stderr } = await run(`${app}/node_modules/.bin/tsc`, {
    args: ["-p", app],
    timeout: 100_000,
  });
  assertEquals(stderr, "");
  return stdout.split("\n").filter((line) => line.includes(": error "));
}

const TITLE = `types fit those of @types/node ${VERSIONS.join(", ")}, in recipes without a cast`;

if (Deno.env.get("NSS_SOAK") === "1") {
  Deno.test(TITLE, async (t) => {
    const folder = await Deno.makeTempDir({ prefix: "nss_types_" });
    try {
      await installAsNpm(folder, { types: true });
      const recipes = await makeProject(folder);
      const app = `${folder}/app`;
      for (const version of VERSIONS) {
        await t.step(`@types/node ${version}`, async () => {
          await npmInstall(app, [`@types/node@${version}`]);
          const [error = "", ...others] = await errorsOf(app, ["places.ts"], true);
          assertEquals(others, []);
          assertStringIncludes(error, "is not assignable to type 'number'");
          assertEquals(await errorsOf(app, recipes, false), []);
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
} else note(`left out: ${TITLE}: NSS_SOAK=1 (deno task soak) runs it`);
