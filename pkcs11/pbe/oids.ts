// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The object identifiers of password-based cryptography, by their names in RFC 8018, RFC 7292 and
 * RFC 9579.
 */
export const PBE_OIDS = {
  pbkdf2: "1.2.840.113549.1.5.12",
  pbes2: "1.2.840.113549.1.5.13",
  pbmac1: "1.2.840.113549.1.5.14",
  // RFC 8018, Appendix B.1
  hmacWithSHA1: "1.2.840.113549.2.7",
  hmacWithSHA224: "1.2.840.113549.2.8",
  hmacWithSHA256: "1.2.840.113549.2.9",
  hmacWithSHA384: "1.2.840.113549.2.10",
  hmacWithSHA512: "1.2.840.113549.2.11",
  // RFC 8018, Appendix B.2
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

const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(PBE_OIDS).map(([name, oid]) => [oid, name]),
);

/**
 * Returns the name of an object identifier, for error messages.
 *
 * @param oid The identifier in dotted form.
 * @returns The name, with a note if no runtime has the cipher, or the dotted form.
 */
export function pbeName(oid: string): string {
  const name = NAMES.get(oid) ?? oid;
  const old = /RC2|RC4|MD2|MD5|AndDES/i.exec(name)?.[0];
  return old === undefined
    ? name
    : `${name}, whose ${old.replace(/^And/, "").toUpperCase()} no runtime has,`;
}
