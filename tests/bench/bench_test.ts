// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { withoutLayout } from "../support/generated_page.ts";
import { parseSource, readSources } from "../structure/_source.ts";
import { makeIdentity } from "./identity.ts";
import { allMeasures } from "./measures/all.ts";
import { CALLS, CALLS_AND_IO, OURS } from "./measures/contenders.ts";
import { floorEntries } from "./measures/floors.ts";
import type { Measure, Settings } from "./measures/measure.ts";
import { median, runMeasure } from "./measures/run.ts";
import { parseOptions } from "./options.ts";
import { RecordConn } from "./peers/record_conn.ts";
import { openRecord, trafficKeys, writeNonce } from "./peers/record_crypto.ts";
import { Pair } from "./process/pair.ts";
import { chart } from "./report/chart.ts";
import { number, ratio } from "./report/numbers.ts";
import { generatedFiles, readResults } from "./report/pages.ts";
import { QUESTIONS } from "./report/questions.ts";
import type { Results } from "./report/results.ts";
import { limitsTable, othersTable } from "./report/tables.ts";

const ROOT = new URL("../../", import.meta.url);
const SETTINGS: Settings = {
  rounds: 1,
  ms: 1,
  places: ["shared"],
  tree: null,
  hasNode: false,
  many: { busy: 2, idle: 2 },
};
const NOBODY = { root: "", cert: "", key: "" };
/** A measure of a test, without who takes part. */
const TEST: Omit<Measure, "entries"> = {
  id: "test",
  title: "Test",
  columns: [{ key: "value", title: "x" }],
  better: "more",
};

Deno.test("README, docs/performance.md and its chart say what results.json says", async () => {
  const files = await generatedFiles(await readResults());
  for (const [file, text] of files) {
    const page = await Deno.readTextFile(new URL(file, ROOT));
    const [is, must] = [page, text].map((one) => withoutLayout(one).replaceAll(" ", ""));
    assertEquals(is, must, `${file}: \`deno task bench --render\``);
  }
});

Deno.test("results.json has each measure of the benchmark, with this package in it", async () => {
  const { measures } = await readResults();
  const all = allMeasures(NOBODY, { ...SETTINGS, places: ["pinned", "shared"] });
  assertEquals(measures.map(({ id }) => id), all.map(({ id }) => id));
  for (const { id, rows } of measures) assert(rows.some(({ who }) => who === OURS), id);
});

Deno.test("each row of the summary asks for a column that a measure has", () => {
  const all = allMeasures(NOBODY, { ...SETTINGS, places: ["pinned", "shared"] });
  for (const { label, id, key = "value" } of QUESTIONS) {
    const columns = all.find((measure) => measure.id === id)?.columns;
    assert(columns?.some((column) => column.key === key), label);
  }
});

Deno.test("no published file imports a package that only the benchmark needs", async () => {
  for (const { path, imports } of await readSources()) {
    assert(!imports.some(({ specifier }) => /npm:|tests\/bench/.test(specifier)), path);
  }
});

Deno.test("proofs of limits import nothing of this project", async () => {
  for await (const { name } of Deno.readDir(new URL("limits/", import.meta.url))) {
    const text = await Deno.readTextFile(new URL(`limits/${name}`, import.meta.url));
    // Some write programs, whose imports have names that they make.
    const specifiers = parseSource(name, text).imports.map(({ specifier }) => specifier)
      .filter((specifier) => !specifier.includes("${"));
    assertEquals(specifiers.filter((one) => !/^(?:node:|@std\/)/.test(one)), [], name);
  }
});

