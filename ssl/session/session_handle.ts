// Copyright 2026 the NSS for Deno authors. MIT license.

/** A handle on the session of a handshake, which the application may invalidate at any time. */
export interface SessionHandle {
  /** Whether it has been invalidated: it is no longer kept, and no tickets are sent. */
  invalidated: boolean;
  /** Removes it from the server's cache; `null` if it is not there. */
  forget: (() => Promise<void>) | null;
}

/** Creates the handle of a handshake that has not begun. */
export function newSessionHandle(): SessionHandle {
  return { invalidated: false, forget: null };
}
