// Copyright 2026 the NSS for Deno authors. MIT license.

/** The report as people read it. @module */

import { adviceOf } from "../base/advice.ts";
import type { Output } from "../base/io.ts";
import { count, join, layOut, wrapHanging, wrapIndented } from "../base/text.ts";
import type { Offer } from "../explain/offer.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Flight } from "./flights.ts";
import {
  type CertificateReport,
  daysText,
  MAX_NAMES,
  type NegotiatedReport,
  type Report,
} from "./report.ts";
import type { SctReport } from "./scts.ts";

/** How many days before its end a certificate is told to end soon. */
const SOON = 14;

type Rows = (readonly string[])[];

function ordinal(index: number): string {
  const number = index + 1;
  const ending = number % 10 === 1 && number % 100 !== 11
    ? "st"
    : number % 10 === 2 && number % 100 !== 12
    ? "nd"
    : number % 10 === 3 && number % 100 !== 13
    ? "rd"
    : "th";
  return `${number}${ending}`;
}

/** The suites of a version: those of TLS 1.3 name no key exchange. */
function suitesOf({ cipherSuites }: Offer, version: string): readonly string[] {
  return cipherSuites.filter((name) => name.includes("_WITH_") !== (version === "TLS 1.3"));
}

function whyGroup({ group, helloRetryRequest, version }: NegotiatedReport, offered: Offer): string {
  const place = `our ${ordinal(offered.groups.indexOf(group))} choice of ${offered.groups.length}`;
  const quantum = group.includes("MLKEM")
    ? "safe from later quantum computers"
    : "what is recorded today, a later quantum computer can read";
  const how = helloRetryRequest
    ? "the server wanted it, which took a round trip more"
    : version === "TLS 1.3"
    ? "its key share was sent at once"
    : "the server chose it";
  return `${how}; ${place}; ${quantum}`;
}

function negotiated(report: NegotiatedReport, offered: Offer): Rows {
  const { version, cipherSuite, group, signatureScheme, alpnProtocol, serverName } = report;
  const suites = suitesOf(offered, version);
  const newest = offered.versions[0];
  return [
    [
      "version",
      version,
      version === newest
        ? offered.versions.length === 1 ? "the only one offered" : "the newest of those offered"
        : `the server has no newer one: ${newest} was offered, too`,
    ],
    [
      "cipher suite",
      cipherSuite,
      `the server's choice; our ${
        ordinal(suites.indexOf(cipherSuite))
      } of ${suites.length} offered for ${version}`,
    ],
    ["key exchange", group, whyGroup(report, offered)],
    ...signatureScheme === null
      ? []
      : [["signature", signatureScheme, "how the server has shown that it holds its key"]],
    ["protocol", alpnProtocol ?? "none", whyAlpn(alpnProtocol, offered)],
    [
      "server name",
      serverName ?? "none",
      serverName === null ? "addresses are not sent" : "what the server was asked for (SNI)",
    ],
    ...version === "TLS 1.3" || report.extendedMasterSecret ? [] : [[
      "weakness",
      "no extended master secret",
      "the server lacks RFC 7627; newer software has it",
    ]],
  ];
}

function whyAlpn(chosen: string | null, { alpnProtocols }: Offer): string {
  if (alpnProtocols.length === 0) return "none was offered; --alpn offers some";
  return chosen === null
    ? `the server chose none of ${join(alpnProtocols)}`
    : `the server's choice of ${join(alpnProtocols)}`;
}

/** A problem with its cure, and its cause where the first line has not told it. */
export function problem(
  { error, says, cause, cure }: Diagnosis,
  out: Output,
  indent: string,
  isTold = false,
): string[] {
  const line = (label: string, text: string) =>
    wrapIndented(`${indent}  ${label.padEnd(8)}`, text, out.width);
  // What the error says is told where the cause is a guess
  const isGeneral = isTold || error === null || adviceOf(error).cause === cause;
  const name = error === null ? "" : ` (${error})`;
  const head = wrapIndented(`${indent}✗ `, `${isGeneral ? says : cause}${name}`, out.width);
  return [
    out.paint(head, "red"),
    ...isGeneral && !isTold ? [line("cause:", cause)] : [],
    out.paint(line("to fix:", cure), "cyan"),
  ];
}

