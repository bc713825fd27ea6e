// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import {
  type Check,
  hasMembers,
  isArrayOf,
  isBoolean,
  isBytes,
  isDate,
  isInstance,
  isInteger,
  isIterable,
  isObjectOf,
  KEY_PAIR_MEMBERS,
  requireArgs,
  required,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { isExtensions, isIssuer } from "../certificate/checks.ts";
import { isSignatureScheme } from "../certificate/signature_algorithm.ts";
import { isGeneralName } from "../names/general_name.ts";
import { Name } from "../names/name.ts";
import { isCrlReason } from "../extensions/crl_entry.ts";
import type { CertificateIssuer } from "./create_certificate.ts";
import { type Crl, parseCrl } from "../revocation/crl.ts";
import { constructedTag } from "../der/tag.ts";
import { DerWriter } from "../der/der_writer.ts";
import { NssError } from "../base/errors.ts";
import {
  certificateIssuer,
  type CrlReason,
  invalidityDate,
  reasonCode,
} from "../extensions/crl_entry.ts";
import { type DistributionPoint, freshestCrl } from "../extensions/crl_distribution_points.ts";
import { crlNumber, deltaCrlIndicator, MAX_CRL_NUMBER_SIZE } from "../extensions/crl_number.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../extensions/extension.ts";
import {
  type IssuingDistributionPoint,
  issuingDistributionPoint,
} from "../extensions/issuing_distribution_point.ts";
import { authorityKeyIdentifier } from "../extensions/key_identifiers.ts";
import type { SignatureScheme } from "../certificate/private_key.ts";
import { encodeSignedData } from "./signed_data.ts";
import { writeTime } from "../der/time.ts";

/**
 * A revoked certificate, to be put on a CRL.
 *
 * @category Issuing certificates
 */
export interface RevokedCertificate {
  /** The serial number, in the form of {@linkcode Certificate.serialNumber}. */
  readonly serialNumber: Uint8Array;
  /** When it was revoked. */
  readonly revocationDate: Date;
  /** The reason; `"unspecified"` is omitted, as RFC 5280 recommends. */
  readonly reason?: CrlReason;
  /** Since when the key is suspect. */
  readonly invalidityDate?: Date;
  /**
   * The issuer of the certificate; by default that of the CRL. Only an indirect CRL
   * (`issuingDistributionPoint: { indirectCrl: true }`) may have entries of other issuers.
   */
  readonly certificateIssuer?: Name;
}

/**
 * The options of {@linkcode createCrl}.
 *
 * @category Issuing certificates
 */
export interface CreateCrlOptions {
  /** The issuer of the CRL. */
  readonly issuer: CertificateIssuer;
  /** The CRL number, from 0 to 2^159 - 1. Each CRL must have a higher one than the one before. */
  readonly crlNumber: number | bigint;
  /** When the CRL is issued. */
  readonly thisUpdate: Date;
  /** When the next CRL is due at the latest; 7 days after `thisUpdate` by default. */
  readonly nextUpdate?: Date;
  /** The revoked certificates. */
  readonly revoked: Iterable<RevokedCertificate>;
  /** The scope of the CRL; all certificates of the issuer by default. */
  readonly issuingDistributionPoint?: Partial<IssuingDistributionPoint>;
  /**
   * The number of the CRL whose changes this one has: it makes a delta CRL, which has only the
   * certificates revoked since then, and those to be removed (`removeFromCRL`). It must have the
   * key and the scope of the complete CRL. By default the CRL is complete.
   */
  readonly baseCrlNumber?: number | bigint;
  /** The locations of delta CRLs; not in a delta CRL itself. */
  readonly freshestCrl?: readonly DistributionPoint[];
  /** Other extensions; they replace those that result from other options. */
  readonly extensions?: readonly CertificateExtension[];
  /**
   * The signature scheme; by default the preferred one of the issuer's key, of RSA
   * `rsa_pkcs1_sha256`.
   */
  readonly signatureScheme?: SignatureScheme;
}

const isNumber: Check = (value, name) =>
  typeof value === "bigint" ? null : isInteger(Number.MIN_SAFE_INTEGER)(value, name);

const SHAPE: Shape<CreateCrlOptions> = {
  ...KEY_PAIR_MEMBERS,
  issuer: required(isIssuer),
  crlNumber: required(isNumber),
  thisUpdate: required(isDate),
  nextUpdate: isDate,
  revoked: required(isIterable),
  issuingDistributionPoint: hasMembers("an issuing distribution point", {
    onlyContainsUserCerts: isBoolean,
    onlyContainsCaCerts: isBoolean,
    indirectCrl: isBoolean,
    onlyContainsAttributeCerts: isBoolean,
    fullName: isArrayOf(isGeneralName),
    nameRelativeToCrlIssuer: isBytes,
  }),
  baseCrlNumber: isNumber,
  freshestCrl: isArrayOf(hasMembers("a distribution point", {
    fullName: isArrayOf(isGeneralName),
    nameRelativeToCrlIssuer: isBytes,
    crlIssuer: isArrayOf(isGeneralName),
  })),
  extensions: isExtensions,
  signatureScheme: isSignatureScheme,
};

