// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Commands that change a token: create, password, add, delete, delete-key, rename, trust,
 * generate-key.
 *
 * @module
 */

import { type CertRecord, importCert, NssError, parseTrust } from "../../cert/mod.ts";
import type { KeyPairType } from "../../pkcs11/mod.ts";
import type { Args, Option } from "../base/args.ts";
import type { Io } from "../base/io.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { printing } from "./printing.ts";
import { readCertificates } from "./read_certificates.ts";
import {
  askPassword,
  givenPassword,
  NEW_PASSWORD,
  newPassword,
  NO_PASSWORD,
  noPassword,
  passwordToBe,
} from "../base/passwords.ts";
import { importNamed, openStore, type Store } from "./store.ts";
import { safe } from "../base/text.ts";

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
  text: "the kind of key; ec-p256 by default",
  words: KEY_TYPES,
};

/** How far a certificate is trusted. */
export const TRUST: Option = {
  name: "trust",
  value: "TRUST",
  text:
    "for servers and clients, e-mail, code: C an authority, T one of clients, P trusted as it is, " +
    "p never",
  example: "CT,C,C",
};

/** The command. */
export const create = printing({
  name: "cert create",
  args: "",
  text: "Make a new NSS database (--db) or Deno KV store (--kv)",
  options: [
    NEW_PASSWORD,
    NO_PASSWORD,
  ],
  run: async (args, io) => {
    // Asked before anything is made
    const password = await passwordToBe(args, args.one("db") ?? args.one("kv") ?? "the token", io);
    await using _store = await openStore(args, io, { create: { password }, write: true });
    return `Created ${safe(args.one("db") ?? args.one("kv")!)}`;
  },
  examples: [{
    line: "cert create --db db",
    text: "a new NSS database, whose password is asked for",
  }, { line: "cert create --kv keys.kv --no-password", text: "a Deno KV store" }],
});

/** The command. */
export const password = printing({
  name: "cert password",
  args: "",
  text: "Change the password",
  options: [
    NEW_PASSWORD,
  ],
  run: async (args, io) => {
    await using store = await openStore(args, io, { write: true });
    const { label, needsLogin, isInitialized } = await store.token.describe();
    const current = !isInitialized
      ? null
      : needsLogin
      ? await currentPassword(store, args, io)
      : "";
    await store.token.changePassword(
      current,
      await newPassword(args, "new-password-file", `"${label}"`, io),
    );
    return "Changed the password";
  },
  examples: [{ line: "cert password --db db", text: "another password" }],
});

async function currentPassword({ token }: Store, args: Args, io: Io): Promise<string> {
  const current = await givenPassword(args, io) ??
    await askPassword(`Current password of "${token.label}"`, "password-file", io);
  return current ?? noPassword();
}

/** The command. */
export const add = printing({
  name: "cert add",
  args: "NAME FILE",
  text:
    "Add a certificate (PEM, DER or PKCS#7; - for standard input), or change its name and trust",
  options: [TRUST],
  run: async (args, io) => {
    const [name, file] = args.positional as [string, string];
    const trust = args.one("trust");
    if (trust !== undefined) parseTrust(trust);
    const [certificate, ...chain] = await readCertificates(file, io);
    await using store = await openStore(args, io, { write: true });
    await importCert(store.certificates, certificate!, { nickname: name });
    const others = [];
    for (const one of chain) others.push(await importNamed(store.certificates, one, null));
    if (trust !== undefined) {
      await importCert(store.trustDB, certificate!, { nickname: name, trust });
    }
    return [name, ...others].map((nickname) => `Added "${safe(nickname)}"`).join("\n");
  },
  examples: [{
    line: "cert add root root.pem --db db --trust CT,,",
    text: "trust an authority for servers and clients",
  }],
});

/** The command. */
export const remove = printing({
  name: "cert delete",
  args: "NAME",
  text: "Delete a certificate; its private key stays",
  options: [{ name: "with-key", text: "delete its private key, too" }],
  run: async (args, io) => {
    await using store = await openStore(args, io, { write: true });
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
    return `Deleted ${safe(`"${certificate.subject}"`)}${hadKey ? " and its private key" : ""}`;
  },
  examples: [{ line: "cert delete www --db db --with-key", text: "a certificate and its key" }],
});

/** The command. */
export const removeKey = printing({
  name: "cert delete-key",
  args: "KEY",
  text: "Delete a private key: its id, its name or the nickname of its certificate, which stays",
  options: [],
  run: async (args, io) => {
    await using store = await openStore(args, io, { write: true });
    const { entry } = await store.key(args.positional[0]!);
    await store.token.deleteKey(entry);
    return `Deleted key ${toHex(entry.id)}`;
  },
  examples: [{ line: "cert delete-key 4b1d --db db", text: "the key of an id" }],
});

/** The command. */
export const rename = printing({
  name: "cert rename",
  args: "NAME NEW",
  text: "Give a certificate another nickname",
  options: [],
  run: async (args, io) => {
    const [name, next] = args.positional as [string, string];
    await using store = await openStore(args, io, { write: true });
    const record = await importCert(store.certificates, await store.certificate(name), {
      nickname: next,
    });
    return `Renamed "${safe(name)}" to "${safe(record.nickname ?? next)}"`;
  },
  examples: [{ line: "cert rename www old-www --db db", text: "another nickname" }],
});

/** The command. */
export const trust = printing({
  name: "cert trust",
  args: "NAME TRUST",
  text: "Say how far a certificate is trusted, as CT,C,C (see add)",
  options: [],
  run: async (args, io) => {
    const [name, text] = args.positional as [string, string];
    const wanted = parseTrust(text);
    await using store = await openStore(args, io, { write: true });
    const certificate = await store.certificate(name);
    const isThere = (await store.trustDB.find({ der: certificate.der })).length > 0;
    const record: CertRecord = isThere
      ? await importCert(store.trustDB, certificate, { trust: wanted })
      : await importCert(store.trustDB, certificate, { nickname: name, trust: wanted });
    return `Trust of "${safe(record.nickname ?? name)}" is ${text}`;
  },
  examples: [{ line: "cert trust root ,, --db db", text: "trust it no more" }],
});

/** The command. */
export const generateKey = printing({
  name: "cert generate-key",
  args: "[NAME]",
  text: "Make a key pair that stays in the token; prints its id",
  options: [TYPE],
  run: async (args, io) => {
    const [label] = args.positional;
    const type = args.choice("type", KEY_TYPES) ?? "ec-p256";
    await using store = await openStore(args, io, { write: true });
    const { id } = await store.token.generateKeyPair(type, label === undefined ? {} : { label });
    return toHex(id);
  },
  examples: [{
    line: "cert generate-key --module /usr/lib/softhsm/libsofthsm2.so --type rsa-3072",
    text: "a key that stays in the token",
  }],
});
