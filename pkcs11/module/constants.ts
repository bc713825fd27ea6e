// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The constants of PKCS#11 2.40 (`pkcs11t.h`) and of NSS's extensions (`pkcs11n.h`) that this
 * package uses. @module
 */

/** Object classes. */
export const CKO = {
  certificate: 1,
  publicKey: 2,
  privateKey: 3,
  nssTrust: 0xce534353,
} as const;

/** Key types. */
export const CKK = { rsa: 0, ec: 3, ecEdwards: 0x40 } as const;

/** Attribute types. */
export const CKA = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  value: 0x11,
  certificateType: 0x80,
  issuer: 0x81,
  serialNumber: 0x82,
  keyType: 0x100,
  subject: 0x101,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  privateExponent: 0x123,
  prime1: 0x124,
  prime2: 0x125,
  exponent1: 0x126,
  exponent2: 0x127,
  coefficient: 0x128,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
  trustServerAuth: 0xce536358,
  trustClientAuth: 0xce536359,
  trustCodeSigning: 0xce53635a,
  trustEmailProtection: 0xce53635b,
  certSha1Hash: 0xce5363b4,
  nssMozillaCaPolicy: 0xce534372,
  nssServerDistrustAfter: 0xce534373,
  nssEmailDistrustAfter: 0xce534374,
} as const;

/** Mechanisms by name. */
export const CKM = {
  CKM_RSA_PKCS_KEY_PAIR_GEN: 0x0,
  CKM_RSA_PKCS: 0x1,
  CKM_SHA1_RSA_PKCS: 0x6,
  CKM_RSA_PKCS_PSS: 0xd,
  CKM_SHA256_RSA_PKCS: 0x40,
  CKM_SHA384_RSA_PKCS: 0x41,
  CKM_SHA512_RSA_PKCS: 0x42,
  CKM_SHA256_RSA_PKCS_PSS: 0x43,
  CKM_SHA384_RSA_PKCS_PSS: 0x44,
  CKM_SHA512_RSA_PKCS_PSS: 0x45,
  CKM_SHA_1: 0x220,
  CKM_SHA256: 0x250,
  CKM_SHA384: 0x260,
  CKM_SHA512: 0x270,
  CKM_EC_KEY_PAIR_GEN: 0x1040,
  CKM_ECDSA: 0x1041,
  CKM_ECDSA_SHA1: 0x1042,
  CKM_ECDSA_SHA224: 0x1043,
  CKM_ECDSA_SHA256: 0x1044,
  CKM_ECDSA_SHA384: 0x1045,
  CKM_ECDSA_SHA512: 0x1046,
  CKM_EC_EDWARDS_KEY_PAIR_GEN: 0x1055,
  CKM_EDDSA: 0x1057,
} as const;

/** The name of a mechanism. */
export type MechanismName = keyof typeof CKM;

/** Flags of slots, tokens, sessions and mechanisms. */
export const CKF = {
  // CK_SLOT_INFO
  tokenPresent: 0x1,
  removableDevice: 0x2,
  hwSlot: 0x4,
  // CK_TOKEN_INFO
  writeProtected: 0x2,
  loginRequired: 0x4,
  userPinInitialized: 0x8,
  protectedAuthenticationPath: 0x100,
  tokenInitialized: 0x400,
  userPinFinalTry: 0x20000,
  userPinLocked: 0x40000,
  // sessions
  rwSession: 0x2,
  serialSession: 0x4,
  // CK_MECHANISM_INFO
  sign: 0x800,
  generateKeyPair: 0x10000,
  // C_Initialize
  osLockingOk: 0x2,
} as const;

/** The type of user that logs in. */
export const CKU_USER = 1;

/** Mask generation functions of RSASSA-PSS. */
export const CKG_MGF1 = { "SHA-1": 1, "SHA-256": 2, "SHA-384": 3, "SHA-512": 4 } as const;

/** Values of NSS's trust objects. */
export const CKT_NSS = {
  trusted: 0xce534351,
  trustedDelegator: 0xce534352,
  mustVerify: 0xce534353,
  unknown: 0xce534355,
  notTrusted: 0xce53435a,
  validDelegator: 0xce53435b,
} as const;
