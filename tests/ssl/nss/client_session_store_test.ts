// Copyright 2026 the NSS for Deno authors. MIT license.

/** Clients' sessions in a store that processes share: each context stands for a process. @module */

import {
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { NssContext } from "../../../pkcs11/context/context.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import type { SessionStore } from "../../../ssl/base/session_store.ts";
import type { StoreSecret } from "../../../ssl/base/store_secret.ts";
import type { VersionRange } from "../../../ssl/config/import_options.ts";
import {
  clearSessionCache,
  configClientSessionCache,
} from "../../../ssl/nss/client_session_cache.ts";
import { getStatistics } from "../../../ssl/nss/get_statistics.ts";
import { attempt } from "../../../ssl/session/attempt.ts";
import { REST_DURATION } from "../../../ssl/session/circuit.ts";
import { CLEAR_LAG } from "../../../ssl/session/stored_sessions.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { countersOf } from "../../../ssl/session/statistics.ts";
import { withoutTime, withTimeByHand } from "../../support/without_time.ts";
import { HOSTNAME, session } from "../_support.ts";

const SECRET = new Uint8Array(32).fill(1);
const newContext = () => new NssContext({ trustAnchors: [] });

function clientOf(store: SessionStore, secret: StoreSecret = SECRET): NssContext {
  const context = newContext();
  configClientSessionCache({ context, store, secret });
  return context;
}

async function resumes(client: NssContext, server: NssContext, versions: VersionRange = {}) {
  const [info] = await session({
    client: { context: client, versions },
    server: { context: server, versions },
  });
  return info.resumed;
}

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  const versions = { min: version, max: version };
  Deno.test(`configClientSessionCache({ store }) resumes what another process has begun (${version})`, async () => {
    const store = new MemorySessionStore();
    const server = newContext();
    const found: boolean[] = [];
    for (let run = 0; run < 3; run++) found.push(await resumes(clientOf(store), server, versions));
    assertEquals(found, [false, true, true]);
    // Another secret is another tenant
    const other = clientOf(store, new Uint8Array(32).fill(2));
    assertEquals(await resumes(other, server, versions), false);
    await clearSessionCache({ context: clientOf(store) });
    assertEquals(await resumes(clientOf(store), server, versions), false);
  });
}

Deno.test("configClientSessionCache({ store }) takes a password or a key as secret, as servers do", async () => {
  const keys = await generateKeyPair("ed25519");
  const secrets: StoreSecret[] = [{ password: "kfqzvtrnwmxj" }, keys.privateKey];
  for (const secret of secrets) {
    const store = new MemorySessionStore();
    const server = newContext();
    const clients = [1, 2].map(() => clientOf(store, secret));
    await withTimeByHand(async (advance) => {
      // Handshakes do not wait for as long as the derivation takes, perhaps
      for (const context of clients) await clearSessionCache({ context });
      advance(CLEAR_LAG);
      assertEquals(await resumes(clients[0]!, server), false);
      assertEquals(await resumes(clients[1]!, server), true);
    });
  }
});

Deno.test("configClientSessionCache({ store }): a secret that cannot be derived is tried again, and told by clearSessionCache()", async () => {
  const memory = new MemorySessionStore();
  let isAway = true;
  const store: SessionStore = {
    get: (name) => {
      if (isAway) throw new Error("away");
      return memory.get(name);
    },
    put: (...row) => memory.put(...row),
    replace: (...row) => memory.replace(...row),
    epoch: () => memory.epoch(),
  };
  const context = clientOf(store, { password: "kfqzvtrnwmxj" });
  const error = await assertRejects(() => clearSessionCache({ context }), SslError);
  assertStringIncludes(error.message, "the store does not give the salt of the password");
  const server = newContext();
  await withTimeByHand(async (advance) => {
    assertEquals(await resumes(context, server), false);
    isAway = false;
    await clearSessionCache({ context });
    advance(REST_DURATION);
    assertEquals(await resumes(context, server), false);
    assertEquals(await resumes(context, server), true);
  });
  const { privateKey } = await generateKeyPair("ec-p256");
  const unsuitable = clientOf(memory, privateKey);
  const why = await assertRejects(() => clearSessionCache({ context: unsuitable }), SslError);
  assertStringIncludes(why.message, "whose signatures are random");
});

