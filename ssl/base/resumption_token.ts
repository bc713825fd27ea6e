// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ClientSession } from "./session_cache.ts";

/** The content of a resumption token: a session for another socket, possibly in another process. */
export interface ResumptionToken {
  /** The host name of the server. */
  readonly hostname: string;
  /** The configuration of the session, as returned by `tokenConfiguration()`. */
  readonly configuration: string;
  /** The session. */
  readonly session: ClientSession;
}
