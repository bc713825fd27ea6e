// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What a token in Deno KV does where somebody else writes to its store. @module */

import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { formatTrust } from "../../../cert/db/trust_flags.ts";
import { verifyCertNow } from "../../../cert/verify/verify_cert_now.ts";
import { exportPrivateKeyPem, generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { type KvToken, openKvToken } from "../../../pkcs11/kv/kv_token.ts";
import type { KvAtomic, KvStore } from "../../../pkcs11/kv/store.ts";
import { assertSigns } from "../token_conformance.ts";
import { rejectsWith } from "../_rejects_with.ts";

const PASSWORD = "secret";
const PLACE = ["@nss/nss", "password"];

const open = (kv: KvStore, password?: string) =>
  openKvToken({ kv, iterations: 2, ...(password !== undefined && { password }) });

/** A store with a token that has a password, one key and one authority; all closed at the end. */
async function withStore(
  fn: (kv: Deno.Kv, token: KvToken, reopen: (password?: string) => Promise<KvToken>) => unknown,
): Promise<void> {
  using kv = await Deno.openKv(":memory:");
  const tokens = [await open(kv, PASSWORD)];
  const [token] = tokens;
  await token!.generateKeyPair("ec-p256", { label: "mine" });
  await importCert(token!.certificates, authority, { nickname: "authority", trust: "C,," });
  await fn(kv, token!, async (password) => {
    tokens.push(await open(kv, password));
    return tokens.at(-1)!;
  });
  for (const each of tokens) await each.close();
}

const keys = await generateKeyPair("ec-p256", { extractable: true });
const pem = await exportPrivateKeyPem(keys.privateKey);
const authority = await createCertificate({ ...keys, subject: "CN=authority", isCa: true });
const { publicKey: leafKey } = await generateKeyPair();
const leaf = await createCertificate({
  publicKey: leafKey,
  dnsNames: ["localhost"],
  issuer: { certificate: authority, privateKey: keys.privateKey },
});

async function snapshot(kv: Deno.Kv): Promise<Map<string, unknown>> {
  const rows = await Array.fromAsync(kv.list({ prefix: [] }));
  return new Map(rows.map(({ key, value }) => [JSON.stringify(key), value]));
}

/** All that stores something, or uses a key. */
const uses = (token: KvToken): (() => Promise<unknown>)[] => [
  () => token.generateKeyPair(),
  () => token.importKey(pem),
  () => importCert(token.certificates, leaf),
  () => importCert(token.certificates, leaf, { trust: "P,," }),
  () => token.certificates.setTrust(authority, null),
  async () => await token.findKey((await token.listKeys())[0]!),
  () => token.login(PASSWORD),
  () => token.login(""),
  () => token.changePassword(null, "attacker's"),
  () => token.changePassword(PASSWORD, "next"),
];

Deno.test("KvToken whose password row is lost has no new one made, and stores nothing, until it is restored", () =>
  withStore(async (kv, _, reopen) => {
    const { value } = await kv.get(PLACE);
    await kv.delete(PLACE);
    const before = await snapshot(kv);
    const token = await reopen();
    const { isInitialized, needsLogin } = await token.describe();
    assertEquals([isInitialized, needsLogin, token.isLoggedIn], [true, true, false]);
    let asked = 0;
    token.loginHandler = () => Promise.resolve(void asked++);
    for (const use of uses(token)) {
      const error = await rejectsWith("SEC_ERROR_BAD_DATABASE", use);
      assertStringIncludes(error.message, "its password record is missing");
    }
    assertEquals(asked, 0);
    assertEquals(await snapshot(kv), before);
    await rejectsWith("SEC_ERROR_BAD_DATABASE", () => reopen(PASSWORD));
    assertEquals((await token.listKeys()).map(({ label }) => label), ["mine"]);
    await kv.set(PLACE, value);
    assert(await token.login(PASSWORD));
    assert(await token.findKey((await token.listKeys())[0]!));
  }));

Deno.test("KvToken whose keys or certificates alone are there is not taken for a new one", () =>
  withStore(async (kv) => {
    const rows = await Array.fromAsync(kv.list({ prefix: ["@nss/nss"] }));
    for (const kind of ["key", "certificate"]) {
      using other = await Deno.openKv(":memory:");
      for (const { key, value } of rows) if (key[1] === kind) await other.set(key, value);
      const token = await open(other);
      await rejectsWith("SEC_ERROR_BAD_DATABASE", () => token.generateKeyPair());
      await token.close();
    }
  }));

Deno.test("KvToken notices a password record that is lost while it is in use", () =>
  withStore(async (kv, token) => {
    await kv.delete(PLACE);
    await rejectsWith("SEC_ERROR_BAD_DATABASE", () => token.generateKeyPair());
    await rejectsWith("SEC_ERROR_BAD_DATABASE", () => importCert(token.certificates, leaf));
    assertFalse((await snapshot(kv)).has(JSON.stringify(PLACE)));
  }));

Deno.test("KvToken stores nothing under the data key of a password record that was planted", async () => {
  for (const password of ["", "attacker's"]) {
    await withStore(async (kv, inUse, reopen) => {
      using theirs = await Deno.openKv(":memory:");
      await (await open(theirs, password)).close();
      await kv.set(PLACE, (await theirs.get(PLACE)).value);
      const before = await snapshot(kv);
      const token = await reopen();
      token.loginHandler = async () => void await token.login(password);
      for (const each of [token, inUse]) {
        const names = await Promise.all(
          uses(each).slice(0, 5).map((use) => use().then(() => null, ({ name }) => name)),
        );
        for (const name of names) assert(/BAD_DATABASE|NOT_LOGGED_IN/.test(name), name);
      }
      await rejectsWith("SEC_ERROR_BAD_DATABASE", () => token.login(password));
      await rejectsWith("SEC_ERROR_BAD_DATABASE", () => token.changePassword(password, "x"));
      assertEquals(await snapshot(kv), before);
    });
  }
});

Deno.test("KvToken refuses a password record from before the last change, and each row of that time", () =>
  withStore(async (kv, token, reopen) => {
    const old = await snapshot(kv);
    await token.changePassword(PASSWORD, "next");
    const now = await snapshot(kv);
    assertEquals([...old.keys()], [...now.keys()]);
    await kv.set(PLACE, old.get(JSON.stringify(PLACE)));
    const other = await reopen();
    const error = await rejectsWith("SEC_ERROR_BAD_DATABASE", () => other.login(PASSWORD));
    assertStringIncludes(error.message, "is not that of its keys and certificates");
    assertFalse(await other.login("next"));
    await kv.set(PLACE, now.get(JSON.stringify(PLACE)));
    assert(await other.login("next"));
    for (const [key, value] of old) {
      const place: string[] = JSON.parse(key);
      if (!/^(?:key|certificate)$/.test(place[1]!) || place.at(-1) === "revision") continue;
      await kv.set(place, value);
      if (place[1] === "key") {
        const [listed] = await other.listKeys();
        assertEquals([listed!.label, listed!.algorithm], [null, null]);
        await rejectsWith("SEC_ERROR_BAD_DATABASE", () => other.findKey(listed!));
      } else {
        assertEquals(await other.certificates.find({}), []);
        await rejectsWith(
          "SEC_ERROR_BAD_DATABASE",
          () => other.certificates.find({ subject: authority.subject.der }),
        );
      }
      await kv.set(place, now.get(key));
    }
  }));

/** Runs something, and returns the data keys that are used meanwhile. */
async function dataKeysOf(run: () => Promise<unknown>): Promise<Set<string>> {
  const { subtle } = crypto;
  const { importKey } = subtle;
  const seen = new Set<string>();
  subtle.importKey = function (this: SubtleCrypto, ...args: unknown[]) {
    if (args[2] === "HKDF") seen.add((args[1] as Uint8Array).toHex());
    return Reflect.apply(importKey, this, args);
  } as typeof importKey;
  try {
    await run();
  } finally {
    subtle.importKey = importKey;
  }
  return seen;
}

Deno.test("KvToken.changePassword() changes the data key, and forgets the previous one", () =>
  withStore(async (kv, token, reopen) => {
    const before = await dataKeysOf(async () => assert(await token.login(PASSWORD)));
    const [publicKey] = (await token.listKeys()).map(({ publicKey }) => publicKey!);
    for (const [current, next] of [[PASSWORD, "next"], ["next", ""], ["", PASSWORD]] as const) {
      await token.changePassword(current, next);
      const other = await reopen();
      const now = await dataKeysOf(async () => assert(await other.login(next)));
      assertEquals(now.size, 1);
      assertEquals(before.intersection(now).size, 0);
      for (const key of now) before.add(key);
      const { value } = await kv.get<{ dataKey: { ciphertext: Uint8Array } }>(PLACE);
      assertEquals(value!.dataKey.ciphertext.length, 32 + 16);
      await assertSigns((await other.findKey(publicKey!))!, publicKey!);
      const [record] = await other.certificates.find({});
      assertEquals(formatTrust(record!.trust!), "C,,");
      assertEquals((await other.listKeys())[0]!.label, "mine");
    }
  }));

/** A store whose commits a test decides about. */
function storeOf(kv: Deno.Kv, commit: (run: KvAtomic["commit"]) => ReturnType<KvAtomic["commit"]>) {
  const store: KvStore = {
    get: (key) => kv.get(key),
    list: (selector) => kv.list(selector),
    close: () => {},
    atomic: () => {
      const operation = kv.atomic();
      const own = operation.commit.bind(operation);
      return Object.assign(operation, { commit: () => commit(own) });
    },
  };
  return store;
}

Deno.test("KvToken stays logged in where another call has read that it is new, and is slow", async () => {
  using kv = await Deno.openKv(":memory:");
  const steps = { reading: Promise.withResolvers<void>(), going: Promise.withResolvers<void>() };
  const first = Promise.withResolvers<void>();
  let [isListHeld, isGetHeld] = [false, false];
  const token = await openKvToken({
    iterations: 2,
    kv: {
      close: () => {},
      atomic: () => {
        if (!isGetHeld) first.resolve();
        return kv.atomic();
      },
      get: async (key) => {
        if (key.at(-1) !== "password") {
          if (!isGetHeld) first.resolve();
          else {
            isGetHeld = false;
            steps.going.resolve(); // the first is logged in: the second learns that it was new
            await first.promise;
          }
        }
        return await kv.get(key);
      },
      list: async function* (selector) {
        if (isListHeld) {
          isListHeld = false;
          steps.reading.resolve();
          await steps.going.promise;
        }
        yield* kv.list(selector);
      },
    },
  });
  [isListHeld, isGetHeld] = [true, true];
  const second = token.generateKeyPair();
  await steps.reading.promise;
  await token.generateKeyPair();
  await second;
  assertEquals((await token.listKeys()).length, 2);
  await token.close();
});

Deno.test("KvToken completes a change of the password that was interrupted anywhere, at the next login", async () => {
  // The record, then 25 keys and 25 certificates in batches of ten, then the record again
  for (const interrupted of [2, 3, 6, 7]) {
    using kv = await Deno.openKv(":memory:");
    let commits = -Infinity;
    const store = storeOf(kv, (commit) => {
      if (++commits >= interrupted) return Promise.reject(new Error("the machine is off"));
      return commit();
    });
    const token = await open(store, PASSWORD);
    const pairs = [];
    for (let i = 0; i < 25; i++) {
      const pair = await token.generateKeyPair("ec-p256", { label: `key ${i}` });
      const certificate = await createCertificate({ ...pair, subject: `CN=${i}` });
      await importCert(token.certificates, certificate, { nickname: `${i}`, trust: "P,," });
      pairs.push(pair);
    }
    commits = 0;
    await token.changePassword(PASSWORD, "next");
    assertEquals(commits, interrupted);
    const ciphertext = async () =>
      (await kv.get<{ dataKey: { ciphertext: Uint8Array } }>(PLACE)).value!.dataKey.ciphertext;
    assertEquals((await ciphertext()).length, 64 + 16);
    const other = await open(kv);
    assertFalse(await other.login(PASSWORD));
    assert(await other.login("next"));
    assertEquals((await ciphertext()).length, 32 + 16);
    const last = await open(kv, "next");
    assertEquals((await last.listKeys()).filter(({ algorithm }) => algorithm === null), []);
    for (const { publicKey } of pairs) {
      await assertSigns((await last.findKey(publicKey))!, publicKey);
    }
    const records = await last.certificates.find({});
    assertEquals(records.filter(({ trust }) => formatTrust(trust!) === "P,,").length, 25);
    for (const each of [token, other, last]) await each.close();
  }
});

Deno.test("KvToken.changePassword() first completes the one before, or says why it cannot", () =>
  withStore(async (kv, _, reopen) => {
    let commits = -Infinity;
    const broken = new Error("the machine is off");
    const token = await open(
      storeOf(kv, (commit) => ++commits > 1 ? Promise.reject(broken) : commit()),
      PASSWORD,
    );
    commits = 0;
    await token.changePassword(PASSWORD, "one");
    const error = await rejectsWith("SEC_ERROR_IO", () => token.changePassword("one", "two"));
    assertEquals(error.cause, broken);
    commits = -Infinity;
    await token.changePassword("one", "two");
    const other = await reopen("two");
    assertEquals((await other.listKeys()).map(({ label }) => label), ["mine"]);
    await token.close();
  }));

Deno.test("KvToken.changePassword() changes nothing while a row is damaged, and names it", () =>
  withStore(async (kv, token) => {
    const { id } = (await token.listKeys())[0]!;
    const place = ["@nss/nss", "key", id.toHex()];
    const { value } = await kv.get<{ pkcs8: { ciphertext: Uint8Array } }>(place);
    const { pkcs8 } = value!;
    const ciphertext = pkcs8.ciphertext.with(0, pkcs8.ciphertext[0]! ^ 1);
    for (
      const damaged of ["text", { ...value, label: "other" }, {
        ...value,
        pkcs8: { ...pkcs8, ciphertext },
      }]
    ) {
      await kv.set(place, damaged);
      const before = await snapshot(kv);
      const error = await rejectsWith(
        "SEC_ERROR_BAD_DATABASE",
        () => token.changePassword(PASSWORD, "next"),
      );
      assertStringIncludes(error.message, `key ${id.toHex()} is damaged`);
      assertEquals(await snapshot(kv), before);
    }
    assert(await token.deleteKey({ id }));
    await token.changePassword(PASSWORD, "next");
  }));

Deno.test("KvToken loses no key that is stored while another process changes the password, and asks it again", () =>
  withStore(async (_, token, reopen) => {
    const other = await reopen(PASSWORD);
    const { publicKey, privateKey } = await other.generateKeyPair();
    await token.changePassword(PASSWORD, "next");
    await assertSigns(privateKey, publicKey); // what is in use goes on
    await rejectsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => other.generateKeyPair());
    await rejectsWith(
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
      () => importCert(other.certificates, leaf, { trust: "P,," }),
    );
    let asked = 0;
    other.loginHandler = async () => {
      asked++;
      await other.login("next");
    };
    const pair = await other.generateKeyPair();
    assertEquals(asked, 1);
    await token.changePassword("next", "last");
    other.loginHandler = async () => void await other.login("last");
    await importCert(other.certificates, leaf, { trust: "P,," });
    await token.changePassword("last", "");
    const third = await reopen();
    for (const key of [publicKey, pair.publicKey]) {
      await assertSigns((await third.findKey(key))!, key);
    }
    const [record] = await third.certificates.find({ der: leaf.der });
    assertEquals(formatTrust(record!.trust!), "P,,");
  }));

