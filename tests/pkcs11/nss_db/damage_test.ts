// Copyright 2026 the NSS for Deno authors. MIT license.

/** Each column and each MAC of a database, damaged. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { formatTrust, parseTrust } from "../../../cert/db/trust_flags.ts";
import { openNssDb } from "../../../pkcs11/nss_db/mod.ts";
import { skip } from "../../support/skip.ts";
import {
  bytesOf,
  copyDatabase,
  dataDirectory,
  dataProblem,
  PASSWORD,
  scratch,
  sql,
} from "./_support.ts";

type Database = Parameters<Parameters<typeof sql>[1]>[0];

/** All that a program sees of a database: certificates, trust, keys and that they sign. */
async function exercise(directory: string, password: string): Promise<string> {
  const token = await openNssDb(directory);
  try {
    assert(await token.login(password));
    const seen: string[] = [];
    for (const { certificate, nickname, trust, hasKey } of await token.certificates.find({})) {
      const key = await token.findKey(certificate);
      const scheme = key?.schemes?.[0];
      const signature = scheme === undefined ? null : await key!.sign(scheme, Uint8Array.of(1, 2));
      const fingerprint = (await certificate.fingerprint()).toHex();
      seen.push(
        `${fingerprint} ${nickname} ${trust && formatTrust(trust)} ${hasKey} ${signature !== null}`,
      );
    }
    const keys = await token.listKeys();
    seen.push(...keys.map(({ id, label, publicKey }) => `${id.toHex()} ${label} ${publicKey}`));
    return seen.sort().join("\n");
  } finally {
    await token.close();
  }
}

/**
 * A database of ours: an authority that is trusted, a server with RSA, a distrusted one with P-384.
 */
async function makeDatabase(): Promise<string> {
  const directory = await scratch();
  const token = await openNssDb(directory, { create: true });
  for (
    const [type, nickname, trust] of [
      ["ec-p256", "ca", "CT,C,C"],
      ["rsa-2048", "rsa", null],
      ["ec-p384", "bad", "p,p,p"],
    ] as const
  ) {
    const pair = await token.generateKeyPair(type, { label: nickname });
    const certificate = await createCertificate({ ...pair, subject: `CN=${nickname}` });
    const options = trust === null ? {} : { trust: parseTrust(trust) };
    await token.certificates.importCert(certificate, { nickname, ...options });
  }
  await token.close();
  return directory;
}

interface Damage {
  readonly title: string;
  readonly file: "cert9.db" | "key4.db";
  readonly run: (database: Database) => void;
}

/**
 * Whether nothing tells that the column has been something else: nicknames, CKA_ID, the signature
 * of a certificate.
 */
function mayDiffer(title: string): boolean {
  return /^a(?:3|102) |^a11 .* last bit/.test(title);
}

function damages(directory: string): { readonly each: Damage[]; readonly macs: Damage[] } {
  const each: Damage[] = [];
  const macs: Damage[] = [];
  for (const [file, table] of [["cert9.db", "nssPublic"], ["key4.db", "nssPrivate"]] as const) {
    const rows = sql(`${directory}/${file}`, (db) => db.prepare(`SELECT * FROM ${table}`).all());
    for (const { id, ...row } of rows) {
      for (const [column, value] of Object.entries(row)) {
        if (!(value instanceof Uint8Array)) continue;
        const set = (what: string, next: Uint8Array | string | null): void => {
          const update = `UPDATE ${table} SET ${column} = ? WHERE id = ?`;
          each.push({
            title: `${column} of ${id} ${what}`,
            file,
            run: (db) => db.prepare(update).run(next, Number(id)),
          });
        };
        const flipped = value.slice();
        flipped[0]! ^= 0xff;
        set("flipped at its first byte", flipped);
        const last = value.slice();
        last[last.length - 1]! ^= 1;
        set("flipped at its last bit", last);
        if (id === rows[0]!.id) set("as text", "text");
        set("missing", null);
      }
    }
  }
  const rows = sql(`${directory}/key4.db`, (db) => db.prepare("SELECT id FROM metaData").all());
  for (const { id } of rows) {
    const name = String(id);
    if (!name.startsWith("sig_")) continue;
    macs.push({
      title: `${name} wrong`,
      file: "key4.db",
      run: (db) => {
        const { item1 } = db.prepare("SELECT item1 FROM metaData WHERE id = ?").get(name)!;
        const wrong = (item1 as Uint8Array).slice();
        wrong[wrong.length - 1]! ^= 1;
        db.prepare("UPDATE metaData SET item1 = ? WHERE id = ?").run(wrong, name);
      },
    }, {
      title: `${name} malformed`,
      file: "key4.db",
      run: (db) => db.prepare("UPDATE metaData SET item1 = x'3000' WHERE id = ?").run(name),
    }, {
      title: `${name} missing`,
      file: "key4.db",
      run: (db) => db.prepare("DELETE FROM metaData WHERE id = ?").run(name),
    });
  }
  return { each, macs };
}

