// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** How servers and clients keep their sessions, and how they count them. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import {
  clearSessionCache,
  configClientSessionCache,
  invalidateSession,
} from "../../ssl/nss/client_session_cache.ts";
import { configMPServerSIDCache } from "../../ssl/nss/config_mp_server_sid_cache.ts";
import {
  configServerSessionIDCache,
  shutdownServerSessionIDCache,
} from "../../ssl/nss/config_server_session_id_cache.ts";
import { SslError } from "../../ssl/base/errors.ts";
import { getStatistics } from "../../ssl/nss/get_statistics.ts";
import { openKvSessionCache } from "../../ssl/session/kv_session_cache.ts";
import type { ImportOptions, VersionRange } from "../../ssl/config/import_options.ts";
import { Circuit, FAILURES_UNTIL_REST } from "../../ssl/session/circuit.ts";
import { resolveLimits } from "../../ssl/session/limits.ts";
import {
  MAX_AVERAGE_SESSION_LENGTH,
  MemoryServerSessionCache,
} from "../../ssl/session/memory_server.ts";
import { clientSessionCache } from "../../ssl/session/client_cache.ts";
import { serverSessionsOf } from "../../ssl/session/server_cache.ts";
import type { CachedSession } from "../../ssl/base/session_cache.ts";
import type { SessionStore } from "../../ssl/base/session_store.ts";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import { openKvSessionStore } from "../../ssl/session/store/kv_store.ts";
import { join, type JoinOptions, ping, PKI, session, shake, TestEnvironment } from "./_support.ts";
import { withoutTime } from "../support/without_time.ts";
import { StoreWait } from "../../ssl/session/attempt.ts";

const newContext = () => new NssContext({ trustAnchors: [] });
const VERSIONS = (["TLSv1.3", "TLSv1.2"] as const).map((version) => ({
  min: version,
  max: version,
}));

/** Whether a client and a server of these contexts resume. */
async function resumes(
  client: NssContext,
  server: NssContext,
  versions: VersionRange = VERSIONS[0]!,
  options: JoinOptions = {},
): Promise<boolean> {
  const [info] = await session({
    ...options,
    client: { context: client, versions, ...options.client },
    server: { context: server, versions, ...options.server },
  });
  return info.resumed;
}

Deno.test("configServerSessionIDCache() has NSS's defaults and bounds", () => {
  assertEquals(resolveLimits({}), {
    maxCacheEntries: 10_000,
    timeout: 86_400,
    ticketLifetime: 172_800,
    singleUse: false,
    maxTickets: 0,
    storeTimeout: 500,
    revocationLag: 1000,
  });
  const zero = {
    maxCacheEntries: 0,
    timeout: 0,
    ticketLifetime: 0,
    maxTickets: 0,
    storeTimeout: 0,
    revocationLag: 0,
  };
  assertEquals(resolveLimits(zero), resolveLimits({}));
  const rows = [[1, 5, 5], [4, 5, 5], [5, 5, 5], [86_401, 86_400, 86_401], [
    604_801,
    86_400,
    604_800,
  ]];
  for (const [given, timeout, ticketLifetime] of rows) {
    const limits = resolveLimits({ timeout: given!, ticketLifetime: given! });
    assertEquals([limits.timeout, limits.ticketLifetime], [timeout, ticketLifetime]);
  }
  for (
    const [given, storeTimeout, revocationLag] of [[1, 1, 10], [9, 9, 10], [10, 10, 10], [
      60_001,
      10_000,
      60_000,
    ]] as const
  ) {
    const limits = resolveLimits({ storeTimeout: given, revocationLag: given });
    assertEquals([limits.storeTimeout, limits.revocationLag], [storeTimeout, revocationLag]);
  }
  for (const name of Object.keys(zero)) {
    for (const value of [-1, 0.5, NaN, Infinity]) {
      const error = assertThrows(() => configServerSessionIDCache({ [name]: value }), SslError);
      assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
    }
  }
});

