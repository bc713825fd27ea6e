// Copyright 2026 the NSS for Deno authors. MIT license.

import { takeOptions } from "../base/options.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { certificateError } from "../verify/check_certificate.ts";
import { ALL_REASONS } from "./crl_scope.ts";
import { GivenCrls, idOf, Inquiry } from "./ask_crls.ts";
import type { SignerSearch } from "./crl_signers.ts";
import { baseOf } from "./crl_statements.ts";
import { NssError } from "../base/errors.ts";
import { attempt, because, Findings, type Note, revokedError } from "./findings.ts";
import { freshestCrl } from "../extensions/crl_distribution_points.ts";
import { OcspResponse, readOcspResponse } from "./ocsp_response.ts";
import { crlUrlsOf, ocspUrlsOf, RevocationFetcher } from "./revocation_fetcher.ts";
import { REVOCATION_OPTIONS, type RevocationOptions } from "./revocation_options.ts";
import type { VerifyCrlOptions } from "./verify_crl.ts";
import { BudgetExceededError, VerificationBudget } from "../verify/verification_budget.ts";
import { verificationOf } from "../verify/search_path.ts";
import type { VerifiedPath } from "../verify/verify_cert.ts";
import { isNoVerdict } from "../verify/verify_signature.ts";
import {
  findOcspRevocation,
  type VerifiedOcspStatus,
  verifyOcspResponse,
} from "./verify_ocsp_response.ts";

export type {
  FetchCrl,
  FetchCrlRequest,
  FetchOcsp,
  FetchOcspRequest,
} from "./revocation_fetcher.ts";
export type {
  RevocationOptions,
  RevocationPolicy,
  RevocationReport,
} from "./revocation_options.ts";
export {
  MAX_REVOCATION_FETCHES,
  MAX_REVOCATION_URL_LENGTH,
  MAX_REVOCATION_URLS,
} from "./revocation_fetcher.ts";

/** The number of `status_request` in RFC 7633's list of TLS extensions. */
const STATUS_REQUEST = 5;

/**
 * Creates a check of revocation, to be passed as `checkPath` to {@linkcode verifyCertificateChain}.
 *
 * For each certificate of the path except the trust anchor's, it first uses the given sources: the
 * stapled response (for the leaf) and the CRLs. A certificate that any of them calls revoked is
 * refused if its issuer, or the issuer's responder, has signed that, even if the source is expired
 * or not in the form of the profile. Only a newer CRL, delta CRL or response of the same scope
 * takes that back, and only if it is fresh and in form. If no such source says `good`, it fetches
 * with the given hooks from the addresses in the certificate: first OCSP, then CRLs, then the delta
 * CRLs that these name. The package does no network I/O itself, so hooks decide on timeouts,
 * proxies, caches and permitted addresses. The number of fetches is bounded
 * (`MAX_REVOCATION_FETCHES`).
 *
 * CRLs may be of another key of the issuer than the one that has signed the certificate, indirect,
 * for some reasons only, and deltas (RFC 5280, Section 6.3.3): `docs/revocation.md` says what
 * counts.
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
 *
 * @category Revocation
 */
export function checkRevocation(
  options: RevocationOptions,
): (path: VerifiedPath) => Promise<void> {
  options = takeOptions("Cannot check revocation", options, REVOCATION_OPTIONS);
  const crls = new GivenCrls(options.crls ?? []);
  // One verification may try several paths, which share results and the limit of fetches
  const checks = new WeakMap<Certificate, RevocationCheck>();
  return async (path) => {
    const leaf = path.certificates[0]!;
    let check = checks.get(leaf);
    if (check === undefined) {
      const { profile = "strict" } = path;
      checks.set(leaf, check = new RevocationCheck({ profile, ...options }, crls));
    }
    await check.checkPath(path);
  };
}

class RevocationCheck {
  readonly #options: RevocationOptions;
  readonly #crls: GivenCrls;
  readonly #fetcher: RevocationFetcher;
  readonly #budget = new VerificationBudget();
  readonly #done = new Map<string, Promise<void>>();
  readonly #staples = new Map<string, Promise<Findings>>();

  constructor(options: RevocationOptions, crls: GivenCrls) {
    this.#options = options;
    this.#crls = crls;
    this.#fetcher = new RevocationFetcher(options);
  }

