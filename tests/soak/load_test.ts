// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) has 1,000 connections at once for five minutes, otherwise a tenth
// of them for some seconds.

import { assert, assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { programVersion } from "../support/process.ts";
import { inCi, note, skip } from "../support/skip.ts";
import { HONEST_PEERS, OPENSSL_PEER } from "./_honest_peers.ts";
import { HOSTILE_PEERS } from "./_hostile_peers.ts";
import { HOSTILE_SERVERS } from "./_hostile_servers.ts";
import { Load, type PeerKind, type Times } from "./_load.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const soak = Deno.env.get("NSS_SOAK") === "1";

/** At once, to one process. */
const CONNECTIONS = soak ? 1000 : 100;

const TIMES: Times = soak
  ? {
    run: 300_000,
    handshakeTimeout: null, // as the library has them
    closeTimeout: null,
    idleTimeout: 30_000,
    rest: 10_000,
    drip: 1000,
  }
  : {
    run: 12_000,
    handshakeTimeout: 8000, // a hundred at once, on a busy machine
    closeTimeout: 1000,
    idleTimeout: 4000,
    rest: 600,
    drip: 100,
  };

/** What the runtime takes with the library, its compiled code and room for garbage. */
const BASE_MEMORY = 160 * MIB;
/**
 * What a connection may take: 40 KiB at rest (idle_test.ts) and 16 KiB for its application; where
 * it echoes 20,000 bytes, two chunks of 64 KiB to read them (they fill no longer one) and three
 * copies of them, opened, sealed and on their way out. Those that send as fast as they can take
 * more, which those that say nothing do not take.
 */
const MAX_CONNECTION_MEMORY = 256 * KIB;
/**
 * What may be left when all are gone: compiled code, and sessions by ID of those clients of TLS 1.2
 * that take no tickets. A KiB for each connection that there was would be more.
 */
const MAX_HEAP_GROWTH = 12 * MIB;

/**
 * The longest that a server takes to close what its peers have left: closeTimeout and a busy
 * machine.
 */
const END_TIMEOUT = 30_000;

/** Counts the rejections in this process that nobody handles. */
class Rejections implements Disposable {
  readonly reasons: unknown[] = [];

  constructor() {
    addEventListener("unhandledrejection", this.#take);
  }

  [Symbol.dispose](): void {
    removeEventListener("unhandledrejection", this.#take);
  }

  readonly #take = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    this.reasons.push(event.reason);
  };
}

async function peerKinds(): Promise<readonly PeerKind[]> {
  const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);
  if (!openssl.ok) {
    const lack = `no openssl s_client among the peers: ${openssl.reason}`;
    if (inCi) throw new Error(`Cannot run where CI=true demands everything: ${lack}`);
    note(`load: ${lack}`);
  }
  return [
    ...HONEST_PEERS,
    ...(openssl.ok ? [OPENSSL_PEER] : []),
    ...HOSTILE_PEERS,
    ...HOSTILE_SERVERS,
  ];
}

const TITLE = `SslListener serves honest peers among hostile ones, ${CONNECTIONS} at once, ` +
  "in bounded memory, and names the limit that ends each";

async function test(): Promise<void> {
  using rejections = new Rejections();
  await using load = await Load.start(TIMES);
  const kinds = await peerKinds();
  const before = await load.process.state();
  const socketsBefore = load.process.tcpSockets();
  await load.run(kinds, CONNECTIONS);
  const after = await load.process.settled(END_TIMEOUT);
  const { peak } = load.process.rss();

  note(
    `load: ${after.peak} connections at once, ${load.served} requests answered, rss ${
      mib(peak)
    } at ` +
      `the peak, heap ${mib(before.heap)} before and ${mib(after.heap)} after`,
  );
  for (const [kind, outcomes] of load.outcomes) {
    const counts = [...outcomes].map(([outcome, count]) => `${count} ${outcome}`);
    note(`load: ${kind}: ${counts.join(", ")}`);
  }

  assertEquals(load.complaints, []);
  for (const { name, outcome } of kinds) {
    const met = load.outcomes.get(name);
    assert(met !== undefined, `${name}: no connection has ended`);
    assertEquals([...met.keys()], [outcome], name);
  }
  assertGreaterOrEqual(after.peak, CONNECTIONS);
  assertLess(peak, BASE_MEMORY + CONNECTIONS * MAX_CONNECTION_MEMORY);
  assertLess(after.heap - before.heap, MAX_HEAP_GROWTH);
  assertEquals(after.live, 0, "connections are left");
  assertEquals(load.process.tcpSockets(), socketsBefore, "sockets are left");
  assertEquals([after.unhandled, rejections.reasons], [0, []]);
  assertEquals(load.process.complaints, "");
}

if (Deno.build.os === "linux") Deno.test(TITLE, test);
else skip(TITLE, "a process's memory and sockets are read from Linux's /proc", true);

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}
