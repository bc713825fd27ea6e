// Copyright 2026 the NSS for Deno authors. MIT license.

/** The command that makes revocation lists: crl create. @module */

import { toHex } from "../../cert/base/runtime.ts";
import { CRL_REASONS, type CrlReason } from "../../cert/extensions/crl_entry.ts";
import {
  createCrl,
  type CreateCrlOptions,
  type Crl,
  type RevokedCertificate,
} from "../../cert/mod.ts";
import { type Args, oneOf, type Option, readDate, UsageError } from "../base/args.ts";
import { AS_DER, OUT } from "../base/command.ts";
import { writeFile } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { count, safe } from "../base/text.ts";
import { printing } from "./printing.ts";
import { readCertificates, readCrl } from "./read_certificates.ts";
import { readSerial } from "./serial.ts";
import { SCHEME, schemeOf } from "./signature_scheme.ts";
import { openStore } from "./store.ts";

/** removeFromCRL is for delta lists, where --remove stands for it. */
const REASONS = CRL_REASONS.filter((reason) => reason !== null && reason !== "removeFromCRL");

/** What a list may be limited to. */
const SCOPES = { users: "onlyContainsUserCerts", authorities: "onlyContainsCaCerts" } as const;
const SCOPE_NAMES = Object.keys(SCOPES) as (keyof typeof SCOPES)[];

const DAY = 86_400_000;

const OPTIONS: readonly Option[] = [
  { name: "issuer", value: "NAME", text: "the authority's certificate", example: "My CA" },
  {
    name: "revoke",
    value: "SERIAL[=WHY]",
    text: "a certificate that is revoked (repeatable); WHY is REASON[,DATE[,SINCE]]: the reason, " +
      "when (now), and since when its key may be known to others; a reason is " +
      REASONS.join(", "),
    example: "4b1d=keyCompromise,2026-02-01,2026-01-15",
  },
  {
    name: "revoke-file",
    value: "FILE[=WHY]",
    text: "the same of the certificate in a file, which must be one of the authority's",
    example: "www.pem=superseded",
  },
  {
    name: "add-to",
    value: "FILE",
    text: "the list before: what is on it stays, and the number grows",
    example: "ca.crl",
  },
  {
    name: "remove",
    value: "SERIAL",
    text: "with --add-to: a certificate that is on hold no more, or has expired (repeatable)",
    example: "4b1d",
  },
  { name: "days", value: "N", text: "how long it is good (7)", example: "30" },
  { name: "this-update", value: "DATE", text: "when it is made (now)", example: "2026-02-01" },
  {
    name: "next-update",
    value: "DATE",
    text: "till when it is good, instead of --days",
    example: "2026-03-01",
  },
  {
    name: "number",
    value: "N",
    text: "its number; by default that of --add-to and one, or 1",
    example: "12",
  },
  {
    name: "delta-of",
    value: "N",
    text: "make a delta list: what has changed since the complete list of this number",
    example: "11",
  },
  {
    name: "delta-url",
    value: "URL,...",
    text: "where delta lists to this one are (freshestCRL)",
    example: "http://ca.example/delta.crl",
  },
  {
    name: "only",
    value: "WHOM",
    text: "whose certificates it is about, instead of all (issuingDistributionPoint)",
    words: SCOPE_NAMES,
  },
  {
    name: "point",
    value: "URL,...",
    text: "the distribution point that it is of (issuingDistributionPoint)",
    example: "http://ca.example/ca.crl",
  },
  SCHEME,
  AS_DER,
  OUT,
];

/** Reads what stands behind `=`: `REASON[,DATE[,SINCE]]`. */
function readDetails(
  text: string | undefined,
  now: Date,
): Pick<RevokedCertificate, "reason" | "revocationDate" | "invalidityDate"> {
  const [reason, date, since, ...more] = text?.split(",") ?? [];
  if (more.length > 0) throw new UsageError(`Cannot revoke: "${more.join()}" is too much`);
  return {
    revocationDate: date === undefined ? now : readDate("the date of revocation", date),
    ...reason !== undefined && { reason: oneOf("the reason", reason, REASONS) },
    ...since !== undefined && { invalidityDate: readDate("the date of the loss", since) },
  };
}

