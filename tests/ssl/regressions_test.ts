// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What reviews and fuzzers found; each test failed before its fix.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { SslError } from "../../ssl/base/errors.ts";
import { importFD } from "../../ssl/import_fd.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { encodeClientHello, parseClientHello } from "../../ssl/messages/client_hello.ts";
import { cookie, MAX_COOKIE_LENGTH } from "../../ssl/extensions/cookie.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { keyShareHelloRetryRequest } from "../../ssl/extensions/key_share.ts";
import { supportedVersionsServerHello } from "../../ssl/extensions/supported_versions.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import {
  encodeNewSessionTicket,
  parseNewSessionTicket,
} from "../../ssl/messages/new_session_ticket.ts";
import { encodeServerHello, parseServerHello } from "../../ssl/messages/server_hello.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { localKey } from "../../ssl/session/identity.ts";
import { clientSessionCache } from "../../ssl/session/client_cache.ts";
import { MemorySessionCache } from "../../ssl/session/memory_cache.ts";
import { MAX_TICKET_LENGTH, TicketKeys } from "../../ssl/session/session_ticket.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { plainRecord, RecordTap } from "./_record_tap.ts";
import {
  assertLocal,
  clientOptions,
  closeAll,
  connected,
  failureOf,
  join,
  makeIdentity,
  onMessage,
  ping,
  PKI,
  serverOptions,
  session,
  shake,
  socketOver,
  TestEnvironment,
  turns,
} from "./_support.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Options as JavaScript may give them, past the types. */
function untyped(options: Record<string, unknown>): ImportOptions {
  return options;
}

