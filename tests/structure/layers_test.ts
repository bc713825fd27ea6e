// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertGreater } from "@std/assert";
import {
  exportProblems,
  formProblems,
  graphProblems,
  handshakeProblems,
  importProblems,
  layerProblems,
  type Manifest,
  type ModuleGraph,
  platformProblems,
  printProblems,
  roomProblems,
} from "./_rules.ts";
import { readGraph } from "./_entries.ts";
import { parseSource, readSources, resolveImport, ROOT, strip } from "./_source.ts";

const SOURCES = await readSources();
const MANIFEST: Manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));

Deno.test("layers: every published file is looked at", () => {
  const paths = SOURCES.map(({ path }) => path);
  assertGreater(paths.length, 50);
  for (
    const path of [
      "cert/base/errors.ts",
      "pkcs11/mod.ts",
      "ssl/base/alerts.ts",
      "ssl/wire/reader.ts",
    ]
  ) {
    assert(paths.includes(path), path);
  }
});

Deno.test("layers: nothing imports to the right of cert <- pkcs11 <- ssl <- mod.ts <- cli", () => {
  assertEquals(SOURCES.flatMap(layerProblems), []);
});

Deno.test("layers: nothing imports upwards in the rooms of a package", () => {
  assertEquals(SOURCES.flatMap(roomProblems), []);
});

Deno.test("layers: in the handshake, the ends stand above their versions, and what they share below", () => {
  assertEquals(SOURCES.flatMap(handshakeProblems), []);
});

Deno.test("layers: imports lead to published files, @std, or lazily to node:", () => {
  assertEquals(SOURCES.flatMap(importProblems), []);
});

Deno.test("layers: relative imports lead to files", () => {
  const paths = new Set(SOURCES.map(({ path }) => path));
  const broken = SOURCES.flatMap(({ path, imports }) =>
    imports.map(({ specifier }) => resolveImport(path, specifier))
      .filter((target) => target !== null && !paths.has(target))
      .map((target) => `${path} imports ${target}, which does not exist`)
  );
  assertEquals(broken, []);
});

Deno.test("layers: only files that say so touch Deno or node:", () => {
  assertEquals(SOURCES.flatMap(platformProblems), []);
});

Deno.test("layers: nothing prints but the program's one file", () => {
  assertEquals(SOURCES.flatMap(printProblems), []);
});

Deno.test("layers: files keep to their form", () => {
  assertEquals(SOURCES.flatMap(formProblems), []);
});

Deno.test("layers: each entry point exists and has its file's name in kebab-case", () => {
  assertEquals(exportProblems(MANIFEST, new Set(SOURCES.map(({ path }) => path))), []);
});

for (const entry of Object.values(MANIFEST.exports)) {
  Deno.test(`layers: no static path leads from ${entry} to node:, FFI or KV`, async () => {
    const url = new URL(entry, ROOT);
    const graph = await readGraph(entry);
    const heavy = new Set(
      SOURCES.filter(({ code }) => /\bDeno\.(?:dlopen|openKv|UnsafePointer)/.test(code))
        .map(({ path }) => new URL(path, ROOT).href),
    );
    assertGreater(graph.modules.length, 0);
    assertEquals(graphProblems(graph, url.href, (specifier) => heavy.has(specifier)), []);
  });
}

// The rules themselves: each finds what it is there to find.

Deno.test("strip() blanks comments and the inside of strings, and nothing else", () => {
  const text = [
    "const a = 1; // Deno",
    '/* Deno */ const b = \'Deno\', c = "D\\"eno";',
    "const d = `Deno ${f({ e: `Deno ${g}` })} Deno`;",
    "const h = /Deno[/]\\/Deno/.test(b) ? b / 2 / a : b;",
    "return /Deno/;",
  ].join("\n");
  const stripped = strip(text, true);
  assertEquals(stripped.length, text.length);
  assert(!/eno/.test(stripped), stripped);
  for (const code of ["const a = 1;", "f({ e:", "${g}", ".test(b) ? b / 2 / a : b;"]) {
    assert(stripped.includes(code), `${code} is lost: ${stripped}`);
  }
  assert(strip(text, false).includes("'Deno'"));
  assert(!strip(text, false).includes("// Deno"));
});

Deno.test("parseSource() finds every form of import", () => {
  const { imports, header } = parseSource(
    "ssl/x.ts",
    `// One
/* Two */
import "./a.ts";
import b, { type c } from "./b.ts";
import type { D } from "./d.ts";
import { type E, type F } from "./e.ts";
import * as g from './g.ts';
export * from "./h.ts";
export type { I } from "./i.ts";
export {
  j, // import "./comment.ts"
} from "./j.ts";
const k = await import("node:k");
const l = "import './string.ts'", m = import.meta.url;
`,
  );
  assertEquals(
    imports.map(({ specifier, typeOnly, dynamic }) => [specifier, typeOnly, dynamic]),
    [
      ["./a.ts", false, false],
      ["./b.ts", false, false],
      ["./d.ts", true, false],
      ["./e.ts", true, false],
      ["./g.ts", false, false],
      ["./h.ts", false, false],
      ["./i.ts", true, false],
      ["./j.ts", false, false],
      ["node:k", false, true],
    ],
  );
  assertEquals(header, "// One\n/* Two */");
});