/** The chain as a tree, with what is wrong beside the certificate that has it. */
export function tree(certificates: readonly CertificateReport[], out: Output): string[] {
  const path = certificates.filter(({ place }) => place !== "unused").reverse();
  const unused = certificates.filter(({ place }) => place === "unused");
  return [
    ...path.flatMap((one, depth) => certificate(one, depth, depth === path.length - 1, out)),
    ...unused.length === 0 ? [] : [
      "  sent besides, and not needed:",
      ...unused.flatMap((one) => certificate(one, 1, false, out)),
    ],
  ];
}

function certificate(
  one: CertificateReport,
  depth: number,
  isLeaf: boolean,
  out: Output,
): string[] {
  const branch = depth === 0 ? "  " : `  ${"   ".repeat(depth - 1)}└─ `;
  const indent = " ".repeat(branch.length + 1);
  const days = daysText(one);
  const colour = one.daysLeft < 0 ? "red" : one.daysLeft <= SOON ? "yellow" : "green";
  const role = one.place === "anchor" ? " (trusted)" : "";
  const rows = isLeaf
    ? [
      ["names", namesText(one.names)],
      ["subject", one.subject === "" ? "none" : one.subject],
      ["issuer", one.issuer],
      ["key", `${one.key}; signed with ${one.signatureAlgorithm ?? "an unknown algorithm"}`],
      // In groups, so that a narrow terminal can break it
      ["SHA-256", one.fingerprint.replaceAll(":", "").replaceAll(/.{16}(?=.)/g, "$& ")],
    ]
    : [];
  return [
    `${branch}${out.paint(one.name, "bold")}${role}  ${out.paint(days, colour)}`,
    ...rows.length === 0 ? [] : [layOut(rows, out.width, indent)],
    ...one.problems.flatMap((found) => problem(found, out, indent)),
  ];
}

/** How many names are printed; --json has more. */
const MAX_PRINTED_NAMES = 20;

function namesText(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length - MAX_PRINTED_NAMES;
  if (more <= 0) return names.join(", ");
  const many = names.length < MAX_NAMES ? `${more}` : `at least ${more}`;
  return `${names.slice(0, MAX_PRINTED_NAMES).join(", ")} and ${many} more`;
}

/** A time span in words. */
export function milliseconds(time: number): string {
  return time < 10 ? `${time.toFixed(1)} ms` : `${Math.round(time)} ms`;
}

/** The flights, with what each message says where that is wanted. */
export function flightLines(flights: readonly Flight[], out: Output, all: boolean): string[] {
  return flights.flatMap(({ way, at, bytes, items }) => {
    const arrow = way === "sent" ? "→" : "←";
    const who = way === "sent" ? "client" : "server";
    const head = `  ${arrow} ${milliseconds(at).padStart(8)}  ${who}, ${count(bytes, "byte")}`;
    if (!all) {
      return [wrapIndented(`${head}: `, items.map(({ name }) => name).join(", "), out.width)];
    }
    return [
      out.paint(head, "bold"),
      layOut(
        items.map(({ name, length, encrypted, says }) => [
          name,
          `${length}`,
          `${encrypted ? "[encrypted] " : ""}${says}`,
        ]),
        out.width,
        "      ",
      ),
    ];
  });
}

function stapled({ ocsp, scts, revocation }: Report): Rows {
  return [
    [
      "OCSP",
      ocsp === null
        ? "the server staples no response"
        : `the stapled response says ${ocsp.status}, from ${ocsp.thisUpdate.slice(0, 10)} till ${
          ocsp.nextUpdate?.slice(0, 10) ?? "an unknown day"
        }`,
    ],
    ...scts.timestamps.length === 0
      ? [["CT", "no timestamps of certificate transparency logs"]]
      : scts.timestamps.map((sct) => ["CT", sctText(sct)]),
    ...revocation.map((text) => ["checked", text]),
  ];
}

function sctText({ from, log, logId, time, verified, says }: SctReport): string {
  const place =
    { certificate: "in the certificate", handshake: "beside it", ocsp: "in OCSP" }[from];
  return `${time.slice(0, 16).replace("T", " ")}, ${place}, of ${
    log === null ? `the log ${logId.slice(0, 16)}...` : `"${log}"`
  }: ${verified === true ? "genuine" : says}`;
}

function clientCertificateText(
  { clientCertificate: { wanted, shown, authorities } }: Report,
): string {
  if (!wanted) return "not asked for";
  return `${shown ? "asked for, and shown" : "asked for, and none was shown"}` +
    (authorities.length === 0
      ? ""
      : `; of ${authorities.slice(0, 5).join("; ")}${authorities.length > 5 ? "; ..." : ""}`);
}