  async checkPath(path: VerifiedPath): Promise<void> {
    const { certificates, anchor } = path;
    const { policy, mustStaple, wholePath = true } = this.#options;
    const [leaf] = certificates;
    // A leaf that is a trust anchor itself has no issuer that could revoke it
    if (anchor.certificate?.equals(leaf!) === true) return;
    const unknown: NssError[] = [];
    /** A revocation is told first, because an application may tolerate an unknown status. */
    const attend = (check: Promise<void>): Promise<unknown> =>
      check.catch((error) => {
        if (
          !(error instanceof NssError) || error instanceof BudgetExceededError ||
          error.name.includes("REVOKED")
        ) throw error;
        unknown.push(error);
      });
    const isPromised = certificates.some(isMustStaple);
    const verification = verificationOf(path);
    const search: SignerSearch = {
      checks: this.#checks(),
      crlIssuers: this.#options.crlIssuers ?? [],
      verification,
      budget: verification?.budget ?? this.#budget,
    };
    const inquiries = certificates.map((certificate, i) =>
      new Inquiry({ certificate, authorities: certificates.slice(i + 1), anchor }, search)
    );
    if (mustStaple) await attend(this.#checkStaple(inquiries[0]!, isPromised));
    const count = policy === "off" ? 0 : wholePath ? certificates.length : 1;
    for (const [i, inquiry] of inquiries.slice(0, count).entries()) {
      const id = await idOf(inquiry);
      let done = this.#done.get(id);
      if (done === undefined) this.#done.set(id, done = this.#checkCertificate(inquiry, i === 0));
      await attend(done);
    }
    if (unknown.length > 0) throw unknown[0];
  }

  /**
   * RFC 7633, Section 4.3.3: a certificate with the feature is refused if the server does not
   * staple. RFC 6066, Section 8: a response that is not satisfactory ends the handshake.
   */
  async #checkStaple(inquiry: Inquiry, isPromised: boolean): Promise<void> {
    const leaf = inquiry.certificate;
    const { policy, lenientStaple = false, stapledOcspResponse: staple = null } = this.#options;
    if (staple === null) {
      if (!isPromised) return;
      throw certificateError(
        "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS",
        leaf,
        "it promises a stapled OCSP response (must-staple), and none came",
      );
    }
    if (!isPromised && (lenientStaple || policy === "off")) return;
    const { revocation, good, notes } = await this.#askStaple(staple, inquiry);
    if (revocation !== undefined) throw revocation.refusal;
    if (good !== null) return;
    if (isPromised) {
      throw this.#unknownStatus(leaf, "it promises a good stapled OCSP response", notes);
    }
    const [error] = notes.map(({ cause }) => cause).filter((cause) => cause instanceof NssError);
    const name = error?.name ?? "SEC_ERROR_OCSP_MALFORMED_RESPONSE";
    if (error !== undefined && isNoVerdict(error)) {
      const state = `its stapled OCSP response cannot be verified: ${error.message}`;
      throw certificateError(name, leaf, state, { cause: error });
    }
    throw certificateError(
      name.startsWith("SEC_ERROR_OCSP_") ? name : "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
      leaf,
      `its stapled OCSP response does not count: ${error?.message}; the server has to fetch a new ` +
        "one, unless lenientStaple lets it be ignored",
    );
  }

  async #checkCertificate(inquiry: Inquiry, isLeaf: boolean): Promise<void> {
    const { policy, report, signal, stapledOcspResponse: staple = null } = this.#options;
    const { certificate, findings } = inquiry;
    // All given sources, because one may know of a revocation that another does not know yet
    if (isLeaf) {
      if (staple === null) findings.addNote(because("no OCSP response is stapled"));
      else findings.addAll(await this.#askStaple(staple, inquiry));
    }
    const lists = this.#crls.about(certificate);
    if (lists.length === 0) findings.addNote(because("no CRL of its issuer is at hand"));
    await this.#crls.ask(inquiry, lists, true);
    let result = inquiry.result;
    if (!result.isSettled) {
      await this.#askResponders(inquiry);
      if (!inquiry.result.isSettled) await this.#fetchLists(inquiry);
      result = inquiry.result;
    }
    // An aborted fetch must not count as one that found nothing
    signal?.throwIfAborted();
    const { revocation, good, notes } = result;
    if (revocation !== undefined) throw revocation.refusal;
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

  /** Asks the stapled response once for each issuer that the leaf has in the paths. */
  async #askStaple(staple: OcspResponse | Uint8Array, inquiry: Inquiry): Promise<Findings> {
    const id = await idOf(inquiry);
    let asked = this.#staples.get(id);
    if (asked === undefined) {
      const findings = new Findings();
      const what = "the stapled OCSP response";
      asked = this.#askResponse(findings, staple, inquiry, what).then(() => findings);
      this.#staples.set(id, asked);
    }
    return await asked;
  }

