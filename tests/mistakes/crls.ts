// Copyright 2026 the NSS for Deno authors. MIT license.

import { checkRevocation, Name, trustAnchorOf, verifyCrl } from "@nss/nss/cert";
import { CRL_CASES } from "../cert/_crl_cases.ts";
import { crlOf, days, pki } from "../cert/_revocation_support.ts";
import { NOW } from "../cert/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "CRLs, their signers and their scope";

/** Checks the leaf of a case, of whose path nothing is wrong. */
async function check(title: string): Promise<void> {
  const made = await CRL_CASES.find((one) => one.title === title)!.make();
  const checkPath = checkRevocation({
    policy: "hard",
    time: NOW,
    crls: made.crls,
    crlIssuers: [...made.sent ?? [], ...made.given ?? []],
    wholePath: false,
  });
  const anchor = trustAnchorOf(made.root);
  await checkPath({ certificates: [made.leaf, ...made.path], anchor });
}

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "a CRL that the authority has signed with its new key, without that key's certificate",
    make: () => check("a CRL of the authority's new key, whose certificate is not there"),
    name: "SEC_ERROR_CRL_BAD_SIGNATURE",
    says:
      'Cannot verify certificate "CN=leaf": whether it is revoked is not known: no OCSP response is stapled; Cannot use CRL 1 of "CN=CA" of 2026-05-31T12:00:00.000Z: its signature is not of the ec P-256 key of its issuer; if it has another key for CRLs, give its certificate in crlIssuers; no OCSP responder is asked; no CRL is fetched',
  },
  {
    mistake: "a CRL of a key for CRLs only, whose certificate has expired",
    make: () => check("a CRL of a key for CRLs only, that has expired"),
    name: "SEC_ERROR_CRL_INVALID",
    says:
      'Cannot verify certificate "CN=leaf": whether it is revoked is not known: no OCSP response is stapled; Cannot use CRL 1 of "CN=CA" of 2026-05-31T12:00:00.000Z: its signer does not count: Cannot verify certificate "CN=CA": it expired at 2026-06-01T00:00:00.000Z; no OCSP responder is asked; no CRL is fetched',
  },
  {
    mistake: "a CRL of a key of the authority that may not sign CRLs",
    make: () => check("a CRL of a key of the authority's that may not sign CRLs"),
    name: "SEC_ERROR_INADEQUATE_KEY_USAGE",
    says:
      'Cannot verify certificate "CN=leaf": whether it is revoked is not known: no OCSP response is stapled; Cannot use CRL 1 of "CN=CA" of 2026-05-31T12:00:00.000Z: the keyUsage of its issuer\'s certificate has no cRLSign; no OCSP responder is asked; no CRL is fetched',
  },
  {
    mistake: "a CRL of an authority of the same name under another root",
    make: () => check("a CRL of another authority of the same name under another root"),
    name: "SEC_ERROR_CRL_INVALID",
    says:
      'Cannot verify certificate "CN=leaf": whether it is revoked is not known: no OCSP response is stapled; Cannot use CRL 1 of "CN=CA" of 2026-05-31T12:00:00.000Z: the certificate of its signer, of "CN=Other Root", does not lead to "CN=Root", the trust anchor of the certificate; no OCSP responder is asked; no CRL is fetched',
  },
  {
    mistake: "a CRL for another distribution point",
    make: () => check("a distribution point that is not the CRL's"),
    name: "SEC_ERROR_CRL_NOT_FOUND",
    says:
      'Cannot verify certificate "CN=leaf": whether it is revoked is not known: no OCSP response is stapled; CRL 1 of "CN=CA" of 2026-05-31T12:00:00.000Z is not about this certificate: its distribution point "URI:http://crl.example/b" is not one of the certificate\'s; no OCSP responder is asked; no CRL is fetched',
  },
  {
    mistake: "a CRL for some reasons only",
    make: () => check("CRLs that cover all reasons but one"),
    name: "SEC_ERROR_CRL_NOT_FOUND",
    says:
      'Cannot verify certificate "CN=leaf": whether it is revoked is not known: no OCSP response is stapled; no OCSP responder is asked; no CRL is fetched; CRL 1 of "CN=CA" of 2026-05-31T12:00:00.000Z does not name it and CRL 1 of "CN=CA" of 2026-05-31T12:00:00.000Z does not name it, for some reasons',
  },
  {
    mistake: "an indirect CRL that does not say so",
    make: () => check("an indirect CRL that does not say so"),
    name: "SEC_ERROR_CRL_NOT_FOUND",
    says:
      'Cannot verify certificate "CN=leaf": whether it is revoked is not known: no OCSP response is stapled; CRL 1 of "CN=D" of 2026-05-31T12:00:00.000Z is not about this certificate: it is of another issuer, and does not say it is indirect; no OCSP responder is asked; no CRL is fetched',
  },
  {
    mistake: "an indirect CRL without the certificate of its issuer",
    make: () => check("an indirect CRL of a cRLIssuer that is not there"),
    name: "SEC_ERROR_UNKNOWN_SIGNER",
    says:
      'Cannot verify certificate "CN=leaf": whether it is revoked is not known: no OCSP response is stapled; Cannot use CRL 1 of "CN=D" of 2026-05-31T12:00:00.000Z: no certificate of "CN=D" is at hand; give it in crlIssuers; no OCSP responder is asked; no CRL is fetched',
  },
  {
    mistake: "a delta CRL without the complete one",
    make: () => check("a delta CRL alone"),
    name: "SEC_ERROR_CRL_NOT_FOUND",
    says:
      'Cannot verify certificate "CN=leaf": whether it is revoked is not known: no OCSP response is stapled; Cannot use CRL 6 of "CN=CA" of 2026-05-31T12:00:00.000Z: it is a delta CRL to number 5, and no complete CRL from that number on, of the same key and scope, is at hand; no OCSP responder is asked; no CRL is fetched',
  },
  {
    mistake: "a delta CRL, given to `verifyCrl`",
    make: async () => {
      const { root } = await pki();
      const delta = await crlOf(root, [], { crlNumber: 6, baseCrlNumber: 5 });
      await verifyCrl(delta, { issuer: root.certificate, time: NOW });
    },
    name: "SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION",
    says:
      'Cannot use CRL 6 of "CN=Test Root" of 2026-05-31T12:00:00.000Z: it is a delta CRL to number 5, and proves nothing alone; checkRevocation() combines it with the complete CRL',
  },
  {
    mistake: "`createCrl` with a `baseCrlNumber` that is not older",
    make: async () => crlOf((await pki()).root, [], { crlNumber: 5, baseCrlNumber: 5 }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot create CRL: baseCrlNumber is not below crlNumber",
  },
  {
    mistake: "`createCrl` with a `certificateIssuer`, and no `indirectCrl`",
    make: async () => {
      const certificateIssuer = Name.parse("CN=Other");
      const entry = { serialNumber: Uint8Array.of(5), revocationDate: days(-1), certificateIssuer };
      await crlOf((await pki()).root, [], { revoked: [entry] });
    },
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      "Cannot create CRL: a revoked certificate is of another issuer, and the CRL is not indirect: issuingDistributionPoint: { indirectCrl: true } makes it so",
  },
];