/** Tries damages, several at once: each needs its time to make sure that nobody is writing. */
async function tryAll(
  original: string,
  password: string,
  list: readonly Damage[],
  check: (damage: Damage, outcome: string | NssError) => void,
): Promise<void> {
  const queue = [...list];
  await Promise.all(Array.from({ length: 12 }, async () => {
    const directory = await scratch();
    for (let damage = queue.pop(); damage !== undefined; damage = queue.pop()) {
      await copyDatabase(original, directory);
      sql(`${directory}/${damage.file}`, damage.run);
      const before = await bytesOf(directory);
      const outcome = await exercise(directory, password).catch((error) => {
        if (error instanceof NssError) return error;
        throw error;
      });
      check(damage, outcome);
      assertEquals(await bytesOf(directory), before, `${damage.title}: the files have changed`);
    }
    await Deno.remove(directory, { recursive: true });
  }));
}

async function tryDatabase(original: string, password: string, every: number): Promise<void> {
  const whole = await exercise(original, password);
  const all = damages(original);
  assert(all.each.length > 250 && all.macs.length > 60);
  const each = all.each.filter((_, i) => i % every === 0);
  const macs = all.macs.filter((_, i) => i % every === 0);
  let [detected, harmless] = [0, 0];
  await tryAll(original, password, each, ({ title }, outcome) => {
    if (outcome instanceof NssError) {
      assertEquals(outcome.name, "SEC_ERROR_BAD_DATABASE", `${title}: ${outcome.message}`);
      detected++;
    } else {
      harmless++;
      if (!mayDiffer(title)) assertEquals(outcome, whole, title);
    }
  });
  assert(
    detected > each.length / 4 && harmless > each.length / 4,
    `${detected} detected, ${harmless} harmless`,
  );
  // MACs of public keys protect what this package does not read
  const publicKeys = sql(
    `${original}/cert9.db`,
    (db) => db.prepare("SELECT id FROM nssPublic WHERE a0 = x'00000002'").all(),
  ).map(({ id }) => `sig_cert_${Number(id).toString(16).padStart(8, "0")}`);
  await tryAll(original, password, macs, ({ title }, outcome) => {
    if (publicKeys.some((name) => title.startsWith(name))) assertEquals(outcome, whole, title);
    else {
      assert(outcome instanceof NssError, `${title} is not noticed`);
      assertEquals(outcome.name, "SEC_ERROR_BAD_DATABASE", title);
    }
  });
}

Deno.test("NssDbToken notices each column and each MAC that is damaged, and changes nothing", async () => {
  const original = await makeDatabase();
  // All of it in the long run
  await tryDatabase(original, "", Deno.env.has("NSS_SOAK") ? 1 : 5);
  await Deno.remove(original, { recursive: true });
});

if (dataProblem !== null) {
  skip("NssDbToken notices damage in a database of NSS 3.124", dataProblem);
} else {
  Deno.test("NssDbToken notices damage in a database of NSS 3.124, too", async () => {
    // All of it in the long run
    const every = Deno.env.has("NSS_SOAK") ? 1 : 7;
    await tryDatabase(dataDirectory("nss_3_124_empty_password"), "", every);
  });

  Deno.test("NssDbToken.changePassword() makes nothing authentic that was not", async () => {
    const directory = await scratch(dataDirectory("nss_3_124_password"));
    // From distrusting to trusting: CKT_MUST_VERIFY_TRUST to CKT_TRUST_ANCHOR
    sql(
      `${directory}/cert9.db`,
      (db) => db.exec("UPDATE nssPublic SET a62c = x'00000002' WHERE a62c = x'00000004'"),
    );
    const before = await bytesOf(directory);
    const token = await openNssDb(directory, { readWrite: true });
    const error = await assertRejects(() => token.changePassword(PASSWORD, "x"), NssError);
    assertEquals(error.name, "SEC_ERROR_BAD_DATABASE");
    await token.close();
    assertEquals(await bytesOf(directory), before);
    await Deno.remove(directory, { recursive: true });
  });

  Deno.test("NssDbToken tells a wrong password from a damaged record of it", async () => {
    const directory = await scratch(dataDirectory("nss_3_124_password"));
    for (
      const [change, expected] of [
        ["UPDATE metaData SET item2 = x'3000' WHERE id = 'password'", "SEC_ERROR_BAD_DATABASE"],
        ["UPDATE metaData SET item2 = NULL WHERE id = 'password'", "SEC_ERROR_BAD_DATABASE"],
        ["UPDATE metaData SET item1 = x'' WHERE id = 'password'", "SEC_ERROR_BAD_DATABASE"],
        [
          "UPDATE metaData SET item1 = zeroblob(65) WHERE id = 'password'",
          "SEC_ERROR_BAD_DATABASE",
        ],
        ["UPDATE metaData SET item1 = zeroblob(64) WHERE id = 'password'", null],
        ["UPDATE metaData SET item1 = 'text' WHERE id = 'password'", "SEC_ERROR_BAD_DATABASE"],
        ["DELETE FROM metaData WHERE id = 'password'", "SEC_ERROR_TOKEN_NOT_LOGGED_IN"],
      ] as const
    ) {
      await copyDatabase(dataDirectory("nss_3_124_password"), directory);
      sql(`${directory}/key4.db`, (db) => db.exec(change));
      const logIn = async (): Promise<boolean> => {
        const token = await openNssDb(directory);
        try {
          return await token.login(PASSWORD);
        } finally {
          await token.close();
        }
      };
      // The longest salt is another one, so that the password is wrong
      if (expected === null) assertEquals(await logIn(), false);
      else assertEquals((await assertRejects(logIn, NssError)).name, expected, change);
    }
    await Deno.remove(directory, { recursive: true });
  });
}
