// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The usages of a certificate, with NSS's numbers (`SECCertUsage`).
 *
 * - `sslClient`, `sslServer`: an endpoint of TLS; `ipsec`: an endpoint of IPsec (RFC 4945).
 * - `emailSigner`, `emailRecipient`: S/MIME. `objectSigner`: signed code.
 * - `sslCA`: a CA for TLS; `verifyCA`, `anyCA`: a CA for any purpose.
 * - `statusResponder`: a signer of OCSP responses.
 *
 * NSS's other usages (step-up, import, protected objects) are obsolete.
 *
 * @category Verification
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

/**
 * The name of a usage in {@linkcode CERT_USAGES}; or `any`, which NSS does not have: a certificate
 * of an authority that is trusted for something, without a look at what either may be used for. It
 * is for programs that find that out themselves.
 *
 * @category Verification
 */
export type CertUsageName = keyof typeof CERT_USAGES | "any";
