// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss ca revoke`. @module */

import type { Args } from "../base/args.ts";
import type { Command, Outcome } from "../base/command.ts";
import { LocalError, writeFiles } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { day, safe } from "../base/text.ts";
import { newListOf } from "./crl.ts";
import { findEntry } from "./find_entry.ts";
import { CaFolder } from "./folder.ts";
import { type Entry, type Index, REASONS } from "./index_file.ts";
import { KEY_OPTIONS, openSigner } from "./signer.ts";

function replaced({ certificates, ...rest }: Index, entry: Entry): Index {
  return {
    ...rest,
    certificates: certificates.map((one) => one.serial === entry.serial ? entry : one),
  };
}

async function run(args: Args, io: Io): Promise<Outcome> {
  const [path, which] = args.positional as [string, string];
  const reason = args.choice("reason", REASONS) ?? "unspecified";
  const folder = await CaFolder.open(path, io);
  const now = new Date();
  const { serial, issuer } = await findEntry(which, folder, await folder.readIndex(io), now, io);
  await using signer = await openSigner(folder, folder.authority(issuer), args, io);
  const { crl, entry } = await folder.change(io, async (index) => {
    const known = index.certificates.find((one) => one.serial === serial)!;
    if (known.revoked !== null) {
      throw new LocalError(
        `Cannot revoke ${serial}: it is revoked since ${day(new Date(known.revoked.at))} ` +
          `(${known.revoked.reason})`,
      );
    }
    const entry = { ...known, revoked: { at: now.toISOString(), reason } };
    const { crl, files } = await newListOf(folder, signer, replaced(index, entry), now);
    await writeFiles(files, io.out);
    return { crl, entry };
  });
  await io.out.line(
    `Revoked ${serial} (${entry.names.map((name) => safe(name)).join(", ")}); list ` +
      `${crl.crlNumber} of ${crl.size} is in ${safe(folder.file(`${issuer}.crl`))}`,
  );
  await io.err.line(
    folder.settings.crlUrl === null
      ? "No certificate says where that list is to be had (--crl-url of nss ca create): give it " +
        "to those who verify"
      : `Clients that look fetch it from ${
        safe(folder.settings.crlUrl)
      }: nss ca serve-crl serves it; browsers do not look`,
  );
  return "good";
}

/** The command. */
export const revoke: Command = {
  name: "ca revoke",
  args: "DIR WHICH",
  text: "Revoke a certificate, and make the list of what is revoked anew",
  more: [
    "WHICH is a serial number (its first 8 digits will do), a file with the certificate, or a name " +
    "of which only one certificate is valid.",
  ],
  options: [
    { name: "reason", value: "REASON", text: "why; unspecified by default", words: REASONS },
    ...KEY_OPTIONS,
  ],
  examples: [
    { line: "ca revoke ca www.internal.pem --reason superseded", text: "that of a file" },
    { line: "ca revoke ca 4b1d0a7c --reason keyCompromise", text: "that of a serial number" },
  ],
  run,
};
