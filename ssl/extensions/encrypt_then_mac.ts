// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { emptyCodec, type ExtensionCodec } from "./extension_codec.ts";

/** `encrypt_then_mac`: CBC suites compute the MAC over the ciphertext (RFC 7366, Section 2). */
export const encryptThenMac: ExtensionCodec<true> = emptyCodec(
  ExtensionType.encryptThenMac,
  "encrypt_then_mac",
);
