// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { NssError } from "../../cert/errors.ts";
import { generateKeyPair } from "../../pkcs11/generate_key_pair.ts";
import { LOCKED_TIMEOUT, withStore } from "../../pkcs11/kv/store.ts";
import { type KvToken, openKvToken } from "../../pkcs11/kv_token.ts";
import { exportPkcs8 } from "../../pkcs11/private_key.ts";
import { testCertDB } from "../cert/cert_db_conformance.ts";
import { run } from "../support/process.ts";
import { certificatesOf, type OpenToken, testToken } from "./token_conformance.ts";

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
  keyTypes: ["ec-p256", "ec-p384", "ec-p521", "ed25519", "rsa-2048", "rsa-pss-2048"],
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
    await kv.set(["@nss/nss", "password"], { version: 2 });
    const error = await assertRejects(() => openKvToken({ path }), NssError);
    assertEquals(error.name, "SEC_ERROR_BAD_DATABASE");
    kv.close();
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
    const cwd = `${import.meta.dirname}/../..`;
    const script = `
      import { openKvToken } from "./pkcs11/kv_token.ts";
      import { createCertificate } from "./cert/create_certificate.ts";
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
      script.replaceAll('"./', `"${new URL("../../", import.meta.url).href}`),
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
  const url = new URL("../../pkcs11/kv_token.ts", import.meta.url).href;
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
  const std = new URL("../support/std/", import.meta.url).href;
  const imports = {
    "@std/encoding": `${std}encoding/mod.ts`,
    "@std/crypto/timing-safe-equal": `${std}crypto/timing_safe_equal.ts`,
  };
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
