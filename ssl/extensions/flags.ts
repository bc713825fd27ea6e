// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { emptyCodec, type ExtensionCodec } from "./extension_codec.ts";

/** `encrypt_then_mac`: CBC suites compute the MAC over the ciphertext (RFC 7366, Section 2). */
export const encryptThenMac: ExtensionCodec<true> = emptyCodec(
  ExtensionType.encryptThenMac,
  "encrypt_then_mac",
);

/**
 * `extended_master_secret`: the master secret depends on the transcript (RFC 7627, Section 5.1).
 */
export const extendedMasterSecret: ExtensionCodec<true> = emptyCodec(
  ExtensionType.extendedMasterSecret,
  "extended_master_secret",
);

/**
 * `post_handshake_auth`: the client supports post-handshake authentication (RFC 8446, Section
 * 4.2.6).
 */
export const postHandshakeAuth: ExtensionCodec<true> = emptyCodec(
  ExtensionType.postHandshakeAuth,
  "post_handshake_auth",
);
