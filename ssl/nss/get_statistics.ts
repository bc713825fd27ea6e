// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { countersOf, type SslStatistics } from "../session/statistics.ts";

export type { SessionCounts, SslStatistics } from "../session/statistics.ts";

/**
 * How often sessions were resumed, and how often not (`SSL_GetStatistics`).
 *
 * @param options `context`: whose connections; default the default context's.
 * @returns The counts until now, which do not go on.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { getStatistics } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const { handleClientHello } = getStatistics({ context: new NssContext() });
 * assertEquals(handleClientHello.hits, 0);
 * ```
 */
export function getStatistics(options: { context?: NssContext } = {}): SslStatistics {
  return structuredClone(countersOf(options.context ?? defaultContext()));
}
