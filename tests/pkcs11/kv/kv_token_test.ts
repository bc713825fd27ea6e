// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import {
  assert,
  assertEquals,
  assertFalse,
  assertGreater,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { parseCertificate } from "../../../cert/certificate/certificate.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { parseSubjectPublicKeyInfo } from "../../../cert/certificate/spki.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import type { PasswordRecord } from "../../../pkcs11/kv/sealing.ts";
import { LOCKED_TIMEOUT, withStore } from "../../../pkcs11/kv/store.ts";
import { type KvToken, type KvTokenOptions, openKvToken } from "../../../pkcs11/kv/kv_token.ts";
import { exportPkcs8 } from "../../../pkcs11/keys/private_key.ts";
import { testCertDB } from "../../cert/cert_db_conformance.ts";
import { run } from "../../support/process.ts";
import { assertSigns, certificatesOf, type OpenToken, testToken } from "../token_conformance.ts";
import { rejectsWith } from "../_rejects_with.ts";

const PASSWORD = "secret";
const iterations = 100;

async function open(password?: string): Promise<OpenToken & { path: string; token: KvToken }> {
  const folder = await Deno.makeTempDir({ prefix: "nss_kv_" });
  const path = `${folder}/kv`;
  const token = await openKvToken({ path, iterations });
  if (password !== undefined) {
    await token.changePassword(null, password);
    await token.logout();
  }
  return {
    path,
    token,
    reopen: () => openKvToken({ path, iterations }),
    close: async () => {
      await token.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

testToken("KvToken", () => open(), {
  keyTypes: [
    "ec-p256",
    "ec-p384",
    "ec-p521",
    "ed25519",
    "mldsa44",
    "mldsa87",
    "rsa-2048",
    "rsa-pss-2048",
  ],
});
testToken("KvToken with a password", () => open(PASSWORD), {
  password: PASSWORD,
  keyTypes: ["ec-p256"],
});
testCertDB("KvToken certificates", async () => certificatesOf(await open()));

async function withToken(
  fn: (opened: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const opened = await open(PASSWORD);
  try {
    await fn(opened);
  } finally {
    await opened.close?.();
  }
}

Deno.test("openKvToken() keeps two tokens of one store apart, and leaves a store open that it was given", async () => {
  const kv = await Deno.openKv(":memory:");
  const [a, b] = await Promise.all(
    ["a", "b"].map((name) => openKvToken({ kv, prefix: [name], iterations })),
  );
  await a!.changePassword(null, "one");
  const { publicKey } = await a!.generateKeyPair();
  assertEquals(await b!.findKey(publicKey), undefined);
  assert(!(await b!.describe()).needsLogin);
  await a!.close();
  await b!.close();
  assertEquals((await kv.get(["a", "password"])).value !== null, true);
  kv.close();
});

/** Tokens of one store in memory, without a password. */
async function withTokens(
  fn: (a: KvToken, b: KvToken, kv: Deno.Kv) => Promise<void>,
  options: KvTokenOptions = { iterations },
): Promise<void> {
  const kv = await Deno.openKv(":memory:");
  const [a, b] = [await openKvToken({ ...options, kv }), await openKvToken({ ...options, kv })];
  try {
    await fn(a, b, kv);
  } finally {
    await a.close();
    await b.close();
    kv.close();
  }
}

Deno.test("openKvToken() has a label, a place and 600,000 iterations where nothing is said", () =>
  withTokens(async (token, _, kv) => {
    assertEquals([token.label, token.certificates.name], ["Deno KV", "Deno KV"]);
    await token.changePassword(null, PASSWORD);
    const { value } = await kv.get<{ iterations: number }>(["@nss/nss", "password"]);
    assertEquals(value?.iterations, 600_000);
  }, {}));

Deno.test("openKvToken() closes the store that it opened, with its token or if there is none", async () => {
  const { openKv } = Deno;
  const own = Object.getOwnPropertyDescriptor(Deno, "openKv")!;
  const opened: Deno.Kv[] = [];
  const value = async (path?: string): Promise<Deno.Kv> => {
    const kv = await openKv(path);
    opened.push(kv);
    return kv;
  };
  Object.defineProperty(Deno, "openKv", { value, configurable: true });
  const folder = await Deno.makeTempDir({ prefix: "nss_kv_" });
  const path = `${folder}/kv`;
  try {
    await (await openKvToken({ path })).close();
    const kv = await openKv(path);
    await kv.set(["@nss/nss", "password"], { version: 99 });
    kv.close();
    await rejectsWith("SEC_ERROR_BAD_DATABASE", () => openKvToken({ path }));
  } finally {
    Object.defineProperty(Deno, "openKv", own);
  }
  assertEquals(opened.length, 2);
  for (const kv of opened) assertThrows(() => kv.close(), Error); // once more
  await Deno.remove(folder, { recursive: true });
});

Deno.test("openKvToken() says that a file cannot be opened", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nss_kv_" });
  await rejectsWith("SEC_ERROR_IO", () => openKvToken({ path: `${folder}/none/kv` }));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("KvToken.describe() tells whether there is a password", () =>
  withTokens(async (token, other) => {
    const expected = {
      label: "Mine",
      manufacturer: "NSS for Deno",
      model: "Deno KV",
      serialNumber: "",
      isReadOnly: false,
      isInitialized: false,
      needsLogin: false,
      hasProtectedAuthPath: false,
      isFinalTry: false,
      isLocked: false,
    };
    assertEquals(await token.describe(), expected);
    await token.generateKeyPair();
    assertEquals(await token.describe(), { ...expected, isInitialized: true });
    await token.changePassword("", PASSWORD);
    assert(token.isLoggedIn);
    assertEquals(await other.describe(), { ...expected, isInitialized: true, needsLogin: true });
    assert(!other.isLoggedIn);
  }, { label: "Mine", iterations }));

Deno.test("KvToken that has no password yet takes an empty one, and no other", () =>
  withTokens(async (token) => {
    for (const empty of ["", null]) assert(await token.login(empty));
    assert(!await token.login("wrong"));
    await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => token.changePassword("wrong", "next"));
    await token.changePassword("", "next");
    await token.logout();
    assert(!token.isLoggedIn);
    await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => token.changePassword(null, "other"));
    await token.changePassword("next", "");
    await token.logout();
    assert(token.isLoggedIn);
  }));

Deno.test("KvToken hashes a password as often as it is told", () =>
  withTokens(async (token, _, kv) => {
    await token.changePassword(null, PASSWORD);
    const { value } = await kv.get<{ iterations: number }>(["@nss/nss", "password"]);
    assertEquals(value?.iterations, 7);
  }, { iterations: 7 }));

Deno.test("KvToken lets keys be used after a second login", () =>
  withTokens(async (token) => {
    await token.changePassword(null, PASSWORD);
    const { publicKey, privateKey } = await token.generateKeyPair();
    assert(await token.login(PASSWORD));
    await assertSigns(privateKey, publicKey);
  }));

Deno.test("KvToken leaves no copy of the key that its keys are encrypted with", () =>
  withTokens(async (a, b) => {
    const { subtle } = crypto;
    const { importKey } = subtle;
    const keys: Uint8Array[] = [];
    subtle.importKey = function (this: SubtleCrypto, ...args: unknown[]) {
      if (args[2] === "HKDF") keys.push(args[1] as Uint8Array);
      return Reflect.apply(importKey, this, args);
    } as typeof importKey;
    try {
      await a.changePassword(null, PASSWORD);
      assert(await b.login(PASSWORD));
    } finally {
      subtle.importKey = importKey;
    }
    assertEquals(keys, [new Uint8Array(32), new Uint8Array(32)]);
  }));

Deno.test("KvToken.findKey() finds no key of another kind or with another exponent", () =>
  withTokens(async (token) => {
    const pair = await token.generateKeyPair("rsa-2048");
    const { der } = pair.publicKey;
    assertEquals(der.subarray(-3), Uint8Array.of(1, 0, 1)); // the exponent
    const other = parseSubjectPublicKeyInfo(der.with(der.length - 1, 3));
    assertEquals(await token.findKey(other), undefined);
    const hex = (await createCertificate({ ...await generateKeyPair(), subject: "CN=odd" })).der
      .toHex().replace("06072a8648ce3d0201", "06072a8648ce3d027f"); // no ecPublicKey
    assertEquals(await token.findKey(parseCertificate(Uint8Array.fromHex(hex))), undefined);
  }));

Deno.test("KvToken without a password lets its keys be used after a logout", () =>
  withTokens(async (token) => {
    const { publicKey, privateKey } = await token.generateKeyPair();
    await token.logout();
    await assertSigns(privateKey, publicKey);
  }));

Deno.test("KvToken makes one key for all who begin at once", () =>
  withTokens(async (a, b) => {
    const [mine, its] = await Promise.all([a.generateKeyPair(), b.generateKeyPair()]);
    for (const token of [a, b]) {
      for (const { publicKey } of [mine, its]) {
        await assertSigns((await token.findKey(publicKey))!, publicKey);
      }
    }
  }));

Deno.test("KvToken asks for the password that somebody else has given it meanwhile", () =>
  withTokens(async (a, b) => {
    await b.changePassword(null, PASSWORD);
    await rejectsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => a.generateKeyPair());
    await b.changePassword(PASSWORD, "");
    await a.describe();
    await b.changePassword("", PASSWORD);
    a.loginHandler = async () => void await a.login(PASSWORD);
    const { publicKey } = await a.generateKeyPair();
    await assertSigns((await b.findKey(publicKey))!, publicKey);
  }));

Deno.test("KvToken.importKey() leaves a key that is there as it is, and takes none that may not leave", () =>
  withTokens(async (token) => {
    const pair = await generateKeyPair("ec-p256", { extractable: true });
    assertEquals((await token.importKey(pair.privateKey)).label, null);
    assertEquals((await token.importKey(pair.privateKey, { label: "late" })).label, null);
    const hidden = await generateKeyPair();
    await rejectsWith(
      "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
      () => token.importKey(hidden.privateKey),
    );
  }));

Deno.test("KvToken.importKey() says that a name is too long for the store", () =>
  withTokens(async (token) => {
    const pair = await generateKeyPair("ec-p256", { extractable: true });
    const label = "x".repeat(70_000);
    await rejectsWith("SEC_ERROR_IO", () => token.importKey(pair.privateKey, { label }));
    assertEquals(await token.listKeys(), []);
  }));

Deno.test("KvToken.deleteKey() needs a login where there is such a key", () =>
  withTokens(async (token, other) => {
    const { publicKey, id } = await token.generateKeyPair();
    await token.changePassword("", PASSWORD);
    await other.describe();
    assert(!await other.deleteKey({ id: Uint8Array.of(1) }));
    await rejectsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => other.deleteKey(publicKey));
    assertEquals((await token.listKeys()).length, 1);
    assert(await token.deleteKey({ id }));
    assert(!await token.deleteKey({ id }));
  }));

Deno.test("KvToken.deleteKey() tries again where somebody writes in between", () =>
  withTokens(async (token, _, kv) => {
    const { id } = await token.generateKeyPair();
    const key = ["@nss/nss", "key", id.toHex()];
    const { get } = kv;
    let reads = 0;
    kv.get = async function (this: Deno.Kv, ...args: Parameters<typeof get>) {
      const entry = await Reflect.apply(get, kv, args);
      if (++reads === 1) await kv.set(key, entry.value); // after the look at what to delete
      return entry;
    } as typeof get;
    assert(await token.deleteKey({ id }));
    assertEquals(reads, 2);
    assertEquals(await token.listKeys(), []);
  }));

Deno.test("KvToken.deleteKey() does not claim to have removed what somebody else has", () =>
  withTokens(async (token, _, kv) => {
    const { id } = await token.generateKeyPair();
    const { get } = kv;
    kv.get = async function (this: Deno.Kv, ...args: Parameters<typeof get>) {
      const entry = await Reflect.apply(get, kv, args);
      await kv.delete(["@nss/nss", "key", id.toHex()]); // after it has been found
      return entry;
    } as typeof get;
    assertFalse(await token.deleteKey({ id }));
  }));

Deno.test("KvToken answers nothing once it is closed, nor do its keys sign", async () => {
  const { token, reopen, close } = await open();
  const { publicKey, privateKey } = await token.generateKeyPair();
  const { privateKey: other } = await generateKeyPair("ec-p256", { extractable: true });
  await token.close();
  await token.close();
  assert(!token.isLoggedIn);
  const scheme = "ecdsa_secp256r1_sha256";
  for (
    const run of [
      () => token.describe(),
      () => token.login(""),
      () => token.changePassword(null, PASSWORD),
      () => token.listKeys(),
      () => token.findKey(publicKey),
      () => token.generateKeyPair(),
      () => token.importKey(other),
      () => token.deleteKey(publicKey),
    ]
  ) {
    const error = await rejectsWith("SEC_ERROR_NO_TOKEN", run);
    assertStringIncludes(error.message, "is closed");
  }
  await rejectsWith(
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    () => privateKey.sign(scheme, Uint8Array.of(1)),
  );
  const again = await reopen!();
  assertEquals((await again.listKeys()).length, 1);
  await again.close();
  await close!();
});

Deno.test("KvToken stores nothing of a private key in clear", () =>
  withToken(async ({ token, path }) => {
    const pair = await generateKeyPair("ec-p256", { extractable: true });
    await token.login(PASSWORD);
    await token.importKey(pair.privateKey, { label: "mine" });
    const pkcs8 = (await exportPkcs8(pair.privateKey)).toHex();
    const scalar = pkcs8.slice(72, 136);
    assertEquals(pkcs8.slice(62, 72), "0201010420"); // what stands before the scalar
    const kv = await Deno.openKv(path);
    let entries = 0;
    for await (const { value } of kv.list({ prefix: [] })) {
      entries++;
      const bytes = (part: unknown): string =>
        part instanceof Uint8Array
          ? part.toHex()
          : typeof part === "object" && part !== null
          ? Object.values(part).map(bytes).join()
          : String(part);
      assert(!bytes(value).includes(scalar));
      assert(!bytes(value).includes(PASSWORD));
    }
    assertGreater(entries, 1);
    kv.close();
  }));

Deno.test("KvToken tells damaged records from wrong passwords", () =>
  withToken(async ({ token, path }) => {
    await token.login(PASSWORD);
    const [a, b] = [await token.generateKeyPair(), await token.generateKeyPair()];
    const kv = await Deno.openKv(path);
    const keyOf = (id: Uint8Array): string[] => ["@nss/nss", "key", id.toHex()];
    const stored = async (id: Uint8Array) =>
      (await kv.get(keyOf(id))).value as { spki: Uint8Array; pkcs8: { ciphertext: Uint8Array } };
    const fails = async (message: string): Promise<void> => {
      const error = await assertRejects(() => token.findKey(a), NssError);
      assertEquals(error.name, "SEC_ERROR_BAD_DATABASE");
      assertStringIncludes(error.message, message);
    };
    const [first, second] = [await stored(a.id), await stored(b.id)];
    // Another key's ciphertext, a flipped bit, and something else altogether
    await kv.set(keyOf(a.id), { ...first, pkcs8: second.pkcs8 });
    await fails(a.id.toHex());
    const ciphertext = first.pkcs8.ciphertext.slice();
    ciphertext[3]! ^= 1;
    await kv.set(keyOf(a.id), { ...first, pkcs8: { ...first.pkcs8, ciphertext } });
    await fails(a.id.toHex());
    await kv.set(keyOf(a.id), "text");
    await fails(a.id.toHex());
    await kv.set(["@nss/nss", "password"], { version: 3 });
    const error = await rejectsWith("SEC_ERROR_BAD_DATABASE", () => openKvToken({ path }));
    assertStringIncludes(error.message, "it has layout 3, and this version of the package reads");
    await kv.set(["@nss/nss", "password"], { version: 2 });
    const other = await openKvToken({ path });
    await rejectsWith("SEC_ERROR_BAD_DATABASE", () => other.login(PASSWORD));
    await other.close();
    kv.close();
  }));

Deno.test("KvToken without a password says that its password record is damaged, and does not try on", () =>
  withTokens(async (token, other, kv) => {
    const { publicKey } = await token.generateKeyPair();
    const place = ["@nss/nss", "password"];
    const { value } = await kv.get<PasswordRecord>(place);
    const ciphertext = value!.dataKey.ciphertext.slice();
    ciphertext[0]! ^= 1;
    await kv.set(place, { ...value!, dataKey: { ...value!.dataKey, ciphertext } });
    const { get } = kv;
    let reads = 0;
    kv.get = function (this: Deno.Kv, ...args: Parameters<typeof get>) {
      assert(++reads < 10, "it tries on");
      return Reflect.apply(get, kv, args);
    } as typeof get;
    assertFalse(await other.login("wrong"));
    await rejectsWith("SEC_ERROR_BAD_DATABASE", () => other.login(""));
    const error = await rejectsWith("SEC_ERROR_BAD_DATABASE", () => other.findKey(publicKey));
    assertStringIncludes(error.message, "its password record is damaged");
  }));

Deno.test("KvToken loses no write of several tokens on one file", () =>
  withToken(async ({ path }) => {
    const tokens = await Promise.all(
      Array.from({ length: 4 }, () => openKvToken({ path, iterations })),
    );
    for (const token of tokens) assert(await token.login(PASSWORD));
    const pairs = await Promise.all(
      tokens.flatMap((token) => [1, 2, 3, 4, 5].map(() => token.generateKeyPair())),
    );
    const listed = await tokens[0]!.listKeys();
    assertEquals(
      listed.map(({ id }) => id.toHex()).sort(),
      pairs.map(({ id }) => id.toHex()).sort(),
    );
    for (const token of tokens) await token.close();
  }));

Deno.test("KvToken loses no write of several processes on one file", () =>
  withToken(async ({ token, path }) => {
    const cwd = `${import.meta.dirname}/../../..`;
    const script = `
      import { openKvToken } from "./pkcs11/kv/kv_token.ts";
      import { createCertificate } from "./cert/create/create_certificate.ts";
      const token = await openKvToken({ path: Deno.args[0] });
      if (!await token.login(${JSON.stringify(PASSWORD)})) throw new Error("not logged in");
      for (let i = 0; i < 10; i++) {
        const pair = await token.generateKeyPair();
        const subject = "CN=" + crypto.randomUUID();
        const certificate = await createCertificate({ ...pair, subject });
        await token.certificates.importCert(certificate, { nickname: subject });
      }
      await token.close();`;
    const file = `${path}.ts`;
    await Deno.writeTextFile(
      file,
      script.replaceAll('"./', `"${new URL("../../../", import.meta.url).href}`),
    );
    const args = ["run", "-A", "--config", "deno.json", file, path];
    const results = await Promise.all([1, 2, 3].map(() => run(Deno.execPath(), { args, cwd })));
    for (const { code, stderr } of results) assertEquals(code, 0, stderr);
    assertEquals((await token.listKeys()).length, 30);
    const records = await token.certificates.find({});
    assertEquals(records.filter(({ hasKey }) => hasKey).length, 30);
  }));

Deno.test("KvToken.changePassword() lets one of two at once win", () =>
  withToken(async ({ token, path }) => {
    const other = await openKvToken({ path, iterations });
    const results = await Promise.allSettled([
      token.changePassword(PASSWORD, "one"),
      other.changePassword(PASSWORD, "two"),
    ]);
    const won = results.findIndex(({ status }) => status === "fulfilled");
    assertEquals(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert(await token.login(["one", "two"][won]!));
    await other.close();
  }));

Deno.test("openKvToken() says what is missing where there is no Deno KV", async () => {
  const url = new URL("../../../pkcs11/kv/kv_token.ts", import.meta.url).href;
  const { stdout, stderr } = await run(Deno.execPath(), {
    args: ["run", "--no-config", "--no-remote", "-A", `--import-map=${await importMap()}`, "-"],
    input: `const { openKvToken } = await import(${JSON.stringify(url)});
      await openKvToken({ path: ":memory:" }).catch((error) => console.log(error.name, error.message));`,
  });
  assertStringIncludes(stdout + stderr, "PR_OPERATION_NOT_SUPPORTED_ERROR");
  assertStringIncludes(stdout, "--unstable-kv");
});

/** Without this repository's deno.json, which turns Deno KV on. */
async function importMap(): Promise<string> {
  const imports: Record<string, string> = {};
  for (const folder of ["crypto", "encoding"]) {
    const manifest = new URL(`../../support/std/${folder}/deno.json`, import.meta.url);
    const { name, exports } = JSON.parse(await Deno.readTextFile(manifest));
    for (const [entry, path] of Object.entries<string>(exports)) {
      imports[name + entry.slice(1)] = new URL(path, manifest).href;
    }
  }
  const path = await Deno.makeTempFile({ suffix: ".json" });
  globalThis.addEventListener("unload", () => Deno.removeSync(path));
  await Deno.writeTextFile(path, JSON.stringify({ imports }));
  return path;
}

Deno.test("withStore() tries a locked store again, and tells how long", async () => {
  const locked = new TypeError("database is locked");
  let tries = 0;
  const result = await withStore("read keys", () => {
    if (++tries < 4) throw locked;
    return Promise.resolve("read");
  });
  assertEquals([result, tries], ["read", 4]);
  tries = 0;
  const late = await assertRejects(
    () => withStore("read keys", () => Promise.reject((tries++, locked)), 20),
    NssError,
  );
  assertEquals([late.name, late.cause], ["SEC_ERROR_IO", locked]);
  assertStringIncludes(late.message, "locked by others for 20 ms");
  assertGreater(tries, 1);
  assertEquals(LOCKED_TIMEOUT, 5000);
  tries = 0;
  await assertRejects(
    () => withStore("read keys", () => Promise.reject((tries++, locked)), 0),
    NssError,
  );
  assertEquals(tries, 1);
});

Deno.test("withStore() knows a locked store by what SQLite says, whoever hands it on", async () => {
  for (
    const [thrown, expected] of [
      [new Error("database is locked"), 2],
      [new TypeError("sqlite_busy: try again"), 2],
      [new Error("database is full"), 1],
      [{ message: "database is locked" }, 1], // no error, whatever it is
      [new NssError("SEC_ERROR_BAD_DATABASE", "database is locked"), 1],
    ] as const
  ) {
    let tries = 0;
    const run = () => {
      if (++tries === 1) throw thrown;
      return Promise.resolve("read");
    };
    const error = await withStore("read keys", run).then(() => null, (error) => error);
    assertEquals(tries, expected, String(thrown));
    assertEquals(error === null, expected === 2);
    if (thrown instanceof NssError) assertEquals(error, thrown);
  }
});

Deno.test("withStore() waits twice as long each time, from 8 ms to 250, shortened by chance", async () => {
  const { random } = Math;
  const { setTimeout } = globalThis;
  const waits: number[] = [];
  try {
    for (const chance of [0, 1]) {
      Math.random = () => chance;
      globalThis.setTimeout = ((resolve: () => void, wait: number) => {
        waits.push(wait);
        queueMicrotask(resolve);
      }) as unknown as typeof setTimeout;
      const run = () => Promise.reject(new Error("database is locked"));
      await assertRejects(() => withStore("read keys", run, 500), NssError);
      assertEquals(
        waits.splice(0),
        chance === 0 ? [4, 8, 16, 32, 64, 125, 125, 125, 125] : [8, 16, 32, 64, 128, 250, 250],
      );
    }
  } finally {
    Math.random = random;
    globalThis.setTimeout = setTimeout;
  }
});

Deno.test("withStore() tries nothing again that fails otherwise", async () => {
  let tries = 0;
  const broken = new Error("disk I/O error");
  const error = await assertRejects(
    () => withStore("read keys", () => Promise.reject((tries++, broken))),
    NssError,
  );
  assertEquals([error.name, error.cause, tries], ["SEC_ERROR_IO", broken, 1]);
});
