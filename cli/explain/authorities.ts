// Copyright 2026 the NSS for Deno authors. MIT license.

/** Names of authorities in messages. @module */

import { Name } from "../../cert/names/name.ts";
import { safe } from "../base/text.ts";
import type { Content, FieldReader } from "./field.ts";
import { listOf } from "./lists.ts";

/** Reads a list of `DistinguishedName`s, without its length. */
export function authorities(list: Uint8Array<ArrayBuffer>, parent: FieldReader): Content {
  return listOf(parent.within(list), "authority", (reader) => {
    const name = Name.fromDer(reader.vector16(1));
    return name.isEmpty ? "(no name)" : safe(name, 100);
  });
}
