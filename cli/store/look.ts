// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Commands that look at certificates and keys: list, show, chain. @module */

import {
  type Certificate,
  certificateToJson,
  type CertRecord,
  formatCertificate,
  formatTrust,
  nicknameOf,
  NssError,
  TRUST_FLAGS,
} from "../../cert/mod.ts";
import type { TokenKey } from "../../pkcs11/mod.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { type Args, oneOf, UsageError } from "../base/args.ts";
import { AS_DER, OUT } from "../base/command.ts";
import { writeFile } from "../base/files.ts";
import type { Io, Output } from "../base/io.ts";
import type { Result } from "../base/reporting.ts";
import { day, safe } from "../base/text.ts";
import { printing } from "./printing.ts";
import { readCertificates } from "./read_certificates.ts";
import { openStore, type Store, STORE_OPTIONS } from "./store.ts";
import { keyText, subjectOf } from "./text.ts";

/** Trust as certutil -L prints it, with `u` where the key is there. */
export function trustText({ trust, hasKey }: CertRecord): string {
  const { ssl = 0, email = 0, objectSigning = 0 } = trust ?? {};
  const user = hasKey ? TRUST_FLAGS.user : 0;
  return formatTrust({ ssl: ssl | user, email: email | user, objectSigning: objectSigning | user });
}

/** A certificate of a store as data: its texts as they are, however long. */
async function certificateJson(record: CertRecord) {
  const { nickname, hasKey, tokenName } = record;
  const certificate = await certificateToJson(record.certificate);
  return { nickname, token: tokenName ?? null, trust: trustText(record), hasKey, ...certificate };
}

/** What `--json` has of a certificate. */
const CERTIFICATE_MEMBERS = "nickname (null for none), token (its label, null for the store's " +
  "own), trust, hasKey, and the members of certificateToJson()";

