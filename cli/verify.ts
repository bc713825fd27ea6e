// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss verify`: whether a certificate is good, step by step. @module */

import {
  CERT_USAGES,
  type Certificate,
  type CertUsageName,
  verifyCertificate,
  type VerifyLogEntry,
} from "../cert/mod.ts";
import type { Args, Option } from "./base/args.ts";
import type { Command, Outcome } from "./base/command.ts";
import { LocalError } from "./base/files.ts";
import type { Io, Output } from "./base/io.ts";
import { day, safe, wrapIndented } from "./base/text.ts";
import { subjectOf } from "./explain/subject.ts";
import { PlainTextError } from "./net/plain_text.ts";
import { type CertificateReport, daysText, reportChain } from "./net/report.ts";
import { tree } from "./net/report_text.ts";
import { REVOCATION_OPTION, revocationOf } from "./net/revocation.ts";
import { STARTTLS, STARTTLS_NAMES } from "./net/starttls.ts";
import { readTarget } from "./net/target.ts";
import { readCrls, readTrust, type Trust, TRUST_OPTIONS } from "./net/tls_options.ts";
import { anchorsOf, type Judgement, verifyChain } from "./net/verify_chain.ts";
import { chainOf, visit } from "./net/visit.ts";
import { readCertificates } from "./store/read_certificates.ts";
import { STORE_OPTIONS } from "./store/store.ts";

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
  ...TRUST_OPTIONS,
  ...STORE_OPTIONS.filter(({ name }) => name !== "db"),
  REVOCATION_OPTION,
  { name: "explain", text: "say at each step what is looked at, and why" },
];

/** What is to be verified. */
interface Subject {
  /** Where it is from, in words. */
  readonly from: string;
  /** The certificate, and those that came with it. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  /** The name that it must have; `null` for any. */
  readonly hostname: string | null;
  /** The stapled OCSP response. */
  readonly staple: Uint8Array | null;
}

async function readSubject(args: Args, trust: Trust, io: Io): Promise<Subject> {
  const given = args.positional[0]!;
  const hostname = args.one("hostname") ?? null;
  if (trust.store !== null) {
    const certificate = await trust.store.certificate(given);
    const from = `"${safe(given)}" of "${safe(trust.store.token.label)}"`;
    return { from, chain: [certificate], hostname, staple: null };
  }
  const isFile = given === "-" ||
    await Deno.stat(given).then((info) => !info.isDirectory, () => false);
  if (!isFile) return await readHost(args, trust);
  const [leaf, ...others] = await readCertificates(given, io);
  return { from: `the file ${safe(given)}`, chain: [leaf!, ...others], hostname, staple: null };
}

async function readHost(args: Args, trust: Trust): Promise<Subject> {
  const given = args.positional[0]!;
  if (/[/\\]|\.(?:pem|crt|cer|der|p7b)$/i.test(given) && !given.includes("://")) {
    throw new LocalError(`Cannot find "${given}": there is no such file`);
  }
  const starttls = args.choice("starttls", STARTTLS_NAMES) ?? null;
  const target = readTarget(given, starttls === null ? 443 : STARTTLS[starttls].port);
  const hostname = args.one("hostname") ?? target.hostname;
  try {
    const seen = await visit({
      target,
      hostname,
      starttls,
      timeout: 10_000,
      tls: {},
      trust,
      revocation: { policy: "off" },
      insecure: false,
    });
    await seen.socket.close();
    const [leaf, ...others] = chainOf(seen);
    if (leaf === undefined) {
      throw seen.error ?? new LocalError(`Cannot verify: ${safe(given)} shows no certificate`);
    }
    const staple = seen.peer?.stapledOcspResponse ?? null;
    return { from: `the host ${safe(given)}`, chain: [leaf, ...others], hostname, staple };
  } catch (error) {
    if (!(error instanceof PlainTextError)) throw error;
    throw new LocalError(`Cannot verify ${safe(given)}: ${error.message}`);
  }
}

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

/** A step of the verification, and its reason; `null` is neither good nor bad. */
type Step = readonly [isGood: boolean | null, text: string, reason: string];

