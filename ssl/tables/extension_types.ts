// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The `ExtensionType` of every extension that this package recognises: those of RFC 8446, Section
 * 4.2, TLS 1.2's, and a few of later RFCs.
 */
export const ExtensionType = {
  serverName: 0,
  maxFragmentLength: 1,
  statusRequest: 5,
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  heartbeat: 15,
  applicationLayerProtocolNegotiation: 16,
  signedCertificateTimestamp: 18,
  clientCertificateType: 19,
  serverCertificateType: 20,
  padding: 21,
  encryptThenMac: 22,
  extendedMasterSecret: 23,
  compressCertificate: 27,
  recordSizeLimit: 28,
  sessionTicket: 35,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  cookie: 44,
  pskKeyExchangeModes: 45,
  certificateAuthorities: 47,
  oidFilters: 48,
  postHandshakeAuth: 49,
  signatureAlgorithmsCert: 50,
  keyShare: 51,
  encryptedClientHello: 0xfe0d,
  renegotiationInfo: 0xff01,
} as const;

/** The length in bytes of the confirmation of Encrypted Client Hello in HelloRetryRequest. */
export const ECH_CONFIRMATION_LENGTH = 8;

/** The `CertificateType` of X.509 certificates, which needs no extension (RFC 7250, Section 3). */
export const X509 = 0;

/** The `CertificateType` of raw public keys (RFC 7250, Section 3). */
export const RAW_PUBLIC_KEY = 2;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(ExtensionType).map(([name, type]) => [
    type,
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]),
);

/**
 * Returns the name of an extension for messages.
 *
 * @param type The `ExtensionType`.
 * @returns The RFC's name, such as `"key_share"`, or `"extension 0x1234"`.
 */
export function extensionTypeName(type: number): string {
  return NAMES.get(type) ?? `extension 0x${type.toString(16).padStart(4, "0")}`;
}
