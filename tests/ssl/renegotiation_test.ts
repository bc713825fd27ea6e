// Copyright 2026 the NSS for Deno authors. MIT license.

/** Renegotiation in TLS 1.2: who may begin it, and how it goes and ends. */

import { assertEquals, assertNotEquals } from "@std/assert";
import {
  authCertificate,
  cipherPrefSet,
  exportKeyingMaterial,
  forceHandshake,
  getChannelInfo,
  invalidateSession,
  reHandshake,
  type SslError,
  type SslSocket,
} from "@nss/nss";
import { concat } from "../../cert/base/bytes.ts";
import { getImplementedCiphers, namedGroupConfig } from "@nss/nss/ssl";
import { configClientSessionCache } from "../../ssl/nss/client_session_cache.ts";
import { MemorySessionCache } from "../../ssl/session/memory_cache.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { MAX_RENEGOTIATIONS } from "../../ssl/engine/flood_limits.ts";
import { tls12CipherSuiteById } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { configOf } from "../../ssl/config/config_registry.ts";
import { mayRenegotiate } from "../../ssl/handshake/tls12/renegotiation.ts";
import {
  assertFromPeer,
  assertLocal,
  clientOptions,
  connected,
  failureOf,
  IMPATIENCE,
  join,
  type JoinOptions,
  pingPong,
  PKI,
  readExactly,
  session,
} from "./_support.ts";
import { actOn } from "./_filters.ts";
import { Acquaintance, editHello, ONLY_TLS12, tappedAndConnected } from "./_tls12.ts";
import { connectedIn, serving, willing } from "./_re_handshake.ts";

Deno.test("reHandshake() renegotiates for a client, with new keys", async () => {
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN"),
  });
  const { client, server } = joined;
  const before = await exportKeyingMaterial(client, "EXPORTER-test", 16);
  const reading = readExactly(server, 1);
  const info = await reHandshake(client);
  assertEquals([info.resumed, info.version], [false, "TLSv1.2"]);
  await client.write(new Uint8Array([7]));
  assertEquals(await reading, new Uint8Array([7]));
  const after = await Promise.all(
    [client, server].map((socket) => exportKeyingMaterial(socket, "EXPORTER-test", 16)),
  );
  assertEquals(after[0], after[1]);
  assertNotEquals(after[0], before);
  await pingPong(joined);
});

Deno.test("reHandshake() resumes the session where it is not flushed", async () => {
  const two = new Acquaintance();
  await using joined = await connectedIn("TLSv1.2", {
    client: willing({ context: two.client }),
    server: serving("REQUIRES_XTN", { context: two.server }),
  });
  const reading = readExactly(joined.server, 2);
  assertEquals((await reHandshake(joined.client, false)).resumed, true);
  await joined.client.write(new Uint8Array(1));
  assertEquals((await reHandshake(joined.client, true)).resumed, false);
  await joined.client.write(new Uint8Array(1));
  await reading;
  // What the renegotiation has left is good for another connection, too.
  const [info] = await session({
    client: { context: two.client, versions: ONLY_TLS12 },
    server: { context: two.server, versions: ONLY_TLS12 },
  });
  assertEquals([info.version, info.resumed], ["TLSv1.2", true]);
});

for (const gives of [false, true]) {
  const title = gives
    ? "forgets the session before it, too"
    : "is what keeps it from being resumed";
  Deno.test(`invalidateSession() in the middle of a renegotiation ${title}`, async () => {
    const two = new Acquaintance();
    let asked = 0;
    // Of two versions, unlike the renegotiation, under which the session must be found all the
    // same.
    const client = willing({
      context: two.client,
      authCertificate: async (socket, peer) => {
        if (++asked === 2 && gives) await invalidateSession(socket);
        return await authCertificate(socket, peer);
      },
    });
    const server = serving("REQUIRES_XTN", { context: two.server, versions: ONLY_TLS12 });
    {
      await using joined = await connected({ client, server });
      const reading = readExactly(joined.client, 1);
      await reHandshake(joined.server, true);
      await joined.server.write(new Uint8Array(1));
      await reading;
    }
    const [info] = await session({ client, server });
    assertEquals([info.version, info.resumed], ["TLSv1.2", !gives]);
  });
}

