// Copyright 2026 the NSS for Deno authors. MIT license.

/** What was found of a server, as people read it. @module */

import type { Output } from "../base/io.ts";
import { count, join, layOut, wrapIndented } from "../base/text.ts";
import { tree } from "../net/report_text.ts";
import type { Finding } from "./findings.ts";
import { counts } from "./judge.ts";
import type { ScanReport } from "./scan_report.ts";
import type { Choices, Unknown, VersionSeen } from "./seen.ts";
import { traitsOf } from "./suite_traits.ts";

/** The first line: whether the server keeps to the preset, and if not, how often. */
export function scanVerdict(report: ScanReport, out: Output): string {
  const { host, port, name, policy, good, complete, findings } = report;
  const where = `${host}:${port}${name === host ? "" : ` as ${name}`}`;
  const wrong = findings.filter(counts).length;
  if (good) return out.paint(`${where} keeps to ${policy}`, "green");
  const text = wrong > 0
    ? `${where} does not keep to ${policy}: ${count(wrong, "finding")}`
    : `${where} is not known to keep to ${policy}: not all was seen`;
  const rest = wrong > 0 && !complete ? "; not all was seen" : "";
  return out.paint(`${text}${rest}`, wrong > 0 ? "red" : "yellow");
}

function findingLines({ level, says, cause, why, cure }: Finding, out: Output): string[] {
  const line = (label: string, text: string) =>
    wrapIndented(`    ${label.padEnd(9)}`, text, out.width);
  const isAdvice = level === "advice";
  const head = wrapIndented(isAdvice ? "  · " : "  ✗ ", `${says} (${level})`, out.width);
  return [
    out.paint(head, isAdvice ? "yellow" : "red"),
    ...says.includes(cause) ? [] : [line("cause:", cause)],
    line("matters:", why),
    out.paint(line("to fix:", cure), "cyan"),
  ];
}

/** Whose order counts, and whether all is there. */
function orderText({ order, complete, names }: Choices): string {
  return [
    ...order === null || names.length < 2 ? [] : [`the ${order}'s order counts`],
    ...complete ? [] : ["there may be more"],
  ].join("; ");
}

function choicesRow(label: string, choices: Choices | null): string[][] {
  if (choices === null) return [];
  const order = orderText(choices);
  return [[label, (choices.names.join(", ") || "none") + (order === "" ? "" : ` (${order})`)]];
}

function versionLines(seen: VersionSeen, out: Output): string[] {
  const { version, offered, names } = seen;
  if (offered === null) return [out.paint(`  ${version}  not known`, "yellow")];
  if (!offered) return [`  ${version}  not offered`];
  const order = orderText(seen);
  const isOld = version < "TLS 1.2";
  const head = `  ${version}  ${count(names.length, "cipher suite")}` +
    (order === "" ? "" : `; ${order}`);
  return [
    out.paint(head, isOld ? "red" : "green"),
    ...names.map((name) => {
      const { weaknesses } = traitsOf(name);
      const text = `      ${name}${weaknesses.length === 0 ? "" : `  ${weaknesses.join(", ")}`}`;
      return weaknesses.length === 0 ? text : out.paint(text, "yellow");
    }),
  ];
}

function yesNo(value: boolean | null, yes: string, no: string): string {
  return value === null ? "not known, or of no concern" : value ? yes : no;
}