  #askResponse(
    findings: Findings,
    response: OcspResponse | Uint8Array,
    inquiry: Inquiry,
    source: string,
    nonce?: Uint8Array,
  ): Promise<void> {
    const { certificate, issuer } = inquiry;
    return attempt(findings, source, async () => {
      const parsed = response instanceof OcspResponse ? response : readOcspResponse(response);
      const options = {
        certificate,
        issuer,
        ...this.#checks(),
        ...(nonce !== undefined && { nonce }),
      };
      const add = async (verified: VerifiedOcspStatus, isCurrent: boolean): Promise<void> => {
        const { certStatus, thisUpdate: at, responder } = verified;
        if (verified.responderNeedsCheck) await this.#checkResponder(responder!, inquiry);
        const who = `${source} of ${at.toISOString()}`;
        const scope = ALL_REASONS;
        switch (certStatus.status) {
          case "unknown":
            throw new NssError("SEC_ERROR_OCSP_UNKNOWN_CERT", "the responder does not know it");
          case "good":
            findings.addGood({ source: `${who} says that it is good`, at, scope });
            break;
          case "revoked": {
            const { revocationTime, reason } = certStatus;
            const refusal = revokedError(certificate, who, revocationTime, reason);
            findings.addRevocation({ source: who, at, scope, isCurrent, refusal });
          }
        }
      };
      const revocation = await findOcspRevocation(parsed, options);
      if (revocation !== null) await add(revocation, false);
      await add(await verifyOcspResponse(parsed, options), true);
    });
  }

  #checks(): Omit<VerifyCrlOptions, "issuer"> {
    const { time, slopSeconds, profile, allowSha1 } = this.#options;
    return {
      time,
      ...(slopSeconds !== undefined && { slopSeconds }),
      ...(profile !== undefined && { profile }),
      ...(allowSha1 !== undefined && { allowSha1 }),
    };
  }

  /** RFC 6960, Section 4.2.2.2.1. Uses given CRLs only: fetching could recurse without end. */
  async #checkResponder(responder: Certificate, { subject, search }: Inquiry): Promise<void> {
    const cause = await this.#crls.refusalOf({ ...subject, certificate: responder }, search);
    if (cause === undefined) return;
    throw new NssError(
      "SEC_ERROR_OCSP_INVALID_SIGNING_CERT",
      `the responder's own certificate is revoked: ${cause.message}`,
      { cause },
    );
  }

  async #askResponders(inquiry: Inquiry): Promise<void> {
    const { certificate, issuer, findings } = inquiry;
    if (this.#options.fetchOcsp === undefined) {
      return findings.addNote(because("no OCSP responder is asked"));
    }
    await attempt(findings, "OCSP", async () => {
      const { urls, ignored } = ocspUrlsOf(certificate);
      if (urls.length === 0) findings.addNote(because(`it names no OCSP responder${ignored}`));
      for (const url of urls) {
        const source = `the OCSP response from ${url}`;
        await attempt(findings, source, async () => {
          const { response, nonce } = await this.#fetcher.fetchOcsp(url, certificate, issuer);
          await this.#askResponse(findings, response, inquiry, source, nonce);
        });
        if (inquiry.result.isSettled) return;
      }
    });
  }

  async #fetchLists(inquiry: Inquiry): Promise<void> {
    const { certificate, findings } = inquiry;
    if (this.#options.fetchCrl === undefined) {
      return findings.addNote(because("no CRL is fetched"));
    }
    await attempt(findings, "CRLs", async () => {
      const { urls, ignored } = crlUrlsOf(certificate.crlDistributionPoints ?? []);
      if (urls.length === 0) findings.addNote(because(`it names no CRL${ignored}`));
      await this.#fetchUntil(inquiry, urls, () => inquiry.result.isSettled);
      // A delta CRL is newer than the complete CRL, also if that is not overdue yet
      const points = inquiry.crls.flatMap(({ crl }) => crl.freshestCrl ?? []);
      const deltas = crlUrlsOf([...certificate.extension(freshestCrl) ?? [], ...points]).urls;
      await this.#fetchUntil(inquiry, deltas, () => isUpToDate(inquiry));
    });
  }

  async #fetchUntil(
    inquiry: Inquiry,
    urls: readonly string[],
    isEnough: () => boolean,
  ): Promise<void> {
    for (const url of urls) {
      if (isEnough()) return;
      await attempt(inquiry.findings, `the CRL from ${url}`, async () => {
        const crl = await this.#fetcher.fetchCrl(url, inquiry.certificate);
        await this.#crls.ask(inquiry, [crl], false);
      });
    }
  }
}

/** Returns whether no delta CRL is needed: one is at hand, or the certificate is revoked. */
function isUpToDate({ crls, result }: Inquiry): boolean {
  return result.revocation?.isCurrent === true ||
    crls.some((one) => one.problem === null && baseOf(one, crls) !== undefined);
}

function isMustStaple(certificate: Certificate): boolean {
  return certificate.tlsFeature?.includes(STATUS_REQUEST) === true;
}
