// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  hasMembers,
  isArrayOf,
  isDate,
  isOneOf,
  isString,
  requireArgs,
  required,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import { isPublicKey } from "../certificate/spki.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { bytesEqual } from "../base/bytes.ts";
import { toHex } from "../base/runtime.ts";
import { DerReader } from "../der/der_reader.ts";
import { constructedTag } from "../der/tag.ts";
import { DerWriter } from "../der/der_writer.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import { OIDS } from "../der/oids.ts";
import type { SignatureScheme } from "../certificate/private_key.ts";
import { isSct, type Sct } from "../extensions/sct.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";
import { timeText } from "../der/time.ts";
import { isAnchor, type TrustAnchor } from "../verify/trust_anchor.ts";
import { verifySignature } from "../verify/verify_signature.ts";

/**
 * A trusted certificate transparency log.
 *
 * @category Verification
 */
export interface CtLog {
  /** The public key of the log; its SHA-256 is the log's identifier. */
  readonly key: SubjectPublicKeyInfo;
  /** The name of the log, for error messages. */
  readonly description?: string;
  /** When the log was retired; SCTs from then on are refused. */
  readonly retiredAt?: Date;
}

/**
 * The options of {@linkcode verifySct}.
 *
 * @category Verification
 */
export interface VerifySctOptions {
  /** The certificate that the SCT is about. */
  readonly certificate: Certificate;
  /**
   * The source of the SCT: `"embedded"` in the certificate, so that the log signed the
   * precertificate, or `"delivered"` by TLS or OCSP, so that it signed the certificate.
   */
  readonly source: "embedded" | "delivered";
  /** The issuer of the certificate; required for an embedded SCT. */
  readonly issuer?: Certificate | TrustAnchor;
  /** The trusted logs. */
  readonly logs: readonly CtLog[];
  /** The current time; SCTs from the future are refused. */
  readonly time: Date;
}

const SHAPE: Shape<VerifySctOptions> = {
  certificate: required(isCertificate),
  source: required(isOneOf(["embedded", "delivered"])),
  issuer: isAnchor,
  logs: required(isArrayOf(hasMembers("a log", {
    key: required(isPublicKey),
    description: isString,
    retiredAt: isDate,
  }))),
  time: required(isDate),
};

/** RFC 6962, Section 2.1.4: NIST P-256 or RSA, both with SHA-256. */
const SCHEMES: ReadonlyMap<number, SignatureScheme> = new Map([
  [0x0403, "ecdsa_secp256r1_sha256"],
  [0x0401, "rsa_pkcs1_sha256"],
]);

/** The minimum length in bits of a log's RSA key (RFC 6962, Section 2.1.4). */
const MIN_LOG_RSA_BITS = 2048;

function sctError(name: ErrorName, state: string): NssError {
  return new NssError(name, `Cannot use SCT: ${state}`);
}

/**
 * Verifies a signed certificate timestamp (RFC 6962, Section 5.2).
 *
 * The caller decides how many SCTs of which logs a certificate needs.
 *
 * @param sct The SCT.
 * @param options The certificate and the trusted logs.
 * @returns The log that signed.
 * @throws {NssError} `SEC_ERROR_UNKNOWN_SIGNER` if the log is not trusted,
 * `SEC_ERROR_BAD_SIGNATURE` if the signature is wrong or its algorithm is not that of RFC 6962,
 * `SEC_ERROR_INVALID_TIME` if the time is in the future or after the log's retirement,
 * `SEC_ERROR_INVALID_ARGS` if the SCT is embedded and no issuer is given.
 *
 * @example The SCTs in a certificate
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   type Certificate,
 *   createCertificate,
 *   type CtLog,
 *   signedCertificateTimestampList,
 *   verifySct,
 * } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * async function countScts(certificate: Certificate, issuer: Certificate, logs: CtLog[]) {
 *   const scts = certificate.extension(signedCertificateTimestampList) ?? [];
 *   const time = new Date();
 *   const results = await Promise.allSettled(
 *     scts.map((sct) => verifySct(sct, { certificate, issuer, source: "embedded", logs, time })),
 *   );
 *   return results.filter(({ status }) => status === "fulfilled").length;
 * }
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, subject: "CN=No log knows" });
 * assertEquals(await countScts(certificate, certificate, []), 0);
 * ```
 *
 * @category Verification
 */
