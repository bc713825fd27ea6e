// Copyright 2026 the NSS for Deno authors. MIT license.

/** What was found of a server, as `nss scan --json` prints it. @module */

import type { Diagnosis } from "../net/diagnosis.ts";
import { POLICY_PRESETS, type PolicyPresetName } from "../../ssl/mod.ts";
import { policyPresetByName } from "../../ssl/tables/policy_presets.ts";
import { type Finding, finding } from "./findings.ts";
import { counts, judge } from "./judge.ts";
import type { Seen } from "./seen.ts";

/** What a preset says of a server. */
export interface PolicyReport {
  /** The preset. */
  readonly name: PolicyPresetName;
  /** Whether the server keeps to it. */
  readonly good: boolean;
  /** What is wrong, where it does not. */
  readonly reasons: readonly string[];
}

/** All that was found. */
export interface ScanReport extends Seen {
  /** The version of this form: it changes when a member goes or means something else. */
  readonly format: 1;
  /** Where the connections led. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The name that was asked for. */
  readonly name: string;
  /** The preset of the verdict. */
  readonly policy: PolicyPresetName;
  /** Whether the server keeps to it, and all was seen that is needed to know. */
  readonly good: boolean;
  /** Whether all was seen that this program can see. */
  readonly complete: boolean;
  /** What is wrong, the worst first. */
  readonly findings: readonly Finding[];
  /** What each preset says. */
  readonly policies: readonly PolicyReport[];
  /** How many connections were made, and were allowed. */
  readonly connections: { readonly made: number; readonly budget: number };
}

/** Where a server is, and how it was asked. */
export type ScanSubject = Pick<
  ScanReport,
  "host" | "port" | "name" | "policy" | "connections"
>;

/**
 * Judges what was seen.
 *
 * @param failure Why no TLS was seen; `null` where some was, or nothing answers.
 */
export function reportScan(
  subject: ScanSubject,
  seen: Seen,
  failure: Diagnosis | null,
): ScanReport {
  const complete = seen.notKnown.every(({ isLimit }) => isLimit);
  const none = failure === null ? [] : [finding("no-tls", "bad", failure.says, failure)];
  const findings = [...none, ...judge(seen, policyPresetByName(subject.policy)!)];
  return {
    format: 1,
    ...subject,
    good: complete && !findings.some(counts),
    complete,
    findings,
    policies: POLICY_PRESETS.map((preset) => {
      const reasons = [...none, ...judge(seen, preset)].filter(counts);
      return {
        name: preset.name,
        good: complete && reasons.length === 0,
        reasons: reasons.map(({ says }) => says),
      };
    }),
    ...seen,
  };
}

const CHOICES = "names, order (server, client, or null), complete";

/** The members of a report, each with what it is: the documentation of `--json`. */
export const SCAN_MEMBERS: Readonly<Record<keyof ScanReport, string>> = {
  format: "1; another number where a member goes or means something else",
  host: "where the connections led",
  port: "the port",
  name: "the name that was asked for",
  policy: "the preset of the verdict",
  good: "whether the server keeps to the preset, and all was seen",
  complete: "whether all was seen that this program can see: else notKnown says what was not",
  findings: "what is wrong: id, level (bad, forbidden or missing by the preset, advice), says, " +
    "cause, why, cure; advice does not count",
  policies: "what each preset says: name, good, reasons",
  connections: "made, budget",
  versions:
    `each version, the oldest first: version, offered (null: not known), and its suites: ${CHOICES}`,
  tls13Groups: `${CHOICES}; null without TLS 1.3`,
  tls12Groups: `the curves of the newest version before TLS 1.3: ${CHOICES}; null without ECDHE`,
  dhBits: "the bits of the smallest prime of Diffie-Hellman; null if there was none",
  helloRetryRequest: "what it does with a key share of another group than its favourite",
  tls13Schemes: `${CHOICES}; null where it cannot be known`,
  tls12Schemes: `${CHOICES}; null without suites that sign`,
  extensions: "those that it has answered",
  alpn: `the application protocols of IANA's registry: ${CHOICES}`,
  sessions:
    "tls12Ids, tls12Tickets, tls12Resumed, tls13Resumed, tickets (of a TLS 1.3 handshake), " +
    "lifetime (seconds), maxEarlyData (bytes that a ticket allows), earlyData (whether an empty try " +
    "was accepted)",
  secureRenegotiation: "whether TLS 1.2 and before have RFC 5746; null without these versions",
  clientRenegotiation: "accepted, refused or ignored in TLS 1.2; null where it cannot be known",
  compression: "whether it compresses",
  fallbackScsv: "whether it refuses a needless fallback; null with one version",
  extendedMasterSecret: "whether TLS 1.2 and before have RFC 7627; null without these versions",
  encryptThenMac: "whether suites of CBC have RFC 7366; null without such suites",
  clientCertificate: "whether it asks for a client certificate",
  ech: "the public names of the ECH configurations that it gives; null if it gives none",
  certificates: "each that was shown: key, chain (as that of nss client), problems, forbiddenBy " +
    "(presets, with reasons), ocsp (of the stapled response, or null), hasResponder",
  tolerance: "unusual ClientHellos: what, tolerated, says",
  notKnown: "what, why, isLimit (this program cannot find it out)",
};
