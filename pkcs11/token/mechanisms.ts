// Copyright 2026 the NSS for Deno authors. MIT license.

import type { TokenMechanism } from "./token.ts";

/** The mechanisms of tokens whose keys are in WebCrypto (PKCS#11 3.2, `pkcs11t.h`). */
export const MECHANISMS: readonly TokenMechanism[] = [
  row("CKM_RSA_PKCS_KEY_PAIR_GEN", 0x0, "generateKeyPair", 2048, 4096),
  row("CKM_SHA1_RSA_PKCS", 0x6, "sign", 512, 16384),
  row("CKM_SHA256_RSA_PKCS", 0x40, "sign", 512, 16384),
  row("CKM_SHA384_RSA_PKCS", 0x41, "sign", 512, 16384),
  row("CKM_SHA512_RSA_PKCS", 0x42, "sign", 512, 16384),
  row("CKM_SHA256_RSA_PKCS_PSS", 0x43, "sign", 528, 16384),
  row("CKM_SHA384_RSA_PKCS_PSS", 0x44, "sign", 784, 16384),
  row("CKM_SHA512_RSA_PKCS_PSS", 0x45, "sign", 1040, 16384),
  row("CKM_EC_KEY_PAIR_GEN", 0x1040, "generateKeyPair", 256, 521),
  row("CKM_ECDSA_SHA256", 0x1044, "sign", 256, 521),
  row("CKM_ECDSA_SHA384", 0x1045, "sign", 256, 521),
  row("CKM_ECDSA_SHA512", 0x1046, "sign", 256, 521),
  row("CKM_EC_EDWARDS_KEY_PAIR_GEN", 0x1055, "generateKeyPair", 255, 255),
  row("CKM_EDDSA", 0x1057, "sign", 255, 255),
  row("CKM_ML_DSA_KEY_PAIR_GEN", 0x1c, "generateKeyPair"),
  row("CKM_ML_DSA", 0x1d, "sign"),
];

function row(
  name: string,
  type: number,
  use: TokenMechanism["uses"][number],
  minKeySize?: number,
  maxKeySize?: number,
): TokenMechanism {
  return {
    name,
    type,
    uses: [use],
    ...(minKeySize !== undefined && { minKeySize }),
    ...(maxKeySize !== undefined && { maxKeySize }),
  };
}
