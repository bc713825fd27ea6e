// Copyright 2026 the NSS for Deno authors. MIT license.

/** A cipher suite of NSS that this package does not implement. */
export interface AbsentCipherSuite {
  /** The code point. */
  readonly id: number;
  /** The IANA name. */
  readonly name: string;
  /** Why it is not implemented. */
  readonly because: string;
}

const RSA_KEY_TRANSPORT =
  "its key exchange is RSA key transport, and WebCrypto has no decryption of PKCS#1 v1.5";
const DHE = "its key exchange is finite-field Diffie-Hellman, which WebCrypto has not";
const STATIC_ECDH =
  "its key exchange is static ECDH, without forward secrecy (RFC 9325, Section 4.1: SHOULD NOT)";
const NO_ENCRYPTION = "it does not encrypt";
const RC4 = "its cipher is RC4, which RFC 7465 forbids and WebCrypto has not";
const TRIPLE_DES =
  "its cipher is 3DES, whose blocks are too short (Sweet32) and which WebCrypto has not";

const because = (
  why: string,
  suites: readonly (readonly [id: number, name: string])[],
): readonly AbsentCipherSuite[] => suites.map(([id, name]) => ({ id, name, because: why }));

/**
 * The cipher suites that NSS 3.124 implements and this package does not: 54 of its 71. The other 17
 * are in `cipher_suites.ts`.
 */
export const ABSENT_CIPHER_SUITES: readonly AbsentCipherSuite[] = [
  ...because(TRIPLE_DES, [
    [0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"],
    [0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"],
  ]),
  ...because(RC4, [
    [0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"],
    [0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"],
  ]),
  ...because(DHE, [
    [0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"],
    [0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"],
    [0x00a2, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256"],
    [0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"],
    [0x00a3, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384"],
    [0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"],
    [0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"],
    [0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"],
    [0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256"],
    [0x0045, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA"],
    [0x0044, "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA"],
    [0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"],
    [0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA"],
    [0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"],
    [0x006a, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256"],
    [0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"],
    [0x0087, "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA"],
    [0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"],
    [0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA"],
    [0x0066, "TLS_DHE_DSS_WITH_RC4_128_SHA"],
    [0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA"],
    [0x0012, "TLS_DHE_DSS_WITH_DES_CBC_SHA"],
  ]),
  ...because(STATIC_ECDH, [
    [0xc004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA"],
    [0xc00e, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA"],
    [0xc005, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA"],
    [0xc00f, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA"],
    [0xc003, "TLS_ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA"],
    [0xc00d, "TLS_ECDH_RSA_WITH_3DES_EDE_CBC_SHA"],
    [0xc002, "TLS_ECDH_ECDSA_WITH_RC4_128_SHA"],
    [0xc00c, "TLS_ECDH_RSA_WITH_RC4_128_SHA"],
  ]),
  ...because(RSA_KEY_TRANSPORT, [
    [0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"],
    [0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"],
    [0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"],
    [0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"],
    [0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"],
    [0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"],
    [0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"],
    [0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"],
    [0x0096, "TLS_RSA_WITH_SEED_CBC_SHA"],
    [0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
    [0x0005, "TLS_RSA_WITH_RC4_128_SHA"],
    [0x0004, "TLS_RSA_WITH_RC4_128_MD5"],
    [0x0009, "TLS_RSA_WITH_DES_CBC_SHA"],
  ]),
  ...because(NO_ENCRYPTION, [
    [0x0002, "TLS_RSA_WITH_NULL_SHA"],
    [0x0001, "TLS_RSA_WITH_NULL_MD5"],
    [0x003b, "TLS_RSA_WITH_NULL_SHA256"],
    [0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA"],
    [0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA"],
    [0xc001, "TLS_ECDH_ECDSA_WITH_NULL_SHA"],
    [0xc00b, "TLS_ECDH_RSA_WITH_NULL_SHA"],
  ]),
];
