// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Writes the tables of docs/scaling.md from real handshakes and the simulation: `deno task
 * scaling`.
 *
 * @module
 */

import { PKI } from "../ssl/_support.ts";
import { REVOCATION_LAG } from "../../ssl/session/limits.ts";
import { table, withText } from "../support/generated_page.ts";
import { type Costs, measure, type Operations, WAYS } from "./_costs.ts";
import { keysOf } from "./_key_ring_model.ts";
import { simulate } from "./_model.ts";
import { DEFAULTS, type Fault, OPERATIONS, type Scenario } from "./_scenario.ts";
import { LENGTHS } from "./_store_model.ts";

/** The page. */
export const PAGE = new URL("../../docs/scaling.md", import.meta.url);

/** The handshakes a second of the example. */
const RATE = DEFAULTS.rate;
const PROCESSES = DEFAULTS.machines * DEFAULTS.processes;

function operationsText(operations: Operations): string {
  const parts = OPERATIONS.filter((name) => operations[name] > 0).map((name) =>
    operations[name] === 1 ? `\`${name}\`` : `${operations[name]} \`${name}\``
  );
  return parts.length === 0 ? "none" : parts.join(", ");
}

function sum(operations: Operations): number {
  return OPERATIONS.reduce((total, name) => total + operations[name], 0);
}

async function costsTable(): Promise<string> {
  const rows = [];
  for (const [name, way] of Object.entries(WAYS)) {
    const costs: Costs = await measure(way);
    const { ticket } = way.byId ? costs : await measure(way, true);
    rows.push([
      name,
      operationsText(costs.full),
      operationsText(costs.resumed),
      costs.ticket === 0 ? "none" : `${costs.ticket}`,
      // Its length has no fixed value, as signatures have none
      ticket === 0 ? "none" : `${ticket - PKI.client.cert.der.length} and the certificate`,
      `${RATE * sum(costs.full)} to ${RATE * sum(costs.resumed)}`,
    ]);
  }
  const head = [
    "sessions are in",
    "a full handshake asks",
    "a resumption asks",
    "bytes of a ticket",
    "with a client's certificate",
    `operations a second at ${RATE} handshakes/s, none or all resumed`,
  ];
  return table(head, rows);
}

function constantsTable(): string {
  const { rotation, lifetime } = DEFAULTS;
  const keys = keysOf({ rotation, lifetime });
  const ring = LENGTHS.seal + LENGTHS.ring + LENGTHS.key * keys;
  return table(["asked by each process", "how often", `of ${PROCESSES} processes`], [
    ["the ring of ticket keys and whose turn it is: 2 `get`", "once a minute", perSecond(2 / 60)],
    [
      "what is forgotten: `get` and `epoch`",
      `each ${REVOCATION_LAG / 1000} s in which a session comes back`,
      perSecond(2000 / REVOCATION_LAG),
    ],
    [
      `a new ticket key: 2 \`replace\`, by one process for all; the ring has ${keys} keys, ${ring} bytes`,
      "once a rotation, by default a day",
      "1",
    ],
  ]);
}

function perSecond(each: number): string {
  return `${Math.round(PROCESSES * each)} a second`;
}

const STOPPED: Fault = { kind: "stop", at: 8, until: 16 };

/** What the page shows of the simulation. */
export const SIMULATED: readonly (readonly [options: string, scenario: Scenario])[] = [
  ["`--mode tickets`", DEFAULTS],
  ["`--mode tickets --fault stop@8-16`", { ...DEFAULTS, faults: [STOPPED] }],
  ["`--mode once`", { ...DEFAULTS, mode: "once" }],
  ["`--mode once --rows 16777216`", { ...DEFAULTS, mode: "once", rows: 2 ** 24 }],
  ["`--mode once --fault stop@8-16`", { ...DEFAULTS, mode: "once", faults: [STOPPED] }],
  ["`--mode once --fault restart@10`", {
    ...DEFAULTS,
    mode: "once",
    faults: [{ kind: "restart", at: 10, keepsRows: true }],
  }],
  ["`--mode ids --rows 10000`", { ...DEFAULTS, mode: "ids", rows: 10_000 }],
  ["`--mode ids`", { ...DEFAULTS, mode: "ids" }],
];

function simulatedTable(): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows = SIMULATED.map(([options, scenario]) => {
    const { eligible, resumed, operations, storeLoad, bytes, wait } = simulate(scenario);
    return [
      options,
      `${Math.round(sum(operations) / scenario.seconds)}`,
      `${Math.round(bytes / scenario.seconds / 1024)} KiB`,
      percent(storeLoad),
      percent(resumed / eligible),
      `${wait.mean.toFixed(2)} ms`,
    ];
  });
  const head = [
    "options",
    "operations a second",
    "names and values a second",
    "the store's load",
    "resumed",
    "a handshake waits",
  ];
  return table(head, rows);
}

/** The page with its tables written anew; the simulations take a minute or two. */
export async function writtenPage(page: string, simulates = true): Promise<string> {
  const costs = withText(page, "tests/scale/page.ts: costs", await costsTable());
  const constants = withText(costs, "tests/scale/page.ts: constants", constantsTable());
  return simulates
    ? withText(constants, "tests/scale/page.ts: simulated", simulatedTable())
    : constants;
}

if (import.meta.main) {
  await Deno.writeTextFile(PAGE, await writtenPage(await Deno.readTextFile(PAGE)));
}
