// Copyright 2026 the NSS for Deno authors. MIT license.

import type {
  KeyAlgorithm,
  PrivateKey,
  SignatureScheme,
} from "../../cert/certificate/private_key.ts";
import { keyFitsScheme } from "../../cert/certificate/signature_algorithm.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { Tls12CipherSuite } from "../tables/cipher_suites.ts";
import {
  signatureSchemeById,
  signatureSchemeByName,
  type SignatureSchemeRow,
} from "../tables/signature_schemes.ts";

/** A signature with the code point of its scheme, as in TLS 1.2 messages. */
export interface Signed {
  readonly algorithm: number;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** The authentication of TLS 1.2 cipher suites by type of key; ML-DSA is for TLS 1.3 only. */
const AUTHS: Readonly<Record<KeyAlgorithm["type"], Tls12CipherSuite["auth"] | null>> = {
  "ec": "ecdsa",
  "ed25519": "ecdsa",
  "rsa": "rsa",
  "rsa-pss": "rsa",
  "mldsa44": null,
  "mldsa65": null,
  "mldsa87": null,
  "slhdsa": null,
};

/** Returns the authentication of TLS 1.2 cipher suites for a key; `null` if there is none. */
export function authOf(
  { algorithm }: Pick<PrivateKey, "algorithm">,
): Tls12CipherSuite["auth"] | null {
  return AUTHS[algorithm.type];
}

/**
 * Selects the scheme with which a key signs a TLS 1.2 handshake: for an ECDSA key that of its
 * curve, or else one of another hash.
 *
 * @param key The key.
 * @param own The schemes of this end, in preference order.
 * @param peers The schemes that the peer accepts.
 * @returns The scheme; `undefined` if there is none.
 */
export function chooseTls12Scheme(
  key: Pick<PrivateKey, "algorithm" | "schemes">,
  own: readonly SignatureScheme[],
  peers: readonly SignatureScheme[],
): SignatureScheme | undefined {
  const usable = own.filter((scheme) =>
    peers.includes(scheme) && fits(signatureSchemeByName(scheme), key) &&
    (key.schemes === undefined || key.schemes.includes(scheme))
  );
  // A hash as strong as the curve, if the peer accepts it.
  return usable.find((scheme) => keyFitsScheme(key.algorithm, scheme)) ?? usable[0];
}

/**
 * Verifies the peer's signature in a ServerKeyExchange or CertificateVerify.
 *
 * @param publicKey The peer's key.
 * @param signed The signature and its scheme.
 * @param content The signed content.
 * @param offered The schemes that this end has offered.
 * @returns The scheme of the signature.
 * @throws {SslError} `SSL_ERROR_INCORRECT_SIGNATURE_ALGORITHM` for a scheme that was not offered or
 * does not match the key, `SEC_ERROR_BAD_SIGNATURE` for a wrong signature.
 */
export async function verifyTls12Signature(
  publicKey: SubjectPublicKeyInfo,
  { algorithm, signature }: Signed,
  content: Uint8Array<ArrayBuffer>,
  offered: readonly SignatureScheme[],
): Promise<SignatureScheme> {
  const row = signatureSchemeById(algorithm);
  // RFC 5246, Section 7.4.3: one of those offered, and of the certificate's kind of key.
  if (row === undefined || !offered.includes(row.scheme) || !fits(row, publicKey)) {
    throw new SslError(
      "SSL_ERROR_INCORRECT_SIGNATURE_ALGORITHM",
      `Cannot take signature: scheme ${row?.scheme ?? `0x${algorithm.toString(16)}`} ` +
        "was not offered or does not go with the certificate's key",
    );
  }
  const isValid = await verifySignature(publicKey, row.scheme, content, signature, {
    anyCurve: true,
  });
  if (!isValid) {
    throw new SslError("SEC_ERROR_BAD_SIGNATURE", "Cannot take signature: it is wrong", {
      fault: "value",
    });
  }
  return row.scheme;
}

/**
 * Signs a part of a TLS 1.2 handshake.
 *
 * @throws {SslError} `SSL_ERROR_SIGN_HASHES_FAILURE` if the key throws an error other than an
 * `NssError`.
 */
export async function signTls12(
  key: PrivateKey,
  scheme: SignatureScheme,
  content: Uint8Array<ArrayBuffer>,
): Promise<Signed> {
  try {
    const signature = await key.sign(scheme, content);
    return { algorithm: signatureSchemeByName(scheme)!.id, signature };
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_SIGN_HASHES_FAILURE");
  }
}

/**
 * Returns whether a scheme matches a key. In TLS 1.2 an ECDSA scheme determines the hash, but not
 * the curve; SHA-1 is refused.
 */
function fits(
  row: SignatureSchemeRow | undefined,
  { algorithm }: Pick<PrivateKey, "algorithm">,
): boolean {
  if (row === undefined || row.keyType !== algorithm.type) return false;
  if (!row.tls12 || row.hash === "SHA-1") return false;
  return algorithm.type !== "rsa-pss" || algorithm.hash === undefined ||
    algorithm.hash === row.hash;
}
