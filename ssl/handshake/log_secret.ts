// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import { toSslError } from "../base/errors.ts";
import type { SslConfig } from "../config/config.ts";
import type { ExporterMasterSecret, TrafficSecret } from "../crypto/expanded_secrets.ts";

/**
 * Writes a TLS 1.3 secret to the key log; to be called before the first use of the secret.
 *
 * @throws {SslError} `SSL_ERROR_APP_CALLBACK_ERROR` if the callback throws.
 */
export function logSecret(
  config: SslConfig,
  label: string,
  clientRandom: Uint8Array<ArrayBuffer>,
  secret: TrafficSecret | ExporterMasterSecret,
): void {
  if (config.keyLog !== null) logKey(config, label, clientRandom, secret.bytesForKeyLog());
}

/**
 * Writes a line to the key log, in NSS's format: label, client random and secret.
 *
 * @throws {SslError} `SSL_ERROR_APP_CALLBACK_ERROR` if the callback throws.
 */
export function logKey(
  config: SslConfig,
  label: string,
  clientRandom: Uint8Array<ArrayBuffer>,
  secret: Uint8Array<ArrayBuffer>,
): void {
  try {
    config.keyLog?.(`${label} ${toHex(clientRandom)} ${toHex(secret)}`);
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
}
