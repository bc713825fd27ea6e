// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss ca renew`. @module */

import { type Certificate, createCertificate, type KeyPurpose } from "../../cert/mod.ts";
import type { Args } from "../base/args.ts";
import type { Command, Outcome } from "../base/command.ts";
import { LocalError, writeFiles } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { TYPE } from "../store/change.ts";
import { findEntry } from "./find_entry.ts";
import { CaFolder } from "./folder.ts";
import { type Entry, entryOf, withEntry } from "./index_file.ts";
import { certify, CHAIN_OUT, fileName, KEY_OUT, newHolder, otherHolder, tell } from "./holder.ts";
import {
  contentOf,
  DAYS,
  daysOf,
  intermediateContent,
  validityWithin,
  warnOfDays,
} from "./profile.ts";
import { rehearse } from "./rehearse.ts";
import { KEY_OPTIONS, openSigner } from "./signer.ts";

const DAY = 86_400_000;

/** Certifies the intermediate authority once more: the same name, key and constraints. */
async function renewIntermediate(folder: CaFolder, args: Args, io: Io): Promise<Certificate> {
  args.refuse(["out", "new-key", "key-out", "type"], "an authority keeps its key and its file");
  const now = new Date();
  const { notBefore, notAfter, subject, subjectPublicKeyInfo, nameConstraints } = folder
    .intermediate!;
  const left = (folder.root.notAfter.getTime() - now.getTime()) / DAY;
  const before = (notAfter.getTime() - notBefore.getTime()) / DAY;
  const days = daysOf(args) ?? Math.max(1, Math.floor(Math.min(left, before)));
  const validity = validityWithin(folder.root, days, now);
  await using signer = await openSigner(folder, folder.authority("ca"), args, io);
  return await folder.change(io, async (index) => {
    const certificate = await createCertificate({
      ...intermediateContent(subject, nameConstraints ?? null, folder.settings.crlUrl),
      ...validity,
      publicKey: subjectPublicKeyInfo,
      issuer: signer,
    });
    const entry = entryOf(certificate, "ca");
    await writeFiles([
      ...folder.record(certificate, entry, withEntry(index, entry)),
      { path: folder.file("intermediate.pem"), content: certificate.toPem() },
    ], io.out);
    return certificate;
  });
}

/** Where the new certificate goes: in the place of the old one, where that is a file. */
async function chainPath(which: string, base: string, args: Args): Promise<string> {
  const isFile = await Deno.stat(which).then((info) => info.isFile, () => false);
  return args.one("out") ?? (isFile ? which : `${base}.pem`);
}

async function renewLeaf(folder: CaFolder, entry: Entry, args: Args, io: Io): Promise<void> {
  if (!args.has("new-key")) args.refuse(["type", "key-out"], "the key stays, without --new-key");
  const old = await folder.readIssued(entry.serial, io);
  const purposes = (old.extKeyUsage ?? []) as readonly KeyPurpose[];
  const days = daysOf(args);
  await warnOfDays(days, purposes, io);
  const content = contentOf(
    folder,
    { subject: old.subject, names: old.subjectAltName ?? [], purposes },
    validityWithin(folder.issuing.certificate, days, new Date()),
  );
  const isNew = args.has("new-key");
  await rehearse(folder, content, isNew ? null : old.subjectPublicKeyInfo, new Date());
  const base = fileName(entry.names[0]!);
  const chain = await chainPath(args.positional[1]!, base, args);
  const holder = isNew
    ? await newHolder(folder, { out: chain, "key-out": `${base}.key` }, args, io)
    : otherHolder(folder, old.subjectPublicKeyInfo, chain);
  await certify(folder, content, holder, args, io);
}

async function run(args: Args, io: Io): Promise<Outcome> {
  const [path, which] = args.positional as [string, string];
  const folder = await CaFolder.open(path, io);
  const index = await folder.readIndex(io);
  const entry = await findEntry(which, folder, index, new Date(), io, { latest: true });
  if (entry.revoked !== null) {
    throw new LocalError(
      `Cannot renew ${entry.serial}: it is revoked (${entry.revoked.reason}); nss ca issue makes ` +
        "another, with a new key",
    );
  }
  if (entry.issuer === "intermediate" || folder.intermediate === null) {
    await renewLeaf(folder, entry, args, io);
  } else {
    const certificate = await renewIntermediate(folder, args, io);
    await tell(certificate, [folder.file("intermediate.pem")], io);
  }
  return "good";
}

/** The command. */
export const renew: Command = {
  name: "ca renew",
  args: "DIR WHICH",
  text: "Certify the same names and the same key for longer",
  more: [
    "WHICH is a file with the certificate, which is written anew; a serial number (its first 8 " +
    "digits will do); or a name, whose last valid certificate is meant. The old certificate stays " +
    "valid till its end, unless it is revoked. The intermediate authority is renewed by its serial " +
    "number or its subject, with the key of the root.",
  ],
  options: [
    DAYS,
    { ...CHAIN_OUT, text: "where to write; by default in the place of the file, or NAME.pem" },
    { name: "new-key", text: "make a new key, too" },
    TYPE,
    KEY_OUT,
    ...KEY_OPTIONS,
  ],
  examples: [
    { line: "ca renew ca www.internal.pem", text: "in its place; then the server reads it again" },
    { line: "ca renew ca www.internal --new-key --key-out new.key", text: "with another key" },
  ],
  run,
};
