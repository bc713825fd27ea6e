// Copyright 2026 the NSS for Deno authors. MIT license.

/** Server sessions that contexts, as processes, share in a store. @module */

import { assertEquals, assertRejects } from "@std/assert";
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
import { serverSessionsOf } from "../../../ssl/session/server_cache.ts";
import { type JoinOptions, session } from "../_support.ts";

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

Deno.test("configMPServerSIDCache(): a handshake with tickets costs no operation of the store once the keys are known", async () => {
  const store = new CountingStore();
  const [client, server] = [newContext(), newContext()];
  await configMPServerSIDCache({ store, context: server });
  assertEquals(await resumes(client, server), false);
  const { operations } = store;
  for (let i = 0; i < 3; i++) assertEquals(await resumes(client, server), true);
  assertEquals(store.operations, operations);
  assertEquals(getStatistics({ context: server }).cacheUnavailable, 0);
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