for (const versions of VERSIONS) {
  Deno.test(`configServerSessionIDCache() says how long tickets are good (${versions.max})`, async () => {
    for (const [wait, expected] of [[10_000, true], [10_001, false]] as const) {
      const [client, server] = [newContext(), newContext()];
      const environment = new TestEnvironment();
      configServerSessionIDCache({ context: server, ticketLifetime: 10 });
      configServerSessionIDCache({ context: server, ticketLifetime: 1000 }); // nothing happens
      const options = { serverInternals: { environment } };
      await resumes(client, server, versions, options);
      environment.advance(wait);
      assertEquals(await resumes(client, server, versions, options), expected);
    }
  });

  Deno.test(`shutdownServerSessionIDCache() forgets the keys of tickets (${versions.max})`, async () => {
    const [client, server] = [newContext(), newContext()];
    assertEquals(await resumes(client, server, versions), false);
    assertEquals(await resumes(client, server, versions), true);
    await shutdownServerSessionIDCache({ context: server });
    assertEquals(await resumes(client, server, versions), false);
    assertEquals(await resumes(client, server, versions), true);
  });

  Deno.test(`getStatistics() counts sessions on both ends (${versions.max})`, async () => {
    const [client, server] = [newContext(), newContext()];
    for (let i = 0; i < 3; i++) await resumes(client, server, versions);
    const both = { hits: 2, misses: 1, notOk: 0, statelessResumes: 2 };
    const none = { hits: 0, misses: 0, notOk: 0, statelessResumes: 0 };
    const before = getStatistics({ context: server });
    assertEquals(before, {
      sendClientHello: none,
      handleServerHello: none,
      handleClientHello: both,
      ticketParseFailures: 0,
      cacheUnavailable: 0,
      storeFailures: 0,
      storeRefusals: 0,
      unreadableRows: 0,
    });
    const seen = getStatistics({ context: client });
    assertEquals([seen.sendClientHello, seen.handleServerHello], [both, both]);
    await shutdownServerSessionIDCache({ context: server });
    await resumes(client, server, versions);
    assertEquals(getStatistics({ context: client }).handleServerHello, {
      ...both,
      misses: 2,
      notOk: 1,
    });
    const after = getStatistics({ context: server });
    assertEquals(after.handleClientHello, { ...both, misses: 2 });
    assert(after.ticketParseFailures >= 1);
    assertEquals(before.ticketParseFailures, 0); // the counts of then
    // A ticket that opens, of a session under a suite that is off now.
    const cipherSuites: ImportOptions["cipherSuites"] = [
      "TLS_AES_256_GCM_SHA384",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    ];
    await resumes(client, server, versions, { server: { cipherSuites: cipherSuites! } });
    assertEquals(getStatistics({ context: server }).handleClientHello, {
      ...both,
      misses: 3,
      notOk: 1,
    });
    // Where the server has no sessions, nothing is found that would not do.
    await resumes(client, server, versions, { server: { sessionTickets: false } });
    assertEquals(getStatistics({ context: server }).handleClientHello, {
      ...both,
      misses: 4,
      notOk: 1,
    });
  });

  Deno.test(`configClientSessionCache() keeps sessions where the application wants them (${versions.max})`, async () => {
    const server = newContext();
    const sessions = new Map<string, CachedSession>();
    let asked = 0;
    const cache = {
      take: (key: string) => {
        asked++;
        const found = sessions.get(key);
        sessions.delete(key);
        return Promise.resolve(found);
      },
      put: (key: string, it: CachedSession) => void sessions.set(key, it),
      delete: (key: string) => void sessions.delete(key),
      clear: () => sessions.clear(),
    };
    const clients = [newContext(), newContext()];
    for (const context of clients) configClientSessionCache({ cache, context });
    assertEquals(await resumes(clients[0]!, server, versions), false);
    assertEquals([sessions.size, clientSessionCache(clients[0]!).size], [1, 0]);
    const { sendClientHello, cacheUnavailable } = getStatistics({ context: clients[0]! });
    assertEquals([sendClientHello.misses, sendClientHello.notOk, cacheUnavailable], [1, 0, 0]);
    assert([...sessions.keys()].every((key) => /^[0-9a-f]{64}$/.test(key)));
    assertEquals(await resumes(clients[1]!, server, versions), true); // another run of the program
    // Whoever trusts somebody else is not made to trust by what is in the cache.
    const distrusting = { client: { authCertificate: () => false, badCert: () => true } };
    assertEquals(await resumes(clients[1]!, server, versions, distrusting), false);
    assertEquals(getStatistics({ context: clients[1]! }).sendClientHello.notOk, 1);
    const kept = sessions.size;
    await resumes(clients[1]!, server, versions, { client: { sessionTickets: false } });
    assertEquals([sessions.size, asked], [kept, 3]); // nobody has asked
    const other = { client: { certificates: [PKI.client.credential] } };
    await resumes(clients[1]!, server, versions);
    assertEquals(await resumes(clients[1]!, server, versions, other), false);
    await clearSessionCache({ context: clients[0]! });
    assertEquals(sessions.size, 0);
    await using joined = join({ client: { context: clients[0]!, versions }, server: { versions } });
    await shake(joined);
    await ping(joined);
    assertEquals(sessions.size, 1);
    await invalidateSession(joined.client);
    assertEquals(sessions.size, 0);
  });
}

