// Copyright 2026 the NSS for Deno authors. MIT license.

/** What is other in a message than in the one before it of its kind. @module */

import type { Field } from "./field.ts";

/** The fields of a message, by whether they say the same as before. */
export interface Changes {
  /** Those that say something else, or are new; of the extensions only such. */
  readonly changed: readonly Field[];
  /** The names of the others. */
  readonly same: readonly string[];
}

/** Compares the fields of two messages. */
export function changesOf(before: readonly Field[], now: readonly Field[]): Changes {
  const changed: Field[] = [];
  const same: string[] = [];
  for (const field of now) {
    const old = before.find(({ name }) => name === field.name);
    if (old !== undefined && saysTheSame(old, field)) same.push(field.name);
    else if (old === undefined || field.name !== "extensions") changed.push(field);
    else {
      const inner = changesOf(old.fields, field.fields);
      same.push(...inner.same);
      changed.push({ ...field, value: "", fields: inner.changed });
    }
  }
  return { changed, same };
}

function saysTheSame(a: Field, b: Field): boolean {
  return a.value === b.value && a.mark === b.mark && a.fields.length === b.fields.length &&
    a.fields.every((part, i) => saysTheSame(part, b.fields[i]!));
}
