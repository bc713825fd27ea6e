// Copyright 2026 the NSS for Deno authors. MIT license.

import { toSslError } from "../errors.ts";
import type { HandshakeContext } from "./handshake.ts";
import type { ExporterMasterSecret, TrafficSecret } from "./key_schedule.ts";

/**
 * Writes a secret to the key log, in NSS's format: label, client random and secret. Before the secret's first use.
 *
 * @throws {SslError} `SSL_ERROR_APP_CALLBACK_ERROR` if the callback throws.
 */
export function logSecret(
  { config }: HandshakeContext,
  label: string,
  clientRandom: Uint8Array<ArrayBuffer>,
  secret: TrafficSecret | ExporterMasterSecret,
): void {
  if (config.keyLog === null) return;
  const line = `${label} ${clientRandom.toHex()} ${secret.bytesForKeyLog().toHex()}`;
  try {
    config.keyLog(line);
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
}
