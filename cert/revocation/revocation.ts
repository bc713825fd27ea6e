// Copyright 2026 the NSS for Deno authors. MIT license.

import { takeOptions } from "../base/options.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { certificateError } from "../verify/check_certificate.ts";
import type { Crl } from "./crl.ts";
import { ALL_REASONS, crlScope } from "./crl_scope.ts";
import { NssError } from "../base/errors.ts";
import { attempt, Findings, type Note, revokedError } from "./findings.ts";
import { OcspResponse, parseOcspResponse } from "./ocsp_response.ts";
import { crlUrlsOf, ocspUrlsOf, RevocationFetcher } from "./revocation_fetcher.ts";
import { REVOCATION_OPTIONS, type RevocationOptions } from "./revocation_options.ts";
import type { TrustAnchor } from "../verify/trust_anchor.ts";
import { crlProblem, verifyCrl, type VerifyCrlOptions, verifyCrlSignature } from "./verify_crl.ts";
import type { VerifiedPath } from "../verify/verify_cert.ts";
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
 * with the given hooks from the addresses
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
  options = takeOptions("Cannot check revocation", options, REVOCATION_OPTIONS);
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
    if (check === undefined) {
      const { profile = "strict" } = path;
      checks.set(leaf, check = new RevocationCheck({ profile, ...options }, lists));
    }
    await check.checkPath(path);
  };
}

type Issuer = Certificate | TrustAnchor;

