// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss crl`: certificate revocation lists. @module */

import { fromHex, toHex } from "../cert/base/runtime.ts";
import { NssError } from "../cert/base/errors.ts";
import { createCrl, type Crl, parseCrl, type RevokedCertificate, verifyCrl } from "../cert/mod.ts";
import { CRL_REASONS } from "../cert/extensions/crl_entry.ts";
import { oneOf, UsageError } from "./base/args.ts";
import { type Command, OUT } from "./base/command.ts";
import { readBytes, writeFile } from "./base/files.ts";
import { day, layOut, safe } from "./base/text.ts";
import { readCertificates } from "./store/read_certificates.ts";
import { printing } from "./store/printing.ts";
import { openStore } from "./store/store.ts";

/** Those that an entry of a complete list may have. */
const REASONS = CRL_REASONS.filter((reason) => reason !== null && reason !== "removeFromCRL");

/** The most entries that are printed: lists of public authorities have a million. */
const MAX_SHOWN = 1000;

const show: Command = {
  name: "crl show",
  args: "FILE",
  text: "Print a list: who has made it, till when it is good, and what is revoked",
  options: [],
  examples: [{ line: "crl show ca.crl", text: "what is revoked, since when and why" }],
  run: async (args, io) => {
    const crl = parseCrl(await readBytes(args.positional[0]!, io));
    const rows = [
      ["issuer", safe(crl.issuer)],
      ["made", day(crl.thisUpdate)],
      ["next", crl.nextUpdate === null ? "unknown" : day(crl.nextUpdate)],
      ["number", `${crl.crlNumber ?? "none"}`],
      ["revoked", `${crl.size}`],
    ];
    await io.out.line(layOut(rows, io.out.width));
    if (crl.size === 0) return "good";
    const shown: RevokedCertificate[] = [];
    for (const entry of crl.entries()) {
      if (shown.push(entry) === MAX_SHOWN) break;
    }
    const entries = shown.map((entry) => [
      toHex(entry.serialNumber),
      day(entry.revocationDate),
      entry.reason ?? "-",
    ]);
    await io.out.line(`\n${io.out.table([["SERIAL", "REVOKED", "REASON"], ...entries])}`);
    if (crl.size > MAX_SHOWN) await io.out.line(`and ${crl.size - MAX_SHOWN} more`);
    return "good";
  },
};

const verify: Command = {
  name: "crl verify",
  args: "FILE",
  text: "Verify that an authority has made a list, and that it is good now",
  options: [{
    name: "issuer",
    value: "FILE",
    text: "the authority's certificate",
    example: "ca.pem",
  }],
  examples: [{
    line: "crl verify ca.crl --issuer ca.pem",
    text: "is it whole, and recent enough?",
  }],
  run: async (args, io) => {
    const file = args.one("issuer");
    if (file === undefined) throw new UsageError("Cannot verify: say whose list it is by --issuer");
    const crl = parseCrl(await readBytes(args.positional[0]!, io));
    const [issuer] = await readCertificates(file, io);
    try {
      await verifyCrl(crl, { issuer: issuer!, time: new Date() });
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      await io.out.line(`not good: ${safe(error.message, 1000)} (${error.name})`);
      return "negative";
    }
    await io.out.line("good");
    return "good";
  },
};

function readRevoked(text: string, now: Date): RevokedCertificate {
  const [serial = "", reason] = text.split("=");
  const digits = serial.replaceAll(":", "").toLowerCase();
  if (!/^(?:[0-9a-f]{2}){1,20}$/.test(digits)) {
    throw new UsageError(
      `Cannot revoke "${serial}": a serial number in hexadecimal is needed, as nss cert show has it`,
    );
  }
  return {
    serialNumber: fromHex(digits),
    revocationDate: now,
    ...reason !== undefined && { reason: oneOf("the reason", reason, REASONS) },
  };
}

/** What a list has already. */
function kept(crl: Crl | null): RevokedCertificate[] {
  return crl === null ? [] : [...crl.entries()].map((entry) => ({
    serialNumber: entry.serialNumber,
    revocationDate: entry.revocationDate,
    ...entry.reason !== undefined && { reason: entry.reason },
    ...entry.invalidityDate !== undefined && { invalidityDate: entry.invalidityDate },
  }));
}

const create = printing({
  name: "crl create",
  args: "",
  text: "Make a list, with the key of an authority in the token",
  options: [
    { name: "issuer", value: "NAME", text: "the authority's certificate", example: "My CA" },
    {
      name: "revoke",
      value: "SERIAL[=REASON]",
      text: `a certificate that is revoked (repeatable); a reason is ${REASONS.join(", ")}`,
      example: "4b1d=keyCompromise",
    },
    {
      name: "add-to",
      value: "FILE",
      text: "the list before: what is on it stays, and the number grows",
      example: "ca.crl",
    },
    { name: "days", value: "N", text: "how long it is good (7)", example: "30" },
    OUT,
  ],
  examples: [{
    line: 'crl create --db db --issuer "My CA" --revoke 4b1d=keyCompromise --out ca.crl',
    text: "revoke a certificate",
  }],
  run: async (args, io) => {
    const issuerName = args.one("issuer");
    if (issuerName === undefined) throw new UsageError("Cannot make list: say whose by --issuer");
    const now = new Date();
    const revoked = args.all("revoke").map((text) => readRevoked(text, now));
    const old = args.one("add-to");
    const before = old === undefined ? null : parseCrl(await readBytes(old, io));
    await using store = await openStore(args, io);
    const certificate = await store.certificate(issuerName);
    if (before !== null && !before.issuer.equals(certificate.subject)) {
      throw new UsageError(`Cannot add to "${old}": it is the list of "${safe(before.issuer)}"`);
    }
    const isNew = ({ serialNumber }: RevokedCertificate) =>
      !revoked.some((one) => toHex(one.serialNumber) === toHex(serialNumber));
    const crl = await createCrl({
      issuer: { certificate, privateKey: await store.keyOf(certificate) },
      crlNumber: (before?.crlNumber ?? 0n) + 1n,
      thisUpdate: now,
      nextUpdate: new Date(now.getTime() + (args.number("days", 3650) ?? 7) * 86_400_000),
      revoked: [...kept(before).filter(isNew), ...revoked],
    });
    const out = args.one("out") ?? "-";
    await writeFile(out, crl.toPem(), io.out);
    return out === "-" ? "" : `Made list ${crl.crlNumber} of ${crl.size} certificates`;
  },
});

/** The commands. */
export const COMMANDS: readonly Command[] = [create, show, verify];
