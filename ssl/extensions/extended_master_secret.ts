// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { emptyCodec, type ExtensionCodec } from "./extension_codec.ts";

/**
 * `extended_master_secret`: the master secret depends on the transcript (RFC 7627, Section 5.1).
 */
export const extendedMasterSecret: ExtensionCodec<true> = emptyCodec(
  ExtensionType.extendedMasterSecret,
  "extended_master_secret",
);