Deno.test("configServerSessionIDCache() takes effect on a server that has kept sessions by the defaults", async () => {
  const [client, server] = [newContext(), newContext()];
  await resumes(client, server);
  configServerSessionIDCache({ context: server });
  assertEquals(await resumes(client, server), false);
  configServerSessionIDCache({ context: server }); // nothing happens
  assertEquals(await resumes(client, server), true);
});

/** What can be waited for and is no promise of the language's. */
function thenable(then: (resolve: unknown, reject: (error: Error) => void) => void) {
  return { then } as unknown as Promise<never>;
}

Deno.test("configClientSessionCache() that fails, lies or hangs costs the resumption and no more", async () => {
  const server = newContext();
  const fail = () => Promise.reject(new Error("the cache is gone"));
  const lie = () => Promise.resolve({ token: new Uint8Array(9), expiresAt: Infinity });
  const rows = [
    fail,
    lie,
    () => new Promise<never>(() => {}),
    // Promises of a library's own making.
    () => thenable((_, reject) => reject(new Error("the cache is gone"))),
    () => thenable(() => {}),
  ];
  for (const take of rows) {
    const context = newContext();
    configClientSessionCache({ context, cache: { take, put: fail, delete: fail, clear: fail } });
    assertEquals(await resumes(context, server), false);
    const { sendClientHello, cacheUnavailable } = getStatistics({ context });
    assert(cacheUnavailable >= 1);
    assertEquals(sendClientHello.notOk, take === lie ? 1 : 0);
  }
});

Deno.test("configServerSessionIDCache() with a cache that lies costs the resumption and no more", async () => {
  const lies = [undefined, null, "text", {}, 1, [1, 2], new ArrayBuffer(8), new Uint8Array(3)];
  for (const lie of lies) {
    const server = newContext();
    const answer = () => lie as never;
    const cache = { get: answer, put: answer, delete: answer };
    configServerSessionIDCache({ context: server, cache });
    const sessions = serverSessionsOf(server);
    const id = new Uint8Array(32);
    assertEquals(await sessions.get(id, id, new TestEnvironment(), new StoreWait()), null);
  }
});

Deno.test("configMPServerSIDCache() leaves a store alone that is down, and the connections do not wait for it", async () => {
  let calls = 0;
  const fail = () => {
    calls++;
    return Promise.reject(new Error("the store is down"));
  };
  const store = { get: fail, put: fail, replace: fail, epoch: fail };
  const server = newContext();
  await configMPServerSIDCache({ context: server, store });
  await withoutTime(async () => {
    for (let i = 0; i < FAILURES_UNTIL_REST + 5; i++) {
      assertEquals(await resumes(newContext(), server), false);
    }
  });
  assertEquals(calls, FAILURES_UNTIL_REST);
  const { cacheUnavailable } = getStatistics({ context: server });
  assert(cacheUnavailable >= FAILURES_UNTIL_REST + 5, String(cacheUnavailable));
});

Deno.test("storeTimeout is longer by default for a store that tries again, within its bounds, unless it is given", async () => {
  const rows: (readonly [patience: unknown, given: number, timeout: number])[] = [
    [undefined, 0, 500],
    [1000, 0, 1500],
    [1000, 500, 500],
    [9500, 0, 10_000],
    [9501, 0, 10_000],
    ...[NaN, -1, Infinity, "5", {}].map((patience) => [patience, 0, 500] as const),
  ];
  for (const [patience, storeTimeout, timeout] of rows) {
    const context = newContext();
    const store = Object.assign(new MemorySessionStore(), { patience }) as SessionStore;
    const inheritance = await configMPServerSIDCache({ context, store, storeTimeout });
    assertEquals(JSON.parse(inheritance).storeTimeout, timeout, `${patience}`);
  }
  await using store = await openKvSessionStore({ path: ":memory:" });
  assertEquals(store.patience, 1000);
});

