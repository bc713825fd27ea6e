// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeContext } from "./handshake.ts";
import type { ExporterMasterSecret, TrafficSecret } from "./key_schedule.ts";

/** Writes a secret to the key log, in NSS's format: label, client random and secret. Before the secret's first use. */
export function logSecret(
  { config }: HandshakeContext,
  label: string,
  clientRandom: Uint8Array<ArrayBuffer>,
  secret: TrafficSecret | ExporterMasterSecret,
): void {
  config.keyLog?.(`${label} ${clientRandom.toHex()} ${secret.bytesForKeyLog().toHex()}`);
}
