// Copyright 2026 the NSS for Deno authors. MIT license.

/** HTML that cannot be injected into: only templates of this program become markup. @module */

import { printable } from "../../cert/base/printable.ts";

/** Markup: what {@linkcode html} makes, and constants of this program. */
export class Html {
  /** The markup, as it is sent. */
  readonly markup: string;

  /** Takes markup of this program's own. */
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What a template takes: text is escaped, markup and lists of it are not, `null` is nothing. */
export type HtmlValue = string | number | Html | null | readonly HtmlValue[];

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

function render(value: HtmlValue): string {
  if (value === null) return "";
  if (value instanceof Html) return value.markup;
  if (typeof value === "object") return value.map(render).join("");
  return escapeHtml(String(value));
}

/** Makes markup of a template, whose values are escaped; attributes need quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(render)));
}
