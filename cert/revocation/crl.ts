// Copyright 2026 the NSS for Deno authors. MIT license.

import { isBytes, isInstance, requireArgs } from "../base/options.ts";
import { bytesEqual, copyBytes } from "../base/bytes.ts";
import { shown } from "../base/printable.ts";
import { DerReader } from "../der/der_reader.ts";
import { constructedTag, TAG } from "../der/tag.ts";
import { CrlEntries, type CrlEntry, readCrlExtension } from "./crl_entries.ts";
import { NssError } from "../base/errors.ts";
import { crlNumber, deltaCrlIndicator } from "../extensions/crl_number.ts";
import { type DistributionPoint, freshestCrl } from "../extensions/crl_distribution_points.ts";
import { type CertificateExtension, readExtensions } from "../extensions/extension.ts";
import {
  type IssuingDistributionPoint,
  issuingDistributionPoint,
} from "../extensions/issuing_distribution_point.ts";
import {
  type AuthorityKeyIdentifier,
  authorityKeyIdentifier,
} from "../extensions/key_identifiers.ts";
import type { GeneralName } from "../names/general_name.ts";
import { Name } from "../names/name.ts";
import { decodeOnePemOrDer, decodePemOrDer, encodePem, type PemKind } from "../der/pem.ts";
import {
  parseSignatureAlgorithm,
  readAlgorithmIdentifier,
  type SignatureAlgorithm,
} from "../certificate/signature_algorithm.ts";
import { readTime } from "../der/time.ts";

export type { CrlEntry } from "./crl_entries.ts";

/**
 * The maximum size in bytes of a CRL that {@linkcode parseCrl} accepts. The largest on the public
 * web have some ten million bytes. It also bounds the number of entries, which have 20 bytes or
 * more each.
 *
 * @category Revocation
 */
export const MAX_CRL_SIZE = 1 << 25;

type CrlFields = ConstructorParameters<typeof Crl>[0];

/**
 * A certificate revocation list (CRL; RFC 5280, Section 5). It is immutable.
 *
 * Parsing checks the structure, including all entries. {@linkcode verifyCrl} decides whether the
 * CRL may be used.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, createCrl } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const root = await createCertificate({ publicKey, privateKey, subject: "CN=Root", isCa: true });
 * const crl = await createCrl({
 *   issuer: { certificate: root, privateKey },
 *   crlNumber: 1,
 *   thisUpdate: new Date("2026-01-01T00:00:00Z"),
 *   revoked: [{
 *     serialNumber: Uint8Array.of(5),
 *     revocationDate: new Date("2025-12-31T00:00:00Z"),
 *     reason: "keyCompromise",
 *   }],
 * });
 * assertEquals(crl.find(Uint8Array.of(5))?.reason, "keyCompromise");
 * assertEquals(crl.find(Uint8Array.of(6)), undefined);
 * ```
 *
 * @category Revocation
 */
export class Crl {
  /** The DER encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The encoding of the TBSCertList, which is signed. */
  readonly tbsCertList: Uint8Array<ArrayBuffer>;
  /** The version; 2 if the CRL has extensions. */
  readonly version: 1 | 2;
  /** The encoding of the AlgorithmIdentifier of the signature. */
  readonly signatureAlgorithmDer: Uint8Array<ArrayBuffer>;
  /** The signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
  /** The distinguished name of the issuer. */
  readonly issuer: Name;
  /** The extensions, not decoded, by dotted object identifier, in the order of the encoding. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
  /** The CRL number, which increases with each CRL. */
  readonly crlNumber: bigint | undefined;
  /** The key of the issuer that signed the CRL. */
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined;
  /** The scope of the CRL; all certificates of the issuer if absent. */
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined;
  /** The number of the base CRL of a delta CRL; absent in complete CRLs. */
  readonly deltaCrlIndicator: bigint | undefined;
  /** The locations of delta CRLs. */
  readonly freshestCrl: readonly DistributionPoint[] | undefined;
  readonly #thisUpdate: number;
  readonly #nextUpdate: number | null;
  readonly #entries: CrlEntries | null;
  #signatureAlgorithm: SignatureAlgorithm | undefined;

  /**
   * Creates a CRL from its fields; use {@linkcode parseCrl} to get one.
   *
   * @param fields The fields.
   */
  constructor(
    fields:
      & Pick<
        Crl,
        | "der"
        | "tbsCertList"
        | "version"
        | "signatureAlgorithmDer"
        | "signature"
        | "issuer"
        | "thisUpdate"
        | "nextUpdate"
        | "extensions"
      >
      & { readonly entries: CrlEntries | null },
  ) {
    this.der = fields.der;
    this.tbsCertList = fields.tbsCertList;
    this.version = fields.version;
    this.signatureAlgorithmDer = fields.signatureAlgorithmDer;
    this.signature = fields.signature;
    this.issuer = fields.issuer;
    this.extensions = fields.extensions;
    this.#thisUpdate = fields.thisUpdate.getTime();
    this.#nextUpdate = fields.nextUpdate?.getTime() ?? null;
    this.#entries = fields.entries;
    this.crlNumber = readCrlExtension(fields.extensions, crlNumber);
    this.authorityKeyIdentifier = readCrlExtension(fields.extensions, authorityKeyIdentifier);
    this.issuingDistributionPoint = readCrlExtension(fields.extensions, issuingDistributionPoint);
    this.deltaCrlIndicator = readCrlExtension(fields.extensions, deltaCrlIndicator);
    this.freshestCrl = readCrlExtension(fields.extensions, freshestCrl);
  }

