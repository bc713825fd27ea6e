// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss ca issue`. @module */

import {
  type GeneralName,
  type KeyPurpose,
  parseCertificateRequest,
  type SubjectPublicKeyInfo,
  verifyCertificateRequest,
} from "../../cert/mod.ts";
import { type Args, UsageError } from "../base/args.ts";
import type { Command, Outcome } from "../base/command.ts";
import { LocalError, readBytes } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { FILE_PASSWORD } from "../base/passwords.ts";
import { safe } from "../base/text.ts";
import { TYPE } from "../store/change.ts";
import { CaFolder } from "./folder.ts";
import { certify, CHAIN_OUT, fileName, KEY_OUT, newHolder, otherHolder } from "./holder.ts";
import { type HostName, isHostName, MAX_NAMES, nameText, readNames, warningsOf } from "./names.ts";
import {
  commonName,
  contentOf,
  DAYS,
  daysOf,
  MAX_COMMON_NAME,
  validityWithin,
  warnOfDays,
} from "./profile.ts";
import { rehearse } from "./rehearse.ts";
import { KEY_OPTIONS } from "./signer.ts";

function purposesOf(names: readonly HostName[], isClient: boolean): readonly KeyPurpose[] {
  const hasMailbox = names.some(({ type }) => type === "email");
  return [
    ...names.some(({ type }) => type !== "email") ? ["serverAuth"] as const : [],
    ...isClient || hasMailbox ? ["clientAuth"] as const : [],
    ...hasMailbox ? ["emailProtection"] as const : [],
  ];
}

/** The subject of a certificate: its first name, where that is no address and not too long. */
function subjectOf(names: readonly HostName[]): string {
  const first = names.find(({ type }) => type !== "ip");
  const text = first === undefined ? "" : nameText(first);
  return text === "" || text.length > MAX_COMMON_NAME ? "" : commonName(text);
}

interface Request {
  readonly publicKey: SubjectPublicKeyInfo;
  readonly names: readonly HostName[];
}

/** Reads a request: of it only the key and the names count, as public authorities do it. */
async function readRequest(file: string, io: Io): Promise<Request> {
  const request = parseCertificateRequest(await readBytes(file, io));
  await verifyCertificateRequest(request);
  const asked: readonly GeneralName[] = request.subjectAltName ?? [];
  const other = asked.find((name) => !isHostName(name));
  if (other !== undefined) {
    throw new LocalError(
      `Cannot certify "${file}": it asks for a name of the kind "${other.type}"; give the names ` +
        "that it is to have on the command line",
    );
  }
  if (asked.length > MAX_NAMES) {
    throw new LocalError(`Cannot certify "${file}": it asks for more than ${MAX_NAMES} names`);
  }
  const texts = asked.filter(isHostName).map(nameText);
  return { publicKey: request.subjectPublicKeyInfo, names: readNames(texts) };
}

async function run(args: Args, io: Io): Promise<Outcome> {
  const [path, ...typed] = args.positional as [string, ...string[]];
  const csr = args.one("csr");
  if (csr !== undefined) {
    args.refuse(["type", "key-out", "p12"], "the request has its key already");
  }
  const folder = await CaFolder.open(path, io);
  const request = csr === undefined ? null : await readRequest(csr, io);
  const names = typed.length > 0 ? readNames(typed) : request?.names ?? [];
  const [first] = names;
  if (first === undefined) {
    throw new UsageError(
      csr === undefined
        ? "Cannot issue: say for which NAME"
        : `Cannot issue: "${csr}" asks for no names; say which behind ${path}`,
    );
  }
  for (const text of warningsOf(names, typed)) await io.err.line(safe(text));
  const days = daysOf(args);
  const purposes = purposesOf(names, args.has("client"));
  await warnOfDays(days, purposes, io);
  const content = contentOf(
    folder,
    { subject: args.one("subject") ?? subjectOf(names), names, purposes },
    validityWithin(folder.issuing.certificate, days, new Date()),
  );
  await rehearse(folder, content, request?.publicKey ?? null, new Date());
  const base = fileName(nameText(first));
  const holder = request === null
    ? await newHolder(folder, { out: `${base}.pem`, "key-out": `${base}.key` }, args, io)
    : otherHolder(folder, request.publicKey, args.one("out") ?? `${base}.pem`);
  await certify(folder, content, holder, args, io);
  return "good";
}

/** The command. */
export const issue: Command = {
  name: "ca issue",
  args: "DIR [NAME...]",
  text: "Certify hosts, addresses or mailboxes, with a new key or for a request",
  more: [
    "A name is a host (www.internal, *.internal), an IP address, or an e-mail address, which makes " +
    "a certificate of a client. Names that the authority may not certify are refused before " +
    "anything is signed.",
  ],
  options: [
    { name: "client", text: "for a TLS client; of mailboxes it always is" },
    {
      name: "csr",
      value: "FILE",
      text: "certify the key of a request, and its names where no NAME is given",
      example: "request.pem",
    },
    {
      name: "subject",
      value: "NAME",
      text: "the distinguished name; by default the first host or mailbox",
      example: "CN=Ada Lovelace",
    },
    TYPE,
    DAYS,
    CHAIN_OUT,
    KEY_OUT,
    {
      name: "p12",
      value: "FILE",
      text: "write key and certificates as PKCS #12, and PEM only where --out and --key-out say so",
      example: "ada.p12",
    },
    { ...FILE_PASSWORD, text: "whose first line encrypts the PKCS #12 file; else it is asked for" },
    ...KEY_OPTIONS,
  ],
  examples: [
    { line: "ca issue ca localhost 127.0.0.1 ::1", text: "a server of this machine" },
    { line: "ca issue ca ada@home.arpa --p12 ada.p12", text: "a client, for a browser to import" },
    { line: "ca issue ca --csr request.pem", text: "for a key that is elsewhere" },
  ],
  run,
};
