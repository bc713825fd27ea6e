// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context.ts";
import type { TicketContent } from "../session_ticket.ts";

/** How many sessions a server remembers for clients without tickets, which are few; NSS has room for 10,000 of all clients. */
export const MAX_SERVER_SESSIONS = 1000;
/** For how many seconds such a session is good: "an upper limit of 24 hours is suggested" (RFC 5246, Appendix F.1.4). */
export const SESSION_ID_LIFETIME = 24 * 60 * 60;
/** The most bytes of a client's certificates that a session is remembered with. */
export const MAX_SESSION_CHAIN_LENGTH = 16384;

/**
 * The sessions of TLS 1.2 of clients that know session IDs only (RFC 5246, Section 7.3). A bounded cache in memory that forgets
 * the longest unused session first.
 */
export class ServerSessionCache {
  /** In order of use, the longest unused first. */
  readonly #sessions = new Map<string, TicketContent>();
  readonly #maxSessions: number;

  /** Makes an empty cache for so many sessions. */
  constructor(maxSessions: number = MAX_SERVER_SESSIONS) {
    this.#maxSessions = maxSessions;
  }

  /** The number of sessions that the cache holds. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Keeps a session; `binding` names what it must not leave. */
  put(id: Uint8Array, binding: Uint8Array, content: TicketContent): void {
    const chainLength = content.peerChain.reduce((sum, { der }) => sum + der.length, 0);
    if (chainLength > MAX_SESSION_CHAIN_LENGTH) return;
    this.#sessions.set(keyOf(id, binding), content);
    if (this.#sessions.size <= this.#maxSessions) return;
    const [longestUnused] = this.#sessions.keys();
    this.#sessions.delete(longestUnused!);
  }

  /** The session of an ID; `null` if there is none, it belongs to another binding, or has expired. */
  get(id: Uint8Array, binding: Uint8Array, now: number): TicketContent | null {
    const key = keyOf(id, binding);
    const content = this.#sessions.get(key);
    if (content === undefined) return null;
    this.#sessions.delete(key);
    const age = now - content.createdAt;
    if (age < 0 || age > SESSION_ID_LIFETIME * 1000) return null;
    this.#sessions.set(key, content);
    return content;
  }
}

function keyOf(id: Uint8Array, binding: Uint8Array): string {
  return `${id.toHex()} ${binding.toHex()}`;
}

const caches = new WeakMap<NssContext, ServerSessionCache>();

/** The server session cache of a context. */
export function serverSessionCache(context: NssContext): ServerSessionCache {
  let cache = caches.get(context);
  if (cache === undefined) {
    cache = new ServerSessionCache();
    caches.set(context, cache);
  }
  return cache;
}
