// Copyright 2026 the NSS for Deno authors. MIT license.

import type { PathPlace } from "./build_path.ts";
import type { CertFindOptions, CertRecord, CertSource } from "../db/cert_db.ts";
import type { CertUsageName } from "./cert_usage.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { ALL_CERT_USAGES, type CertUsageRow, certUsageRow } from "./check_cert_usage.ts";
import { certificateError, type CertProfile, leafProblems } from "./check_certificate.ts";
import { NssError } from "../base/errors.ts";
import { findIssuers } from "./find_issuers.ts";
import { checksOf, searchPath, wholePath } from "./search_path.ts";
import type { TrustAnchor } from "./trust_anchor.ts";
import { type CertTrust, trustLevel } from "../db/trust_flags.ts";
import type { VerifiedPath, VerifyChainOptions } from "./verify_cert.ts";

/** What a verification found wrong (`CERTVerifyLogNode`). */
export interface VerifyLogEntry {
  /** The usage that it rules out. */
  readonly usage: CertUsageName;
  /** What is wrong. */
  readonly error: NssError;
  /** The certificate at fault, where that is known. */
  readonly certificate?: Certificate;
  /** Where it stands: 0 is the certificate that was verified. */
  readonly depth?: number;
}

/** What {@linkcode verifyCert} takes. */
export interface VerifyCertOptions extends CertFindOptions {
  /** Certificates that are not in the database and may stand between, as a peer sends them. */
  readonly intermediates?: readonly Certificate[];
  /** How long before notBefore a certificate is taken as valid; 0 by default (NSS: 86,400). */
  readonly slopSeconds?: number;
  /**
   * How certificates must be made; by default `"strict"` if all authorities that may be at the top
   * are those of a root programme, `"compatible"` for the home-made.
   */
  readonly profile?: CertProfile;
  /** How many bits the modulus of an RSA key must have; 2048 by default. */
  readonly minRsaBits?: number;
  /** Whether signatures with SHA-1 count, `false` by default. */
  readonly allowSha1?: boolean;
  /** The policies of which one must hold for the path. */
  readonly policies?: readonly string[];
  /**
   * Hears of each path that is right so far, and may refuse it by throwing, as where it is revoked.
   */
  readonly checkPath?: (path: VerifiedPath) => void | Promise<void>;
  /**
   * Where to write down all that is wrong, instead of stopping at the first. The verification fails
   * all the same.
   */
  readonly log?: VerifyLogEntry[];
}

/**
 * Verifies a certificate at a time with what a database knows (`CERT_VerifyCert`).
 *
 * In NSS's order: validity, key usage, purpose; then the trust in the certificate itself, which may
 * settle the matter (`P` accepts it as it stands, `p` refuses it); then a path of issuers to an
 * authority that is trusted for this usage (`C`, for clients `T`), none of which is distrusted,
 * checked as {@linkcode verifyCertificateChain} does.
 *
 * The host name is not looked at: see {@linkcode verifyCertName}.
 *
 * @param db Where trust and issuers are looked up.
 * @param certificate The certificate.
 * @param _checkSig Whether to check signatures. NSS leaves them out for `false`; here they are
 * always checked: a path without signatures proves nothing, and those checked lately are
 * remembered.
 * @param usage What the certificate is used for.
 * @param time When.
 * @param options What else is there, and allowed.
 * @returns The path: the certificate first, the trusted authority last.
 * @throws {NssError} What is wrong first; of several paths that fail, with the error that tells
 * most. Besides the errors of {@linkcode verifyCertificateChain} these are
 * `SEC_ERROR_UNTRUSTED_CERT` and `SEC_ERROR_UNTRUSTED_ISSUER` where the database distrusts, and
 * what a token throws.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   createCertificate,
 *   importCert,
 *   MemoryCertDB,
 *   NssError,
 *   verifyCert,
 * } from "@nss/nss/cert";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * const { publicKey } = await generateKeyPair();
 * const leaf = await createCertificate({
 *   publicKey,
 *   dnsNames: ["example.com"],
 *   issuer: { certificate: root, privateKey: keys.privateKey },
 * });
 * const db = new MemoryCertDB();
 * await importCert(db, root, { nickname: "root", trust: "C,," });
 *
 * const now = new Date();
 * assertEquals(await verifyCert(db, leaf, true, "sslServer", now), [leaf, root]);
 * // Trusted for servers, not for clients
 * await assertRejects(() => verifyCert(db, leaf, true, "sslClient", now), NssError);
 * ```
 */
