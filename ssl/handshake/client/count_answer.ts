// Copyright 2026 the NSS for Deno authors. MIT license.

import { countersOf, countSession } from "../../session/statistics.ts";
import type { HandshakeContext } from "../handshake.ts";
import type { Offer } from "./client_hello.ts";

/** Counts whether the server resumes what it was offered. */
export function countAnswer({ config }: HandshakeContext, resumes: boolean, offer: Offer): void {
  const session = offer.session?.session ?? offer.tls12Session;
  const stateless = session !== null && session.ticket.length > 0;
  const notOk = session !== null;
  countSession(countersOf(config.context).handleServerHello, resumes, { stateless, notOk });
}