function steps(
  { from, hostname }: Subject,
  { path, problems, reports }: Judgement,
  certificates: readonly CertificateReport[],
  usage: CertUsageName,
): Step[] {
  const has = (pattern: RegExp) => problems.some(({ error }) => pattern.test(error.name));
  const onPath = certificates.filter(({ place }) => place === "sent");
  const anchor = path === null ? null : path.anchor.certificate;
  return [
    [true, `read ${from}`, "all else is about this certificate, and those that came with it"],
    [
      path !== null && !has(/UNKNOWN_ISSUER|UNTRUSTED|BAD_SIGNATURE|CA_CERT_INVALID/),
      path === null
        ? "no path leads to a trusted authority"
        : `a path of ${path.certificates.length} leads to the trusted "${
          anchor === null || anchor === undefined
            ? safe(path.anchor.subject.commonName ?? path.anchor.subject)
            : subjectOf(anchor)
        }"`,
      "each certificate must be signed by the key of the next one, which must be an authority's; " +
      "the last one must be trusted",
    ],
    ...onPath.map((one): Step => [
      one.daysLeft >= 0,
      `${one.name}: ${daysText(one)}`,
      "each certificate of the path must be valid now",
    ]),
    [
      !has(/INADEQUATE|USAGES_INVALID|CERT_TYPE/),
      `made for ${usage}`,
      "keyUsage and extKeyUsage say what a certificate may be used for",
    ],
    ...hostname === null ? [] : [
      [
        !has(/BAD_CERT_DOMAIN/),
        `has the name "${safe(hostname)}"`,
        "a name must be among the subjectAltNames; the common name does not count",
      ] as const,
    ],
    ...reports.map(({ certificate, status, reason }): Step => [
      status === "good" ? true : null,
      `${subjectOf(certificate)}: revocation is ${status}: ${safe(reason)}`,
      "an authority may revoke what it has issued, as when a key was stolen",
    ]),
  ];
}

function stepLines(list: readonly Step[], explains: boolean, out: Output): string[] {
  return list.flatMap(([isGood, text, reason]) => {
    const [mark, colour] = isGood === null
      ? ["·", "dim"] as const
      : isGood
      ? ["✓", "green"] as const
      : ["✗", "red"] as const;
    return [
      out.paint(wrapIndented(`  ${mark} `, text, out.width), colour),
      ...explains ? [out.paint(wrapIndented("      ", reason, out.width), "dim")] : [],
    ];
  });
}

async function run(args: Args, io: Io): Promise<Outcome> {
  await using trust = await readTrust(args, io);
  const now = args.date("at") ?? new Date();
  const subject = await readSubject(args, trust, io);
  const usage = args.choice("usage", USAGES) ?? await usageOf(subject, now, trust);
  const [leaf, ...sent] = subject.chain;
  const files = await Promise.all(
    args.all("intermediates").map((file) => readCertificates(file, io)),
  );
  const judged = await verifyChain(
    { ...subject, chain: [leaf, ...sent, ...files.flat()], usage, time: now },
    trust,
    revocationOf(args, await readCrls(args, trust, io)),
  );
  const { certificates, problems } = await reportChain({
    chain: subject.chain,
    path: judged.path,
    problems: judged.problems,
    hostname: subject.hostname ?? subjectOf(subject.chain[0]),
    now,
  });
  const good = judged.problems.length === 0;
  const { out } = io;
  if (args.has("json")) {
    await out.line(JSON.stringify({
      format: 1,
      subject: subject.from,
      usage,
      hostname: subject.hostname,
      at: now.toISOString(),
      good,
      problems,
      certificates,
      revocation: judged.reports.map(({ certificate, status, reason }) =>
        `${subjectOf(certificate)}: ${status}: ${safe(reason)}`
      ),
    }));
    return good ? "good" : "negative";
  }
  const verdict = good
    ? out.paint(`${subject.from} is good for ${usage} on ${day(now)}`, "green")
    : out.paint(
      wrapIndented(
        `${subject.from} is not good for ${usage} on ${day(now)}: `,
        problems[0]?.cause ?? "",
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
    usage: "what for",
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
