// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeContext } from "../handshake/handshake.ts";
import { sessionConfig } from "../handshake/tls12/renegotiation.ts";
import { forgetClientSessions } from "../session/client_cache.ts";

type Ticket = Uint8Array<ArrayBuffer>;

const NONE: readonly Ticket[] = [];

/** The tickets of a server of TLS 1.3, which leave with its first application data. */
export class SessionTickets {
  #tickets = NONE;
  #ready: Promise<void> = Promise.resolve();
  #wanted = true;

  /** Settles when they are made. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Waits for the tickets of a handshake that is complete. */
  expect(tickets: Promise<readonly Ticket[]>): void {
    this.#ready = tickets.then(
      (made) => {
        if (this.#wanted) this.#tickets = made;
      },
      () => {}, // a connection without tickets is a good connection
    );
  }

  /** Takes out those that are made: framed messages. */
  take(): readonly Ticket[] {
    const tickets = this.#tickets;
    this.#tickets = NONE;
    return tickets;
  }

  /** Hands out no more of them. */
  drop(): void {
    this.#wanted = false;
    this.#tickets = NONE;
  }
}

/**
 * Returns what forgets the session of the connection as it is now, and during a renegotiation the
 * one before it as well; another handshake may have begun when it is called. It acts at once, but
 * for caches outside the process.
 */
export function sessionForgetter(
  hs: HandshakeContext,
  tickets: SessionTickets,
): () => Promise<void> {
  const { session, established, peerAddress } = hs;
  const config = sessionConfig(hs);
  const sessions = established === null ? [session] : [session, established.session];
  return async () => {
    for (const each of sessions) each.invalidated = true;
    tickets.drop();
    if (config.role === "client") return await forgetClientSessions(config, peerAddress);
    await Promise.all(sessions.map((each) => each.forget?.()));
  };
}