Deno.test('resolveConfig() refuses a clientAuth that is none: "required" must not mean "request"', () => {
  for (const clientAuth of ["required", "Require", true, 1, ""]) {
    const error = assertThrows(() => resolveConfig(untyped({ clientAuth })), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("resolveConfig() refuses a role that is none", () => {
  for (const role of ["Server", "", 0]) {
    assertThrows(() => resolveConfig(untyped({ role })), SslError, "role");
  }
});

Deno.test("resolveConfig() refuses timeouts that are no length of time", () => {
  for (const value of [NaN, -1, "5"]) {
    assertThrows(() => resolveConfig(untyped({ handshakeTimeout: value })), SslError);
    assertThrows(() => resolveConfig(untyped({ closeTimeout: value })), SslError);
  }
});

Deno.test("importFD() takes timeouts that are longer than timers can be", async () => {
  const timeouts = { handshakeTimeout: Infinity, closeTimeout: 2 ** 32 };
  await using joined = join({ client: timeouts, server: timeouts });
  await shake(joined);
});

Deno.test("handshakeCallback is not called once the handshake was aborted", async () => {
  const gate = Promise.withResolvers<boolean>();
  const controller = new AbortController();
  let called = false;
  await using joined = join({
    server: {
      clientAuth: "require",
      signal: controller.signal,
      authCertificate: () => {
        setTimeout(() => controller.abort(), 10); // by then all of the client's flight is there
        return gate.promise;
      },
      handshakeCallback: () => {
        called = true;
      },
    },
    client: { certificates: [PKI.client.credential] },
  });
  joined.client.handshake().catch(() => {}); // completes or not: the server is what matters
  const error = await failureOf(joined.server.handshake());
  assertEquals(error.name, "PR_OPERATION_ABORTED_ERROR");
  gate.resolve(true);
  await turns();
  assertFalse(called);
});

Deno.test("handshake() settles when the socket is closed while a hook takes its time", async () => {
  const asked = Promise.withResolvers<void>();
  await using joined = join({
    client: {
      handshakeTimeout: 0,
      authCertificate: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    },
  });
  const handshake = failureOf(joined.client.handshake());
  joined.server.handshake().catch(() => {}); // the client never answers
  await asked.promise;
  await joined.client.close();
  assertEquals((await handshake).name, "PR_BAD_DESCRIPTOR_ERROR");
});

Deno.test("SslSocket settles over streams whose peer does not read", async () => {
  const socket = importFD({
    readable: new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array([1, 2, 3, 4, 5])),
    }),
    writable: new WritableStream({ write: () => new Promise(() => {}) }),
  }, clientOptions({ closeTimeout: 20, handshakeTimeout: 0 }));
  const error = await failureOf(socket.handshake());
  assertEquals(error.name, "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE");
  await socket.close();
});

Deno.test("close() settles after the transport is closed, not before", async () => {
  const [a, b] = memoryPair();
  const log: string[] = [];
  const conn: ConnLike<Deno.NetAddr> = {
    localAddr: a.localAddr,
    remoteAddr: a.remoteAddr,
    read: (p) => a.read(p),
    write: (p) => a.write(p),
    close: async () => {
      await turns(3);
      a.close();
      log.push("transport");
    },
  };
  const client = socketOver(conn, clientOptions());
  const server = socketOver(b, serverOptions());
  await shake({ client, server } as never);
  await client.close();
  log.push("socket");
  assertEquals(log, ["transport", "socket"]);
  await closeAll(server);
});

Deno.test("closeWrite() reports a failing transport by an SslError", async () => {
  const wrapClient = (conn: ConnLike<Deno.NetAddr>): ConnLike<Deno.NetAddr> => ({
    localAddr: conn.localAddr,
    remoteAddr: conn.remoteAddr,
    read: (p) => conn.read(p),
    write: (p) => conn.write(p),
    close: () => conn.close(),
    closeWrite: () => Promise.reject(new Deno.errors.NotConnected("Transport endpoint")),
  });
  await using joined = await connected({ wrapClient });
  assertEquals((await failureOf(joined.client.closeWrite())).name, "PR_IO_ERROR");
});

Deno.test("write() fails over a transport that takes no bytes, and does not spin", async () => {
  const wrapClient = (conn: ConnLike<Deno.NetAddr>): ConnLike<Deno.NetAddr> => ({
    localAddr: conn.localAddr,
    remoteAddr: conn.remoteAddr,
    read: (p) => conn.read(p),
    write: () => Promise.resolve(0),
    close: () => conn.close(),
  });
  await using joined = join({ wrapClient, client: { handshakeTimeout: 200, closeTimeout: 20 } });
  assertEquals((await failureOf(joined.client.handshake())).name, "PR_IO_ERROR");
});

Deno.test("write() fails if its bytes are taken away meanwhile", async () => {
  await using joined = await connected({ pair: { capacity: 1000 } });
  const bytes = new Uint8Array(2_000_000);
  const writing = failureOf(joined.client.write(bytes));
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  const reader = (async () => {
    const buffer = new Uint8Array(65536);
    while (await joined.server.read(buffer) !== null);
  })();
  reader.catch(() => {}); // the socket is closed under it
  assertEquals((await writing).name, "SEC_ERROR_INVALID_ARGS");
});

Deno.test("localKey() tells anchors of one name and key by what they may do", async () => {
  const { keys } = PKI.root;
  const make = (pathLength?: number) =>
    createCertificate({
      ...keys,
      subject: "CN=One",
      isCa: true,
      ...(pathLength === undefined ? {} : { pathLength }),
    });
  const [free, bound] = await Promise.all([make(), make(0)]);
  const identity = (caCerts: ImportOptions["caCerts"]) =>
    JSON.stringify(localKey(resolveConfig({ caCerts: caCerts! }), ["trustAnchors"]));
  assertNotEquals(identity([free]), identity([bound]));
  assertEquals(identity([free]), identity([free.toPem()]));
});

Deno.test("Resumption ends a week after the last full handshake, however often sessions are renewed", async () => {
  const environment = new TestEnvironment();
  const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const connect = async () => {
    const [info] = await session({
      client: { context: contexts[0]! },
      server: { context: contexts[1]! },
      clientInternals: { environment },
      serverInternals: { environment },
    });
    return info.resumed;
  };
  assertFalse(await connect());
  for (let days = 1; days <= 7; days++) {
    environment.advance(DAY - 1);
    assert(await connect(), `after ${days} days`);
  }
  environment.advance(DAY);
  assertFalse(await connect());
  assert(await connect());
});

Deno.test("TicketKeys makes another try where a key could not be made", async () => {
  let broken = true;
  const environment = {
    now: () => 0,
    random: (length: number) => {
      if (broken) throw new Error("no entropy");
      return new Uint8Array(length);
    },
  };
  const keys = new TicketKeys();
  const ticket = new Uint8Array(100);
  await assertRejects(() => keys.open(ticket, ticket, environment), Error, "no entropy");
  broken = false;
  assertEquals(await keys.open(ticket, ticket, environment), null);
});

Deno.test("badCertHook that throws fails as a hook, not as the library", async () => {
  await using joined = join({
    client: {
      caCerts: [PKI.otherRoot.cert],
      badCert: () => {
        throw new TypeError("oops");
      },
    },
  });
  joined.server.handshake().catch(() => {}); // gets the alert
  assertLocal(
    await failureOf(joined.client.handshake()),
    "SSL_ERROR_APP_CALLBACK_ERROR",
    "internal_error",
  );
});

Deno.test("An alert without content is an unexpected_message (RFC 8446, Section 5.4)", async () => {
  let tap: RecordTap | undefined;
  const keyLog = (line: string) => tap!.keyLog(line);
  await using joined = await connected({
    client: { keyLog, cipherSuites: ["TLS_AES_128_GCM_SHA256"] },
    wrapClient: (conn) => tap = new RecordTap(conn, "client"),
  });
  await tap!.send({ type: ContentType.alert, fragment: new Uint8Array(0) });
  assertLocal(
    await failureOf(joined.server.read(new Uint8Array(1))),
    "SSL_ERROR_RX_UNEXPECTED_ALERT",
    "unexpected_message",
  );
});

Deno.test("Nothing follows a close_notify, not even a KeyUpdate under way", async () => {
  let tap: RecordTap | undefined;
  const keyLog = (line: string) => tap!.keyLog(line);
  await using joined = await connected({
    client: { keyLog, cipherSuites: ["TLS_AES_128_GCM_SHA256"] },
    wrapClient: (conn) => tap = new RecordTap(conn, "client"),
  });
  const renewal = keyUpdate(joined.client);
  await Promise.all([renewal, joined.client.closeWrite()]);
  const types = tap!.records.filter(({ epoch }) => epoch === "application").map(({ type }) => type);
  assertEquals(types.indexOf(ContentType.alert), types.length - 1, types.join());
});

/** The first flight of a client that announces early data, as a record. */
async function helloWithEarlyData(options: ImportOptions): Promise<Uint8Array<ArrayBuffer>> {
  const [a, b] = memoryPair();
  const client = socketOver(a, clientOptions(options));
  client.handshake().catch(() => {}); // nobody answers
  const buffer = new Uint8Array(16384);
  const count = await b.read(buffer);
  await closeAll(client);
  const hello = parseClientHello(buffer.slice(9, count!));
  hello.extensions!.addBody(ExtensionType.earlyData, new Uint8Array(0));
  const message = encodeHandshake(HandshakeType.clientHello, encodeClientHello(hello));
  return plainRecord(ContentType.handshake, message);
}

/** Empty records, to fool who counts content only. */
function emptyRecords(count: number): Uint8Array<ArrayBuffer> {
  const record = plainRecord(ContentType.applicationData, new Uint8Array(0));
  return new Uint8Array(count * record.length).map((_, i) => record[i % record.length]!);
}

for (const retry of [false, true]) {
  const after = retry ? "after a HelloRetryRequest" : "before the client's Finished";
  Deno.test(`Skipped early data is bounded ${after} even if its records are empty`, async () => {
    const [a, b] = memoryPair();
    const server = socketOver(b, serverOptions(retry ? { groups: ["secp256r1"] } : {}));
    const handshake = failureOf(server.handshake());
    await a.write(await helloWithEarlyData({}));
    await a.write(emptyRecords(4000));
    await a.closeWrite();
    assertEquals((await handshake).name, "SSL_ERROR_TOO_MUCH_EARLY_DATA");
  });
}

Deno.test("A full record of early data after a HelloRetryRequest is too much, but no record_overflow", async () => {
  const [a, b] = memoryPair();
  const server = socketOver(b, serverOptions({ groups: ["secp256r1"] }));
  const handshake = failureOf(server.handshake());
  await a.write(await helloWithEarlyData({}));
  await a.write(plainRecord(ContentType.applicationData, new Uint8Array(16384 + 17)));
  await a.closeWrite();
  // The tag is what is too much.
  assertLocal(await handshake, "SSL_ERROR_TOO_MUCH_EARLY_DATA", "unexpected_message");
});

Deno.test("Only what is skipped may be as long as a sealed record after a HelloRetryRequest", async () => {
  const [a, b] = memoryPair();
  const server = socketOver(b, serverOptions({ groups: ["secp256r1"] }));
  const handshake = failureOf(server.handshake());
  await a.write(await helloWithEarlyData({}));
  await a.write(plainRecord(ContentType.handshake, new Uint8Array(16384 + 1).fill(1)));
  await a.closeWrite();
  assertLocal(await handshake, "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow");
});

Deno.test("A HelloRetryRequest whose cookie does not fit into a ClientHello is an illegal_parameter", async () => {
  for (
    const [length, fits] of [[MAX_COOKIE_LENGTH, true], [MAX_COOKIE_LENGTH + 1, false], [
      65_400,
      false,
    ]] as const
  ) {
    await using joined = join({
      server: { groups: ["secp256r1"] },
      serverInternals: {
        messageFilter: onMessage(HandshakeType.serverHello, (raw) => {
          const hello = parseServerHello(raw.slice(4));
          const extensions = new ExtensionBlock()
            .add(supportedVersionsServerHello, TLS_1_3)
            .add(keyShareHelloRetryRequest, hello.extensions!.get(keyShareHelloRetryRequest)!)
            .add(cookie, new Uint8Array(length));
          return [
            encodeHandshake(HandshakeType.serverHello, encodeServerHello({ ...hello, extensions })),
          ];
        }),
      },
    });
    // it meets another cookie than it sent, or the alert
    const server = failureOf(joined.server.handshake());
    const client = await failureOf(joined.client.handshake());
    if (fits) assertEquals(client.origin, "peer");
    else {
      assertLocal(client, "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST", "illegal_parameter");
    }
    await server;
  }
});

Deno.test("A ticket that does not fit into a ClientHello is not kept", async () => {
  for (
    const [length, resumed] of [[MAX_TICKET_LENGTH, true], [MAX_TICKET_LENGTH + 1, false], [
      65_000,
      false,
    ]] as const
  ) {
    const context = new NssContext({ trustAnchors: [] });
    const messageFilter: MessageFilter = ({ type, raw, body }) => {
      if (type !== HandshakeType.newSessionTicket) return [raw];
      const ticket = { ...parseNewSessionTicket(body.slice()), ticket: new Uint8Array(length) };
      return [encodeHandshake(type, encodeNewSessionTicket(ticket))];
    };
    await session({ client: { context }, serverInternals: { messageFilter } });
    const cache = clientSessionCache(context);
    assertInstanceOf(cache, MemorySessionCache);
    assertEquals(cache.size > 0, resumed, `${length} bytes`);
    await session({ client: { context } });
  }
});

Deno.test("importFD() refuses a host name that is longer than DNS allows", () => {
  const name = (length: number) => `${"a.".repeat(200).slice(0, length - 1)}a`;
  assertEquals(resolveConfig({ hostname: name(255) }).hostname?.length, 255);
  assertThrows(() => resolveConfig({ hostname: name(256) }), SslError, "hostname");
});

Deno.test("Protocol names of the peer come into messages escaped and few", async () => {
  const alpnProtocols = ["a\n\u001b[31m\u009b", ...Array.from({ length: 20 }, (_, i) => `p${i}`)];
  await using joined = join({ client: { alpnProtocols }, server: { alpnProtocols: ["h2"] } });
  joined.client.handshake().catch(() => {}); // gets the alert
  const { name, message } = await failureOf(joined.server.handshake());
  assertEquals(name, "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL");
  assertEquals(message.match(/[^\x20-\x7e]/g), null);
  assertFalse(message.includes("p19"), message);
});

Deno.test("resolveConfig() refuses protocols that do not fit into a ClientHello, and keeps its own list", () => {
  // with their lengths 2^13 bytes
  const protocols = Array.from({ length: 32 }, () => "p".repeat(255));
  const config = resolveConfig({ alpnProtocols: protocols });
  protocols.push("p");
  assertEquals(config.alpnProtocols.length, 32);
  const error = assertThrows(() => resolveConfig({ alpnProtocols: protocols }), SslError);
  assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
});

Deno.test("getClientAuthDataHook: a session is not resumed for who the hook may no longer choose to be", async () => {
  const context = new NssContext({ trustAnchors: [] });
  const serverContext = new NssContext({ trustAnchors: [] });
  const other = await makeIdentity({ subject: "CN=Other Client" }, PKI.root);
  let shown = PKI.client;
  const getClientAuthData = () => shown.credential;
  const caller = async (peerId?: string) => {
    await using joined = join({
      client: { context, getClientAuthData, ...(peerId !== undefined && { peerId }) },
      server: { context: serverContext, clientAuth: "require" },
    });
    const [, info] = await shake(joined);
    await ping(joined);
    return [info.peerCertificates[0], info.resumed];
  };
  assertEquals(await caller(), [PKI.client.cert, false]);
  shown = other;
  assertEquals(await caller(), [other.cert, false]);
  // The application says for whom the sessions are.
  assertEquals(await caller("other"), [other.cert, false]);
  assertEquals(await caller("other"), [other.cert, true]);
});

Deno.test("sniSocketConfigHook: what is neither undefined nor a configuration refuses the name", async () => {
  for (const value of [null, false, 0, ""]) {
    // deno-lint-ignore no-explicit-any -- what JavaScript may return
    await using joined = join({ server: { sniSocketConfig: () => value as any } });
    const [, refusal] = await Promise.allSettled([
      joined.client.handshake(),
      joined.server.handshake(),
    ]);
    assertEquals(
      refusal.status === "rejected" && refusal.reason.name,
      "SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
    );
  }
});
