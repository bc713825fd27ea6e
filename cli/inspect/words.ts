// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the page and its plain text have in common. @module */

import { count } from "../base/text.ts";
import type { Flight, FlightItem } from "../net/flights.ts";
import { type CertificateReport, daysText } from "../net/report.ts";
import { type Finding, type Level, LEVELS } from "./better_client.ts";
import type { Inspection } from "./inspection.ts";

/** The verdict of a level, when it is the gravest. */
const VERDICTS: Readonly<Record<Level, string>> = {
  insecure: "Your client offers what is insecure",
  old: "Your client offers what a modern one does not",
  better: "Your client is good, and could be better",
  good: "Your client is good",
};

/** How a level is called beside a finding. */
export const LEVEL_NAMES: Readonly<Record<Level, string>> = {
  insecure: "insecure",
  old: "outdated",
  better: "could be",
  good: "good",
};

/** The gravest level of findings. */
export function worst(findings: readonly Finding[]): Level {
  return LEVELS.find((level) => findings.some((one) => one.level === level)) ?? "good";
}

/** What is to be said of a client, in a line. */
export function verdictOf({ findings }: Inspection): string {
  const bad = findings.filter(({ level }) => level !== "good").length;
  const text = VERDICTS[worst(findings)];
  return bad === 0 ? text : `${text}: ${count(bad, "remark")}`;
}

/** What was agreed on under a name, as `version`. */
export function chosenOf({ negotiated }: Inspection, what: string): string {
  return negotiated.find((choice) => choice.what === what)?.chosen ?? "none";
}

/** How the session began, in a few words. */
export function handshakeKind({ sessions, hellos }: Inspection): string {
  const kind = sessions.resumption.done ? "resumed" : "full";
  const retry = hellos.length > 1 ? ", after a HelloRetryRequest" : "";
  return `${kind}${retry}${sessions.earlyData.done ? ", with early data" : ""}`;
}

/** What a message of a flight says; what the page tells elsewhere in full is not told again. */
export function saysOf({ name, says }: FlightItem, way: Flight["way"]): string {
  if (name === "client_hello") return "what the client can do and wants: see Your ClientHello";
  if (name === "application_data" && way === "received") return "the request for this page";
  return says;
}

/**
 * Takes a JA4 fingerprint apart (`technical_details/JA4.md` in FoxIO-LLC/ja4).
 *
 * @returns Its parts, in their order, each with what it says.
 */
export function ja4Parts(ja4: string): readonly (readonly [part: string, says: string])[] {
  const [, transport = "", version = "", name = "", suites = "", extensions = "", protocol = ""] =
    /^(.)(..)(.)(..)(..)(..)_/.exec(ja4) ?? [];
  const [, suitesHash = "", extensionsHash = ""] = ja4.split("_");
  return [
    [transport, "TLS over TCP"],
    [version, "the newest version that is offered, as 13 for TLS 1.3"],
    [name, name === "d" ? "a host name is sent (SNI)" : "no host name is sent (SNI)"],
    [suites, "the number of cipher suites, without GREASE"],
    [extensions, "the number of extensions, without GREASE"],
    [protocol, "both ends of the first application protocol (ALPN); 00 for none"],
    [suitesHash, "a hash of the cipher suites, sorted"],
    [extensionsHash, "a hash of the extensions, sorted, and of the signature schemes"],
  ];
}

/** Makes a sentence of a phrase. */
export function sentence(phrase: string): string {
  return `${phrase.slice(0, 1).toUpperCase()}${phrase.slice(1)}.`;
}

/** The certificates from the root down, and those that are not needed. */
export function treeOf(certificates: readonly CertificateReport[]): {
  readonly path: readonly CertificateReport[];
  readonly unused: readonly CertificateReport[];
} {
  return {
    path: certificates.filter(({ place }) => place !== "unused").reverse(),
    unused: certificates.filter(({ place }) => place === "unused"),
  };
}

/** What a certificate says of itself. */
export function certificateRows(one: CertificateReport): readonly (readonly [string, string])[] {
  return [
    ["subject", one.subject === "" ? "none" : one.subject],
    ["issuer", one.issuer],
    ["names", one.names.length === 0 ? "none" : one.names.join(", ")],
    ["key", one.key],
    ["signed with", one.signatureAlgorithm ?? "an unknown algorithm"],
    ["valid", `from ${one.notBefore.slice(0, 10)}; ${daysText(one)}`],
    // In groups, so that lines can be broken
    ["SHA-256", one.fingerprint.replaceAll(":", "").replaceAll(/.{16}(?=.)/g, "$& ")],
  ];
}
