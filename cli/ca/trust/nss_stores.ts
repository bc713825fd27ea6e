// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The NSS databases of Firefox's profiles and of Chromium. @module */

import { importCert, TRUST_FLAGS } from "../../../cert/mod.ts";
import { Args } from "../../base/args.ts";
import { readText } from "../../base/files.ts";
import type { Io } from "../../base/io.ts";
import { PASSWORD_OPTIONS } from "../../base/passwords.ts";
import { safe } from "../../base/text.ts";
import {
  importNamed,
  type OpenOptions,
  openStore,
  type Store,
  STORE_OPTIONS,
} from "../../store/store.ts";
import type { NoStore, Places, StoreKind, Trusted, TrustStore } from "./trust_store.ts";

/** Trust for servers, and for nothing else: as mkcert gives it. */
const TRUST = "C,,";

/** Where Firefox keeps its profiles.ini, below the user's folder, also as snap and flatpak. */
const FIREFOX: Readonly<Partial<Record<Places["os"], readonly string[]>>> = {
  linux: [
    ".mozilla/firefox",
    ".config/mozilla/firefox",
    "snap/firefox/common/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
  ],
  darwin: ["Library/Application Support/Firefox"],
  windows: ["AppData/Roaming/Mozilla/Firefox"],
};

/** Where Chromium and Chrome keep their database; on other systems they go by the system's. */
const CHROMIUM: readonly string[] = [
  ".pki/nssdb",
  ".local/share/pki/nssdb",
  "snap/chromium/current/.pki/nssdb",
];

const isThere = (path: string): Promise<boolean> => Deno.lstat(path).then(() => true, () => false);

/** Opens a database, with the password that the command line gives if it needs one. */
async function openDatabase(
  directory: string,
  args: Args,
  io: Io,
  options: OpenOptions = {},
): Promise<Store> {
  const passwords = PASSWORD_OPTIONS.flatMap(({ name }) =>
    args.all(name).map((value) => `--${name}=${value}`)
  );
  return await openStore(new Args([`--db=${directory}`, ...passwords], STORE_OPTIONS), io, options);
}

async function isTrusted({ certificates }: Store, { certificate }: Trusted): Promise<boolean> {
  const records = await certificates.find({ der: certificate.der });
  return records.some(({ trust }) => ((trust?.ssl ?? 0) & TRUST_FLAGS.trustedCa) !== 0);
}

async function add(store: Store, { name, certificate }: Trusted): Promise<void> {
  // Trust is sealed with the password: asked for before anything is written
  await store.context.internalSlot.authenticate();
  const [known] = await store.certificates.find({ der: certificate.der });
  const nickname = known?.nickname ?? await importNamed(store.certificates, certificate, name);
  await importCert(store.certificates, certificate, { nickname, trust: TRUST });
}

function databaseStore(kind: StoreKind, where: string, note: string | null): TrustStore {
  const program = kind === "firefox" ? "Firefox" : "Chromium";
  return {
    kind,
    where,
    note,
    holds: async (trusted, args, io) => {
      await using store = await openDatabase(where, args, io);
      const { certificate } = trusted;
      if (await isTrusted(store, trusted)) return "trusted";
      return (await store.certificates.find({ der: certificate.der })).length > 0
        ? "known"
        : "absent";
    },
    steps: ({ name }, adds) =>
      Promise.resolve([
        adds
          ? `add "${safe(name)}" to cert9.db, trusted for servers (${TRUST})`
          : `delete the certificate of "${safe(name)}" and its trust from cert9.db`,
        `restart ${program} if it runs`,
      ]),
    change: async (trusted, adds, args, io) => {
      await using store = await openDatabase(where, args, io, { write: true });
      if (adds) await add(store, trusted);
      else await store.certificates.deleteCert(trusted.certificate);
    },
  };
}

/** The folders of the profiles that a profiles.ini lists. */
export function profileFolders(ini: string, base: string): string[] {
  return ini.split(/^\[/m).flatMap((section) => {
    const value = (key: string) => new RegExp(`^${key}=(.+?)\\s*$`, "m").exec(section)?.[1];
    const path = value("Path");
    if (!/^Profile\d+\]/.test(section) || path === undefined) return [];
    return [value("IsRelative") === "0" ? path : `${base}/${path}`];
  });
}

/** Whether a running Firefox has a profile: its link `lock` names a process that is there. */
async function isInUse(profile: string): Promise<boolean> {
  const target = await Deno.readLink(`${profile}/lock`).catch(() => "");
  const pid = /\+(\d+)$/.exec(target)?.[1];
  return pid !== undefined && await isThere(`/proc/${pid}`);
}

/** Finds the databases of Firefox's profiles. */
export async function findFirefoxStores(
  { os, home }: Places,
  io: Io,
): Promise<readonly (TrustStore | NoStore)[]> {
  const kind = "firefox";
  const found: (TrustStore | NoStore)[] = [];
  const bases = (FIREFOX[os] ?? []).map((folder) => `${home}/${folder}`);
  for (const base of bases) {
    const path = `${base}/profiles.ini`;
    if (home === null || !await isThere(path)) continue;
    for (const where of profileFolders(await readText(path, io), base)) {
      if (!await isThere(`${where}/cert9.db`)) {
        found.push({ kind, where, missing: "it has no cert9.db yet: start Firefox once" });
      } else {
        found.push(databaseStore(
          kind,
          where,
          await isInUse(where) ? "a running Firefox has it: restart that afterwards" : null,
        ));
      }
    }
  }
  const [where = "this system"] = bases;
  return found.length > 0 ? found : [{ kind, where, missing: "there is no profile of Firefox" }];
}

/** Finds the databases of Chromium. */
export async function findChromiumStores(
  { os, home }: Places,
): Promise<readonly (TrustStore | NoStore)[]> {
  const kind = "chromium";
  if (os !== "linux" || home === null) {
    return [{
      kind,
      where: "this system",
      missing: "Chromium goes by the store of the system here",
    }];
  }
  const folders = CHROMIUM.map((folder) => `${home}/${folder}`);
  const found: TrustStore[] = [];
  for (const where of folders) {
    if (await isThere(`${where}/cert9.db`)) found.push(databaseStore(kind, where, null));
  }
  const [where] = folders as [string];
  return found.length > 0 ? found : [{
    kind,
    where,
    missing: "there is no database: start Chromium once, or make one by " +
      `nss cert create --db ${safe(where)} --no-password`,
  }];
}
