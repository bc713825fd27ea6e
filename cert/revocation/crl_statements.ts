// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../base/bytes.ts";
import type { NssError } from "../base/errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { OIDS } from "../der/oids.ts";
import type { Crl } from "./crl.ts";
import type { CrlEntry } from "./crl_entries.ts";
import { ALL_REASONS } from "./crl_scope.ts";
import { Findings, revokedError } from "./findings.ts";

/** A CRL whose signature is verified, asked about a certificate. */
export interface AskedCrl {
  /** The CRL. */
  readonly crl: Crl;
  /** The digest of the key that has signed it. */
  readonly key: string;
  /** The entry of the certificate, if there is one that says that it is revoked. */
  readonly revoked: CrlEntry | undefined;
  /** Whether an entry says that the certificate is to be removed from the CRL. */
  readonly removes: boolean;
  /** The numbers of the reasons that the CRL covers for the certificate. */
  readonly scope: ReadonlySet<number>;
  /** Why its silence proves nothing; `null` if it does. */
  readonly problem: NssError | null;
}

/**
 * Returns what CRLs say about a certificate, complete ones and deltas.
 *
 * A revocation counts whatever the age and form of the CRL; silence counts only of one that may be
 * used. A delta CRL's silence, or its removal of the certificate, counts together with a complete
 * CRL, which then may be overdue (RFC 5280, Section 5.2.4: what is combined has the dates of the
 * delta CRL).
 *
 * @param certificate The certificate.
 * @param asked The CRLs.
 * @returns The statements.
 */
export function crlStatements(certificate: Certificate, asked: readonly AskedCrl[]): Findings {
  const findings = new Findings();
  for (const { crl, revoked, scope, problem } of asked) {
    const { thisUpdate: at, issuingDistributionPoint: point } = crl;
    if (revoked !== undefined) {
      findings.addRevocation({
        source: `${crl}`,
        at,
        // An issuer gives a serial number once, so that the entry also counts outside of the scope
        scope: scope.size > 0 ? scope : point?.onlySomeReasons ?? ALL_REASONS,
        isCurrent: problem === null,
        refusal: revokedError(certificate, `${crl}`, revoked.revocationDate, revoked.reason),
      });
    } else if (problem === null && scope.size > 0 && crl.deltaCrlIndicator === undefined) {
      findings.addGood({ source: `${crl} does not name it`, at, scope });
    }
  }
  for (const delta of asked) {
    const base = baseOf(delta, asked);
    if (base === undefined || delta.problem !== null || delta.revoked !== undefined) continue;
    if (base.revoked !== undefined && !delta.removes) continue;
    findings.addGood({
      source: delta.removes
        ? `${delta.crl} removes it`
        : `${base.crl} with ${delta.crl} does not name it`,
      at: delta.crl.thisUpdate,
      scope: base.scope,
    });
  }
  return findings;
}

/**
 * Returns the newest complete CRL to which a delta CRL may be applied (RFC 5280, Sections 5.2.4 and
 * 6.3.3 (c)).
 *
 * @param delta The CRL, which need not be a delta CRL.
 * @param asked The CRLs at hand.
 * @returns The complete CRL, or `undefined` if there is none.
 */
export function baseOf(delta: AskedCrl, asked: readonly AskedCrl[]): AskedCrl | undefined {
  if (delta.crl.deltaCrlIndicator === undefined) return undefined;
  const bases = asked.filter((base) => applies(delta, base));
  return bases.sort((a, b) => a.crl.crlNumber! < b.crl.crlNumber! ? 1 : -1)[0];
}

function applies(delta: AskedCrl, base: AskedCrl): boolean {
  const { crlNumber: number, deltaCrlIndicator: from } = delta.crl;
  const { crlNumber: own, deltaCrlIndicator } = base.crl;
  if (number === undefined || from === undefined) return false;
  if (own === undefined || deltaCrlIndicator !== undefined) return false;
  // An overdue CRL may be a base. The dates are checked last, so nothing else is wrong with it
  if (base.problem !== null && base.problem.name !== "SEC_ERROR_CRL_EXPIRED") return false;
  return base.scope.size > 0 && base.key === delta.key && own >= from && own < number &&
    base.crl.issuer.equals(delta.crl.issuer) &&
    isSame(base.crl, delta.crl, OIDS.issuingDistributionPoint) &&
    isSame(base.crl, delta.crl, OIDS.authorityKeyIdentifier);
}

/** Returns whether both have the same extension, or neither has it. */
function isSame(a: Crl, b: Crl, oid: string): boolean {
  const one = a.extensions.get(oid)?.value;
  const other = b.extensions.get(oid)?.value;
  return one === undefined || other === undefined ? one === other : bytesEqual(one, other);
}
