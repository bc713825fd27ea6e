// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";
import { contextOf } from "../config/context_policy.ts";
import { countersOf, type SslStatistics } from "../session/statistics.ts";

export type { SessionCounts, SslStatistics } from "../session/statistics.ts";

/**
 * Returns how often sessions were resumed, and how often not (`SSL_GetStatistics`).
 *
 * @param options `context`: the context; the default context by default.
 * @returns A copy of the current counts.
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
 *
 * @category Sessions
 */
export function getStatistics(options: { context?: NssContext } = {}): SslStatistics {
  return structuredClone(countersOf(contextOf(options)));
}
