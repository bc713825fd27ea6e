// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ClientSession } from "./session_cache.ts";

/** A session on its way from one socket to another, perhaps of another process. */
export interface ResumptionToken {
  /** The host whose session it is. */
  readonly hostname: string;
  /** What the configuration was that it was made under, as `tokenConfiguration()` tells it. */
  readonly configuration: string;
  /** The session. */
  readonly session: ClientSession;
}
