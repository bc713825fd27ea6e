// Copyright 2026 the NSS for Deno authors. MIT license.

/** The attribute types that this package reads or writes (PKCS#11 3.2; NSS's `pkcs11n.h`). */
export const CKA = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  value: 0x11,
  certificateType: 0x80,
  issuer: 0x81,
  serialNumber: 0x82,
  nameHashAlgorithm: 0x8c,
  keyType: 0x100,
  subject: 0x101,
  id: 0x102,
  sensitive: 0x103,
  encrypt: 0x104,
  decrypt: 0x105,
  wrap: 0x106,
  unwrap: 0x107,
  sign: 0x108,
  signRecover: 0x109,
  verify: 0x10a,
  verifyRecover: 0x10b,
  derive: 0x10c,
  startDate: 0x110,
  endDate: 0x111,
  modulus: 0x120,
  publicExponent: 0x122,
  privateExponent: 0x123,
  prime1: 0x124,
  prime2: 0x125,
  exponent1: 0x126,
  exponent2: 0x127,
  coefficient: 0x128,
  extractable: 0x162,
  local: 0x163,
  neverExtractable: 0x164,
  alwaysSensitive: 0x165,
  modifiable: 0x170,
  ecParams: 0x180,
  ecPoint: 0x181,
  trustServerAuth: 0x62c,
  trustClientAuth: 0x62d,
  trustCodeSigning: 0x62e,
  trustEmail: 0x62f,
  hashOfCertificate: 0x635,
  seed: 0x637,
  nssUrl: 0xce534351,
  nssKrl: 0xce534358,
  nssServerAuth: 0xce536358,
  nssClientAuth: 0xce536359,
  nssCodeSigning: 0xce53635a,
  nssEmail: 0xce53635b,
  nssStepUp: 0xce536360,
  nssSha1: 0xce5363b4,
  nssMd5: 0xce5363b5,
  nssDb: 0xd5a0db00,
} as const;

/** The object classes. */
export const CKO = {
  certificate: 1,
  publicKey: 2,
  privateKey: 3,
  trust: 0xb,
  nssCrl: 0xce534351,
  nssTrust: 0xce534353,
} as const;

/** The key types. */
export const CKK = { rsa: 0, ec: 3 } as const;

/** `CKM_SHA256`, the hash of certificates in objects of the class `CKO_TRUST`. */
export const CKM_SHA256 = 0x250;

/** The attributes that NSS encrypts in key4.db (`sftkdb_isPrivateAttribute`). */
export const ENCRYPTED: ReadonlySet<number> = new Set([
  CKA.value,
  CKA.privateExponent,
  CKA.prime1,
  CKA.prime2,
  CKA.exponent1,
  CKA.exponent2,
  CKA.coefficient,
  CKA.seed,
]);

/** The other attributes that NSS protects by a MAC (`sftkdb_isAuthenticatedAttribute`). */
export const AUTHENTICATED: ReadonlySet<number> = new Set([
  CKA.modulus,
  CKA.publicExponent,
  CKA.nameHashAlgorithm,
  CKA.trustServerAuth,
  CKA.trustClientAuth,
  CKA.trustCodeSigning,
  CKA.trustEmail,
  CKA.hashOfCertificate,
  CKA.nssServerAuth,
  CKA.nssClientAuth,
  CKA.nssCodeSigning,
  CKA.nssEmail,
  CKA.nssStepUp,
  CKA.nssSha1,
  CKA.nssMd5,
]);

/** The columns of a database of NSS 3.87; later versions add theirs when they open it. */
const COLUMNS =
  "0 1 2 3 10 11 12 80 81 82 83 84 85 86 87 88 89 8a 8b 90 100 101 102 103 104 105 106 107 108 " +
  "109 10a 10b 10c 110 111 120 121 122 123 124 125 126 127 128 129 130 131 132 133 134 160 161 162 163 164 165 " +
  "166 170 180 181 200 201 202 210 300 301 302 400 401 402 403 404 405 406 480 481 482 500 501 502 503 " +
  "40000211 40000212 80000001 ce534351 ce534352 ce534353 ce534354 ce534355 ce534356 ce534357 ce534358 ce534364 " +
  "ce534365 ce534366 ce534367 ce534368 ce534369 ce534373 ce534374 ce536351 ce536352 ce536353 ce536354 ce536355 " +
  "ce536356 ce536357 ce536358 ce536359 ce53635a ce53635b ce53635c ce53635d ce53635e ce53635f ce536360 ce5363b4 " +
  "ce5363b5 d5a0db00";

/** Returns the SQL that creates a table of objects with NSS's indexes, if it is missing. */
export function createTableSql(table: string): string {
  const columns = COLUMNS.split(" ").map((hex) => `a${hex}`).join(", ");
  return `CREATE TABLE IF NOT EXISTS ${table} (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, ${columns});` +
    `CREATE INDEX IF NOT EXISTS issuer ON ${table} (a81);` +
    `CREATE INDEX IF NOT EXISTS subject ON ${table} (a101);` +
    `CREATE INDEX IF NOT EXISTS label ON ${table} (a3);` +
    `CREATE INDEX IF NOT EXISTS ckaid ON ${table} (a102);`;
}

/** The SQL that creates the table of the password record and the MACs, if it is missing. */
export const CREATE_METADATA_SQL =
  "CREATE TABLE IF NOT EXISTS metaData (id PRIMARY KEY UNIQUE ON CONFLICT REPLACE, item1, item2);";

/**
 * Returns the column of an attribute.
 *
 * @param attribute The attribute type.
 * @returns The name of the column, such as `a102`.
 */
export function columnOf(attribute: number): string {
  return `a${attribute.toString(16)}`;
}
