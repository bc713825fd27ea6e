// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { type ExtensionCodec, u16ListCodec } from "./extension_codec.ts";

/** `supported_groups`, `named_group_list<2..2^16-1>` (RFC 8446, Section 4.2.7). */
export const supportedGroups: ExtensionCodec<readonly number[]> = u16ListCodec(
  ExtensionType.supportedGroups,
  "supported_groups",
  0xffff,
);
