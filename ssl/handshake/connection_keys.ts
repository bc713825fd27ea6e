// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeOutput } from "./handshake.ts";

/** The keys of a connection whose handshake is complete: what can still be done with them. */
export interface ConnectionKeys {
  /** Whether the write key can be renewed while the connection goes on. */
  readonly renewable: boolean;

  /**
   * Goes on under the next write key, and tells the peer; only where keys are {@linkcode renewable}.
   *
   * @param requestUpdate Whether the peer is to renew its own key, too.
   * @param output Where to tell it.
   * @throws {SslError} `SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION` where the version has no such thing.
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
