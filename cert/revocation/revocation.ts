// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import { certificateError, type CertProfile } from "../verify/check_certificate.ts";
import type { Crl } from "./crl.ts";
import type { CrlEntry } from "./crl_entries.ts";
import { ALL_REASONS, crlScope } from "./crl_scope.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import type { OcspResponse } from "./ocsp_response.ts";
import {
  crlUrlsOf,
  type FetchCrl,
  type FetchOcsp,
  ocspUrlsOf,
  RevocationFetcher,
} from "./revocation_fetcher.ts";
import type { TrustAnchor } from "../verify/trust_anchor.ts";
import { verifyCrl } from "./verify_crl.ts";
import type { VerifiedPath } from "../verify/verify_cert.ts";
import { verifyOcspResponse } from "./verify_ocsp_response.ts";

export type {
  FetchCrl,
  FetchCrlRequest,
  FetchOcsp,
  FetchOcspRequest,
} from "./revocation_fetcher.ts";
export {
  MAX_REVOCATION_FETCHES,
  MAX_REVOCATION_URL_LENGTH,
  MAX_REVOCATION_URLS,
} from "./revocation_fetcher.ts";

/**
 * What happens if the revocation status of a certificate cannot be determined.
 *
 * - `off`: revocation is not checked.
 * - `soft`: only certificates known to be revoked are refused. An attacker who blocks the network,
 *   or omits a stapled response, is not detected.
 * - `hard`: a certificate is refused unless it is known not to be revoked.
 */
export type RevocationPolicy = "off" | "soft" | "hard";

/** The result of the check of one certificate. */
export interface RevocationReport {
  /** The certificate. */
  readonly certificate: Certificate;
  /** Whether it is known not to be revoked. */
  readonly status: "good" | "unknown";
  /** The source that says so, or why no source does. */
  readonly reason: string;
}

/** The options of {@linkcode checkRevocation}. */
export interface RevocationOptions {
  /** What happens if the status cannot be determined. */
  readonly policy: RevocationPolicy;
  /** The time at which CRLs and responses must be fresh. */
  readonly time: Date;
  /** CRLs of any issuers. */
  readonly crls?: readonly Crl[];
  /** The OCSP response that the peer stapled; `null` if it sent none. */
  readonly stapledOcspResponse?: OcspResponse | Uint8Array | null;
  /**
   * Whether a path with a must-staple certificate (RFC 7633) is refused without a good stapled
   * response, whatever the policy; `false` by default. Set it if the handshake requested a
   * response.
   */
  readonly mustStaple?: boolean;
  /** Fetches a CRL if no given source has the status; by default none is fetched. */
  readonly fetchCrl?: FetchCrl;
  /** Asks an OCSP responder if no given source has the status; by default none is asked. */
  readonly fetchOcsp?: FetchOcsp;
  /** Returns the nonce of a request, 32 random bytes (RFC 9654); by default requests have none. */
  readonly ocspNonce?: () => Uint8Array;
  /** Whether intermediate certificates are checked as well; `true` by default. */
  readonly wholePath?: boolean;
  /** The tolerated difference of clocks in seconds; 0 by default. */
  readonly slopSeconds?: number;
  /** The profile of CRLs and responder certificates; `"strict"` by default. */
  readonly profile?: CertProfile;
  /** Whether signatures with SHA-1 are accepted, `false` by default. */
  readonly allowSha1?: boolean;
  /** Aborts the waiting for hooks. */
  readonly signal?: AbortSignal;
  /** Called with the result for each certificate that is not refused. */
  readonly report?: (report: RevocationReport) => void;
}

/** The number of `status_request` in RFC 7633's list of TLS extensions. */
const STATUS_REQUEST = 5;

