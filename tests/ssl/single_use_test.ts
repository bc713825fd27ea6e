// Copyright 2026 the NSS for Deno authors. MIT license.

/** Sessions that are resumed once only. @module */

import { assert, assertEquals } from "@std/assert";
import type { NssContext } from "../../pkcs11/context/context.ts";
import { configServerSessionIDCache } from "../../ssl/nss/config_server_session_id_cache.ts";
import { getStatistics } from "../../ssl/nss/get_statistics.ts";
import { resumptionTokenCallback, setResumptionToken } from "../../ssl/nss/resumption_token.ts";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import type { VersionRange } from "../../ssl/config/import_options.ts";
import { newContext, servers, VERSIONS } from "./_shared_sessions.ts";
import { join, ping, PKI, serverOptions, shake, socketOver } from "./_support.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { RawTls12Client } from "./_raw_tls12_client.ts";

/** One connection with a token: whether it was resumed, and the next token. */
async function connect(
  server: NssContext,
  versions: VersionRange,
  token: Uint8Array | null,
  clientAuth: "none" | "request" = "none",
) {
  const tokens: Uint8Array[] = [];
  await using joined = join({
    client: {
      versions,
      context: newContext(),
      certificates: [PKI.client.credential],
    },
    server: { versions, context: server, clientAuth },
  });
  resumptionTokenCallback(joined.client, (_, next) => void tokens.push(next));
  if (token !== null) setResumptionToken(joined.client, token);
  const [{ resumed }, info] = await shake(joined);
  assertEquals(info.resumed, resumed); // both ends see the same
  await ping(joined);
  return { resumed, token: tokens.at(-1)! };
}

/** The servers of a kind: alone in a process, and several that share a store. */
const KINDS: Readonly<Record<string, () => Promise<NssContext[]>>> = {
  "of one process": () => {
    const context = newContext();
    configServerSessionIDCache({ context, singleUse: true });
    return Promise.resolve([context, context]);
  },
  "of processes with a store": () => servers(2, new MemorySessionStore(), { singleUse: true }),
};

for (const [kind, make] of Object.entries(KINDS)) {
  for (const versions of VERSIONS) {
    Deno.test(`singleUse: a ticket resumes one connection, and the next one is a full handshake, at servers ${kind} (${versions.max})`, async () => {
      const [one, two] = await make();
      const first = await connect(one!, versions, null);
      assertEquals(first.resumed, false);
      const second = await connect(two!, versions, first.token);
      assertEquals(second.resumed, true);
      for (const server of [one!, two!]) {
        assertEquals((await connect(server, versions, first.token)).resumed, false);
      }
      assertEquals((await connect(one!, versions, second.token)).resumed, true); // a new one
      assertEquals(getStatistics({ context: one! }).cacheUnavailable, 0);
    });

    Deno.test(`singleUse: of connections that offer a ticket at once, one resumes, at servers ${kind} (${versions.max})`, async () => {
      const [one, two] = await make();
      for (const clientAuth of ["none", "request"] as const) {
        const { token } = await connect(one!, versions, null, clientAuth);
        const all = await Promise.all(
          [one!, two!, one!, two!].map((server) => connect(server, versions, token, clientAuth)),
        );
        assertEquals(all.filter(({ resumed }) => resumed).length, 1);
      }
    });
  }

  Deno.test(`singleUse: a session ID resumes one connection, at servers ${kind}`, async () => {
    const [one, two] = await make();
    const raw = async <T>(server: NssContext, run: (client: RawTls12Client) => Promise<T>) => {
      const [a, b] = memoryPair();
      const socket = socketOver(
        b,
        serverOptions({
          context: server,
          versions: VERSIONS[1]!,
          handshakeTimeout: 2000,
          closeTimeout: 1,
        }),
      );
      const serving = socket.handshake().catch(() => {});
      try {
        return await run(new RawTls12Client(a));
      } finally {
        a[Symbol.dispose]();
        await serving;
        await socket.close().catch(() => {});
      }
    };
    const known = await raw(one!, (client) => client.handshake());
    assertEquals(known.sessionId.length, 32);
    const answers: boolean[] = [];
    for (const server of [two!, one!, two!]) {
      const echo = await raw(server, async (client) => {
        try {
          return (await client.resume(known)).hello.legacySessionIdEcho;
        } catch {
          return new Uint8Array(0); // it is a full handshake
        }
      });
      answers.push(echo.toHex() === known.sessionId.toHex());
    }
    assertEquals(answers, [true, false, false]);
  });
}

Deno.test("singleUse: a server that was set up without it, in the same store, keeps to what others have promised", async () => {
  const store = new MemorySessionStore();
  const [strict] = await servers(1, store, { singleUse: true });
  const [lax] = await servers(1, store);
  const versions = VERSIONS[0]!;
  const once = await connect(strict!, versions, null);
  assertEquals((await connect(lax!, versions, once.token)).resumed, true);
  assertEquals((await connect(lax!, versions, once.token)).resumed, false);
  const often = await connect(lax!, versions, null);
  // and one that allows one use only resumes nothing that was given out for more
  assertEquals((await connect(strict!, versions, often.token)).resumed, false);
});

Deno.test("singleUse: tickets of before the store was set back resume nothing", async () => {
  let epoch = "one";
  const store = Object.assign(new MemorySessionStore(), { epoch: () => epoch });
  const [server] = await servers(1, store, { singleUse: true });
  for (const versions of VERSIONS) {
    const { token } = await connect(server!, versions, null);
    epoch = `after ${versions.max}`;
    assertEquals((await connect(server!, versions, token)).resumed, false);
  }
  assert(getStatistics({ context: server! }).handleClientHello.notOk >= 2);
});
