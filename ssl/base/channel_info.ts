// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { ProtocolVersion } from "../tables/versions.ts";

/**
 * What a handshake has negotiated so far (`SSLPreliminaryChannelInfo`); `null` for values not yet
 * known.
 *
 * @category Connection information
 */
export interface PreliminaryChannelInfo {
  /** The protocol version. */
  readonly version: ProtocolVersion | null;
  /** The IANA name of the cipher suite. */
  readonly cipherSuite: string | null;
  /** The IANA name of the key exchange group. */
  readonly group: string | null;
  /** The signature scheme of the peer's authentication. */
  readonly peerSignatureScheme: SignatureScheme | null;
  /** The application protocol (RFC 7301). */
  readonly alpnProtocol: string | null;
  /** The host name that the client requested (RFC 6066). */
  readonly serverName: string | null;
  /** Whether the server sent a HelloRetryRequest. */
  readonly helloRetryRequest: boolean;
  /** Whether this client is sending early data. */
  readonly canSendEarlyData: boolean;
  /** The maximum of this early data in bytes; 0 where it sends none. */
  readonly maxEarlyDataSize: number;
  /** Whether the server has accepted Encrypted Client Hello; `false` before it is known. */
  readonly echAccepted: boolean;
  /** The peer's raw public key in place of certificates, possibly not yet accepted. */
  readonly peerRawPublicKey: SubjectPublicKeyInfo | null;
  /** The peer's certificates, leaf first, possibly not yet accepted. */
  readonly peerCertificates: readonly Certificate[];
}

/**
 * What a handshake has negotiated (`SSLChannelInfo`).
 *
 * @category Connection information
 */
export interface ChannelInfo {
  /** The protocol version. */
  readonly version: ProtocolVersion;
  /** The IANA name of the cipher suite, such as `"TLS_AES_128_GCM_SHA256"`. */
  readonly cipherSuite: string;
  /**
   * The IANA name of the key exchange group, such as `"X25519MLKEM768"`; empty without key
   * exchange: if TLS 1.2 resumed a session, and with `psk_ke`.
   */
  readonly group: string;
  /**
   * The signature scheme of the peer's authentication in this handshake; `null` if there was none.
   */
  readonly peerSignatureScheme: SignatureScheme | null;
  /**
   * The signature scheme of this end's authentication in this handshake; `null` if there was none.
   */
  readonly localSignatureScheme: SignatureScheme | null;
  /** The application protocol (RFC 7301); `null` if none was negotiated. */
  readonly alpnProtocol: string | null;
  /** The host name that the client requested (RFC 6066); `null` if none. */
  readonly serverName: string | null;
  /** Whether an earlier session was resumed. */
  readonly resumed: boolean;
  /** Whether the server sent a HelloRetryRequest. */
  readonly helloRetryRequest: boolean;
  /** Whether the client's hello was encrypted, and the server has decrypted it (RFC 9849). */
  readonly echAccepted: boolean;
  /** Whether the extended master secret is used (RFC 7627); always `true` in TLS 1.3. */
  readonly extendedMasterSecret: boolean;
  /**
   * Whether the peer supports secure renegotiation (RFC 5746); always `true` in TLS 1.3, which has
   * no renegotiation.
   */
  readonly secureRenegotiation: boolean;
  /** Whether the peer's certificate was rejected, and then accepted by the bad-certificate hook. */
  readonly badCertAccepted: boolean;
  /**
   * The peer's raw public key in place of certificates (RFC 7250); `null` for none. After
   * resumption it is that of the original handshake.
   */
  readonly peerRawPublicKey: SubjectPublicKeyInfo | null;
  /**
   * The raw public key that this end has shown in place of certificates; `null` for none, and after
   * resumption, which shows nothing.
   */
  readonly localRawPublicKey: SubjectPublicKeyInfo | null;
  /**
   * The identity of the external pre-shared key by which both ends have authenticated each other,
   * before an import; `null` if they have not. No certificate was shown then, and no hook asked.
   */
  readonly pskIdentity: Uint8Array<ArrayBuffer> | null;
  /** Whether the server has accepted early data of the client's. */
  readonly earlyDataAccepted: boolean;
  /**
   * The number of bytes of this early data: as many are the first of what the server reads, and may
   * have been replayed.
   */
  readonly earlyDataLength: number;
  /** The peer's certificates, leaf first; after resumption those of the original handshake. */
  readonly peerCertificates: readonly Certificate[];
  /**
   * The certificates sent by this end, leaf first; after resumption those of the original
   * handshake.
   */
  readonly localCertificates: readonly Certificate[];
}