Deno.test("runMeasure() tries all in each round, in changing order, and leaves out who fails", async () => {
  const order: string[] = [];
  const entry = (who: string, values: number[]) => ({
    who,
    start: () =>
      Promise.resolve({
        sample() {
          order.push(who);
          const value = values.shift();
          if (value === undefined) throw new Error("no more\nof them");
          return Promise.resolve({ value });
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  });
  const measure: Measure = {
    ...TEST,
    entries: [entry("a", [9, 1, 3, 2]), entry("b", [9, 5, 4, 6]), entry("c", [9])],
  };
  const missing: string[] = [];
  const { rows } = await runMeasure(measure, 3, (why) => missing.push(why));
  assertEquals(rows, [
    { who: "a", values: { value: { median: 2, low: 1, high: 3 } } },
    { who: "b", values: { value: { median: 5, low: 4, high: 6 } } },
  ]);
  assertEquals(order.join(""), "abcbcaabba");
  assertEquals(missing, ["test: c: no more"]);
});

Deno.test("runMeasure() drops the first of two tries where caches have to fill again", async () => {
  const values = [9, 8, 9, 1, 9, 2, 9, 3];
  const probe = {
    sample: () => Promise.resolve({ value: values.shift()! }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const measure: Measure = {
    ...TEST,
    entries: [{ who: "a", start: () => Promise.resolve(probe) }],
    twice: true,
  };
  const { rows } = await runMeasure(measure, 3, () => {});
  assertEquals(rows, [{ who: "a", values: { value: { median: 2, low: 1, high: 3 } } }]);
});

Deno.test("a measure where nobody takes part has no rows, and says why", async () => {
  const measure: Measure = {
    ...TEST,
    better: "less",
    entries: [{ who: "a", start: () => Promise.reject(new Error("not installed")) }],
  };
  const missing: string[] = [];
  const { rows } = await runMeasure(measure, 1, (why) => missing.push(why));
  assertEquals([rows, missing], [[], ["test: a: not installed"]]);
});

Deno.test("median() is the middle, and of an even count the mean of two", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  assertEquals(median([7]), 7);
});

Deno.test("number() and ratio() say how much and how many times better", () => {
  assertEquals([0.1234, 12.345, 99.99, 123.4, 12345].map(number), [
    "0.123",
    "12.3",
    "100",
    "123",
    "12,345",
  ]);
  assertEquals([ratio("more", 4, 2), ratio("less", 4, 2)], [2, 0.5]);
});

const RESULTS: Results = {
  machine: { date: "2026-01-01", cpu: "A CPU", cores: 2, deno: "2.9.6", node: null },
  rounds: 1,
  measures: [{
    id: "receive-shared",
    title: "Receive",
    columns: [{ key: "value", title: "MB/s" }],
    better: "more",
    rows: Object.entries({ [OURS]: 400, "bare records": 500, subtls: 100 }).map((
      [who, value],
    ) => ({ who, values: { value: { median: value, low: value, high: value } } })),
  }],
  limits: [],
  missing: [],
};

Deno.test("tables and chart show what there is, and leave out who took no part", () => {
  assertEquals(
    limitsTable(RESULTS).split("\n").at(-1),
    "| receive, all cores, MB/s | 400 | 500 | bare records | 0.80 |",
  );
  assertEquals(
    othersTable(RESULTS, { others: ["Deno", "subtls"] }).split("\n").at(-1),
    "| receive, all cores, MB/s | **400** |  | 100 (4.00x) |",
  );
  const svg = chart(RESULTS);
  assert(svg.includes("Receive, MB/s") && svg.includes("subtls") && !svg.includes("Idle"));
});

Deno.test("parseOptions() refuses what it does not know, and to write down a part of a run", async () => {
  await assertRejects(() => parseOptions(["--fast"]), Error, "what is --fast?");
  await assertRejects(() => parseOptions(["--rounds"]), Error, "what is --rounds?");
  for (const part of [["--quick"], ["--only", "receive"]]) {
    await assertRejects(() => parseOptions(["--write", ...part]), Error, "a whole run");
  }
  const { only, rounds, write } = await parseOptions(["--only", "receive", "--quick"]);
  assertEquals([only.source, rounds, write], ["receive", 1, false]);
});

Deno.test("bare records are those of TLS 1.3: nonces count, and a peer reads them", async () => {
  const nonce = new Uint8Array(12);
  writeNonce(nonce, new Uint8Array(12).fill(255), 0x1_0203_0405);
  assertEquals(nonce.toHex(), "fffffffffffffffefdfcfbfa");

  const keys = await trafficKeys("11".repeat(32));
  const wire: Uint8Array<ArrayBuffer>[] = [];
  const conn = new RecordConn({
    read: (p) => {
      const bytes = wire.shift();
      if (bytes === undefined) return Promise.resolve(null);
      p.set(bytes);
      return Promise.resolve(bytes.length);
    },
    write: (p) => {
      // Cut so that a record comes in two pieces
      wire.push(p.slice(0, 7), p.slice(7));
      return Promise.resolve(p.length);
    },
    close() {},
  }, { write: keys, read: keys });
  const content = crypto.getRandomValues(new Uint8Array(40_000));
  await conn.write(content);
  while (wire.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const first = new Uint8Array([...wire[0]!, ...wire[1]!]).slice(0, 5 + 16384 + 17);
  assertEquals(new Uint8Array((await openRecord(keys, 0, first))!).at(-1), 23);
  assertEquals(await openRecord(keys, 1, first), null);
  let received = 0;
  while (received < content.length) received += (await conn.read())!.length;
  assertEquals(received, content.length);
});

Deno.test("processes of the benchmark move bytes and shake hands, at both ends", async () => {
  const identity = await makeIdentity("ec-p256");
  const specs = { client: { peer: "nss" }, server: { peer: "native" } } as const;
  await using pair = await Pair.start(specs, identity, "shared");
  const received = await pair.client.ask({ do: "receive", ms: 1 });
  assertGreater(received.count, 0);
  const visit = { handshake: "full", echo: false } as const;
  const connected = await pair.client.ask({ do: "connect", ms: 1, lanes: 2, visit });
  assertEquals(connected.count, 2);
  assertGreater(connected.spent, 0);
  await assertRejects(() => pair.server.ask({ do: "ping", ms: 1 }), Error, "no target was given");
});

Deno.test("bare records take over a connection, and a session is resumed and recorded", async () => {
  const identity = await makeIdentity("ec-p256");
  const specs = { client: { peer: "records" }, server: { peer: "native" } } as const;
  await using pair = await Pair.start(specs, identity, "shared");
  assertGreater((await pair.client.ask({ do: "receive", ms: 1 })).count, 0);
  assertGreater((await pair.client.ask({ do: "send", ms: 1 })).count, 0);

  const visit = { handshake: "resumed", echo: true } as const;
  const entries = floorEntries({ end: "client", visit, version: "1.3" }, identity, SETTINGS);
  assertEquals(entries.map(({ who }) => who), [CALLS, CALLS_AND_IO]);
  for (const entry of entries) {
    await using probe = await entry.start();
    assertGreater((await probe.sample())["client"], 0);
  }
});
