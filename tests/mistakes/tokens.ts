// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

import { DatabaseSync } from "node:sqlite";
import { openKvSessionCache } from "@nss/nss/ssl/kv-session-cache";
import { createCertificate, importCert, verifyCertNow } from "@nss/nss/cert";
import {
  generateKeyPair,
  importPkcs12,
  type PasswordAnswer,
  PW_AUTHENTICATED,
  setPasswordFunc,
  Slot,
  SoftToken,
} from "@nss/nss/pkcs11";
import { type KvTokenOptions, openKvToken } from "@nss/nss/pkcs11/kv-token";
import { openNssDb } from "@nss/nss/pkcs11/nss-db";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Tokens and their files";

const KEYS = await generateKeyPair();
const AUTHORITY = await createCertificate({ ...KEYS, subject: "CN=Authority", isCa: true });
const SERVER = await createCertificate({
  publicKey: KEYS.publicKey,
  dnsNames: ["localhost"],
  issuer: { certificate: AUTHORITY, privateKey: KEYS.privateKey },
});

const PASSWORD = ["@nss/nss", "password"];

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "a password function whose only password is wrong",
    make: () => authenticate(["wrong", null]),
    name: "SEC_ERROR_BAD_PASSWORD",
    says: 'Cannot log in to token "Keys": the password is wrong',
  },
  {
    mistake: "a password function that always returns the same wrong password",
    make: () => authenticate(["wrong", "wrong", "wrong"]),
    name: "SEC_ERROR_BAD_PASSWORD",
    says: 'Cannot log in to token "Keys": the password is wrong, 3 were tried',
  },
  {
    mistake: "a password function that returns nothing, as after a forgotten `return`",
    make: () => authenticate([undefined]),
    name: "SEC_ERROR_BAD_PASSWORD",
    says: 'Cannot log in to token "Keys": the password function returned none',
  },
  {
    mistake: "a password function that returns `PW_AUTHENTICATED` without a login",
    make: () => authenticate([PW_AUTHENTICATED]),
    name: "SEC_ERROR_BAD_PASSWORD",
    says:
      'Cannot log in to token "Keys": the password function says that it is logged in, and it is not',
  },
  {
    mistake: "a password function that returns a number",
    make: () => authenticate([1234 as unknown as PasswordAnswer]),
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      'Cannot log in to token "Keys": the password function returned neither a string, null nor PW_AUTHENTICATED',
  },
  {
    mistake: "a KV token that has a password, used without a login",
    make: () =>
      withKv(async (kv) => {
        await prepare(kv);
        return await (await openKvToken({ kv })).generateKeyPair();
      }),
    name: "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    says: 'Cannot generate key pair: token "Deno KV" is not logged in; call its login() first',
  },
  {
    mistake: "trust of a KV token that has a password, used without a login",
    make: () =>
      withKv(async (kv) => {
        await prepare(kv);
        const { certificates } = await openKvToken({ kv });
        return await verifyCertNow(certificates, SERVER, true, "sslServer");
      }),
    name: "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    says:
      'Cannot tell whom token "Deno KV" trusts before a login: only its password shows that the ' +
      "trust is genuine",
  },
  {
    mistake: "the wrong `password` for a KV token",
    make: () =>
      withKv(async (kv) => {
        await prepare(kv);
        return await openKvToken({ kv, password: "wrong" });
      }),
    name: "SEC_ERROR_BAD_PASSWORD",
    says: 'Cannot open token "Deno KV": the password is wrong',
  },
  {
    mistake: "a `password` for a KV token that has none",
    make: () =>
      withKv(async (kv) => {
        await (await openKvToken({ kv })).generateKeyPair();
        return await openKvToken({ kv, password: "secret" });
      }),
    name: "SEC_ERROR_BAD_PASSWORD",
    says: 'Cannot open token "Deno KV": it has no password, and one was given',
  },
  {
    mistake: "a KV token with 0 iterations",
    make: () => withKv((kv) => openKvToken({ kv, iterations: 0 })),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot open token: iterations is 0, not a whole number from 1 to 10000000",
  },
  {
    mistake: "`password: 1234` for a KV token",
    make: () => withKv((kv) => openKvToken({ kv, password: 1234 } as unknown as KvTokenOptions)),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot open token: password is a number, not a string",
  },
  {
    mistake: "a KV token whose password record somebody deleted",
    make: () =>
      withKv(async (kv) => {
        await prepare(kv);
        await kv.delete(PASSWORD);
        return await openKvToken({ kv, password: "secret" });
      }),
    name: "SEC_ERROR_BAD_DATABASE",
    says:
      'Cannot read token "Deno KV": its password record is missing, without which nothing can be ' +
      "decrypted; restore it, or all of the token, from a backup",
  },
  {
    mistake: "a KV token whose password record is from an older backup than its keys",
    make: () =>
      withKv(async (kv) => {
        await prepare(kv);
        const { value } = await kv.get(PASSWORD);
        const token = await openKvToken({ kv, iterations: 1, password: "secret" });
        await token.changePassword("secret", "next");
        await kv.set(PASSWORD, value);
        return await openKvToken({ kv, password: "secret" });
      }),
    name: "SEC_ERROR_BAD_DATABASE",
    says:
      'Cannot read token "Deno KV": its password record is not that of its keys and certificates: ' +
      "one or the other was replaced; restore both from the same backup",
  },
  {
    mistake: "a KV token of a later version of this package",
    make: () =>
      withKv(async (kv) => {
        await kv.set(PASSWORD, { version: 3 });
        return await openKvToken({ kv });
      }),
    name: "SEC_ERROR_BAD_DATABASE",
    says:
      'Cannot read token "Deno KV": it has layout 3, and this version of the package reads layout 2 ' +
      "only",
  },
  {
    mistake: "a secret of 16 bytes for sessions in Deno KV",
    make: () => withKv((kv) => openKvSessionCache({ kv, secret: new Uint8Array(16) })),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot open session cache: its secret is not a Uint8Array of 32 bytes",
  },
  {
    mistake: "a PKCS#12 file in a million pieces",
    make: () => importPkcs12(inPieces(1_000_000), "secret"),
    name: "SEC_ERROR_PKCS12_DECODING_PFX",
    says: "Cannot parse PKCS#12: at byte 750003: the file has more than 250000 elements",
  },
  {
    mistake: "an NSS database in which a crash interrupted a write, opened for reading",
    make: () =>
      withNssDb(async (directory) => {
        interruptWrite(`${directory}/cert9.db`);
        return await openNssDb(directory);
      }),
    name: "SEC_ERROR_BAD_DATABASE",
    says: "Cannot open NSS database: a program was interrupted while it wrote to it; " +
      "open it once with readWrite: true, which restores what was there before",
  },
  {
    mistake: "an NSS database in which somebody replaced a table by a view",
    make: () =>
      withNssDb(async (directory) => {
        const database = new DatabaseSync(`${directory}/cert9.db`);
        database.exec(
          "ALTER TABLE nssPublic RENAME TO t; CREATE VIEW nssPublic AS SELECT * FROM t",
        );
        database.close();
        return await openNssDb(directory);
      }),
    name: "SEC_ERROR_BAD_DATABASE",
    says:
      'Cannot read NSS database: cert9.db has a view named "nssPublic", and NSS makes plain tables only',
  },
];

