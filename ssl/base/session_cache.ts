// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { CipherSuite, Tls12CipherSuite } from "../tables/cipher_suites.ts";
import type { TLS_1_2, TLS_1_3 } from "../tables/versions.ts";

/**
 * How many seconds after a full handshake its sessions end, however often they were renewed: certificates, and what was thought of
 * them, change (RFC 8446, Section 4.6.1; BoringSSL's `SSL_DEFAULT_SESSION_AUTH_TIMEOUT`).
 */
export const MAX_SESSION_AGE = 7 * 24 * 60 * 60;

/** What a client keeps of a connection to resume it later. */
export type ClientSession = Tls13ClientSession | Tls12ClientSession;

/** A session of TLS 1.3 (RFC 8446, Section 4.6.1). */
export interface Tls13ClientSession extends SessionFacts {
  /** Tells it from the other kind. */
  readonly version: typeof TLS_1_3;
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
}

/** A session of TLS 1.2 (RFC 5246, Section 7.3, and RFC 5077). */
export interface Tls12ClientSession extends SessionFacts {
  /** Tells it from the other kind. */
  readonly version: typeof TLS_1_2;
  /** The name that the server has given it; may be empty where there is a ticket. */
  readonly sessionId: Uint8Array<ArrayBuffer>;
  /** The ticket; may be empty where there is a session ID. */
  readonly ticket: Uint8Array<ArrayBuffer>;
  /** The master secret. */
  readonly masterSecret: Uint8Array<ArrayBuffer>;
  /** The suite, with which alone it is resumed. */
  readonly cipherSuite: Tls12CipherSuite;
  /** Whether the master secret is bound to its handshake (RFC 7627). */
  readonly extendedMasterSecret: boolean;
}

/** What the sessions of all versions have. */
export interface SessionFacts {
  /** When the full handshake was that the session goes back to, in milliseconds since 1970. */
  readonly authenticatedAt: number;
  /** When the ticket ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** The application protocol of the connection. */
  readonly alpnProtocol: string | null;
  /** The server's certificates, as they were verified. */
  readonly peerChain: readonly Certificate[];
  /** The OCSP response that came with the server's certificate; `null` where there was none. */
  readonly stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs that came with the server's certificate; `null` where there was none. */
  readonly signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
  /** The certificates that this end showed. */
  readonly localChain: readonly Certificate[];
}

/** What is there at once, or comes later. */
export type Awaitable<T> = T | Promise<T>;

/** A session as a cache of an application's own keeps it. */
export interface CachedSession {
  /** The bytes of the session, which are a secret as those of {@linkcode ResumptionTokenCallback}. */
  readonly token: Uint8Array<ArrayBuffer>;
  /** When the session ends, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Where a client's sessions wait for the next connection to the same server; {@linkcode configClientSessionCache} takes one.
 *
 * The key names the peer and the configuration, and holds nothing secret. What fails or takes too long costs the resumption, never
 * the connection. Whoever can write to the cache can be the server: what is in it must come from this library alone.
 */
export interface SessionCache<S extends { readonly expiresAt: number } = CachedSession> {
  /** Removes and returns the newest session that has not expired at `now`; tickets are used once (RFC 8446, Appendix C.4). */
  take(key: string, now: number): Awaitable<S | undefined>;
  /** Keeps a session. */
  put(key: string, session: S): Awaitable<void>;
  /** Forgets the sessions of one key. */
  delete(key: string): Awaitable<void>;
  /** Forgets all sessions. */
  clear(): Awaitable<void>;
}
