// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { BaseToken, type TokenParts } from "../../../pkcs11/token/base_token.ts";
import { MemoryKeyStore } from "../../../pkcs11/token/memory_key_store.ts";
import type { TokenInfo } from "../../../pkcs11/token/token.ts";
import type { TokenLogin } from "../../../pkcs11/token/token_login.ts";

const DATA = Uint8Array.of(1, 2, 3);
const SCHEME = "ecdsa_secp256r1_sha256";

/** A token of whatever parts. */
class TestToken extends BaseToken {
  readonly certificates = new MemoryCertDB();

  describe(): Promise<TokenInfo> {
    return Promise.resolve(this.infoOf({ model: "", isInitialized: true, needsLogin: false }));
  }
}

/** A login whose session the test begins and ends. */
class TestLogin implements TokenLogin {
  session: object | null = null;
  readonly calls: string[] = [];

  get isLoggedIn(): boolean {
    return this.session !== null;
  }
  open(): Promise<object | null> {
    this.calls.push("open");
    return Promise.resolve(this.session);
  }
  login(): Promise<boolean> {
    this.calls.push("login");
    this.session ??= {};
    return Promise.resolve(true);
  }
  logout(): Promise<void> {
    this.calls.push("logout");
    this.session = null;
    return Promise.resolve();
  }
  changePassword(): Promise<void> {
    this.calls.push("changePassword");
    return Promise.resolve();
  }
}

function make(parts: Partial<TokenParts> = {}) {
  const login = new TestLogin();
  const keys = new MemoryKeyStore();
  return { login, token: new TestToken({ label: "Test", login, keys, ...parts }) };
}

async function failsWith(name: string, run: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(run, NssError);
  assertEquals(error.name, name, error.message);
  return error.message;
}

Deno.test("BaseToken asks nothing of its parts once it is closed, and releases them once", async () => {
  let released = 0;
  const { login, token } = make({ release: () => void released++ });
  await token.login("");
  const { publicKey, privateKey } = await token.generateKeyPair();
  await token.close();
  await token.close();
  assertEquals(released, 1);
  login.calls.length = 0;
  const calls: readonly (readonly [what: string, run: () => Promise<unknown>])[] = [
    ["log in", () => token.login("")],
    ["change password", () => token.changePassword(null, "")],
    ["list keys", () => token.listKeys()],
    ["find private key", () => token.findKey(publicKey)],
    ["generate key pair", () => token.generateKeyPair()],
    ["import private key", () => token.importKey(privateKey)],
    ["delete private key", () => token.deleteKey(publicKey)],
  ];
  for (const [what, run] of calls) {
    assertEquals(
      await failsWith("SEC_ERROR_NO_TOKEN", run),
      `Cannot ${what}: token "Test" is closed`,
    );
  }
  await token.logout();
  assertFalse(token.isLoggedIn);
  assertEquals(login.calls, []);
  await failsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => privateKey.sign(SCHEME, DATA));
});

for (
  const [what, parts] of [
    ["read-only", { isReadOnly: true }],
    ["without keys", { keys: null }],
  ] as const
) {
  Deno.test(`BaseToken that is ${what} takes, makes and removes no keys`, async () => {
    const { login, token } = make(parts);
    const { publicKey, privateKey } = await generateKeyPair();
    for (
      const run of [
        () => token.generateKeyPair(),
        () => token.importKey(privateKey),
        () => token.deleteKey(publicKey),
      ]
    ) await failsWith("SEC_ERROR_READ_ONLY", run);
    assertEquals(await token.listKeys(), []);
    assertEquals(await token.findKey(publicKey), undefined);
    assertEquals(login.calls, []);
    assertEquals((await token.describe()).isReadOnly, what === "read-only");
  });
}

Deno.test("BaseToken asks for a login where its keys need one, and with what the caller gave", async () => {
  const { login, token } = make();
  const message = await failsWith(
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    () => token.generateKeyPair(),
  );
  assertEquals(
    message,
    'Cannot generate key pair: token "Test" is not logged in; call its login() first',
  );
  const asked: unknown[] = [];
  token.loginHandler = ({ pinArg }) => {
    asked.push(pinArg);
    login.session = {};
    return Promise.resolve();
  };
  const { publicKey } = await token.generateKeyPair("ec-p256", { pinArg: 1 });
  login.session = null;
  assert(await token.findKey(publicKey, { pinArg: 2 }) !== undefined);
  login.session = null;
  assertEquals((await token.listKeys({ pinArg: 3 })).length, 1);
  assertEquals(await token.findKey((await generateKeyPair()).publicKey, { pinArg: 4 }), undefined);
  assert(await token.deleteKey(publicKey, { pinArg: 5 }));
  assertEquals(asked, [1, 2, 5]);
});

Deno.test("BaseToken gives keys that sign in the session in which they were found, and in no other", async () => {
  const { login, token } = make();
  await token.login("");
  const session = login.session;
  const pair = await token.generateKeyPair();
  const found = await token.findKey(pair.publicKey);
  for (const key of [pair.privateKey, found!]) {
    login.session = session;
    await key.sign(SCHEME, DATA);
    for (const other of [null, {}]) {
      login.session = other;
      await failsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => key.sign(SCHEME, DATA));
    }
  }
});

Deno.test("BaseToken hands on of a key what TokenKey has, and its id as a copy", async () => {
  const { token } = make();
  await token.login("");
  const { publicKey, privateKey } = await generateKeyPair();
  const expected = ["id", "label", "algorithm", "publicKey"];
  const imported = await token.importKey(privateKey, { label: "mine" });
  assertEquals(Object.keys(imported), expected);
  imported.id.fill(0);
  const [listed] = await token.listKeys();
  assertEquals(Object.keys(listed!), expected);
  assertFalse(listed!.id.every((byte) => byte === 0));
  assert(listed!.publicKey!.equals(publicKey));
});