/** Splits at the last `=`, which a name may have, too. */
function splitDetails(text: string): [what: string, details: string | undefined] {
  const at = text.lastIndexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function readRevoked(args: Args, now: Date): RevokedCertificate[] {
  return args.all("revoke").map((text) => {
    const [serial, details] = splitDetails(text);
    return { serialNumber: readSerial(serial), ...readDetails(details, now) };
  });
}

/** Reads `--revoke-file`, once it is known whose certificates they must be. */
async function readRevokedFiles(
  { issuer }: Pick<Crl, "issuer">,
  args: Args,
  now: Date,
  io: Io,
): Promise<RevokedCertificate[]> {
  return await Promise.all(
    args.all("revoke-file").map(async (text) => {
      const [file, details] = splitDetails(text);
      const [certificate] = await readCertificates(file, io);
      if (!certificate!.issuer.equals(issuer)) {
        throw new UsageError(
          `Cannot revoke "${safe(file)}": "${safe(certificate!.issuer)}" has issued it, not ` +
            `"${safe(issuer)}"`,
        );
      }
      return { serialNumber: certificate!.serialNumber, ...readDetails(details, now) };
    }),
  );
}

/** What a list has already. */
function kept(crl: Crl): RevokedCertificate[] {
  return [...crl.entries()].map((entry) => ({
    serialNumber: entry.serialNumber,
    revocationDate: entry.revocationDate,
    ...entry.reason !== undefined && { reason: entry.reason },
    ...entry.invalidityDate !== undefined && { invalidityDate: entry.invalidityDate },
  }));
}

/** A number without the zeros before it, which some write and others do not. */
function keyOf(serialNumber: Uint8Array): string {
  return toHex(serialNumber).replace(/^(?:00)+(?=.)/, "");
}

/** The entries of the new list: those before, without what goes, and what comes. */
function entriesOf(
  before: Crl | null,
  revoked: readonly RevokedCertificate[],
  args: Args,
  now: Date,
): RevokedCertificate[] {
  const removed = args.all("remove").map(readSerial);
  const isDelta = args.has("delta-of");
  if (removed.length > 0 && before === null && !isDelta) {
    throw new UsageError("Cannot take --remove without --add-to: there is nothing to remove from");
  }
  const old = before === null ? [] : kept(before);
  const gone = new Set(removed.map(keyOf));
  const replaced = new Set(revoked.map(({ serialNumber }) => keyOf(serialNumber)));
  for (const serial of before === null || isDelta ? [] : gone) {
    if (old.some(({ serialNumber }) => keyOf(serialNumber) === serial)) continue;
    throw new UsageError(`Cannot remove ${serial}: it is not on the list`);
  }
  const reason: CrlReason = "removeFromCRL";
  return [
    ...old.filter(({ serialNumber }) =>
      !gone.has(keyOf(serialNumber)) && !replaced.has(keyOf(serialNumber))
    ),
    ...revoked,
    // A delta list says it; in a complete one an entry is there no more
    ...isDelta
      ? removed.map((serialNumber) => ({ serialNumber, revocationDate: now, reason }))
      : [],
  ];
}

type Scope = Pick<
  CreateCrlOptions,
  "issuingDistributionPoint" | "baseCrlNumber" | "freshestCrl"
>;

/** The scope that is asked for, else that of the list before, which must not grow unseen. */
function scopeOf(before: Crl | null, args: Args): Scope {
  const uris = (name: string) => args.list(name).map((value) => ({ type: "uri", value }) as const);
  const [only, base] = [args.choice("only", SCOPE_NAMES), args.number("delta-of")];
  const [point, delta] = [uris("point"), uris("delta-url")];
  const issuingDistributionPoint = only === undefined && point.length === 0
    ? before?.issuingDistributionPoint
    : {
      ...point.length > 0 && { fullName: point },
      ...only !== undefined && { [SCOPES[only]]: true },
    };
  const freshestCrl = delta.length > 0 ? [{ fullName: delta }] : before?.freshestCrl;
  return {
    ...issuingDistributionPoint !== undefined && { issuingDistributionPoint },
    ...freshestCrl !== undefined && { freshestCrl },
    ...base !== undefined && { baseCrlNumber: base },
  };
}

/** Reads the list before, which the new one must go on with. */
async function readBefore(args: Args, io: Io): Promise<Crl | null> {
  const file = args.one("add-to");
  if (file === undefined) return null;
  const crl = await readCrl(file, io);
  const refuse = (why: string): never => {
    throw new UsageError(`Cannot add to "${safe(file)}": ${why}`);
  };
  if (crl.isIndirect) refuse("it has certificates of other issuers, which would be lost");
  const base = args.number("delta-of");
  if (crl.deltaCrlIndicator !== (base === undefined ? undefined : BigInt(base))) {
    refuse(
      crl.deltaCrlIndicator === undefined
        ? "it is a complete list, and a delta list has only what has changed"
        : `it is a delta list: give --delta-of ${crl.deltaCrlIndicator}`,
    );
  }
  const number = args.number("number");
  if (number !== undefined && BigInt(number) <= (crl.crlNumber ?? 0n)) {
    refuse(`its number is ${crl.crlNumber}, and the next one must be higher than that`);
  }
  return crl;
}

/** The command. */
export const create = printing({
  name: "crl create",
  args: "",
  text: "Make a list, with the key of an authority in the token",
  options: OPTIONS,
  examples: [
    {
      line: 'crl create --db db --issuer "My CA" --revoke 4b1d=keyCompromise --out ca.crl',
      text: "revoke a certificate",
    },
    {
      line: 'crl create --db db --issuer "My CA" --add-to ca.crl --remove 4b1d --out next.crl',
      text: "the next list, on which one is no more",
    },
  ],
  run: async (args, io) => {
    const issuerName = args.one("issuer");
    if (issuerName === undefined) throw new UsageError("Cannot make list: say whose by --issuer");
    if (args.has("days") && args.has("next-update")) {
      throw new UsageError("Cannot take both --days and --next-update");
    }
    const thisUpdate = args.date("this-update") ?? new Date();
    const days = args.number("days", 3650) ?? 7;
    const nextUpdate = args.date("next-update") ?? new Date(thisUpdate.getTime() + days * DAY);
    const given = readRevoked(args, thisUpdate);
    const before = await readBefore(args, io);
    await using store = await openStore(args, io);
    const certificate = await store.certificate(issuerName);
    if (before !== null && !before.issuer.equals(certificate.subject)) {
      throw new UsageError(`Cannot add to list: it is that of "${safe(before.issuer)}"`);
    }
    const files = await readRevokedFiles({ issuer: certificate.subject }, args, thisUpdate, io);
    const number = args.number("number");
    const crl = await createCrl({
      issuer: { certificate, privateKey: await store.keyOf(certificate) },
      crlNumber: number ?? (before?.crlNumber ?? 0n) + 1n,
      thisUpdate,
      nextUpdate,
      revoked: entriesOf(before, [...given, ...files], args, thisUpdate),
      ...scopeOf(before, args),
      ...schemeOf(args),
    });
    const out = args.one("out") ?? "-";
    await writeFile(out, args.has("as-der") ? crl.der : crl.toPem(), io.out);
    return out === "-"
      ? ""
      : `Made list ${crl.crlNumber} of ${count(crl.size, "certificate")}: ${safe(out)}`;
  },
});
