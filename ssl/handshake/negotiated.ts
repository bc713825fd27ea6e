// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { SessionFacts } from "../base/session_cache.ts";
import type { AuthenticatedPeer } from "../authentication/authenticate_peer.ts";
import type { Signer } from "../authentication/choose_signer.ts";
import type { End } from "../crypto/master_secret.ts";
import type { Obstacles } from "../session/keep_session.ts";
import type { CipherSuite, Tls12CipherSuite } from "../tables/cipher_suites.ts";
import type { NamedGroup } from "../tables/named_groups.ts";
import type { TLS_1_2, TLS_1_3 } from "../tables/versions.ts";

/** What the hellos of TLS 1.3 agree on. */
export interface Tls13HelloAgreement {
  /** Tells it from TLS 1.2's. */
  readonly version: typeof TLS_1_3;
  /** The cipher suite. */
  readonly cipherSuite: CipherSuite;
  /** The key exchange group. */
  readonly group: NamedGroup;
  /** Whether there was a HelloRetryRequest. */
  readonly helloRetryRequest: boolean;
  /** Whether the client may be asked for a certificate at any time (RFC 8446, Section 4.2.6). */
  readonly postHandshakeAuth: boolean;
  /** The host name that the client asked for. */
  readonly serverName: string | null;
}

/** What the hellos of TLS 1.3 and EncryptedExtensions agree on. */
export interface Tls13Agreement extends Tls13HelloAgreement {
  /** The application protocol. */
  readonly alpnProtocol: string | null;
}

/** What the hellos of TLS 1.2 agree on. */
export interface Tls12Agreement {
  /** Tells it from TLS 1.3's. */
  readonly version: typeof TLS_1_2;
  /** The cipher suite. */
  readonly cipherSuite: Tls12CipherSuite;
  /** Whether the master secret is bound to the handshake (RFC 7627). */
  readonly extendedMasterSecret: boolean;
  /** Whether the peer knows RFC 5746. */
  readonly secureRenegotiation: boolean;
  /** The application protocol. */
  readonly alpnProtocol: string | null;
  /** The host name that the client asked for. */
  readonly serverName: string | null;
}

/** Who the ends are. */
export interface Identities {
  /** Whom the handshake has proved the peer to be. */
  readonly peer: AuthenticatedPeer;
  /** What this end has shown. */
  readonly local: Shown;
  /**
   * When the resumed session's full handshake was, in milliseconds since 1970; `null` without a
   * session.
   */
  readonly authenticatedAt: number | null;
}

/** What this end has shown of itself. */
export interface Shown {
  /** Its certificates. */
  readonly chain: readonly Certificate[];
  /** How it signed; `null` where it did not have to. */
  readonly signatureScheme: SignatureScheme | null;
  /** Whether the application's hook was asked for a client certificate. */
  readonly askedForClientAuthData: boolean;
}

/** What a complete handshake has negotiated. */
export type Negotiated = Tls13Negotiated | Tls12Negotiated;

/** What a complete handshake of TLS 1.3 has negotiated. */
export interface Tls13Negotiated extends Tls13Agreement, Identities {}

/** What a complete handshake of TLS 1.2 has negotiated. */
export interface Tls12Negotiated extends Tls12Agreement, Identities {
  /** The key exchange group; `null` where a session was resumed, which exchanges no keys. */
  readonly group: NamedGroup | null;
  /** The Finished messages, which the next handshake refers to (RFC 5746, Section 3.1). */
  readonly verifyData: VerifyData;
}

/** What the Finished messages of a TLS 1.2 handshake say. */
export type VerifyData = Readonly<Record<End, Uint8Array<ArrayBuffer>>>;

/** What an end shows that has to prove nothing: an earlier handshake's certificates, or none. */
export function shownBefore(chain: readonly Certificate[]): Shown {
  return { chain, signatureScheme: null, askedForClientAuthData: false };
}

/** What an end shows that has signed. */
export function shownBy({ credential, scheme }: Signer): Shown {
  return { chain: credential.chain, signatureScheme: scheme, askedForClientAuthData: false };
}

/** What a client's session carries of the handshake that it comes from. */
export function sessionFacts(
  { alpnProtocol, peer, local }: Negotiated,
): Omit<SessionFacts, "authenticatedAt" | "expiresAt"> {
  const { chain: peerChain, stapledOcspResponse, signedCertTimestamps } = peer;
  return {
    alpnProtocol,
    peerChain,
    stapledOcspResponse,
    signedCertTimestamps,
    localChain: local.chain,
  };
}

/** What forbids that a client keeps the session of a handshake. */
export function obstaclesOf({ peer, local }: Negotiated): Obstacles {
  const { badCertAccepted } = peer;
  const { askedForClientAuthData } = local;
  return { badCertAccepted, askedForClientAuthData };
}