function timingRows({ timings }: Report): Rows {
  const { connect, plainText, handshake } = timings;
  return [
    ["connection", milliseconds(connect)],
    ...plainText === null ? [] : [["plain text", milliseconds(plainText)]],
    ...handshake === null ? [] : [["handshake", milliseconds(handshake)]],
  ];
}

/** How many problems there are besides the first. */
export function more({ length }: readonly Diagnosis[]): string {
  return length < 2 ? "" : ` (and ${count(length - 1, "more problem")})`;
}

/** The first line: whether the server is good, and if not, why. */
export function verdictLine(report: Report, out: Output): string {
  const where = `${report.host}:${report.port}` +
    (report.name === report.host ? "" : ` as ${report.name}`);
  const [first] = report.problems;
  if (first === undefined && report.negotiated !== null) {
    const anchor = report.certificates.find(({ place }) => place === "anchor");
    const by = anchor === undefined ? "" : `, vouched for by "${anchor.name}"`;
    return out.paint(`${where} is good: ${report.negotiated.version}${by}`, "green");
  }
  const text = first === undefined ? "nothing was negotiated" : first.cause + more(report.problems);
  return out.paint(wrapHanging(`${where} is not good: ${text}`, out.width), "red");
}

/** The whole report. */
export function reportText(report: Report, out: Output, all: boolean): string {
  const { offered, negotiated: agreed, certificates, flights } = report;
  const head = (text: string) => ["", out.paint(text, "bold")];
  // What was offered is of interest where the server has answered in TLS, and chosen nothing
  const answers = flights.filter(({ way }) => way === "received").flatMap(({ items }) => items)
    .map(({ name }) => name);
  const choosesNothing = answers.some((name) => name !== "bytes") &&
    !answers.includes("server_hello");
  const belongsToNone = report.problems.filter((one) =>
    !certificates.some(({ problems }) => problems.includes(one))
  );
  return [
    verdictLine(report, out),
    ...report.address === null || report.address === report.host ? [] : [`  at ${report.address}`],
    ...belongsToNone.length === 0 ? [] : [
      ...head("The connection"),
      ...belongsToNone.flatMap((one) => problem(one, out, "  ", one === report.problems[0])),
    ],
    ...agreed === null || offered === null ? [] : [
      ...head("What was negotiated, and why"),
      layOut(
        // A narrow terminal has no room for a column of reasons
        negotiated(agreed, offered).map(([label = "", value, why]) =>
          out.width < 100 ? [label, `${value} - ${why}`] : [label, `${value}`, `${why}`]
        ),
        out.width,
        "  ",
      ),
    ],
    ...offered === null || agreed === null && !choosesNothing ? [] : [
      ...head("What was offered"),
      layOut(
        [
          ["versions", offered.versions.join(", ")],
          ["cipher suites", offered.cipherSuites.join(", ")],
          ["groups", offered.groups.join(", ")],
          ["signatures", offered.signatureSchemes.join(", ")],
          ["protocols", offered.alpnProtocols.join(", ") || "none"],
        ],
        out.width,
        "  ",
      ),
    ],
    ...certificates.length === 0 ? [] : [
      ...head("Certificates"),
      ...tree(certificates, out),
      ...head("Besides"),
      layOut(
        [
          ...stapled(report),
          ["client", `a client certificate was ${clientCertificateText(report)}`],
          ...report.resumption === null ? [] : [["resumption", resumptionText(report.resumption)]],
        ],
        out.width,
        "  ",
      ),
    ],
    ...head("Time"),
    layOut(timingRows(report), out.width, "  "),
    ...flightLines(flights, out, all),
  ].join("\n");
}

function resumptionText({ says, maxEarlyData, earlyData }: NonNullable<Report["resumption"]>) {
  if (maxEarlyData === 0) return `${says}; no early data`;
  const what = earlyData === null || earlyData.bytes === 0
    ? "an empty try"
    : count(earlyData.bytes, "byte");
  const became = earlyData === null
    ? ""
    : `; ${what} of it was ${earlyData.accepted ? "accepted" : "not accepted"}`;
  return `${says}; its tickets allow ${count(maxEarlyData, "byte")} of early data (0-RTT), which ` +
    `can be replayed${became}`;
}