Deno.test("KvToken reads on where another process changes the password of a token without one", async () => {
  using kv = await Deno.openKv(":memory:");
  const [a, b] = [await open(kv), await open(kv)];
  const { publicKey } = await a.generateKeyPair();
  await importCert(a.certificates, authority, { trust: "C,," });
  assertEquals((await b.certificates.find({})).length, 1);
  await a.changePassword("", "next");
  await a.changePassword("next", "");
  assertEquals((await b.listKeys()).map(({ algorithm }) => algorithm?.type), ["ec"]);
  await assertSigns((await b.findKey(publicKey))!, publicKey);
  await a.changePassword("", "next");
  await a.changePassword("next", "");
  const [record] = await b.certificates.find({ der: authority.der });
  assertEquals(formatTrust(record!.trust!), "C,,");
  await a.close();
  await b.close();
});

Deno.test("KvToken believes no trust that it did not write: refused after a login, not told before", () =>
  withStore(async (kv, token, reopen) => {
    using theirs = await Deno.openKv(":memory:");
    const attacker = await open(theirs);
    const rogueKeys = await generateKeyPair();
    const rogue = await createCertificate({ ...rogueKeys, subject: "CN=rogue", isCa: true });
    await importCert(attacker.certificates, rogue, { nickname: "rogue", trust: "CT,C,C" });
    for await (
      const { key, value } of theirs.list({ prefix: ["@nss/nss", "certificate", "der"] })
    ) {
      await kv.set(key, value);
    }
    const victim = await createCertificate({
      publicKey: leafKey,
      dnsNames: ["localhost"],
      issuer: { certificate: rogue, privateKey: rogueKeys.privateKey },
    });
    await rejectsWith(
      "SEC_ERROR_BAD_DATABASE",
      () => verifyCertNow(token.certificates, victim, true, "sslServer"),
    );
    assertEquals((await token.certificates.find({})).map(({ nickname }) => nickname), [
      "authority",
    ]);
    assertStringIncludes(token.certificates.problem!.message, "is damaged");

    const locked = await reopen();
    for (const certificate of [victim, leaf]) {
      const error = await rejectsWith(
        "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
        () => verifyCertNow(locked.certificates, certificate, true, "sslServer"),
      );
      assertEquals(
        error.message,
        'Cannot tell whom token "Deno KV" trusts before a login: only its password shows that the trust is genuine',
      );
    }
    assert(await locked.login(PASSWORD));
    await verifyCertNow(locked.certificates, leaf, true, "sslServer");
    await attacker.close();
  }));

