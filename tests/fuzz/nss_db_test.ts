// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.
// This module uses node:

/**
 * Rows of an NSS database, altered as somebody may who can write its files and knows no password.
 */

import { assert } from "@std/assert";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { parseTrust, TRUST_FLAGS } from "../../cert/db/trust_flags.ts";
import { openNssDb } from "../../pkcs11/nss_db/mod.ts";
import { parsePkcs11Txt } from "../../pkcs11/nss_db/pkcs11_txt.ts";
import { parsePkcs11Uri } from "../../pkcs11/context/uri.ts";
import { copyDatabase, scratch, sql } from "../pkcs11/nss_db/_support.ts";
import type { Prng } from "../support/prng.ts";
import { type Bytes, flip, fuzz, mutate, typed } from "./_support.ts";

const PASSWORD = "secret";

const original = await scratch();
const folder = await scratch();
globalThis.addEventListener("unload", () => {
  for (const path of [original, folder]) Deno.removeSync(path, { recursive: true });
});

const made = await openNssDb(original, { create: true });
assert(await made.login(""));
for (const [nickname, trust] of [["ca", "CT,C,C"], ["bad", "p,p,p"], ["own", ",,"]] as const) {
  const pair = await made.generateKeyPair("ec-p256", { label: nickname });
  const certificate = await createCertificate({ ...pair, subject: `CN=${nickname}` });
  await made.certificates.importCert(certificate, { nickname, trust: parseTrust(trust) });
}
await made.changePassword("", PASSWORD);
await made.close();

const TABLES = [
  ["cert9.db", "nssPublic"],
  ["key4.db", "nssPrivate"],
  ["key4.db", "metaData"],
] as const;

/** Alters one to three values, whatever they are. */
function damage(prng: Prng): void {
  for (let times = prng.integer(1, 3); times > 0; times--) {
    const [file, table] = prng.pick(TABLES);
    sql(`${folder}/${file}`, (database) => {
      const row = prng.pick(database.prepare(`SELECT * FROM ${table}`).all());
      const columns = Object.keys(row).filter((name) =>
        name !== "id" && row[name] instanceof Uint8Array
      );
      if (columns.length === 0) return; // an earlier one has taken it
      const column = prng.pick(columns);
      const value = new Uint8Array(row[column] as Uint8Array) as Bytes;
      const next = prng.pick([
        () => value.length > 0 ? flip(prng, value) : value,
        () => mutate(prng, value),
        () => prng.bytes(prng.pick([0, 1, 4, value.length])),
        () => null,
        () => "text",
        () => 7,
      ])();
      database.prepare(`UPDATE ${table} SET ${column} = ? WHERE id IS ?`).run(
        next,
        row.id as string,
      );
    });
  }
}

fuzz(
  "openNssDb() meets altered rows with typed errors, and lets no other trust pass",
  12,
  async (prng) => {
    await copyDatabase(original, folder);
    damage(prng);
    await typed(async () => {
      const token = await openNssDb(folder);
      try {
        if (!await token.login(PASSWORD)) return;
        for (const { certificate, trust } of await token.certificates.find({})) {
          if (trust !== null && String(certificate).includes("CN=bad")) {
            assert((trust.ssl & TRUST_FLAGS.trustedCa) === 0, "what was distrusted is trusted");
          }
          const key = await typed(() => token.findKey(certificate));
          await typed(() => key?.sign("ecdsa_secp256r1_sha256", new Uint8Array(1)));
        }
        await token.listKeys();
      } finally {
        await token.close();
      }
    });
  },
);

fuzz(
  "parsePkcs11Txt() and parsePkcs11Uri() meet altered text with typed errors",
  200,
  async (prng) => {
    const alter = (text: string) =>
      new TextDecoder("latin1").decode(mutate(prng, new TextEncoder().encode(text)));
    const module =
      `library=/usr/lib/a.so\nname="A \\"module\\""\nNSS=flags=internal slotParams={0x00=[slotFlags=RSA]}\n\n`;
    await typed(() => parsePkcs11Txt(alter(module + module)));
    const uri =
      "pkcs11:token=A%20token;object=key;type=private;id=%01%02?pin-value=1234&module-path=/a";
    await typed(() => parsePkcs11Uri(alter(uri)));
  },
);