const isRevoked = isObjectOf<RevokedCertificate>({
  serialNumber: required(isBytes),
  revocationDate: required(isDate),
  reason: isCrlReason,
  invalidityDate: isDate,
  certificateIssuer: isInstance(Name, "; Name.parse(text) makes one"),
});

const WEEK = 7 * 24 * 3_600_000;

/**
 * Creates a CRL of version 2, with a CRL number and, if the issuer's certificate has a key
 * identifier, an authority key identifier. It may be complete or a delta CRL, of one issuer or
 * indirect, and limited to some reasons or kinds of certificates.
 *
 * @param options The contents of the CRL and its issuer.
 * @returns The CRL.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the options contradict each other or the issuer
 * may not sign CRLs, `SEC_ERROR_INVALID_ALGORITHM` if the issuer's key does not support the scheme,
 * `SEC_ERROR_BAD_SIGNATURE` if it does not belong to the issuer's certificate.
 *
 * @example Revoke a certificate
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, createCrl } from "@nss/nss/cert";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const root = await createCertificate({ publicKey, privateKey, subject: "CN=Root", isCa: true });
 * const issuer = { certificate: root, privateKey };
 * const leaf = await createCertificate({ publicKey, dnsNames: ["example.com"], issuer });
 *
 * const thisUpdate = new Date();
 * const crl = await createCrl({
 *   issuer,
 *   crlNumber: 1,
 *   thisUpdate,
 *   revoked: [{
 *     serialNumber: leaf.serialNumber,
 *     revocationDate: thisUpdate,
 *     reason: "superseded",
 *   }],
 * });
 * assertEquals(crl.size, 1);
 * assert(crl.toPem().startsWith("-----BEGIN X509 CRL-----"));
 * ```
 *
 * @example A delta CRL that ends a suspension
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, createCrl } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const root = await createCertificate({ publicKey, privateKey, subject: "CN=Root", isCa: true });
 * const serialNumber = Uint8Array.of(5);
 * const delta = await createCrl({
 *   issuer: { certificate: root, privateKey },
 *   crlNumber: 8,
 *   baseCrlNumber: 7,
 *   thisUpdate: new Date(),
 *   revoked: [{ serialNumber, revocationDate: new Date(), reason: "removeFromCRL" }],
 * });
 * assertEquals(delta.deltaCrlIndicator, 7n);
 * ```
 *
 * @category Issuing certificates
 */
export async function createCrl(options: CreateCrlOptions): Promise<Crl> {
  options = takeOptions("Cannot create CRL", options, SHAPE);
  const { certificate, privateKey } = options.issuer;
  const { thisUpdate } = options;
  const nextUpdate = options.nextUpdate ?? new Date(thisUpdate.getTime() + WEEK);
  if (!(thisUpdate <= nextUpdate)) throw invalid("nextUpdate is before thisUpdate");
  if (certificate.keyUsage?.has("cRLSign") === false) {
    throw invalid("the keyUsage of the issuer's certificate has no cRLSign");
  }
  if (certificate.subject.isEmpty) throw invalid("the issuer has no subject");
  const extensions = extensionsOf(options);
  const entries = entriesOf(options);
  const der = await encodeSignedData(
    {
      what: "CRL",
      privateKey,
      publicKey: certificate.subjectPublicKeyInfo,
      signatureScheme: options.signatureScheme,
    },
    (signatureAlgorithm) =>
      new DerWriter().sequence((w) => {
        w.integer(1).raw(signatureAlgorithm).raw(certificate.subject.der);
        writeTime(w, thisUpdate);
        writeTime(w, nextUpdate);
        // RFC 5280, Section 5.1.2.6: when there are none, the list MUST be absent
        if (entries.length > 0) w.sequence((w) => entries.forEach((entry) => w.raw(entry)));
        w.constructed(constructedTag(0), (w) => writeExtensions(w, extensions));
      }),
  );
  return parseCrl(der);
}

function invalid(state: string): NssError {
  return new NssError("SEC_ERROR_INVALID_ARGS", `Cannot create CRL: ${state}`);
}

function numberOf(given: number | bigint): bigint {
  const number = BigInt(given);
  if (number < 0n || number >= 1n << BigInt(8 * MAX_CRL_NUMBER_SIZE - 1)) {
    throw invalid("the number is not from 0 to 2^159 - 1");
  }
  return number;
}