class RevocationCheck {
  readonly #options: RevocationOptions;
  readonly #lists: ReadonlyMap<string, readonly Crl[]>;
  readonly #fetcher: RevocationFetcher;
  readonly #done = new Map<string, Promise<void>>();
  readonly #staples = new Map<string, Promise<Findings>>();

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
    const unknown: NssError[] = [];
    /** A revocation is told first, because an application may tolerate an unknown status. */
    const attend = (check: Promise<void>): Promise<unknown> =>
      check.catch((error) => {
        if (!(error instanceof NssError) || error.name.includes("REVOKED")) throw error;
        unknown.push(error);
      });
    const isPromised = certificates.some(isMustStaple);
    if (mustStaple) await attend(this.#checkStaple(leaf!, certificates[1] ?? anchor, isPromised));
    const count = policy === "off" ? 0 : wholePath ? certificates.length : 1;
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
      await attend(done);
    }
    if (unknown.length > 0) throw unknown[0];
  }

  /**
   * RFC 7633, Section 4.3.3: a certificate with the feature is refused if the server does not
   * staple. RFC 6066, Section 8: a response that is not satisfactory ends the handshake.
   */
  async #checkStaple(leaf: Certificate, issuer: Issuer, isPromised: boolean): Promise<void> {
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
    const { revocation, good, notes } = await this.#askStaple(staple, leaf, issuer);
    if (revocation !== undefined) throw revocation.refusal;
    if (good !== null) return;
    if (isPromised) {
      throw this.#unknownStatus(leaf, "it promises a good stapled OCSP response", notes);
    }
    const [error] = notes.map(({ cause }) => cause).filter((cause) => cause instanceof NssError);
    const name = error?.name ?? "SEC_ERROR_OCSP_MALFORMED_RESPONSE";
    throw certificateError(
      name.startsWith("SEC_ERROR_OCSP_") ? name : "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
      leaf,
      `its stapled OCSP response does not count: ${error?.message}; the server has to fetch a new ` +
        "one, unless lenientStaple lets it be ignored",
    );
  }

  async #checkCertificate(
    certificate: Certificate,
    issuer: Issuer,
    isLeaf: boolean,
  ): Promise<void> {
    const { policy, report, signal, stapledOcspResponse: staple = null } = this.#options;
    const findings = new Findings();
    // All given sources, because one may know of a revocation that another does not know yet
    if (isLeaf) {
      if (staple === null) findings.addNote(because("no OCSP response is stapled"));
      else findings.addAll(await this.#askStaple(staple, certificate, issuer));
    }
    const lists = this.#lists.get(certificate.issuer.key) ?? [];
    if (lists.length === 0) findings.addNote(because("no CRL of its issuer is at hand"));
    await this.#askLists(findings, lists, certificate, issuer);
    if (!findings.isSettled) await this.#askResponders(findings, certificate, issuer);
    if (!findings.isSettled) await this.#fetchLists(findings, certificate, issuer);
    // An aborted fetch must not count as one that found nothing
    signal?.throwIfAborted();
    const { revocation, good, notes } = findings;
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
  async #askStaple(
    staple: OcspResponse | Uint8Array,
    leaf: Certificate,
    issuer: Issuer,
  ): Promise<Findings> {
    const key = (await issuer.subjectPublicKeyInfo.digest()).toHex();
    let asked = this.#staples.get(key);
    if (asked === undefined) {
      const findings = new Findings();
      const what = "the stapled OCSP response";
      asked = this.#askResponse(findings, staple, leaf, issuer, what).then(() => findings);
      this.#staples.set(key, asked);
    }
    return await asked;
  }

  #askResponse(
    findings: Findings,
    response: OcspResponse | Uint8Array,
    certificate: Certificate,
    issuer: Issuer,
    source: string,
    nonce?: Uint8Array,
  ): Promise<void> {
    return attempt(findings, source, async () => {
      const parsed = response instanceof OcspResponse ? response : parseOcspResponse(response);
      const options = {
        certificate,
        issuer,
        ...this.#checks(),
        ...(nonce !== undefined && { nonce }),
      };
      const add = async (verified: VerifiedOcspStatus, isCurrent: boolean): Promise<void> => {
        const { certStatus, thisUpdate: at, responder } = verified;
        if (verified.responderNeedsCheck) await this.#checkResponder(responder!, issuer);
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
  async #checkResponder(responder: Certificate, issuer: Issuer): Promise<void> {
    const findings = new Findings();
    const lists = this.#lists.get(responder.issuer.key) ?? [];
    await this.#askLists(findings, lists, responder, issuer);
    const cause = findings.revocation?.refusal;
    if (cause === undefined) return;
    throw new NssError(
      "SEC_ERROR_OCSP_INVALID_SIGNING_CERT",
      `the responder's own certificate is revoked: ${cause.message}`,
      { cause },
    );
  }

  async #askLists(
    findings: Findings,
    lists: readonly Crl[],
    certificate: Certificate,
    issuer: Issuer,
  ): Promise<void> {
    for (const crl of lists) {
      await attempt(findings, null, () => this.#askList(findings, crl, certificate, issuer));
    }
  }

  /**
   * A revocation counts whatever the age and form of the list that the issuer has signed; silence
   * counts only of one that may be used.
   */
  async #askList(
    findings: Findings,
    crl: Crl,
    certificate: Certificate,
    issuer: Issuer,
  ): Promise<void> {
    // First, because a search sorts the entries, which may be many
    await verifyCrlSignature(crl, issuer);
    const options = { issuer, ...this.#checks() };
    const problem = crlProblem(crl, options);
    const entry = crl.find(certificate.serialNumber, certificate.issuer);
    const scope = crlScope(crl, certificate);
    const { issuingDistributionPoint: point, thisUpdate: at } = crl;
    // RFC 5280, Section 6.3.3 (k): removeFromCRL means that it is not revoked. Attribute
    // certificates may have serial numbers of their own
    if (
      entry !== undefined && entry.reason !== "removeFromCRL" &&
      point?.onlyContainsAttributeCerts !== true
    ) {
      findings.addRevocation({
        source: `${crl} names it no more`,
        at,
        // An issuer gives a serial number once, so that the entry also counts outside of the scope
        scope: scope.size > 0 ? scope : point?.onlySomeReasons ?? ALL_REASONS,
        isCurrent: problem === null,
        refusal: revokedError(certificate, `${crl}`, entry.revocationDate, entry.reason),
      });
      if (problem !== null) throw problem;
      return;
    }
    if (entry !== undefined && crl.deltaCrlIndicator !== undefined && problem === null) {
      findings.addRemoval({ source: `${crl} removes it`, at, scope });
      return;
    }
    await verifyCrl(crl, options);
    if (scope.size > 0) findings.addGood({ source: `${crl} does not name it`, at, scope });
    else findings.addNote(because(`${crl} is not about this kind of certificate`));
  }

  async #askResponders(
    findings: Findings,
    certificate: Certificate,
    issuer: Issuer,
  ): Promise<void> {
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
          await this.#askResponse(findings, response, certificate, issuer, source, nonce);
        });
        if (findings.isSettled) return;
      }
    });
  }

  async #fetchLists(findings: Findings, certificate: Certificate, issuer: Issuer): Promise<void> {
    if (this.#options.fetchCrl === undefined) {
      return findings.addNote(because("no CRL is fetched"));
    }
    await attempt(findings, "CRLs", async () => {
      const { urls, ignored } = crlUrlsOf(certificate);
      if (urls.length === 0) findings.addNote(because(`it names no CRL${ignored}`));
      for (const url of urls) {
        await attempt(findings, `the CRL from ${url}`, async () => {
          const crl = await this.#fetcher.fetchCrl(url, certificate);
          await this.#askLists(findings, [crl], certificate, issuer);
        });
        if (findings.isSettled) return;
      }
    });
  }
}

function isMustStaple(certificate: Certificate): boolean {
  return certificate.tlsFeature?.includes(STATUS_REQUEST) === true;
}

function because(state: string): Note {
  return { name: null, state };
}
