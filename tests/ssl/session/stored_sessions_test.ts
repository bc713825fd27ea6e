// Copyright 2026 the NSS for Deno authors. MIT license.

import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { MAX_ROW_LENGTH, type SessionStore } from "../../../ssl/base/session_store.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { SealedRows } from "../../../ssl/session/sealed_rows.ts";
import { openKvSessionStore } from "../../../ssl/session/store/kv_store.ts";
import { CLEAR_LAG, StoredSessions } from "../../../ssl/session/stored_sessions.ts";
import { spawn } from "../../support/process.ts";
import { testClientSessionCache } from "../session_cache_conformance.ts";

const SECRET = new Uint8Array(32).fill(1);
const LATER = Date.now() + 3_600_000;
const session = (n: number, expiresAt = LATER) => ({ token: new Uint8Array([n]), expiresAt });

testClientSessionCache("StoredSessions", () => {
  const store = new MemorySessionStore();
  return Promise.resolve({
    open: () => new StoredSessions(new SealedRows(store, SECRET)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

/** A store in memory that counts how often each row is read. */
function countingStore() {
  const inner = new MemorySessionStore();
  const reads = new Map<string, number>();
  const store: SessionStore = {
    get: (name) => {
      reads.set(name, (reads.get(name) ?? 0) + 1);
      return inner.get(name);
    },
    put: (...args) => inner.put(...args),
    replace: (...args) => inner.replace(...args),
    epoch: () => inner.epoch(),
  };
  return { store, inner, reads };
}

Deno.test("StoredSessions.clear() reaches other processes within CLEAR_LAG, each of which reads the generation no more often", async () => {
  const { store, reads } = countingStore();
  const rows = new SealedRows(store, SECRET);
  let now = 0;
  const [a, b] = [1, 2].map(() => new StoredSessions(new SealedRows(store, SECRET), () => now));
  const generation = await rows.nameOf("client sessions");
  for (let n = 0; n < 3; n++) await a!.put("peer", session(n));
  assertEquals((await b!.take("peer", 0))?.token[0], 2);
  assertEquals(reads.get(generation), 2); // one each
  await a!.clear();
  assertEquals(await a!.take("peer", 0), undefined); // here at once
  now += CLEAR_LAG - 1;
  assertEquals((await b!.take("peer", 0))?.token[0], 1);
  assertEquals(reads.get(generation), 2);
  now += 1;
  const found = await Promise.all([1, 2, 3].map(() => b!.take("peer", 0)));
  assertEquals(found, [undefined, undefined, undefined]);
  assertEquals(reads.get(generation), 3); // one for all who ask at once
});

Deno.test("StoredSessions: what is asked for while clear() runs waits for it", async () => {
  const inner = new MemorySessionStore();
  const gate = Promise.withResolvers<void>();
  let isClosed = false;
  const store: SessionStore = {
    get: (name) => inner.get(name),
    put: async (...args) => {
      if (isClosed) await gate.promise;
      inner.put(...args);
    },
    replace: (...args) => inner.replace(...args),
    epoch: () => inner.epoch(),
  };
  const cache = new StoredSessions(new SealedRows(store, SECRET));
  await cache.put("peer", session(1));
  isClosed = true;
  const cleared = cache.clear();
  const taken = cache.take("peer", 0);
  gate.resolve();
  await cleared;
  assertEquals(await taken, undefined);
});

Deno.test("StoredSessions.clear() rejects if the store is away, and then nothing is cleared", async () => {
  const inner = new MemorySessionStore();
  let isAway = false;
  const store: SessionStore = {
    get: (name) => inner.get(name),
    put: (...args) => {
      if (isAway) throw new Error("away");
      inner.put(...args);
    },
    replace: (...args) => inner.replace(...args),
    epoch: () => inner.epoch(),
  };
  const cache = new StoredSessions(new SealedRows(store, SECRET));
  await cache.put("peer", session(1));
  isAway = true;
  await assertRejects(() => cache.clear(), Error, "away");
  assertEquals(await cache.take("peer", 0), session(1));
});

Deno.test("StoredSessions: no cleared session comes back when the row of the generation is lost or damaged", async () => {
  const { inner } = countingStore();
  const rows = new SealedRows(inner, SECRET);
  const name = await rows.nameOf("client sessions");
  const other = new SealedRows(inner, new Uint8Array(32).fill(2));
  await other.put("client sessions", new Uint8Array(25), 1000);
  const damages: (() => Promise<void> | void)[] = [
    () => void inner.replace(name, inner.get(name)!, null, 1),
    () => inner.put(name, new Uint8Array(1), 1000),
    () => inner.put(name, new Uint8Array(MAX_ROW_LENGTH + 1), 1000),
    async () => inner.put(name, inner.get(await other.nameOf("client sessions"))!, 1000),
    () => rows.put("client sessions", new Uint8Array(25).fill(2), 1000), // of another version
    () => rows.put("client sessions", new Uint8Array([1, 2]), 1000),
  ];
  for (const damage of damages) {
    const cache = () => new StoredSessions(new SealedRows(inner, SECRET));
    await cache().put("peer", session(1));
    await cache().clear();
    await damage();
    assertEquals(await cache().take("peer", 0), undefined);
    await cache().put("peer", session(2));
    assertEquals(await cache().take("peer", 0), session(2));
  }
});

Deno.test("StoredSessions: garbage, other tenants' rows, rows of other versions and giant ones are no session and no error", async () => {
  const inner = new MemorySessionStore();
  const rows = new SealedRows(inner, SECRET);
  const names = new Set<string>();
  const store: SessionStore = {
    get: (name) => {
      names.add(name);
      return inner.get(name);
    },
    put: (...args) => inner.put(...args),
    replace: (...args) => inner.replace(...args),
    epoch: () => inner.epoch(),
  };
  const cache = new StoredSessions(new SealedRows(store, SECRET));
  await cache.put("peer", session(1));
  const [generation, name] = [...names];
  assertNotEquals(generation, name);
  const good = inner.get(name!)!;
  const tenant = new SealedRows(inner, new Uint8Array(32).fill(2));
  await tenant.put("x", new Uint8Array(12).fill(1), 1000);
  const planted = [
    inner.get(await tenant.nameOf("x"))!,
    inner.get(generation!)!, // moved
    new Uint8Array(1),
    new Uint8Array(MAX_ROW_LENGTH + 1),
    new Uint8Array(10_000_000),
    ...Array.from(good, (byte, i) => good.with(i, byte ^ 1)),
    ...Array.from(good, (_, i) => good.slice(0, i)).slice(1),
  ];
  for (const value of planted) {
    inner.put(name!, value, 100_000);
    assertEquals(await cache.take("peer", 0), undefined);
    await cache.put("peer", session(7));
    assertEquals(await cache.take("peer", 0), session(7));
  }
  // What this secret has sealed, and another version of this code has written
  const row = `client ${await readGeneration(rows)} peer`;
  assertEquals(await rows.nameOf(row), name);
  const valid = (await sealedContent(cache, rows, row))!;
  for (let i = 0; i < valid.length; i++) {
    for (const content of [valid.slice(0, i), valid.with(i, 255)]) {
      await rows.put(row, content, 100_000);
      const taken = await cache.take("peer", 0);
      // A time or a token may be changed and well-formed; the token's own decoder judges that
      assert(taken === undefined || taken.token.length === 1);
    }
  }
  await rows.put(row, new Uint8Array([2, 1, 2, 3]), 100_000);
  assertEquals(await cache.take("peer", 0), undefined);
});

async function readGeneration(rows: SealedRows): Promise<string> {
  const { content } = await rows.read("client sessions");
  return content!.slice(1, 17).toHex();
}

async function sealedContent(cache: StoredSessions, rows: SealedRows, row: string) {
  await cache.put("peer", session(1));
  return (await rows.read(row)).content;
}

Deno.test("StoredSessions in four processes on one file: each session is taken once, and clear() reaches all within a second", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nss_sessions_" });
  const path = `${folder}/sessions.kv`;
  const SESSIONS = 24;
  try {
    await using store = await openKvSessionStore({ path });
    const cache = new StoredSessions(new SealedRows(store, SECRET));
    const fill = async () => {
      for (let n = 0; n < SESSIONS; n++) await cache.put(`peer ${n >> 2}`, session(n));
    };
    await fill();
    const processes = [1, 2, 3, 4].map(() =>
      spawn(Deno.execPath(), {
        args: [
          ...["run", "-A", "--unstable-kv", "--no-check"],
          fileURLToPath(new URL("_take_sessions.ts", import.meta.url)),
          path,
          String(SESSIONS >> 2),
        ],
        interactive: true,
        timeout: 120_000,
      })
    );
    try {
      await Promise.all(processes.map((process) => process.waitFor(/ready\n/, 60_000)));
      const ask = async (question: string) => {
        for (const process of processes) await process.write(`${question}\n`);
        const answers = await Promise.all(
          processes.map((process) => process.waitFor(new RegExp(`${question}: (.*)\n`), 60_000)),
        );
        return answers.map((answer) => "1" in answer ? `${answer[1]}` : "");
      };
      const taken = (await ask("take all")).flatMap((text) => text.split(",").filter(Boolean));
      assertEquals(taken.map(Number).sort((a, b) => a - b), [...Array(SESSIONS).keys()]);
      await fill();
      await cache.clear();
      await new Promise((resolve) => setTimeout(resolve, CLEAR_LAG));
      assertEquals(await ask("take after clear"), ["", "", "", ""]);
      assertEquals(await cache.take("peer 0", 0), undefined);
    } finally {
      await Promise.all(processes.map((process) => process.close()));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
