// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the published files import from outside the package. @module */

import { table, withText } from "../support/generated_page.ts";
import type { Source } from "./_source.ts";

/** The mark of the table in docs/entry_points.md. */
const WRITER = "`deno task surface`";

/** A module from outside, and who imports it. */
interface Dependency {
  /** What stands in quotes: `@std/encoding/base64`, `node:tls`. */
  readonly specifier: string;
  /** The files that load it at once, when they are loaded. */
  readonly atOnce: readonly string[];
  /** The files that load it when it is needed. */
  readonly lazily: readonly string[];
}

/** Finds the modules from outside that files import; types do not count. */
export function dependenciesOf(sources: readonly Source[]): Dependency[] {
  const all = sources.flatMap(({ path, imports }) =>
    imports.filter(({ specifier, typeOnly }) => !typeOnly && !specifier.startsWith("."))
      .map((entry) => ({ path, ...entry }))
  );
  const files = (specifier: string, lazy: boolean) => [
    ...new Set(
      all.filter((entry) => entry.specifier === specifier && entry.dynamic === lazy)
        .map(({ path }) => path),
    ),
  ];
  return [...new Set(all.map(({ specifier }) => specifier))].sort().map((specifier) => ({
    specifier,
    atOnce: files(specifier, false),
    lazily: files(specifier, true),
  }));
}

/** The packages of some dependencies: `@std/crypto` of `@std/crypto/timing-safe-equal`. */
export function packagesOf(dependencies: readonly Dependency[]): string[] {
  return [
    ...new Set(
      dependencies.filter(({ specifier }) => !specifier.startsWith("node:"))
        .map(({ specifier }) => specifier.split("/").slice(0, 2).join("/")),
    ),
  ];
}

/** The page with the table of what is imported. */
export function withDependencies(page: string, dependencies: readonly Dependency[]): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
  const rows = dependencies.map(({ specifier, atOnce, lazily }) => [
    `\`${specifier}\``,
    code(atOnce),
    code(lazily),
  ]);
  return withText(page, WRITER, table(["module", "loaded with", "loaded lazily by"], rows));
}
