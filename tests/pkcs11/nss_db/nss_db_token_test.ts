// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SQLInputValue } from "node:sqlite";
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { formatTrust, parseTrust } from "../../../cert/db/trust_flags.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { NssContext } from "../../../pkcs11/context/context.ts";
import { findCertFromNickname } from "../../../pkcs11/context/find.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { exportPrivateKeyPem } from "../../../pkcs11/mod.ts";
import { setPasswordFunc } from "../../../pkcs11/slots/slot.ts";
import { keyIdOf } from "../../../pkcs11/keys/key_id.ts";
import { openNssDb, type OpenNssDbOptions } from "../../../pkcs11/nss_db/mod.ts";
import { testCertDB } from "../../cert/cert_db_conformance.ts";
import { programVersion, run } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { assertSigns, certificatesOf, type OpenToken, testToken } from "../token_conformance.ts";
import { bytesOf, dataDirectory, dataProblem, PASSWORD, scratch, sql } from "./_support.ts";
import { rejectsWith } from "../_rejects_with.ts";

async function openEmpty(password: string): Promise<OpenToken> {
  const directory = await scratch();
  return {
    token: await openNssDb(directory, { create: true, password }),
    reopen: () => openNssDb(directory, { readWrite: true }),
    close: () => Deno.remove(directory, { recursive: true }),
  };
}

const KEY_TYPES = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048"] as const;
testToken("NssDbToken", () => openEmpty(""), { keyTypes: KEY_TYPES });
testToken("NssDbToken with a password", () => openEmpty(PASSWORD), {
  password: PASSWORD,
  keyTypes: ["ec-p256"],
});
testCertDB("NssDbToken certificates", async () => certificatesOf(await openEmpty("")));

/** What certutil -L says of the databases of others. */
const LISTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nss_3_124_password: {
    "Test CA": "CT,C,C u",
    "server-rsa": ",, u",
    "server-ec": ",, u",
    "client-ec": "P,, u",
  },
  nss_3_124_empty_password: {
    "Test CA": "CT,C,C u",
    "server-rsa": ",, u",
    "server-ec": ",, u",
    "client-ec": "P,, u",
  },
  legacy_3des: { "Deno CA": "CT,, u", "deno-ec": ",, u", "deno-rsa": ",, u" },
};

for (const [name, list] of Object.entries(LISTS)) {
  const title = `openNssDb() reads ${name}`;
  if (dataProblem !== null) {
    skip(title, dataProblem);
    continue;
  }
  const password = name === "nss_3_124_empty_password" ? undefined : PASSWORD;
  testToken(
    `NssDbToken of ${name}`,
    async () => ({ token: await openNssDb(dataDirectory(name)) }),
    { readOnly: true, ...(password !== undefined && { password }) },
  );

  Deno.test(`${title}: nicknames, trust, keys`, async () => {
    const before = await bytesOf(dataDirectory(name));
    const token = await openNssDb(dataDirectory(name));
    for (const loggedIn of [false, true]) {
      if (loggedIn) await token.login(password ?? "");
      const records = await token.certificates.find({});
      assertEquals(
        Object.fromEntries(records.map(({ nickname, trust, hasKey }) => {
          return [nickname, `${formatTrust(trust ?? parseTrust(""))} ${hasKey ? "u" : ""}`];
        })),
        list,
      );
    }
    await token.close();
    assertEquals(await bytesOf(dataDirectory(name)), before);
  });

  Deno.test(`NssDbToken.changePassword() moves ${name} to another password and back`, async () => {
    const directory = await scratch(dataDirectory(name));
    const token = await openNssDb(directory, { readWrite: true });
    await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => token.changePassword("wrong", "x"));
    for (
      const [from, to] of [[password ?? "", "\u00fc"], ["\u00fc", ""], ["", PASSWORD]] as const
    ) {
      await token.changePassword(from, to);
      const other = await openNssDb(directory);
      assertEquals(other.isLoggedIn, to === "");
      assertEquals(await other.login(from), false);
      assert(await other.login(to));
      for (const { certificate } of await other.certificates.find({})) {
        assert(await other.findKey(certificate) !== undefined);
      }
      await other.close();
    }
    await token.close();
    await Deno.remove(directory, { recursive: true });
  });
}

