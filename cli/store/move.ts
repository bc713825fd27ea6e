// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands that move keys with their certificates: import, export. @module */

import {
  type Certificate,
  decodePem,
  importCert,
  NssError,
  parseCertificate,
  parseTrust,
} from "../../cert/mod.ts";
import {
  exportPkcs12,
  type ExportPkcs12Options,
  exportPrivateKeyPem,
  importPkcs12,
} from "../../pkcs11/mod.ts";
import { MAX_ITERATIONS } from "../../pkcs11/pbe/iteration_budget.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import { WITHOUT_MAC } from "./list_pkcs12.ts";
import { TRUST } from "./change.ts";
import { OUT } from "../base/command.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { printing } from "./printing.ts";
import { checkNoFile, readBytes, writeFile } from "../base/files.ts";
import { FILE_PASSWORD, filePassword, newPassword } from "../base/passwords.ts";
import { importNamed, importPem, openStore, type Store } from "./store.ts";
import type { Io } from "../base/io.ts";
import { count, safe } from "../base/text.ts";
import { parseAs } from "../base/what_file.ts";

/** The command. */
export const importCommand = printing({
  name: "p12 import",
  args: "FILE",
  text: "Import private keys and certificates from PKCS#12 or PEM (- for standard input)",
  options: [
    FILE_PASSWORD,
    {
      name: "name",
      value: "NAME",
      text: "what the certificate of the key is called; by default as the file says",
      example: "me",
    },
    { ...TRUST, text: `of the authorities in the file; ${TRUST.text}` },
    WITHOUT_MAC,
  ],
  run: async (args, io) => {
    const trust = args.one("trust");
    if (trust !== undefined) parseTrust(trust);
    const file = args.positional[0]!;
    const bytes = await readBytes(file, io);
    const text = new TextDecoder().decode(bytes);
    await using store = await openStore(args, io, { write: true });
    return text.includes("-----BEGIN ")
      ? await importPemFile(store, bytes, file, args, io)
      : await importPkcs12File(store, bytes, file, args, io);
  },
  examples: [{
    line: "p12 import me.p12 --db db",
    text: "keys and certificates, as another program exported them",
  }],
});

async function importPkcs12File(
  store: Store,
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  args: Args,
  io: Io,
): Promise<string> {
  const options = { extractable: true, allowMissingMac: args.has("without-mac") };
  const password = await filePassword(file, args, io);
  const { identities, certificates } = await parseAs(
    "pkcs12",
    file,
    bytes,
    () => importPkcs12(bytes, password, options),
  );
  const done: string[] = [];
  const stored = new Set<Certificate>();
  for (const { key, certificates: [own], friendlyName } of identities) {
    const name = args.one("name") ?? friendlyName;
    const { id } = await store.token.importKey(key, name === null ? {} : { label: name });
    done.push(`Imported key ${toHex(id)}`);
    if (own === undefined) continue;
    done.push(`Imported "${safe(await importNamed(store.certificates, own, name))}"`);
    stored.add(own);
  }
  for (const { certificate, friendlyName } of certificates) {
    if (stored.has(certificate)) continue;
    done.push(await importOther(store, certificate, friendlyName, args));
  }
  return done.join("\n");
}

async function importOther(
  store: Store,
  certificate: Certificate,
  friendlyName: string | null,
  args: Args,
): Promise<string> {
  const nickname = await importNamed(store.certificates, certificate, friendlyName);
  const trust = args.one("trust");
  if (trust !== undefined && certificate.basicConstraints?.isCa === true) {
    await importCert(store.trustDB, certificate, { nickname, trust });
  }
  return `Imported "${safe(nickname)}"`;
}

async function importPemFile(
  store: Store,
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  args: Args,
  io: Io,
): Promise<string> {
  const done: string[] = [];
  const blocks = await parseAs("certificate", file, bytes, () => decodePem(bytes));
  let publicKey: string | undefined;
  if (blocks.some(({ label }) => /PRIVATE KEY$/.test(label))) {
    const key = await importPem(bytes, file, args, "file-password-file", io);
    const label = args.one("name");
    const { id } = await store.token.importKey(key, label === undefined ? {} : { label });
    if (key.publicKey !== undefined) publicKey = toHex(key.publicKey.publicKey);
    done.push(`Imported key ${toHex(id)}`);
  }
  for (const { label, der } of blocks) {
    if (!/^(?:X509 |TRUSTED )?CERTIFICATE$/.test(label)) continue;
    const certificate = parseCertificate(der);
    const isOwn = publicKeyOf(certificate) === publicKey && publicKey !== undefined;
    done.push(
      isOwn
        ? `Imported "${
          safe(await importNamed(store.certificates, certificate, args.one("name") ?? null))
        }"`
        : await importOther(store, certificate, null, args),
    );
  }
  if (done.length === 0) {
    await parseAs("certificate", file, bytes, () => {
      throw new NssError(
        "SEC_ERROR_NO_KEY",
        `Cannot import ${file}: it has no keys and certificates`,
      );
    });
  }
  return done.join("\n");
}

