// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss scan`: what a server takes, and whether it keeps to a preset. @module */

import { POLICY_PRESETS, type PolicyPresetName } from "../ssl/mod.ts";
import { type Args, type Option, UsageError } from "./base/args.ts";
import type { Command, Outcome } from "./base/command.ts";
import { Unreachable } from "./base/fail.ts";
import type { Io } from "./base/io.ts";
import { safe } from "./base/text.ts";
import type { Diagnosis } from "./net/diagnosis.ts";
import { explainFailure } from "./net/failure.ts";
import { PlainTextError } from "./net/plain_text.ts";
import { REVOCATION_OPTION, revocationOf } from "./net/revocation.ts";
import { STARTTLS, STARTTLS_NAMES, STARTTLS_OPTION } from "./net/starttls.ts";
import { NAME_OPTION, readTarget } from "./net/target.ts";
import { readCrls, readTrust, type Trust, TRUST_OPTIONS } from "./net/tls_options.ts";
import { openConn, visit, type VisitOptions } from "./net/visit.ts";
import { judgeCertificates, shownChains } from "./scan/certificates.ts";
import { counts } from "./scan/judge.ts";
import { Look } from "./scan/look.ts";
import { NoAnswer, Pace } from "./scan/pace.ts";
import { Prober } from "./scan/prober.ts";
import { Progress } from "./scan/progress.ts";
import { reportScan, SCAN_MEMBERS } from "./scan/scan_report.ts";
import { scanText } from "./scan/scan_text.ts";
import type { Seen } from "./scan/seen.ts";

/** The connections of a second, where nothing else is said: what no server feels. */
const DEFAULT_RATE = 10;
/** The most connections of a second. */
const MAX_RATE = 1000;
/** The connections of all, where nothing else is said: most servers need less than 200. */
const DEFAULT_CONNECTIONS = 600;
/** The most of them that may be asked for. */
const MAX_CONNECTIONS = 100_000;

const POLICY_NAMES = POLICY_PRESETS.map(({ name }) => name);

const OPTIONS: readonly Option[] = [
  {
    name: "policy",
    value: "NAME",
    text: "the preset of the verdict (modern)",
    words: POLICY_NAMES,
  },
  NAME_OPTION,
  STARTTLS_OPTION,
  ...TRUST_OPTIONS,
  REVOCATION_OPTION,
  {
    name: "rate",
    value: "N",
    text: `the most connections of a second, one after another (${DEFAULT_RATE})`,
    example: "2",
  },
  {
    name: "connections",
    value: "N",
    text: `the most connections of all (${DEFAULT_CONNECTIONS}); what was not asked is told`,
    example: "100",
  },
  {
    name: "timeout",
    value: "SECONDS",
    text: "how long the connection, the plain text and each answer may take (5)",
    example: "10",
  },
];

/** A number that is at least 1. */
function positive(args: Args, name: string, otherwise: number, max: number): number {
  const value = args.number(name, max) ?? otherwise;
  if (value === 0) throw new UsageError(`Cannot take --${name} 0: at least 1 is needed`);
  return value;
}

/** Where a server is, and how it is asked. */
interface Subject extends VisitOptions {
  /** The preset of the verdict. */
  readonly policy: PolicyPresetName;
  /** How many connections, and how fast. */
  readonly pace: Pace;
}

async function subjectOf(args: Args, trust: Trust, io: Io): Promise<Subject> {
  const starttls = args.choice("starttls", STARTTLS_NAMES) ?? null;
  const port = starttls === null ? 443 : STARTTLS[starttls].port;
  const target = readTarget(args.positional[0]!, port);
  return {
    target,
    hostname: args.one("name") ?? target.hostname,
    starttls,
    timeout: 1000 * positive(args, "timeout", 5, 600),
    tls: {},
    trust,
    revocation: revocationOf(args, await readCrls(args, trust, io)),
    insecure: false,
    policy: args.choice("policy", POLICY_NAMES) ?? "modern",
    pace: new Pace(
      positive(args, "rate", DEFAULT_RATE, MAX_RATE),
      positive(args, "connections", DEFAULT_CONNECTIONS, MAX_CONNECTIONS),
    ),
  };
}

