// Copyright 2026 the NSS for Deno authors. MIT license.

/** The command that merges databases: cert merge. @module */

import { importCert, NssError } from "../../cert/mod.ts";
import type { NssDbToken } from "../../pkcs11/nss_db/mod.ts";
import { NssContext, setPasswordFunc, type Slot } from "../../pkcs11/mod.ts";
import { importLazily } from "../../cert/base/lazy_module.ts";
import { toHex } from "../../cert/base/runtime.ts";
import type { Args, Option } from "../base/args.ts";
import type { Io } from "../base/io.ts";
import { askPassword, readPassword } from "../base/passwords.ts";
import { count, safe } from "../base/text.ts";
import { printing } from "./printing.ts";
import { databaseFolder, importNamed, openStore, type Store } from "./store.ts";

const SOURCE_PASSWORD: Option = {
  name: "source-password-file",
  value: "FILE",
  text: "whose first line is the password of the database that is read; else it is asked for",
  example: "old.txt",
};

/** Opens the database that is read, in a context of its own: it may have another password. */
async function openSource(args: Args, io: Io): Promise<{ context: NssContext; token: NssDbToken }> {
  const { openNssDb } = await importLazily(
    "NSS databases",
    () => import("../../pkcs11/nss_db/mod.ts"),
  );
  const token = await openNssDb(databaseFolder(args.positional[0]!));
  const context = new NssContext({ trustAnchors: [], token });
  setPasswordFunc(async (slot: Slot, retry: boolean) => {
    const file = args.one("source-password-file");
    if (file !== undefined) return retry ? null : await readPassword(file, io);
    const what = `${retry ? "That is wrong. " : ""}Password of "${slot.token?.label}" that is read`;
    return await askPassword(what, "source-password-file", io);
  }, { for: context });
  return { context, token };
}

/** What was taken over. */
interface Taken {
  keys: number;
  certificates: number;
  trusts: number;
  crls: number;
}

/** Takes over private keys; one that must stay where it is stops the merge before it begins. */
async function takeKeys(source: NssDbToken, store: Store): Promise<number> {
  const known = new Set((await store.token.listKeys()).map(({ id }) => toHex(id)));
  const missing = (await source.listKeys()).filter(({ id }) => !known.has(toHex(id)));
  const keys = await Promise.all(missing.map(async (entry) => {
    const key = await source.extractKey(entry);
    return key === undefined ? [] : [{ key, label: entry.label }];
  }));
  for (const { key, label } of keys.flat()) {
    await store.token.importKey(key, label === null ? {} : { label });
  }
  return missing.length;
}

/** Takes over certificates; what the target says of trust stays. */
async function takeCertificates(source: NssDbToken, store: Store, taken: Taken): Promise<void> {
  for (const { certificate, nickname, trust } of await source.certificates.find({})) {
    const [own] = await store.certificates.find({ der: certificate.der });
    const name = own?.nickname ?? await importNamed(store.certificates, certificate, nickname);
    if (own === undefined) taken.certificates++;
    if (trust === null || (own?.trust ?? null) !== null) continue;
    await importCert(store.trustDB, certificate, { nickname: name, trust });
    taken.trusts++;
  }
}

async function takeCrls(source: NssDbToken, store: Store): Promise<number> {
  let count = 0;
  for (const { crl, url } of await source.crls.find()) {
    if (crl === null) continue;
    try {
      if (await store.crls.importCrl(crl, url === null ? {} : { url })) count++;
    } catch (error) {
      const isOlder = error instanceof NssError && error.name === "SEC_ERROR_OLD_CRL";
      if (!isOlder) throw error;
    }
  }
  return count;
}

/** The command. */
export const merge = printing({
  name: "cert merge",
  args: "SOURCE",
  text: "Copy what another NSS database has into this one: keys, certificates, trust, CRLs",
  more: [
    "The database in the folder SOURCE is only read. Where both say something of the same " +
    "certificate, this one stays as it is; a nickname that is taken gets a number.",
  ],
  options: [SOURCE_PASSWORD],
  examples: [{ line: "cert merge old-db --db db", text: "all of an old database in a new one" }],
  run: async (args, io) => {
    await using store = await openStore(args, io, { write: true });
    void store.crls; // the target must be an NSS database
    const { context, token } = await openSource(args, io);
    try {
      const taken: Taken = { keys: 0, certificates: 0, trusts: 0, crls: 0 };
      taken.keys = await takeKeys(token, store);
      await takeCertificates(token, store, taken);
      taken.crls = await takeCrls(token, store);
      return `Merged ${safe(args.positional[0]!)}: ${count(taken.keys, "key")}, ` +
        `${count(taken.certificates, "certificate")}, ${count(taken.trusts, "trust")}, ` +
        `${count(taken.crls, "list")}`;
    } finally {
      await context.close();
    }
  },
});
