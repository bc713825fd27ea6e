// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss verify`: whether a certificate is good, step by step. @module */

import {
  CERT_USAGES,
  type CertUsageName,
  type RevocationReport,
  verifyCertificate,
  type VerifyLogEntry,
} from "../cert/mod.ts";
import type { Args, Option } from "./base/args.ts";
import type { Command, Outcome } from "./base/command.ts";
import type { Io } from "./base/io.ts";
import { day, safe, wrapHanging } from "./base/text.ts";
import { Waiting } from "./base/waiting.ts";
import { subjectOf } from "./explain/subject.ts";
import { TIMEOUT_OPTION } from "./net/connect.ts";
import type { Diagnosis } from "./net/diagnosis.ts";
import { type CertificateReport, reportChain } from "./net/report.ts";
import { more, problem, tree } from "./net/report_text.ts";
import { REVOCATION_OPTION, revocationOf } from "./net/revocation.ts";
import { STARTTLS_NAMES } from "./net/starttls.ts";
import { readCrls, readTrust, type Trust, TRUST_OPTIONS } from "./net/tls_options.ts";
import { anchorsOf, verifyChain } from "./net/verify_chain.ts";
import { readCertificates } from "./store/read_certificates.ts";
import { STORE_OPTIONS } from "./store/store.ts";
import { stepLines, steps } from "./net/verify_steps.ts";
import { type Failure, readSubject, type Subject } from "./net/verify_subject.ts";

const USAGES = Object.keys(CERT_USAGES) as CertUsageName[];

const OPTIONS: readonly Option[] = [
  {
    name: "usage",
    value: "USAGE",
    text: "what it is to be good for; by default what it is made for",
    words: USAGES,
  },
  {
    name: "hostname",
    value: "HOST",
    text: "which name it must have; of a host, that of the host",
    example: "example.com",
  },
  {
    name: "intermediates",
    value: "FILE",
    text: "certificates that may be on the path (repeatable)",
    example: "chain.pem",
  },
  { name: "at", value: "DATE", text: "as if it were another day", example: "2027-01-31" },
  {
    name: "starttls",
    value: "PROTOCOL",
    text: "of a host: begin in plain text, as a protocol does",
    words: STARTTLS_NAMES,
  },
  TIMEOUT_OPTION,
  ...TRUST_OPTIONS,
  ...STORE_OPTIONS.filter(({ name }) => name !== "db"),
  REVOCATION_OPTION,
  { name: "explain", text: "say at each step what is looked at, and why" },
];

/**
 * What it is good for, servers first; if there is nothing, a usage that it is made for, so that
 * what else is wrong is told.
 */
async function usageOf(
  { chain: [leaf, ...intermediates], hostname }: Subject,
  time: Date,
  trust: Trust,
): Promise<CertUsageName> {
  if (hostname !== null) return "sslServer";
  const log: VerifyLogEntry[] = [];
  const db = await anchorsOf(trust);
  const [good] = await verifyCertificate(db, leaf, true, [], time, { log, intermediates });
  const misfit = /^SEC_ERROR_(?:INADEQUATE_|CA_CERT_INVALID)/;
  const isMisfit = (usage: CertUsageName) =>
    log.some((entry) =>
      entry.usage === usage && entry.depth === 0 && misfit.test(entry.error.name)
    );
  return good ?? USAGES.find((usage) => !isMisfit(usage)) ?? "sslServer";
}

/** Tells of a host that shows no certificate. */
async function tellFailure(
  { from, hostname, problem: found, outcome }: Failure,
  args: Args,
  at: Date,
  { out }: Io,
): Promise<Outcome> {
  if (args.has("json")) {
    await out.line(jsonOf({ from, hostname, usage: null, at, problems: [found] }));
  } else {
    const verdict = wrapHanging(`${from} cannot be verified: ${found.cause}`, out.width);
    await out.line([out.paint(verdict, "red"), ...problem(found, out, "  ", true)].join("\n"));
  }
  return outcome;
}

