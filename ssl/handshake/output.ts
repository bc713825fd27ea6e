// Copyright 2026 the NSS for Deno authors. MIT license.

import type { RecordProtection } from "../record/cipher_spec.ts";
import type { Negotiated } from "./negotiated.ts";

/** The only way in which a handshake acts on its connection. */
export interface HandshakeOutput {
  /** Sends a framed handshake message. */
  sendMessage(message: Uint8Array<ArrayBuffer>): void;
  /** Sends the change_cipher_spec of middlebox compatibility, once (RFC 8446, Appendix D.4). */
  sendChangeCipherSpec(): void;
  /**
   * Keeps protected records to so much plaintext in either direction, from the next one on (RFC
   * 8449).
   */
  limitRecords(send: number, receive: number): void;
  /** Protects what is read from the next record on. */
  installReadSpec(spec: RecordProtection): void;
  /** Protects what is written from now on. */
  installWriteSpec(spec: RecordProtection): void;
  /** Tells the connection what has happened. */
  emit(event: HandshakeEvent): void;
}

/** What a handshake tells its connection. */
export type HandshakeEvent =
  /** A ClientHello has been sent or received: change_cipher_spec is tolerated from here on. */
  | { readonly kind: "hello" }
  /** The client asked for early data, which this server reads past. */
  | { readonly kind: "skipEarlyData"; readonly how: "in clear" | "undecryptable" }
  /** The peer has renewed its key, and may ask for the same of this end. */
  | { readonly kind: "keyUpdate"; readonly requestUpdate: boolean }
  /** The server of a TLS 1.3 connection hands out a ticket, which has not been looked at. */
  | { readonly kind: "newSessionTicket" }
  /** The peer of a TLS 1.2 connection wants to renegotiate, and does not get its will. */
  | { readonly kind: "declineRenegotiation" }
  /** A TLS 1.2 connection is being negotiated anew; application data of this end's waits. */
  | { readonly kind: "renegotiation"; readonly byPeer: boolean }
  /** The peer does not want to renegotiate, and the connection goes on as it was. */
  | { readonly kind: "renegotiationDeclined" }
  /** The peer says what it need not, and what has no effect. */
  | { readonly kind: "ignored" }
  /** The client has answered a CertificateRequest that came after the handshake. */
  | { readonly kind: "reauthenticated"; readonly negotiated: Negotiated }
  /** This end has answered a CertificateRequest that came after the handshake. */
  | { readonly kind: "shown"; readonly negotiated: Negotiated }
  /** The peer's Finished has been verified. */
  | {
    readonly kind: "connected";
    readonly negotiated: Negotiated;
    readonly keys: ConnectionKeys;
    /** Session tickets to send before the first application data; made meanwhile. */
    readonly tickets: Promise<readonly Uint8Array<ArrayBuffer>[]>;
  };

/** The keys of a connection whose handshake is complete: what can still be done with them. */
export interface ConnectionKeys {
  /** Whether the write key can be renewed while the connection goes on. */
  readonly renewable: boolean;

  /**
   * Goes on under the next write key, and tells the peer; only where keys are
   * {@linkcode renewable}.
   *
   * @param requestUpdate Whether the peer is to renew its own key, too.
   * @param output Where to tell it.
   * @throws {SslError} `SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION` where the version has no such
   * thing.
   */
  renewWriteKey(requestUpdate: boolean, output: HandshakeOutput): Promise<void>;

  /**
   * Derives bytes that both ends know and nobody else.
   *
   * @param label The purpose.
   * @param context What else the bytes depend on; in TLS 1.2 none is not the same as an empty one.
   * @param length How many bytes.
   * @returns The bytes.
   */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array<ArrayBuffer> | null,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>>;
}
