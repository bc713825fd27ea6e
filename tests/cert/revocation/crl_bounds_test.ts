// Copyright 2026 the NSS for Deno authors. MIT license.

/** Which CRLs are fetched, and what the work on CRLs may cost. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { type Certificate, parseCertificate } from "../../../cert/certificate/certificate.ts";
import {
  crlDistributionPoints,
  type DistributionPoint,
  freshestCrl,
} from "../../../cert/extensions/crl_distribution_points.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { Name } from "../../../cert/names/name.ts";
import type { Crl } from "../../../cert/revocation/crl.ts";
import { checkRevocation, type RevocationOptions } from "../../../cert/revocation/revocation.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import {
  BudgetExceededError,
  VERIFICATION_LIMITS,
  VerificationBudget,
} from "../../../cert/verify/verification_budget.ts";
import { findCrlSigner } from "../../../cert/revocation/crl_signers.ts";
import { verificationOf } from "../../../cert/verify/search_path.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { verifyCert } from "../../../cert/verify/verify_cert_usage.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { assertRejectsWith, crlOf, days, type Party, party, pki } from "../_revocation_support.ts";
import { NOW } from "../_support.ts";

const { root, intermediate, leaf } = await pki();
const GAVE_UP = "SEC_ERROR_UNKNOWN_ISSUER";

const at = (path: string): DistributionPoint => ({
  fullName: [{ type: "uri", value: `http://crl.example/${path}` }],
});

function pointed(points: readonly DistributionPoint[], freshest?: readonly DistributionPoint[]) {
  return party({
    subject: "CN=leaf",
    dnsNames: ["leaf.example"],
    issuer: intermediate,
    extensions: [
      makeExtension(crlDistributionPoints, points),
      ...freshest === undefined ? [] : [makeExtension(freshestCrl, freshest)],
    ],
  });
}

function check(of: Party, options: Partial<RevocationOptions>): Promise<void> {
  const anchor = trustAnchorOf(intermediate.certificate);
  const checkPath = checkRevocation({ policy: "hard", time: NOW, ...options });
  return checkPath({ certificates: [of.certificate], anchor });
}

/** A hook that has some CRLs, and what it has been asked for. */
function hookOf(crls: Readonly<Record<string, Crl>>): {
  readonly asked: readonly string[];
  readonly hook: { readonly fetchCrl: (url: string) => Uint8Array | null };
} {
  const asked: string[] = [];
  const fetchCrl = (url: string) => {
    const path = url.slice("http://crl.example/".length);
    asked.push(path);
    return crls[path]?.der ?? null;
  };
  return { asked, hook: { fetchCrl } };
}

const older = { crlNumber: 5, thisUpdate: days(-3) } as const;
const newer = { crlNumber: 6, baseCrlNumber: 5 } as const;

Deno.test("checkRevocation() fetches the delta CRL that a fetched CRL or the certificate names", async () => {
  const ofList = await pointed([at("base")]);
  const ofCertificate = await pointed([at("base")], [at("delta")]);
  for (const [of, point] of [[ofList, [at("delta")]], [ofCertificate, undefined]] as const) {
    const base = await crlOf(intermediate, [], {
      ...older,
      ...point !== undefined && { freshestCrl: point },
    });
    const silent = hookOf({ base, delta: await crlOf(intermediate, [], newer) });
    await check(of, silent.hook);
    assertEquals(silent.asked, ["base", "delta"]);
    const named = hookOf({ base, delta: await crlOf(intermediate, [of.certificate], newer) });
    for (const policy of ["soft", "hard"] as const) {
      await assertRejectsWith(
        () => check(of, { ...named.hook, policy }),
        "SEC_ERROR_REVOKED_CERTIFICATE",
      );
    }
    // The complete CRL is enough where there is no delta
    const alone = hookOf({ base });
    await check(of, alone.hook);
    assertEquals(alone.asked, ["base", "delta"]);
    // No more is fetched for what is at hand, or revoked
    const none = hookOf({});
    await check(of, { ...none.hook, crls: [base] });
    const revoked = hookOf({ base: await crlOf(intermediate, [of.certificate], older) });
    await assertRejectsWith(() => check(of, revoked.hook), "SEC_ERROR_REVOKED_CERTIFICATE");
    assertEquals([none.asked, revoked.asked], [[], ["base"]]);
  }
});