Deno.test("Circuit asks no more after three failures in a row, and again after five seconds, when one caller finds out for all", () => {
  const circuit = new Circuit();
  for (let i = 0; i < 2; i++) {
    circuit.failed(0);
    assert(circuit.mayAsk(0));
  }
  circuit.succeeded(); // they have to be in a row
  for (let i = 0; i < 2; i++) circuit.failed(100);
  assert(circuit.mayAsk(100));
  circuit.failed(100);
  assertEquals([100, 5099].map((now) => circuit.mayAsk(now)), [false, false]);
  assertEquals([5100, 5100, 10_099].map((now) => circuit.mayAsk(now)), [true, false, false]);
  circuit.failed(5200);
  assertEquals([10_199, 10_200].map((now) => circuit.mayAsk(now)), [false, true]);
  circuit.succeeded();
  assertEquals([10_200, 10_200].map((now) => circuit.mayAsk(now)), [true, true]);
});

Deno.test("configClientSessionCache() with a store of Deno KV resumes in the next run", async () => {
  using kv = await Deno.openKv(":memory:");
  const server = newContext();
  const infos: boolean[] = [];
  for (let run = 0; run < 3; run++) {
    const context = newContext();
    configClientSessionCache({ context, cache: await openKvSessionCache({ kv }) });
    infos.push(await resumes(context, server));
  }
  assertEquals(infos, [false, true, true]);
});

Deno.test("configClientSessionCache() bounds the memory", async () => {
  const [context, server] = [newContext(), newContext()];
  await resumes(context, server);
  assertEquals(clientSessionCache(context).size, 1);
  configClientSessionCache({ context, maxCacheEntries: 0 });
  assertEquals(clientSessionCache(context).size, 0);
  await resumes(context, server);
  assertEquals(await resumes(context, server), false);
  configClientSessionCache({ context });
  await resumes(context, server);
  assertEquals(await resumes(context, server), true);
  for (const maxCacheEntries of [-1, 0.5]) {
    const error = assertThrows(
      () => configClientSessionCache({ context, maxCacheEntries }),
      SslError,
    );
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("MemoryServerSessionCache forgets the longest unused sessions beyond MAX_AVERAGE_SESSION_LENGTH for each", () => {
  const cache = new MemoryServerSessionCache(4);
  const long = new Uint8Array(2 * MAX_AVERAGE_SESSION_LENGTH);
  for (const id of ["a", "b"]) cache.put(id, long, 1000);
  cache.put("b", long, 1000);
  assertEquals(cache.size, 2);
  cache.get("a", 0);
  cache.put("c", new Uint8Array(1), 1000);
  const left = ["a", "b", "c"].map((id) => cache.get(id, 0)?.length);
  assertEquals(left, [long.length, undefined, 1]);
  assertEquals([cache.get("a", 1000), cache.size], [undefined, 1]); // expired: there is room again
  cache.put("d", new Uint8Array(4 * MAX_AVERAGE_SESSION_LENGTH - 1), 1000);
  assertEquals(cache.size, 2);
});

Deno.test("MemoryServerSessionCache forgets the longest unused session beyond its bound", () => {
  const cache = new MemoryServerSessionCache(2);
  for (const id of ["a", "b"]) cache.put(id, new Uint8Array(1), 1);
  assert(cache.get("a", 0) !== undefined); // used, so that the next one is the longest unused
  cache.put("c", new Uint8Array(1), 1);
  assertEquals(["a", "b", "c"].map((id) => cache.get(id, 0) !== undefined), [true, false, true]);
  assertEquals(cache.size, 2);
  cache.put("a", new Uint8Array(1), 1); // kept anew, which is a use as well
  cache.put("d", new Uint8Array(1), 1);
  assertEquals(["a", "c", "d"].map((id) => cache.get(id, 0) !== undefined), [true, false, true]);
});
