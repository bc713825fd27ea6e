// Copyright 2026 the NSS for Deno authors. MIT license.

/** CRLs in all forms that authorities use, and the certificates of their signers, altered. */

import { assert, assertEquals } from "@std/assert";
import { NssError } from "../../cert/base/errors.ts";
import { type Certificate, parseCertificate } from "../../cert/certificate/certificate.ts";
import { type Crl, parseCrl } from "../../cert/revocation/crl.ts";
import { checkRevocation } from "../../cert/revocation/revocation.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { type MadeCase, ROOT_CRL, type Verdict } from "../cert/_crl_case_makers.ts";
import { CRL_CASES } from "../cert/_crl_cases.ts";
import { NOW } from "../cert/_support.ts";
import type { Prng } from "../support/prng.ts";
import { type Bytes, flip, fuzz, mutate, typed } from "./_support.ts";

const cases = await Promise.all(CRL_CASES.map(async (one) => ({ ...one, made: await one.make() })));

async function judge(made: MadeCase): Promise<Verdict> {
  try {
    await checkRevocation({
      policy: "hard",
      time: NOW,
      profile: "compatible",
      crls: [...made.crls, made.rootCrl ?? ROOT_CRL],
      crlIssuers: [...made.sent ?? [], ...made.given ?? []],
    })({ certificates: [made.leaf, ...made.path], anchor: trustAnchorOf(made.root) });
    return "good";
  } catch (error) {
    assert(error instanceof NssError, String(error));
    return error.name === "SEC_ERROR_REVOKED_CERTIFICATE" ? "revoked" : "unknown";
  }
}

/** Several, with one of them altered, and without it. */
async function alterOne<T extends Crl | Certificate>(
  prng: Prng,
  all: readonly T[],
  parse: (der: Bytes) => T,
): Promise<{ readonly altered: readonly T[]; readonly without: readonly T[] }> {
  if (all.length === 0) return { altered: all, without: all };
  const index = prng.integer(0, all.length - 1);
  const der = prng.pick([flip, mutate])(prng, all[index]!.der);
  if (der.toHex() === all[index]!.der.toHex()) return { altered: all, without: all };
  const one = await typed(() => parse(der));
  const without = all.toSpliced(index, 1);
  return { altered: one === undefined ? without : all.with(index, one), without };
}

fuzz(
  "checkRevocation() takes an altered CRL, or signer, as one that is not there",
  300,
  async (prng) => {
    const { made, title } = prng.pick(cases);
    const crls = await alterOne(prng, made.crls, parseCrl);
    const [some, fewer] = [{ ...made, crls: crls.altered }, { ...made, crls: crls.without }];
    assertEquals(await judge(some), await judge(fewer), title);

    const sent = await alterOne(prng, [...made.sent ?? [], ...made.given ?? []], parseCertificate);
    const known = { ...made, given: [] };
    assertEquals(
      await judge({ ...known, sent: sent.altered }),
      await judge({ ...known, sent: sent.without }),
      title,
    );
  },
);

fuzz(
  "Crl reads altered lists of every form whole, or refuses them with typed errors",
  300,
  async (prng) => {
    const { made } = prng.pick(cases);
    const der = prng.pick([flip, mutate])(
      prng,
      prng.pick(made.crls.length > 0 ? made.crls : [ROOT_CRL]).der,
    );
    await typed(() => {
      const crl = parseCrl(der);
      assertEquals(crl.der.toHex(), der.toHex());
      assertEquals([...crl.entries()].length, crl.size);
      for (const { serialNumber } of crl.entries()) {
        crl.find(serialNumber);
        crl.find(serialNumber, made.leaf.issuer);
      }
      void [crl.isIndirect, crl.freshestCrl, crl.deltaCrlIndicator, crl.issuingDistributionPoint];
    });
  },
);
