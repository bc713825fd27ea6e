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

/** What a {@linkcode ModuleKey} is made with. */
export interface ModuleKeyOptions {
  /** The sessions of its token. */
  readonly pool: SessionPool;
  /** Its handle. */
  readonly handle: bigint;
  /** Its public half. */
  readonly publicKey: SubjectPublicKeyInfo;
  /** The mechanisms of its token that sign. */
  readonly mechanisms: ReadonlySet<number>;
  /** The label of its token. */
  readonly token: string;
}

/** A private key in a token, which signs there. */
export class ModuleKey implements PrivateKey {
  /** What kind of key it is. */
  readonly algorithm: KeyAlgorithm;
  /** What it can sign, as far as the token's mechanisms go. */
  readonly schemes: readonly SignatureScheme[];
  /** Its public half. */
  readonly publicKey: SubjectPublicKeyInfo;
  readonly #options: ModuleKeyOptions;

  /**
   * Makes a key of a handle.
   *
   * @param options The handle and where it is of use.
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
   * @param scheme How to sign.
   * @param data What to sign; it is hashed here where the token allows it.
   * @returns The signature.
   * @throws {NssError} `SEC_ERROR_INVALID_ALGORITHM` if key or token cannot sign in that way, and
   * what the token says.
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
    return plan.output(signature);
  }
}