for (
  const [title, begins, clientAuth, certificates, resumes] of [
    ["wants a certificate does not resume without one", "server", "request", [], false],
    ["wants a certificate resumes with one", "server", "request", [PKI.client.credential], true],
    ["wants no certificate resumes without one", "server", "none", [], true],
    ["follows the client's request resumes without one", "client", "request", [], true],
  ] as const
) {
  Deno.test(`a server that renegotiates and ${title}`, async () => {
    let ticket: Bytes | null = null;
    let types: number[] = [];
    // As clients may that are not NSS's: it offers its session, whoever wants the handshake.
    const offer = editHello("ClientHello", ExtensionType.sessionTicket, () => ticket!);
    await using joined = await connectedIn("TLSv1.2", {
      client: willing({ certificates }),
      server: serving("REQUIRES_XTN", { clientAuth }),
      clientInternals: { messageFilter: actOn(HandshakeType.clientHello, 1, { edit: offer }) },
      serverInternals: {
        messageFilter: ({ type, body, raw }) => {
          types.push(type);
          // Behind its lifetime and its length.
          if (type === HandshakeType.newSessionTicket) ticket ??= body.slice(6);
          return [raw];
        },
      },
    });
    types = [];
    const [own, peer] = begins === "server"
      ? [joined.server, joined.client]
      : [joined.client, joined.server];
    // Only the filter offers the session: the two see different hellos, and it fails later.
    const failing = failureOf(reHandshake(own, begins === "client"));
    await Promise.all([failing, failureOf(peer.read(new Uint8Array(1)))]);
    assertEquals(types.includes(HandshakeType.certificate), !resumes);
    assertEquals(types.includes(HandshakeType.finished), resumes);
  });
}

Deno.test("reHandshake() cannot begin with no suite or group of TLS 1.2 left, and the connection goes on", async () => {
  const changes: ((client: SslSocket) => void)[] = [
    (client) => {
      for (const suite of getImplementedCiphers()) {
        if (tls12CipherSuiteById(suite) !== undefined) cipherPrefSet(client, suite, false);
      }
    },
    (client) => namedGroupConfig(client, ["X25519MLKEM768"]),
  ];
  for (const change of changes) {
    await using joined = await connected({
      client: willing({ versions: { min: "TLSv1.2", max: "TLSv1.3" } }),
      server: { ...serving("REQUIRES_XTN"), versions: ONLY_TLS12 },
    });
    const { client, server } = joined;
    change(client);
    assertEquals((await failureOf(reHandshake(client))).name, "SSL_ERROR_SSL_DISABLED");
    const reading = readExactly(server, 1);
    await client.write(new Uint8Array([5]));
    assertEquals(await reading, new Uint8Array([5]));
  }
});

Deno.test("reHandshake() in the moment in which the peer begins is refused, and the peer's goes on", async () => {
  await using joined = await connectedIn("TLSv1.2");
  const { client, server } = joined;
  let refused: ReturnType<typeof failureOf> | undefined;
  // What the option says is asked for when the peer's request has come, and nothing of it has been
  // done.
  Object.defineProperty(configOf(client), "renegotiation", {
    enumerable: true,
    get() {
      refused ??= failureOf(reHandshake(client));
      return "REQUIRES_XTN";
    },
  });
  const reading = readExactly(client, 1);
  const info = await reHandshake(server);
  assertEquals(info.version, "TLSv1.2");
  assertEquals((await refused)?.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
  await server.write(new Uint8Array([6]));
  assertEquals(await reading, new Uint8Array([6]));
});

Deno.test("a renegotiation that the peer begins at once waits for the first handshake callback, and reads do not wait for it", async () => {
  // The server's last flight waits for what follows it; then the server reads nothing.
  let held: "nothing" | "flight" | "reads" = "nothing";
  const reads = Promise.withResolvers<void>();
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  const wrapServer: JoinOptions["wrapServer"] = (conn) => ({
    localAddr: conn.localAddr,
    remoteAddr: conn.remoteAddr,
    close: () => conn.close(),
    read: async (p) => {
      const count = await conn.read(p);
      if (held === "reads") await reads.promise;
      return count;
    },
    write: async (p) => {
      waiting.push(new Uint8Array(p));
      if (held !== "flight") {
        const all = concat(waiting.splice(0));
        for (let sent = 0; sent < all.length;) sent += await conn.write(all.subarray(sent));
      }
      return p.length;
    },
  });
  const begun = Promise.withResolvers<void>();
  let hellos = 0;
  const calls: string[] = [];
  const called = Promise.withResolvers<void>();
  const callback = Promise.withResolvers<void>();
  await using joined = join({
    client: {
      ...willing({
        handshakeCallback: async () => {
          calls.push("called");
          called.resolve();
          await callback.promise;
          calls.push("returned");
        },
      }),
      versions: ONLY_TLS12,
    },
    server: { ...serving("REQUIRES_XTN"), versions: ONLY_TLS12 },
    clientInternals: {
      messageFilter: ({ type, raw }) => {
        if (type === HandshakeType.clientHello && ++hellos === 2) begun.resolve();
        return [raw];
      },
    },
    serverInternals: {
      messageFilter: ({ type, raw }) => {
        if (type === HandshakeType.finished && held === "nothing") held = "flight";
        return [raw];
      },
    },
    wrapServer,
  });
  const { client, server } = joined;
  client.handshake();
  await server.handshake();
  held = "reads";
  const asked = reHandshake(server);
  asked.catch(() => {}); // an assertion below says more
  await Promise.all([begun.promise, called.promise]);
  // What is called now waits for the first handshake, and not for the second, whose hello the
  // server has not read.
  const joining = client.handshake();
  const reading = readExactly(client, 1);
  callback.resolve();
  await joining;
  await server.write(new Uint8Array([7]));
  assertEquals(await reading, new Uint8Array([7]));
  assertEquals(calls, ["called", "returned"]);
  reads.resolve();
  await asked;
  await client.handshake();
  assertEquals(calls, ["called", "returned", "called", "returned"]);
  await pingPong(joined);
});

Deno.test("reHandshake() by a hook of the peer's renegotiation is refused, and the peer's goes on", async () => {
  let hellos = 0;
  let refused: SslError | undefined;
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN", {
      sniSocketConfig: async (socket) => {
        if (++hellos === 1) return;
        refused = await failureOf(reHandshake(socket, true, { timeout: IMPATIENCE }));
      },
    }),
  });
  const { client, server } = joined;
  const reading = readExactly(server, 1);
  await reHandshake(client);
  assertEquals(refused?.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
  await client.write(new Uint8Array([6]));
  assertEquals(await reading, new Uint8Array([6]));
});

