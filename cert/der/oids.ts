// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The object identifiers that this package knows, by their names in the standards.
 *
 * @category DER and PEM
 */
export const OIDS = {
  // Attributes of names: RFC 4519, RFC 5280 (Appendix A), RFC 2985
  commonName: "2.5.4.3",
  surname: "2.5.4.4",
  serialNumber: "2.5.4.5",
  countryName: "2.5.4.6",
  localityName: "2.5.4.7",
  stateOrProvinceName: "2.5.4.8",
  streetAddress: "2.5.4.9",
  organizationName: "2.5.4.10",
  organizationalUnitName: "2.5.4.11",
  title: "2.5.4.12",
  businessCategory: "2.5.4.15",
  postalCode: "2.5.4.17",
  givenName: "2.5.4.42",
  initials: "2.5.4.43",
  generationQualifier: "2.5.4.44",
  dnQualifier: "2.5.4.46",
  pseudonym: "2.5.4.65",
  organizationIdentifier: "2.5.4.97",
  userId: "0.9.2342.19200300.100.1.1",
  domainComponent: "0.9.2342.19200300.100.1.25",
  emailAddress: "1.2.840.113549.1.9.1",
  jurisdictionLocalityName: "1.3.6.1.4.1.311.60.2.1.1",
  jurisdictionStateOrProvinceName: "1.3.6.1.4.1.311.60.2.1.2",
  jurisdictionCountryName: "1.3.6.1.4.1.311.60.2.1.3",
  // Attributes of certification requests: RFC 2985
  challengePassword: "1.2.840.113549.1.9.7",
  extensionRequest: "1.2.840.113549.1.9.14",
  // Extensions: RFC 5280, Section 4.2
  subjectDirectoryAttributes: "2.5.29.9",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  issuerAltName: "2.5.29.18",
  basicConstraints: "2.5.29.19",
  cRLNumber: "2.5.29.20",
  reasonCode: "2.5.29.21",
  invalidityDate: "2.5.29.24",
  deltaCRLIndicator: "2.5.29.27",
  issuingDistributionPoint: "2.5.29.28",
  certificateIssuer: "2.5.29.29",
  nameConstraints: "2.5.29.30",
  cRLDistributionPoints: "2.5.29.31",
  certificatePolicies: "2.5.29.32",
  anyPolicy: "2.5.29.32.0",
  policyMappings: "2.5.29.33",
  authorityKeyIdentifier: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  extKeyUsage: "2.5.29.37",
  anyExtendedKeyUsage: "2.5.29.37.0",
  freshestCRL: "2.5.29.46",
  inhibitAnyPolicy: "2.5.29.54",
  authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
  subjectInfoAccess: "1.3.6.1.5.5.7.1.11",
  tlsFeature: "1.3.6.1.5.5.7.1.24",
  signedCertificateTimestampList: "1.3.6.1.4.1.11129.2.4.2",
  precertificatePoison: "1.3.6.1.4.1.11129.2.4.3",
  netscapeCertType: "2.16.840.1.113730.1.1",
  // Policy qualifiers: RFC 5280, Section 4.2.1.4
  cps: "1.3.6.1.5.5.7.2.1",
  userNotice: "1.3.6.1.5.5.7.2.2",
  // Purposes of keys: RFC 5280, Section 4.2.1.12
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  ocspSigning: "1.3.6.1.5.5.7.3.9",
  // Access methods: RFC 5280, Section 4.2.2.1
  ocsp: "1.3.6.1.5.5.7.48.1",
  caIssuers: "1.3.6.1.5.5.7.48.2",
  ocspBasic: "1.3.6.1.5.5.7.48.1.1",
  ocspNonce: "1.3.6.1.5.5.7.48.1.2",
  ocspNoCheck: "1.3.6.1.5.5.7.48.1.5",
  // Other names: RFC 9598, Section 3
  smtpUtf8Mailbox: "1.3.6.1.5.5.7.8.9",
  // Public keys: RFC 8017, RFC 5480, RFC 8410, RFC 9881, RFC 9909
  rsaEncryption: "1.2.840.113549.1.1.1",
  rsassaPss: "1.2.840.113549.1.1.10",
  mgf1: "1.2.840.113549.1.1.8",
  ecPublicKey: "1.2.840.10045.2.1",
  secp256r1: "1.2.840.10045.3.1.7",
  secp384r1: "1.3.132.0.34",
  secp521r1: "1.3.132.0.35",
  ed25519: "1.3.101.112",
  ed448: "1.3.101.113",
  mldsa44: "2.16.840.1.101.3.4.3.17",
  mldsa65: "2.16.840.1.101.3.4.3.18",
  mldsa87: "2.16.840.1.101.3.4.3.19",
  slhdsaSha2128s: "2.16.840.1.101.3.4.3.20",
  slhdsaSha2128f: "2.16.840.1.101.3.4.3.21",
  slhdsaSha2192s: "2.16.840.1.101.3.4.3.22",
  slhdsaSha2192f: "2.16.840.1.101.3.4.3.23",
  slhdsaSha2256s: "2.16.840.1.101.3.4.3.24",
  slhdsaSha2256f: "2.16.840.1.101.3.4.3.25",
  slhdsaShake128s: "2.16.840.1.101.3.4.3.26",
  slhdsaShake128f: "2.16.840.1.101.3.4.3.27",
  slhdsaShake192s: "2.16.840.1.101.3.4.3.28",
  slhdsaShake192f: "2.16.840.1.101.3.4.3.29",
  slhdsaShake256s: "2.16.840.1.101.3.4.3.30",
  slhdsaShake256f: "2.16.840.1.101.3.4.3.31",
  dsa: "1.2.840.10040.4.1",
  // Signatures: RFC 8017, RFC 5758
  md5WithRSAEncryption: "1.2.840.113549.1.1.4",
  sha1WithRSAEncryption: "1.2.840.113549.1.1.5",
  sha256WithRSAEncryption: "1.2.840.113549.1.1.11",
  sha384WithRSAEncryption: "1.2.840.113549.1.1.12",
  sha512WithRSAEncryption: "1.2.840.113549.1.1.13",
  ecdsaWithSHA1: "1.2.840.10045.4.1",
  ecdsaWithSHA256: "1.2.840.10045.4.3.2",
  ecdsaWithSHA384: "1.2.840.10045.4.3.3",
  ecdsaWithSHA512: "1.2.840.10045.4.3.4",
  // Hashes: RFC 8017, Appendix B.1
  sha1: "1.3.14.3.2.26",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
} as const;