/**
 * Creates a check of revocation, to be passed as `checkPath` to {@linkcode verifyCertificateChain}.
 *
 * For each certificate of the path except the trust anchor's, it first uses the given sources: the
 * stapled response (for the leaf) and the CRLs. A certificate that one verified source calls
 * revoked is refused. If no source says `good`, it fetches with the given hooks from the addresses
 * in the certificate: first OCSP, then CRLs. The package does no network I/O itself, so hooks
 * decide on timeouts, proxies, caches and permitted addresses. The number of fetches is bounded
 * (`MAX_REVOCATION_FETCHES`).
 *
 * @param options The sources, the hooks and the policy.
 * @returns The check. It throws `SEC_ERROR_REVOKED_CERTIFICATE` if a certificate is revoked. With
 * the policy `"hard"`, if the status cannot be determined, it throws the error of the first source
 * that failed, or `SEC_ERROR_CRL_NOT_FOUND` if there was none, with all reasons in the message.
 * With `mustStaple`, it throws `SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS` if no response is stapled.
 *
 * @example Use a given CRL
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   checkRevocation,
 *   createCertificate,
 *   createCrl,
 *   NssError,
 *   trustAnchorOf,
 *   verifyCertificateChain,
 * } from "@nss/nss/cert";
 * import { assertRejects } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const root = await createCertificate({ publicKey, privateKey, subject: "CN=Root", isCa: true });
 * const issuer = { certificate: root, privateKey };
 * const leaf = await createCertificate({ publicKey, dnsNames: ["example.com"], issuer });
 * const time = new Date();
 * const crl = await createCrl({
 *   issuer,
 *   crlNumber: 1,
 *   thisUpdate: time,
 *   revoked: [{ serialNumber: leaf.serialNumber, revocationDate: time, reason: "keyCompromise" }],
 * });
 *
 * await assertRejects(
 *   () =>
 *     verifyCertificateChain(leaf, {
 *       anchors: [trustAnchorOf(root)],
 *       time,
 *       usage: "sslServer",
 *       checkPath: checkRevocation({ policy: "hard", time, crls: [crl] }),
 *     }),
 *   NssError,
 *   "(keyCompromise)",
 * );
 * ```
 *
 * @example Fetch CRLs
 * ```ts
 * import { checkRevocation } from "@nss/nss/cert";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const checkPath = checkRevocation({
 *   policy: "soft",
 *   time: new Date(),
 *   fetchCrl: async (url) => {
 *     const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
 *     return response.ok ? await response.bytes() : null;
 *   },
 * });
 * assertInstanceOf(checkPath, Function);
 * ```
 */
export function checkRevocation(
  options: RevocationOptions,
): (path: VerifiedPath) => Promise<void> {
  const lists = new Map<string, Crl[]>();
  for (const crl of options.crls ?? []) {
    const list = lists.get(crl.issuer.key);
    if (list === undefined) lists.set(crl.issuer.key, [crl]);
    else list.push(crl);
  }
  // One verification may try several paths, which share results and the limit of fetches
  const checks = new WeakMap<Certificate, RevocationCheck>();
  return async (path) => {
    const leaf = path.certificates[0]!;
    let check = checks.get(leaf);
    if (check === undefined) checks.set(leaf, check = new RevocationCheck(options, lists));
    await check.checkPath(path);
  };
}

/** Why a source did not give a status. */
interface Note {
  readonly name: ErrorName | null;
  readonly state: string;
  readonly cause?: unknown;
}

/**
 * The result of a source: a description of it if the status is good, or why it has none. A revoked
 * certificate throws.
 */
type Verdict = { readonly good: string } | { readonly notes: readonly Note[] };

type Issuer = Certificate | TrustAnchor;

class RevocationCheck {
  readonly #options: RevocationOptions;
  readonly #lists: ReadonlyMap<string, readonly Crl[]>;
  readonly #fetcher: RevocationFetcher;
  readonly #done = new Map<string, Promise<void>>();

  constructor(options: RevocationOptions, lists: ReadonlyMap<string, readonly Crl[]>) {
    this.#options = options;
    this.#lists = lists;
    this.#fetcher = new RevocationFetcher(options);
  }

  async checkPath({ certificates, anchor }: VerifiedPath): Promise<void> {
    const { policy, mustStaple, wholePath = true } = this.#options;
    const [leaf] = certificates;
    // A leaf that is a trust anchor itself has no issuer that could revoke it
    if (anchor.certificate?.equals(leaf!) === true) return;
    if (mustStaple === true && certificates.some(isMustStaple)) {
      await this.#checkMustStaple(leaf!, certificates[1] ?? anchor);
    }
    if (policy === "off") return;
    const count = wholePath ? certificates.length : 1;
    for (let i = 0; i < count; i++) {
      const certificate = certificates[i]!;
      const issuer = certificates[i + 1] ?? anchor;
      const key = await issuer.subjectPublicKeyInfo.digest();
      const id = `${key.toHex()}${(await certificate.fingerprint()).toHex()}`;
      let done = this.#done.get(id);
      if (done === undefined) {
        done = this.#checkCertificate(certificate, issuer, i === 0);
        this.#done.set(id, done);
      }
      await done;
    }
  }

