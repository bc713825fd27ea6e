// Copyright 2026 the NSS for Deno authors. MIT license.

/** Clients' sessions in a store that processes share: each context stands for a process. @module */

import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { NssContext } from "../../../pkcs11/context/context.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import type { SessionStore } from "../../../ssl/base/session_store.ts";
import type { VersionRange } from "../../../ssl/config/import_options.ts";
import {
  clearSessionCache,
  configClientSessionCache,
} from "../../../ssl/nss/client_session_cache.ts";
import { getStatistics } from "../../../ssl/nss/get_statistics.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { HOSTNAME, session } from "../_support.ts";

const SECRET = new Uint8Array(32).fill(1);
const newContext = () => new NssContext({ trustAnchors: [] });

function clientOf(store: SessionStore, secret = SECRET): NssContext {
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
    [{ store }, "need a secret of 32 bytes, and there are none"],
    [{ store, secret: new Uint8Array(31) }, "there are 31"],
    [{ store, secret: new Uint8Array(33) }, "there are 33"],
    [{ store, secret: "x".repeat(32) }, "secret is a string, not a Uint8Array"],
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
