// Copyright 2026 the NSS for Deno authors. MIT license.

import type { PrivateKey, SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { End } from "../crypto/master_secret.ts";
import { type CertificateVerify, parseCertificateVerify } from "../messages/certificate_verify.ts";
import {
  signatureSchemeById,
  signatureSchemeByName,
  type SignatureSchemeRow,
} from "../tables/signature_schemes.ts";

const CONTEXTS = {
  client: new TextEncoder().encode("TLS 1.3, client CertificateVerify\0"),
  server: new TextEncoder().encode("TLS 1.3, server CertificateVerify\0"),
};

/**
 * What a CertificateVerify signs (RFC 8446, Section 4.4.3): 64 spaces, who signs, and the
 * transcript's hash.
 */
function signedContent(
  signer: End,
  transcriptHash: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const context = CONTEXTS[signer];
  const content = new Uint8Array(64 + context.length + transcriptHash.length).fill(0x20, 0, 64);
  content.set(context, 64);
  content.set(transcriptHash, 64 + context.length);
  return content;
}

/**
 * Checks that the peer holds its certificate's key.
 *
 * @param publicKey The certificate's key.
 * @param body The CertificateVerify, which is not yet part of the transcript.
 * @param signer Which end the peer is.
 * @param transcriptHash The hash of the messages before it.
 * @param offered The schemes that this end has said it accepts.
 * @returns How the peer signed.
 * @throws {SslError} `SSL_ERROR_INCORRECT_SIGNATURE_ALGORITHM` for a scheme that was not offered or
 * does not go with the key, `SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE` for a wrong signature.
 */
export async function verifyPeerSignature(
  publicKey: SubjectPublicKeyInfo,
  body: Uint8Array<ArrayBuffer>,
  signer: End,
  transcriptHash: Promise<Uint8Array<ArrayBuffer>>,
  offered: readonly SignatureScheme[],
): Promise<SignatureScheme> {
  const { algorithm, signature } = parseCertificateVerify(body);
  const row = signatureSchemeById(algorithm);
  // RFC 8446, Section 4.4.3: one of those offered, and never PKCS#1 or SHA-1 in TLS 1.3.
  if (row === undefined || !row.tls13 || !offered.includes(row.scheme) || !fits(row, publicKey)) {
    throw new SslError(
      "SSL_ERROR_INCORRECT_SIGNATURE_ALGORITHM",
      `Cannot take CertificateVerify: scheme ${row?.scheme ?? `0x${algorithm.toString(16)}`} ` +
        "was not offered or does not go with the certificate's key",
    );
  }
  const content = signedContent(signer, await transcriptHash);
  if (!(await verifySignature(publicKey, row.scheme, content, signature))) {
    // RFC 8446, Section 4.4.3: if the verification fails, a decrypt_error.
    throw new SslError(
      "SEC_ERROR_BAD_SIGNATURE",
      "Cannot take CertificateVerify: the signature is wrong",
      { fault: "value" },
    );
  }
  return row.scheme;
}

/**
 * Signs the transcript so far.
 *
 * @param signer Which end this one is.
 * @throws {SslError} `SSL_ERROR_SIGN_HASHES_FAILURE` if the key throws what is no error of NSS's.
 */
export async function signTranscript(
  key: PrivateKey,
  scheme: SignatureScheme,
  signer: End,
  transcriptHash: Uint8Array<ArrayBuffer>,
): Promise<CertificateVerify> {
  const content = signedContent(signer, transcriptHash);
  try {
    const signature = await key.sign(scheme, content);
    return { algorithm: signatureSchemeByName(scheme)!.id, signature };
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_SIGN_HASHES_FAILURE"); // a key may be anything that signs
  }
}

/**
 * The scheme that a key is to sign a TLS 1.3 handshake with.
 *
 * @param own The schemes that this end may use, its favourite first.
 * @param peers The schemes that the peer accepts.
 * @returns The scheme; `undefined` if there is none.
 */
export function chooseScheme(
  key: Pick<PrivateKey, "algorithm" | "schemes">,
  own: readonly SignatureScheme[],
  peers: readonly SignatureScheme[],
): SignatureScheme | undefined {
  return own.find((scheme) => {
    const row = signatureSchemeByName(scheme);
    return row?.tls13 && peers.includes(scheme) && fits(row, key) &&
      (key.schemes === undefined || key.schemes.includes(scheme));
  });
}

/** The schemes behind numbers from the wire, those that nobody here knows left out. */
export function knownSchemes(ids: readonly number[]): readonly SignatureScheme[] {
  return ids.map(signatureSchemeById).filter((row) => row !== undefined).map(({ scheme }) =>
    scheme
  );
}

/** Whether a scheme signs with such a key; in TLS 1.3 ECDSA schemes name the curve, too. */
function fits(row: SignatureSchemeRow, { algorithm }: Pick<PrivateKey, "algorithm">): boolean {
  if (row.keyType !== algorithm.type) return false;
  if (algorithm.type === "ec") return row.curve === algorithm.curve;
  return algorithm.type !== "rsa-pss" || algorithm.hash === undefined ||
    algorithm.hash === row.hash;
}