  /** When the CRL was issued. */
  get thisUpdate(): Date {
    return new Date(this.#thisUpdate);
  }

  /** When the next CRL is due at the latest; `null` if absent. */
  get nextUpdate(): Date | null {
    return this.#nextUpdate === null ? null : new Date(this.#nextUpdate);
  }

  /**
   * The signature algorithm. Throws `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if it is not
   * supported.
   */
  get signatureAlgorithm(): SignatureAlgorithm {
    return this.#signatureAlgorithm ??= parseSignatureAlgorithm(this.signatureAlgorithmDer);
  }

  /** The number of entries. */
  get size(): number {
    return this.#entries?.size ?? 0;
  }

  /**
   * Whether the CRL has a revokedCertificates without entries, which RFC 5280, Section 5.1.2.6,
   * forbids and some authorities write. The `strict` profile refuses it.
   */
  get hasEmptyList(): boolean {
    return this.#entries?.size === 0;
  }

  /** Whether the CRL covers certificates of other issuers as well (RFC 5280, Section 5.3.3). */
  get isIndirect(): boolean {
    return this.issuingDistributionPoint?.indirectCrl === true ||
      this.#entries?.namesIssuers === true;
  }

  /**
   * The object identifier of a critical entry extension that is not processed; `null` if there is
   * none.
   */
  get unknownCriticalEntryExtension(): string | null {
    return this.#entries?.unknownCritical ?? null;
  }

  /**
   * Finds the entry of a certificate. The first search sorts the entries.
   *
   * @param serialNumber The serial number, in the form of {@linkcode Certificate.serialNumber}.
   * @param issuer The issuer of the certificate; by default that of the CRL. Indirect CRLs have
   * entries of other issuers (RFC 5280, Section 5.3.3).
   * @returns The entry, or `undefined` if there is none.
   */
  find(serialNumber: Uint8Array, issuer: Name = this.issuer): CrlEntry | undefined {
    const isName = isInstance(Name)(issuer, "issuer");
    requireArgs("Cannot find entry of CRL", isBytes(serialNumber, "serialNumber"), isName);
    return this.#entries?.find(serialNumber, (names) => isNamed(names, issuer, this.issuer));
  }

  /**
   * Iterates over all entries in the order of the CRL; each is decoded again.
   *
   * @returns The entries.
   */
  *entries(): Generator<CrlEntry, void, void> {
    if (this.#entries !== null) yield* this.#entries;
  }

  /**
   * Encodes the CRL as PEM.
   *
   * @returns An `X509 CRL` block.
   */
  toPem(): string {
    return encodePem("X509 CRL", this.der);
  }

  /**
   * Describes the CRL in one line.
   *
   * @returns For example `CRL 5 of "CN=Example Root" of 2026-01-01T00:00:00.000Z`.
   */
  toString(): string {
    const number = this.crlNumber === undefined ? "" : ` ${this.crlNumber}`;
    return `CRL${number} of ${shown(this.issuer)} of ${this.thisUpdate.toISOString()}`;
  }
}

/** Returns whether an entry whose certificateIssuer is given, or `null`, is about an issuer. */
function isNamed(names: readonly GeneralName[] | null, issuer: Name, crlIssuer: Name): boolean {
  if (names === null) return issuer.equals(crlIssuer);
  return names.some((name) => name.type === "directory" && name.value.equals(issuer));
}

/**
 * Parses a CRL.
 *
 * The encoding must be DER. The structure of every entry is checked. An empty revokedCertificates
 * is accepted: see {@linkcode Crl.hasEmptyList}.
 *
 * @param input PEM text with one CRL, PEM bytes, or DER, which is copied.
 * @returns The CRL.
 * @throws {NssError} `SEC_ERROR_CRL_INVALID` if it is malformed, with a message that names the
 * field and the byte; `SEC_ERROR_CRL_INVALID_VERSION` if the version field is present and not 2;
 * `SEC_ERROR_CRL_V1_CRITICAL_EXTENSION` if it is of version 1 and has a critical extension.
 *
 * @example Usage
 * ```ts
 * import { NssError, parseCrl } from "@nss/nss/cert";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => parseCrl(Uint8Array.of(0x30, 0x00)),
 *   NssError,
 *   "Cannot parse CRL: tbsCertList at byte 2: missing",
 * );
 * ```
 *
 * @category Revocation
 */
export function parseCrl(input: Uint8Array | string): Crl {
  const { der } = decodeOnePemOrDer(input, PEM, "parseCrlsPem() reads them all");
  return crlOf(der);
}

/** The labels are that of RFC 7468, Section 6, and an older one. */
const PEM: PemKind = {
  attempt: "Cannot parse CRL",
  labels: ["X509 CRL", "CRL"],
  error: "SEC_ERROR_CRL_INVALID",
};

function crlOf(der: Uint8Array): Crl {
  if (der.length > MAX_CRL_SIZE) {
    throw new NssError(
      "SEC_ERROR_CRL_INVALID",
      `Cannot parse CRL: ${der.length} bytes are more than ${MAX_CRL_SIZE}`,
    );
  }
  return new Crl(readCrl(copyBytes(der)));
}

/**
 * Parses all CRLs in PEM.
 *
 * @param pem The text, or the bytes of its file; DER is taken as one CRL. Blocks with other labels
 * and text outside of blocks are skipped.
 * @returns The CRLs, in the order of the text.
 * @throws {NssError} `SEC_ERROR_CRL_INVALID` if the text has no CRL or one is malformed, and the
 * other errors of {@linkcode parseCrl}.
 *
 * @example Usage
 * ```ts
 * import { NssError, parseCrlsPem } from "@nss/nss/cert";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => parseCrlsPem("no list"), NssError, "there is none");
 * ```
 *
 * @category Revocation
 */
export function parseCrlsPem(pem: string | Uint8Array): Crl[] {
  return decodePemOrDer(pem, PEM).map(({ der }) => crlOf(der));
}

function readCrl(der: Uint8Array<ArrayBuffer>): CrlFields {
  const whole = new DerReader(der, "CRL", "SEC_ERROR_CRL_INVALID");
  const list = whole.sequence("");
  whole.finish();
  const tbsCertList = list.peek("tbsCertList").der;
  const tbs = list.sequence("tbsCertList");
  const signatureAlgorithmDer = readAlgorithmIdentifier(list, "signatureAlgorithm");
  const signature = list.bitStringBytes("signatureValue");
  list.finish();

  const version = tbs.nextTag === TAG.integer ? readVersion(tbs) : 1;
  const innerOffset = tbs.offset;
  const inner = readAlgorithmIdentifier(tbs, "signature");
  // RFC 5280, Section 5.1.1.2: MUST contain the same algorithm identifier as the signature field
  if (!bytesEqual(inner, signatureAlgorithmDer)) {
    tbs.fail("signature", "the algorithm is not that of the list", innerOffset);
  }
  const issuer = Name.read(tbs, "issuer");
  // RFC 5280, Section 5.1.2.3: a non-empty distinguished name
  if (issuer.isEmpty) tbs.fail("issuer", "the name is empty");
  const thisUpdate = readTime(tbs, "thisUpdate");
  const hasNext = tbs.nextTag === TAG.utcTime || tbs.nextTag === TAG.generalizedTime;
  const nextUpdate = hasNext ? readTime(tbs, "nextUpdate") : null;
  let entries: CrlEntries | null = null;
  if (tbs.nextTag === TAG.sequence) {
    const revoked = tbs.sequence("revokedCertificates");
    entries = new CrlEntries(revoked, version === 2);
  }
  let extensions: ReadonlyMap<string, CertificateExtension> = new Map();
  if (tbs.nextTag === constructedTag(0)) {
    const explicit = tbs.constructed("crlExtensions", constructedTag(0));
    extensions = readExtensions(explicit, "");
    explicit.finish();
    if (version === 1) failVersion1(tbs, extensions);
  }
  tbs.finish();
  return {
    der,
    tbsCertList,
    version,
    signatureAlgorithmDer,
    signature,
    issuer,
    thisUpdate,
    nextUpdate,
    entries,
    extensions,
  };
}

function readVersion(tbs: DerReader): 2 {
  const number = tbs.smallInteger("version");
  // RFC 5280, Section 5.1.2.1: if present, MUST be v2
  if (number !== 1) {
    throw new NssError(
      "SEC_ERROR_CRL_INVALID_VERSION",
      `Cannot parse CRL: version ${number + 1} is not 2`,
    );
  }
  return 2;
}

/** RFC 5280, Section 5.1.2.1: the version MUST be 2 when any extensions are used. */
function failVersion1(
  tbs: DerReader,
  extensions: ReadonlyMap<string, CertificateExtension>,
): never {
  if ([...extensions.values()].some(({ critical }) => critical)) {
    throw new NssError(
      "SEC_ERROR_CRL_V1_CRITICAL_EXTENSION",
      "Cannot parse CRL: it is of version 1 and has a critical extension",
    );
  }
  return tbs.fail("crlExtensions", "they are of version 2, this is of version 1");
}
