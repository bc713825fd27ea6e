// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A transport that fails at each read and at each write in turn, in every way that transports fail:
 * all calls settle in the first error, and nothing is left.
 *
 * @module
 */

import { assert, assertEquals, assertGreater, assertStrictEquals } from "@std/assert";
import type { ProtocolVersion } from "@nss/nss";
import type { ErrorName } from "../../cert/base/errors.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { configServerSessionIDCache } from "../../ssl/nss/config_server_session_id_cache.ts";
import type { SslError } from "../../ssl/base/errors.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import { clientSessionCache } from "../../ssl/session/client_cache.ts";
import { MemoryServerSessionCache } from "../../ssl/session/memory_server.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { FAILURES, type Fault, type FaultyCall, FlakyConn } from "./_flaky_conn.ts";
import { RawTls12Client } from "./_raw_tls12_client.ts";
import { CALLS, closeAll, serverOptions, socketOver } from "./_support.ts";
import { ONLY_TLS12 } from "./_tls12.ts";
import {
  Calls,
  EndedEarly,
  type Scenario,
  SCENARIOS,
  type Script,
} from "./_transport_scenarios.ts";
import { Watch } from "./_watch.ts";

/** How long a socket whose transport stalls waits when it is closed. */
const SHORT_CLOSE_TIMEOUT = 5;

/**
 * What the first error is called; a transport that never settles is given up by the application.
 */
const NAMES: Readonly<Record<NonNullable<Fault["how"]>, readonly ErrorName[]>> = {
  "reject": ["PR_IO_ERROR"],
  "tear": ["PR_IO_ERROR"],
  "take nothing": ["PR_IO_ERROR"],
  "end": ["PR_END_OF_FILE_ERROR"],
  // The signal's word in the handshake; after it close() gives up what it could not send, or the
  // calls that still wait.
  "stall": ["PR_OPERATION_ABORTED_ERROR", "PR_IO_TIMEOUT_ERROR", "PR_BAD_DESCRIPTOR_ERROR"],
  "short": [],
};

/** One run of a scenario. */
interface Run {
  readonly conn: FlakyConn;
  /** The first error that the end over that connection met. */
  readonly error: SslError | null;
  /** Whether both ends came to the end of their scripts. */
  readonly complete: boolean;
}

/**
 * Runs a script, and returns when every call that it made has settled; tells whether it came to its
 * end.
 */
async function perform(script: Script, socket: SslSocket, calls: Calls): Promise<boolean> {
  try {
    await script(socket, calls);
    return true;
  } catch (error) {
    const isExpected = error instanceof EndedEarly || calls.errors.includes(error as SslError);
    if (!isExpected) throw error; // what was read is not what was written
    return false;
  } finally {
    await calls.settled();
  }
}

async function run(
  watch: Watch,
  { options, scripts }: Scenario,
  version: ProtocolVersion,
  role: Role,
  fault: Fault,
): Promise<Run> {
  const both = await options(version);
  const cacheBefore = clientSessionCache(both.client.context!).size;
  // Which end is whose is part of what sessions are kept under.
  const ends = memoryPair();
  const [near, far] = role === "client" ? ends : ends.toReversed();
  const conn = new FlakyConn(near!, fault);
  let shaken = false;
  const given = new AbortController();
  const stalls = fault.how === "stall";
  const own = socketOver(conn, {
    ...both[role],
    signal: given.signal,
    handshakeCallback: () => void (shaken = true),
    ...(stalls ? { closeTimeout: SHORT_CLOSE_TIMEOUT } : {}),
  });
  const peerRole = role === "client" ? "server" : "client";
  const peer = socketOver(far!, both[peerRole]);

  const calls = new Calls();
  conn.stalled.then(() => {
    if (shaken) calls.make(own.close()).catch(() => {}); // the calls know
    else given.abort();
  });
  const complete = await watch.settles(
    Promise.all([
      perform(scripts[role], own, calls),
      perform(scripts[peerRole], peer, new Calls()),
    ]),
    `a call at ${JSON.stringify(fault)}`,
  );

  const [error = null] = calls.errors;
  if (error !== null) await meetsAgain(own, error, calls);
  await closeAll(own, peer);
  assertEquals(conn.closes, 1, "the transport is closed once");
  assertEquals(await watch.rejections(), []);
  assertEquals(await watch.timers(), 0, "timers are running");
  if (role === "client" && !shaken && cacheBefore === 0) {
    assertEquals(clientSessionCache(both.client.context!).size, 0, "the session is not complete");
  }
  return { conn, error, complete: complete.every(Boolean) };
}

/** The first error is the one that every call has met, and meets from now on. */
async function meetsAgain(socket: SslSocket, error: SslError, calls: Calls): Promise<void> {
  for (const other of calls.errors) assertSame(other, error);
  for (const call of CALLS) {
    // A handshake that was complete stays so.
    const later = await call(socket).then(() => null, (thrown) => thrown as SslError);
    if (later !== null) assertSame(later, error);
  }
}

