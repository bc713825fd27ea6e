// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { listFiles, ROOT } from "./_source.ts";

const PAGES = [...await listFiles("."), ...await listFiles("docs")].filter((path) =>
  path.endsWith(".md")
);

/** Where the links of a page lead: paths from the root, and the names of headings. */
async function linksOf(page: string): Promise<{ path: string; heading: string }[]> {
  const text = (await Deno.readTextFile(new URL(page, ROOT))).replaceAll(/^```[^]*?^```/gm, "");
  return [...text.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(([, to, heading]) => ({
    path: to === "" ? page : new URL(to!, `file:///${page}`).pathname.slice(1),
    heading: heading ?? "",
  }));
}

/** The names by which a page's headings are reached. */
async function headingsOf(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
  );
}

Deno.test("links of Markdown pages lead to files that exist, and to their headings", async () => {
  const broken: string[] = [];
  for (const page of PAGES) {
    for (const { path, heading } of await linksOf(page)) {
      const exists = await Deno.stat(new URL(path, ROOT)).then(() => true, () => false);
      if (!exists) broken.push(`${page}: ${path}`);
      else if (heading !== "" && !(await headingsOf(path)).includes(heading)) {
        broken.push(`${page}: ${path}#${heading}`);
      }
    }
  }
  assertEquals(broken, []);
});

Deno.test("README.md leads to every page", async () => {
  const reached = new Set((await linksOf("README.md")).map(({ path }) => path));
  const others = PAGES.filter((page) => page !== "README.md" && page !== "CHANGELOG.md");
  assertEquals(others.filter((page) => !reached.has(page)), []);
});
