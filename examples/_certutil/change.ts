// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Commands that change a token: create, password, add, delete, delete-key, rename, trust,
 * generate-key.
 *
 * @module
 */

import {
  type Certificate,
  type CertRecord,
  importCert,
  NssError,
  parseCertificatesPem,
  parsePkcs7Certificates,
  parseTrust,
} from "@nss/nss/cert";
import type { KeyPairType } from "@nss/nss/pkcs11";
import type { Option } from "./args.ts";
import type { Command } from "./command.ts";
import { readBytes } from "./files.ts";
import { askPassword, newPassword, NoPasswordError, readPassword } from "./passwords.ts";
import { importNamed, openStore, type Store } from "./store.ts";
import { clean } from "../_program.ts";

/** The kinds of keys. */
export const KEY_TYPES: readonly KeyPairType[] = [
  "ec-p256",
  "ec-p384",
  "ec-p521",
  "ed25519",
  "rsa-2048",
  "rsa-3072",
  "rsa-4096",
];

/** Which kind of key is made. */
export const TYPE: Option = {
  name: "type",
  value: "TYPE",
  text: `the kind of key: ${KEY_TYPES.join(", ")}`,
};

/** How far a certificate is trusted. */
export const TRUST: Option = {
  name: "trust",
  value: "TRUST",
  text:
    "as CT,C,C: an authority for servers (C), clients (T), e-mail, code; P trusted as it is, p never",
};

const create: Command = {
  args: "",
  text: "Make a new NSS database (--db) or Deno KV store (--kv)",
  options: [
    { name: "new-password-file", value: "FILE", text: "whose first line is the password" },
    { name: "no-password", text: "without a password: who can read the files has the keys" },
  ],
  run: async (args) => {
    // Asked before anything is made
    const password = args.has("no-password") ? "" : await newPassword(
      args,
      "new-password-file",
      args.one("db") ?? args.one("kv") ?? "the token",
    );
    if (password === "" && !args.has("no-password")) {
      throw new NoPasswordError(
        "Cannot take an empty password; if that is meant, say --no-password",
      );
    }
    await using _store = await openStore(args, { create: { password }, write: true });
    return `Created ${clean(args.one("db") ?? args.one("kv")!)}`;
  },
};

const password: Command = {
  args: "",
  text: "Change the password",
  options: [
    {
      name: "new-password-file",
      value: "FILE",
      text: "whose first line is the new one; empty for none",
    },
  ],
  run: async (args) => {
    await using store = await openStore(args, { write: true });
    const { label, needsLogin, isInitialized } = await store.token.describe();
    const current = !isInitialized
      ? null
      : needsLogin
      ? await currentPassword(store, args.one("password-file"))
      : "";
    await store.token.changePassword(
      current,
      await newPassword(args, "new-password-file", `"${label}"`),
    );
    return "Changed the password";
  },
};

async function currentPassword({ token }: Store, file: string | undefined): Promise<string> {
  if (file !== undefined) return await readPassword(file);
  const current = await askPassword(`Current password of "${token.label}"`, "password-file");
  if (current === null) throw new NoPasswordError("Cannot go on: no password is given");
  return current;
}

const add: Command = {
  args: "NAME FILE",
  text:
    "Add a certificate (PEM, DER or PKCS#7; - for standard input), or change its name and trust",
  options: [TRUST],
  run: async (args) => {
    const [name, file] = args.positional as [string, string];
    const trust = args.one("trust");
    if (trust !== undefined) parseTrust(trust);
    const [certificate, ...chain] = certificatesIn(await readBytes(file));
    await using store = await openStore(args, { write: true });
    await importCert(store.certificates, certificate!, { nickname: name });
    const others = [];
    for (const one of chain) others.push(await importNamed(store.certificates, one, null));
    if (trust !== undefined) {
      await importCert(store.trustDB, certificate!, { nickname: name, trust });
    }
    return [name, ...others].map((nickname) => `Added "${clean(nickname)}"`).join("\n");
  },
};

/** PEM may hold more than one, each followed by its issuer. */
function certificatesIn(bytes: Uint8Array): readonly Certificate[] {
  try {
    return parseCertificatesPem(bytes);
  } catch (error) {
    try {
      return parsePkcs7Certificates(bytes);
    } catch {
      throw error;
    }
  }
}

const remove: Command = {
  args: "NAME",
  text: "Delete a certificate; its private key stays",
  options: [{ name: "with-key", text: "delete its private key, too" }],
  run: async (args) => {
    await using store = await openStore(args, { write: true });
    const certificate = await store.certificate(args.positional[0]!);
    // The key first: a certificate without a key is of no harm, a key without a certificate is
    // forgotten
    const hadKey = args.has("with-key") && await store.token.deleteKey(certificate);
    if (!await store.certificates.deleteCert(certificate)) {
      throw new NssError(
        "SEC_ERROR_UNKNOWN_CERT",
        `Cannot delete "${certificate.subject}": "${store.token.label}" does not have it`,
      );
    }
    return `Deleted ${clean(`"${certificate.subject}"`)}${hadKey ? " and its private key" : ""}`;
  },
};

const removeKey: Command = {
  args: "KEY",
  text: "Delete a private key: its id, its name or the nickname of its certificate, which stays",
  options: [],
  run: async (args) => {
    await using store = await openStore(args, { write: true });
    const { entry } = await store.key(args.positional[0]!);
    await store.token.deleteKey(entry);
    return `Deleted key ${entry.id.toHex()}`;
  },
};

const rename: Command = {
  args: "NAME NEW",
  text: "Give a certificate another nickname",
  options: [],
  run: async (args) => {
    const [name, next] = args.positional as [string, string];
    await using store = await openStore(args, { write: true });
    const record = await importCert(store.certificates, await store.certificate(name), {
      nickname: next,
    });
    return `Renamed "${clean(name)}" to "${clean(record.nickname ?? next)}"`;
  },
};

const trust: Command = {
  args: "NAME TRUST",
  text: "Say how far a certificate is trusted, as CT,C,C (see add)",
  options: [],
  run: async (args) => {
    const [name, text] = args.positional as [string, string];
    const wanted = parseTrust(text);
    await using store = await openStore(args, { write: true });
    const certificate = await store.certificate(name);
    const isThere = (await store.trustDB.find({ der: certificate.der })).length > 0;
    const record: CertRecord = isThere
      ? await importCert(store.trustDB, certificate, { trust: wanted })
      : await importCert(store.trustDB, certificate, { nickname: name, trust: wanted });
    return `Trust of "${clean(record.nickname ?? name)}" is ${text}`;
  },
};

const generateKey: Command = {
  args: "[NAME]",
  text: "Make a key pair that stays in the token; prints its id",
  options: [TYPE],
  run: async (args) => {
    const [label] = args.positional;
    const type = args.choice("type", KEY_TYPES) ?? "ec-p256";
    await using store = await openStore(args, { write: true });
    const { id } = await store.token.generateKeyPair(type, label === undefined ? {} : { label });
    return id.toHex();
  },
};

/** The commands of this file. */
export const CHANGE: Readonly<Record<string, Command>> = {
  create,
  password,
  add,
  delete: remove,
  "delete-key": removeKey,
  rename,
  trust,
  "generate-key": generateKey,
};
