// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Sessions of TLS 1.2 that the server remembers itself, for clients that take no tickets (RFC 5246,
 * Section 7.3), and what only a client that we do not have can say: no extended master secret, MAC
 * before encryption, tickets in the wrong places.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { MemoryServerSessionCache } from "../../ssl/session/memory_server.ts";
import {
  ServerSessions,
  serverSessionsOf,
  SESSION_ID_LIFETIME,
} from "../../ssl/session/server_cache.ts";
import { countersOf } from "../../ssl/session/statistics.ts";
import { STORE_TIMEOUT } from "../../ssl/session/attempt.ts";
import type { TicketContent } from "../../ssl/session/session_ticket.ts";
import { TLS12_CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { memoryPair } from "../support/memory_pair.ts";
import {
  assertLocal,
  closeAll,
  HOSTNAME,
  outcomeOf,
  PKI,
  readExactly,
  serverOptions,
  socketOver,
  TestEnvironment,
} from "./_support.ts";
import { type RawHello, type RawSession, RawTls12Client } from "./_raw_tls12_client.ts";
import { identityOf, ONLY_TLS12, SUITE } from "./_tls12.ts";
import { StoreWait } from "../../ssl/session/attempt.ts";

const HOUR = 3_600_000;

/** A server that is met more than once. */
class Host {
  readonly context = new NssContext({ trustAnchors: [] });
  readonly time = new TestEnvironment();

  /** Runs a client against one connection of the server. */
  async meet<T>(
    run: (client: RawTls12Client, server: SslSocket) => Promise<T>,
    options: ImportOptions = {},
  ): Promise<T> {
    const [a, b] = memoryPair();
    const server = socketOver(
      b,
      serverOptions({ context: this.context, versions: ONLY_TLS12, ...options }),
      { environment: this.time },
    );
    const handshake = server.handshake();
    handshake.catch(() => {});
    try {
      return await run(new RawTls12Client(a), server);
    } finally {
      a.close();
      await handshake.catch(() => {});
      await closeAll(server);
    }
  }

  /** A full handshake. */
  session(hello: RawHello = {}, options: ImportOptions = {}): Promise<RawSession> {
    return this.meet(async (client, server) => {
      const session = await client.handshake(hello);
      assertEquals((await server.handshake()).resumed, false);
      return session;
    }, options);
  }

  /** Whether a session is refused in favour of a full handshake. */
  refuses(
    session: RawSession,
    hello: RawHello = {},
    options: ImportOptions = {},
  ): Promise<boolean> {
    return this.meet((client) => client.isRefused(session, hello), options);
  }

  /** Resumes a session. */
  resume(session: RawSession, hello: RawHello = {}, options: ImportOptions = {}) {
    return this.meet(async (client, server) => {
      const resumed = await client.resume(session, hello);
      const info = await server.handshake();
      assertEquals([info.resumed, info.extendedMasterSecret], [true, true]);
      await client.send(ContentType.applicationData, new Uint8Array([1, 2, 3]));
      assertEquals(await readExactly(server, 3), new Uint8Array([1, 2, 3]));
      return { ...resumed, info };
    }, options);
  }
}

Deno.test("SslSocket as server remembers the session of a client that takes no tickets, and resumes it by its ID", async () => {
  const host = new Host();
  const session = await host.session();
  assertEquals([session.sessionId.length, session.ticket], [32, null]);
  // As often as the client likes: an ID is no ticket of TLS 1.3.
  for (let i = 0; i < 3; i++) {
    const { hello, info } = await host.resume(session);
    assertEquals(hello.legacySessionIdEcho, session.sessionId);
    assertEquals(info.cipherSuite, SUITE.name);
  }
  assertNotEquals((await host.session()).sessionId, session.sessionId);
});

Deno.test("SslSocket as server gives a ticket or an ID, never both, and neither without extended_master_secret", async () => {
  const host = new Host();
  const ticketed = await host.session({ ticket: new Uint8Array(0) });
  assertEquals(ticketed.sessionId.length, 0);
  assert(ticketed.ticket !== null && ticketed.ticket.length > 0);
  await host.resume(ticketed);
  // RFC 7627, Section 5.4.
  const hello = { withoutExtendedMasterSecret: true };
  const unbound = await host.session({ ...hello, ticket: new Uint8Array(0) });
  assertEquals([unbound.sessionId.length, unbound.ticket], [0, null]);
  assertEquals((await host.session(hello)).sessionId.length, 0);
  const without = await host.session({}, { sessionTickets: false });
  assertEquals(without.sessionId.length, 0);
});

Deno.test("SslSocket as server does not take a session ID anywhere else", async (t) => {
  const rows: readonly [string, RawHello, ImportOptions][] = [
    ["other certificates", {}, {
      certificates: [PKI.server.credential, PKI.otherServer.credential],
    }],
    ["asks for a certificate", {}, { clientAuth: "request" }],
    ["other authorities", {}, { caCerts: [PKI.otherRoot.cert] }],
    ["another chooser by name", {}, { sniSocketConfig: () => undefined }],
    ["another context", {}, { context: new NssContext() }],
    ["no sessions", {}, { sessionTickets: false }],
    ["another host name", { hostname: "other.test" }, {}],
    ["no host name", {}, {}],
    ["the suite is off", { suites: [0xc02b, 0xcca9] }, {
      cipherSuites: ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"],
    }],
    ["the suite is not offered", { suites: [0xcca9] }, {}],
  ];
  for (const [name, hello, options] of rows) {
    await t.step(name, async () => {
      const host = new Host();
      const session = await host.session({ hostname: HOSTNAME });
      const same = name === "no host name" ? {} : { hostname: HOSTNAME };
      assertEquals(await host.refuses(session, { ...same, ...hello }, options), true);
      await host.resume(session, { hostname: HOSTNAME }); // what it was made for
    });
  }
});

Deno.test("SslSocket as server forgets a session ID after a day", async () => {
  const host = new Host();
  const session = await host.session();
  host.time.advance(86_400_000);
  await host.resume(session);
  host.time.advance(1);
  assertEquals(await host.refuses(session), true);
  host.time.advance(-HOUR);
  assertEquals(await host.refuses(session), true); // it is gone
});

Deno.test("SslSocket as server does not know session IDs that it has not given", async () => {
  const host = new Host();
  const session = await host.session();
  const flipped = session.sessionId.slice();
  flipped[0]! ^= 1;
  for (
    const sessionId of [
      flipped,
      new Uint8Array(32),
      session.sessionId.slice(0, 31),
      new Uint8Array(1),
    ]
  ) {
    assertEquals(await host.refuses({ ...session, sessionId }), true);
  }
});

Deno.test("SslSocket as server remembers nothing of a handshake that is not complete", async () => {
  const host = new Host();
  await host.meet(async (client) => {
    await client.hello();
  });
  assertEquals((serverSessionsOf(host.context).cache as MemoryServerSessionCache).size, 0);
  await host.session();
  assertEquals((serverSessionsOf(host.context).cache as MemoryServerSessionCache).size, 1);
});

Deno.test("SslSocket as server refuses to resume without extended_master_secret what was made with it", async () => {
  const host = new Host();
  for (const ticket of [undefined, new Uint8Array(0)]) {
    const session = await host.session(ticket === undefined ? {} : { ticket });
    await host.meet(async (client, server) => {
      await client.isRefused(session, { withoutExtendedMasterSecret: true }).catch(() => {});
      // RFC 7627, Section 5.3: the server MUST abort the handshake.
      assertLocal(
        await outcomeOf(server),
        "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
        "handshake_failure",
      );
    });
  }
});

Deno.test("SslSocket as server takes a ticket that comes without a session ID, and answers without one", async () => {
  const host = new Host();
  const session = await host.session({ ticket: new Uint8Array(0) });
  // RFC 5077, Section 3.4: the client sees by the next message that it was taken.
  const { hello } = await host.resume(session, { sessionId: new Uint8Array(0) });
  assertEquals(hello.legacySessionIdEcho.length, 0);
});

Deno.test("SslSocket as server gives a new ticket for one that it does not take", async () => {
  const host = new Host();
  const session = await host.session({ ticket: new Uint8Array(100).fill(9) });
  assert(session.ticket !== null && session.ticket.length > 100);
  await host.resume(session);
});

Deno.test("SslSocket as server speaks AES-CBC with the MAC inside to a client that knows no encrypt_then_mac", async () => {
  const host = new Host();
  for (const suite of TLS12_CIPHER_SUITES.filter(({ bulk }) => bulk === "AES-CBC")) {
    const { credential } = await identityOf(suite.auth === "rsa" ? "rsa-2048" : "ec-p256");
    const options = { certificates: [credential], cipherSuites: [suite.name] };
    for (const encryptThenMac of [false, true]) {
      const hello: RawHello = {
        suites: [suite.id],
        encryptThenMac,
      };
      await host.meet(async (client, server) => {
        const session = await client.handshake(hello);
        assertEquals(session.hello.extensions?.has(ExtensionType.encryptThenMac), encryptThenMac);
        await client.send(ContentType.applicationData, new Uint8Array([7]));
        assertEquals(await readExactly(server, 1), new Uint8Array([7]));
      }, options);
    }
  }
});

Deno.test("SslSocket as server does not answer encrypt_then_mac for an AEAD", async () => {
  const host = new Host();
  const { hello } = await host.meet((client) => client.handshake({ encryptThenMac: true }));
  // RFC 7366, Section 3.
  assertEquals(hello.extensions?.has(ExtensionType.encryptThenMac), false);
});

/** A session to keep. */
function content(change: Partial<TicketContent> = {}): TicketContent {
  return {
    version: 0x0303,
    cipherSuite: SUITE.id,
    createdAt: 0,
    authenticatedAt: 0,
    psk: new Uint8Array(48),
    serverName: null,
    peerChain: [],
    peerRawPublicKey: null,
    localCredential: 0,
    origin: { family: new Uint8Array(16), known: null },
    ...change,
  };
}

const id = (n: number) => new Uint8Array([n >> 8, n & 0xff]);
const BINDING = new Uint8Array(32);

const sessionsWith = (cache: MemoryServerSessionCache) =>
  new ServerSessions({
    cache,
    sessionLifetime: SESSION_ID_LIFETIME,
    ticketLifetime: SESSION_ID_LIFETIME,
    counters: countersOf(new NssContext()),
    singleUse: false,
    maxTickets: 0,
    revocationLag: 0,
    storePolicy: { timeout: STORE_TIMEOUT },
  });

Deno.test("ServerSessions keeps sessions to their binding and their time", async () => {
  const cache = new MemoryServerSessionCache(2);
  const sessions = sessionsWith(cache);
  const at = (now: number) => new TestEnvironment(now);
  const kept = content({ createdAt: 1000 });
  await sessions.put(id(1), BINDING, kept, new StoreWait());
  assertEquals(
    await sessions.get(id(1), new Uint8Array(32).fill(1), at(1000), new StoreWait()),
    null,
  );
  assertEquals(await sessions.get(id(2), BINDING, at(1000), new StoreWait()), null);
  assertEquals(
    await sessions.get(id(1), BINDING, at(1000 + SESSION_ID_LIFETIME * 1000), new StoreWait()),
    kept,
  );
  assertEquals(
    await sessions.get(id(1), BINDING, at(1001 + SESSION_ID_LIFETIME * 1000), new StoreWait()),
    null,
  );
  assertEquals(cache.size, 0);
  await sessions.put(id(1), BINDING, kept, new StoreWait());
  // A clock that goes backwards
  assertEquals(await sessions.get(id(1), BINDING, at(999), new StoreWait()), null);
  await sessions.delete(id(1), BINDING);
  assertEquals(cache.size, 0);
});

Deno.test("ServerSessions keeps sessions with certificates of up to 16,384 bytes", async () => {
  const cache = new MemoryServerSessionCache();
  const sessions = sessionsWith(cache);
  for (const [n, length, size] of [[1, 8192, 1], [2, 8193, 1]] as const) {
    const peerChain = [8192, length].map((length) => ({ der: new Uint8Array(length) }));
    await sessions.put(
      id(n),
      BINDING,
      content({ peerChain: peerChain as unknown as Certificate[] }),
      new StoreWait(),
    );
    assertEquals(cache.size, size);
  }
});
