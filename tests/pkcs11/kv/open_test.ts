// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { openKvToken } from "../../../pkcs11/kv/kv_token.ts";
import type { KvStore } from "../../../pkcs11/kv/store.ts";
import { rejectsWith } from "../_rejects_with.ts";

const PASSWORD = "secret";
const PLACE = ["@nss/nss", "password"];

const open = (kv: KvStore, password: string) => openKvToken({ kv, iterations: 2, password });

Deno.test("openKvToken() with a password refuses a store that has none, and a token that once had one asks before it goes without", async () => {
  using kv = await Deno.openKv(":memory:");
  const token = await open(kv, PASSWORD);
  await kv.delete(PLACE); // nothing else is there, so that it looks new
  const planted = await open(kv, "");
  const error = await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => open(kv, PASSWORD));
  assertEquals(
    error.message,
    'Cannot open token "Deno KV": it has no password, and one was given',
  );
  const said = await rejectsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => token.generateKeyPair());
  assertStringIncludes(said.message, "its password has been removed since the login");
  assertFalse(token.isLoggedIn);
  assertEquals(await token.listKeys(), []);
  assert(await token.login(""));
  await token.generateKeyPair();
  await planted.changePassword("", PASSWORD);
  await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => open(kv, "wrong"));
  const again = await open(kv, PASSWORD);
  assert(again.isLoggedIn);
  for (const each of [token, planted, again]) await each.close();
});

Deno.test("openKvToken() gives a new token one password, whoever of several is first", async () => {
  using kv = await Deno.openKv(":memory:");
  const opened = await Promise.allSettled(["one", "two", "two"].map((name) => open(kv, name)));
  const won = opened.filter(({ status }) => status === "fulfilled");
  assert(won.length === 1 || won.length === 2);
  for (const result of opened) {
    if (result.status === "fulfilled") await result.value.close();
    else assertEquals(result.reason.name, "SEC_ERROR_BAD_PASSWORD");
  }
});

Deno.test("openKvToken() refuses options that are malformed", async () => {
  using kv = await Deno.openKv(":memory:");
  for (const iterations of [0, 1.5, -1, NaN, 10_000_001]) {
    await rejectsWith("SEC_ERROR_INVALID_ARGS", () => openKvToken({ kv, iterations }));
  }
  const password = 7 as unknown as string;
  await rejectsWith("SEC_ERROR_INVALID_ARGS", () => openKvToken({ kv, password }));
});

Deno.test("openKvToken() makes a file that is its owner's alone, and leaves the mode of one that is there", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nss_kv_" });
  const modes = async () => {
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    return await Promise.all(
      names.map(async (name) => (await Deno.stat(`${folder}/${name}`)).mode! & 0o777),
    );
  };
  const token = await openKvToken({ path: `${folder}/kv` });
  await token.generateKeyPair();
  assertEquals(new Set(await modes()), new Set([0o600]));
  await token.close();
  await Deno.chmod(`${folder}/kv`, 0o640);
  const again = await openKvToken({ path: `${folder}/kv` });
  assertEquals((await again.listKeys()).length, 1);
  await again.close();
  assertEquals((await Deno.stat(`${folder}/kv`)).mode! & 0o777, 0o640);
  await Deno.remove(folder, { recursive: true });
});
