// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertFindOptions, CertRecord, CertSource } from "./cert_db.ts";
import type { CertUsageName } from "./cert_usage.ts";
import { Certificate } from "./certificate.ts";
import {
  ALL_CERT_USAGES,
  type CertUsageRow,
  certUsageRow,
  issuerPurposeProblem,
  usageProblems,
} from "./check_cert_usage.ts";
import { certificateError, type CertProfile, type CertUsage } from "./check_certificate.ts";
import { checkCertValidTimes } from "./check_cert_valid_times.ts";
import { NssError } from "./errors.ts";
import { findIssuers } from "./find_issuers.ts";
import { OIDS } from "./oids.ts";
import type { TrustAnchor } from "./trust_anchor.ts";
import { type CertTrust, trustLevel } from "./trust_flags.ts";
import { type VerifiedPath, verifyPath } from "./verify_cert.ts";

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
   * How certificates must be made; by default `"strict"` if all authorities that may be at the top are those
   * of a root programme, `"compatible"` for the home-made.
   */
  readonly profile?: CertProfile;
  /** How many bits the modulus of an RSA key must have; 2048 by default. */
  readonly minRsaBits?: number;
  /** Whether signatures with SHA-1 count, `false` by default. */
  readonly allowSha1?: boolean;
  /** The policies of which one must hold for the path. */
  readonly policies?: readonly string[];
  /** Hears of each path that is right so far, and may refuse it by throwing, as where it is revoked. */
  readonly checkPath?: (path: VerifiedPath) => void | Promise<void>;
  /**
   * Where to write down all that is wrong, instead of stopping at the first. The verification fails all the
   * same.
   */
  readonly log?: VerifyLogEntry[];
}

/** The usages that path validation knows by itself. */
const DIRECT: ReadonlyMap<CertUsageName, CertUsage> = new Map<CertUsageName, CertUsage>([
  ["sslServer", "sslServer"],
  ["sslClient", "sslClient"],
  ["statusResponder", "statusResponder"],
]);

