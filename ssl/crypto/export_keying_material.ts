// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { ExporterMasterSecret } from "./expanded_secrets.ts";
import {
  encodeLabel,
  expand,
  HASH_LENGTHS,
  hkdfLabel,
  importHmacKey,
  LABEL_LIMIT,
} from "./hkdf.ts";

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const EXPORTER = encodeLabel("exporter");

/**
 * Exports keying material (RFC 8446, Section 7.5).
 *
 * @param exporterMasterSecret The (early) exporter master secret.
 * @param label The exporter's label.
 * @param context The exporter's context; in TLS 1.3 `null` is equivalent to an empty one.
 * @param length The number of bytes to export.
 * @returns The keying material.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if the label or the length is out of range.
 */
export async function exportKeyingMaterial(
  exporterMasterSecret: ExporterMasterSecret,
  label: string,
  context: Uint8Array<ArrayBuffer> | null,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { hash } = exporterMasterSecret;
  const hashLength = HASH_LENGTHS[hash];
  const labelLength = encoder.encode(label).length;
  if (labelLength > LABEL_LIMIT) {
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot export keying material: label has ${labelLength} bytes, not at most ${LABEL_LIMIT}`,
    );
  }
  if (!Number.isInteger(length) || length < 0 || length > 255 * hashLength) {
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot export keying material: length is ${length}, not a whole number from 0 to ${
        255 * hashLength
      }`,
    );
  }
  const [secret, contextHash] = await Promise.all([
    exporterMasterSecret.deriveSecret(label),
    crypto.subtle.digest(hash, context ?? EMPTY),
  ]);
  const key = importHmacKey(hash, secret);
  secret.fill(0);
  const info = hkdfLabel(length, EXPORTER, new Uint8Array(contextHash));
  return await expand(await key, hashLength, info, length);
}
