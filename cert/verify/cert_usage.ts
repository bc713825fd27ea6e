// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What a certificate is used for (`SECCertUsage`), by the names and numbers of NSS.
 *
 * - `sslClient`, `sslServer`: an end of a TLS connection; `ipsec`: one of an IPsec connection (RFC
 *   4945).
 * - `emailSigner`, `emailRecipient`: S/MIME. `objectSigner`: signed code.
 * - `sslCA`: an authority that issues for TLS; `verifyCA`, `anyCA`: an authority for anything.
 * - `statusResponder`: who signs OCSP responses.
 *
 * NSS's other numbers (step-up, import, protected objects) are of the past.
 */
export const CERT_USAGES = {
  sslClient: 0,
  sslServer: 1,
  sslCA: 3,
  emailSigner: 4,
  emailRecipient: 5,
  objectSigner: 6,
  verifyCA: 8,
  statusResponder: 10,
  anyCA: 11,
  ipsec: 12,
} as const;

/** The name of a usage in {@linkcode CERT_USAGES}. */
export type CertUsageName = keyof typeof CERT_USAGES;
