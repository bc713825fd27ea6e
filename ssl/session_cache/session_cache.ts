// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate.ts";
import type { CipherSuite } from "../tables/cipher_suites.ts";

/**
 * How many seconds after a full handshake its sessions end, however often they were renewed: certificates, and what was thought of
 * them, change (RFC 8446, Section 4.6.1; BoringSSL's `SSL_DEFAULT_SESSION_AUTH_TIMEOUT`).
 */
export const MAX_SESSION_AGE = 7 * 24 * 60 * 60;

/** What a client keeps of a connection to resume it later (RFC 8446, Section 4.6.1). */
export interface ClientSession {
  /** The ticket, which only the server reads. */
  readonly ticket: Uint8Array<ArrayBuffer>;
  /** The secret that goes with the ticket. */
  readonly psk: Uint8Array<ArrayBuffer>;
  /** The suite whose hash the secret is bound to. */
  readonly cipherSuite: CipherSuite;
  /** What hides the ticket's age on the wire. */
  readonly ticketAgeAdd: number;
  /** When the ticket came, in milliseconds since 1970. */
  readonly receivedAt: number;
  /** When the full handshake was that the session goes back to, in milliseconds since 1970. */
  readonly authenticatedAt: number;
  /** When the ticket ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** The application protocol of the connection. */
  readonly alpnProtocol: string | null;
  /** The server's certificates, as they were verified. */
  readonly peerChain: readonly Certificate[];
  /** The certificates that this end showed. */
  readonly localChain: readonly Certificate[];
}

/**
 * Where a client's sessions wait for the next connection to the same server.
 *
 * The key names the peer and the configuration: a session is never used for another.
 */
export interface SessionCache {
  /** Removes and returns the newest session that has not expired at `now`; tickets are used once (RFC 8446, Appendix C.4). */
  take(key: string, now: number): ClientSession | undefined;
  /** Keeps a session. */
  put(key: string, session: ClientSession): void;
  /** Forgets the sessions of one key. */
  delete(key: string): void;
  /** Forgets all sessions. */
  clear(): void;
}