function featureRows(report: ScanReport): string[][] {
  const { sessions, alpn } = report;
  const tickets = sessions.tickets === null
    ? ""
    : `; ${count(sessions.tickets, "ticket")} a handshake${
      sessions.lifetime === null ? "" : `, for ${sessions.lifetime} s`
    }`;
  const early = sessions.maxEarlyData;
  return [
    ...choicesRow("TLS 1.3 groups", report.tls13Groups),
    ...choicesRow("older curves", report.tls12Groups),
    ...report.dhBits === null ? [] : [["Diffie-Hellman", `${report.dhBits} bits`]],
    ...report.helloRetryRequest === null ? [] : [["another share", report.helloRetryRequest]],
    ...choicesRow("TLS 1.3 signs", report.tls13Schemes),
    ...choicesRow("TLS 1.2 signs", report.tls12Schemes),
    ["ALPN", alpn === null ? "not known" : choicesRow("", alpn)[0]![1]!],
    ["extensions", report.extensions.join(", ") || "none"],
    [
      "TLS 1.3 resumes",
      yesNo(sessions.tls13Resumed, `yes${tickets}`, `no${tickets}`),
    ],
    [
      "TLS 1.2 resumes",
      yesNo(sessions.tls12Resumed, "yes", "no") +
      (sessions.tls12Resumed === null ? "" : ` (${
        join([
          ...sessions.tls12Ids ? ["session IDs"] : [],
          ...sessions.tls12Tickets ? ["tickets"] : [],
        ]) || "neither IDs nor tickets"
      })`),
    ],
    [
      "early data",
      early === null
        ? "not known, or of no concern"
        : early === 0
        ? "none"
        : `${early} bytes; an empty try was ${sessions.earlyData ? "accepted" : "not accepted"}`,
    ],
    [
      "renegotiation",
      `${yesNo(report.secureRenegotiation, "secure", "not secure")}; begun by the client: ${
        report.clientRenegotiation ?? "not known, or of no concern"
      }`,
    ],
    ["compression", yesNo(report.compression, "yes", "no")],
    ["fallback signal", yesNo(report.fallbackScsv, "heeded", "not heeded")],
    ["master secret", yesNo(report.extendedMasterSecret, "extended", "not extended")],
    ["encrypt-then-MAC", yesNo(report.encryptThenMac, "yes", "no")],
    ["client's cert", yesNo(report.clientCertificate, "asked for", "not asked for")],
    ["ECH", report.ech === null ? "none seen" : `public names ${report.ech.join(", ")}`],
    ...report.tolerance.map(({ what, tolerated, says }) => [
      tolerated === false ? "intolerant" : "tolerates",
      `${what}${tolerated === false ? `: ${says}` : ""}`,
    ]),
  ];
}

/** What is not known, by its reason. */
function unknownLines(notKnown: readonly Unknown[], out: Output): string[] {
  const reasons = new Map<string, string[]>();
  for (const { what, why } of notKnown) reasons.set(why, [...reasons.get(why) ?? [], what]);
  return [...reasons].map(([why, whats]) =>
    wrapIndented("  ? ", `${join(whats)}: ${why}`, out.width)
  );
}

/** The whole report. */
export function scanText(report: ScanReport, out: Output): string {
  const head = (text: string) => ["", out.paint(text, "bold")];
  const { findings, notKnown, versions, policies, certificates, connections } = report;
  return [
    scanVerdict(report, out),
    ...findings.length === 0 ? [] : [
      ...head("Findings"),
      ...findings.flatMap((one) => findingLines(one, out)),
    ],
    ...notKnown.length === 0 ? [] : [...head("Not known"), ...unknownLines(notKnown, out)],
    ...head("Versions and cipher suites"),
    ...versions.flatMap((one) => versionLines(one, out)),
    ...head("Besides"),
    layOut(featureRows(report), out.width, "  "),
    ...head("Certificates"),
    ...certificates.length === 0 ? ["  none was seen"] : [],
    ...certificates.flatMap(({ key, ocsp, chain }) => [
      `  with the key ${key}, ${ocsp === null ? "nothing stapled" : `OCSP: ${ocsp}`}`,
      ...tree(chain, out),
    ]),
    ...head("Presets"),
    layOut(
      policies.map(({ name, good, reasons }) => [
        name,
        good ? "kept" : reasons.length === 0 ? "not known" : count(reasons.length, "finding"),
      ]),
      out.width,
      "  ",
    ),
    "",
    `${count(connections.made, "connection")} of at most ${connections.budget}`,
  ].join("\n");
}