Deno.test("checkRevocation() fetches the delta CRL to an overdue CRL at hand", async () => {
  const of = await pointed([at("gone")], [at("delta")]);
  const crls = [await crlOf(intermediate, [], { ...older, nextUpdate: days(-2) })];
  await assertRejectsWith(() => check(of, { ...hookOf({}).hook, crls }), "SEC_ERROR_CRL_EXPIRED");
  const hook = hookOf({ delta: await crlOf(intermediate, [], newer) });
  await check(of, { ...hook.hook, crls });
  assertEquals(hook.asked.at(-1), "delta");
});

Deno.test("checkRevocation() fetches an indirect CRL, whose signer is given", async () => {
  const signer = await party({ subject: "CN=D", keyUsage: ["cRLSign"], issuer: intermediate });
  const crlIssuer = [{ type: "directory", value: Name.parse("CN=D") } as const];
  const of = await pointed([{ ...at("indirect"), crlIssuer }]);
  const point = { indirectCrl: true };
  const silent = hookOf({ indirect: await crlOf(signer, [], { issuingDistributionPoint: point }) });
  await assertRejectsWith(() => check(of, silent.hook), "SEC_ERROR_UNKNOWN_SIGNER", "crlIssuers");
  await check(of, { ...silent.hook, crlIssuers: [signer.certificate] });
  assertEquals(silent.asked, ["indirect", "indirect"]);
});

Deno.test("checkRevocation() believes no fetched CRL of an issuer that the certificate does not name", async () => {
  const of = await pointed([at("other")]);
  const stranger = await party({ subject: "CN=E", keyUsage: ["cRLSign"], issuer: intermediate });
  const { serialNumber } = of.certificate;
  const certificateIssuer = intermediate.certificate.subject;
  const hook = hookOf({
    other: await crlOf(stranger, [], {
      issuingDistributionPoint: { indirectCrl: true },
      revoked: [{ serialNumber, revocationDate: NOW, certificateIssuer }],
    }),
  });
  const options = { ...hook.hook, crlIssuers: [stranger.certificate] };
  await check(of, { ...options, policy: "soft" });
  await assertRejectsWith(() => check(of, options), "SEC_ERROR_CRL_INVALID", "it is not of");
});

Deno.test("checkRevocation() looks at VERIFICATION_LIMITS.crls CRLs, and beyond it gives up", async () => {
  const silent = await crlOf(intermediate);
  const crls = Array.from({ length: VERIFICATION_LIMITS.crls }, () => silent);
  for (const policy of ["soft", "hard"] as const) {
    await check(leaf, { policy, crls });
    const error = await assertRejectsWith(
      () => check(leaf, { policy, crls: [...crls, silent] }),
      GAVE_UP,
    );
    assertEquals(error instanceof BudgetExceededError, true);
  }
});

Deno.test("checkRevocation() charges the entries of fetched CRLs, and not those of given ones", async () => {
  const of = await pointed([at("list")]);
  const revoked = [1, 2, 3].map((byte) => ({
    serialNumber: Uint8Array.of(byte),
    revocationDate: NOW,
  }));
  const list = await crlOf(intermediate, [], { revoked });
  for (const [left, passes] of [[3, true], [2, false]] as const) {
    const run = (options: Partial<RevocationOptions>) =>
      verifyCertificateChain(of.certificate, {
        anchors: [trustAnchorOf(root.certificate)],
        intermediates: [intermediate.certificate],
        time: NOW,
        usage: "sslServer",
        checkPath: async (path) => {
          // The budget of the verification itself is spent but for a rest
          spend(path.certificates, VERIFICATION_LIMITS.crlEntries - left);
          const check = { policy: "soft", time: NOW, wholePath: false } as const;
          await checkRevocation({ ...check, ...options })(path);
        },
      });
    await run({ crls: [list] });
    if (passes) await run(hookOf({ list }).hook);
    else await assertRejectsWith(() => run(hookOf({ list }).hook), GAVE_UP, "crlEntries");
  }
});

