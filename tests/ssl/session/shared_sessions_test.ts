// Copyright 2026 the NSS for Deno authors. MIT license.

/** Server sessions that contexts, as processes, share in a store. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { NssContext } from "../../../pkcs11/context/context.ts";
import type { SessionStore } from "../../../ssl/base/session_store.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import {
  configMPServerSIDCache,
  inheritMPServerSIDCache,
} from "../../../ssl/nss/config_mp_server_sid_cache.ts";
import { shutdownServerSessionIDCache } from "../../../ssl/nss/config_server_session_id_cache.ts";
import { getStatistics } from "../../../ssl/nss/get_statistics.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { SealedRows } from "../../../ssl/session/sealed_rows.ts";
import { serverSessionsOf } from "../../../ssl/session/server_cache.ts";
import { MAX_CLOCK_SKEW } from "../../../ssl/session/session_ticket.ts";
import { StoreServerSessionCache } from "../../../ssl/session/store_server.ts";
import { MemoryWatch } from "../../support/memory.ts";
import { memoryPair } from "../../support/memory_pair.ts";
import { RawTls12Client } from "../_raw_tls12_client.ts";
import {
  closeAll,
  type JoinOptions,
  serverOptions,
  session,
  socketOver,
  TestEnvironment,
} from "../_support.ts";
import { StoreWait } from "../../../ssl/session/attempt.ts";

const newContext = () => new NssContext({ trustAnchors: [] });
const VERSIONS = (["TLSv1.3", "TLSv1.2"] as const).map((version) => ({
  min: version,
  max: version,
}));

/** Whether a client and a server of these contexts resume. */
async function resumes(
  client: NssContext,
  server: NssContext,
  options: JoinOptions = {},
): Promise<boolean> {
  const [info] = await session({
    ...options,
    client: { versions: VERSIONS[0]!, ...options.client, context: client },
    server: { versions: VERSIONS[0]!, ...options.server, context: server },
  });
  return info.resumed;
}

/** A store that counts what is asked of it. */
class CountingStore extends MemorySessionStore {
  operations = 0;

  override get(name: string) {
    this.operations++;
    return super.get(name);
  }

  override put(...row: Parameters<MemorySessionStore["put"]>) {
    this.operations++;
    return super.put(...row);
  }

  override replace(...row: Parameters<MemorySessionStore["replace"]>) {
    this.operations++;
    return super.replace(...row);
  }
}

Deno.test("configMPServerSIDCache() shares tickets of both versions in a store of the application's, under a secret or by inheritance", async () => {
  for (const versions of VERSIONS) {
    const store = new MemorySessionStore();
    const secret = new Uint8Array(32).fill(1);
    const [client, one, two, three, stranger] = Array.from({ length: 5 }, newContext);
    const inheritance = await configMPServerSIDCache({ store, secret, context: one! });
    await configMPServerSIDCache({ store, secret, context: two! });
    await inheritMPServerSIDCache(inheritance, { store, context: three! });
    await configMPServerSIDCache({ store, context: stranger! }); // has a secret of its own
    const options = { client: { versions }, server: { versions } };
    const resumed: boolean[] = [];
    for (const server of [one!, two!, three!, one!, stranger!]) {
      resumed.push(await resumes(client!, server, options));
    }
    assertEquals(resumed, [false, true, true, true, false]);
    await shutdownServerSessionIDCache({ context: one! });
    assertEquals(await store.epoch(), store.epoch()); // it is not closed
  }
});

Deno.test("configMPServerSIDCache(): a handshake with tickets costs no operation of the store once the keys are known, but one read of what is forgotten in each revocationLag", async () => {
  const store = new CountingStore();
  const [client, server] = [newContext(), newContext()];
  await configMPServerSIDCache({ store, context: server, revocationLag: 60_000 });
  assertEquals(await resumes(client, server), false);
  const { operations } = store;
  for (let i = 0; i < 3; i++) assertEquals(await resumes(client, server), true);
  assertEquals(store.operations, operations + 1);
  assertEquals(getStatistics({ context: server }).cacheUnavailable, 0);
});

