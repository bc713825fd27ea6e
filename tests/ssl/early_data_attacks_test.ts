// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Early data that is replayed, too much, or out of turn (RFC 8446, Sections 4.2.10 and 8). @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import type { AntiReplayContext, EarlyDataStore } from "../../ssl/base/anti_replay.ts";
import { connectionOf } from "../../ssl/connection/connection_registry.ts";
import { MAX_SKIPPED_EARLY_DATA } from "../../ssl/engine/read_half.ts";
import type { EarlyDataOutcome } from "../../ssl/handshake/early_data.ts";
import { earlyData } from "../../ssl/extensions/early_data.ts";
import type { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import {
  encodeEncryptedExtensions,
  parseEncryptedExtensions,
} from "../../ssl/messages/encrypted_extensions.ts";
import {
  createAntiReplayContext,
  readEarlyData,
  setAntiReplayContext,
  setMaxEarlyDataSize,
  writeEarlyData,
} from "../../ssl/nss/early_data.ts";
import { newModel } from "../../ssl/config/model.ts";
import { optionGet, optionSet } from "../../ssl/nss/option_set.ts";
import { resumptionTokenCallback, setResumptionToken } from "../../ssl/nss/resumption_token.ts";
import {
  DEFAULT_ANTI_REPLAY_WINDOW,
  DEFAULT_EARLY_TICKETS,
  MemoryEarlyDataStore,
} from "../../ssl/session/anti_replay.ts";
import { decodeToken, encodeToken } from "../../ssl/session/token.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { configOf } from "../../ssl/config/config_registry.ts";
import { MAX_EARLY_DATA } from "../../ssl/config/settings.ts";
import { SslError } from "../../ssl/base/errors.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { type Home, home, LIMIT, REQUEST } from "./_early_data.ts";
import { actOn, append } from "./_filters.ts";
import {
  assertFromPeer,
  assertLocal,
  closeAll,
  failureOf,
  type JoinOptions,
  onMessage,
  outcomeOf,
  pattern,
  ping,
  readExactly,
  serverOptions,
  shake,
  socketOver,
  TestEnvironment,
  turns,
} from "./_support.ts";

/** A store whose entries a test can look at. */
class WatchedStore extends MemoryEarlyDataStore {
  readonly puts: string[] = [];
  readonly takes: string[] = [];

  override put(id: string, expiresAt: number): void {
    this.puts.push(id);
    super.put(id, expiresAt);
  }

  override take(id: string, now: number): boolean {
    this.takes.push(id);
    return super.take(id, now);
  }
}

/** A home whose server keeps its entries in a store. */
function homeWith(antiReplay: AntiReplayContext): Home {
  const at = home();
  const joinWith = (options: JoinOptions = {}) => {
    const joined = at.join(options);
    setAntiReplayContext(joined.server, antiReplay);
    return joined;
  };
  return {
    ...at,
    join: joinWith,
    async visit(options) {
      await using joined = joinWith(options);
      await shake(joined);
      await ping(joined);
    },
  };
}

async function resume(at: Home, options: JoinOptions = {}): Promise<EarlyDataOutcome> {
  await using joined = at.join(options);
  const [{ outcome }] = await Promise.all([
    writeEarlyData(joined.client, REQUEST),
    joined.server.handshake(),
  ]);
  return outcome;
}

Deno.test("a server accepts a recorded first flight once: the second time it delivers nothing of it", async () => {
  const at = home();
  await at.visit();
  const flight: Uint8Array<ArrayBuffer>[] = [];
  await using joined = at.join({
    wrapClient: (conn) => ({
      ...conn,
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: (p) => conn.read(p),
      write: (p) => {
        flight.push(p.slice());
        return conn.write(p);
      },
      close: () => conn.close(),
      closeWrite: () => conn.closeWrite?.() ?? Promise.resolve(),
    }),
  });
  const buffer = new Uint8Array(100);
  const sent = writeEarlyData(joined.client, REQUEST);
  assertEquals(await readEarlyData(joined.server, buffer), REQUEST.length);
  assertEquals((await sent).outcome, "accepted");
  const { context } = configOf(joined.server);
  const [a, b] = memoryPair();
  const again = socketOver(b, serverOptions({ context, maxEarlyData: LIMIT }), {
    environment: at.environment,
  });
  const replayed = failureOf(readEarlyData(again, buffer));
  for (const piece of flight) await a.write(piece);
  await turns(50);
  // It has answered, and waits for the Finished that nobody who replays can make.
  const { early } = connectionOf(again).engine!;
  assertEquals([early.earlyRead, connectionOf(again).pendingLength], [null, 0]);
  a[Symbol.dispose]();
  await replayed;
  await closeAll(again);
});

Deno.test("a ticket's entry is put before the ticket leaves, and taken by its first use alone", async () => {
  const store = new WatchedStore();
  const at = homeWith(createAntiReplayContext({ store }));
  await at.visit();
  assertEquals([store.puts.length, new Set(store.puts).size], [2, 2]);
  assertEquals(await resume(at), "accepted");
  assertEquals(store.takes, [store.puts[1]!]); // clients use the newest first
  assertEquals(store.take(store.puts[1]!, 0), false);
});

Deno.test("a server refuses early data whose entry is lost, as by a restart", async () => {
  const at = homeWith(createAntiReplayContext());
  await at.visit();
  await using joined = at.join();
  setAntiReplayContext(joined.server, createAntiReplayContext());
  const [{ outcome }] = await Promise.all([
    writeEarlyData(joined.client, REQUEST),
    joined.server.handshake(),
  ]);
  assertEquals(outcome, "refused");
});

Deno.test("a server heeds the window on a ticket's age, to the millisecond, both ways", async () => {
  for (
    const [skew, outcome] of [
      [DEFAULT_ANTI_REPLAY_WINDOW, "accepted"],
      [DEFAULT_ANTI_REPLAY_WINDOW + 1, "refused"],
      [-DEFAULT_ANTI_REPLAY_WINDOW, "accepted"],
      [-DEFAULT_ANTI_REPLAY_WINDOW - 1, "refused"],
    ] as const
  ) {
    const at = home();
    await at.visit();
    // So that no age is negative
    at.environment.advance(60_000);
    const environment = new TestEnvironment(at.environment.now() + skew);
    assertEquals(await resume(at, { serverInternals: { environment } }), outcome, `${skew}`);
  }
});

Deno.test("createAntiReplayContext() takes a window and a number of tickets, whose oldest go first", async () => {
  for (const [maxTickets, outcome] of [[2, "accepted"], [1, "refused"]] as const) {
    const at = homeWith(createAntiReplayContext({ maxTickets }));
    await at.visit();
    const store = configOf(at.join().server).antiReplay!.store as MemoryEarlyDataStore;
    if (maxTickets === 1) await store.put("another", Infinity);
    else await store.put("another", Infinity); // the first of two goes, and the second is used
    assertEquals(await resume(at), outcome);
  }
  assertEquals(createAntiReplayContext().window, 10_000);
  for (const window of [-1, "1"]) {
    assertThrows(() => createAntiReplayContext({ window: window as number }), SslError, "window");
  }
  assertThrows(() => createAntiReplayContext({ maxTickets: 0 }), SslError, "maxTickets");
  assertThrows(() => createAntiReplayContext({ store: {} as EarlyDataStore }), SslError, "store");
});

Deno.test("MemoryEarlyDataStore.take() gives each entry once, until it expires, and keeps DEFAULT_EARLY_TICKETS", () => {
  const store = new MemoryEarlyDataStore();
  store.put("a", 1000);
  assertEquals([store.take("a", 1000), store.take("a", 1000)], [true, false]);
  store.put("b", 1000);
  assertEquals(store.take("b", 1001), false);
  for (let i = 0; i <= DEFAULT_EARLY_TICKETS; i++) store.put(`${i}`, 1);
  assertEquals(["0", "1", `${DEFAULT_EARLY_TICKETS}`].map((id) => store.take(id, 0)), [
    false,
    true,
    true,
  ]);
});

Deno.test("a server whose store fails gives tickets without early data, or refuses it, and goes on", async () => {
  const fails = () => Promise.reject(new Error("The store is down"));
  const silent = createAntiReplayContext({ store: { put: fails, take: () => true } });
  const at = homeWith(silent);
  await at.visit();
  assertEquals(await resume(at), "not-allowed");
  for (const take of [fails, () => undefined as unknown as boolean, () => 1 as unknown as true]) {
    const other = homeWith(createAntiReplayContext({ store: { put: () => {}, take } }));
    await other.visit();
    assertEquals(await resume(other), "refused");
  }
});

Deno.test("setAntiReplayContext() takes what createAntiReplayContext() made, or null", () => {
  const model = newModel({ role: "server" });
  setAntiReplayContext(model, createAntiReplayContext());
  setAntiReplayContext(model, null);
  assertThrows(
    () => setAntiReplayContext(model, { window: 1 } as AntiReplayContext),
    SslError,
    "store",
  );
});

Deno.test("setMaxEarlyDataSize() takes up to MAX_EARLY_DATA, and ENABLE_0RTT_DATA says whether it is set", () => {
  const model = newModel({ role: "server" });
  assertEquals(optionGet(model, "ENABLE_0RTT_DATA"), false);
  optionSet(model, "ENABLE_0RTT_DATA", true);
  assertEquals(configOf(model).maxEarlyData, 65_536);
  setMaxEarlyDataSize(model, MAX_EARLY_DATA);
  optionSet(model, "ENABLE_0RTT_DATA", true);
  assertEquals(configOf(model).maxEarlyData, MAX_EARLY_DATA);
  for (const size of [MAX_EARLY_DATA + 1, -1, 0.5, NaN]) {
    assertThrows(() => setMaxEarlyDataSize(model, size), SslError, "size");
    assertThrows(() => newModel({ maxEarlyData: size }), SslError, "maxEarlyData");
  }
  optionSet(model, "ENABLE_0RTT_DATA", false);
  assertEquals(configOf(model).maxEarlyData, 0);
});

/** A session of a server, as a token, of which a client believes that it allows so much. */
async function tokenOf(at: Home, limit: number): Promise<Uint8Array> {
  const tokens: Uint8Array[] = [];
  await using joined = at.join();
  resumptionTokenCallback(joined.client, (_socket, token) => void tokens.push(token));
  await shake(joined);
  await ping(joined);
  const token = decodeToken(tokens.at(-1)!);
  const { session } = token;
  if (session.version !== TLS_1_3) throw new Error("The session is of TLS 1.2");
  return encodeToken({ ...token, session: { ...session, maxEarlyData: limit } });
}

Deno.test("a server takes as much early data as its ticket allows, and not a byte more", async () => {
  for (const length of [LIMIT, LIMIT + 1]) {
    const at = home();
    const token = await tokenOf(at, 100_000);
    await using joined = at.join();
    setResumptionToken(joined.client, token);
    const early = writeEarlyData(joined.client, pattern(length));
    if (length === LIMIT) {
      assertEquals(await readExactly(joined.server, length), pattern(length));
      assertEquals((await early).outcome, "accepted");
      continue;
    }
    const told = failureOf(early.then(() => joined.client.read(new Uint8Array(1))));
    const found = await failureOf(joined.server.handshake());
    assertLocal(found, "SSL_ERROR_TOO_MUCH_EARLY_DATA", "unexpected_message");
    assertFromPeer(await told, "unexpected_message");
  }
});

Deno.test("a server that refuses reads past as much early data as its tickets allow, and no more", async () => {
  const most = 3 * MAX_SKIPPED_EARLY_DATA;
  for (const length of [most, most + 1]) {
    const at = home({ maxEarlyData: most });
    const token = await tokenOf(at, length);
    await using joined = at.join({
      server: { helloRetryRequestCallback: () => "reject-early-data" },
    });
    setResumptionToken(joined.client, token);
    const early = writeEarlyData(joined.client, pattern(length));
    if (length === most) {
      await joined.server.handshake();
      assertEquals((await early).outcome, "refused");
      continue;
    }
    early.catch(() => {});
    const found = await failureOf(joined.server.handshake());
    assertLocal(found, "SSL_ERROR_TOO_MUCH_EARLY_DATA", "unexpected_message");
  }
});

/** Edits the extensions of the server's EncryptedExtensions. */
const editAnswer = (edit: (extensions: ExtensionBlock) => ExtensionBlock) =>
  actOn(HandshakeType.encryptedExtensions, 0, {
    edit: (body) => {
      const { extensions } = parseEncryptedExtensions(body);
      return encodeEncryptedExtensions({ extensions: edit(extensions) });
    },
  });

interface Row {
  readonly name: string;
  readonly client?: MessageFilter;
  readonly server?: MessageFilter;
  readonly serverOptions?: JoinOptions["server"];
  readonly visit?: JoinOptions;
  readonly at: "client" | "server";
  readonly error: SslError["name"];
  readonly alert: NonNullable<SslError["alert"]>;
}

const { endOfEarlyData, finished } = HandshakeType;

const ROWS: readonly Row[] = [
  {
    name: "EndOfEarlyData is left out: the Finished is under other keys",
    client: actOn(endOfEarlyData, 0, "drop"),
    at: "server",
    error: "SSL_ERROR_BAD_MAC_READ",
    alert: "bad_record_mac",
  },
  {
    name: "EndOfEarlyData has content",
    client: actOn(endOfEarlyData, 0, { edit: append }),
    at: "server",
    error: "SSL_ERROR_RX_MALFORMED_END_OF_EARLY_DATA",
    alert: "decode_error",
  },
  {
    name: "EndOfEarlyData comes twice: something follows it under its keys",
    client: actOn(endOfEarlyData, 0, "duplicate"),
    at: "server",
    error: "SSL_ERROR_RX_UNEXPECTED_HANDSHAKE",
    alert: "unexpected_message",
  },
  {
    name: "a Finished comes in place of EndOfEarlyData",
    client: actOn(endOfEarlyData, 0, { type: finished, body: [] }),
    at: "server",
    error: "SSL_ERROR_RX_UNEXPECTED_FINISHED",
    alert: "unexpected_message",
  },
  {
    name: "EndOfEarlyData comes where early data was refused",
    client: onMessage(finished, (raw) => [new Uint8Array([endOfEarlyData, 0, 0, 0]), raw]),
    serverOptions: { maxEarlyData: 0 },
    at: "server",
    error: "SSL_ERROR_RX_UNEXPECTED_END_OF_EARLY_DATA",
    alert: "unexpected_message",
  },
  {
    name: "a server accepts early data and not its session",
    server: editAnswer((extensions) => extensions.add(earlyData, true)),
    serverOptions: { sessionTickets: false },
    at: "client",
    error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
    alert: "unsupported_extension",
  },
  {
    name: "a server accepts early data after a HelloRetryRequest",
    server: editAnswer((extensions) => extensions.add(earlyData, true)),
    serverOptions: { groups: ["secp256r1"] },
    at: "client",
    error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
    alert: "unsupported_extension",
  },
  {
    name: "a server accepts early data under another protocol",
    server: editAnswer((extensions) => extensions.add(earlyData, true)),
    visit: { client: { alpnProtocols: ["a", "b"] }, server: { alpnProtocols: ["a"] } },
    serverOptions: { alpnProtocols: ["b"], maxEarlyData: 0 },
    at: "client",
    error: "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
    alert: "illegal_parameter",
  },
  {
    name: "a server accepts early data under another suite",
    server: editAnswer((extensions) => extensions.add(earlyData, true)),
    serverOptions: { cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256"], maxEarlyData: 0 },
    at: "client",
    error: "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
    alert: "illegal_parameter",
  },
  {
    name: "a server has fallen back to TLS 1.2",
    serverOptions: { versions: { max: "TLSv1.2" } },
    at: "client",
    error: "SSL_ERROR_DOWNGRADE_WITH_EARLY_DATA",
    alert: "illegal_parameter",
  },
];

for (const row of ROWS) {
  Deno.test(`a handshake with early data fails where ${row.name}`, async () => {
    const at = home();
    await at.visit(row.visit);
    await using joined = at.join({
      client: row.visit?.client ?? {},
      server: row.serverOptions ?? {},
      clientInternals: row.client === undefined ? {} : { messageFilter: row.client },
      serverInternals: row.server === undefined ? {} : { messageFilter: row.server },
    });
    const early = writeEarlyData(joined.client, REQUEST).then(() => outcomeOf(joined.client));
    const [client, server] = await Promise.all([
      early.catch((error) => error),
      outcomeOf(joined.server),
    ]);
    const [found, told] = row.at === "client" ? [client, server] : [server, client];
    assertLocal(found, row.error, row.alert);
    if (row.at === "server") assertFromPeer(told, row.alert);
  });
}