export async function verifyCert(
  db: CertSource,
  certificate: Certificate,
  _checkSig: boolean,
  usage: CertUsageName,
  time: Date,
  options: VerifyCertOptions = {},
): Promise<readonly Certificate[]> {
  const row = certUsageRow(usage);
  const { log } = options;
  const errors: NssError[] = [];
  const fail = (error: NssError, where: PathPlace): void => {
    if (log === undefined) throw error;
    errors.push(error);
    log.push({ usage, error, ...where } as VerifyLogEntry);
  };
  const what = { ...chainOptions(options), usage, time };
  for (const error of leafProblems(certificate, checksOf(what))) {
    fail(error, { certificate, depth: 0 });
  }

  const { issuer, serialNumber, tbsCertificate } = certificate;
  const [twins, { records, sent }] = await Promise.all([
    db.find({ issuer: issuer.der, serialNumber }, options),
    findIssuers(
      db,
      certificate,
      options.intermediates ?? [],
      ({ trust }) => decisionOf(row, trust) === "anchor",
      options,
    ),
  ]);
  // By what is signed: who has an ECDSA signature can make another one of it that is as right
  const distrusted = new Set(
    [...twins, ...records].filter(({ trust }) => decisionOf(row, trust) === "distrusted")
      .map(({ certificate }) => certificate.tbsCertificate.toHex()),
  );
  if (distrusted.has(tbsCertificate.toHex())) {
    const state = `it is distrusted in "${db.name}"`;
    const error = certificateError("SEC_ERROR_UNTRUSTED_CERT", certificate, state);
    fail(error, { certificate, depth: 0 });
  }
  const own = twins.filter((record) => record.certificate.equals(certificate));
  const anchors = new Map<string, TrustAnchor>();
  const intermediates = new Map<string, Certificate>();
  for (const record of [...own, ...records]) {
    const { certificate: { der }, trust } = record;
    const decision = decisionOf(row, trust);
    // Trusted as it stands, a certificate needs no issuer, and is none
    const isAnchor = decision === "anchor" || (decision === "trusted" && own.includes(record));
    if (isAnchor) anchors.set(der.toHex(), anchorOf(record, usage));
    else intermediates.set(der.toHex(), record.certificate);
  }
  for (const one of sent) {
    const key = one.der.toHex();
    if (!anchors.has(key) && !intermediates.has(key)) intermediates.set(key, one);
  }
  const trusted = [...anchors.values()];
  const result = await searchPath(certificate, {
    ...what,
    anchors: trusted,
    intermediates: [...intermediates.values()],
    profile: options.profile ?? profileFor(trusted),
    distrusts: ({ tbsCertificate }) => distrusted.has(tbsCertificate.toHex()),
  });
  if (!("error" in result)) {
    if (errors.length === 0) return wholePath(result);
  } else {
    const { error, ...where } = result;
    const { problem } = db;
    const hides = error.name === "SEC_ERROR_UNKNOWN_ISSUER" && problem !== null;
    fail(hides ? problem ?? error : error, where);
  }
  throw errors[0]!;
}

/**
 * Verifies a certificate for several usages at a time (`CERT_VerifyCertificate`).
 *
 * @param db Where trust and issuers are looked up.
 * @param certificate The certificate.
 * @param checkSig As in {@linkcode verifyCert}.
 * @param usages The usages that the certificate must be good for; none to find out which they are.
 * @param time When.
 * @param options What else is there, and allowed.
 * @returns The usages that it is good for: all that were demanded, or of all those that it has.
 * @throws {NssError} If a usage was demanded that it is not good for: what is wrong with the first.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   createCertificate,
 *   importCert,
 *   MemoryCertDB,
 *   verifyCertificate,
 *   type VerifyLogEntry,
 * } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * const db = new MemoryCertDB();
 * await importCert(db, root, { nickname: "root", trust: "C,," });
 *
 * const log: VerifyLogEntry[] = [];
 * const usages = await verifyCertificate(db, root, true, [], new Date(), { log });
 * assertEquals(usages, ["sslCA", "verifyCA", "anyCA"]);
 * assertEquals(log[0]?.usage, "sslClient");
 * assertEquals(log[0]?.error.name, "SEC_ERROR_INADEQUATE_KEY_USAGE");
 * ```
 */
export async function verifyCertificate(
  db: CertSource,
  certificate: Certificate,
  checkSig: boolean,
  usages: readonly CertUsageName[],
  time: Date,
  options: VerifyCertOptions = {},
): Promise<CertUsageName[]> {
  const good: CertUsageName[] = [];
  let first: NssError | null = null;
  for (const usage of usages.length > 0 ? usages : ALL_CERT_USAGES) {
    try {
      await verifyCert(db, certificate, checkSig, usage, time, options);
      good.push(usage);
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      first ??= error;
    }
  }
  if (usages.length > 0 && first !== null) throw first;
  return good;
}

type Decision = "anchor" | "trusted" | "distrusted" | "open";

/** What trust says for a usage: of several purposes, one that trusts is enough. */
function decisionOf(row: CertUsageRow, trust: CertTrust | null | undefined): Decision {
  if (trust === null || trust === undefined) return "open";
  const levels = row.trust.map((purpose) => trustLevel(trust, purpose));
  if (levels.includes("trustAnchor")) return "anchor";
  if (levels.includes("trusted")) return "trusted";
  return levels.includes("notTrusted") ? "distrusted" : "open";
}

function anchorOf(record: CertRecord, usage: CertUsageName): TrustAnchor {
  const { certificate, vetted } = record;
  const distrustAfter = usage === "sslServer"
    ? record.distrustAfter
    : usage === "emailSigner" || usage === "emailRecipient"
    ? record.emailDistrustAfter
    : undefined;
  return {
    subject: certificate.subject,
    subjectPublicKeyInfo: certificate.subjectPublicKeyInfo,
    certificate,
    ...(vetted !== undefined && { vetted }),
    ...(distrustAfter !== undefined && { distrustAfter }),
  };
}

function profileFor(anchors: readonly TrustAnchor[]): CertProfile {
  const strict = anchors.length > 0 && anchors.every(({ vetted }) => vetted === true);
  return strict ? "strict" : "compatible";
}

function chainOptions(options: VerifyCertOptions): Partial<VerifyChainOptions> {
  const { slopSeconds, minRsaBits, allowSha1, policies, checkPath } = options;
  return {
    ...(slopSeconds !== undefined && { slopSeconds }),
    ...(minRsaBits !== undefined && { minRsaBits }),
    ...(allowSha1 !== undefined && { allowSha1 }),
    ...(policies !== undefined && { policies }),
    ...(checkPath !== undefined && { checkPath }),
  };
}
