// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";
import type { ClientSession } from "../base/session_cache.ts";
import { countersOf, countSession } from "./statistics.ts";

/**
 * Counts whether the server has resumed the session that the client has offered.
 *
 * @param context The client's context.
 * @param resumes Whether the server resumes it.
 * @param offered The offered session; `null` for none.
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
