// Copyright 2026 the NSS for Deno authors. MIT license.

/** Servers whose shared store is slow, wrong or gone. @module */

import { assert, assertEquals } from "@std/assert";
import type { SessionStore, StoreFault } from "../../ssl/base/session_store.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import { getStatistics } from "../../ssl/nss/get_statistics.ts";
import { writeEarlyData } from "../../ssl/nss/early_data.ts";
import { FAILURES_UNTIL_REST } from "../../ssl/session/circuit.ts";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import { REQUEST } from "./_early_data.ts";
import { newContext, servers, VERSIONS } from "./_shared_sessions.ts";
import { join, ping, PKI, shake } from "./_support.ts";
import { RawTls12Client } from "./_raw_tls12_client.ts";
import { serverOptions, socketOver } from "./_support.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { withoutTime } from "../support/without_time.ts";

const METHODS = ["get", "put", "replace", "epoch"] as const;
type Method = typeof METHODS[number];

const hostile = () => {
  throw new Error("a trap");
};

/** What a method does that is broken. */
const FAULTS: Readonly<Record<string, () => unknown>> = {
  "throws": hostile,
  "rejects": () => Promise.reject(new Error("down")),
  "rejects with what cannot be looked at": () =>
    Promise.reject(new Proxy(new Error(), { get: hostile, getPrototypeOf: hostile })),
  "never settles": () => new Promise(() => {}),
  "gives a promise whose then throws": () => ({
    get then() {
      return hostile();
    },
  }),
  "gives a text": () => "true",
  "gives an object": () => ({}),
  "gives null": () => null,
  "gives garbage": () => crypto.getRandomValues(new Uint8Array(100)),
  "gives a giant": () => new Uint8Array(2 ** 22),
  "gives what another tenant has": () => new Uint8Array(60_000).fill(1),
};

/** A store of which one method does what it should for so many calls, and then is broken. */
function broken(method: Method, fault: () => unknown, after: number): SessionStore {
  const memory = new MemorySessionStore();
  const store: SessionStore = {
    get: (name) => memory.get(name),
    put: (...row) => memory.put(...row),
    replace: (...row) => memory.replace(...row),
    epoch: () => memory.epoch(),
  };
  // deno-lint-ignore no-explicit-any -- what it gives is wrong
  const good: any = store[method];
  let calls = 0;
  const bad = (...args: unknown[]) => calls++ < after ? good(...args) : fault();
  return { ...store, [method]: bad };
}

/** Connects a client with a certificate, whose early data is sent if it may. */
async function connect(client: NssContext, server: NssContext, versions: typeof VERSIONS[number]) {
  await using joined = join({
    client: { versions, context: client, certificates: [PKI.client.credential] },
    server: { versions, context: server, clientAuth: "request", maxEarlyData: 1000 },
  });
  if (versions.max === "TLSv1.3") {
    await Promise.all([writeEarlyData(joined.client, REQUEST), joined.server.handshake()]);
  }
  await shake(joined);
  await ping(joined);
}

/** A client without tickets connects, and offers its session again. */
async function connectById(server: NssContext): Promise<void> {
  const raw = async (run: (client: RawTls12Client) => Promise<unknown>) => {
    const [a, b] = memoryPair();
    const socket = socketOver(
      b,
      serverOptions({ context: server, versions: VERSIONS[1]!, closeTimeout: 1 }),
    );
    const serving = socket.handshake();
    await run(new RawTls12Client(a));
    await serving;
    a[Symbol.dispose]();
    await socket.close().catch(() => {});
  };
  await raw((client) => client.handshake());
}

/**
 * After how many good calls a store is broken: the soak (`NSS_SOAK=1`) tries each with each fault,
 * CI one with each, and in all methods together all of them.
 */
const GOOD_CALLS = [0, 1, 3] as const;
const soak = Deno.env.get("NSS_SOAK") === "1";

for (const [turn, method] of METHODS.entries()) {
  Deno.test(`a store whose ${method}() is broken costs no connection, at no point of the handshakes of either version`, async () => {
    for (const [i, [what, fault]] of Object.entries(FAULTS).entries()) {
      const one = GOOD_CALLS[(i + turn) % GOOD_CALLS.length]!;
      for (const after of soak ? GOOD_CALLS : [one]) {
        for (const versions of VERSIONS) {
          const faults: StoreFault[] = [];
          const [server] = await servers(1, broken(method, fault, after), {
            singleUse: true,
            storeTimeout: 25,
            onStoreFault: (each) => {
              faults.push(each);
              throw new Error("the hook fails, too");
            },
          });
          const client = newContext();
          try {
            for (let i = 0; i < 3; i++) await connect(client, server!, versions);
            if (versions.max === "TLSv1.2") await connectById(server!);
          } catch (error) {
            throw new Error(`${method}() ${what} after ${after} calls`, { cause: error });
          }
          const counts = getStatistics({ context: server! });
          assertEquals(faults.length, counts.storeFailures + counts.unreadableRows);
          assertEquals(counts.cacheUnavailable, counts.storeFailures + counts.storeRefusals);
        }
      }
    }
  });
}

Deno.test("the circuit breaker is one for a store, whoever uses it, and says when the store rests", async () => {
  let calls = 0;
  const down = () => {
    calls++;
    return Promise.reject(new Error("down"));
  };
  const store: SessionStore = { get: down, put: down, replace: down, epoch: down };
  const faults: StoreFault[] = [];
  let callsAtFirst = 0;
  const all = await servers(4, store, { onStoreFault: (fault) => void faults.push(fault) });
  await withoutTime(async () => {
    for (let i = 0; i < 8; i++) {
      await connect(newContext(), all[i % 4]!, VERSIONS[0]!);
      callsAtFirst ||= calls;
    }
  });
  // The first handshake asks more than twice, and perhaps once more while its questions fail
  assert(callsAtFirst >= FAILURES_UNTIL_REST, `${callsAtFirst}`);
  assertEquals([calls, faults.length], [callsAtFirst, callsAtFirst]);
  assertEquals(
    faults.map(({ reason, rests }) => [reason, rests]),
    faults.map((_, i) => ["failure", i >= FAILURES_UNTIL_REST - 1]),
  );
  assert(faults[0]!.error instanceof Error && Object.isFrozen(faults[0]));
  const refusals = all.map((context) => getStatistics({ context }).storeRefusals);
  assert(refusals.every((count) => count > 0), `${refusals}`);
});

Deno.test("onStoreFault may be asynchronous and fail: nobody is left with an unhandled rejection", async () => {
  const store = broken("get", FAULTS["rejects"]!, 0);
  const onStoreFault = (() => Promise.reject(new Error("the hook fails"))) as () => void;
  const [server] = await servers(1, store, { onStoreFault });
  await connect(newContext(), server!, VERSIONS[0]!);
  await new Promise((resolve) => setTimeout(resolve, 0));
});