Deno.test("resolveImport() follows relative paths and leaves packages alone", () => {
  assertEquals(resolveImport("ssl/wire/reader.ts", "./a.ts"), "ssl/wire/a.ts");
  assertEquals(resolveImport("ssl/wire/reader.ts", "../../cert/a.ts"), "cert/a.ts");
  assertEquals(resolveImport("ssl/a.ts", "../mod.ts"), "mod.ts");
  assertEquals(resolveImport("ssl/a.ts", "@std/encoding"), null);
});

Deno.test("layerProblems() finds imports to the right, of types as well", () => {
  const problems = (path: string, text: string) => layerProblems(parseSource(path, text));
  assertEquals(problems("cert/a.ts", `import { b } from "../pkcs11/b.ts";`).length, 1);
  assertEquals(problems("cert/x/a.ts", `import type { B } from "../../ssl/b.ts";`).length, 1);
  assertEquals(problems("pkcs11/a.ts", `export * from "../ssl/mod.ts";`).length, 1);
  assertEquals(problems("ssl/a.ts", `await import("../mod.ts");`).length, 1);
  assertEquals(problems("ssl/a.ts", `import "../cert/a.ts"; import "../pkcs11/a.ts";`), []);
  assertEquals(problems("mod.ts", `export * from "./ssl/mod.ts";`), []);
  assertEquals(problems("mod.ts", `import "./cli/mod.ts";`).length, 1);
  assertEquals(problems("ssl/a.ts", `import type { A } from "../cli/base/a.ts";`).length, 1);
  assertEquals(problems("cli/base/a.ts", `import "../../mod.ts"; import "../../cert/a.ts";`), []);
});

Deno.test("importProblems() finds foreign packages, tests and hasty node: imports", () => {
  const problems = (text: string) => importProblems(parseSource("ssl/a.ts", text));
  for (
    const text of [
      `import x from "npm:x";`,
      `await import("npm:x");`,
      `import x from "https://example.com/x.ts";`,
      `import { x } from "jsr:@std/encoding";`,
      `import { assert } from "@std/assert";`,
      `import { x } from "../tests/support/x.ts";`,
      `import { rootCertificates } from "node:tls";`,
    ]
  ) {
    assertEquals(problems(text).length, 1, text);
  }
  assertEquals(
    problems(
      `import { encodeHex } from "@std/encoding/hex";\nawait import("node:tls");\n` +
        `import type { X } from "node:tls";\nimport "../mod.ts";`,
    ),
    [],
  );
});

Deno.test("importProblems() lets the program import node:util, and nothing else of Node's", () => {
  const problems = (path: string, specifier: string) =>
    importProblems(parseSource(path, `import { a } from "${specifier}";`)).length;
  assertEquals(problems("cli/base/args.ts", "node:util"), 0);
  assertEquals(problems("cli/base/args.ts", "node:fs"), 1);
  assertEquals(problems("ssl/a.ts", "node:util"), 1);
});

Deno.test("printProblems() finds what writes to the standard streams", () => {
  const problems = (path: string, code: string) => printProblems(parseSource(path, code)).length;
  assertEquals(problems("cli/client.ts", `console.log("a");`), 1);
  assertEquals(problems("ssl/a.ts", "await Deno.stderr.write(bytes);"), 1);
  assertEquals(problems("cli/base/io.ts", "await Deno.stdout.write(bytes);"), 0);
  assertEquals(problems("ssl/a.ts", "// console.log()\nDeno.stdin.isTerminal();"), 0);
});

Deno.test("platformProblems() finds unannounced uses and vain announcements", () => {
  const problems = (text: string) => platformProblems(parseSource("ssl/a.ts", text));
  assertEquals(problems("// NSS for Deno\nDeno.connect();").length, 1);
  assertEquals(problems(`type A = Deno.Conn;`).length, 1);
  assertEquals(problems(`await import("node:tls");`).length, 1);
  assertEquals(problems(`// This module uses Deno.\nexport {};`).length, 1);
  assertEquals(problems(`const a = 1;\n// This module uses Deno.\nDeno.exit();`).length, 1);
  assertEquals(
    problems(`// This module uses Deno. This module uses node:.\nDeno.a(import("node:b"));`),
    [],
  );
  assertEquals(problems(`// NSS for Deno\nconst a = "Deno"; /** Deno.Conn */`), []);
});