async function certificatesOf({ certificates }: Store, out: Output): Promise<Result> {
  const records = [...await certificates.find({})];
  const name = (record: CertRecord): string => record.nickname ?? "";
  records.sort((a, b) => name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
  return {
    text: out.table([
      ["NICKNAME", "TRUST", "EXPIRES", "SUBJECT"],
      ...records.map((record) => [
        safe(record.nickname ?? "-"),
        trustText(record),
        day(record.certificate.notAfter),
        safe(subjectOf(record.certificate)),
      ]),
    ]),
    json: { certificates: await Promise.all(records.map(certificateJson)), keys: null },
  };
}

async function keysOf({ token, certificates }: Store, out: Output): Promise<Result> {
  const records = await certificates.find({});
  const certified = ({ publicKey }: TokenKey): CertRecord[] =>
    publicKey === undefined
      ? []
      : records.filter((record) => isOf(record.certificate, publicKey.publicKey));
  const keys = (await token.listKeys()).map((key) => ({
    id: toHex(key.id),
    kind: keyText(key.algorithm),
    name: key.label,
    nicknames: certified(key).map(({ nickname }) => nickname ?? "-"),
  }));
  return {
    text: out.table([
      ["ID", "KIND", "NAME", "CERTIFICATES"],
      ...keys.map(({ id, kind, name, nicknames }) => [
        id,
        kind,
        safe(name ?? "-"),
        safe(nicknames.join(", ")),
      ]),
    ]),
    json: { certificates: null, keys },
  };
}

/** What may be listed, of which the first is the default. */
const LISTS = { certificates: certificatesOf, keys: keysOf } as const;

const LIST_NAMES = Object.keys(LISTS) as (keyof typeof LISTS)[];

function isOf(certificate: Certificate, publicKey: Uint8Array): boolean {
  try {
    return toHex(certificate.subjectPublicKeyInfo.publicKey) === toHex(publicKey);
  } catch (error) {
    if (error instanceof NssError) return false; // a kind of key that is not supported
    throw error;
  }
}

/** The command. */
export const list = printing({
  name: "cert list",
  args: "[certificates|keys]",
  text: "List certificates with their trust (CTcPpu as NSS's certutil), or private keys",
  options: [],
  json: {
    certificates: `the certificates: ${CERTIFICATE_MEMBERS}; null where keys are listed`,
    keys: "the private keys: id (hexadecimal), kind, name (null for none), nicknames of their " +
      "certificates; null where certificates are listed",
  },
  run: async (args, io) => {
    const what = oneOf("list", args.positional[0] ?? "certificates", LIST_NAMES);
    await using store = await openStore(args, io);
    return await LISTS[what](store, io.out);
  },
  examples: [{ line: "cert list --db db", text: "the certificates, with their trust" }, {
    line: "cert list keys --db db",
    text: "the private keys",
  }],
});

/** The command. */
export const show = printing({
  name: "cert show",
  args: "NAME|FILE",
  text: "Print a certificate of a store, or all of a file",
  more: [
    "NAME is a nickname, a fingerprint, an e-mail address or a pkcs11: URI in the store that --db, " +
    "--module, --kv or --pem says. Without these it is a FILE of PEM, DER or PKCS#7.",
  ],
  options: [{ name: "as-pem", text: "as PEM instead of text" }, AS_DER, OUT],
  json: {
    certificate: `the certificate, or the first of a file: ${CERTIFICATE_MEMBERS}`,
    others: "the other certificates of a file",
  },
  run: async (args, io) => {
    const [first, ...others] = await recordsToShow(args, io);
    if (args.has("json")) {
      return {
        text: "",
        json: {
          certificate: await certificateJson(first),
          others: await Promise.all(others.map(certificateJson)),
        },
      };
    }
    if (args.has("as-der") && others.length > 0) {
      throw new UsageError(
        `Cannot write ${others.length + 1} certificates as DER: --as-pem writes all of a file`,
      );
    }
    const output = args.has("as-der")
      ? first.certificate.der
      : args.has("as-pem")
      ? [first, ...others].map(({ certificate }) => certificate.toPem()).join("")
      : (await Promise.all([first, ...others].map(describe))).join("\n");
    await writeFile(args.one("out") ?? "-", output, io.out);
    return "";
  },
  examples: [{ line: "cert show www --db db", text: "all that is in a certificate" }, {
    line: "cert show server.pem",
    text: "all that are in a file",
  }],
});

/** Finds the certificate that is named, or those of a file. */
async function recordsToShow(args: Args, io: Io): Promise<[CertRecord, ...CertRecord[]]> {
  const name = args.positional[0]!;
  if (STORE_OPTIONS.some((option) => args.all(option.name).length > 0)) {
    await using store = await openStore(args, io);
    return [await recordOf(store, await store.certificate(name))];
  }
  const problem = name === "-" ? null : await Deno.stat(name).then(() => null, (error) => error);
  if (problem instanceof Deno.errors.NotFound) {
    throw new UsageError(
      `Cannot find "${safe(name)}": there is no such file; for a certificate in a store, say ` +
        "which by --db, --module, --kv or --pem",
    );
  }
  const [first, ...others] = (await readCertificates(name, io)).map(recordOfFile);
  return [first!, ...others];
}

function recordOfFile(certificate: Certificate): CertRecord {
  return { certificate, nickname: null, trust: null, hasKey: false };
}

async function recordOf({ certificates }: Store, certificate: Certificate): Promise<CertRecord> {
  const [record] = await certificates.find({ der: certificate.der });
  return record ?? recordOfFile(certificate);
}

async function describe(record: CertRecord): Promise<string> {
  const isKept = record.nickname !== null || record.trust !== null || record.hasKey;
  const known = !isKept ? [] : [
    `Nickname: ${safe(nicknameOf(record) ?? "-")}`,
    `Trust: ${trustText(record)}`,
    `Private key: ${record.hasKey ? "yes" : "no"}`,
  ];
  return [...known, await formatCertificate(record.certificate)].join("\n").trimEnd() + "\n";
}

/** The command. */
export const chain = printing({
  name: "cert chain",
  args: "NAME",
  text: "Print whose certificates lead from a certificate to its root, as far as they are there",
  more: ["Nothing is verified: nss verify does that."],
  options: [],
  json: { certificates: `from the certificate up: ${CERTIFICATE_MEMBERS}` },
  run: async (args, io) => {
    await using store = await openStore(args, io);
    const leaf = await store.certificate(args.positional[0]!);
    const all = [leaf, ...await store.issuersOf(leaf)];
    const records = await Promise.all(all.map((certificate) => recordOf(store, certificate)));
    const last = all.at(-1)!;
    const lines = [...records].reverse().map((record, depth) =>
      `${"  ".repeat(depth)}${safe(record.nickname ?? "-")}: ${safe(subjectOf(record.certificate))}`
    );
    return {
      text: [
        ...last.isSelfIssued ? [] : [`(its issuer "${safe(last.issuer)}" is not there)`],
        ...lines,
      ].join("\n"),
      json: { certificates: await Promise.all(records.map(certificateJson)) },
    };
  },
  examples: [{ line: "cert chain www --db db", text: "who has issued it, and who that" }],
});
