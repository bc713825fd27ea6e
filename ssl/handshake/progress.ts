// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { CipherSuite, Tls12CipherSuite } from "../tables/cipher_suites.ts";
import type { NamedGroup } from "../tables/named_groups.ts";

/**
 * What the application may see of a handshake that is under way; none of it is authenticated, and
 * no state goes by it. Of a complete handshake it shows what that has negotiated.
 */
export interface Progress {
  /** The protocol version's number; 0 before it is chosen. */
  readonly version: number;
  /** The cipher suite. */
  readonly cipherSuite: CipherSuite | Tls12CipherSuite | null;
  /** The key exchange group. */
  readonly group: NamedGroup | null;
  /** How the peer signed. */
  readonly peerSignatureScheme: SignatureScheme | null;
  /** The application protocol. */
  readonly alpnProtocol: string | null;
  /** The host name that the client asked for. */
  readonly serverName: string | null;
  /** Whether there was a HelloRetryRequest. */
  readonly helloRetryRequest: boolean;
  /** The peer's certificates, whatever is thought of them. */
  readonly peerChain: readonly Certificate[];
  /** The OCSP response that came with them; `null` where there was none. */
  readonly stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs that came with them; `null` where there was none. */
  readonly signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
  /** This end's certificates. */
  readonly localChain: readonly Certificate[];
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
  peerChain: [],
  stapledOcspResponse: null,
  signedCertTimestamps: null,
  localChain: [],
};

/** Lets the application see more of a handshake. */
export function show(hs: { progress: Progress }, news: Partial<Progress>): void {
  hs.progress = { ...hs.progress, ...news };
}
