// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "../config/config.ts";

/**
 * The maximum length in bytes of the names in a CertificateRequest, which clients must be able to
 * read (rustls: up to 65,535 bytes).
 */
export const MAX_AUTHORITIES_LENGTH = 2 ** 15;

/**
 * Returns the names of the authorities in a CertificateRequest, in DER; none if they are too long.
 * They are a hint (RFC 8446, Section 4.2.4; RFC 5246, Section 7.4.4): without them, a client may
 * send any certificate.
 */
export function authorityNames(
  { caNames, trustAnchors }: SslConfig,
): readonly Uint8Array<ArrayBuffer>[] {
  const subjects = caNames ?? trustAnchors?.map(({ subject }) => subject) ?? [];
  const names = subjects.map(({ der }) => der);
  const length = names.reduce((sum, name) => sum + 2 + name.length, 0);
  return length <= MAX_AUTHORITIES_LENGTH ? names : [];
}
