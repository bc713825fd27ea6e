// Copyright 2026 the NSS for Deno authors. MIT license.

import type { RecordProtection } from "../record/cipher_spec.ts";
import type { RecordLimits } from "./limit_records.ts";
import type { Negotiated } from "./negotiated.ts";

/** The interface through which a handshake acts on its connection. */
export interface HandshakeOutput {
  /** Sends a framed handshake message. */
  sendMessage(message: Uint8Array<ArrayBuffer>): void;
  /** Keeps what is sent from now on until the flight is complete, or an alert ends it. */
  holdFlight(): void;
  /** Sends what has been kept, in one piece, while this end goes on. */
  sendFlight(): void;
  /** Sends a change_cipher_spec; in TLS 1.3 once, for middleboxes (RFC 8446, Appendix D.4). */
  sendChangeCipherSpec(): void;
  /** Limits the plaintext of protected records, from the next one on (RFC 8449). */
  limitRecords(limits: Partial<RecordLimits>): void;
  /** Replaces the protection of received records, from the next one on. */
  installReadSpec(spec: RecordProtection): void;
  /** Replaces the protection of sent records, from the next one on. */
  installWriteSpec(spec: RecordProtection): void;
  /** Passes an event to the connection. */
  emit(event: HandshakeEvent): void;
}

/** An event of a handshake, for its connection. */
export type HandshakeEvent =
  /** A ClientHello has been sent or received; change_cipher_spec is tolerated from now on. */
  | { readonly kind: "hello" }
  /** The client has offered early data, which this server skips. */
  | {
    readonly kind: "skipEarlyData";
    readonly how: "in clear" | "undecryptable";
    /** The bytes that tickets of this server allow. */
    readonly limit: number;
  }
  /** This end may send application data, before the peer's Finished. */
  | { readonly kind: "writable" }
  /** The peer has sent a KeyUpdate, and perhaps requested one. */
  | { readonly kind: "keyUpdate"; readonly requestUpdate: boolean }
  /** The server of a TLS 1.3 connection has sent a ticket, which has not been parsed. */
  | { readonly kind: "newSessionTicket" }
  /** The peer of a TLS 1.2 connection has requested a renegotiation, which this end declines. */
  | { readonly kind: "declineRenegotiation" }
  /** A renegotiation of a TLS 1.2 connection has begun; this end sends no application data. */
  | { readonly kind: "renegotiation"; readonly byPeer: boolean }
  /** The peer has declined a renegotiation; the connection continues. */
  | { readonly kind: "renegotiationDeclined" }
  /**
   * A check of the peer is under way while its next messages are processed. It is awaited before
   * more of its bytes are, and its refusal comes before what is wrong with later messages.
   */
  | { readonly kind: "checking"; readonly check: Promise<unknown> }
  /** The peer has sent a message without effect. */
  | { readonly kind: "ignored" }
  /** The client has answered a post-handshake CertificateRequest. */
  | { readonly kind: "reauthenticated"; readonly negotiated: Negotiated }
  /** This end has answered a post-handshake CertificateRequest. */
  | { readonly kind: "shown"; readonly negotiated: Negotiated }
  /** The peer's Finished has been verified. */
  | {
    readonly kind: "connected";
    readonly negotiated: Negotiated;
    readonly keys: ConnectionKeys;
    /** The session tickets to send before the first application data, or else the close_notify. */
    readonly tickets: Promise<readonly Uint8Array<ArrayBuffer>[]>;
  };

/** The operations on the keys of a connection whose handshake is complete. */
export interface ConnectionKeys {
  /** Whether the version has a KeyUpdate. */
  readonly renewable: boolean;

  /**
   * Sends a KeyUpdate and replaces the write key.
   *
   * @param requestUpdate Whether to ask the peer for a KeyUpdate, too.
   * @param output The output to send it to.
   * @throws {SslError} `SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION` if the keys are not
   * {@linkcode renewable}.
   */
  renewWriteKey(requestUpdate: boolean, output: HandshakeOutput): Promise<void>;

  /**
   * Exports keying material (RFC 8446, Section 7.5; RFC 5705).
   *
   * @param label The label.
   * @param context The context value; in TLS 1.2 `null` differs from an empty one.
   * @param length The number of bytes.
   * @returns The keying material.
   */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array<ArrayBuffer> | null,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * Returns what keying material is exported from, for who cannot wait for
   * {@linkcode ConnectionKeys.exportKeyingMaterial}.
   *
   * @throws {NssError} `SEC_ERROR_LIBRARY_FAILURE` in TLS 1.3 after material has been exported.
   */
  exporterSecret(): ExporterSecret;
}

/** What keying material is exported from: secret. */
export interface ExporterSecret {
  /** A copy of the master secret of TLS 1.2, or of the exporter master secret of TLS 1.3. */
  readonly secret: Uint8Array<ArrayBuffer>;
  /** The randoms of TLS 1.2, that of the client first; `null` in TLS 1.3. */
  readonly randoms: Uint8Array<ArrayBuffer> | null;
}
