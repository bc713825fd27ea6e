// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { CipherSuite, Tls12CipherSuite } from "../tables/cipher_suites.ts";
import type { NamedGroup } from "../tables/named_groups.ts";

/**
 * What the application sees of a handshake. Until that is complete nothing is authenticated, and no
 * state depends on it.
 */
export interface Progress {
  /** The protocol version; 0 before it is negotiated. */
  readonly version: number;
  /** The cipher suite. */
  readonly cipherSuite: CipherSuite | Tls12CipherSuite | null;
  /** The key exchange group. */
  readonly group: NamedGroup | null;
  /** The scheme of the peer's signature. */
  readonly peerSignatureScheme: SignatureScheme | null;
  /** The application protocol. */
  readonly alpnProtocol: string | null;
  /** The host name in server_name. */
  readonly serverName: string | null;
  /** Whether there was a HelloRetryRequest. */
  readonly helloRetryRequest: boolean;
  /** Whether the server has accepted Encrypted Client Hello. */
  readonly echAccepted: boolean;
  /** The peer's certificates, verified or not. */
  readonly peerChain: readonly Certificate[];
  /** The peer's raw public key in place of certificates, accepted or not; `null` for none. */
  readonly peerRawPublicKey: SubjectPublicKeyInfo | null;
  /** The stapled OCSP response; `null` for none. */
  readonly stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs; `null` for none. */
  readonly signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
  /** This end's certificates. */
  readonly localChain: readonly Certificate[];
  /** Why this client has shown no certificate to a server that asked for one; else `null`. */
  readonly noCertificate: string | null;
}

/** The progress of a handshake that has not begun. */
export const NO_PROGRESS: Progress = {
  version: 0,
  cipherSuite: null,
  group: null,
  peerSignatureScheme: null,
  alpnProtocol: null,
  serverName: null,
  helloRetryRequest: false,
  echAccepted: false,
  peerChain: [],
  peerRawPublicKey: null,
  stapledOcspResponse: null,
  signedCertTimestamps: null,
  localChain: [],
  noCertificate: null,
};

/** Shows a peer that has been authenticated. */
export function showPeer(hs: { progress: Progress }, peer: ShownPeer): void {
  const { chain: peerChain, rawPublicKey: peerRawPublicKey } = peer;
  show(hs, { peerChain, peerRawPublicKey, peerSignatureScheme: peer.signatureScheme });
}

/** Shows the ends of a session that is resumed. */
export function showSession(hs: { progress: Progress }, session: ShownSession): void {
  const { peerChain, peerRawPublicKey, localChain } = session;
  const { stapledOcspResponse, signedCertTimestamps } = session;
  show(hs, { peerChain, peerRawPublicKey, stapledOcspResponse, signedCertTimestamps, localChain });
}

type ShownSession = Pick<
  Progress,
  | "peerChain"
  | "peerRawPublicKey"
  | "stapledOcspResponse"
  | "signedCertTimestamps"
  | "localChain"
>;

/** What is seen of a peer. */
interface ShownPeer {
  readonly chain: readonly Certificate[];
  readonly rawPublicKey: SubjectPublicKeyInfo | null;
  readonly signatureScheme: SignatureScheme | null;
}

/** Updates the progress of a handshake. */
export function show(hs: { progress: Progress }, update: Partial<Progress>): void {
  hs.progress = { ...hs.progress, ...update };
}