/** The result as JSON. */
function jsonOf({ from, usage, hostname, at, problems, certificates = [], reports = [] }: {
  readonly from: string;
  readonly usage: CertUsageName | null;
  readonly hostname: string | null;
  readonly at: Date;
  readonly problems: readonly Diagnosis[];
  readonly certificates?: readonly CertificateReport[];
  readonly reports?: readonly RevocationReport[];
}): string {
  return JSON.stringify({
    format: 1,
    subject: from,
    usage,
    hostname,
    at: at.toISOString(),
    good: problems.length === 0,
    problems,
    certificates,
    revocation: reports.map(({ certificate, status, reason }) =>
      `${subjectOf(certificate)}: ${status}: ${safe(reason)}`
    ),
  });
}

async function run(args: Args, io: Io): Promise<Outcome> {
  await using trust = await readTrust(args, io);
  const now = args.date("at") ?? new Date();
  const waiting = new Waiting(io.err);
  const subject = await waiting.for(
    `Waiting for ${args.positional[0]}`,
    readSubject(args, trust, io),
  );
  if ("problem" in subject) return await tellFailure(subject, args, now, io);
  const usage = args.choice("usage", USAGES) ?? await usageOf(subject, now, trust);
  const [leaf, ...sent] = subject.chain;
  const files = await Promise.all(
    args.all("intermediates").map((file) => readCertificates(file, io)),
  );
  const revocation = revocationOf(args, await readCrls(args, trust, io));
  const judged = await waiting.for(
    "Asking authorities",
    verifyChain(
      { ...subject, chain: [leaf, ...sent, ...files.flat()], usage, time: now },
      trust,
      revocation,
    ),
  );
  const { certificates, problems } = await reportChain({
    chain: subject.chain,
    path: judged.path,
    problems: judged.problems,
    hostname: subject.hostname ?? subjectOf(subject.chain[0]),
    now,
  });
  const good = problems.length === 0;
  const { out } = io;
  if (args.has("json")) {
    const { reports } = judged;
    await out.line(jsonOf({ ...subject, usage, at: now, problems, certificates, reports }));
    return good ? "good" : "negative";
  }
  const verdict = good
    ? out.paint(`${subject.from} is good for ${usage} on ${day(now)}`, "green")
    : out.paint(
      wrapHanging(
        `${subject.from} is not good for ${usage} on ${day(now)}: ${problems[0]?.cause ?? ""}${
          more(problems)
        }`,
        out.width,
      ),
      "red",
    );
  await out.line([
    verdict,
    "",
    out.paint("Steps", "bold"),
    ...stepLines(steps(subject, judged, certificates, usage), args.has("explain"), out),
    "",
    out.paint("Certificates", "bold"),
    ...tree(certificates, out),
  ].join("\n"));
  return good ? "good" : "negative";
}

/** The command. */
export const COMMANDS: readonly Command[] = [{
  name: "verify",
  args: "HOST|FILE|NICKNAME",
  text: "Verify a certificate: that of a host, of a file, or of a database",
  more: [
    "With --db or --module the argument is a nickname; else a file, if there is one of this name; " +
    "else a host, to which a connection is made.",
  ],
  options: OPTIONS,
  json: {
    format: "1; another number where a member goes or means something else",
    subject: "what was verified, in words",
    usage: "what for; null where there is no certificate",
    hostname: "the name that it must have; null for any",
    at: "the time",
    good: "whether it is good",
    problems: "what is wrong: error, says, cause, cure",
    certificates: "as those of nss client",
    revocation: "what was found of revocation, a text for each certificate",
  },
  examples: [
    { line: "verify example.com --explain", text: "each step, and why it is made" },
    {
      line: "verify chain.pem --ca root.pem --hostname example.com",
      text: "before it is installed",
    },
    { line: "verify www --db db --at 2027-01-31", text: "will it be good then?" },
  ],
  run,
}];
