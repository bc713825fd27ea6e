// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { copyWithLinksBeside, fileProblems, publishedFiles } from "./publish_dry_run.ts";
import { run } from "./process.ts";

const FILES = [
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "README.md",
  "SECURITY.md",
  "cert/mod.ts",
  "cli/mod.ts",
  "deno.json",
  "docs/limits.md",
  "mod.ts",
  "pkcs11/mod.ts",
  "ssl/mod.ts",
];

Deno.test("fileProblems() takes the package's own files, wants each part, and no other file", () => {
  assertEquals(fileProblems(FILES), []);
  for (
    const stray of [
      "tests/support/std/assert/mod.ts",
      "examples/demo.ts",
      ".github/workflows/publish.yml",
      "notes.txt",
      "sslx/mod.ts",
      "cert",
      ".git",
    ]
  ) {
    assertEquals(fileProblems([...FILES, stray]), [
      `${stray} would be published: add it to publish.exclude of deno.json`,
    ]);
  }
  assertEquals(fileProblems(FILES.filter((file) => file !== "ssl/mod.ts")), [
    "ssl/ would not be published",
  ]);
});

Deno.test("publishedFiles() reads the list of the dry run, in folders with spaces", () => {
  const root = new URL("file:///tmp/a%20b/package/");
  const output = `Simulating publish of @a/b@0.1.0 with files:
   file:///tmp/a%20b/package/b.ts (340B)
   file:///tmp/a%20b/package/a%20c.ts (2.34KB)
   file:///tmp/a%20b/package/big.bin (1MB)
Success Dry run complete
`;
  assertEquals(publishedFiles(output, root), ["a c.ts", "b.ts", "big.bin"]);
});

Deno.test("copyWithLinksBeside() moves what is linked out of a package, which can be published then", async () => {
  const directory = await Deno.makeTempDir({ prefix: "nss publish " });
  try {
    const from = `${directory}/from here`;
    await Deno.mkdir(`${from}/stand in/other`, { recursive: true });
    await Deno.mkdir(`${directory}/to`);
    const files = {
      "deno.json": JSON.stringify({
        name: "@nss/a",
        version: "1.0.0",
        license: "MIT",
        exports: "./mod.ts",
        imports: { "@std/other": "jsr:@std/other@^1.0.0" },
        links: ["./stand in/other"],
        publish: { exclude: ["stand in"] },
        lock: false,
      }),
      "mod.ts": `export { b } from "@std/other";\n`,
      "stand in/other/deno.json":
        `{ "name": "@std/other", "version": "1.0.9", "exports": "./b.ts" }`,
      "stand in/other/b.ts": "/** B. */\nexport const b: number = 1;\n",
    };
    for (const [path, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${from}/${path}`, text);
    }
    const dryRun = (cwd: string) =>
      run(Deno.execPath(), {
        args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
        env: { NO_COLOR: "1" },
        cwd,
      });
    const inPlace = await dryRun(from);
    assertEquals(
      [inPlace.code, /error\[excluded-module\]/.test(inPlace.stderr)],
      [1, true],
      inPlace.stderr,
    );
    const root = await copyWithLinksBeside(
      pathToFileURL(`${from}/`),
      pathToFileURL(`${directory}/to/`),
    );
    const beside = await dryRun(`${directory}/to/package`);
    assertEquals(beside.code, 0, beside.stderr);
    const output = beside.stdout + beside.stderr;
    assertEquals(publishedFiles(output, root), ["deno.json", "mod.ts"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
