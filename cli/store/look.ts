// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands that look: list, show, verify. @module */

import {
  type Certificate,
  type CertRecord,
  formatCertificate,
  formatTrust,
  nicknameOf,
  NssError,
  TRUST_FLAGS,
} from "../../cert/mod.ts";
import type { TokenKey } from "../../pkcs11/mod.ts";
import { oneOf } from "../base/args.ts";
import { OUT } from "../base/command.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { printing } from "./printing.ts";
import { writeFile } from "../base/files.ts";
import { openStore, type Store } from "./store.ts";
import type { Output } from "../base/io.ts";
import { day, safe } from "../base/text.ts";
import { keyText, subjectOf } from "./text.ts";

/** Trust as certutil -L prints it, with `u` where the key is there. */
export function trustText({ trust, hasKey }: CertRecord): string {
  const { ssl = 0, email = 0, objectSigning = 0 } = trust ?? {};
  const user = hasKey ? TRUST_FLAGS.user : 0;
  return formatTrust({ ssl: ssl | user, email: email | user, objectSigning: objectSigning | user });
}

/** The whole of something, of which the first is the default. */
const LISTS = {
  certificates: async ({ certificates }: Store, out: Output): Promise<string> => {
    const records = [...await certificates.find({})];
    const name = (record: CertRecord): string => record.nickname ?? "";
    records.sort((a, b) => name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
    return out.table([
      ["NICKNAME", "TRUST", "EXPIRES", "SUBJECT"],
      ...records.map((record) => [
        safe(record.nickname ?? "-"),
        trustText(record),
        day(record.certificate.notAfter),
        safe(subjectOf(record.certificate)),
      ]),
    ]);
  },
  keys: async ({ token, certificates }: Store, out: Output): Promise<string> => {
    const records = await certificates.find({});
    const certified = ({ publicKey }: TokenKey): string =>
      records.filter((record) =>
        publicKey !== undefined && isOf(record.certificate, publicKey.publicKey)
      )
        .map(({ nickname }) => nickname ?? "-").join(", ");
    return out.table([
      ["ID", "KIND", "NAME", "CERTIFICATES"],
      ...(await token.listKeys()).map((key) => [
        toHex(key.id),
        keyText(key.algorithm),
        safe(key.label ?? "-"),
        safe(certified(key)),
      ]),
    ]);
  },
} as const;

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
  text: "List certificates with their trust (CTcPpu as NSS's certutil), or what else there is",
  options: [],
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
  args: "NAME",
  text: "Print a certificate: nickname, fingerprint, e-mail address or pkcs11: URI",
  options: [
    { name: "as-pem", text: "as PEM instead of text" },
    { name: "as-der", text: "as DER instead of text" },
    OUT,
  ],
  run: async (args, io) => {
    await using store = await openStore(args, io);
    const certificate = await store.certificate(args.positional[0]!);
    const output = args.has("as-der")
      ? certificate.der
      : args.has("as-pem")
      ? certificate.toPem()
      : await describe(store, certificate);
    await writeFile(args.one("out") ?? "-", output, io.out);
    return "";
  },
  examples: [{ line: "cert show www --db db", text: "all that is in a certificate" }, {
    line: "cert show localhost --pem server.pem",
    text: "one of a file",
  }],
});

async function describe(store: Store, certificate: Certificate): Promise<string> {
  const [record] = await store.certificates.find({ der: certificate.der });
  const known = record === undefined ? [] : [
    `Nickname: ${safe(nicknameOf(record) ?? "-")}`,
    `Trust: ${trustText(record)}`,
    `Private key: ${record.hasKey ? "yes" : "no"}`,
  ];
  return [...known, await formatCertificate(certificate)].join("\n").trimEnd() + "\n";
}