/**
 * The name of an object identifier in {@linkcode OIDS}.
 *
 * @category DER and PEM
 */
export type OidName = keyof typeof OIDS;

const NAMES: ReadonlyMap<string, OidName> = new Map(
  (Object.keys(OIDS) as OidName[]).map((name) => [OIDS[name], name]),
);

/**
 * Returns the name of an object identifier in the standards.
 *
 * @param oid A dotted object identifier.
 * @returns The name, or `undefined` if this package does not know it.
 *
 * @example Usage
 * ```ts
 * import { oidName } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(oidName("2.5.29.17"), "subjectAltName");
 * ```
 *
 * @category DER and PEM
 */
export function oidName(oid: string): OidName | undefined {
  return NAMES.get(oid);
}

/**
 * Private keys that are not imported, and curves that WebCrypto does not have, by their usual
 * names.
 */
const UNSUPPORTED_KEYS: ReadonlyMap<string, string> = new Map([
  ["1.2.840.10040.4.1", "DSA"],
  ["1.2.840.113549.1.3.1", "Diffie-Hellman"],
  ["1.2.840.10046.2.1", "Diffie-Hellman"],
  ["1.2.840.113549.1.1.7", "RSAES-OAEP"],
  ["1.3.101.110", "X25519"],
  ["1.3.101.111", "X448"],
  ["1.3.101.113", "Ed448"],
  ["1.2.643.2.2.19", "GOST R 34.10-2001"],
  ["1.2.643.7.1.1.1.1", "GOST R 34.10-2012 of 256 bits"],
  ["1.2.643.7.1.1.1.2", "GOST R 34.10-2012 of 512 bits"],
  ["2.16.840.1.101.3.4.4.1", "ML-KEM-512"],
  ["2.16.840.1.101.3.4.4.2", "ML-KEM-768"],
  ["2.16.840.1.101.3.4.4.3", "ML-KEM-1024"],
  // FIPS 205: twelve parameter sets
  ...Array.from({ length: 12 }, (_, i) => [`2.16.840.1.101.3.4.3.${20 + i}`, "SLH-DSA"] as const),
  // Curves
  ["1.2.156.10197.1.301", "SM2"],
  ["1.3.132.0.10", "secp256k1"],
  ["1.3.132.0.33", "secp224r1"],
  ["1.2.840.10045.3.1.1", "secp192r1"],
  // RFC 5639, Appendix A
  ...[160, 192, 224, 256, 320, 384, 512].flatMap((size, i) =>
    ["r1", "t1"].map((suffix, j) =>
      [`1.3.36.3.3.2.8.1.1.${2 * i + j + 1}`, `brainpoolP${size}${suffix}`] as const
    )
  ),
]);

/**
 * Returns what a kind of key or a curve that is not supported is called, for error messages.
 *
 * @param oid A dotted object identifier.
 * @returns Its usual name, or the identifier.
 */
export function unsupportedKeyName(oid: string): string {
  return UNSUPPORTED_KEYS.get(oid) ?? oidName(oid) ?? oid;
}