/**
 * Verifies a certificate at a time with what a database knows (`CERT_VerifyCert`).
 *
 * In NSS's order: validity, key usage, purpose; then the trust in the certificate itself, which may settle the
 * matter (`P` accepts it as it stands, `p` refuses it); then a path of issuers to an authority that is trusted
 * for this usage (`C`, for clients `T`), none of which is distrusted, checked as
 * {@linkcode verifyCertificateChain} does.
 *
 * The host name is not looked at: see {@linkcode verifyCertName}.
 *
 * @param db Where trust and issuers are looked up.
 * @param certificate The certificate.
 * @param _checkSig Whether to check signatures. NSS leaves them out for `false`; here they are always checked:
 * a path without signatures proves nothing, and those checked lately are remembered.
 * @param usage What the certificate is used for.
 * @param time When.
 * @param options What else is there, and allowed.
 * @returns The path: the certificate first, the trusted authority last.
 * @throws {NssError} What is wrong first; of several paths that fail, with the error that tells most. Besides the
 * errors of {@linkcode verifyCertificateChain} these are `SEC_ERROR_UNTRUSTED_CERT` and
 * `SEC_ERROR_UNTRUSTED_ISSUER` where the database distrusts, and what a token throws.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, importCert, MemoryCertDB, NssError, verifyCert } from "@nss/nss/cert";
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
  const { log, checkPath } = options;
  const errors: NssError[] = [];
  const fail = (error: NssError, where: Partial<VerifyLogEntry>): void => {
    if (log === undefined) throw error;
    errors.push(error);
    log.push({ usage, error, ...where });
  };
  for (const error of leafErrors(certificate, row, time, options)) {
    fail(error, { certificate, depth: 0 });
  }

  const { intermediates = [] } = options;
  const [own, issuers] = await Promise.all([
    db.find({ der: certificate.der }, options),
    findIssuers(
      db,
      certificate,
      intermediates,
      ({ trust }) => decisionOf(row, trust) === "anchor",
      options,
    ),
  ]);
  const decision = decisionOf(row, own[0]?.trust);
  if (decision === "distrusted") {
    fail(
      certificateError(
        "SEC_ERROR_UNTRUSTED_CERT",
        certificate,
        `it is distrusted in "${db.name}"`,
      ),
      { certificate, depth: 0 },
    );
  }
  const candidates = sortOut(
    decision === "trusted" || decision === "anchor" ? [...own, ...issuers] : issuers,
    intermediates,
    row,
    usage,
    decision === "trusted" ? certificate : null,
  );

  const direct = DIRECT.get(usage);
  const plain = direct !== undefined && errors.length === 0;
  const shown = new Shown(!plain, time);
  try {
    const path = await verifyPath(shown.leaf(certificate), {
      ...pathOptions(options),
      usage: plain ? direct : "sslClient",
      time,
      intermediates: candidates.intermediates.map((c) => shown.authority(c)),
      anchors: candidates.anchors.map((anchor) => shown.anchor(anchor)),
      profile: options.profile ?? profileFor(row, candidates.anchors),
      ...(checkPath !== undefined && {
        checkPath: (path: VerifiedPath) => checkPath(shown.original(path)),
      }),
    });
    const { certificates, anchor } = shown.original(path);
    const top = anchor.certificate!;
    const whole = certificates.at(-1)!.equals(top) ? certificates : [...certificates, top];
    if (errors.length === 0) return whole;
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    const unknown = error.name === "SEC_ERROR_UNKNOWN_ISSUER";
    // What was left out tells more than that something is missing
    const refused = unknown ? refusedIssuers(certificate, candidates) : [];
    for (const { error, certificate } of refused) fail(error, { certificate });
    if (refused.length === 0) fail(unknown ? db.problem ?? error : error, {});
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
 * import { createCertificate, importCert, MemoryCertDB, verifyCertificate, type VerifyLogEntry } from "@nss/nss/cert";
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

/** What stands in the certificate itself, in NSS's order. */
function leafErrors(
  certificate: Certificate,
  row: CertUsageRow,
  time: Date,
  options: VerifyCertOptions,
): NssError[] {
  const errors: NssError[] = [];
  const validity = checkCertValidTimes(certificate, time, options);
  if (validity !== "valid") {
    errors.push(certificateError(
      "SEC_ERROR_EXPIRED_CERTIFICATE",
      certificate,
      validity === "expired"
        ? `it expired at ${certificate.notAfter.toISOString()}`
        : `it is not valid before ${certificate.notBefore.toISOString()}`,
    ));
  }
  try {
    for (const { name, state } of usageProblems(certificate, row)) {
      errors.push(certificateError(name, certificate, state));
    }
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    errors.push(error);
  }
  return errors;
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

interface Candidates {
  readonly anchors: TrustAnchor[];
  readonly intermediates: Certificate[];
  readonly refused: { readonly certificate: Certificate; readonly error: NssError }[];
}

/** Tells trusted authorities from others, and leaves out those that must not issue for the usage. */
function sortOut(
  records: readonly CertRecord[],
  more: readonly Certificate[],
  row: CertUsageRow,
  usage: CertUsageName,
  peer: Certificate | null,
): Candidates {
  const known = new Map(records.map((record) => [record.certificate.der.toHex(), record]));
  const unknown = more.filter(({ der }) => !known.has(der.toHex()))
    .map((certificate) => ({ certificate, nickname: null, trust: null, hasKey: false }));
  const candidates: Candidates = { anchors: [], intermediates: [], refused: [] };
  for (const record of [...known.values(), ...unknown]) {
    const { certificate, trust } = record;
    // Trusted as it stands: it needs no issuer, and is none
    const isPeer = peer?.equals(certificate) === true;
    const decision = decisionOf(row, trust);
    try {
      checkIssuer(certificate, decision, row);
      if (isPeer || decision === "anchor") candidates.anchors.push(anchorOf(record, usage));
      else candidates.intermediates.push(certificate);
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      candidates.refused.push({ certificate, error });
    }
  }
  return candidates;
}

/** Of the certificates that were left out, those that would have been on a path; a peer may send anything. */
function refusedIssuers(
  leaf: Certificate,
  { intermediates, refused }: Candidates,
): Candidates["refused"] {
  const issuers = new Set([leaf, ...intermediates].map(({ issuer }) => issuer.key));
  return refused.filter(({ certificate }) => issuers.has(certificate.subject.key));
}

function checkIssuer(certificate: Certificate, decision: Decision, row: CertUsageRow): void {
  if (decision === "distrusted") {
    throw certificateError(
      "SEC_ERROR_UNTRUSTED_ISSUER",
      certificate,
      "it is an issuer that is distrusted",
    );
  }
  const problem = issuerPurposeProblem(certificate, row);
  if (problem !== null) throw certificateError(problem.name, certificate, problem.state);
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

function profileFor(row: CertUsageRow, anchors: readonly TrustAnchor[]): CertProfile {
  // The strict profile is one of end entities
  const strict = !row.isCa && anchors.length > 0 && anchors.every(({ vetted }) => vetted === true);
  return strict ? "strict" : "compatible";
}

function pathOptions(options: VerifyCertOptions): {
  slopSeconds?: number;
  minRsaBits?: number;
  allowSha1?: boolean;
  policies?: readonly string[];
} {
  const { slopSeconds, minRsaBits, allowSha1, policies } = options;
  return {
    ...(slopSeconds !== undefined && { slopSeconds }),
    ...(minRsaBits !== undefined && { minRsaBits }),
    ...(allowSha1 !== undefined && { allowSha1 }),
    ...(policies !== undefined && { policies }),
  };
}

/**
 * Certificates as path validation is shown them. It knows the purposes of TLS; for others the purposes have been
 * checked here, and what is shown has none. The leaf is shown valid at the time, which has been checked here as
 * well: for a log, the path is looked at whatever is wrong with the leaf.
 */
class Shown {
  readonly #originals = new Map<Certificate, Certificate>();

  constructor(readonly changed: boolean, readonly time: Date) {}

  leaf(certificate: Certificate): Certificate {
    return this.changed
      ? this.#show(certificate, [OIDS.keyUsage, OIDS.extKeyUsage], this.time)
      : certificate;
  }

  authority(certificate: Certificate): Certificate {
    return this.changed ? this.#show(certificate, [OIDS.extKeyUsage], null) : certificate;
  }

  anchor(anchor: TrustAnchor): TrustAnchor {
    return this.changed ? { ...anchor, certificate: this.authority(anchor.certificate!) } : anchor;
  }

  original({ certificates, anchor }: VerifiedPath): VerifiedPath {
    if (!this.changed) return { certificates, anchor };
    return {
      certificates: certificates.map((shown) => this.#originalOf(shown)),
      anchor: { ...anchor, certificate: this.#originalOf(anchor.certificate!) },
    };
  }

  #originalOf(shown: Certificate): Certificate {
    return this.#originals.get(shown) ?? shown;
  }

  #show(certificate: Certificate, without: readonly string[], time: Date | null): Certificate {
    const { notBefore, notAfter, subjectPublicKeyInfoDer: spkiDer } = certificate;
    const extensions = new Map(
      [...certificate.extensions].filter(([oid]) => !without.includes(oid)),
    );
    const shown = new Certificate({
      der: certificate.der,
      tbsCertificate: certificate.tbsCertificate,
      version: certificate.version,
      serialNumber: certificate.serialNumber,
      signatureAlgorithmDer: certificate.signatureAlgorithmDer,
      signature: certificate.signature,
      issuer: certificate.issuer,
      subject: certificate.subject,
      notBefore: time !== null && time < notBefore ? time : notBefore,
      notAfter: time !== null && time > notAfter ? new Date(time.getTime() + 1000) : notAfter,
      spkiDer,
      extensions,
    });
    this.#originals.set(shown, certificate);
    return shown;
  }
}
