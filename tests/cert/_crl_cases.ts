// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Cases of revocation as authorities publish it, each with its bad neighbours. @module */

import { table, withText } from "../support/generated_page.ts";
import { INDIRECT, POINTS } from "./_crl_case_scopes.ts";
import { days } from "./_revocation_support.ts";
import { CRL_KEYS, RENEWAL } from "./_crl_case_signers.ts";
import {
  BASE,
  byD,
  ca,
  crl,
  type CrlCase,
  DELTA,
  held,
  indirect,
  indirectCrl,
  naming,
  OVERDUE,
  removed,
  renewed,
  revoked,
  scoped,
  sent,
  silent,
  usual,
} from "./_crl_case_makers.ts";

const DELTAS: readonly CrlCase[] = [
  {
    title: "a delta CRL that changes nothing",
    make: () => usual([silent(ca, BASE), silent(ca, DELTA)]),
    verdict: "good",
  },
  {
    title: "a delta CRL that names the certificate",
    make: () => usual([silent(ca, BASE), naming(ca, DELTA)]),
    verdict: "revoked",
  },
  {
    title: "a delta CRL that ends a suspension",
    make: () => usual([crl(ca, held, BASE), crl(ca, removed, DELTA)]),
    verdict: "good",
  },
  {
    title: "a delta CRL that does not end a suspension",
    make: () => usual([crl(ca, held, BASE), silent(ca, DELTA)]),
    verdict: "revoked",
  },
  {
    title: "a delta CRL to an overdue CRL",
    make: () => usual([silent(ca, { ...BASE, ...OVERDUE }), silent(ca, DELTA)]),
    verdict: "good",
  },
  {
    title: "a delta CRL that is overdue, to an overdue CRL",
    make: () => usual([silent(ca, { ...BASE, ...OVERDUE }), silent(ca, { ...DELTA, ...OVERDUE })]),
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_EXPIRED", "the next one was due at"],
  },
  {
    title: "a delta CRL to a newer CRL than the one at hand, which is fresh",
    make: () => usual([silent(ca, BASE), silent(ca, { ...DELTA, crlNumber: 8, baseCrlNumber: 7 })]),
    verdict: "good",
  },
  {
    title: "a delta CRL to a newer CRL than the one at hand, which is overdue",
    make: () =>
      usual([
        silent(ca, { ...BASE, ...OVERDUE }),
        silent(ca, { ...DELTA, crlNumber: 8, baseCrlNumber: 7 }),
      ]),
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_EXPIRED", "no complete CRL from that number on"],
  },
  {
    title: "a delta CRL to a newer CRL that ends a suspension in the one at hand",
    make: () =>
      usual([crl(ca, held, BASE), crl(ca, removed, { ...DELTA, crlNumber: 8, baseCrlNumber: 7 })]),
    verdict: "revoked",
  },
  {
    title: "a delta CRL to an older CRL than the one at hand",
    make: () =>
      usual([crl(ca, held, BASE), crl(ca, removed, { ...DELTA, crlNumber: 6, baseCrlNumber: 3 })]),
    verdict: "good",
  },
  {
    title: "a delta CRL with a lower number than the complete one",
    make: () =>
      usual([crl(ca, held, BASE), crl(ca, removed, { ...DELTA, crlNumber: 4, baseCrlNumber: 3 })]),
    verdict: "revoked",
  },
  {
    title: "a delta CRL of another scope",
    make: () =>
      usual([
        crl(ca, held, BASE),
        crl(ca, removed, { ...DELTA, ...scoped({ onlyContainsUserCerts: true }) }),
      ]),
    verdict: "revoked",
  },
  {
    title: "a delta CRL of another key of the authority",
    make: () => usual([crl(ca, held, BASE), crl(renewed, removed, DELTA)], sent(renewed)),
    verdict: "revoked",
  },
  {
    title: "a delta CRL that no freshestCRL tells of",
    make: () => usual([silent(ca, { crlNumber: 5, thisUpdate: days(-3) }), naming(ca, DELTA)]),
    verdict: "revoked",
    openssl: ["good", "what is at hand counts; Section 6.3.3 (a) tells when to obtain a delta"],
  },
  {
    title: "a delta CRL alone",
    make: () => usual([silent(ca, DELTA)]),
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_NOT_FOUND", "it is a delta CRL to number 5"],
  },
  {
    title: "a delta CRL alone, that names the certificate",
    make: () => usual([naming(ca, DELTA)]),
    verdict: "revoked",
    openssl: ["unknown", "what the authority has signed as revoked counts, without a base too"],
  },
  {
    title: "an indirect CRL with a delta that names the certificate",
    make: async () => {
      const of = await byD();
      const delta = crl(indirect, [revoked(of, "superseded", "CN=CA")], {
        ...scoped(indirectCrl),
        ...DELTA,
      });
      const base = silent(indirect, { ...scoped(indirectCrl), ...BASE });
      return await usual([base, delta], sent(indirect), of);
    },
    verdict: "revoked",
  },
];

/** All cases. */
export const CRL_CASES: readonly CrlCase[] = [
  ...RENEWAL,
  ...CRL_KEYS,
  ...POINTS,
  ...INDIRECT,
  ...DELTAS,
];

/** The table of docs/revocation.md. */
export function casesTable(): string {
  const rows = CRL_CASES.map(({ title, verdict, openssl }) => [
    title,
    verdict,
    openssl === undefined ? verdict : `${openssl[0]}: ${openssl[1]}`,
  ]);
  return table(["case", "here", "`openssl verify`"], rows);
}

const PAGE = new URL("../../docs/revocation.md", import.meta.url);

/** The page, and as it is to be. */
export async function revocationPage(): Promise<{ readonly is: string; readonly must: string }> {
  const is = await Deno.readTextFile(PAGE);
  return { is, must: withText(is, "tests/cert/_crl_cases.ts", casesTable()) };
}

// `deno task revocation`
if (import.meta.main) await Deno.writeTextFile(PAGE, (await revocationPage()).must);