Deno.test("openNssDb() says what is missing", async () => {
  const directory = await scratch();
  for (const path of [`${directory}/none`, directory]) {
    for (const options of [{}, { readWrite: true }]) {
      await rejectsWith("PR_FILE_NOT_FOUND_ERROR", () => openNssDb(path, options));
    }
  }
  assertEquals([...Deno.readDirSync(directory)], []);
  await (await openNssDb(directory, { create: true })).close();
  await Deno.remove(`${directory}/key4.db`);
  const error = await rejectsWith("PR_FILE_NOT_FOUND_ERROR", () => openNssDb(directory));
  assert(error.message.includes("key4.db"));
  await Deno.remove(directory, { recursive: true });
});

Deno.test("openNssDb() names the form before sql:", async () => {
  const directory = await scratch();
  await Deno.writeTextFile(`${directory}/cert8.db`, "old");
  await Deno.writeTextFile(`${directory}/key3.db`, "old");
  await rejectsWith("SEC_ERROR_LEGACY_DATABASE", () => openNssDb(directory));
  await Deno.remove(directory, { recursive: true });
});

Deno.test("openNssDb() refuses what is no database, or of a newer schema, and leaves it as it is", async () => {
  for (
    const breakIt of [
      (directory: string) =>
        Deno.writeTextFileSync(`${directory}/cert9.db`, "no database ".repeat(99)),
      (directory: string) => Deno.writeTextFileSync(`${directory}/key4.db`, "x"),
      (directory: string) => Deno.truncateSync(`${directory}/cert9.db`, 4096),
      (directory: string) => Deno.truncateSync(`${directory}/cert9.db`, 0),
      (directory: string) =>
        sql(`${directory}/cert9.db`, (db) => db.exec("PRAGMA user_version = 1")),
      (directory: string) => sql(`${directory}/key4.db`, (db) => db.exec("DROP TABLE metaData")),
      (directory: string) =>
        sql(
          `${directory}/cert9.db`,
          (db) => db.exec("ALTER TABLE nssPublic RENAME COLUMN a11 TO b11"),
        ),
    ]
  ) {
    const directory = await scratch();
    await (await openNssDb(directory, { create: true })).close();
    breakIt(directory);
    const before = await bytesOf(directory);
    for (const options of [{}, { readWrite: true }]) {
      await rejectsWith("SEC_ERROR_BAD_DATABASE", () => openNssDb(directory, options));
      assertEquals(await bytesOf(directory), before);
    }
    await Deno.remove(directory, { recursive: true });
  }
});

/** Opens a database in a process of its own, whose rights are the point: to read, and to write. */
async function openElsewhere(
  directory: string,
  permissions: readonly string[],
  prefix: readonly string[] = [],
  ways: readonly OpenNssDbOptions[] = [{}, { readWrite: true }],
): Promise<string> {
  const root = new URL("../../../", import.meta.url);
  const script = `
    const { openNssDb } = await import(${JSON.stringify(`${root}pkcs11/nss_db/mod.ts`)});
    for (const options of ${JSON.stringify(ways)}) {
      try {
        await (await openNssDb(${JSON.stringify(directory)}, options)).close();
        console.log("open");
      } catch (error) {
        console.log(error.name);
      }
    }`;
  const config = `${import.meta.dirname}/../../../deno.json`;
  const [program, ...args] = [
    ...prefix,
    ...[
      Deno.execPath(),
      "run",
      "--no-check",
      "--no-prompt",
      "--config",
      config,
      ...permissions,
      "-",
    ],
  ];
  const { stdout, stderr } = await run(program!, { args, input: script });
  return stdout + stderr;
}

Deno.test("openNssDb() says that a permission is missing", async () => {
  const directory = await scratch();
  await (await openNssDb(directory, { create: true })).close();
  const before = await bytesOf(directory);
  const denied = "PR_NO_ACCESS_RIGHTS_ERROR\n";
  assertEquals(await openElsewhere(directory, []), denied.repeat(2));
  const read = `--allow-read=${directory}`;
  assertEquals(await openElsewhere(directory, [read]), `open\n${denied}`);
  assertEquals(
    await openElsewhere(directory, [read, `--allow-write=${directory}`]),
    "open\nopen\n",
  );
  assertEquals(await bytesOf(directory), before);
  await Deno.remove(directory, { recursive: true });
});

// Root may write everything, unless it gives that right away
const asOwner = Deno.uid() === 0
  ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
  : [];
