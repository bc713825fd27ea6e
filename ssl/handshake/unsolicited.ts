// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { ExtensionBlock } from "../extensions/extension_block.ts";
import { extensionTypeName } from "../tables/extension_types.ts";

/**
 * Refuses extensions in a response that the request did not have (RFC 8446, Section 4.2).
 *
 * @throws {SslError} `SSL_ERROR_RX_UNEXPECTED_EXTENSION`.
 */
export function refuseUnsolicited(
  extensions: ExtensionBlock | undefined,
  asked: readonly number[],
): void {
  const unasked = extensions?.types().find((type) => !asked.includes(type));
  if (unasked === undefined) return;
  throw new SslError(
    "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
    `Cannot take extension ${extensionTypeName(unasked)}: it was not asked for`,
  );
}

/** Refuses an extension, if there is one, that comes with a raw public key. */
export function refuseWithKey(type: number | undefined): void {
  if (type === undefined) return;
  throw new SslError(
    "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
    `Cannot take extension ${extensionTypeName(type)}: it comes with a raw public key, and ` +
      "belongs to certificates",
  );
}
