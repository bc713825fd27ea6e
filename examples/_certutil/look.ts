// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands that look: list, show, verify. @module */

import {
  CERT_USAGES,
  type Certificate,
  type CertRecord,
  type CertUsageName,
  combineCertSources,
  formatCertificate,
  formatTrust,
  importCert,
  MemoryCertDB,
  nicknameOf,
  NssError,
  parseCertificatesPem,
  TRUST_FLAGS,
  verifyCertificateNow,
  verifyCertName,
  verifyCertNow,
  type VerifyLogEntry,
} from "@nss/nss/cert";
import type { KeyAlgorithm } from "@nss/nss/cert";
import type { TokenKey } from "@nss/nss/pkcs11";
import { type Args, oneOf } from "./args.ts";
import { type Command, NegativeAnswer, OUT } from "./command.ts";
import { readBytes, writeFile } from "./files.ts";
import { openStore, type Store } from "./store.ts";
import { clean } from "../_program.ts";
import { day, subjectOf, table } from "./text.ts";

/** Trust as certutil -L prints it, with `u` where the key is there. */
export function trustText({ trust, hasKey }: CertRecord): string {
  const { ssl = 0, email = 0, objectSigning = 0 } = trust ?? {};
  const user = hasKey ? TRUST_FLAGS.user : 0;
  return formatTrust({ ssl: ssl | user, email: email | user, objectSigning: objectSigning | user });
}

function keyText(algorithm: KeyAlgorithm | null): string {
  if (algorithm === null) return "unknown";
  return algorithm.type === "ec" ? `ec ${algorithm.curve}` : algorithm.type;
}