function extensionsOf(options: CreateCrlOptions): Iterable<CertificateExtension> {
  const number = numberOf(options.crlNumber);
  const list = [makeExtension(crlNumber, number)];
  const { subjectKeyIdentifier } = options.issuer.certificate;
  if (subjectKeyIdentifier !== undefined) {
    list.unshift(makeExtension(authorityKeyIdentifier, { keyIdentifier: subjectKeyIdentifier }));
  }
  const point = options.issuingDistributionPoint;
  if (point !== undefined) {
    const whole = {
      onlyContainsUserCerts: false,
      onlyContainsCaCerts: false,
      indirectCrl: false,
      onlyContainsAttributeCerts: false,
      ...point,
    };
    // RFC 5280, Section 5.2.5: a critical extension
    list.push(makeExtension(issuingDistributionPoint, whole, true));
  }
  if (options.baseCrlNumber !== undefined) {
    const base = numberOf(options.baseCrlNumber);
    if (base >= number) throw invalid("baseCrlNumber is not below crlNumber");
    // RFC 5280, Section 5.2.6: MUST NOT appear in delta CRLs
    if (options.freshestCrl !== undefined) throw invalid("a delta CRL has no freshestCrl");
    // RFC 5280, Section 5.2.4: a critical extension
    list.push(makeExtension(deltaCrlIndicator, base, true));
  }
  if (options.freshestCrl !== undefined) {
    list.push(makeExtension(freshestCrl, options.freshestCrl));
  }
  const extensions = new Map(list.map((extension) => [extension.oid, extension]));
  for (const extension of options.extensions ?? []) extensions.set(extension.oid, extension);
  return extensions.values();
}

function entriesOf(options: CreateCrlOptions): Uint8Array<ArrayBuffer>[] {
  const isIndirect = options.issuingDistributionPoint?.indirectCrl === true;
  const own = options.issuer.certificate.subject;
  let before = own;
  const seen = new Set<string>();
  const entries: Uint8Array<ArrayBuffer>[] = [];
  // By reason, because CRLs have many entries and few reasons
  const encodings = new Map<CrlReason | undefined, Uint8Array>();
  for (const certificate of options.revoked) {
    requireArgs("Cannot create CRL", isRevoked(certificate, `revoked[${entries.length}]`));
    const { serialNumber, revocationDate } = certificate;
    if (serialNumber.length === 0) throw invalid("a serial number is empty");
    const given = certificate.certificateIssuer ?? own;
    const issuer = given.equals(own) ? own : given;
    if (!isIndirect && issuer !== own) {
      throw invalid(
        "a revoked certificate is of another issuer, and the CRL is not indirect: " +
          "issuingDistributionPoint: { indirectCrl: true } makes it so",
      );
    }
    // RFC 5280, Section 5.3.3: an entry without one has the certificateIssuer of the entry before
    const named = issuer.equals(before) ? undefined : issuer;
    before = issuer;
    const isCacheable = certificate.invalidityDate === undefined && named === undefined;
    const extensions = (isCacheable ? encodings.get(certificate.reason) : undefined) ??
      encodeEntryExtensions(certificate, named);
    if (isCacheable) encodings.set(certificate.reason, extensions);
    const serial = toHex(serialNumber).replace(/^(00)+(?=[0-7])|^(ff)+(?=[89a-f])/, "");
    const id = issuer === own ? serial : `${serial} ${issuer.key}`;
    if (seen.has(id)) throw invalid(`the serial number ${serial} is there twice`);
    seen.add(id);
    const writer = new DerWriter().sequence((w) => {
      w.integer(serialNumber);
      writeTime(w, revocationDate);
      w.raw(extensions);
    });
    entries.push(writer.finish());
  }
  return entries;
}

function encodeEntryExtensions(
  { reason, invalidityDate: invalidity }: RevokedCertificate,
  issuer: Name | undefined,
): Uint8Array {
  const extensions: CertificateExtension[] = [];
  // RFC 5280, Section 5.3.1: absent instead of unspecified
  if (reason !== undefined && reason !== "unspecified") {
    extensions.push(makeExtension(reasonCode, reason));
  }
  if (invalidity !== undefined) extensions.push(makeExtension(invalidityDate, invalidity));
  if (issuer !== undefined) {
    // RFC 5280, Section 5.3.3: a critical extension
    const names = [{ type: "directory", value: issuer } as const];
    extensions.push(makeExtension(certificateIssuer, names, true));
  }
  const writer = new DerWriter();
  if (extensions.length > 0) writeExtensions(writer, extensions);
  return writer.finish();
}