Deno.test("reHandshake() that fails in the middle ends the connection", async () => {
  let hellos = 0;
  await using joined = await connectedIn("TLSv1.2", {
    client: willing(),
    server: serving("REQUIRES_XTN"),
    clientInternals: {
      messageFilter: ({ type, raw }) => {
        if (type === HandshakeType.clientHello && ++hellos === 2) throw new Error("no memory left");
        return [raw];
      },
    },
  });
  const { client, server } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  const error = await failureOf(reHandshake(client));
  assertLocal(error, "SEC_ERROR_LIBRARY_FAILURE", "internal_error");
  assertEquals(await failureOf(client.write(new Uint8Array(1))), error);
  assertFromPeer(await reading, "internal_error");
});

Deno.test("reHandshake() does not wait for ever for a hook that judges the session again", async () => {
  const context = new NssContext({ trustAnchors: [] });
  configClientSessionCache({ context, cache: new MemorySessionCache() });
  const controller = new AbortController();
  let calls = 0;
  await using joined = await connectedIn("TLSv1.2", {
    client: willing({
      context,
      authCertificate: () => {
        if (++calls === 1) return true;
        controller.abort();
        return new Promise<never>(() => {});
      },
    }),
    server: serving("REQUIRES_XTN"),
  });
  const { signal } = controller;
  const aborted = await failureOf(reHandshake(joined.client, false, { signal }));
  assertLocal(aborted, "PR_OPERATION_ABORTED_ERROR", null);
  assertEquals(calls, 2);
});

Deno.test("reHandshake() goes by what is configured by then: another suite", async () => {
  await using joined = await connectedIn("TLSv1.2", { server: serving("REQUIRES_XTN") });
  const { client, server } = joined;
  const before = getChannelInfo(client).cipherSuite;
  cipherPrefSet(client, before as "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", false);
  const reading = readExactly(server, 1);
  const { cipherSuite } = await reHandshake(client);
  assertNotEquals(cipherSuite, before);
  await client.write(new Uint8Array(1));
  await reading;
  assertEquals(getChannelInfo(server).cipherSuite, cipherSuite);
});

Deno.test("reHandshake() of a client is declined by a server that has not enabled it, and the connection goes on", async () => {
  await using joined = await connectedIn("TLSv1.2");
  const { client, server } = joined;
  const reading = readExactly(server, 1);
  const before = getChannelInfo(client);
  const error = await failureOf(reHandshake(client));
  assertFromPeer(error, "no_renegotiation");
  assertEquals(getChannelInfo(client), before);
  await client.write(new Uint8Array([1]));
  assertEquals(await reading, new Uint8Array([1]));
  await pingPong(joined);
});