Deno.test("roomProblems() finds imports of higher rooms, and of rooms in the same row", () => {
  const problems = (path: string, target: string) =>
    roomProblems(parseSource(path, `import type { A } from "${target}";`));
  assertEquals(problems("ssl/nss/a.ts", "../base/b.ts"), []);
  assertEquals(problems("ssl/nss/a.ts", "./b.ts"), []);
  assertEquals(problems("ssl/a.ts", "./nss/b.ts"), []);
  assertEquals(problems("ssl/handshake/client/a.ts", "../../../cert/b.ts"), []);
  assertEquals(problems("ssl/nss/a.ts", "../b.ts"), ["ssl/nss/a.ts -> ssl/b.ts"]);
  assertEquals(problems("ssl/base/a.ts", "../config/b.ts"), ["ssl/base/a.ts -> ssl/config/b.ts"]);
  assertEquals(problems("ssl/tables/a.ts", "../wire/b.ts"), ["ssl/tables/a.ts -> ssl/wire/b.ts"]);
  assertEquals(problems("ssl/attic/a.ts", "./b.ts"), ["ssl/attic/a.ts is in no room"]);
});

Deno.test("handshakeProblems() finds imports of higher folders, and of folders in the same row", () => {
  const problems = (path: string, target: string) =>
    handshakeProblems(parseSource(`ssl/handshake/${path}`, `import "${target}";`));
  assertEquals(problems("client/a.ts", "./b.ts"), []);
  assertEquals(problems("client/a.ts", "./tls12/b.ts"), []);
  assertEquals(problems("client/tls12/a.ts", "../../tls12/b.ts"), []);
  assertEquals(problems("tls12/a.ts", "../b.ts"), []);
  assertEquals(problems("a.ts", "../config/b.ts"), []);
  for (
    const [path, target] of [
      ["client/tls12/a.ts", "client/b.ts"],
      ["client/tls12/a.ts", "client/tls13/b.ts"],
      ["tls13/a.ts", "tls12/b.ts"],
      ["a.ts", "tls12/b.ts"],
      ["client/a.ts", "server/b.ts"],
    ] as const
  ) {
    const up = path.split("/").map((_, i) => i === 0 ? "." : "..").join("/");
    const found = [`ssl/handshake/${path} -> ssl/handshake/${target}`];
    assertEquals(problems(path, `${up}/${target}`), found);
  }
  assertEquals(problems("attic/a.ts", "../b.ts"), ["ssl/handshake/attic/a.ts is in no room"]);
});

Deno.test("formProblems() finds names, headers and casts that are not ours", () => {
  const copyright = "// Copyright 2026 the NSS for Deno authors. MIT license.\n";
  const problems = (path: string, text: string) => formProblems(parseSource(path, text));
  assertEquals(problems("ssl/a_b.ts", copyright), []);
  assertEquals(problems("ssl/aB.ts", copyright).length, 1);
  assertEquals(problems("ssl/a-b.ts", copyright).length, 1);
  assertEquals(problems("ssl/a.ts", "export {};\n").length, 1);
  assertEquals(problems("ssl/a.ts", `${copyright}const a = b as unknown as C;`).length, 1);
  assertEquals(problems("ssl/a.ts", `${copyright}// @ts-` + `ignore it\nf();`).length, 1);
});

Deno.test("exportProblems() finds missing, misnamed and private entry points", () => {
  const paths = new Set([
    "mod.ts",
    "ssl/mod.ts",
    "ssl/nss/peer_names.ts",
    "cert/extensions/a_b.ts",
    "ssl/_a.ts",
  ]);
  const problems = (exports: Record<string, string>) => exportProblems({ exports }, paths);
  assertEquals(
    problems({
      ".": "./mod.ts",
      "./ssl": "./ssl/mod.ts",
      "./ssl/peer-names": "./ssl/nss/peer_names.ts",
      "./cert/extensions/a-b": "./cert/extensions/a_b.ts",
    }),
    [],
  );
  assertEquals(problems({ "./cert": "./cert/mod.ts" }).length, 1);
  assertEquals(problems({ "./tls": "./ssl/mod.ts" }).length, 1);
  assertEquals(problems({ "./ssl/peer_names": "./ssl/nss/peer_names.ts" }).length, 1);
  assertEquals(problems({ "./peer-names": "./ssl/nss/peer_names.ts" }).length, 1);
  assertEquals(problems({ "./ssl/-a": "./ssl/_a.ts" }).length, 1);
});

Deno.test("graphProblems() finds static paths to node:, npm: and heavy modules, not lazy ones", () => {
  const dependency = (specifier: string, isDynamic = false) => ({
    specifier,
    code: { specifier },
    isDynamic,
  });
  const graph: ModuleGraph = {
    modules: [
      { specifier: "a", dependencies: [dependency("b"), dependency("lazy", true)] },
      { specifier: "b", dependencies: [dependency("a"), dependency("node:tls", true)] },
      { specifier: "lazy", dependencies: [dependency("node:fs"), dependency("ffi")] },
      { specifier: "c", dependencies: [dependency("b"), dependency("lazy")] },
      { specifier: "types", dependencies: [{ specifier: "node:tls" }] },
    ],
  };
  const heavy = (specifier: string) => specifier === "ffi";
  assertEquals(graphProblems(graph, "a", heavy), []);
  assertEquals(graphProblems(graph, "types", heavy), []);
  assertEquals(graphProblems(graph, "c", heavy), [
    "a static path leads to node:fs: c -> lazy -> node:fs",
    "a static path leads to ffi: c -> lazy -> ffi",
  ]);
});
