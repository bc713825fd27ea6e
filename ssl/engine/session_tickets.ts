// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeContext } from "../handshake/handshake.ts";
import { sessionConfig } from "../handshake/tls12/renegotiation.ts";
import { forgetClientSessions } from "../session/client_cache.ts";
import { serverSessionsOf } from "../session/server_cache.ts";
import type { SessionHandle } from "../session/session_handle.ts";
import type { SslConfig } from "../config/config.ts";

type Ticket = Uint8Array<ArrayBuffer>;

const NONE: readonly Ticket[] = [];

/**
 * The session tickets of TLS 1.3. A server sends them with its first application data, else before
 * its close_notify if the peer has closed first: a peer that still writes might never read them,
 * and its kernel then resets the connection when it closes.
 */
export class SessionTickets {
  #tickets = NONE;
  #ready: Promise<void> = Promise.resolve();
  #dropped = false;
  /** Whether a client has received one. */
  received = false;

  /** Settles when the tickets exist. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Keeps the tickets of a complete handshake when they exist. */
  expect(tickets: Promise<readonly Ticket[]>): void {
    this.#ready = tickets.then(
      (made) => {
        if (!this.#dropped) this.#tickets = made;
      },
      () => {}, // the connection works without tickets
    );
  }

  /** Returns and removes the tickets that exist, as framed messages. */
  take(): readonly Ticket[] {
    const tickets = this.#tickets;
    this.#tickets = NONE;
    return tickets;
  }

  /** Drops all tickets, and those still being made. */
  drop(): void {
    this.#dropped = true;
    this.#tickets = NONE;
  }
}

/** What is forgotten of a server's sessions: what caches have, or the tickets of clients, too. */
export type Forgotten = "cached" | "given out";

/**
 * Returns a function that forgets the current session, and in a renegotiation the one before it,
 * too, even if another handshake has begun by then. Its promise settles when caches outside of the
 * process have forgotten them.
 */
export function sessionForgetter(
  hs: HandshakeContext,
  tickets: SessionTickets,
  what: Forgotten,
): () => Promise<void> {
  const { session, established, peerAddress } = hs;
  const config = sessionConfig(hs);
  const sessions = established === null ? [session] : [session, established.session];
  return async () => {
    for (const each of sessions) each.invalidated = true;
    tickets.drop();
    if (config.role === "client") return await forgetClientSessions(config, peerAddress);
    await Promise.all(sessions.map((each) => each.forget?.()));
    // A list of them has an end: only what the application says belongs into it
    if (what === "given out") await forgetFamilies(config, sessions);
  };
}

/** Has the sessions that were given to the peer forgotten, by all processes that share them. */
async function forgetFamilies(
  { context }: SslConfig,
  sessions: readonly SessionHandle[],
): Promise<void> {
  const origins = sessions.flatMap(({ origin }) => origin ?? []);
  if (origins.length === 0) return; // no session was given out
  const forgotten = await serverSessionsOf(context).listForgotten();
  for (const { family } of origins) await forgotten.forget({ family });
}
