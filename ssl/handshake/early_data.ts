// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What a handshake and its connection know together of early data (RFC 8446, Section 4.2.10).
 * @module
 */

import type { Tls13ClientSession } from "../base/session_cache.ts";
import type { SslConfig } from "../config/config.ts";
import type { ExporterMasterSecret, TrafficSecret } from "../crypto/expanded_secrets.ts";
import type { RecordProtection } from "../record/cipher_spec.ts";
import type { CipherSuite } from "../tables/cipher_suites.ts";
import type { HandshakeContext } from "./handshake.ts";

/**
 * What became of a client's early data: accepted; or not, and why. The session may be missing
 * (`"no-session"`), allow none (`"not-allowed"`), or belong to a protocol or suite that is not
 * offered any more (`"not-offered"`), or a policy forbids it (`"forbidden"`): then none was sent. A
 * server may ask for a second ClientHello (`"hello-retry"`), not resume the session
 * (`"not-resumed"`), or refuse (`"refused"`).
 *
 * @category Sessions
 */
export type EarlyDataOutcome =
  | "accepted"
  | "no-session"
  | "not-allowed"
  | "not-offered"
  | "forbidden"
  | "hello-retry"
  | "not-resumed"
  | "refused";

/** The secrets that a PSK gives before the server has answered. */
export interface EarlySecrets {
  clientEarlyTrafficSecret(transcriptHash: Uint8Array<ArrayBuffer>): Promise<TrafficSecret>;
  earlyExporterMasterSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<ExporterMasterSecret>;
}

/** What a server has agreed to when it answers an offer of early data. */
export interface EarlyAgreement {
  readonly cipherSuite: CipherSuite;
  readonly alpnProtocol: string | null;
}

/** Early data that a client sends. */
export interface EarlyWrite {
  /** What has become of it; `null` while that is open. */
  readonly outcome: EarlyDataOutcome | null;
  /** Whether it may be sent now. */
  readonly sending: boolean;
  /** The maximum that the session allows, in bytes. */
  readonly limit: number;
  /** The number of bytes that have been sent. */
  sent: number;
  /**
   * The application protocol that it is for: that of the session, else the only one that is
   * offered;
   * `undefined` where it could be one of several.
   */
  readonly protocol: string | null | undefined;
  /** What early keying material is exported from; `null` where there is none. */
  readonly exporter: ExporterMasterSecret | null;
  /** Decides whether to offer it in the first ClientHello with a session. */
  offer(config: SslConfig, session: Tls13ClientSession | undefined): boolean;
  /** Installs its keys after that ClientHello. */
  start(
    hs: HandshakeContext,
    secrets: EarlySecrets,
    clientRandom: Uint8Array<ArrayBuffer>,
  ): Promise<void>;
  /** Ends it without success. */
  refuse(outcome: EarlyDataOutcome): void;
  /** Checks what the server has accepted. */
  accept(agreement: EarlyAgreement): void;
  /** Sends EndOfEarlyData, and installs the keys of the client's flight. */
  end(hs: HandshakeContext, next: RecordProtection): void;
}

/** Early data that a server has accepted. */
export interface EarlyRead {
  /** The number of bytes that have come. */
  readonly received: number;
  /** The number of bytes that have come and not been read. */
  readonly left: number;
  /** Whether the client has ended it. */
  ended: boolean;
  /** What early keying material is exported from. */
  readonly exporter: ExporterMasterSecret;
  /**
   * Counts a record of it.
   *
   * @throws {SslError} `SSL_ERROR_TOO_MUCH_EARLY_DATA` beyond what the ticket allows,
   * `SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA` after its end.
   */
  count(length: number): void;
  /** Tells how much application data has been read. */
  taken(length: number): void;
}
