// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import {
  circleProblems,
  classesOf,
  filesAtRoot,
  filesNaming,
  foldersUpwards,
  importCircles,
  type KnownCircle,
  lengthProblems,
  longCommentLines,
} from "./shape.ts";
import { listTree, parseSource, readSources, ROOT } from "./_source.ts";

const SOURCES = await readSources();

/** The circles that may stay. */
const CIRCLES: readonly KnownCircle[] = [
  {
    member: "ssl/base/errors.ts",
    files: 2,
    reason: "an error knows its alert, and an alert makes an error",
  },
  {
    member: "ssl/handshake/client/client_hello.ts",
    files: 2,
    reason: "a hello may be hidden in another one, by what is loaded late and makes both",
  },
  {
    member: "ssl/handshake/early_data.ts",
    files: 2,
    reason: "a handshake knows its early data, which is sent in its flights",
  },
  {
    member: "ssl/handshake/server/tls13/ech.ts",
    files: 2,
    reason: "a cookie keeps what was decided of a hidden hello, and the next hello is judged by it",
  },
  {
    member: "ssl/config/hooks.ts",
    files: 2,
    reason: "the options hold hooks, and the name hook returns options",
  },
  {
    member: "cert/certificate/spki.ts",
    files: 3,
    reason: "a public key has the types of the keys that sign, whose PSS parameters it reads",
  },
];

/** How many lines the files may have that have more than 500 still. */
const EXCESSIVE_FILES: Readonly<Record<string, number>> = {};

Deno.test("shape: no import circle has more than 5 files or stands in several folders, types included", () => {
  assertEquals(circleProblems(importCircles(SOURCES), CIRCLES), []);
});

Deno.test("shape: no comment has more than 100 columns", async () => {
  const others = await Promise.all(["tests", "examples"].map((folder) => listTree(folder)));
  const texts = others.flat().filter((path) => path.endsWith(".ts")).map(async (path) =>
    parseSource(path, await Deno.readTextFile(new URL(path, ROOT)))
  );
  const long = [...SOURCES, ...await Promise.all(texts)]
    .flatMap((source) => longCommentLines(source, 100) > 0 ? [source.path] : []);
  assertEquals(long, []);
});

Deno.test("shape: no file has more than 500 lines", () => {
  assertEquals(lengthProblems(SOURCES, EXCESSIVE_FILES), []);
});

Deno.test("shape: no path of a file is the pathname of its URL, where a space is %20", async () => {
  const found: string[] = [];
  for (const path of (await Promise.all(["tests", "examples"].map((it) => listTree(it)))).flat()) {
    if (!path.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(new URL(path, ROOT));
    if (/(?:import\.meta\.url|\bROOT|\bFOLDER|\bfolder)\)?\.pathname/.test(text)) found.push(path);
  }
  assertEquals(found, []);
});

// The rules themselves, with made-up input.

/** Files that import each other in a ring, `a1 -> a2 -> ... -> a1`. */
function ring(count: number, folder = "ssl/engine"): string[][] {
  const name = (index: number) => `${folder}/a${index % count}.ts`;
  const sources = Array.from(
    { length: count },
    (_, i) =>
      parseSource(name(i), `import type { A } from "/${name(i + 1)}";`.replace(`/${folder}`, ".")),
  );
  return importCircles(sources);
}

Deno.test("importCircles() finds files that import each other, by way of types, others and import()", () => {
  const circles = (files: Record<string, string>) =>
    importCircles(Object.entries(files).map(([path, text]) => parseSource(path, text)));
  assertEquals(circles({ "ssl/a.ts": `import "./b.ts";`, "ssl/b.ts": `import "./c.ts";` }), []);
  assertEquals(circles({ "ssl/a.ts": `import "./a.ts";` }), []);
  assertEquals(
    circles({
      "ssl/d.ts": `import "./c.ts"; import "@std/encoding";`,
      "ssl/c.ts": `await import("./a.ts");`,
      "ssl/a.ts": `import type { B } from "./b.ts";`,
      "ssl/b.ts": `export * from "./c.ts"; import "./e.ts";`,
      "ssl/e.ts": `import "../cert/f.ts";`,
      "cert/f.ts": `import "../ssl/e.ts";`,
    }),
    [["ssl/a.ts", "ssl/b.ts", "ssl/c.ts"], ["cert/f.ts", "ssl/e.ts"]],
  );
});

Deno.test("circleProblems() takes 5 files of one folder, and neither 6 nor two folders", () => {
  const known = (files: number): KnownCircle[] => [
    { member: "ssl/engine/a0.ts", files, reason: "made up" },
  ];
  assertEquals(circleProblems(ring(5), known(5)), []);
  assertEquals(circleProblems(ring(6), known(6)), ["the circle of ssl/engine/a0.ts has 6 files"]);
  assertEquals(
    circleProblems([["ssl/a/a.ts", "ssl/b/b.ts"]], [
      { member: "ssl/b/b.ts", files: 2, reason: "made up" },
    ]),
    ["the circle of ssl/a/a.ts stands in ssl/a, ssl/b"],
  );
});