export async function verifySct(sct: Sct, options: VerifySctOptions): Promise<CtLog> {
  requireArgs("Cannot use SCT", isSct(sct, "sct"));
  options = takeOptions("Cannot use SCT", options, SHAPE);
  const { time } = options;
  const log = await findLog(sct, options.logs);
  if (log === undefined) {
    throw sctError("SEC_ERROR_UNKNOWN_SIGNER", `the log ${toHex(sct.logId)} is not known`);
  }
  const name = log.description ?? `the log ${toHex(sct.logId)}`;
  if (!(sct.timestamp <= time)) {
    throw sctError(
      "SEC_ERROR_INVALID_TIME",
      `it is of ${sct.timestamp.toISOString()}, later than ${timeText(time)}`,
    );
  }
  if (log.retiredAt !== undefined && !(sct.timestamp < log.retiredAt)) {
    throw sctError(
      "SEC_ERROR_INVALID_TIME",
      `it is of ${sct.timestamp.toISOString()}, and ${name} was retired at ` +
        timeText(log.retiredAt),
    );
  }
  const scheme = SCHEMES.get(sct.signatureAlgorithm);
  const { algorithm } = log.key;
  const isTooShort = algorithm.type === "rsa" && algorithm.modulusLength < MIN_LOG_RSA_BITS;
  if (scheme === undefined || isTooShort) {
    throw sctError(
      "SEC_ERROR_BAD_SIGNATURE",
      `${name} signs in a way that RFC 6962 does not allow`,
    );
  }
  const data = await signedData(sct, options);
  if (!await verifySignature(log.key, scheme, data, sct.signature)) {
    throw sctError("SEC_ERROR_BAD_SIGNATURE", `its signature is not of the key of ${name}`);
  }
  return log;
}

async function findLog(sct: Sct, logs: readonly CtLog[]): Promise<CtLog | undefined> {
  for (const log of logs) if (bytesEqual(await log.key.digest(), sct.logId)) return log;
  return undefined;
}

/**
 * Encodes the data that the log signed (RFC 6962, Section 3.2): version 1, the type
 * certificate_timestamp, the time, then either x509_entry with the certificate or precert_entry
 * with the hash of the issuer's key and the TBSCertificate, then the extensions.
 */
async function signedData(sct: Sct, options: VerifySctOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { certificate, issuer, source } = options;
  if (source === "delivered") return assemble(sct, 0, [], certificate.der);
  if (issuer === undefined) {
    throw sctError("SEC_ERROR_INVALID_ARGS", "it is embedded, and no issuer is given");
  }
  const keyHash = await issuer.subjectPublicKeyInfo.digest();
  return assemble(sct, 1, keyHash, precertificateTbs(certificate));
}

function assemble(
  sct: Sct,
  entryType: 0 | 1,
  prefix: ArrayLike<number>,
  entry: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { extensions } = sct;
  const bytes = new Uint8Array(12 + prefix.length + 3 + entry.length + 2 + extensions.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(2, BigInt(sct.timestamp.getTime()));
  view.setUint16(10, entryType);
  bytes.set(prefix, 12);
  let offset = 12 + prefix.length;
  bytes[offset] = entry.length >> 16;
  view.setUint16(offset + 1, entry.length & 0xffff);
  bytes.set(entry, offset += 3);
  view.setUint16(offset += entry.length, extensions.length);
  bytes.set(extensions, offset + 2);
  return bytes;
}

/**
 * The extensions that are not part of the signed data: SCTs in a certificate, the poison in a
 * precertificate.
 */
const NOT_SIGNED: ReadonlySet<string> = new Set([
  OIDS.signedCertificateTimestampList,
  OIDS.precertificatePoison,
]);

/**
 * Returns the TBSCertificate that logs sign (RFC 6962, Section 3.2): that of the certificate
 * without its SCTs, which is that of the precertificate without its poison.
 *
 * @param certificate The certificate, or a precertificate signed with the issuer's own key.
 * @returns The encoding.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, precertificateTbs } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, subject: "CN=Test" });
 * assertEquals(precertificateTbs(certificate), certificate.tbsCertificate);
 * ```
 *
 * @category Verification
 */
export function precertificateTbs(certificate: Certificate): Uint8Array<ArrayBuffer> {
  requireArgs("Cannot restore precertificate", isCertificate(certificate, "certificate"));
  if (![...certificate.extensions.keys()].some((oid) => NOT_SIGNED.has(oid))) {
    return certificate.tbsCertificate.slice();
  }
  const tag = constructedTag(3);
  const whole = new DerReader(certificate.tbsCertificate, "certificate");
  const fields = whole.sequence("tbsCertificate");
  return new DerWriter().sequence((w) => {
    while (!fields.done) {
      const { nextTag } = fields;
      if (nextTag !== tag) w.raw(fields.element("").der);
      else {
        const kept = keptExtensions(fields.constructed("extensions", tag));
        if (kept.length > 0) {
          w.constructed(tag, (w) => w.sequence((w) => kept.forEach((der) => w.raw(der))));
        }
      }
    }
  }).finish();
}

function keptExtensions(explicit: DerReader): Uint8Array<ArrayBuffer>[] {
  const kept: Uint8Array<ArrayBuffer>[] = [];
  const sequence = explicit.sequence("");
  while (!sequence.done) {
    const { der } = sequence.peek("extension");
    if (!NOT_SIGNED.has(sequence.sequence("extension").oid("extnID"))) kept.push(der);
  }
  return kept;
}
