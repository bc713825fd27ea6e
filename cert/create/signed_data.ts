// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type Check,
  hasMembers,
  isAmount,
  isArrayOf,
  isBoolean,
  isBytes,
  isDate,
  isEither,
  isInstance,
  isInteger,
  isOneOf,
  isString,
  required,
} from "../base/options.ts";
import { isExtensions } from "../certificate/checks.ts";
import { isSignatureScheme } from "../certificate/signature_algorithm.ts";
import { KEY_USAGES } from "../extensions/key_usage.ts";
import { ALT_NAMES } from "../names/alt_names.ts";
import { isGeneralName } from "../names/general_name.ts";
import { Name } from "../names/name.ts";
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

/**
 * A purpose of a key: its name, or any other as a dotted object identifier.
 *
 * @category Issuing certificates
 */
export type KeyPurpose =
  | "serverAuth"
  | "clientAuth"
  | "codeSigning"
  | "emailProtection"
  | "timeStamping"
  | "ocspSigning"
  | "anyExtendedKeyUsage"
  | `${number}.${string}`;

/** The purposes that have names (RFC 5280, Section 4.2.1.12). */
export const KEY_PURPOSES = [
  "serverAuth",
  "clientAuth",
  "codeSigning",
  "emailProtection",
  "timeStamping",
  "ocspSigning",
  "anyExtendedKeyUsage",
] as const satisfies readonly KeyPurpose[];

/** Accepts the name of a purpose, or a dotted object identifier. */
const isPurpose: Check = (value, name) =>
  typeof value === "string" && /^\d+(?:\.\d+)+$/.test(value)
    ? null
    : isOneOf(KEY_PURPOSES)(value, name)?.concat(" or a dotted object identifier") ?? null;

/** The checks of the options that certificates and requests have in common. */
export const CONTENT_OPTIONS = {
  ...ALT_NAMES,
  subject: isEither("a string or a Name", isString, isInstance(Name)),
  keyUsage: isArrayOf(isOneOf(KEY_USAGES)),
  extKeyUsage: isArrayOf(isPurpose),
  extensions: isExtensions,
  signatureScheme: isSignatureScheme,
} as const;

/** The checks of the options that all certificates have in common, but their issuer. */
export const CERTIFICATE_OPTIONS = {
  ...CONTENT_OPTIONS,
  isCa: isBoolean,
  pathLength: isInteger(0),
  nameConstraints: hasMembers("name constraints, { permitted, excluded }", {
    permitted: required(isArrayOf(isGeneralName)),
    excluded: required(isArrayOf(isGeneralName)),
  }),
  notBefore: isDate,
  notAfter: isDate,
  days: isAmount,
  now: isDate,
  serialNumber: isBytes,
} as const;

/** The signer of a certificate, request, CRL or OCSP response. */
export interface SignerOptions {
  /** The kind of data, for error messages, such as `CRL`. */
  readonly what: string;
  /** The private key. */
  readonly privateKey: PrivateKey;
  /** The public key of the signer's certificate; the signature is checked against it. */
  readonly publicKey: SubjectPublicKeyInfo;
  /** The signature scheme; by default that of {@linkcode defaultSignatureScheme}. */
  readonly signatureScheme?: SignatureScheme | undefined;
}

/**
 * Returns the preferred signature scheme of a key. Of RSA keys it is PKCS #1 v1.5, which more
 * programs support than RSASSA-PSS.
 *
 * @param key The public key.
 * @param privateKey The private key, which may support only some schemes.
 * @returns The scheme, or `undefined` if the key supports none.
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
 * Signs and encodes the structure common to X.509:
 * `SEQUENCE { tbs, signatureAlgorithm, signature }`.
 *
 * @param options The signer.
 * @param write Writes the data to sign, given the encoding of the AlgorithmIdentifier.
 * @param more Writes fields after the signature.
 * @returns The encoding.
 * @throws {NssError} `SEC_ERROR_INVALID_ALGORITHM` if the key does not support the scheme,
 * `SEC_ERROR_BAD_SIGNATURE` if the private key does not belong to the public key.
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