Deno.test("circleProblems() finds circles that are not listed, and lists that are not true", () => {
  const known = (files: number): KnownCircle[] => [
    { member: "ssl/engine/a1.ts", files, reason: "made up" },
  ];
  const stale = (files: number) => [`the circle of ssl/engine/a1.ts has ${files} files, not 3`];
  assertEquals(circleProblems(ring(2), []), [
    "the circle of ssl/engine/a0.ts is not listed: ssl/engine/a0.ts, ssl/engine/a1.ts",
  ]);
  assertEquals(circleProblems(ring(3), known(3)), []);
  for (const files of [2, 4]) {
    assertEquals(circleProblems(ring(files), known(3)), stale(files));
  }
  assertEquals(circleProblems([], known(3)), stale(0));
});

Deno.test("lengthProblems() takes 500 lines and not 501, nor more than is listed", () => {
  const problems = (lines: number, excessive?: Record<string, number>) =>
    lengthProblems([parseSource("ssl/a.ts", "f();\n".repeat(lines))], excessive);
  assertEquals(problems(500), []);
  assertEquals(problems(501), ["ssl/a.ts has 501 lines"]);
  assertEquals(problems(501, { "ssl/a.ts": 502 }), []);
  assertEquals(problems(502, { "ssl/a.ts": 502 }), []);
  assertEquals(problems(503, { "ssl/a.ts": 502 }), ["ssl/a.ts has 503 lines"]);
  assertEquals(problems(500, { "ssl/a.ts": 502 }), ["ssl/a.ts has no more than 500 lines"]);
  assertEquals(problems(500, { "ssl/b.ts": 502 }), ["ssl/b.ts has no more than 500 lines"]);
});

Deno.test("foldersUpwards() finds folders that import the root of their package, or a higher room", () => {
  const folders = (path: string, target: string) =>
    foldersUpwards([parseSource(path, `import type { A } from "${target}";`)]);
  assertEquals(folders("pkcs11/kv/a.ts", "../b.ts"), ["pkcs11/kv"]);
  assertEquals(folders("pkcs11/kv/a.ts", "../../cert/b.ts"), []);
  assertEquals(folders("pkcs11/a.ts", "./b.ts"), []);
  assertEquals(folders("ssl/base/a.ts", "../config/b.ts"), ["ssl/base"]);
  assertEquals(folders("ssl/handshake/client/a.ts", "../../engine/b.ts"), ["ssl/handshake/client"]);
  assertEquals(folders("ssl/handshake/client/a.ts", "../b.ts"), []);
  assertEquals(folders("ssl/config/a.ts", "../base/b.ts"), []);
});

Deno.test("filesAtRoot() counts the files beside a package's folders", () => {
  const sources = ["mod.ts", "ssl/mod.ts", "ssl/a.ts", "ssl/b/a.ts", "cert/mod.ts"]
    .map((path) => parseSource(path, ""));
  assertEquals(filesAtRoot(sources, "ssl"), 2);
});

Deno.test("classesOf() counts fields, and neither methods, accessors, statics nor what is in methods", () => {
  const source = parseSource(
    "ssl/engine/a.ts",
    `export class A<T> extends B implements C {
  static readonly none = 0;
  readonly one: string;
  #two = 2;
  three?: number;
  readonly #four: { readonly five: number } = {
    five: 5,
  };
  #five;
  // six: number;
  get six(): number {
    return 6;
  }
  async *seven(eight: number): AsyncGenerator<number> {
    let nine = 9;
  }
}
const ten = 10;
abstract class D {}

abstract class E {
  protected override readonly eleven = 11;
}
`,
  );
  assertEquals(classesOf(source).map(({ name, fields }) => [name, fields]), [["A", 5], ["E", 1]]);
});

Deno.test("longCommentLines() takes 100 columns and not 101, and counts comments only", () => {
  const lines = (text: string) => longCommentLines(parseSource("ssl/a.ts", text), 100);
  const comment = (columns: number) => "// ".padEnd(columns, "x");
  assertEquals(lines(comment(100)), 0);
  assertEquals(lines(comment(101)), 1);
  assertEquals(lines(`/**\n * ${comment(100)}\n */\nf(); ${comment(100)}\n${comment(100)}`), 2);
  assertEquals(lines(`const a = "${comment(100)}";`), 0);
});

Deno.test("filesNaming() finds a word in names, strings and types, and not in comments or longer words", () => {
  const naming = (text: string) => filesNaming([parseSource("ssl/a.ts", text)], "keyLog").length;
  for (const text of ["config.keyLog;", "type A = KeyLog;", "this.#keyLog();", `hook("keyLog");`]) {
    assertEquals(naming(text), 1, text);
  }
  for (
    const text of ["keyLogger;", "aKeyLog;", "key_log;", "// keyLog", "/** {@linkcode KeyLog} */"]
  ) {
    assertEquals(naming(text), 0, text);
  }
});
