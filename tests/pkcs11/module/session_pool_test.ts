// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import {
  type Argument,
  type Caller,
  type FunctionName,
  readIds,
} from "../../../pkcs11/module/library.ts";
import { isReturned, ModuleError } from "../../../pkcs11/module/return_values.ts";
import { MAX_OBJECTS } from "../../../pkcs11/module/session.ts";
import { MAX_SESSIONS, SessionPool } from "../../../pkcs11/module/session_pool.ts";

/** A library without a token: functions return what the test says. */
class FakeLibrary implements Caller {
  readonly called: string[] = [];
  readonly open = new Set<bigint>();
  most = 0;
  #next = 1n;

  constructor(readonly returns: Partial<Record<FunctionName, (args: Argument[]) => number>> = {}) {}

  async call(name: FunctionName, attempt: string, ...args: Argument[]): Promise<void> {
    const value = await this.tryCall(name, ...args);
    if (value !== 0) throw new ModuleError(value, attempt, name);
  }

  async tryCall(name: FunctionName, ...args: Argument[]): Promise<number> {
    await Promise.resolve();
    this.called.push(name);
    const value = this.returns[name]?.(args) ?? 0;
    if (value !== 0) return value;
    if (name === "C_OpenSession") {
      this.open.add(this.#next);
      this.most = Math.max(this.most, this.open.size);
      new DataView((args[4] as Uint8Array<ArrayBuffer>).buffer).setBigUint64(0, this.#next++, true);
    } else if (name === "C_CloseSession") this.open.delete(args[0] as bigint);
    return 0;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

Deno.test("SessionPool.use() gives each operation a session of its own, and no more than there may be", async () => {
  const library = new FakeLibrary();
  const pool = new SessionPool(library, 1n, "token");
  const busy = new Set<bigint>();
  const order: number[] = [];
  await Promise.all(Array.from({ length: 50 }, (_, i) =>
    pool.use(async ({ handle }) => {
      assert(!busy.has(handle), "two operations in one session");
      busy.add(handle);
      order.push(i);
      await turn();
      busy.delete(handle);
    })));
  assertEquals(library.most, MAX_SESSIONS);
  assertEquals(order.toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
  await pool.close();
  assertEquals(library.open.size, 0);
});

Deno.test("SessionPool.use() makes do with as many sessions as the token allows", async () => {
  const library: FakeLibrary = new FakeLibrary({
    C_OpenSession: () => library.open.size >= 2 ? 0xb1 : 0,
  });
  const pool = new SessionPool(library, 1n, "token");
  const results = await Promise.all(
    Array.from({ length: 10 }, (_, i) => pool.use(async () => (await turn(), i))),
  );
  assertEquals(results.length, 10);
  assertEquals(library.most, 2);
  await pool.close();
});

Deno.test("SessionPool.use() fails where the token allows no session at all", async () => {
  const pool = new SessionPool(new FakeLibrary({ C_OpenSession: () => 0xb1 }), 1n, "Card");
  const error = await assertRejects(() => pool.use(turn), NssError);
  assertEquals(error.name, "PR_INSUFFICIENT_RESOURCES_ERROR");
  assertStringIncludes(error.message, "CKR_SESSION_COUNT");
  const many = await Promise.allSettled(Array.from({ length: 20 }, () => pool.use(turn)));
  assertEquals(many.filter(({ status }) => status === "rejected").length, 20);
  await pool.close();
});

Deno.test("SessionPool.use() does not give out a session again that is gone", async () => {
  const library = new FakeLibrary();
  const pool = new SessionPool(library, 1n, "token");
  const first = await pool.use(({ handle }) => Promise.resolve(handle));
  assertEquals(await pool.use(({ handle }) => Promise.resolve(handle)), first);
  for (const value of [0xb3, 0x32]) {
    await assertRejects(
      () => pool.use(() => Promise.reject(new ModuleError(value, "Cannot sign", "C_Sign"))),
      ModuleError,
    );
  }
  assert(await pool.use(({ handle }) => Promise.resolve(handle)) > first);
  await pool.close();
});

Deno.test("SessionPool.write() runs one operation after another, each in a session that ends", async () => {
  const library = new FakeLibrary();
  const pool = new SessionPool(library, 1n, "token");
  let running = 0;
  await Promise.all([1, 2, 3].map(() =>
    pool.write(async () => {
      assertEquals(++running, 1);
      await turn();
      running--;
    })
  ));
  await assertRejects(() => pool.write(() => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(library.open.size, 1); // the one that keeps the token logged in
  await pool.close();
  assertEquals(library.open.size, 0);
});

Deno.test("SessionPool.close() waits for operations, and fails those that come later", async () => {
  const library = new FakeLibrary();
  const pool = new SessionPool(library, 1n, "Card", 1);
  const gate = Promise.withResolvers<void>();
  const running = pool.use(() => gate.promise);
  await turn();
  const waiting = pool.use(turn);
  let isClosed = false;
  const closing = pool.close().then(() => isClosed = true);
  const error = await assertRejects(() => waiting, NssError);
  assertEquals(error.name, "SEC_ERROR_NO_TOKEN");
  assert(!isClosed);
  gate.resolve();
  await Promise.all([running, closing]);
  assertEquals(library.open.size, 0);
  await assertRejects(() => pool.use(turn), NssError, 'token "Card": it is closed');
});

Deno.test("Session.findObjects() ends a search that fails, and one that never ends", async () => {
  const failing = new FakeLibrary({ C_FindObjects: () => 0x30 });
  let pool = new SessionPool(failing, 1n, "token");
  const error = await assertRejects(
    () => pool.use((session) => session.findObjects([], "Cannot look")),
    NssError,
  );
  assertEquals(error.name, "SEC_ERROR_PKCS11_DEVICE_ERROR");
  assertEquals(failing.called.at(-1), "C_FindObjectsFinal");
  await pool.close();

  const endless = new FakeLibrary({
    C_FindObjects: (args) => {
      new DataView((args[3] as Uint8Array<ArrayBuffer>).buffer).setBigUint64(0, 64n, true);
      return 0;
    },
  });
  pool = new SessionPool(endless, 1n, "token");
  const many = await assertRejects(
    () => pool.use((session) => session.findObjects([], "Cannot look")),
    NssError,
  );
  assertEquals(many.name, "SEC_ERROR_INCOMPATIBLE_PKCS11");
  assertStringIncludes(many.message, `${MAX_OBJECTS}`);
  await pool.close();
});

Deno.test("Session.sign() takes more room where the token wants it", async () => {
  const sizes: number[] = [];
  const library = new FakeLibrary({
    C_Sign: (args) => {
      const signature = args[3] as Uint8Array<ArrayBuffer>;
      sizes.push(signature.length);
      new DataView((args[4] as Uint8Array<ArrayBuffer>).buffer).setBigUint64(0, 2048n, true);
      if (signature.length < 2048) return 0x150;
      signature.fill(7);
      return 0;
    },
  });
  const pool = new SessionPool(library, 1n, "token");
  const empty = new Uint8Array(24);
  const signature = await pool.use((session) => session.sign(empty, 1n, empty, "Cannot sign"));
  assertEquals(signature, new Uint8Array(2048).fill(7));
  assertEquals(sizes, [1024, 2048]);
  await pool.close();
});

Deno.test("SessionPool.use() ends a session whose operation goes on, and gives out another", async () => {
  const library = new FakeLibrary();
  const pool = new SessionPool(library, 1n, "token");
  for (const value of [0x90, 0x150]) {
    await assertRejects(
      () => pool.use(() => Promise.reject(new ModuleError(value, "Cannot sign", "C_Sign"))),
      ModuleError,
    );
    assertEquals(library.open.size, 0);
    assertEquals(library.called.at(-1), "C_CloseSession");
  }
  await pool.close();
});

Deno.test("readIds() reads as many as may be, and asks again only where the list has grown", async () => {
  const listing = (lengths: number[], real: number) => {
    const library = new FakeLibrary({
      C_GetMechanismList: ([, list, count]) => {
        const view = new DataView((count as Uint8Array<ArrayBuffer>).buffer);
        const room = Number(view.getBigUint64(0, true));
        view.setBigUint64(0, BigInt(lengths.shift() ?? real), true);
        return list !== null && room < real ? 0x150 : 0;
      },
    });
    return { library, ids: readIds(library, "Cannot list", "C_GetMechanismList", 1n, 4096) };
  };
  assertEquals((await listing([], 4096).ids).length, 4096);
  assertEquals(await listing([], 0).ids, []);
  const grown = listing([1, 3], 4);
  assertEquals((await grown.ids).length, 4);
  assertEquals(grown.library.called.length, 4);
  const cases = [
    [[], 4097, "tells of 4097 entries, more than 4096"],
    [[1], 4097, "tells of 4097 entries, more than 4096"],
    [[2, 2], 3, "finds room for 2 too little for 2"],
    [[4, 5], 4, "writes 5 entries where there is room for 4"],
  ] as const;
  for (const [lengths, real, message] of cases) {
    const error = await assertRejects(() => listing([...lengths], real).ids, NssError, message);
    assertEquals(error.name, "SEC_ERROR_INCOMPATIBLE_PKCS11");
  }
});

Deno.test("ModuleError names what a module returned, and NSS's error for it", () => {
  const cases = [
    [0xa0, "SEC_ERROR_BAD_PASSWORD", "CKR_PIN_INCORRECT"],
    [0xa4, "SEC_ERROR_LOCKED_PASSWORD", "CKR_PIN_LOCKED"],
    [0xe0, "SEC_ERROR_NO_TOKEN", "CKR_TOKEN_NOT_PRESENT"],
    [0x101, "SEC_ERROR_TOKEN_NOT_LOGGED_IN", "CKR_USER_NOT_LOGGED_IN"],
    [0x80000001, "SEC_ERROR_UNKNOWN_PKCS11_ERROR", "0x80000001"],
  ] as const;
  for (const [value, name, text] of cases) {
    const error = new ModuleError(value, "Cannot log in", "C_Login");
    assertEquals(error.name, name);
    assertEquals(error.message, `Cannot log in: C_Login returned ${text}`);
    assertEquals(isReturned(error, "CKR_PIN_LOCKED"), value === 0xa4);
  }
  assert(!isReturned(new Error("no"), "CKR_OK"));
});
