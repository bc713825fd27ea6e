// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss ca list`. @module */

import { printable } from "../../cert/base/printable.ts";
import { formatFingerprint } from "../../cert/format/fingerprint.ts";
import type { Args } from "../base/args.ts";
import type { Command, Outcome } from "../base/command.ts";
import type { Io } from "../base/io.ts";
import { day, layOut, safe } from "../base/text.ts";
import { isConstrained, namesText, permittedNames } from "./constraints.ts";
import { readList } from "./crl.ts";
import { stateOf } from "./find_entry.ts";
import { CaFolder } from "./folder.ts";
import type { Entry } from "./index_file.ts";

/** How many digits of a serial number a terminal shows. */
const SHOWN_DIGITS = 12;

function stateText(entry: Entry, now: Date): string {
  const { revoked } = entry;
  return revoked === null ? stateOf(entry, now) : `revoked ${revoked.reason}`;
}

async function run(args: Args, io: Io): Promise<Outcome> {
  const folder = await CaFolder.open(args.positional[0]!, io);
  const { certificates } = await folder.readIndex(io);
  const now = new Date();
  const crl = await readList(folder, folder.issuing.name, io);
  const fingerprint = await formatFingerprint(folder.root);
  if (args.has("json")) {
    await io.out.line(JSON.stringify({
      format: 1,
      authority: {
        name: printable(folder.settings.name),
        subject: String(folder.root.subject),
        notAfter: folder.root.notAfter.toISOString(),
        sha256: fingerprint,
        constrained: isConstrained(folder.root),
        names: permittedNames(folder.root).map(printable),
        keys: folder.settings.keys,
        intermediate: folder.intermediate !== null,
        crlUrl: folder.settings.crlUrl === null ? null : printable(folder.settings.crlUrl),
        crlNumber: String(crl.crlNumber ?? 0n),
        crlNextUpdate: crl.nextUpdate?.toISOString() ?? null,
      },
      certificates: certificates.map((entry) => ({
        ...entry,
        names: entry.names.map(printable),
        state: stateOf(entry, now),
      })),
    }));
    return "good";
  }
  await io.out.line(layOut([
    ["authority", `${safe(folder.root.subject)}, valid until ${day(folder.root.notAfter)}`],
    ["SHA-256", fingerprint],
    ["certifies", namesText(folder.root)],
    ["issues", folder.intermediate === null ? "the root" : safe(folder.intermediate.subject)],
    ["keys", folder.settings.keys === "files" ? "in the folder" : "in a token"],
    [
      "list",
      `number ${crl.crlNumber}, ${crl.size} revoked, good until ${
        crl.nextUpdate === null ? "-" : day(crl.nextUpdate)
      }`,
    ],
  ], io.out.width));
  if (certificates.length === 0) return "good";
  // A whole one leaves no room for the names on a terminal, and its beginning is enough
  const digits = io.out.isTerminal ? SHOWN_DIGITS : undefined;
  const rows = certificates.map((entry) => [
    entry.serial.slice(0, digits),
    day(new Date(entry.notAfter)),
    stateText(entry, now),
    safe(entry.names.join(", ")),
  ]);
  await io.out.line(`\n${io.out.table([["SERIAL", "EXPIRES", "STATE", "NAMES"], ...rows])}`);
  return "good";
}

/** The command. */
export const list: Command = {
  name: "ca list",
  args: "DIR",
  text: "Show an authority, and what it has certified and revoked",
  options: [],
  json: {
    format: "1; another number where a member goes or means something else",
    authority:
      "the authority: name, subject, notAfter, sha256 (of the root), constrained, names that it " +
      "may certify, keys (files or token), intermediate (whether there is one), crlUrl, crlNumber, " +
      "crlNextUpdate",
    certificates:
      "what was certified: serial, issuer (ca or intermediate), names, notAfter, revoked (at, " +
      "reason; or null), state (valid, expired or revoked)",
  },
  examples: [
    { line: "ca list ca", text: "what runs out, and what is revoked" },
    { line: "ca list ca --json", text: "for a program that renews" },
  ],
  run,
};
