// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import { importLazily } from "../base/lazy_module.ts";
import {
  isArrayOf,
  isBoolean,
  isDate,
  requireArgs,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import {
  type CertFindOptions,
  type CertRecord,
  type CertSource,
  FIND_OPTIONS,
  isCertSource,
} from "../db/cert_db.ts";
import type { CertUsageName } from "./cert_usage.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { ALL_CERT_USAGES, type CertUsageRow, certUsageRow, isUsage } from "./check_cert_usage.ts";
import { certificateError, type CertProfile, leafProblems } from "./check_certificate.ts";
import { NssError } from "../base/errors.ts";
import type { PolicyInputs } from "./check_policies.ts";
import { findIssuers } from "./find_issuers.ts";
import { checksOf, searchPath, wholePath } from "./search_path.ts";
import type { AnchorChecks, TrustAnchor } from "./trust_anchor.ts";
import { type CertTrust, trustLevel } from "../db/trust_flags.ts";
import {
  PATH_OPTIONS,
  type PathCheck,
  type VerifyChainOptions,
  type VerifyLogEntry,
} from "./verify_cert.ts";

/**
 * The options of {@linkcode verifyCert}.
 *
 * @category Verification
 */
export interface VerifyCertOptions extends CertFindOptions, PolicyInputs {
  /** Intermediate certificates besides those in the database, such as those sent by a peer. */
  readonly intermediates?: readonly Certificate[];
  /** The tolerated time before notBefore in seconds; 0 by default (NSS: 86,400). */
  readonly slopSeconds?: number;
  /**
   * The profile; by default `"strict"` if all possible trust anchors are those of a root program,
   * otherwise `"compatible"`.
   */
  readonly profile?: CertProfile;
  /** The minimum length in bits of an RSA key; 2048 by default. */
  readonly minRsaBits?: number;
  /** Whether signatures with SHA-1 are accepted, `false` by default. */
  readonly allowSha1?: boolean;
  /**
   * What is held of a trusted authority's own certificate against it, `"all"` by default. Trust and
   * distrust of the database always count.
   */
  readonly anchorChecks?: AnchorChecks;
  /** Called with each path found, which it may refuse; see {@linkcode VerifyChainOptions}. */
  readonly checkPath?: PathCheck | readonly PathCheck[];
  /** An array to which all errors are appended; see {@linkcode VerifyChainOptions}. */
  readonly log?: VerifyLogEntry[];
}

const SHAPE: Shape<VerifyCertOptions> = { ...FIND_OPTIONS, ...PATH_OPTIONS };

/**
 * Verifies a certificate at a given time, with the trust in a database (`CERT_VerifyCert`).
 *
 * The checks are in NSS's order: validity, key usage and purpose; then the trust in the certificate
 * itself (`P` accepts it without an issuer, `p` refuses it); then a path to a CA that is trusted
 * for the usage (`C`, for clients `T`), in which no certificate is distrusted, as in
 * {@linkcode verifyCertificateChain}.
 *
 * The host name is not checked: see {@linkcode verifyCertName}.
 *
 * @param db The source of trust and issuers.
 * @param certificate The certificate.
 * @param checkSig Ignored: signatures are always verified. NSS skips them if `false`, but such a
 * path proves nothing, and verified signatures are cached.
 * @param usage The usage of the certificate.
 * @param time The time at which the certificates must be valid.
 * @param options Intermediates and other options.
 * @returns The path: the certificate first, the trust anchor's last.
 * @throws {NssError} The first error, or the most specific one if all paths fail: the errors of
 * {@linkcode verifyCertificateChain}, `SEC_ERROR_UNTRUSTED_CERT` and `SEC_ERROR_UNTRUSTED_ISSUER`
 * if the database distrusts a certificate, and what the source throws.
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
 *
 * @category Verification
 */
export async function verifyCert(
  db: CertSource,
  certificate: Certificate,
  checkSig: boolean,
  usage: CertUsageName,
  time: Date,
  options: VerifyCertOptions = {},
): Promise<readonly Certificate[]> {
  options = checkArgs(db, certificate, checkSig, time, options);
  const row = certUsageRow(usage);
  const { log } = options;
  const what = { ...chainOptions(options), usage, time };
  let [first] = leafProblems(certificate, checksOf(what));
  if (first !== undefined && log === undefined) throw first;

  const { issuer, serialNumber, tbsCertificate } = certificate;
  const [sameSerial, { records, sent }] = await Promise.all([
    db.find({ issuer: issuer.der.slice(), serialNumber: serialNumber.slice() }, options),
    findIssuers(
      db,
      certificate,
      options.intermediates ?? [],
      ({ trust }) => decisionOf(row, trust) === "anchor",
      options,
    ),
  ]);
  // By tbsCertificate, because anyone can change an ECDSA signature into another valid one
  const distrusted = new Set(
    [...sameSerial, ...records].filter(({ trust }) => decisionOf(row, trust) === "distrusted")
      .map(({ certificate }) => toHex(certificate.tbsCertificate)),
  );
  if (distrusted.has(toHex(tbsCertificate))) {
    const state = `it is distrusted in "${db.name}"`;
    const error = certificateError("SEC_ERROR_UNTRUSTED_CERT", certificate, state);
    if (log === undefined) throw error;
    log.push({ usage, error, certificate, depth: 0 });
    first ??= error;
  }
  const own = sameSerial.filter((record) => record.certificate.equals(certificate));
  const anchors = new Map<string, TrustAnchor>();
  const intermediates = new Map<string, Certificate>();
  for (const record of [...own, ...records]) {
    const { certificate: { der }, trust } = record;
    const decision = decisionOf(row, trust);
    // `P` makes a certificate an anchor for itself, not for certificates that it issues
    const isAnchor = decision === "anchor" || (decision === "trusted" && own.includes(record));
    if (isAnchor) anchors.set(toHex(der), anchorOf(record, usage));
    else intermediates.set(toHex(der), record.certificate);
  }
  for (const one of sent) {
    const key = toHex(one.der);
    if (!anchors.has(key) && !intermediates.has(key)) intermediates.set(key, one);
  }
  const trusted = [...anchors.values()];
  const search = {
    ...what,
    anchors: trusted,
    intermediates: [...intermediates.values()],
    profile: options.profile ?? profileFor(trusted),
    distrusts: ({ tbsCertificate }: Certificate) => distrusted.has(toHex(tbsCertificate)),
  };
  const result = first === undefined ? await searchPath(certificate, search) : { error: first };
  if (!("error" in result)) return wholePath(result);
  const isIncomplete = (error: NssError) =>
    error.name === "SEC_ERROR_UNKNOWN_ISSUER" && db.problem != null;
  if (log !== undefined) {
    const { pathProblems } = await importLazily(
      "the log of verifications",
      () => import("./path_problems.ts"),
    );
    const problems = await pathProblems(certificate, search, result);
    log.push(
      ...problems.map((entry) =>
        isIncomplete(entry.error) ? { ...entry, error: db.problem ?? entry.error } : entry
      ),
    );
  }
  throw isIncomplete(result.error) ? db.problem ?? result.error : result.error;
}

/**
 * Verifies a certificate for several usages at a given time (`CERT_VerifyCertificate`).
 *
 * @param db The source of trust and issuers.
 * @param certificate The certificate.
 * @param checkSig Ignored: see {@linkcode verifyCert}.
 * @param usages The usages for which the certificate must be valid; if empty, all are tried.
 * @param time The time at which the certificates must be valid.
 * @param options Intermediates and other options.
 * @returns The usages for which it is valid.
 * @throws {NssError} The first error, if `usages` has one for which the certificate is not valid.
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
 *
 * @category Verification
 */
export async function verifyCertificate(
  db: CertSource,
  certificate: Certificate,
  checkSig: boolean,
  usages: readonly CertUsageName[],
  time: Date,
  options: VerifyCertOptions = {},
): Promise<CertUsageName[]> {
  checkArgs(db, certificate, checkSig, time, options);
  requireArgs(ATTEMPT, isArrayOf(isUsage)(usages, "usages"));
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

const ATTEMPT = "Cannot verify certificate";

function checkArgs(
  db: CertSource,
  certificate: Certificate,
  checkSig: boolean,
  time: Date,
  options: VerifyCertOptions,
): VerifyCertOptions {
  requireArgs(
    ATTEMPT,
    isCertSource(db, "db"),
    isCertificate(certificate, "certificate"),
    isBoolean(checkSig, "checkSig"),
    isDate(time, "time"),
  );
  return takeOptions(ATTEMPT, options, SHAPE);
}

type Decision = "anchor" | "trusted" | "distrusted" | "open";

/** Returns the decision for a usage; of several purposes, one that is trusted is enough. */
function decisionOf(row: CertUsageRow, trust: CertTrust | null | undefined): Decision {
  if (trust === null || trust === undefined) return "open";
  const levels = row.trust.map((purpose) => trustLevel(trust, purpose));
  if (levels.includes("trustAnchor")) return "anchor";
  if (levels.includes("trusted")) return "trusted";
  return levels.includes("notTrusted") ? "distrusted" : "open";
}

function anchorOf(record: CertRecord, usage: CertUsageName): TrustAnchor {
  const { certificate, vetted } = record;
  const distrustAfter = distrustAfterOf(record, usage);
  return {
    subject: certificate.subject,
    subjectPublicKeyInfo: certificate.subjectPublicKeyInfo,
    certificate,
    ...(vetted !== undefined && { vetted }),
    ...(distrustAfter !== undefined && { distrustAfter }),
  };
}

function distrustAfterOf(record: CertRecord, usage: CertUsageName): Date | undefined {
  const { distrustAfter: server, emailDistrustAfter: email } = record;
  switch (usage) {
    case "sslServer":
      return server;
    case "emailSigner":
    case "emailRecipient":
      return email;
    case "any":
      return server === undefined || (email !== undefined && email < server) ? email : server;
  }
  return undefined;
}

function profileFor(anchors: readonly TrustAnchor[]): CertProfile {
  const strict = anchors.length > 0 && anchors.every(({ vetted }) => vetted === true);
  return strict ? "strict" : "compatible";
}

function chainOptions(options: VerifyCertOptions): Partial<VerifyChainOptions> {
  const { slopSeconds, minRsaBits, allowSha1, anchorChecks, policies, checkPath } = options;
  const { inhibitPolicyMapping, inhibitAnyPolicy } = options;
  return {
    ...(slopSeconds !== undefined && { slopSeconds }),
    ...(minRsaBits !== undefined && { minRsaBits }),
    ...(allowSha1 !== undefined && { allowSha1 }),
    ...(anchorChecks !== undefined && { anchorChecks }),
    ...(policies !== undefined && { policies }),
    ...(inhibitPolicyMapping !== undefined && { inhibitPolicyMapping }),
    ...(inhibitAnyPolicy !== undefined && { inhibitAnyPolicy }),
    ...(checkPath !== undefined && { checkPath }),
  };
}