if (Deno.uid() === 0 && !(await programVersion("setpriv", ["--version"], /util-linux/)).ok) {
  for (const what of ["file", "folder"]) {
    skip(
      `openNssDb() says that a ${what} is read-only`,
      "there is no setpriv, and root may write everything",
    );
  }
} else {
  Deno.test("openNssDb() says that a folder is read-only", async () => {
    const directory = await scratch();
    const ways = [{}, { create: true }];
    await Deno.chmod(directory, 0o500);
    assertEquals(
      await openElsewhere(directory, ["-A"], asOwner, ways),
      "PR_FILE_NOT_FOUND_ERROR\nSEC_ERROR_READ_ONLY\n",
    );
    await Deno.chmod(directory, 0o000);
    assertEquals(
      await openElsewhere(directory, ["-A"], asOwner, ways),
      "PR_NO_ACCESS_RIGHTS_ERROR\nSEC_ERROR_READ_ONLY\n",
    );
    await Deno.chmod(directory, 0o700);
    await Deno.remove(directory, { recursive: true });
  });

  Deno.test("openNssDb() says that a file is read-only", async () => {
    const directory = await scratch();
    await (await openNssDb(directory, { create: true })).close();
    const before = await bytesOf(directory);
    await Deno.chmod(`${directory}/key4.db`, 0o400);
    assertEquals(await openElsewhere(directory, ["-A"], asOwner), "open\nSEC_ERROR_READ_ONLY\n");
    await Deno.chmod(`${directory}/key4.db`, 0o000);
    const denied = "PR_NO_ACCESS_RIGHTS_ERROR\n".repeat(2);
    assertEquals(await openElsewhere(directory, ["-A"], asOwner), denied);
    await Deno.chmod(`${directory}/key4.db`, 0o600);
    assertEquals(await bytesOf(directory), before);
    await Deno.remove(directory, { recursive: true });
  });
}

// Of a file system that is read-only, and of a folder that nobody may change
const mounts = ["unshare", "--map-root-user", "--mount"];
if ((await run("unshare", { args: [...mounts.slice(1), "true"] }).catch(() => null))?.code !== 0) {
  skip("openNssDb() says that a file system is read-only", "unshare may not mount here", true);
} else {
  Deno.test("openNssDb() says that a file system is read-only", async () => {
    const directory = await scratch();
    const mount = ["sh", "-c", 'mount -t tmpfs -o ro none "$0" && exec "$@"', directory];
    assertEquals(
      await openElsewhere(directory, ["-A"], [...mounts, ...mount], [{ create: true }]),
      "SEC_ERROR_READ_ONLY\n",
    );
    await Deno.remove(directory, { recursive: true });
  });
}

const immutable = await scratch();
const chattr = (flag: string) => run("chattr", { args: [flag, immutable] }).catch(() => null);
if ((await chattr("+i"))?.code !== 0) {
  await Deno.remove(immutable);
  skip("openNssDb() says that a folder is immutable", "chattr may not make one here", true);
} else {
  Deno.test("openNssDb() says that a folder is immutable", async () => {
    try {
      await rejectsWith("SEC_ERROR_READ_ONLY", () => openNssDb(immutable, { create: true }));
    } finally {
      await chattr("-i");
      await Deno.remove(immutable, { recursive: true });
    }
  });
}

Deno.test("openNssDb() says that a folder is none, or leads nowhere", async () => {
  const directory = await scratch();
  await Deno.writeTextFile(`${directory}/file`, "");
  await rejectsWith("PR_FILE_NOT_FOUND_ERROR", () => openNssDb(`${directory}/file`));
  await Deno.symlink(`${directory}/loop`, `${directory}/loop`);
  await rejectsWith("SEC_ERROR_IO", () => openNssDb(`${directory}/loop`));
  await Deno.remove(directory, { recursive: true });
});

