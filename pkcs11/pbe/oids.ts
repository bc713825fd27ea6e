// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The object identifiers of password-based cryptography, by their names in RFC 8018, RFC 7292 and
 * RFC 9879.
 */
export const PBE_OIDS = {
  pbkdf2: "1.2.840.113549.1.5.12",
  pbes2: "1.2.840.113549.1.5.13",
  pbmac1: "1.2.840.113549.1.5.14",
  scrypt: "1.3.6.1.4.1.11591.4.11", // RFC 7914, Section 7
  // RFC 8018, Appendix B.1
  hmacWithSHA1: "1.2.840.113549.2.7",
  hmacWithSHA224: "1.2.840.113549.2.8",
  hmacWithSHA256: "1.2.840.113549.2.9",
  hmacWithSHA384: "1.2.840.113549.2.10",
  hmacWithSHA512: "1.2.840.113549.2.11",
  // RFC 8018, Appendix B.2
  desCBC: "1.3.14.3.2.7",
  desEDE3CBC: "1.2.840.113549.3.7",
  rc2CBC: "1.2.840.113549.3.2",
  aes128CBC: "2.16.840.1.101.3.4.1.2",
  aes192CBC: "2.16.840.1.101.3.4.1.22",
  aes256CBC: "2.16.840.1.101.3.4.1.42",
  // RFC 7292, Appendix C
  pbeWithSHAAnd128BitRC4: "1.2.840.113549.1.12.1.1",
  pbeWithSHAAnd40BitRC4: "1.2.840.113549.1.12.1.2",
  pbeWithSHAAnd3KeyTripleDESCBC: "1.2.840.113549.1.12.1.3",
  pbeWithSHAAnd2KeyTripleDESCBC: "1.2.840.113549.1.12.1.4",
  pbeWithSHAAnd128BitRC2CBC: "1.2.840.113549.1.12.1.5",
  pbeWithSHAAnd40BitRC2CBC: "1.2.840.113549.1.12.1.6",
  // RFC 8018, Appendix A.3
  pbeWithMD2AndDESCBC: "1.2.840.113549.1.5.1",
  pbeWithMD5AndDESCBC: "1.2.840.113549.1.5.3",
  pbeWithMD5AndRC2CBC: "1.2.840.113549.1.5.6",
  pbeWithSHA1AndDESCBC: "1.2.840.113549.1.5.10",
  pbeWithSHA1AndRC2CBC: "1.2.840.113549.1.5.11",
} as const;

/** Algorithms that are not supported, by their usual names. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.2.2", "MD2"],
  ["1.2.840.113549.2.5", "MD5"],
  ["2.16.840.1.101.3.4.2.4", "SHA-224"],
  ["2.16.840.1.101.3.4.2.6", "SHA-512/256"],
  ["1.2.840.113549.2.12", "HMAC with SHA-512/224"],
  ["1.2.840.113549.2.13", "HMAC with SHA-512/256"],
  ["2.16.840.1.101.3.4.1.6", "AES-128-GCM"],
  ["2.16.840.1.101.3.4.1.26", "AES-192-GCM"],
  ["2.16.840.1.101.3.4.1.46", "AES-256-GCM"],
  // Chinese algorithms
  ["1.2.156.10197.1.104.2", "SM4-CBC"],
  ["1.2.156.10197.1.401", "SM3"],
  ["1.2.156.10197.1.401.2", "HMAC with SM3"],
  // Russian ones: RFC 9337, RFC 9548
  ["1.2.643.2.2.9", "GOST R 34.11-94"],
  ["1.2.643.2.2.10", "HMAC with GOST R 34.11-94"],
  ["1.2.643.2.2.21", "GOST 28147-89"],
  ["1.2.643.7.1.1.2.2", "GOST R 34.11-2012 of 256 bits"],
  ["1.2.643.7.1.1.2.3", "GOST R 34.11-2012 of 512 bits"],
  ["1.2.643.7.1.1.4.1", "HMAC with GOST R 34.11-2012 of 256 bits"],
  ["1.2.643.7.1.1.4.2", "HMAC with GOST R 34.11-2012 of 512 bits"],
  ["1.2.643.7.1.1.5.1.1", "GOST R 34.12-2015 Magma"],
  ["1.2.643.7.1.1.5.2.1", "GOST R 34.12-2015 Kuznyechik"],
  ["1.2.643.7.1.1.5.2.2", "GOST R 34.12-2015 Kuznyechik"],
  // RFC 3657, Section 2; RFC 9044; RFC 4010; RFC 5794
  ["1.2.392.200011.61.1.1.1.2", "Camellia-128-CBC"],
  ["1.2.392.200011.61.1.1.1.4", "Camellia-256-CBC"],
  ["1.2.410.200004.1.4", "SEED-CBC"],
  ["1.2.410.200046.1.1.12", "ARIA-256-CBC"],
  ["1.2.840.113533.7.66.10", "CAST5-CBC"],
  ["1.3.6.1.4.1.3029.1.2", "Blowfish-CBC"],
]);

const NAMES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(PBE_OIDS).map(([name, oid]) => [oid, name] as const),
  ...UNSUPPORTED,
]);

/**
 * Returns what an algorithm is called, for error messages.
 *
 * @param oid The identifier in dotted form.
 * @returns The name, or the dotted form.
 */
export function pbeName(oid: string): string {
  return NAMES.get(oid) ?? oid;
}