/** Logs in with a password function of these answers, which are all wrong. */
function authenticate(answers: PasswordAnswer[]): Promise<void> {
  const slot = new Slot({
    name: "Slot",
    token: new SoftToken({ label: "Keys", password: "secret" }),
  });
  setPasswordFunc(() => answers.shift(), { for: slot });
  return slot.authenticate();
}

async function withKv<T>(run: (kv: Deno.Kv) => Promise<T>): Promise<T> {
  using kv = await Deno.openKv(":memory:");
  return await run(kv);
}

/** Makes a token with the password "secret", a key and an authority. */
async function prepare(kv: Deno.Kv): Promise<void> {
  const token = await openKvToken({ kv, iterations: 1, password: "secret" });
  await token.generateKeyPair();
  await importCert(token.certificates, AUTHORITY, { trust: "C,," });
  await token.close();
}

/** A constructed OCTET STRING of so many segments of one byte. */
function inPieces(count: number): Uint8Array {
  const bytes = new Uint8Array(3 * count + 6);
  bytes.set([0x24, 0x84]);
  new DataView(bytes.buffer).setUint32(2, 3 * count);
  for (let i = 6; i < bytes.length; i += 3) bytes.set([4, 1], i);
  return bytes;
}

async function withNssDb<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "nss_db_" });
  try {
    await (await openNssDb(directory, { create: true })).close();
    return await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Leaves a file and its journal as a crash does. */
function interruptWrite(path: string): void {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA cache_size = 2; BEGIN IMMEDIATE");
  const insert = database.prepare("INSERT INTO nssPublic (id, a11) VALUES (?, ?)");
  for (let i = 0; i < 100; i++) insert.run(i, new Uint8Array(3000));
  const crashed = [path, `${path}-journal`].map((file) => [file, Deno.readFileSync(file)] as const);
  database.exec("ROLLBACK");
  database.close();
  for (const [file, bytes] of crashed) Deno.writeFileSync(file, bytes);
}