Deno.test("findCrlSigner() charges each certificate and each key that it tries", async () => {
  const others = await Promise.all(
    [1, 2, 3].map(() => party({ subject: "CN=Test CA", isCa: true, issuer: root })),
  );
  const stranger = await party({ subject: "CN=Test CA", isCa: true });
  const crl = await crlOf(stranger);
  const budget = new VerificationBudget();
  const find = () =>
    findCrlSigner(crl, {
      certificate: leaf.certificate,
      authorities: [intermediate.certificate],
      anchor: trustAnchorOf(root.certificate),
    }, {
      checks: { time: NOW },
      crlIssuers: others.map(({ certificate }) => certificate),
      verification: undefined,
      budget,
    });
  await assertRejectsWith(find, "SEC_ERROR_CRL_BAD_SIGNATURE");
  // Three certificates, and the list with four keys
  const spent = 7;
  budget.spend("signatures", VERIFICATION_LIMITS.signatures - spent);
  assertEquals(await budgetIsSpent(budget), true);
});

function budgetIsSpent(budget: VerificationBudget): Promise<boolean> {
  return Promise.try(() => budget.spend("signatures")).then(() => false, () => true);
}

function spend(certificates: readonly Certificate[], times: number): void {
  verificationOf({ certificates, anchor: trustAnchorOf(root.certificate) })!
    .budget.spend("crlEntries", times);
}

Deno.test("checkRevocation() finds the issuer's CRL beside a certificate of its name with a malformed key", async () => {
  const { certificate } = await party({ subject: "CN=Test CA", isCa: true, issuer: root });
  const der = certificate.der.slice();
  const { subjectPublicKeyInfoDer: spki } = certificate;
  const point = spki.length - 65; // of P-256, uncompressed
  der[der.toHex().indexOf(spki.toHex()) / 2 + point] = 5;
  const broken = parseCertificate(der);
  assertThrows(() => broken.subjectPublicKeyInfo, NssError);
  const crlIssuers = [broken];
  await check(leaf, { crlIssuers, crls: [await crlOf(intermediate)] });
  const crls = [await crlOf(intermediate, [leaf.certificate])];
  await assertRejectsWith(() => check(leaf, { crlIssuers, crls }), "SEC_ERROR_REVOKED_CERTIFICATE");
});

Deno.test("verifyCert() hands on the other keys of the authority, from the database or the peer", async () => {
  const renewed = await party({ subject: "CN=Test CA", isCa: true, issuer: root });
  const crls = [await crlOf(renewed), await crlOf(root)];
  const verify = async (stored: readonly Party[], intermediates: readonly Party[]) => {
    const db = new MemoryCertDB();
    await importCert(db, root.certificate, { trust: "C,," });
    for (const { certificate } of stored) await importCert(db, certificate);
    await verifyCert(db, leaf.certificate, true, "sslServer", NOW, {
      intermediates: intermediates.map(({ certificate }) => certificate),
      checkPath: checkRevocation({ policy: "hard", time: NOW, crls }),
    });
  };
  await verify([], [intermediate, renewed]);
  await verify([intermediate, renewed], []);
  const again = parseCertificate(leaf.certificate.der);
  assertEquals(again.equals(leaf.certificate), true);
  await assertRejectsWith(
    () =>
      checkRevocation({ policy: "hard", time: NOW, crls })({
        certificates: [again, intermediate.certificate],
        anchor: trustAnchorOf(root.certificate),
      }),
    "SEC_ERROR_CRL_BAD_SIGNATURE",
  );
});