async function look(subject: Subject, io: Io): Promise<Seen> {
  const { hostname, timeout, pace, trust, revocation } = subject;
  const progress = new Progress(io.err);
  const prober = new Prober({
    open: async () => (await openConn(subject)).conn,
    hostname,
    timeout,
    pace,
    progress: (made) => progress.connection(made),
  });
  const view = new Look(prober, timeout, (what) => progress.step(what));
  try {
    await view.versions();
    const seen = await view.everything();
    const certificates = await judgeCertificates(
      shownChains(prober.answers),
      { trust, hostname, revocation, now: new Date() },
    );
    return { ...seen, certificates };
  } finally {
    await progress.end();
  }
}

async function run(args: Args, io: Io): Promise<Outcome> {
  await using trust = await readTrust(args, io);
  const subject = await subjectOf(args, trust, io);
  const seen = await look(subject, io);
  const speaksTls = seen.versions.some(({ offered }) => offered === true);
  const { target, hostname, policy, pace } = subject;
  const report = reportScan(
    {
      host: safe(target.hostname),
      port: target.port,
      name: safe(hostname),
      policy,
      connections: { made: pace.made, budget: pace.budget },
    },
    seen,
    speaksTls ? null : await diagnosisOf(subject),
  );
  await io.out.line(args.has("json") ? JSON.stringify(report) : scanText(report, io.out));
  if (report.good) return "good";
  return report.findings.some(counts) || report.complete ? "negative" : "unreachable";
}

/**
 * Why a server shows no version of TLS: as `nss client` says it.
 *
 * @returns `null` if it does not answer, no more connections may be made, or it answers after all.
 */
async function diagnosisOf(subject: Subject): Promise<Diagnosis | null> {
  const failed = {
    received: new Uint8Array(0),
    offer: null,
    wantsCertificate: false,
    showsCertificate: false,
    oldVersion: null,
    starttls: subject.starttls,
    port: subject.target.port,
  };
  try {
    await subject.pace.turn();
    const { socket, error, conn } = await visit(subject);
    await socket.close();
    const received = conn.received(512);
    const isSilent = error?.name === "PR_IO_TIMEOUT_ERROR" && received.length === 0;
    return error === null || isSilent ? null : explainFailure({ ...failed, error, received });
  } catch (error) {
    if (error instanceof PlainTextError) return explainFailure({ ...failed, error });
    if (error instanceof Unreachable || error instanceof NoAnswer) return null;
    throw error;
  }
}

/** The command. */
export const COMMANDS: readonly Command[] = [{
  name: "scan",
  args: "HOST[:PORT]",
  text: "Find out all that a server takes, and whether it keeps to a preset",
  more: [
    "It asks one question a connection, one after another, at most 10 a second (--rate), and " +
    "makes at most 600 (--connections): a server of today needs less than 200, or 20 seconds. " +
    "Most connections end behind the server's first message, which servers may write into their " +
    "log as failed handshakes. One host is scanned at a time, and nothing is sent that the host " +
    "could take for an attack: known weaknesses of software are not tried out, and SSL 2 is not " +
    "asked for.",
    "What had no answer is listed as not known, and a server of which not all is known is not " +
    "called good: the exit code is then 3, or 1 if something was found.",
  ],
  options: OPTIONS,
  json: SCAN_MEMBERS,
  examples: [
    { line: "scan example.com", text: "does it keep to Mozilla's modern configuration?" },
    { line: "scan example.com --policy compatible", text: "with TLS 1.2 for older clients" },
    { line: "scan mail.example.com --starttls smtp --rate 2", text: "a mail server, slowly" },
    { line: "scan 10.0.0.7:8443 --name app.internal --ca root.pem", text: "a private authority" },
    { line: "scan localhost:8443 --rate 200 --json", text: "an own server, for a program" },
  ],
  run,
}];
