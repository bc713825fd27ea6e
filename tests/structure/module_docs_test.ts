// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `deno doc --lint` does not see that an entry point has no documentation of its own.

import { assertEquals } from "@std/assert";
import type { Manifest } from "./_rules.ts";
import { denoJson, ROOT } from "./_source.ts";

/** The part of `deno doc --json` that is read. */
interface Docs {
  readonly nodes: Readonly<Record<string, { readonly module_doc?: ModuleDoc }>>;
}

/** What stands above an entry point's first statement. */
interface ModuleDoc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
}

/**
 * Finds what is wrong with the documentation of an entry point.
 *
 * @param specifier How it is imported.
 */
function docProblems(specifier: string, { doc = "", tags = [] }: ModuleDoc = {}): string[] {
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

Deno.test("each entry point says what it is for, and has an example that imports it", async () => {
  const { name, exports }: Manifest & { readonly name: string } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const { nodes } = await denoJson<Docs>("doc", "--json", ...Object.values(exports));
  const problems = Object.entries(exports).flatMap(([entry, path]) =>
    docProblems(name + entry.slice(1), nodes[new URL(path, ROOT).href]?.module_doc)
  );
  assertEquals(problems, []);
});

Deno.test("docProblems() finds what is missing", () => {
  const example = '```ts\nimport { a } from "@nss/nss/a";\na();\n```';
  const tags = [{ kind: "module" }];
  const problems = (module?: ModuleDoc) => docProblems("@nss/nss/a", module);
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
