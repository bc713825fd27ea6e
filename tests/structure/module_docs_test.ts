// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `deno doc --lint` does not see that an entry point has no documentation of its own, or that a
// symbol has no category.

import { assertEquals } from "@std/assert";
import type { Manifest } from "./_rules.ts";
import { denoJson, ROOT } from "./_source.ts";
import { type JsDoc, readSymbols, type Symbol } from "./_surface.ts";

/** The part of `deno doc --json` that is read. */
interface Docs {
  readonly nodes: Readonly<Record<string, { readonly module_doc?: JsDoc }>>;
}

/** How the documentation of the entry points is grouped: the `@category` of a symbol. */
const CATEGORIES: readonly string[] = [
  "Certificate databases",
  "Certificate extensions",
  "Certificates",
  "Connection information",
  "DER and PEM",
  "Databases and modules",
  "Errors",
  "HTTP",
  "Hooks",
  "Issuing certificates",
  "Keys",
  "Names and addresses",
  "Node",
  "Options",
  "Revocation",
  "Sessions",
  "Sockets",
  "Tokens",
  "Verification",
  "Versions, suites and groups",
];

const { name: PACKAGE, exports: EXPORTS }: Manifest & { readonly name: string } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", ROOT)),
);

const SYMBOLS = [...(await readSymbols(EXPORTS)).values()].flat();

/**
 * Finds what is wrong with the documentation of an entry point.
 *
 * @param specifier How it is imported.
 */
function docProblems(specifier: string, { doc = "", tags = [] }: JsDoc = {}): string[] {
  if (!tags.some(({ kind }) => kind === "module")) return [`${specifier} has no @module`];
  const examples = tags.filter(({ kind }) => kind === "example").map((tag) => tag.doc ?? "");
  const blocks = [doc, ...examples].flatMap((text) => text.match(/^```ts[^]*?^```/gm) ?? []);
  return [
    ...!/^[A-Z`][^]*?\.$/m.test(doc) ? [`${specifier} does not say in a sentence what it is`] : [],
    ...!blocks.some((block) => block.includes(` from "${specifier}";`))
      ? [`${specifier} has no example that imports it`]
      : [],
  ];
}

/** The categories of a symbol: overloads have the one of the first. */
function categoriesOf({ declarations }: Symbol): string[] {
  return declarations.flatMap(({ jsDoc }) => jsDoc?.tags ?? [])
    .filter(({ kind }) => kind === "category").map(({ doc = "" }) => doc.trim());
}

/** Finds what is wrong with the category of a symbol. */
function categoryProblems(symbol: Symbol): string[] {
  const found = categoriesOf(symbol);
  if (found.length !== 1) return [`${symbol.name} has ${found.length} categories`];
  return found.filter((one) => !CATEGORIES.includes(one))
    .map((one) => `${symbol.name} has the category "${one}", which is not listed`);
}

/** Finds what the documentation of a symbol and its members refers to and no entry point has. */
function unknownLinks(symbol: Symbol, names: ReadonlySet<string>): string[] {
  const links = JSON.stringify(symbol).matchAll(/\{@link(?:code)? (\w+)/g);
  return [...links].filter(([, name]) => !names.has(name!))
    .map(([, name]) => `${symbol.name} refers to ${name}`);
}

Deno.test("each entry point says what it is for, and has an example that imports it", async () => {
  const { nodes } = await denoJson<Docs>("doc", "--json", ...Object.values(EXPORTS));
  const problems = Object.entries(EXPORTS).flatMap(([entry, path]) =>
    docProblems(PACKAGE + entry.slice(1), nodes[new URL(path, ROOT).href]?.module_doc)
  );
  assertEquals(problems, []);
});

Deno.test("each public symbol has one @category of the list, and each category a symbol", () => {
  assertEquals(new Set(SYMBOLS.flatMap(categoryProblems)), new Set());
  assertEquals([...new Set(SYMBOLS.flatMap(categoriesOf))].sort(), CATEGORIES);
});

Deno.test("documentation refers to public names only: what else it names, no reader finds", () => {
  const names = new Set(SYMBOLS.map(({ name }) => name));
  const found = SYMBOLS.flatMap((symbol) => unknownLinks(symbol, names));
  assertEquals(new Set(found), new Set());
  const jsDoc = { doc: "As {@linkcode f}, {@link g.h} and {@linkcode i.j}." };
  const declarations = [{ kind: "interface", def: {}, jsDoc }];
  assertEquals(unknownLinks({ name: "f", declarations }, new Set(["f", "i"])), ["f refers to g"]);
});

Deno.test("each public function has an example", () => {
  const without = SYMBOLS.filter(({ declarations: [first] }) =>
    first?.kind === "function" && !first.jsDoc?.tags?.some(({ kind }) => kind === "example")
  );
  assertEquals(new Set(without.map(({ name }) => name)), new Set());
});

Deno.test("docProblems() finds what is missing", () => {
  const example = '```ts\nimport { a } from "@nss/nss/a";\na();\n```';
  const tags = [{ kind: "module" }];
  const problems = (module?: JsDoc) => docProblems("@nss/nss/a", module);
  assertEquals(problems(), ["@nss/nss/a has no @module"]);
  assertEquals(problems({ doc: `It is a.\n\n${example}\n` }), ["@nss/nss/a has no @module"]);
  assertEquals(problems({ doc: `It is a.\n\n${example}\n`, tags }), []);
  assertEquals(
    problems({ doc: "It is a.\n", tags: [...tags, { kind: "example", doc: example }] }),
    [],
  );
  assertEquals(problems({ doc: `A\n\n${example.replace("nss/a", "nss")}\n`, tags }), [
    "@nss/nss/a does not say in a sentence what it is",
    "@nss/nss/a has no example that imports it",
  ]);
});

Deno.test("categoryProblems() finds a symbol without a category, with two, and with a slip", () => {
  const problems = (...categories: string[]) => {
    const tags = categories.map((doc) => ({ kind: "category", doc }));
    const kind = "function";
    return categoryProblems({ name: "f", declarations: [{ kind, def: {}, jsDoc: { tags } }] });
  };
  assertEquals(problems("Sockets"), []);
  assertEquals(problems(), ["f has 0 categories"]);
  assertEquals(problems("Sockets", "Hooks"), ["f has 2 categories"]);
  assertEquals(problems("Socket"), ['f has the category "Socket", which is not listed']);
});