function assertSame(other: SslError, error: SslError): void {
  // A socket that was closed says so to whoever still uses it, whatever its end was like.
  const ofClosing: readonly ErrorName[] = ["PR_BAD_DESCRIPTOR_ERROR", "PR_IO_TIMEOUT_ERROR"];
  if (ofClosing.includes(other.name) && ofClosing.includes(error.name)) return;
  assertStrictEquals(other, error, `${other.message} | ${error.message}`);
}

function assertFirstError({ conn, error }: Run, fault: Fault): void {
  const { call, how = "reject" } = fault;
  // Where the fault met only what nobody waits for: the close_notify, or a read that found its data
  // all the same.
  if (!conn.reached || error === null) return;
  const names = NAMES[how];
  assert(
    names.includes(error.name),
    `${error.name} (${error.message}) at ${JSON.stringify(fault)}`,
  );
  assertEquals([error.origin, error.alert], ["local", null]);
  if (how === "reject" || how === "tear") {
    assertEquals(error.message, `Cannot ${call}: the transport failed: cable cut`);
    assertEquals((error.cause as Error).message, "cable cut");
  }
}

/**
 * How calls fail, by their number: the soak (`NSS_SOAK=1`) has each fail in each way, CI each in
 * one way, and in all scenarios together in all of them.
 */
function turnsOf<How>(hows: readonly How[], first: number): readonly ((at: number) => How)[] {
  return Deno.env.get("NSS_SOAK") === "1"
    ? hows.map((how) => () => how)
    : [(at) => hows[(first + at) % hows.length]!];
}

let tests = 0;
for (const [what, scenario] of Object.entries(SCENARIOS)) {
  for (const version of scenario.versions) {
    for (const role of ["client", "server"] as const) {
      const title = `SslSocket as ${role} in ${what} (${version})`;

      for (const call of ["read", "write"] as const) {
        const turns = turnsOf<NonNullable<Fault["how"]>>(FAILURES[call], tests++);
        Deno.test(`${title} ends in its first error where any ${call} of the transport fails`, async () => {
          await using watch = new Watch();
          for (const howAt of turns) {
            const failed = await eachCall(call, async (at) => {
              const fault: Fault = { call, at, how: howAt(at) };
              const done = await run(watch, scenario, version, role, fault);
              assertFirstError(done, fault);
              return done;
            });
            assertGreater(failed, 1, `${howAt(1)}: the connection was sound`);
          }
        });
      }

      Deno.test(`${title} does not mind that any read or write of the transport is short`, async () => {
        await using watch = new Watch();
        for (const call of ["read", "write"] as const) {
          await eachCall(call, async (at) => {
            const done = await run(watch, scenario, version, role, { call, at, how: "short" });
            assert(done.complete, `${done.error?.message}`);
            return done;
          });
        }
      });
    }
  }
}

/**
 * Lets each call go wrong in turn, until a run has no such call; returns how many of them the
 * connection did not survive.
 */
async function eachCall(
  call: FaultyCall,
  attempt: (at: number) => Promise<Pick<Run, "conn" | "error">>,
): Promise<number> {
  let failed = 0;
  for (let at = 1;; at++) {
    const { conn, error } = await attempt(at);
    if (conn.calls[call] < at) return failed;
    if (error !== null) failed++;
  }
}

/** The server's flight that ends in ServerHelloDone. */
const FIRST_FLIGHT = 1;

for (const call of ["read", "write"] as const) {
  Deno.test(`ServerSessions keep no session of TLS 1.2 whose client a failing ${call} kept from its Finished`, async () => {
    await using watch = new Watch();
    let last = 0;
    await eachCall(call, async (at) => {
      const context = new NssContext({ trustAnchors: [] });
      const cache = new MemoryServerSessionCache();
      configServerSessionIDCache({ context, cache });
      const [a, b] = memoryPair();
      const conn = new FlakyConn(b, { call, at });
      const server = socketOver(conn, serverOptions({ context, versions: ONLY_TLS12 }));
      const handshake = server.handshake().then(() => null, (error) => error as SslError);
      const client = new RawTls12Client(a).handshake().catch(() => null);
      await watch.settles(client, "the client");
      a.close();
      const error = await watch.settles(handshake, "the server");
      // Where the server's own Finished is lost, its client has proved itself, and does not know
      // the session.
      const proved = error === null || (call === "write" && at > FIRST_FLIGHT);
      assertEquals(cache.size, proved ? 1 : 0);
      await closeAll(server);
      last = cache.size;
      return { conn, error };
    });
    assertEquals(last, 1, "the sound connection's session is kept");
  });
}
