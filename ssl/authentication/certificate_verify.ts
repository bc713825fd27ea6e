// Copyright 2026 the NSS for Deno authors. MIT license.

import type { PrivateKey, SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { ClientAuthRequest } from "../config/hooks.ts";
import type { End } from "../crypto/master_secret.ts";
import { type CertificateVerify, parseCertificateVerify } from "../messages/certificate_verify.ts";
import {
  SIGNATURE_SCHEMES,
  signatureSchemeById,
  signatureSchemeByName,
  type SignatureSchemeRow,
} from "../tables/signature_schemes.ts";
import { chooseTls12Scheme } from "./tls12_signature.ts";

const CONTEXTS = {
  client: new TextEncoder().encode("TLS 1.3, client CertificateVerify\0"),
  server: new TextEncoder().encode("TLS 1.3, server CertificateVerify\0"),
};

/**
 * Returns the signed content of a CertificateVerify (RFC 8446, Section 4.4.3): 64 spaces, the
 * context string of the signer, and the transcript hash.
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
 * Verifies the peer's signature in a CertificateVerify.
 *
 * @param publicKey The certificate's key.
 * @param body The CertificateVerify, which is not yet in the transcript.
 * @param signer Whether the peer is the client or the server.
 * @param transcriptHash The hash of the messages before it.
 * @param offered The schemes that this end has offered.
 * @param takesPkcs1 Whether it has offered those of RSASSA-PKCS1-v1_5 for TLS 1.3's clients, too.
 * @returns The scheme of the signature.
 * @throws {SslError} `SSL_ERROR_INCORRECT_SIGNATURE_ALGORITHM` for a scheme that was not offered or
 * does not match the key, `SEC_ERROR_BAD_SIGNATURE` for a wrong signature.
 */
export async function verifyPeerSignature(
  publicKey: SubjectPublicKeyInfo,
  body: Uint8Array<ArrayBuffer>,
  signer: End,
  transcriptHash: Promise<Uint8Array<ArrayBuffer>>,
  offered: readonly SignatureScheme[],
  takesPkcs1: boolean,
): Promise<SignatureScheme> {
  const { algorithm, signature } = parseCertificateVerify(body);
  // RFC 9963, Section 3: for clients alone, and where they were offered.
  const pkcs1 = takesPkcs1 && signer === "client" ? rowOfClientId(algorithm) : undefined;
  const row = pkcs1 ?? signatureSchemeById(algorithm);
  // RFC 8446, Section 4.4.3: one of those offered, and never PKCS#1 or SHA-1 in TLS 1.3.
  if (
    row === undefined || !(row.tls13 || pkcs1) || !offered.includes(row.scheme) ||
    !fits(row, publicKey)
  ) {
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
 * Signs the transcript.
 *
 * @param key The private key.
 * @param scheme The signature scheme.
 * @param signer Whether this end is the client or the server.
 * @param transcriptHash The hash of the transcript.
 * @throws {SslError} `SSL_ERROR_SIGN_HASHES_FAILURE` if the key throws an error other than an
 * `NssError`.
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
    const { id, clientId = id } = signatureSchemeByName(scheme)!;
    return { algorithm: clientId, signature };
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_SIGN_HASHES_FAILURE");
  }
}

/**
 * Selects the scheme with which a key signs a TLS 1.3 handshake.
 *
 * @param key The key.
 * @param own The schemes of this end, in preference order.
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

/** Returns what selects the scheme with which a client's key answers a request. */
export function clientSchemeFor(
  { version, signatureSchemes, pkcs1Schemes = [] }: ClientAuthRequest,
  own: readonly SignatureScheme[],
): (key: Pick<PrivateKey, "algorithm" | "schemes">) => SignatureScheme | undefined {
  if (version === "TLSv1.2") return (key) => chooseTls12Scheme(key, own, signatureSchemes);
  return (key) =>
    // RFC 9963, Section 3: not with a key that can do RSASSA-PSS.
    chooseScheme(key, own, signatureSchemes) ?? own.find((scheme) =>
      key.algorithm.type === "rsa" && pkcs1Schemes.includes(scheme) &&
      (key.schemes?.includes(scheme) ?? true)
    );
}

/** Returns the schemes of the code points for clients (RFC 9963), without the others. */
export function pkcs1Schemes(ids: readonly number[]): readonly SignatureScheme[] {
  return ids.map(rowOfClientId).filter((row) => row !== undefined).map(({ scheme }) => scheme);
}

/** Returns the code points for clients of schemes (RFC 9963). */
export function pkcs1ClientIds(schemes: readonly SignatureScheme[]): readonly number[] {
  return schemes.map((scheme) => signatureSchemeByName(scheme)?.clientId)
    .filter((id) => id !== undefined);
}

function rowOfClientId(id: number): SignatureSchemeRow | undefined {
  return SIGNATURE_SCHEMES.find(({ clientId }) => clientId === id);
}

/** Returns the schemes of code points, without the unknown ones. */
export function knownSchemes(ids: readonly number[]): readonly SignatureScheme[] {
  return ids.map(signatureSchemeById).filter((row) => row !== undefined).map(({ scheme }) =>
    scheme
  );
}

/** Returns whether a scheme matches a key; in TLS 1.3 ECDSA schemes include the curve. */
function fits(row: SignatureSchemeRow, { algorithm }: Pick<PrivateKey, "algorithm">): boolean {
  if (row.keyType !== algorithm.type) return false;
  if (algorithm.type === "ec") return row.curve === algorithm.curve;
  return algorithm.type !== "rsa-pss" || algorithm.hash === undefined ||
    algorithm.hash === row.hash;
}
