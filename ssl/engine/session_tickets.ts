// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeContext } from "../handshake/handshake.ts";
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
 * What makes this end forget the session of the connection as it is now, though another handshake
 * may have begun by then: at once, but for caches outside the process.
 */
export function sessionForgetter(
  { config, session, peerAddress }: HandshakeContext,
  tickets: SessionTickets,
): () => Promise<void> {
  return async () => {
    session.invalidated = true;
    tickets.drop();
    if (config.role === "client") await forgetClientSessions(config, peerAddress);
    else await session.forget?.();
  };
}
