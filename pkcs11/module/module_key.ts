// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type {
  KeyAlgorithm,
  PrivateKey,
  SignatureScheme,
} from "../../cert/certificate/private_key.ts";
import { keyFitsScheme } from "../../cert/certificate/signature_algorithm.ts";
import { describeKey, type SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { SessionPool } from "./session_pool.ts";
import { planSignature, schemesOf } from "./signing.ts";

/** The options of a {@linkcode ModuleKey}. */
export interface ModuleKeyOptions {
  /** The sessions of the token. */
  readonly pool: SessionPool;
  /** The handle of the private key. */
  readonly handle: bigint;
  /** The public key. */
  readonly publicKey: SubjectPublicKeyInfo;
  /** The mechanisms of the token that sign. */
  readonly mechanisms: ReadonlySet<number>;
  /** The label of the token. */
  readonly token: string;
}

/** A private key that signs in its token. */
export class ModuleKey implements PrivateKey {
  /** The kind of key. */
  readonly algorithm: KeyAlgorithm;
  /** The schemes that the mechanisms of the token support. */
  readonly schemes: readonly SignatureScheme[];
  /** The public key. */
  readonly publicKey: SubjectPublicKeyInfo;
  readonly #options: ModuleKeyOptions;

  /**
   * Creates a key.
   *
   * @param options The handle and its token.
   */
  constructor(options: ModuleKeyOptions) {
    this.publicKey = options.publicKey;
    this.algorithm = options.publicKey.algorithm;
    this.schemes = schemesOf(this.algorithm, options.mechanisms);
    this.#options = options;
  }

  /**
   * Signs data in the token.
   *
   * @param scheme The signature scheme.
   * @param data The data to sign, not hashed. It is hashed here if the token has a mechanism for
   * hashes.
   * @returns The signature.
   * @throws {NssError} `SEC_ERROR_INVALID_ALGORITHM` if the key or token does not support the
   * scheme, or an error of the token.
   */
  async sign(
    scheme: SignatureScheme,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { pool, handle, mechanisms, token } = this.#options;
    const fits = keyFitsScheme(this.algorithm, scheme, { anyCurve: true });
    const plan = fits ? planSignature(scheme, mechanisms) : undefined;
    if (plan === undefined) {
      const who = fits ? `token "${token}"` : `a key of ${describeKey(this.algorithm)}`;
      throw new NssError(
        "SEC_ERROR_INVALID_ALGORITHM",
        `Cannot sign: ${who} does not sign ${scheme}`,
      );
    }
    const input = await plan.input(data);
    const attempt = `Cannot sign with a key of token "${token}"`;
    const signature = await pool.use((session) =>
      session.sign(plan.mechanism, handle, input, attempt)
    );
    if (!isSignatureLength(this.publicKey, signature.length)) {
      throw new NssError(
        "SEC_ERROR_INCOMPATIBLE_PKCS11",
        `${attempt}: ${signature.length} bytes are no signature of ${describeKey(this.algorithm)}`,
      );
    }
    return plan.output(signature);
  }
}

/** Returns whether a signature of a token, where ECDSA has r and s side by side, is that long. */
function isSignatureLength(
  { algorithm, publicKey }: SubjectPublicKeyInfo,
  length: number,
): boolean {
  switch (algorithm.type) {
    case "rsa":
    case "rsa-pss":
      return length === Math.ceil(algorithm.modulusLength / 8);
    case "ec":
      // PKCS#11 2.40, Section 2.3.1: it may be shorter; an uncompressed point is one byte longer
      return length % 2 === 0 && length < publicKey.length;
  }
  return algorithm.type !== "ed25519" || length === 64;
}