Deno.test("configClientSessionCache({ store }): the store rests for clients when it does for servers", async () => {
  let calls = 0;
  const down = () => {
    calls++;
    return Promise.reject(new Error("down"));
  };
  const store: SessionStore = { get: down, put: down, replace: down, epoch: down };
  const client = clientOf(store);
  const counters = countersOf(newContext());
  await withoutTime(async () => {
    for (let i = 0; i < 3; i++) await attempt(store, counters, down);
    calls = 0;
    assertEquals(await resumes(client, newContext()), false);
  });
  assertEquals(calls, 0);
  assertGreater(getStatistics({ context: client }).storeRefusals, 0);
});

Deno.test("configClientSessionCache({ store }) shows the store no secret and no name, and copies the secret", async () => {
  const inner = new MemorySessionStore();
  const seen: string[] = [];
  const store: SessionStore = {
    get: (name) => inner.get(name),
    put: (name, value, lifetime) => {
      seen.push(name, value.toHex());
      inner.put(name, value, lifetime);
    },
    replace: (name, before, after, lifetime) => {
      seen.push(name, after?.toHex() ?? "");
      return inner.replace(name, before, after, lifetime);
    },
    epoch: () => inner.epoch(),
  };
  const context = newContext();
  const secret = SECRET.slice();
  configClientSessionCache({ context, store, secret });
  secret.fill(9);
  const server = newContext();
  assertEquals(await resumes(context, server), false);
  assertEquals(await resumes(clientOf(store), server), true);
  const text = seen.join(" ");
  assertEquals(seen.length > 4, true);
  for (const shown of [HOSTNAME, "TLS", "nss"]) {
    assertEquals(text.includes(new TextEncoder().encode(shown).toHex()), false, shown);
    assertEquals(text.includes(shown), false, shown);
  }
});

Deno.test("configClientSessionCache({ store }): a store that fails, hangs up or lies costs a resumption, never a connection", async () => {
  const good = new MemorySessionStore();
  const fail = () => {
    throw new Error("away");
  };
  const answers: unknown[] = [undefined, null, 1, "AQI", {}, [], true, new Uint8Array(100)];
  const stores: SessionStore[] = [
    { get: fail, put: fail, replace: fail, epoch: fail },
    ...answers.map((answer) => {
      // deno-lint-ignore no-explicit-any
      const give = (): any => answer;
      return { get: give, put: give, replace: give, epoch: give };
    }),
    {
      get: () => Promise.resolve(new Uint8Array(10_000_000)),
      put: () => Promise.reject(new Error("full")),
      replace: () => Promise.resolve(false),
      epoch: () => Promise.resolve(null),
    },
  ];
  const server = newContext();
  for (const store of stores) {
    const client = clientOf(store);
    assertEquals(await resumes(client, server), false);
    assertEquals(await resumes(client, server), false);
  }
  const away = clientOf(stores[0]!);
  await resumes(away, server);
  assertEquals(getStatistics({ context: away }).cacheUnavailable > 0, true);
  await assertRejects(() => clearSessionCache({ context: away }), Error, "away");
  assertEquals(await resumes(clientOf(good), server), false);
  assertEquals(await resumes(clientOf(good), server), true);
});

Deno.test("configClientSessionCache() refuses a store without its secret, and what contradicts it", () => {
  const store = new MemorySessionStore();
  const cache = { take: () => undefined, put: () => {}, delete: () => {}, clear: () => {} };
  const context = newContext();
  const wrong: [object, string][] = [
    [{ store }, "need a secret: 32 random bytes, a password or a key"],
    [{ store, secret: new Uint8Array(31) }, "secret has 31 bytes, not 32"],
    [{ store, secret: new Uint8Array(33) }, "secret has 33 bytes, not 32"],
    [
      { store, secret: "x".repeat(32) },
      "secret is a string, not 32 bytes, a password or a PrivateKey; a password is {",
    ],
    [{ secret: SECRET }, "there is a secret and no store"],
    [{ store, secret: SECRET, cache }, "the options cache and store"],
    [{ store: new Map(), secret: SECRET }, "it has no method put"],
  ];
  for (const [options, says] of wrong) {
    const error = assertThrows(() => configClientSessionCache({ ...options, context }), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
    assertStringIncludes(error.message, says);
  }
  configClientSessionCache({ store, secret: SECRET, context });
});