/** The whole of something, of which the first is the default. */
const LISTS = {
  certificates: async ({ certificates }: Store): Promise<string> => {
    const records = [...await certificates.find({})];
    const name = (record: CertRecord): string => record.nickname ?? "";
    records.sort((a, b) => name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
    return table([
      ["NICKNAME", "TRUST", "EXPIRES", "SUBJECT"],
      ...records.map((record) => [
        record.nickname ?? "-",
        trustText(record),
        day(record.certificate.notAfter),
        subjectOf(record.certificate),
      ]),
    ]);
  },
  keys: async ({ token, certificates }: Store): Promise<string> => {
    const records = await certificates.find({});
    const certified = ({ publicKey }: TokenKey): string =>
      records.filter((record) =>
        publicKey !== undefined && isOf(record.certificate, publicKey.publicKey)
      )
        .map(({ nickname }) => nickname ?? "-").join(", ");
    return table([
      ["ID", "KIND", "NAME", "CERTIFICATES"],
      ...(await token.listKeys()).map((key) => [
        key.id.toHex(),
        keyText(key.algorithm),
        key.label ?? "-",
        certified(key),
      ]),
    ]);
  },
  modules: ({ context }: Store): Promise<string> =>
    Promise.resolve(table([
      ["MODULE", "SLOTS", "MANUFACTURER", "VERSION", "LIBRARY"],
      ...context.modules.map((module) => {
        const { name, library, manufacturer, version } = module.describe();
        return [name, `${module.slots.length}`, manufacturer, version || "-", library ?? "-"];
      }),
    ])),
  tokens: async ({ context }: Store): Promise<string> =>
    table([
      ["TOKEN", "MODEL", "SERIAL", "STATE", "SLOT"],
      ...await Promise.all(context.slots.map(async ({ name, token }) => {
        if (token === null) return ["-", "-", "-", "empty", name];
        const { label, model, serialNumber, ...is } = await token.describe();
        const state = [
          // a command that looks opens the store so
          is.isReadOnly && token !== context.token && "read-only",
          !is.isInitialized && "without a password yet",
          is.needsLogin && "password",
          is.isFinalTry && "one try left",
          is.isLocked && "locked",
        ].filter((word) => word !== false).join(", ");
        return [label, model || "-", serialNumber || "-", state || "open", name];
      })),
    ]),
} as const;

const LIST_NAMES = Object.keys(LISTS) as (keyof typeof LISTS)[];

function isOf(certificate: Certificate, publicKey: Uint8Array): boolean {
  try {
    return certificate.subjectPublicKeyInfo.publicKey.toHex() === publicKey.toHex();
  } catch (error) {
    if (error instanceof NssError) return false; // a kind of key that is not supported
    throw error;
  }
}

const list: Command = {
  args: "[certificates|keys|modules|tokens]",
  text: "List certificates with their trust (CTcPpu as NSS's certutil), or what else there is",
  options: [],
  run: async (args) => {
    const what = oneOf("list", args.positional[0] ?? "certificates", LIST_NAMES);
    await using store = await openStore(args);
    return await LISTS[what](store);
  },
};

const show: Command = {
  args: "NAME",
  text: "Print a certificate: nickname, fingerprint, e-mail address or pkcs11: URI",
  options: [
    { name: "as-pem", text: "as PEM instead of text" },
    { name: "as-der", text: "as DER instead of text" },
    OUT,
  ],
  run: async (args) => {
    await using store = await openStore(args);
    const certificate = await store.certificate(args.positional[0]!);
    const output = args.has("as-der")
      ? certificate.der
      : args.has("as-pem")
      ? certificate.toPem()
      : await describe(store, certificate);
    await writeFile(args.one("out") ?? "-", output);
    return "";
  },
};

async function describe(store: Store, certificate: Certificate): Promise<string> {
  const [record] = await store.certificates.find({ der: certificate.der });
  const known = record === undefined ? [] : [
    `Nickname: ${clean(nicknameOf(record) ?? "-")}`,
    `Trust: ${trustText(record)}`,
    `Private key: ${record.hasKey ? "yes" : "no"}`,
  ];
  return [...known, await formatCertificate(certificate)].join("\n").trimEnd() + "\n";
}

const verify: Command = {
  args: "NAME",
  text: "Verify a certificate now: signatures, validity, usage and trust",
  options: [
    {
      name: "usage",
      value: "USAGE,...",
      text: `which usages; by default any: ${Object.keys(CERT_USAGES).join(", ")}`,
    },
    { name: "hostname", value: "HOST", text: "for which host it must be good" },
    {
      name: "anchor",
      value: "FILE",
      text: "a PEM file of authorities to trust besides (repeatable)",
    },
    { name: "roots", text: "trust Mozilla's authorities besides (needs --allow-sys)" },
    { name: "log", text: "print all that is wrong, not only what is wrong first" },
  ],
  run: async (args) => {
    const usages = args.choices("usage", Object.keys(CERT_USAGES) as CertUsageName[]);
    await using store = await openStore(args, { roots: args.has("roots") });
    const certificate = await store.certificate(args.positional[0]!);
    return await verifyIn(store, certificate, usages, args);
  },
};

async function verifyIn(
  { context }: Store,
  certificate: Certificate,
  usages: readonly CertUsageName[],
  args: Args,
): Promise<string> {
  // On top of the store, which stays as it is
  const anchors = new MemoryCertDB({ name: "--anchor" });
  for (const file of args.all("anchor")) {
    for (const anchor of parseCertificatesPem(await readBytes(file))) {
      await importCert(anchors, anchor, { trust: "CT,C,C" });
    }
  }
  const db = combineCertSources([anchors, context.certDB], { name: context.certDB.name });
  const wrong: string[] = [];
  const lines: string[] = [];
  for (const usage of usages.length > 0 ? usages : await goodUsages(db, certificate)) {
    const log: VerifyLogEntry[] = [];
    try {
      const path = await verifyCertNow(
        db,
        certificate,
        true,
        usage,
        args.has("log") ? { log } : {},
      );
      lines.push(
        `good for ${usage}`,
        ...path.map((one, i) => `${"  ".repeat(i + 1)}${clean(subjectOf(one))}`),
      );
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      const errors = log.length > 0 ? log.map((entry) => entry.error) : [error];
      wrong.push(`not good for ${usage}`, ...errors.map((e) => `  ${e.name}: ${clean(e.message)}`));
    }
  }
  const hostname = args.one("hostname");
  if (hostname !== undefined) {
    try {
      verifyCertName(certificate, hostname);
      lines.push(`good for host ${clean(hostname)}`);
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      wrong.push(
        `not good for host ${clean(hostname)}`,
        `  ${error.name}: ${clean(error.message)}`,
      );
    }
  }
  const text = [...lines, ...wrong].join("\n");
  if (wrong.length > 0) throw new NegativeAnswer(text);
  return text;
}

/**
 * All that it is good for; if there is nothing, a usage that it is made for, so that what else is
 * wrong is told.
 */
async function goodUsages(
  db: Parameters<typeof verifyCertificateNow>[0],
  certificate: Certificate,
): Promise<readonly CertUsageName[]> {
  const log: VerifyLogEntry[] = [];
  const usages = await verifyCertificateNow(db, certificate, true, [], { log });
  if (usages.length > 0) return usages;
  const all = Object.keys(CERT_USAGES) as CertUsageName[];
  const misfit = /^SEC_ERROR_(?:INADEQUATE_|CA_CERT_INVALID)/;
  const made = all.find((usage) =>
    !log.some((entry) =>
      entry.usage === usage && entry.depth === 0 && misfit.test(entry.error.name)
    )
  );
  return [made ?? "sslServer"];
}

/** The commands of this file. */
export const LOOK: Readonly<Record<string, Command>> = { list, show, verify };