  /**
   * RFC 7633, Section 4.3.3: a certificate with the feature is refused if the server does not
   * staple.
   */
  async #checkMustStaple(leaf: Certificate, issuer: Issuer): Promise<void> {
    const staple = this.#options.stapledOcspResponse ?? null;
    if (staple === null) {
      throw certificateError(
        "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS",
        leaf,
        "it promises a stapled OCSP response (must-staple), and none came",
      );
    }
    const verdict = await this.#askResponse(staple, leaf, issuer, "the stapled OCSP response");
    if (!("good" in verdict)) {
      throw this.#unknownStatus(leaf, "it promises a good stapled OCSP response", verdict.notes);
    }
  }

  async #checkCertificate(
    certificate: Certificate,
    issuer: Issuer,
    isLeaf: boolean,
  ): Promise<void> {
    const { policy, report, signal } = this.#options;
    const notes: Note[] = [];
    let good: string | null = null;
    const addVerdict = (verdict: Verdict) => {
      if ("good" in verdict) good ??= verdict.good;
      else notes.push(...verdict.notes);
    };
    // All given sources, because one may know of a revocation that another does not know yet
    if (isLeaf) addVerdict(await this.#askStaple(certificate, issuer));
    addVerdict(
      await this.#askLists(this.#lists.get(certificate.issuer.key) ?? [], certificate, issuer),
    );
    if (good === null) addVerdict(await this.#askResponders(certificate, issuer));
    if (good === null) addVerdict(await this.#fetchLists(certificate, issuer));
    // An aborted fetch must not count as one that found nothing
    signal?.throwIfAborted();
    if (good === null && policy === "hard") {
      throw this.#unknownStatus(certificate, "whether it is revoked is not known", notes);
    }
    report?.({
      certificate,
      status: good === null ? "unknown" : "good",
      reason: good ?? notes.map(({ state }) => state).join("; "),
    });
  }

  #unknownStatus(certificate: Certificate, what: string, notes: readonly Note[]): NssError {
    const first = notes.find(({ name }) => name !== null);
    const states = notes.map(({ state }) => state).join("; ");
    return new NssError(
      first?.name ?? "SEC_ERROR_CRL_NOT_FOUND",
      `${certificateError("SEC_ERROR_CRL_NOT_FOUND", certificate, what).message}: ${states}`,
      { cause: first?.cause },
    );
  }

  async #askStaple(certificate: Certificate, issuer: Issuer): Promise<Verdict> {
    const staple = this.#options.stapledOcspResponse ?? null;
    if (staple === null) return note("no OCSP response is stapled");
    return await this.#askResponse(staple, certificate, issuer, "the stapled OCSP response");
  }

  async #askResponse(
    response: OcspResponse | Uint8Array,
    certificate: Certificate,
    issuer: Issuer,
    source: string,
    nonce?: Uint8Array,
  ): Promise<Verdict> {
    const { time, slopSeconds, profile, allowSha1 } = this.#options;
    return await attempt(source, async () => {
      const verified = await verifyOcspResponse(response, {
        certificate,
        issuer,
        time,
        ...(nonce !== undefined && { nonce }),
        ...(slopSeconds !== undefined && { slopSeconds }),
        ...(profile !== undefined && { profile }),
        ...(allowSha1 !== undefined && { allowSha1 }),
      });
      const { certStatus, thisUpdate, responder } = verified;
      if (verified.responderNeedsCheck) await this.#checkResponder(responder!, issuer);
      const who = `${source} of ${thisUpdate.toISOString()}`;
      switch (certStatus.status) {
        case "good":
          return { good: `${who} says that it is good` };
        case "unknown":
          throw new NssError("SEC_ERROR_OCSP_UNKNOWN_CERT", "the responder does not know it");
        case "revoked":
          throw revoked(certificate, who, certStatus.revocationTime, certStatus.reason);
      }
    });
  }

  /** RFC 6960, Section 4.2.2.2.1. Uses given CRLs only: fetching could recurse without end. */
  async #checkResponder(responder: Certificate, issuer: Issuer): Promise<void> {
    const lists = this.#lists.get(responder.issuer.key) ?? [];
    try {
      await this.#askLists(lists, responder, issuer);
    } catch (cause) {
      if (!(cause instanceof RevokedError)) throw cause;
      throw new NssError(
        "SEC_ERROR_OCSP_INVALID_SIGNING_CERT",
        `the responder's own certificate is revoked: ${cause.message}`,
        { cause },
      );
    }
  }

  /**
   * RFC 5280, Section 6.3.3: CRLs may cover some reasons each; the status is good if together they
   * cover all.
   */
  async #askLists(
    lists: readonly Crl[],
    certificate: Certificate,
    issuer: Issuer,
  ): Promise<Verdict> {
    const notes: Note[] = [];
    const covered = new Set<number>();
    const good: string[] = [];
    for (const crl of lists) {
      const verdict = await this.#askList(crl, certificate, issuer, covered);
      if ("good" in verdict) good.push(verdict.good);
      else notes.push(...verdict.notes);
    }
    if (covered.size === ALL_REASONS.size) return { good: good.join(" and ") };
    if (good.length > 0) {
      return {
        notes: [...notes, { name: null, state: `${good.join(" and ")}, for some reasons` }],
      };
    }
    return notes.length > 0 ? { notes } : note("no CRL of its issuer is at hand");
  }

  async #askList(
    crl: Crl,
    certificate: Certificate,
    issuer: Issuer,
    covered: Set<number>,
  ): Promise<Verdict> {
    const { time, slopSeconds, profile, allowSha1 } = this.#options;
    return await attempt(null, async () => {
      await verifyCrl(crl, {
        issuer,
        time,
        ...(slopSeconds !== undefined && { slopSeconds }),
        ...(profile !== undefined && { profile }),
        ...(allowSha1 !== undefined && { allowSha1 }),
      });
      const scope = crlScope(crl, certificate);
      if (scope.size === 0) return note(`${crl} is not about this kind of certificate`);
      const entry: CrlEntry | undefined = crl.find(certificate.serialNumber);
      // RFC 5280, Section 6.3.3 (k): removeFromCRL means that it is not revoked
      if (entry !== undefined && entry.reason !== "removeFromCRL") {
        throw revoked(certificate, `${crl}`, entry.revocationDate, entry.reason);
      }
      scope.forEach((reason) => covered.add(reason));
      return { good: `${crl} does not name it` };
    });
  }

  #askResponders(certificate: Certificate, issuer: Issuer): Promise<Verdict> {
    return attempt("OCSP", async () => {
      if (this.#options.fetchOcsp === undefined) return note("no OCSP responder is asked");
      const { urls, ignored } = ocspUrlsOf(certificate);
      if (urls.length === 0) return note(`it names no OCSP responder${ignored}`);
      return await firstGood(urls, (url) => this.#askResponder(url, certificate, issuer));
    });
  }

  #askResponder(url: string, certificate: Certificate, issuer: Issuer): Promise<Verdict> {
    const source = `the OCSP response from ${url}`;
    return attempt(source, async () => {
      const { response, nonce } = await this.#fetcher.fetchOcsp(url, certificate, issuer);
      return await this.#askResponse(response, certificate, issuer, source, nonce);
    });
  }

  #fetchLists(certificate: Certificate, issuer: Issuer): Promise<Verdict> {
    return attempt("CRLs", async () => {
      if (this.#options.fetchCrl === undefined) return note("no CRL is fetched");
      const { urls, ignored } = crlUrlsOf(certificate);
      if (urls.length === 0) return note(`it names no CRL${ignored}`);
      // CRLs that each cover some reasons are only conclusive together
      const lists: Crl[] = [];
      return await firstGood(urls, (url) =>
        attempt(`the CRL from ${url}`, async () => {
          lists.push(await this.#fetcher.fetchCrl(url, certificate));
          return await this.#askLists(lists, certificate, issuer);
        }));
    });
  }
}

