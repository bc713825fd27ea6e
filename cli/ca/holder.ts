// Copyright 2026 the NSS for Deno authors. MIT license.

/** Makes a certificate for who holds its key, and writes both where they are wanted. @module */

import { type Certificate, createCertificate, type SubjectPublicKeyInfo } from "../../cert/mod.ts";
import { exportPkcs12, exportPrivateKeyPem, generateKeyPair } from "../../pkcs11/mod.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import { type NewFile, writeFiles } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { FILE_PASSWORD, newPassword } from "../base/passwords.ts";
import { day, safe } from "../base/text.ts";
import { KEY_TYPES } from "../store/change.ts";
import type { CaFolder } from "./folder.ts";
import { entryOf, namesOf, withEntry } from "./index_file.ts";
import type { Content } from "./profile.ts";
import { openSigner } from "./signer.ts";

/** Where the certificate goes. */
export const CHAIN_OUT: Option = {
  name: "out",
  value: "FILE",
  text: "the certificate, and an intermediate after it; by default NAME.pem",
  example: "www.pem",
};
/** Where a new key goes. */
export const KEY_OUT: Option = {
  name: "key-out",
  value: "FILE",
  text: "the private key, for its owner only; by default NAME.key",
  example: "www.key",
};

/** A name as that of a file. */
export function fileName(name: string): string {
  return name.replace(/^\*/, "_wildcard").replaceAll(/[^\w.@-]/g, "-");
}

/** Whose key is certified, and where the certificate goes. */
export interface Holder {
  /** The key. */
  readonly publicKey: SubjectPublicKeyInfo;
  /** Where to write; `-` is standard output. */
  readonly paths: readonly string[];
  /** What is written there, once there is the certificate. */
  readonly files: (certificate: Certificate) => Promise<readonly NewFile[]>;
}

/** Makes a certificate that was rehearsed, records it, and writes it for its holder. */
export async function certify(
  folder: CaFolder,
  content: Content,
  { publicKey, paths, files }: Holder,
  args: Args,
  io: Io,
): Promise<void> {
  await using signer = await openSigner(folder, folder.issuing, args, io);
  const certificate = await createCertificate({ ...content, publicKey, issuer: signer });
  const entry = entryOf(certificate, signer.name);
  // PKCS #12 takes seconds, in which others may work at the folder
  const others = await files(certificate);
  await folder.change(io, async (index) => {
    const record = folder.record(certificate, entry, withEntry(index, entry));
    await writeFiles([...record, ...others], io.out);
  });
  await tell(certificate, paths, io);
}

/** Says what was made; on standard error where the certificate itself is the output. */
export async function tell(
  certificate: Certificate,
  paths: readonly string[],
  io: Io,
): Promise<void> {
  const output = paths.includes("-") ? io.err : io.out;
  const names = namesOf(certificate).map((name) => safe(name)).join(", ");
  const files = paths.filter((path) => path !== "-").map((path) => safe(path)).join(", ");
  await output.line(
    `Issued ${names}, valid until ${day(certificate.notAfter)}${files === "" ? "" : `: ${files}`}`,
  );
}

/** The certificate as a server shows it: what is between it and the root follows. */
export function chainPem(folder: CaFolder, certificate: Certificate): string {
  return [certificate, ...folder.intermediates].map((one) => one.toPem()).join("");
}

/** Who holds a key that is elsewhere: only the certificate is written. */
export function otherHolder(
  folder: CaFolder,
  publicKey: SubjectPublicKeyInfo,
  path: string,
): Holder {
  const files = (certificate: Certificate): Promise<readonly NewFile[]> =>
    Promise.resolve([{ path, content: chainPem(folder, certificate) }]);
  return { publicKey, paths: [path], files };
}

/** Who gets a new key with the certificate, as PEM or PKCS #12 or both. */
export async function newHolder(
  folder: CaFolder,
  defaults: { readonly out: string; readonly "key-out": string },
  args: Args,
  io: Io,
): Promise<Holder> {
  const p12 = args.one("p12");
  const pathsOf = (name: "out" | "key-out"): string[] =>
    args.has(name) ? [args.one(name)!] : p12 === undefined ? [defaults[name]] : [];
  const [chain, key] = [pathsOf("out"), pathsOf("key-out")];
  const paths = [...key, ...p12 === undefined ? [] : [p12], ...chain];
  const files = paths.filter((path) => path !== "-");
  if (new Set(files).size < files.length) {
    throw new UsageError("Cannot write two files of the same name: see --out, --key-out, --p12");
  }
  const password = p12 === undefined ? "" : await newPassword(args, FILE_PASSWORD.name, p12, io);
  const type = args.choice("type", KEY_TYPES) ?? "ec-p256";
  const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
  return {
    publicKey,
    paths,
    files: async (certificate) => {
      const certificates = [certificate, ...folder.intermediates];
      const pem = key.length === 0 ? "" : await exportPrivateKeyPem(privateKey);
      const [friendlyName] = namesOf(certificate) as [string];
      return [
        // What refuses to replace a file comes first
        ...key.map((path) => ({ path, content: pem, isSecret: true })),
        ...p12 === undefined ? [] : [{
          path: p12,
          content: await exportPkcs12({ key: privateKey, certificates, friendlyName, password }),
          isSecret: true,
        }],
        ...chain.map((path) => ({ path, content: chainPem(folder, certificate) })),
      ];
    },
  };
}
