// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import {
  LAYOUT_VERSION,
  type PasswordRecord,
  readPasswordRecord,
  seal,
  sealDataKey,
  unseal,
  unsealDataKey,
} from "../../../pkcs11/kv/sealing.ts";

const DATA = Uint8Array.of(1, 2, 3);

function newKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

Deno.test("unseal() opens what seal() made, with the same key and context alone", async () => {
  const [key, other] = [await newKey(), await newKey()];
  const [context, strange] = [Uint8Array.of(1), Uint8Array.of(2)];
  const sealed = await seal(key, DATA, context);
  assertEquals(await unseal(key, sealed, context), DATA);
  assertEquals(await unseal(other, sealed, context), null);
  assertEquals(await unseal(key, sealed, strange), null);
});

Deno.test("seal() takes a nonce of 12 bytes, another one each time", async () => {
  const key = await newKey();
  const [a, b] = [await seal(key, DATA, DATA), await seal(key, DATA, DATA)];
  assertEquals([a.iv.length, b.iv.length], [12, 12]);
  assertNotEquals(a.iv, b.iv);
});

Deno.test("sealDataKey() hashes a password as often as it is told, an empty one once, with a salt of its own", async () => {
  const records: PasswordRecord[] = [];
  for (const password of ["secret", "secret", ""]) {
    const record = await sealDataKey(password, DATA, 3);
    assertEquals(record.salt.length, 32);
    assertEquals([record.isSet, record.iterations], password === "" ? [false, 1] : [true, 3]);
    assertEquals(await unsealDataKey(password, record), DATA);
    assertEquals(await unsealDataKey(`${password}x`, record), null);
    records.push(readPasswordRecord(record, "Test")!);
  }
  assertNotEquals(records[0]!.salt, records[1]!.salt);
});

Deno.test("unsealDataKey() spends no more iterations than there may be", async () => {
  const record = { ...await sealDataKey("secret", DATA, 1), iterations: 10_000_001 };
  const error = await assertRejects(() => unsealDataKey("secret", record), NssError);
  assertEquals(error.name, "SEC_ERROR_BAD_DATA");
});

Deno.test("readPasswordRecord() takes 1 to 10,000,000 iterations, without a password one", async () => {
  for (const password of ["secret", ""]) {
    const record = await sealDataKey(password, DATA, 1);
    const most = password === "" ? 1 : 10_000_000;
    for (const iterations of [0, -1, 1.5, most + 1]) {
      assertEquals(readPasswordRecord({ ...record, iterations }, "Test"), null);
    }
    for (const iterations of [1, most]) {
      assertEquals(readPasswordRecord({ ...record, iterations }, "Test")?.iterations, iterations);
    }
  }
});

Deno.test("unsealDataKey() refuses a record that says otherwise whether there is a password", async () => {
  for (const password of ["secret", ""]) {
    const record = await sealDataKey(password, DATA, 1);
    assertEquals(await unsealDataKey(password, { ...record, isSet: !record.isSet }), null);
  }
});

Deno.test("readPasswordRecord() refuses every other version of the layout by its number", async () => {
  const record = await sealDataKey("", DATA, 1);
  assertEquals(LAYOUT_VERSION, 2);
  for (const version of [1, 3]) {
    const error = assertThrows(() => readPasswordRecord({ ...record, version }, "Test"), NssError);
    assertEquals(error.name, "SEC_ERROR_BAD_DATABASE");
    assertStringIncludes(error.message, `it has layout ${version}, and`);
  }
});

Deno.test("readPasswordRecord() takes a record whose parts are all of their type, and nothing else", async () => {
  const record = await sealDataKey("secret", DATA, 1);
  assertEquals(readPasswordRecord(record, "Test"), record);
  const { dataKey } = record;
  const bad: unknown[] = [undefined, null, "text", []];
  for (const other of [undefined, null, "text", {}]) {
    for (const name of ["version", "isSet", "salt", "iterations", "dataKey"]) {
      bad.push({ ...record, [name]: other });
    }
    for (const name of ["iv", "ciphertext"]) {
      bad.push({ ...record, dataKey: { ...dataKey, [name]: other } });
    }
  }
  for (const value of bad) assertEquals(readPasswordRecord(value, "Test"), null);
});

Deno.test("sealDataKey() and unsealDataKey() leave no copy of the password", async () => {
  const { subtle } = crypto;
  const { importKey } = subtle;
  const passwords: Uint8Array[] = [];
  // What WebCrypto is handed is all that is made of it here
  subtle.importKey = function (this: SubtleCrypto, ...args: unknown[]) {
    if (args[2] === "PBKDF2") passwords.push(args[1] as Uint8Array);
    return Reflect.apply(importKey, this, args);
  } as typeof importKey;
  try {
    await unsealDataKey("secret", await sealDataKey("secret", DATA, 1));
  } finally {
    subtle.importKey = importKey;
  }
  assertEquals(passwords.map(({ length }) => length), [6, 6]);
  assert(passwords.every((bytes) => bytes.every((byte) => byte === 0)));
});