Deno.test("KvToken tells what it distrusts before a login", () =>
  withStore(async (_, token, reopen) => {
    for (
      const [written, told] of [
        ["p,p,p", "p,p,p"],
        ["p,C,P", "p,,"],
        ["Cw,,", null],
        ["P,P,P", null],
        [",,", ",,"],
      ] as const
    ) {
      await importCert(token.certificates, authority, { trust: written });
      const [record] = await (await reopen()).certificates.find({ der: authority.der });
      assertEquals(record!.trust && formatTrust(record!.trust), told, written);
    }
  }));

Deno.test("KvToken ends where others prevent a write or change the record all the time", () =>
  withStore(async (kv) => {
    let [conflicts, commits] = [0, 0];
    const store = storeOf(kv, (commit) => {
      return ++commits <= conflicts ? Promise.resolve({ ok: false }) : commit();
    });
    const token = await open(store, PASSWORD);
    const [key] = await token.listKeys();
    for (
      const [attempts, run] of [
        [16, () => token.generateKeyPair()],
        [16, () => token.importKey(pem)],
        [16, () => token.deleteKey(key!)],
        [16, () => token.changePassword(PASSWORD, PASSWORD)],
      ] as const
    ) {
      [conflicts, commits] = [attempts, 0];
      const error = await rejectsWith("SEC_ERROR_IO", run);
      assertStringIncludes(error.message, "others write all the time");
      assertEquals(commits, attempts);
      [conflicts, commits] = [attempts - 1, 0];
      await run();
    }
    await token.close();
    using empty = await Deno.openKv(":memory:");
    const fresh = await open(storeOf(empty, () => Promise.resolve({ ok: false })));
    await rejectsWith("SEC_ERROR_IO", () => fresh.generateKeyPair());
    await fresh.close();
  }));
