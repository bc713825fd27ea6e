// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { emptyCodec, type ExtensionCodec } from "./extension_codec.ts";

/**
 * `post_handshake_auth`: the client supports post-handshake authentication (RFC 8446, Section
 * 4.2.6).
 */
export const postHandshakeAuth: ExtensionCodec<true> = emptyCodec(
  ExtensionType.postHandshakeAuth,
  "post_handshake_auth",
);
