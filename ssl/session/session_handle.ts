// Copyright 2026 the NSS for Deno authors. MIT license.

/** The session of one handshake, which the application may give up at any time. */
export interface SessionHandle {
  /** Whether it has been given up: it is not kept any more, nor handed out. */
  invalidated: boolean;
  /** Makes a server's cache forget it; `null` where it is not there. */
  forget: (() => Promise<void>) | null;
}

/** The session of a handshake that has not begun. */
export function newSessionHandle(): SessionHandle {
  return { invalidated: false, forget: null };
}
