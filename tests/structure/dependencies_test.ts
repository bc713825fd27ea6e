// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What README.md, SECURITY.md and docs/entry_points.md say of the package's imports.

import { assertEquals } from "@std/assert";
import { withoutLayout } from "../support/generated_page.ts";
import { dependenciesOf, packagesOf, withDependencies } from "./_dependencies.ts";
import { PAGE } from "./_entries.ts";
import { parseSource, readSources, ROOT } from "./_source.ts";

const DEPENDENCIES = dependenciesOf(await readSources());

Deno.test("README.md names the packages that published files import, and no others", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const [, sentence] = /The only dependenc(?:ies are|y is) ([^.,]*)/.exec(readme) ?? [];
  assertEquals(sentence?.match(/@std\/\w+/g)?.sort(), packagesOf(DEPENDENCIES));
  const standIns = readme.matchAll(/tests\/support\/std\/(\w+)/g);
  assertEquals([...standIns].map(([, name]) => `@std/${name}`), packagesOf(DEPENDENCIES));
});

Deno.test("docs/entry_points.md lists what published files import from outside", async () => {
  const page = await Deno.readTextFile(PAGE);
  assertEquals(withoutLayout(page), withoutLayout(withDependencies(page, DEPENDENCIES)));
});

Deno.test("SECURITY.md names each file whose cryptography is not WebCrypto's", async () => {
  const page = await Deno.readTextFile(new URL("SECURITY.md", ROOT));
  const [, section = ""] = /^## What is not WebCrypto's\n(.*?)^## /ms.exec(page) ?? [];
  const named = [...new Set(section.match(/[\w/]+\.ts/g))].sort();
  const foreign = DEPENDENCIES
    .filter(({ specifier }) => /^(?:node:crypto|@std\/crypto\/crypto)$/.test(specifier))
    .flatMap(({ atOnce, lazily }) => [...atOnce, ...lazily]);
  // By BigInt, which needs no import
  assertEquals(named, [...new Set([...foreign, "cert/verify/large_rsa.ts"])].sort());
});

Deno.test("dependenciesOf() tells what is loaded at once and what lazily, and leaves out types", () => {
  const a = parseSource(
    "a.ts",
    `import { x } from "@std/b/c";\nimport type { T } from "node:tls";\nimport "./b.ts";\n` +
      `await import("node:fs");\nawait import("node:fs");\n`,
  );
  const b = parseSource("b.ts", `import { y } from "@std/b/c";\nimport fs from "node:fs";\n`);
  const found = dependenciesOf([a, b]);
  assertEquals(found, [
    { specifier: "@std/b/c", atOnce: ["a.ts", "b.ts"], lazily: [] },
    { specifier: "node:fs", atOnce: ["b.ts"], lazily: ["a.ts"] },
  ]);
  assertEquals(packagesOf(found), ["@std/b"]);
  const page = withDependencies("<!-- written by `deno task surface` -->\n<!-- to here -->", found);
  assertEquals(page.includes("| `node:fs` | `b.ts` | `a.ts` |"), true);
});
