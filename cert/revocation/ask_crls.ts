// Copyright 2026 the NSS for Deno authors. MIT license.

import { groupBy, toHex } from "../base/runtime.ts";
import type { NssError } from "../base/errors.ts";
import { shown } from "../base/printable.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { TrustAnchor } from "../verify/trust_anchor.ts";
import type { Crl, CrlEntry } from "./crl.ts";
import { crlIssuersOf, crlScope } from "./crl_scope.ts";
import { type CrlSigner, findCrlSigner, type SignerSearch, type Subject } from "./crl_signers.ts";
import { type AskedCrl, baseOf, crlStatements } from "./crl_statements.ts";
import { attempt, because, Findings, revokedError } from "./findings.ts";
import { crlError, crlProblem } from "./verify_crl.ts";

/** The question after the status of one certificate, and the answers so far. */
export class Inquiry {
  /** The certificate and its path. */
  readonly subject: Subject;
  /** Where signers of CRLs are searched. */
  readonly search: SignerSearch;
  /** What OCSP responses say, and why sources say nothing. */
  readonly findings = new Findings();
  /** The CRLs that have been asked. */
  readonly crls: AskedCrl[] = [];

  constructor(subject: Subject, search: SignerSearch) {
    this.subject = subject;
    this.search = search;
  }

  get certificate(): Certificate {
    return this.subject.certificate;
  }

  get issuer(): Certificate | TrustAnchor {
    return this.subject.authorities[0] ?? this.subject.anchor;
  }

  /** What all sources say together. */
  get result(): Findings {
    const all = crlStatements(this.certificate, this.crls);
    all.addAll(this.findings);
    return all;
  }
}

/** The CRLs that the application has given, and how CRLs are asked. */
export class GivenCrls {
  readonly #crls: ReadonlyMap<string, readonly Crl[]>;

  /**
   * Sorts the CRLs by their issuers.
   *
   * @param crls The CRLs.
   */
  constructor(crls: readonly Crl[]) {
    this.#crls = groupBy(crls, ({ issuer }) => issuer.key);
  }

  /** The given CRLs of its issuer, and of those that its distribution points name. */
  about(certificate: Certificate): readonly Crl[] {
    return crlIssuersOf(certificate).flatMap(({ key }) => this.#crls.get(key) ?? []);
  }

  /**
   * Returns why a signer's path does not count now. RFC 5280, Section 6.3.3 (f). Uses this CRL and
   * given ones of keys on the path of the signer: those of other keys could recurse without end.
   */
  async #signerProblem(
    crl: Crl,
    { certificates, problem }: CrlSigner,
    { subject: { anchor, authorities }, search }: Inquiry,
  ): Promise<NssError | null> {
    if (problem !== null) return problem;
    const direct = { ...search, crlIssuers: [], verification: undefined };
    for (const [i, certificate] of certificates.entries()) {
      if (authorities.some((one) => one.equals(certificate))) continue;
      const own = revokingEntry(crl, certificate);
      const cause = own !== undefined
        ? revokedError(certificate, `${crl}`, own.revocationDate, own.reason)
        : await this.refusalOf(
          { certificate, authorities: certificates.slice(i + 1), anchor },
          direct,
        );
      if (cause === undefined) continue;
      const state = `a certificate of its signer is revoked: ${cause.message}`;
      return crlError("SEC_ERROR_CRL_INVALID", crl, state);
    }
    return null;
  }

  /** Returns the error of a certificate that a given CRL calls revoked. */
  async refusalOf(subject: Subject, search: SignerSearch): Promise<NssError | undefined> {
    const inquiry = new Inquiry(subject, search);
    await this.ask(inquiry, this.about(subject.certificate), true);
    return inquiry.result.revocation?.refusal;
  }

  async ask(inquiry: Inquiry, lists: readonly Crl[], isGiven: boolean): Promise<void> {
    // Delta CRLs last, so that their base is known
    const isDelta = (crl: Crl) => Number(crl.deltaCrlIndicator !== undefined);
    for (const crl of lists.toSorted((a, b) => isDelta(a) - isDelta(b))) {
      await attempt(inquiry.findings, null, () => this.#askOne(inquiry, crl, isGiven));
    }
  }

  async #askOne(inquiry: Inquiry, crl: Crl, isGiven: boolean): Promise<void> {
    const { certificate, subject, search, findings } = inquiry;
    const { serialNumber, issuer } = certificate;
    search.budget.spend("crls");
    if (!isGiven && !crlIssuersOf(certificate).some((name) => name.equals(crl.issuer))) {
      throw crlError("SEC_ERROR_CRL_INVALID", crl, `it is not of ${shown(issuer)}`);
    }
    const { reasons: scope, state } = crlScope(crl, certificate);
    const isOutside = () => because(`${crl} is not about this certificate: ${state}`);
    // The entries of a given CRL are sorted once for all verifications, those of a fetched one only
    // if its signature is good
    if (isGiven && scope.size === 0 && crl.find(serialNumber, issuer) === undefined) {
      return findings.addNote(isOutside());
    }
    const signer = await findCrlSigner(crl, subject, search);
    if (!isGiven) search.budget.spend("crlEntries", crl.size);
    const problem = await this.#signerProblem(crl, signer, inquiry) ??
      crlProblem(crl, { issuer: signer.issuer, ...search.checks });
    const asked: AskedCrl = {
      crl,
      key: toHex(await signer.issuer.subjectPublicKeyInfo.digest()),
      revoked: revokingEntry(crl, certificate),
      removes: crl.find(serialNumber, issuer)?.reason === "removeFromCRL",
      scope,
      problem,
    };
    inquiry.crls.push(asked);
    if (problem !== null) throw problem;
    if (asked.revoked !== undefined) return;
    if (scope.size === 0) return findings.addNote(isOutside());
    if (crl.deltaCrlIndicator === undefined || baseOf(asked, inquiry.crls) !== undefined) return;
    throw crlError(
      "SEC_ERROR_CRL_NOT_FOUND",
      crl,
      `it is a delta CRL to number ${crl.deltaCrlIndicator}, and no complete CRL from that number ` +
        "on, of the same key and scope, is at hand",
    );
  }
}

/** Returns the entry that says that a certificate is revoked. */
function revokingEntry(
  crl: Crl,
  { serialNumber, issuer }: Certificate,
): CrlEntry | undefined {
  // Attribute certificates may have serial numbers of their own
  if (crl.issuingDistributionPoint?.onlyContainsAttributeCerts === true) return undefined;
  const entry = crl.find(serialNumber, issuer);
  // RFC 5280, Section 6.3.3 (k): removeFromCRL means that it is not revoked
  return entry?.reason === "removeFromCRL" ? undefined : entry;
}

/** Equal for the same certificate under authorities of the same names and the same anchor. */
export async function idOf({ certificate, issuer, subject }: Inquiry): Promise<string> {
  const { authorities, anchor } = subject;
  const hashes = await Promise.all([
    certificate.fingerprint(),
    issuer.subjectPublicKeyInfo.digest(),
    anchor.subjectPublicKeyInfo.digest(),
  ]);
  const names = [...authorities, anchor].map((one) => one.subject.key);
  return JSON.stringify([...hashes.map((hash) => toHex(hash)), ...names]);
}