function publicKeyOf(certificate: Certificate): string | undefined {
  try {
    return toHex(certificate.subjectPublicKeyInfo.publicKey);
  } catch (error) {
    if (error instanceof NssError) return undefined; // a kind of key that is not supported
    throw error;
  }
}

const FORMATS = ["pkcs12", "pem"] as const;

const ENCRYPTIONS = ["aes-256", "aes-256-pbmac1", "weak-3des-sha1"] as const;

const ENCRYPTION: Option = {
  name: "encryption",
  value: "HOW",
  text: "of PKCS#12: aes-256 (the default); with a MAC of RFC 9879, which few programs know; or, " +
    "for old programs, one that is weak",
  words: ENCRYPTIONS,
};

const ITERATIONS: Option = {
  name: "iterations",
  value: "N",
  text: "how often a guess of the password is hashed (600000)",
  example: "1000000",
};

/** Reads how a file is encrypted, and warns of what protects little. */
async function encryptionOf(
  args: Args,
  io: Io,
): Promise<Pick<ExportPkcs12Options, "encryption" | "iterations">> {
  const encryption = args.choice("encryption", ENCRYPTIONS);
  const iterations = args.number("iterations", MAX_ITERATIONS);
  if (encryption === "weak-3des-sha1") {
    await io.err.line(
      "Warning: 3DES and SHA-1 protect little: who has the file guesses short passwords in " +
        "minutes; take a long random one, and delete the file once it is imported",
    );
  }
  return {
    ...encryption !== undefined && { encryption },
    ...iterations !== undefined && { iterations },
  };
}

/** The command. */
export const exportCommand = printing({
  name: "p12 export",
  args: "NAME",
  text: "Export a certificate with its issuers and, where the token lets it go, its private key",
  options: [
    { name: "format", value: "FORMAT", text: "pkcs12 by default", words: FORMATS },
    { name: "no-key", text: "only certificates" },
    ENCRYPTION,
    ITERATIONS,
    {
      ...FILE_PASSWORD,
      text:
        "whose first line encrypts the file; else it is asked for; an empty one leaves PEM in clear",
    },
    OUT,
  ],
  run: async (args, io) => {
    const format = args.choice("format", FORMATS) ?? "pkcs12";
    const out = args.one("out");
    if (out === undefined) throw new UsageError("Cannot export: say where to by --out FILE");
    if (!args.has("no-key")) await checkNoFile(out);
    const encryption = await encryptionOf(args, io);
    if (format === "pem" && Object.keys(encryption).length > 0) {
      throw new UsageError("Cannot take --encryption or --iterations: they are of PKCS#12");
    }
    await using store = await openStore(args, io);
    const certificate = await store.certificate(args.positional[0]!);
    const key = args.has("no-key") ? undefined : await store.exportableKeyOf(certificate);
    const chain = await store.issuersOf(certificate);
    const [record] = await store.certificates.find({ der: certificate.der });
    const friendlyName = record?.nickname ?? undefined;
    try {
      const encrypts = format === "pkcs12" || key !== undefined;
      const password = encrypts ? await newPassword(args, "file-password-file", out, io) : "";
      const certificates = [certificate, ...chain];
      const content = format === "pem"
        ? certificates.map((one) => one.toPem()).join("") +
          (key === undefined
            ? ""
            : await exportPrivateKeyPem(key, password === "" ? {} : { password }))
        : await exportPkcs12({
          certificates,
          password,
          ...encryption,
          ...(key !== undefined && { key }),
          ...(friendlyName !== undefined && { friendlyName }),
        });
      await writeFile(out, content, io.out, { isSecret: key !== undefined });
    } catch (cause) {
      if (!(cause instanceof NssError) || cause.name !== "SEC_ERROR_INVALID_KEY") throw cause;
      throw new NssError(
        "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
        `Cannot export the private key: "${store.token.label}" lets none go; ` +
          "--no-key exports the certificates",
        { cause },
      );
    }
    return out === "-"
      ? ""
      : `Exported ${count(1 + chain.length, "certificate")}${
        key === undefined ? "" : " and the key"
      } to ${safe(out)}`;
  },
  examples: [{
    line: "p12 export www --db db --out www.p12",
    text: "a certificate, its issuers and its key",
  }, {
    line: "p12 export www --db db --format pem --no-key --out www.pem",
    text: "only certificates",
  }],
});