Deno.test("NssDbToken.findKey() refuses a key that has the id of another public key", async () => {
  const directory = await scratch();
  const token = await openNssDb(directory, { create: true });
  const [mine, other] = [await token.generateKeyPair(), await generateKeyPair()];
  assertEquals(await token.findKey(other.publicKey), undefined);
  const id = await keyIdOf(other.publicKey);
  sql(`${directory}/key4.db`, (db) => db.prepare("UPDATE nssPrivate SET a102 = ?").run(id));
  const error = await rejectsWith("SEC_ERROR_BAD_DATABASE", () => token.findKey(other.publicKey));
  assertStringIncludes(error.message, "has the id of another public key");
  assert((await token.findKey(mine.publicKey))?.publicKey?.equals(mine.publicKey));
  await token.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("NssDbToken.findKey() reads a key anew whose row another program has changed", async () => {
  const directory = await scratch();
  const token = await openNssDb(directory, { create: true });
  const { publicKey } = await token.generateKeyPair();
  const file = `${directory}/key4.db`;
  const row = sql(file, (db) => db.prepare("SELECT a3, a11, a120 FROM nssPrivate").get())!;
  const set = (values: Record<string, SQLInputValue>) =>
    sql(file, (db) => {
      const { a3, a11, a120 } = { ...row, ...values };
      db.prepare("UPDATE nssPrivate SET a3 = ?, a11 = ?, a120 = ?").run(a3!, a11!, a120!);
    });
  const wrong = (row.a11 as Uint8Array).slice();
  wrong[wrong.length - 1]! ^= 1;
  const damages: readonly Record<string, SQLInputValue>[] = [
    { a11: wrong },
    { a120: Uint8Array.of(1) }, // what has to have a MAC, and has none
    { a120: Uint8Array.of(1), a3: null }, // as many attributes as before
  ];
  for (const damage of damages) {
    set({});
    assert(await token.findKey(publicKey) !== undefined);
    set(damage);
    await rejectsWith("SEC_ERROR_BAD_DATABASE", () => token.findKey(publicKey));
  }
  set({});
  await assertSigns((await token.findKey(publicKey))!, publicKey);
  await token.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("NssDbToken.findKey() tries again a key whose MAC comes after it", async () => {
  const directory = await scratch();
  const writing = await openNssDb(directory, { create: true });
  const { publicKey } = await writing.generateKeyPair();
  await writing.close();
  const token = await openNssDb(directory);
  const setNames = (from: string, to: string) =>
    sql(`${directory}/key4.db`, (db) => {
      const change = "UPDATE metaData SET id = replace(id, ?, ?) WHERE id LIKE '%_00000011'";
      db.prepare(change).run(from, to);
    });
  setNames("sig_", "not_yet_");
  await rejectsWith("SEC_ERROR_BAD_DATABASE", () => token.findKey(publicKey));
  setNames("not_yet_", "sig_");
  await assertSigns((await token.findKey(publicKey))!, publicKey);
  await token.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("NssDbToken tells apart keys of one certificate subject and finds them by id", async () => {
  const { token, close } = await openEmpty("");
  const pairs = [await token.generateKeyPair(), await token.generateKeyPair()];
  for (const pair of pairs) {
    const certificate = await createCertificate({ ...pair, subject: "CN=same" });
    await token.certificates.importCert(certificate, { nickname: "same" });
    const found = await token.findKey({ id: pair.id });
    assert(found!.publicKey!.equals(pair.publicKey));
  }
  assertEquals((await token.certificates.find({ nickname: "same" })).length, 2);
  await token.close();
  await close!();
});

Deno.test("NssDbToken holds no Ed25519 keys, and says so", async () => {
  const { token, close } = await openEmpty("");
  await rejectsWith("SEC_ERROR_KEYGEN_FAIL", () => token.generateKeyPair("ed25519"));
  const pair = await generateKeyPair("ed25519", { extractable: true });
  await rejectsWith("SEC_ERROR_UNSUPPORTED_KEYALG", () => token.importKey(pair.privateKey));
  const hidden = await generateKeyPair("ec-p256");
  await rejectsWith(
    "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
    () => token.importKey(hidden.privateKey),
  );
  assertEquals(await token.listKeys(), []);
  await token.close();
  await close!();
});

Deno.test("NssDbToken signs as an RSASSA-PSS key where the certificate is one", async () => {
  const { token, close } = await openEmpty("");
  const pair = await generateKeyPair("rsa-pss-2048", { extractable: true });
  const certificate = await createCertificate({ ...pair, subject: "CN=pss" });
  await token.importKey(pair.privateKey);
  const key = await token.findKey(certificate);
  assertEquals(key!.algorithm.type, "rsa-pss");
  assertEquals(key!.schemes!.filter((scheme) => !scheme.startsWith("rsa_pss_pss")), []);
  await token.close();
  await close!();
});

Deno.test("NssDbToken sees at once what another connection writes, a new password too", async () => {
  const { token, reopen, close } = await openEmpty("");
  const other = await reopen!();
  const pair = await token.generateKeyPair();
  const certificate = await createCertificate({ ...pair, subject: "CN=new" });
  await token.certificates.importCert(certificate, { nickname: "new", trust: parseTrust("P,,") });
  assertEquals((await other.certificates.find({})).length, 1);
  const key = await other.findKey(certificate);
  assert(key !== undefined);
  await token.changePassword("", "now guarded");
  assert((await other.describe()).needsLogin);
  assertFalse(other.isLoggedIn);
  await rejectsWith(
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    () => key.sign("ecdsa_secp256r1_sha256", Uint8Array.of(1)),
  );
  await rejectsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => other.findKey(certificate));
  await rejectsWith(
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    () => other.certificates.setTrust(certificate, parseTrust("p,p,p")),
  );
  assert(await other.login("now guarded"));
  await other.certificates.setTrust(certificate, parseTrust("p,p,p"));
  assertEquals(formatTrust((await token.certificates.find({}))[0]!.trust!), "p,p,p");
  await other.close();
  await token.close();
  await rejectsWith("SEC_ERROR_NO_TOKEN", () => token.certificates.find({}));
  await close!();
});

Deno.test("NssDbToken.logout() and close() in the middle of writes damage nothing", async () => {
  const { token, reopen, close } = await openEmpty(PASSWORD);
  assert(await token.login(PASSWORD));
  let failures = 0;
  for (let i = 0; i < 12; i++) {
    const writes = Promise.allSettled([token.generateKeyPair(), token.generateKeyPair()]);
    await new Promise((resolve) => setTimeout(resolve, i));
    await token.logout();
    for (const result of await writes) {
      if (result.status === "fulfilled") continue;
      failures++;
      assertEquals((result.reason as NssError).name, "SEC_ERROR_TOKEN_NOT_LOGGED_IN");
    }
    assert(await token.login(PASSWORD));
  }
  assert(failures > 0);
  // The write that close() finds under way is whole
  const last = token.generateKeyPair().catch((error) => assert(error instanceof NssError));
  await token.close();
  await last;
  const other = await reopen!();
  assert(await other.login(PASSWORD));
  for (const key of await other.listKeys()) {
    await assertSigns((await other.findKey(key))!, key.publicKey!);
  }
  await other.close();
  await close!();
});

Deno.test("NssDbToken is found by the URIs that NSS's tools print", async () => {
  const { token, close } = await openEmpty("");
  const context = new NssContext({ token, trustAnchors: [] });
  const pair = await token.generateKeyPair();
  const certificate = await createCertificate({ ...pair, subject: "CN=x" });
  await token.certificates.importCert(certificate, { nickname: "x" });
  const uri = "pkcs11:token=NSS%20Certificate%20DB;manufacturer=Mozilla%20Foundation;" +
    "serial=0000000000000000;model=NSS%203;object=x;type=cert";
  assert((await findCertFromNickname(uri, { context })).equals(certificate));
  await context.close();
  await close!();
});

Deno.test("NssDbToken.extractKey() lets go what it is asked for, if it is logged in and marked so", async () => {
  const directory = await scratch();
  const token = await openNssDb(directory, { create: true, password: PASSWORD });
  const login = () => setPasswordFunc(() => PASSWORD, { for: context });
  const context = new NssContext({ token, trustAnchors: [] });
  login();
  const pair = await token.generateKeyPair("ec-p256");
  // What signs stays where it is; only what is extracted may leave
  const found = await token.findKey(pair.publicKey);
  await rejectsWith("SEC_ERROR_INVALID_KEY", () => exportPrivateKeyPem(found!));
  const key = await token.extractKey(pair.publicKey);
  assertStringIncludes(await exportPrivateKeyPem(key!), "BEGIN PRIVATE KEY");
  await assertSigns(key!, pair.publicKey);
  const again = await token.findKey(pair.publicKey);
  await rejectsWith("SEC_ERROR_INVALID_KEY", () => exportPrivateKeyPem(again!));
  assertEquals(await token.extractKey((await generateKeyPair()).publicKey), undefined);
  await token.logout();
  setPasswordFunc(() => null, { for: context });
  await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => token.extractKey(pair.publicKey));
  login();
  for (const mark of ["x'00'", "NULL"]) {
    sql(
      `${directory}/key4.db`,
      (database) => database.exec(`UPDATE nssPrivate SET a162 = ${mark}`),
    );
    await rejectsWith(
      "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
      () => token.extractKey(pair.publicKey),
    );
    await assertSigns((await token.findKey(pair.publicKey))!, pair.publicKey);
  }
  await context.close();
  await rejectsWith("SEC_ERROR_NO_TOKEN", () => token.extractKey(pair.publicKey));
  await Deno.remove(directory, { recursive: true });
});
