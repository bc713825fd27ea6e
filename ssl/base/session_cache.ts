// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { CipherSuite, Tls12CipherSuite } from "../tables/cipher_suites.ts";
import type { TLS_1_2, TLS_1_3 } from "../tables/versions.ts";

/**
 * The maximum age of sessions in seconds since the full handshake, however often they are renewed:
 * certificates and their trust change (RFC 8446, Section 4.6.1; BoringSSL's
 * `SSL_DEFAULT_SESSION_AUTH_TIMEOUT`).
 */
export const MAX_SESSION_AGE = 7 * 24 * 60 * 60;

/** A client's session, to resume later. */
export type ClientSession = Tls13ClientSession | Tls12ClientSession;

/** A session of TLS 1.3 (RFC 8446, Section 4.6.1). */
export interface Tls13ClientSession extends SessionFacts {
  /** The protocol version. */
  readonly version: typeof TLS_1_3;
  /** The ticket, which only the server can decrypt. */
  readonly ticket: Uint8Array<ArrayBuffer>;
  /** The PSK of the ticket. */
  readonly psk: Uint8Array<ArrayBuffer>;
  /** The cipher suite, whose hash the PSK is bound to. */
  readonly cipherSuite: CipherSuite;
  /** The value that obfuscates the ticket's age on the wire. */
  readonly ticketAgeAdd: number;
  /** The maximum of early data in bytes that the server takes with it; 0 for none. */
  readonly maxEarlyData: number;
  /** The time of receipt of the ticket, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/** A session of TLS 1.2 (RFC 5246, Section 7.3, and RFC 5077). */
export interface Tls12ClientSession extends SessionFacts {
  /** The protocol version. */
  readonly version: typeof TLS_1_2;
  /** The session ID; may be empty if there is a ticket. */
  readonly sessionId: Uint8Array<ArrayBuffer>;
  /** The ticket; may be empty if there is a session ID. */
  readonly ticket: Uint8Array<ArrayBuffer>;
  /** The master secret. */
  readonly masterSecret: Uint8Array<ArrayBuffer>;
  /** The cipher suite, the only one to resume it with. */
  readonly cipherSuite: Tls12CipherSuite;
  /** Whether it has an extended master secret (RFC 7627). */
  readonly extendedMasterSecret: boolean;
}

/** Who a peer is: it is not known where there is neither a certificate nor a key. */
export interface PeerIdentity {
  /** The certificates, as verified in the full handshake; empty for a peer without. */
  readonly peerChain: readonly Certificate[];
  /** The raw public key in place of certificates, as accepted in it (RFC 7250); `null` for none. */
  readonly peerRawPublicKey: SubjectPublicKeyInfo | null;
}

/** Returns whether a peer has authenticated itself, by a certificate or by a raw public key. */
export function isKnown({ peerChain, peerRawPublicKey }: PeerIdentity): boolean {
  return peerChain.length > 0 || peerRawPublicKey !== null;
}

/** The properties of sessions of all versions. */
export interface SessionFacts extends PeerIdentity {
  /** The time of the full handshake, in milliseconds since 1970. */
  readonly authenticatedAt: number;
  /** The time of expiry, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** The application protocol of the connection; `null` if none. */
  readonly alpnProtocol: string | null;
  /** The OCSP response stapled by the server; `null` if none. */
  readonly stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs that the server sent; `null` if none. */
  readonly signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
  /** The certificates that this end presented. */
  readonly localChain: readonly Certificate[];
}

/**
 * A value, or a promise of it.
 *
 * @category Sessions
 */
export type Awaitable<T> = T | Promise<T>;

/**
 * A session in a cache of the application.
 *
 * @category Sessions
 */
export interface CachedSession {
  /**
   * The bytes of the session, which are secret like those of {@linkcode ResumptionTokenCallback}.
   */
  readonly token: Uint8Array<ArrayBuffer>;
  /** The time of expiry, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * A cache of a client's sessions, for {@linkcode configClientSessionCache}.
 *
 * A key identifies the peer and the configuration, and is not secret. A cache that fails or is too
 * slow prevents resumption, but never ends the connection. Writing to the cache allows
 * impersonation of the server: its content must come from this library alone.
 *
 * @category Sessions
 */
export interface ClientSessionCache<S extends { readonly expiresAt: number } = CachedSession> {
  /**
   * Removes and returns the newest session that has not expired at `now`, since tickets are used
   * once (RFC 8446, Appendix C.4).
   */
  take(key: string, now: number): Awaitable<S | undefined>;
  /** Stores a session. */
  put(key: string, session: S): Awaitable<void>;
  /** Deletes the sessions of a key. */
  delete(key: string): Awaitable<void>;
  /** Deletes all sessions. */
  clear(): Awaitable<void>;
}
