// Copyright 2026 the NSS for Deno authors. MIT license.

import { DEVIATIONS, type Exception } from "./deviations.ts";
import { ABSENT_FEATURES, exceptionOf, unknownFlag } from "./features.ts";
import { table, withText } from "../support/generated_page.ts";
import type { RunnerTest } from "./runner.ts";

/** Which of the runner's tests are run, and which are not. */
export interface Plan {
  /** Those that are to pass. */
  readonly enabled: readonly RunnerTest[];
  /** Why each of the others is not run. */
  readonly disabled: ReadonlyMap<string, Exception>;
}

/**
 * Sorts the runner's tests.
 *
 * @throws If there is one that nobody has said anything about.
 */
export function makePlan(tests: readonly RunnerTest[]): Plan {
  const enabled: RunnerTest[] = [];
  const disabled = new Map<string, Exception>();
  for (const test of tests) {
    const exception = exceptionOf(test);
    if (exception !== null) {
      disabled.set(test.name, exception);
      continue;
    }
    const flag = unknownFlag(test);
    if (flag !== null) {
      throw new Error(`Cannot plan ${test.name}: its flag ${flag} belongs to no feature`);
    }
    enabled.push(test);
  }
  return { enabled, disabled };
}

/** What the enabled tests are about; a test may be about several things. */
const SUBJECTS: readonly (readonly [name: string, isAbout: (test: RunnerTest) => boolean])[] = [
  ["clients", ({ args }) => !args.includes("-server")],
  ["servers", ({ args }) => args.includes("-server")],
  ["resumption", ({ args }) => args.includes("-resume-count")],
  ["client authentication", ({ args }) =>
    args.includes("-require-any-client-certificate") ||
    (args.includes("-cert-file") && !args.includes("-server"))],
  [
    "signature schemes",
    ({ args }) =>
      args.some((arg) => /^-(signing|verify)-prefs$|^-expect-peer-signature-algorithm$/.test(arg)),
  ],
  [
    "stapled OCSP responses and SCTs",
    ({ args }) => args.some((arg) => /ocsp|signed-cert-timestamps/.test(arg)),
  ],
  ["ALPN", ({ args }) => args.some((arg) => /alpn$/.test(arg))],
  [
    "exporters and tls-unique",
    ({ args }) => args.some((arg) => /^-export-|^-tls-unique$/.test(arg)),
  ],
  ["HelloRetryRequest", ({ name }) => /HelloRetryRequest|HRR|SecondClientHello/.test(name)],
  ["key updates", ({ name }) => /KeyUpdate/.test(name)],
  ["renegotiation", ({ name }) => /Reneg/.test(name)],
  [
    "order and completeness of messages",
    ({ name }) => /Skip|WrongMessageType|Trailing|Partial|Unexpected|Omit/.test(name),
  ],
];

/** The part of docs/conformance.md that follows from the runner and the tables. */
export function conformanceTables({ enabled, disabled }: Plan): string {
  const count = (exceptions: readonly Exception[]) =>
    exceptions.map((exception) => ({
      ...exception,
      count: [...disabled.values()].filter(({ name }) => name === exception.name).length,
    })).filter(({ count }) => count > 0);
  const absent = count(ABSENT_FEATURES);
  const otherwise = count(DEVIATIONS);
  const sum = (rows: readonly { readonly count: number }[]) =>
    rows.reduce((total, { count }) => total + count, 0);
  const reasons = (rows: typeof absent) =>
    rows.map(({ name, count, why }) => [name, String(count), why]);
  return [
    table(["tests of the runner", "number"], [
      ["all", String(enabled.length + disabled.size)],
      ["run, and passed", String(enabled.length)],
      ["failed", "0"],
      ["not run: of features that are not here", String(sum(absent))],
      ["not run: done otherwise, on purpose", String(sum(otherwise))],
    ]),
    "What those that are run are about, as far as their names and flags tell (a test may be about several things):",
    table(
      ["subject", "tests"],
      SUBJECTS.map(([name, isAbout]) => [name, String(enabled.filter(isAbout).length)]),
    ),
    "## Features that are not here",
    table(["feature", "tests", "why"], reasons(absent)),
    "## Done otherwise, on purpose",
    table(["here", "tests", "by"], reasons(otherwise)),
  ].join("\n\n");
}

/** The page with new tables. */
export function withTables(page: string, tables: string): string {
  return withText(page, "`deno task bogo`", tables);
}
