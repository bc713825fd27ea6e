// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { MAX_ROW_LENGTH, MAX_ROW_NAME_LENGTH } from "../../../ssl/base/session_store.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { MAX_SEALED_LENGTH, SealedRows } from "../../../ssl/session/sealed_rows.ts";

const secretOf = (n: number) => new Uint8Array(32).fill(n);
const bytes = (...values: number[]) => new Uint8Array(values);
const NONE = { content: null, stored: null };

Deno.test("SealedRows: who has the secret reads what another has written", async () => {
  const store = new MemorySessionStore();
  const [a, b, other] = [1, 1, 2].map((n) => new SealedRows(store, secretOf(n)));
  await a!.put("row", bytes(1, 2, 3), 1000);
  assertEquals((await b!.read("row")).content, bytes(1, 2, 3));
  assertEquals(await b!.read("rows"), NONE);
  assertEquals(await other!.read("row"), NONE); // it has another name there
});

Deno.test("SealedRows: the store sees neither names nor contents, nor which are equal", async () => {
  const store = new MemorySessionStore();
  const rows = new SealedRows(store, secretOf(1));
  const names = await Promise.all(["a", "b"].map((row) => rows.nameOf(row)));
  for (const name of names) assertEquals(/^[0-9a-f]{40}$/.test(name), true);
  assertEquals(names[0]!.length <= MAX_ROW_NAME_LENGTH, true);
  assertNotEquals(names[0], names[1]);
  const stored = [];
  for (const row of ["a", "a", "b"]) {
    await rows.put(row, bytes(7), 1000);
    stored.push((await rows.read(row)).stored!.toHex());
  }
  assertEquals(new Set(stored).size, 3);
});

Deno.test("SealedRows.replace() decides between two who replace what they have read", async () => {
  const store = new MemorySessionStore();
  const rows = new SealedRows(store, secretOf(1));
  const none = await rows.read("row");
  const first = await Promise.all([1, 2].map((n) => rows.replace("row", none, bytes(n), 1000)));
  assertEquals(first.toSorted(), [false, true]);
  const read = await rows.read("row");
  assertEquals(await rows.replace("row", none, bytes(3), 1000), false);
  assertEquals(await rows.replace("row", read, null, 1000), true);
  assertEquals(await rows.replace("row", read, null, 1000), false);
  assertEquals(await rows.read("row"), NONE);
});

Deno.test("SealedRows: any row that was not written under the secret has no content", async () => {
  const store = new MemorySessionStore();
  const rows = new SealedRows(store, secretOf(1));
  const name = await rows.nameOf("row");
  await rows.put("row", bytes(1, 2, 3), 1000);
  const good = (await rows.read("row")).stored!;
  const bad = [new Uint8Array(1), new Uint8Array(28), new Uint8Array(MAX_ROW_LENGTH + 1)];
  for (let i = 0; i < good.length; i++) {
    bad.push(good.with(i, good[i]! ^ 1), good.slice(0, i));
  }
  await rows.put("another", bytes(1, 2, 3), 1000);
  bad.push((await rows.read("another")).stored!);
  for (const value of bad) {
    store.put(name, value, 1000);
    const read = await rows.read("row");
    assertEquals(read, { content: null, stored: value });
    // and it can be replaced
    assertEquals(await rows.replace("row", read, bytes(9), 1000), true);
    assertEquals((await rows.read("row")).content, bytes(9));
  }
});

Deno.test("SealedRows keeps so many bytes, and refuses one more", async () => {
  const store = new MemorySessionStore();
  const rows = new SealedRows(store, Promise.resolve(secretOf(1)));
  const content = new Uint8Array(MAX_SEALED_LENGTH).fill(1);
  await rows.put("row", content, 1000);
  const read = await rows.read("row");
  assertEquals([read.content, read.stored!.length], [content, MAX_ROW_LENGTH]);
  await assertRejects(
    () => rows.put("row", new Uint8Array(MAX_SEALED_LENGTH + 1), 1000),
    RangeError,
    `${MAX_SEALED_LENGTH}`,
  );
});

Deno.test("SealedRows: an answer of the wrong type is a failure, and never a row or a success", async () => {
  const rowsOf = (answer: unknown) => {
    // deno-lint-ignore no-explicit-any
    const give = (): any => answer;
    return new SealedRows({ get: give, put: give, replace: give, epoch: give }, secretOf(1));
  };
  for (const answer of [1, "true", {}, [1], new Date(), new ArrayBuffer(8)]) {
    await assertRejects(() => rowsOf(answer).read("row"), TypeError, "get()");
    await assertRejects(() => rowsOf(answer).replace("row", NONE, bytes(1), 1000), TypeError);
  }
  for (const none of [undefined, null]) {
    assertEquals(await rowsOf(none).read("row"), NONE);
    await assertRejects(() => rowsOf(none).replace("row", NONE, bytes(1), 1000), TypeError);
  }
});