function isMustStaple(certificate: Certificate): boolean {
  return certificate.tlsFeature?.includes(STATUS_REQUEST) === true;
}

function note(state: string): { readonly notes: readonly Note[] } {
  return { notes: [{ name: null, state }] };
}

/** Thrown if a certificate is revoked, whatever other sources say. */
class RevokedError extends NssError {}

function revoked(
  certificate: Certificate,
  source: string,
  time: Date,
  reason: string | undefined,
): NssError {
  const why = reason === undefined ? "" : ` (${reason})`;
  const { name, message } = certificateError(
    "SEC_ERROR_REVOKED_CERTIFICATE",
    certificate,
    `it was revoked at ${time.toISOString()}${why}, says ${source}`,
  );
  return new RevokedError(name, message);
}

/** Converts the error of a source to a note, except that a certificate is revoked. */
async function attempt(source: string | null, ask: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof NssError) || error instanceof RevokedError) throw error;
    const prefix = source === null ? "" : `${source}: `;
    return { notes: [{ name: error.name, state: `${prefix}${error.message}`, cause: error }] };
  }
}

async function firstGood(
  urls: readonly string[],
  ask: (url: string) => Promise<Verdict>,
): Promise<Verdict> {
  const notes: Note[] = [];
  for (const url of urls) {
    const verdict = await ask(url);
    if ("good" in verdict) return verdict;
    notes.push(...verdict.notes);
  }
  return { notes };
}
