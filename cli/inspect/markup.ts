// Copyright 2026 the NSS for Deno authors. MIT license.

/** HTML that cannot be injected into: only templates of this program become markup. @module */

import { printable } from "../../cert/base/printable.ts";

/** HTML: what {@linkcode markup} makes, and constants of this program. */
export class Markup {
  /** The HTML, as it is sent. */
  readonly html: string;

  /** Takes HTML of this program's own. */
  constructor(html: string) {
    this.html = html;
  }
}

/** What a template takes: text is escaped, markup and lists of it are not, `null` is nothing. */
export type MarkupValue = string | number | Markup | null | readonly MarkupValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes a text for elements and for attributes in quotes; control characters are shown. */
export function escapeHtml(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}

function render(value: MarkupValue): string {
  if (value === null) return "";
  if (value instanceof Markup) return value.html;
  if (typeof value === "object") return value.map(render).join("");
  return escapeHtml(String(value));
}

/**
 * Makes HTML of a template, whose values are escaped; attributes need quotes. The tag is not called
 * `html`, as formatters would then put space where it is seen.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(String.raw({ raw: parts }, ...values.map(render)));
}
