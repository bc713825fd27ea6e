// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands that look at revocation lists: show, verify. @module */

import { NssError } from "../../cert/base/errors.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { oidName } from "../../cert/der/oids.ts";
import { type Crl, formatGeneralName, type RevokedCertificate, verifyCrl } from "../../cert/mod.ts";
import { UsageError } from "../base/args.ts";
import type { Command } from "../base/command.ts";
import type { Io } from "../base/io.ts";
import { reporting } from "../base/reporting.ts";
import { day, layOut, safe } from "../base/text.ts";
import { readCertificates, readCrl } from "./read_certificates.ts";

/** The most entries that are printed: lists of public authorities have a million. */
export const MAX_SHOWN = 1000;

/** What a list is limited to, in words. */
export function scopeOf({ issuingDistributionPoint: point, deltaCrlIndicator }: Crl): string[] {
  return [
    ...point?.onlyContainsUserCerts ? ["not of authorities"] : [],
    ...point?.onlyContainsCaCerts ? ["of authorities only"] : [],
    ...point?.onlyContainsAttributeCerts ? ["of attributes only"] : [],
    ...point?.onlySomeReasons !== undefined ? ["for some reasons only"] : [],
    ...point?.indirectCrl ? ["of other issuers, too"] : [],
    ...point?.fullName?.map((name) => `of ${formatGeneralName(name)}`) ?? [],
    ...deltaCrlIndicator === undefined ? [] : [`changes since list ${deltaCrlIndicator}`],
  ];
}

function firstEntries(crl: Crl): RevokedCertificate[] {
  const shown: RevokedCertificate[] = [];
  for (const entry of crl.entries()) {
    if (shown.push(entry) === MAX_SHOWN) break;
  }
  return shown;
}

/** A list as text, and as an object. */
export function describeCrl(crl: Crl, io: Io): { text: string; json: Record<string, unknown> } {
  const extensions = [...crl.extensions.values()].map(({ oid, critical }) => ({
    oid,
    name: oidName(oid) ?? null,
    critical,
  }));
  const rows = [
    ["issuer", safe(crl.issuer)],
    ["made", day(crl.thisUpdate)],
    ["next", crl.nextUpdate === null ? "unknown" : day(crl.nextUpdate)],
    ["number", `${crl.crlNumber ?? "none"}`],
    ["scope", safe(scopeOf(crl).join(", ") || "all certificates of the issuer")],
    [
      "extensions",
      extensions.map(({ oid, name, critical }) => `${name ?? oid}${critical ? " (critical)" : ""}`)
        .join(", ") || "none",
    ],
    ["revoked", `${crl.size}`],
  ];
  const entries = firstEntries(crl);
  const table = entries.map((entry) => [
    toHex(entry.serialNumber),
    day(entry.revocationDate),
    entry.reason ?? "-",
    entry.invalidityDate === undefined ? "-" : day(entry.invalidityDate),
  ]);
  const heading = ["SERIAL", "REVOKED", "REASON", "KNOWN TO OTHERS SINCE"];
  return {
    text: [
      layOut(rows, io.out.width),
      ...crl.size === 0 ? [] : ["", io.out.table([heading, ...table])],
      ...crl.size > MAX_SHOWN ? [`and ${crl.size - MAX_SHOWN} more`] : [],
    ].join("\n"),
    json: {
      issuer: String(crl.issuer),
      thisUpdate: crl.thisUpdate.toISOString(),
      nextUpdate: crl.nextUpdate?.toISOString() ?? null,
      number: crl.crlNumber === undefined ? null : `${crl.crlNumber}`,
      scope: scopeOf(crl),
      extensions,
      size: crl.size,
      revoked: entries.map((entry) => ({
        serialNumber: toHex(entry.serialNumber),
        revocationDate: entry.revocationDate.toISOString(),
        reason: entry.reason ?? null,
        invalidityDate: entry.invalidityDate?.toISOString() ?? null,
      })),
    },
  };
}

/** What `--json` has of a list. */
export const CRL_MEMBERS = {
  issuer: "who has made it",
  thisUpdate: "when it was made",
  nextUpdate: "when the next one is due; null if it does not say",
  number: "its number, a text of digits; null for none",
  scope: "what it is limited to, in words; empty for all certificates of the issuer",
  extensions: "the extensions: oid, name (null if unknown), critical",
  size: "how many certificates are revoked",
  revoked:
    `the first ${MAX_SHOWN} of them: serialNumber (hexadecimal), revocationDate, reason and ` +
    "invalidityDate (null for none)",
} as const;

/** The command. */
export const show: Command = reporting({
  name: "crl show",
  args: "FILE",
  text: "Print a list: who has made it, till when it is good, and what is revoked",
  options: [],
  json: CRL_MEMBERS,
  examples: [{ line: "crl show ca.crl", text: "what is revoked, since when and why" }],
  run: async (args, io) => describeCrl(await readCrl(args.positional[0]!, io), io),
});

/** The command. */
export const verify: Command = reporting({
  name: "crl verify",
  args: "FILE",
  text: "Verify that an authority has made a list, and that it is good now",
  options: [
    { name: "issuer", value: "FILE", text: "the authority's certificate", example: "ca.pem" },
    { name: "at", value: "DATE", text: "as if it were another day", example: "2027-01-31" },
  ],
  json: {
    good: "whether it is good",
    error: "the name of the error; null if it is good",
    says: "what is wrong; null if nothing is",
  },
  examples: [{
    line: "crl verify ca.crl --issuer ca.pem",
    text: "is it whole, and recent enough?",
  }],
  run: async (args, io) => {
    const file = args.one("issuer");
    if (file === undefined) throw new UsageError("Cannot verify: say whose list it is by --issuer");
    const time = args.date("at") ?? new Date();
    const crl = await readCrl(args.positional[0]!, io);
    const [issuer] = await readCertificates(file, io);
    try {
      await verifyCrl(crl, { issuer: issuer!, time });
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      const says = safe(error.message, 1000);
      return {
        text: `not good: ${says} (${error.name})`,
        json: { good: false, error: error.name, says },
        outcome: "negative",
      };
    }
    return { text: "good", json: { good: true, error: null, says: null } };
  },
});
