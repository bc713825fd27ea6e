// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../base/errors.ts";
import type { KeyAlgorithm, PrivateKey, SignatureScheme } from "../certificate/private_key.ts";
import { DerWriter } from "../der/der_writer.ts";
import {
  encodeSignatureAlgorithm,
  schemeRow,
  signatureSchemesOf,
} from "../certificate/signature_algorithm.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";
import { verifySignedData } from "../verify/verify_signature.ts";

/** Who signs: a certificate, a request, a revocation list, an OCSP response. */
export interface SignerOptions {
  /** What is made, for messages, as `CRL`. */
  readonly what: string;
  /** The key that signs. */
  readonly privateKey: PrivateKey;
  /** The key that the signature is verified with, that of the signer's certificate. */
  readonly publicKey: SubjectPublicKeyInfo;
  /** How to sign; by default what the key does best and everyone reads. */
  readonly signatureScheme?: SignatureScheme | undefined;
}

/**
 * Chooses how to sign: of RSA keys PKCS #1 v1.5, which more programs read than RSASSA-PSS.
 *
 * @param key The public key.
 * @param privateKey The private key, which may be able to sign in a few ways only.
 * @returns The scheme, or `undefined` if there is none.
 */
export function defaultSignatureScheme(
  key: KeyAlgorithm,
  privateKey: PrivateKey,
): SignatureScheme | undefined {
  const { schemes } = privateKey;
  const all = signatureSchemesOf(key).filter((scheme) => schemes?.includes(scheme) ?? true);
  return all.find((scheme) => key.type === "rsa" && scheme === "rsa_pkcs1_sha256") ?? all[0];
}

/**
 * Signs as X.509 does everywhere: `SEQUENCE { tbs, signatureAlgorithm, signature }`.
 *
 * @param options Who signs.
 * @param write Makes what is signed, knowing the encoding of the AlgorithmIdentifier.
 * @param more Writes what follows the signature.
 * @returns The encoding.
 * @throws {NssError} `SEC_ERROR_INVALID_ALGORITHM` if the key cannot sign so,
 * `SEC_ERROR_BAD_SIGNATURE` if the private key is not that of the public key.
 */
export async function encodeSignedData(
  options: SignerOptions,
  write: (signatureAlgorithm: Uint8Array<ArrayBuffer>) => DerWriter,
  more: (writer: DerWriter) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { what, privateKey, publicKey } = options;
  const scheme = options.signatureScheme ?? defaultSignatureScheme(publicKey.algorithm, privateKey);
  if (scheme === undefined) {
    throw new NssError(
      "SEC_ERROR_INVALID_ALGORITHM",
      `Cannot create ${what}: the ${publicKey} key has no signature scheme`,
    );
  }
  const signatureAlgorithm = encodeSignatureAlgorithm(scheme);
  const tbs = write(signatureAlgorithm).finish();
  const signature = await privateKey.sign(scheme, tbs);
  if (!await verifySignedData(publicKey, schemeRow(scheme).algorithm, tbs, signature)) {
    throw new NssError(
      "SEC_ERROR_BAD_SIGNATURE",
      `Cannot create ${what}: the private key is not that of who signs`,
    );
  }
  return new DerWriter().sequence((w) => {
    w.raw(tbs).raw(signatureAlgorithm).bitString(signature);
    more(w);
  }).finish();
}
