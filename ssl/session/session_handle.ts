// Copyright 2026 the NSS for Deno authors. MIT license.

import { StoreWait } from "./attempt.ts";
import type { KnownList, SessionOrigin } from "./session_ticket.ts";

/** A handle on the session of a handshake, which the application may invalidate at any time. */
export interface SessionHandle {
  /** Whether it has been invalidated: it is no longer kept, and no tickets are sent. */
  invalidated: boolean;
  /** Removes it from the server's cache; `null` if it is not there. */
  forget: (() => Promise<void>) | null;
  /** The full handshake that a server's session derives from; `null` if there is none yet. */
  origin: SessionOrigin | null;
  /** The list of what is forgotten as it was known when the handshake began. */
  known: KnownList | null;
  /** How long its handshake has waited for stores. */
  readonly wait: StoreWait;
}

/** Creates the handle of a handshake that has not begun. */
export function newSessionHandle(): SessionHandle {
  return { invalidated: false, forget: null, origin: null, known: null, wait: new StoreWait() };
}
