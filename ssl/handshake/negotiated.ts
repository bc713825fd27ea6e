// Copyright 2026 the NSS for Deno authors. MIT license.

import { LazyModule } from "../../cert/base/lazy_module.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { SessionFacts } from "../base/session_cache.ts";
import type { AuthenticatedPeer } from "../authentication/authenticate_peer.ts";
import type { Signer } from "../authentication/authentication_context.ts";
import type { SslConfig } from "../config/config.ts";
import type { End } from "../crypto/master_secret.ts";
import type { Obstacles } from "../session/keep_session.ts";
import type { CertificateTypes } from "../extensions/certificate_type.ts";
import type { ExtensionBlock } from "../extensions/extension_block.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import type { CipherSuite, Tls12CipherSuite } from "../tables/cipher_suites.ts";
import type { NamedGroup } from "../tables/named_groups.ts";
import type { TLS_1_2, TLS_1_3 } from "../tables/versions.ts";

/** What the hellos negotiate in TLS 1.3. */
export interface Tls13HelloAgreement {
  /** The protocol version. */
  readonly version: typeof TLS_1_3;
  /** The cipher suite. */
  readonly cipherSuite: CipherSuite;
  /** The key exchange group; `null` with psk_ke, which has no key exchange. */
  readonly group: NamedGroup | null;
  /** Whether there was a HelloRetryRequest. */
  readonly helloRetryRequest: boolean;
  /** Whether the ClientHello was encrypted, and the server has decrypted it. */
  readonly echAccepted: boolean;
  /** Whether the client has offered post_handshake_auth (RFC 8446, Section 4.2.6). */
  readonly postHandshakeAuth: boolean;
  /** The host name in server_name. */
  readonly serverName: string | null;
}

/** What the hellos and EncryptedExtensions negotiate in TLS 1.3. */
export interface Tls13Agreement extends Tls13HelloAgreement {
  /** The application protocol. */
  readonly alpnProtocol: string | null;
}

/** What the hellos negotiate in TLS 1.2. */
export interface Tls12Agreement {
  /** The protocol version. */
  readonly version: typeof TLS_1_2;
  /** The cipher suite. */
  readonly cipherSuite: Tls12CipherSuite;
  /** Whether the master secret is bound to the handshake (RFC 7627). */
  readonly extendedMasterSecret: boolean;
  /** Whether AES-CBC records have the MAC of the ciphertext (RFC 7366). */
  readonly encryptThenMac: boolean;
  /** Whether the peer supports RFC 5746. */
  readonly secureRenegotiation: boolean;
  /** The application protocol. */
  readonly alpnProtocol: string | null;
  /** The host name in server_name. */
  readonly serverName: string | null;
}

/** The authentication of both ends. */
export interface Identities extends OwnIdentity {
  /** The authenticated peer. */
  readonly peer: AuthenticatedPeer;
}

/** Few ends have raw public keys, or ask for them. */
export const CERTIFICATE_TYPES = new LazyModule(
  "the negotiation of raw public keys",
  () => import("./certificate_types.ts"),
);

/** Returns whether a server has raw public keys, or its client speaks of them. */
export function negotiatesTypes(
  { rawPublicKeys }: SslConfig,
  hello: ExtensionBlock | undefined,
): boolean {
  return rawPublicKeys !== null || hello !== undefined &&
      (hello.has(ExtensionType.serverCertificateType) ||
        hello.has(ExtensionType.clientCertificateType));
}

/** The authentication of this end, and the time of that of both. */
export interface OwnIdentity {
  /** The authentication of this end. */
  readonly local: Shown;
  /**
   * The time of the full handshake of a resumed session, in milliseconds since 1970; `null` if none
   * was resumed.
   */
  readonly authenticatedAt: number | null;
}

/** The authentication of this end. */
export interface Shown {
  /** The certificates, that of this end first; empty for none. */
  readonly chain: readonly Certificate[];
  /** The raw public key in place of certificates; `null` for none, and in a resumed session. */
  readonly rawPublicKey: SubjectPublicKeyInfo | null;
  /** The scheme of its signature; `null` if it did not sign. */
  readonly signatureScheme: SignatureScheme | null;
  /** Whether the application's hook was called for a client certificate. */
  readonly askedForClientAuthData: boolean;
}

/** The result of a complete handshake. */
export type Negotiated = Tls13Negotiated | Tls12Negotiated;

/** The result of a complete TLS 1.3 handshake. */
export interface Tls13Negotiated extends Tls13Agreement, Identities {
  /** Whether the ends show certificates or raw public keys. */
  readonly certificateTypes: CertificateTypes;
  /** The number of bytes of early data that the server has accepted; `null` if it did not. */
  readonly earlyData: number | null;
}

/** The result of a complete TLS 1.2 handshake. */
export interface Tls12Negotiated extends Tls12Agreement, Identities {
  /** The key exchange group; `null` for a resumed session, which has no key exchange. */
  readonly group: NamedGroup | null;
  /** The verify_data of both ends, for the next handshake (RFC 5746, Section 3.1). */
  readonly verifyData: VerifyData;
}

/** The verify_data of the Finished messages of a TLS 1.2 handshake. */
export type VerifyData = Readonly<Record<End, Uint8Array<ArrayBuffer>>>;

/** Returns the authentication of an end that did not sign: certificates sent earlier, or none. */
export function shownBefore(chain: readonly Certificate[]): Shown {
  return { chain, rawPublicKey: null, signatureScheme: null, askedForClientAuthData: false };
}

/** Returns the authentication of an end that has signed. */
export function shownBy({ credential, scheme }: Signer): Shown {
  const { chain, rawPublicKey } = credential;
  return { chain, rawPublicKey, signatureScheme: scheme, askedForClientAuthData: false };
}

/** Returns what a client's session keeps of its handshake. */
export function sessionFacts(
  { alpnProtocol, peer, local }: Negotiated,
): Omit<SessionFacts, "authenticatedAt" | "expiresAt"> {
  const { chain: peerChain, stapledOcspResponse, signedCertTimestamps } = peer;
  return {
    alpnProtocol,
    peerChain,
    peerRawPublicKey: peer.rawPublicKey,
    stapledOcspResponse,
    signedCertTimestamps,
    localChain: local.chain,
  };
}

/** Returns the reasons not to keep the session of a handshake. */
export function obstaclesOf({ peer, local }: Negotiated): Obstacles {
  const { badCertAccepted, pskIdentity } = peer;
  const { askedForClientAuthData } = local;
  return { badCertAccepted, usedExternalPsk: pskIdentity !== null, askedForClientAuthData };
}