Deno.test("configMPServerSIDCache(): a process that knows the ticket keys puts them back soon after the store has lost them, before a new process makes others", async () => {
  let memory = new MemorySessionStore();
  const store: SessionStore = {
    get: (...row) => memory.get(...row),
    put: (...row) => memory.put(...row),
    replace: (...row) => memory.replace(...row),
    epoch: () => memory.epoch(),
  };
  const [client, one, two] = Array.from({ length: 3 }, newContext);
  const shared = { store, secret: new Uint8Array(32).fill(1), revocationLag: 1 };
  await configMPServerSIDCache({ ...shared, context: one! });
  assertEquals(await resumes(client!, one!), false);
  assertEquals(await resumes(client!, one!), true);
  memory = new MemorySessionStore();
  await new Promise((resolve) => setTimeout(resolve, 2));
  assertEquals(await resumes(client!, one!), true); // it meets the other epoch
  assertEquals(await resumes(client!, one!), true);
  await configMPServerSIDCache({ ...shared, context: two! });
  assertEquals(await resumes(client!, two!), true);
});

Deno.test("configMPServerSIDCache() takes one place, and inheritMPServerSIDCache() the same kind of place", async () => {
  const store = new MemorySessionStore();
  using kv = await Deno.openKv(":memory:");
  const context = newContext();
  const rows: readonly [() => Promise<unknown>, RegExp][] = [
    [() => configMPServerSIDCache({ store, kv, context }), /kv and store exclude each other/],
    [() => configMPServerSIDCache({ store, path: "x", context }), /path and store exclude/],
    [() => configMPServerSIDCache({ kv, path: "x", context }), /path and kv exclude/],
    [() => configMPServerSIDCache({ store: {} as SessionStore, context }), /has no method get/],
    [() => inheritMPServerSIDCache(text, { context }), /give the option kv or store/],
    [() => inheritMPServerSIDCache(text, { kv, store, context }), /kv and store exclude/],
  ];
  const text = await configMPServerSIDCache({ store, context: newContext() });
  for (const [run, message] of rows) {
    const error = await assertRejects(run, SslError);
    assertEquals([error.name, message.test(error.message)], ["SEC_ERROR_INVALID_ARGS", true]);
  }
  assertEquals(serverSessionsOf(context).rows, null);
});

/** A store that keeps every value that it was ever given. */
class RememberingStore extends MemorySessionStore {
  readonly values: Uint8Array[] = [];

  override put(...row: Parameters<MemorySessionStore["put"]>) {
    this.values.push(row[1]);
    return super.put(...row);
  }

  override replace(...row: Parameters<MemorySessionStore["replace"]>) {
    if (row[2] !== null) this.values.push(row[2]);
    return super.replace(...row);
  }
}

Deno.test("configMPServerSIDCache() leaves no secret's bytes in the store: not of keys, passwords, sessions or the secret itself", async () => {
  const store = new RememberingStore();
  const password = "a password that is long enough to be found";
  const context = newContext();
  using memory = new MemoryWatch();
  const inheritance = await configMPServerSIDCache({ store, secret: { password }, context });
  for (const versions of VERSIONS) {
    const client = newContext();
    for (const isResumed of [false, true]) {
      const options = { client: { versions }, server: { versions } };
      assertEquals(await resumes(client, context, options), isResumed);
    }
  }
  const [a, b] = memoryPair();
  const server = socketOver(b, serverOptions({ context, versions: VERSIONS[1]! }));
  const handshake = server.handshake();
  const known = await new RawTls12Client(a).handshake();
  await handshake;
  a.close();
  await closeAll(server);
  assertEquals(known.sessionId.length, 32);
  const secrets = [
    ...memory.passed(/^(took importKey raw|gave deriveBits|gave decrypt|took encrypt)/)
      .map(({ bytes }) => bytes),
    Uint8Array.fromBase64(JSON.parse(inheritance).secret),
  ];
  // The keys of tickets, a session, the password, and what they are derived from
  assert(secrets.length > 20);
  const rows = store.values.map((value) => value.toHex());
  assert(rows.length >= 4, `${rows.length}`); // the salt, the turn, the ring, the session
  for (const secret of secrets) {
    for (let at = 0; at + 12 <= secret.length; at += 4) {
      const part = secret.subarray(at, at + 12);
      if (part.every((byte) => byte === part[0])) continue;
      assert(!rows.some((row) => row.includes(part.toHex())), `${secret.length} bytes at ${at}`);
    }
  }
  await shutdownServerSessionIDCache({ context });
});

