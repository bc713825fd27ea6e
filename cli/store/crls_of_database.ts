// Copyright 2026 the NSS for Deno authors. MIT license.

/** Revocation lists in NSS databases: list, import, export, delete. @module */

import { type Crl, findCertByNickname, NssError, verifyCrl } from "../../cert/mod.ts";
import type { StoredCrl } from "../../pkcs11/nss_db/mod.ts";
import { UsageError } from "../base/args.ts";
import { AS_DER, OUT } from "../base/command.ts";
import { LocalError, writeFile } from "../base/files.ts";
import { count, day, safe } from "../base/text.ts";
import { printing } from "./printing.ts";
import { readCrl } from "./read_certificates.ts";
import { openStore, type Store } from "./store.ts";

/** The certificates of the issuer of a list: an authority may have several, with other keys. */
async function issuersOf(store: Store, { issuer }: Pick<StoredCrl, "issuer">) {
  const records = await store.context.certDB.find({ subject: issuer.der });
  return records.map(({ certificate, nickname }) => ({ certificate, nickname }));
}

/** The command. */
export const list = printing({
  name: "crl list",
  args: "",
  text: "List the revocation lists of an NSS database, by which NSS's programs go",
  options: [],
  json: {
    crls:
      "the lists: issuer, nickname (null if its certificate is not there), readable (RFC 5280 " +
      "forbids the others), thisUpdate, nextUpdate, number, size, url; null where there is none",
  },
  examples: [{ line: "crl list --db db", text: "whose there are, and till when they are good" }],
  run: async (args, io) => {
    await using store = await openStore(args, io);
    const stored = await store.crls.find();
    const crls = await Promise.all(stored.map(async ({ issuer, crl, url }) => ({
      issuer: String(issuer),
      nickname: (await issuersOf(store, { issuer }))[0]?.nickname ?? null,
      readable: crl !== null,
      thisUpdate: crl?.thisUpdate.toISOString() ?? null,
      nextUpdate: crl?.nextUpdate?.toISOString() ?? null,
      number: crl?.crlNumber === undefined ? null : `${crl.crlNumber}`,
      size: crl?.size ?? null,
      url,
    })));
    return {
      text: io.out.table([
        ["NICKNAME", "MADE", "NEXT", "REVOKED", "URL", "ISSUER"],
        ...crls.map(({ issuer, nickname, thisUpdate, nextUpdate, size, url }) => [
          safe(nickname ?? "-"),
          thisUpdate === null ? "unreadable" : day(new Date(thisUpdate)),
          nextUpdate === null ? "-" : day(new Date(nextUpdate)),
          `${size ?? "-"}`,
          safe(url ?? "-"),
          safe(issuer),
        ]),
      ]),
      json: { crls },
    };
  },
});

/** The command. */
export const importCommand = printing({
  name: "crl import",
  args: "FILE",
  text: "Put a list into an NSS database, in the place of an older one of its issuer",
  more: [
    "The issuer's certificate must be in the database, and its key must have signed the list; " +
    "with --unchecked it is stored as it is, and who uses it checks it.",
  ],
  options: [
    {
      name: "url",
      value: "URL",
      text: "where it is from, for who fetches the next one",
      example: "http://ca.example/ca.crl",
    },
    { name: "unchecked", text: "do not look whose it is" },
  ],
  examples: [{ line: "crl import ca.crl --db db", text: "for all programs of this database" }],
  run: async (args, io) => {
    const crl = await readCrl(args.positional[0]!, io);
    await using store = await openStore(args, io, { write: true });
    const { crls } = store;
    if (!args.has("unchecked")) await checkIssuer(store, crl);
    const url = args.one("url");
    const isNew = await crls.importCrl(crl, url === undefined ? {} : { url });
    return isNew
      ? `Imported the list of "${safe(crl.issuer)}" with ${count(crl.size, "certificate")}`
      : `The list of "${safe(crl.issuer)}" is there already`;
  },
});

/** Checks that an authority of the database has made a list; it may have expired. */
async function checkIssuer(store: Store, crl: Crl): Promise<void> {
  const issuers = await issuersOf(store, crl);
  let problem: unknown = new NssError(
    "SEC_ERROR_UNKNOWN_ISSUER",
    `Cannot import the list of "${crl.issuer}": the certificate of this authority is not in the ` +
      "database; add it by nss cert add",
  );
  for (const { certificate } of issuers) {
    try {
      return await verifyCrl(crl, {
        issuer: certificate,
        time: crl.thisUpdate,
        profile: "compatible",
      });
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

/** The list that is meant: by the nickname of its issuer's certificate, or by its name. */
async function listNamed(store: Store, name: string): Promise<StoredCrl> {
  const stored = await store.crls.find();
  const certificate = await findCertByNickname(store.context.certDB, name, { time: new Date() });
  const found = stored.find(({ issuer }) =>
    certificate === undefined ? String(issuer) === name : issuer.equals(certificate.subject)
  );
  if (found !== undefined) return found;
  throw new NssError(
    "SEC_ERROR_CRL_NOT_FOUND",
    `Cannot find list of "${name}": the database has none of this authority; nss crl list shows ` +
      "those that it has",
  );
}

/** The command. */
export const exportCommand = printing({
  name: "crl export",
  args: "ISSUER",
  text: "Write a list of an NSS database to a file: by the nickname or name of its issuer",
  options: [AS_DER, OUT],
  examples: [{ line: 'crl export "My CA" --db db --out ca.crl', text: "as PEM" }],
  run: async (args, io) => {
    await using store = await openStore(args, io);
    const { crl, issuer } = await listNamed(store, args.positional[0]!);
    if (crl === null) {
      throw new LocalError(`Cannot export the list of "${issuer}": it is unreadable`);
    }
    const content = args.has("as-der") ? crl.der : crl.toPem();
    await writeFile(args.one("out") ?? "-", content, io.out);
    return "";
  },
});

/** The command. */
export const remove = printing({
  name: "crl delete",
  args: "[ISSUER]",
  text: "Delete a list of an NSS database: by the nickname or name of its issuer",
  options: [{ name: "all", text: "all lists, instead of that of an issuer" }],
  examples: [{ line: 'crl delete "My CA" --db db', text: "NSS's programs go by it no more" }],
  run: async (args, io) => {
    const name = args.positional[0];
    await using store = await openStore(args, io, { write: true });
    const { crls } = store;
    if ((name === undefined) !== args.has("all")) {
      throw new UsageError("Cannot delete: say whose list, or --all");
    }
    const meant = name === undefined ? await crls.find() : [await listNamed(store, name)];
    for (const { issuer } of meant) await crls.deleteCrl(issuer);
    return meant.map(({ issuer }) => `Deleted the list of "${safe(issuer)}"`).join("\n");
  },
});
