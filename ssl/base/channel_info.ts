// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { ProtocolVersion } from "../tables/versions.ts";

/** What a handshake has negotiated so far (`SSLPreliminaryChannelInfo`); `null` stands for what is not settled yet. */
export interface PreliminaryChannelInfo {
  /** The protocol version. */
  readonly version: ProtocolVersion | null;
  /** The cipher suite's IANA name. */
  readonly cipherSuite: string | null;
  /** The key exchange group's IANA name. */
  readonly group: string | null;
  /** How the peer proved its certificate's key. */
  readonly peerSignatureScheme: SignatureScheme | null;
  /** The application protocol (RFC 7301). */
  readonly alpnProtocol: string | null;
  /** The host name that the client asked for (RFC 6066). */
  readonly serverName: string | null;
  /** Whether the server asked for a second ClientHello. */
  readonly helloRetryRequest: boolean;
  /** The peer's certificates, accepted or not: hooks decide about them. */
  readonly peerCertificates: readonly Certificate[];
}

/** What a handshake has negotiated (`SSLChannelInfo`). */
export interface ChannelInfo {
  /** The protocol version. */
  readonly version: ProtocolVersion;
  /** The cipher suite's IANA name, such as `"TLS_AES_128_GCM_SHA256"`. */
  readonly cipherSuite: string;
  /** The key exchange group's IANA name, such as `"X25519MLKEM768"`; empty where TLS 1.2 resumed a session, which exchanges no keys. */
  readonly group: string;
  /** How the peer proved its certificate's key in this handshake; `null` where it did not have to. */
  readonly peerSignatureScheme: SignatureScheme | null;
  /** How this end proved its certificate's key in this handshake; `null` where it did not have to. */
  readonly localSignatureScheme: SignatureScheme | null;
  /** The application protocol (RFC 7301); `null` where none was agreed on. */
  readonly alpnProtocol: string | null;
  /** The host name that the client asked for (RFC 6066); `null` where it named none. */
  readonly serverName: string | null;
  /** Whether an earlier session was resumed. */
  readonly resumed: boolean;
  /** Whether the server asked for a second ClientHello. */
  readonly helloRetryRequest: boolean;
  /** Whether the secrets are bound to the handshake (RFC 7627): always in TLS 1.3. */
  readonly extendedMasterSecret: boolean;
  /** Whether the peer knows RFC 5746, so that no renegotiation can be another's: always in TLS 1.3, which has none. */
  readonly secureRenegotiation: boolean;
  /** Whether the peer's certificate stands only because the bad-certificate hook said so. */
  readonly badCertAccepted: boolean;
  /** The peer's certificates, its own first; those of the first handshake where a session was resumed. */
  readonly peerCertificates: readonly Certificate[];
  /** The certificates that this end sent, its own first; those of the first handshake where a session was resumed. */
  readonly localCertificates: readonly Certificate[];
}
