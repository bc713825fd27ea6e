// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";
import type { ClientSession } from "../base/session_cache.ts";
import { countersOf, countSession } from "./statistics.ts";

/**
 * Counts whether a server resumes what it was offered.
 *
 * @param offered The session that the client has offered; `null` for none.
 */
export function countAnswer(
  context: NssContext,
  resumes: boolean,
  offered: ClientSession | null,
): void {
  const stateless = offered !== null && offered.ticket.length > 0;
  const notOk = offered !== null;
  countSession(countersOf(context).handleServerHello, resumes, { stateless, notOk });
}