Deno.test("configMPServerSIDCache() shares sessions of TLS 1.2 by ID, in a bounded number of slots", async () => {
  const store = new CountingStore();
  const secret = new Uint8Array(32);
  const [one, two] = [newContext(), newContext()];
  for (const context of [one, two]) {
    await configMPServerSIDCache({ store, secret, maxCacheEntries: 4, context });
  }
  const environment = new TestEnvironment();
  const content = (n: number) => ({
    version: 0x0303,
    cipherSuite: 0xc02b,
    createdAt: environment.now(),
    authenticatedAt: environment.now(),
    psk: new Uint8Array(48).fill(n),
    serverName: null,
    peerChain: [],
    peerRawPublicKey: null,
    localCredential: 0,
    origin: { family: new Uint8Array(16), known: null },
  });
  const wait = () => new StoreWait();
  const binding = new Uint8Array(32);
  const ids = Array.from({ length: 40 }, (_, n) => new Uint8Array(32).fill(n));
  for (const id of ids) await serverSessionsOf(one).put(id, binding, content(id[0]!), wait());
  const found = await Promise.all(
    ids.map((id) => serverSessionsOf(two).get(id, binding, environment, wait())),
  );
  const kept = found.filter((session) => session !== null);
  assert(kept.length >= 1 && kept.length <= 4, `${kept.length}`);
  assertEquals(found.at(-1)?.psk, new Uint8Array(48).fill(39));
  // Clocks may differ by an hour either way, as for tickets
  const last = ids.at(-1)!;
  const rows = [[-2 * MAX_CLOCK_SKEW, true], [-2 * MAX_CLOCK_SKEW - 1, false]] as const;
  for (const [skew, isFound] of rows) {
    const other = new TestEnvironment(environment.now() + skew);
    assertEquals(await serverSessionsOf(two).get(last, binding, other, wait()) !== null, isFound);
    const late = new TestEnvironment(environment.now() + 86_400_000 - skew);
    assertEquals(await serverSessionsOf(two).get(last, binding, late, wait()) !== null, isFound);
  }
  await serverSessionsOf(two).delete(last, binding);
  assertEquals(await serverSessionsOf(one).get(last, binding, environment, wait()), null);
});

Deno.test("StoreServerSessionCache.take() gives a session to one of those who take it at once", async () => {
  const rows = new SealedRows(new MemorySessionStore(), new Uint8Array(32));
  const caches = [1, 2, 3].map(() =>
    new StoreServerSessionCache({
      rows,
      maxCacheEntries: 10,
      lifetime: 1000,
      clockTolerance: 0,
      onClose: () => Promise.resolve(),
    })
  );
  await caches[0]!.put("id", new Uint8Array([7]), 1000);
  const taken = await Promise.all(caches.map((cache) => cache.take("id", 0)));
  assertEquals(taken.filter((session) => session !== undefined), [new Uint8Array([7])]);
  await caches[0]!.put("id", new Uint8Array([8]), 1000);
  assertEquals(await caches[1]!.take("id", 1000), undefined); // expired
  assertEquals(await caches[1]!.take("other", 0), undefined);
  // A row of another form is no session
  for (const content of [new Uint8Array(0), new Uint8Array([0, 9, 1])]) {
    for (let slot = 0; slot < 10; slot++) await rows.put(`session ${slot}`, content, 1000);
    assertEquals(await caches[0]!.get("id", 0), undefined);
  }
});
