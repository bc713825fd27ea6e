// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "../config/config.ts";

/**
 * The most bytes of names in a CertificateRequest, which must not be longer than what clients read
 * (65,535 bytes in rustls).
 */
export const MAX_AUTHORITIES_LENGTH = 2 ** 15;

/**
 * The names of authorities, DER, that a CertificateRequest tells; none where they are too long.
 * They are a hint (RFC 8446, Section 4.2.4; RFC 5246, Section 7.4.4): a client that gets none shows
 * whatever it has.
 */
export function authorityNames(
  { caNames, trustAnchors }: SslConfig,
): readonly Uint8Array<ArrayBuffer>[] {
  const subjects = caNames ?? trustAnchors?.map(({ subject }) => subject) ?? [];
  const names = subjects.map(({ der }) => der);
  const length = names.reduce((sum, name) => sum + 2 + name.length, 0);
  return length <= MAX_AUTHORITIES_LENGTH ? names : [];
}