Deno.test("reHandshake() of a server is declined by a client that has not enabled it, and the connection goes on", async () => {
  await using joined = await connectedIn("TLSv1.2", { client: clientOptions() });
  const { client, server } = joined;
  const reading = readExactly(client, 1);
  assertFromPeer(await failureOf(reHandshake(server)), "no_renegotiation");
  await server.write(new Uint8Array([1]));
  assertEquals(await reading, new Uint8Array([1]));
  await pingPong(joined);
});

Deno.test("a server renegotiates so often without application data between, and no more", async () => {
  await using joined = await connectedIn("TLSv1.2", { server: serving("REQUIRES_XTN") });
  const { client, server } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  for (let i = 0; i < MAX_RENEGOTIATIONS; i++) await reHandshake(client);
  assertFromPeer(await failureOf(reHandshake(client)), "no_renegotiation");
  assertLocal(await reading, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED", "no_renegotiation");
});

Deno.test("application data between sets the count of renegotiations back", async () => {
  await using joined = await connectedIn("TLSv1.2", { server: serving("REQUIRES_XTN") });
  const { client, server } = joined;
  const total = 2 * MAX_RENEGOTIATIONS;
  const reading = readExactly(server, total);
  for (let i = 0; i < total; i++) {
    await reHandshake(client);
    await client.write(new Uint8Array([i]));
  }
  assertEquals((await reading).length, total);
});

Deno.test("a client takes no application data between the change_cipher_spec and the Finished of a renegotiation", async () => {
  await using joined = await tappedAndConnected("server", {
    client: willing(),
    server: serving("REQUIRES_XTN"),
  });
  const { client, server, tap } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  tap.rewrite = (record) => {
    const isFinished = record.type === ContentType.handshake &&
      record.fragment[0] === HandshakeType.finished;
    const early = { type: ContentType.applicationData, fragment: new Uint8Array([1]) };
    return isFinished ? [early, record] : [record];
  };
  const error = await failureOf(reHandshake(client));
  assertLocal(error, "SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA", "unexpected_message");
  assertFromPeer(await reading, "unexpected_message");
});

Deno.test("a renegotiation that the peer leaves in the middle ends the connection in time", async () => {
  let armed = false;
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN", { handshakeTimeout: 20_000 }),
    serverInternals: {
      messageFilter: ({ type, raw }) =>
        armed && type === HandshakeType.serverHelloDone ? [] : [raw],
    },
  });
  armed = true;
  const { client, server } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  const error = await failureOf(reHandshake(client, true, { timeout: IMPATIENCE }));
  assertEquals(error.name, "PR_IO_TIMEOUT_ERROR");
  assertEquals((await failureOf(client.write(new Uint8Array(1)))).name, "PR_IO_TIMEOUT_ERROR");
  await reading;
});

Deno.test("close_notify in the middle of a renegotiation ends it with an error", async () => {
  let armed = false;
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN"),
    serverInternals: {
      messageFilter: ({ type, raw }) =>
        armed && type === HandshakeType.serverHelloDone ? [] : [raw],
    },
  });
  armed = true;
  const { client, server } = joined;
  server.read(new Uint8Array(1)).catch(() => {});
  const shaking = failureOf(reHandshake(client));
  await forceHandshake(server, { timeout: IMPATIENCE }).catch(() => {});
  await server.close().catch(() => {});
  assertEquals((await shaking).name, "PR_END_OF_FILE_ERROR");
});

Deno.test("mayRenegotiate() goes by the option, the role and what the peer knows", () => {
  const all = ["NEVER", "REQUIRES_XTN", "TRANSITIONAL", "UNRESTRICTED"] as const;
  const allowed = (role: "client" | "server", byPeer: boolean, knows: boolean, binds: boolean) =>
    all.filter((renegotiation) => {
      const config = { ...resolveConfig({}), role, renegotiation };
      const negotiated = { secureRenegotiation: knows, extendedMasterSecret: binds };
      return mayRenegotiate(config, negotiated, byPeer);
    });
  for (const role of ["client", "server"] as const) {
    assertEquals(allowed(role, true, true, true), all.slice(1));
    assertEquals(allowed(role, false, true, true), [...all]);
    for (const byPeer of [false, true]) {
      assertEquals(allowed(role, byPeer, false, true), all.slice(role === "client" ? 2 : 3));
      assertEquals(allowed(role, byPeer, true, false), ["UNRESTRICTED"]);
    }
  }
});

type Bytes = Uint8Array<ArrayBuffer>;
