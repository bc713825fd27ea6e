// Copyright 2026 the NSS for Deno authors. MIT license.

/** What was seen of a server, as `nss client --json` prints it. @module */

import { NssError } from "../../cert/base/errors.ts";
import {
  type Certificate,
  certificateToJson,
  type CtLog,
  parseOcspResponse,
  type VerifiedPath,
  type VerifyLogEntry,
} from "../../cert/mod.ts";
import { getResumptionTokenInfo } from "../../ssl/mod.ts";
import { parseClientHello } from "../../ssl/messages/client_hello.ts";
import { HANDSHAKE_HEADER_LENGTH } from "../../ssl/messages/handshake.ts";
import { RECORD_HEADER_LENGTH } from "../../ssl/record/header.ts";
import { count, safe } from "../base/text.ts";
import { type Offer, offerOf } from "../explain/offer.ts";
import { keyOf, subjectOf } from "../explain/subject.ts";
import { daysUntil, type Diagnosis, explainProblem } from "./diagnosis.ts";
import { explainFailure } from "./failure.ts";
import { type Flight, flightsOf } from "./flights.ts";
import type { PlainTextError } from "./plain_text.ts";
import { type SctReport, sctsOf } from "./scts.ts";
import { chainOf, type EarlyDataReport, type Visit, type VisitOptions } from "./visit.ts";

/** How many names of a certificate are told of; a certificate may have thousands. */
export const MAX_NAMES = 100;

/** A certificate of the server's chain. */
export interface CertificateReport {
  /** Who it is of, in short. */
  readonly name: string;
  /** Its subject. */
  readonly subject: string;
  /** Its issuer. */
  readonly issuer: string;
  /** Its other names, the first {@linkcode MAX_NAMES}. */
  readonly names: readonly string[];
  /** Its key, as `ec P-256`. */
  readonly key: string;
  /** How it is signed. */
  readonly signatureAlgorithm: string | null;
  /** From when it is valid. */
  readonly notBefore: string;
  /** Till when. */
  readonly notAfter: string;
  /** How many days it is valid still; negative if it has expired. */
  readonly daysLeft: number;
  /** The SHA-256 of it, hexadecimal. */
  readonly fingerprint: string;
  /** `sent` by the server, an `anchor` that is trusted, or `unused`: sent and not needed. */
  readonly place: "sent" | "anchor" | "unused";
  /** What is wrong with it. */
  readonly problems: readonly Diagnosis[];
}

/** What was negotiated. */
export interface NegotiatedReport {
  /** The version, as `TLS 1.3`. */
  readonly version: string;
  /** The cipher suite. */
  readonly cipherSuite: string;
  /** The group of the key exchange. */
  readonly group: string;
  /** Whether the server wanted another group than those whose shares were sent. */
  readonly helloRetryRequest: boolean;
  /** How the server has signed; `null` in a resumed session. */
  readonly signatureScheme: string | null;
  /** The application protocol; `null` for none. */
  readonly alpnProtocol: string | null;
  /** The name that was asked for; `null` for an address. */
  readonly serverName: string | null;
  /** Whether TLS 1.2 has the extended master secret. */
  readonly extendedMasterSecret: boolean;
}

/** What came of a second connection. */
export interface ResumptionReport {
  /** Whether the server has resumed the session. */
  readonly resumed: boolean;
  /** In words. */
  readonly says: string;
  /** How many bytes of early data the server allows. */
  readonly maxEarlyData: number;
  /** What became of the early data that was tried; `null` where none is allowed. */
  readonly earlyData: EarlyDataReport | null;
}

/** A stapled OCSP response. */
export interface OcspReport {
  /** `good`, `revoked` or `unknown`. */
  readonly status: string;
  /** When it was made. */
  readonly thisUpdate: string;
  /** When there will be a new one; `null` if it does not say. */
  readonly nextUpdate: string | null;
}

/** All that was seen. */
export interface Report {
  /** The version of this form: it changes when a member goes or means something else. */
  readonly format: 1;
  /** Where the connection led. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The address; `null` if there was no connection. */
  readonly address: string | null;
  /** The name that the certificate must have. */
  readonly name: string;
  /** Whether the server is good. */
  readonly good: boolean;
  /** What is wrong: of the certificates, and of the connection. */
  readonly problems: readonly Diagnosis[];
  /** What was offered; `null` if TLS did not begin. */
  readonly offered: Offer | null;
  /** What was negotiated; `null` if the handshake failed. */
  readonly negotiated: NegotiatedReport | null;
  /** The chain, the server's own certificate first, the anchor last. */
  readonly certificates: readonly CertificateReport[];
  /** The stapled OCSP response; `null` for none. */
  readonly ocsp: OcspReport | null;
  /** The signed certificate timestamps: how many are in the certificate and beside it, and all. */
  readonly scts: {
    readonly embedded: number;
    readonly delivered: number;
    readonly timestamps: readonly SctReport[];
  };
  /** What was found of revocation, where it was looked for. */
  readonly revocation: readonly string[];
  /** Whether a client certificate was asked for, and what was shown. */
  readonly clientCertificate: {
    readonly wanted: boolean;
    readonly shown: boolean;
    readonly authorities: readonly string[];
  };
  /** The second connection; `null` if there was none. */
  readonly resumption: ResumptionReport | null;
  /** How long it took, in milliseconds. */
  readonly timings: Visit["timings"];
  /** What went over the connection. */
  readonly flights: readonly Flight[];
}

/** What besides the visit is to be told. */
export interface More {
  /** The second visit, which has tried to resume; `null` for none. */
  readonly again: Visit | null;
  /** The old version that the server has. */
  readonly oldVersion: number | null;
  /** The logs of certificate transparency that are known; `null` for no list. */
  readonly logs: readonly CtLog[] | null;
  /** When. */
  readonly now: Date;
}

async function reportCertificate(
  certificate: Certificate,
  place: CertificateReport["place"],
  problems: readonly Diagnosis[],
  now: Date,
): Promise<CertificateReport> {
  const json = await certificateToJson(certificate);
  return {
    name: subjectOf(certificate),
    subject: safe(json.subject, 1000),
    issuer: safe(json.issuer, 1000),
    names: json.subjectAltName.slice(0, MAX_NAMES).map((name) => safe(name)),
    key: keyOf(certificate),
    signatureAlgorithm: json.signatureAlgorithm,
    notBefore: json.notBefore,
    notAfter: json.notAfter,
    daysLeft: daysUntil(certificate.notAfter, now),
    fingerprint: json.fingerprint,
    place,
    problems,
  };
}

/** A chain that was judged. */
export interface JudgedChain {
  /** What was at hand, the certificate itself first. */
  readonly chain: readonly Certificate[];
  /** The path that was found; `null` for none. */
  readonly path: VerifiedPath | null;
  /** What is wrong. */
  readonly problems: readonly VerifyLogEntry[];
  /** The name that it should have. */
  readonly hostname: string;
  /** When. */
  readonly now: Date;
}

/** Tells of a chain, with what is wrong with each certificate. */
export async function reportChain(
  { chain, path, problems, hostname, now }: JudgedChain,
): Promise<{ readonly certificates: CertificateReport[]; readonly problems: Diagnosis[] }> {
  const [leaf] = chain;
  if (leaf === undefined) return { certificates: [], problems: [] };
  const used = path?.certificates ?? orderOf(chain);
  const unused = chain.filter((one) => !used.some((other) => other.equals(one)));
  const anchor = path?.anchor.certificate;
  const isAnchor = (one: Certificate) => anchor !== undefined && anchor.equals(one);
  const isApart = anchor !== undefined && !used.some(isAnchor);
  const all: readonly (readonly [Certificate, CertificateReport["place"]])[] = [
    ...used.map((one) => [one, isAnchor(one) ? "anchor" : "sent"] as const),
    ...isApart ? [[anchor, "anchor"] as const] : [],
    // A root that the server sends is trusted for what this end has, and not for being sent
    ...unused.map((one) => [one, "unused"] as const),
  ];
  const explained = problems.map((problem) => {
    const certificate = problem.certificate ?? leaf;
    return { certificate, says: explainProblem(problem, { certificate, chain, hostname, now }) };
  });
  const certificates = await Promise.all(all.map(([certificate, place]) =>
    reportCertificate(
      certificate,
      place,
      explained.filter((one) => one.certificate.equals(certificate)).map(({ says }) => says),
      now,
    )
  ));
  return { certificates, problems: explained.map(({ says }) => says) };
}

/** The chain as it leads from the server's certificate on. */
function orderOf([leaf, ...others]: readonly Certificate[]): readonly Certificate[] {
  const ordered = leaf === undefined ? [] : [leaf];
  for (let last = leaf; last !== undefined && !last.isSelfIssued;) {
    const { issuer } = last;
    const next = others.find((one) => one.subject.equals(issuer) && !ordered.includes(one));
    if (next === undefined) break;
    ordered.push(last = next);
  }
  return ordered;
}

/** What the own ClientHello has offered: the first record that was sent. */
function offerIn({ conn }: Visit): Offer | null {
  const sent = conn.chunks.find(({ way }) => way === "sent");
  if (sent === undefined) return null;
  const length = sent.bytes[3]! << 8 | sent.bytes[4]!;
  const end = RECORD_HEADER_LENGTH + length;
  try {
    return offerOf(
      parseClientHello(sent.bytes.slice(RECORD_HEADER_LENGTH + HANDSHAKE_HEADER_LENGTH, end)),
    );
  } catch (error) {
    if (error instanceof NssError) return null; // it was sent in pieces
    throw error;
  }
}

function ocspOf({ peer }: Visit): OcspReport | null {
  if (peer === null || peer.stapledOcspResponse === null) return null;
  try {
    const single = parseOcspResponse(peer.stapledOcspResponse).basic?.responses[0];
    if (single === undefined) return null;
    return {
      status: single.certStatus.status,
      thisUpdate: single.thisUpdate.toISOString(),
      nextUpdate: single.nextUpdate?.toISOString() ?? null,
    };
  } catch (error) {
    if (error instanceof NssError) return null; // it is among the problems
    throw error;
  }
}

function countScts(timestamps: readonly SctReport[]): Report["scts"] {
  const embedded = timestamps.filter(({ from }) => from === "certificate").length;
  return { embedded, delivered: timestamps.length - embedded, timestamps };
}

function resumptionOf(seen: Visit, again: Visit | null): ResumptionReport | null {
  if (again === null) {
    // A session with a server that is not good is not kept
    const isKept = seen.info !== null && seen.problems.length === 0;
    if (!isKept || seen.token !== null) return null;
    return {
      resumed: false,
      says: "not offered: the server has given no session to resume",
      maxEarlyData: 0,
      earlyData: null,
    };
  }
  const maxEarlyData = seen.token === null
    ? 0
    : getResumptionTokenInfo(seen.token).maxEarlyDataSize;
  const says = again.info === null
    ? `failed: ${safe(again.error?.message ?? "", 300)}`
    : again.info.resumed
    ? `works: a second connection took ${
      Math.round(again.timings.handshake ?? 0)
    } ms for its handshake, without certificates`
    : "refused: the server has given a session and not resumed it, but made a full handshake; " +
      "servers behind one name may not share their ticket keys";
  const { earlyData } = again;
  return { resumed: again.info?.resumed ?? false, says, maxEarlyData, earlyData };
}

function negotiatedOf({ info }: Visit): NegotiatedReport | null {
  if (info === null) return null;
  return {
    version: info.version.replace("TLSv", "TLS "),
    cipherSuite: info.cipherSuite,
    group: info.group,
    helloRetryRequest: info.helloRetryRequest,
    signatureScheme: info.peerSignatureScheme,
    alpnProtocol: info.alpnProtocol,
    serverName: info.serverName,
    extendedMasterSecret: info.extendedMasterSecret,
  };
}

/** Whether more than the stapled response was to be looked at. */
function isLookedUp({ crls = [], fetchCrl }: VisitOptions["revocation"]): boolean {
  return crls.length > 0 || fetchCrl !== undefined;
}

/** Tells what was seen. */
export async function reportOf(
  seen: Visit,
  { target, hostname, starttls, revocation }: VisitOptions,
  { again, oldVersion, logs, now }: More,
): Promise<Report> {
  const { certificates, problems } = await reportChain({
    chain: chainOf(seen),
    path: seen.path,
    problems: seen.problems,
    hostname,
    now,
  });
  const offered = offerIn(seen);
  const failure = seen.error === null ? [] : [explainFailure({
    error: seen.error,
    received: seen.conn.received(512),
    offer: offered,
    wantsCertificate: seen.request !== null,
    showsCertificate: seen.identity === "shown",
    oldVersion,
    starttls,
    port: target.port,
  })];
  return {
    format: 1,
    host: safe(target.hostname),
    port: target.port,
    address: seen.conn.remoteAddr.hostname,
    name: safe(hostname),
    good: seen.error === null && problems.length === 0,
    problems: [...problems, ...failure],
    offered,
    negotiated: negotiatedOf(seen),
    certificates,
    ocsp: ocspOf(seen),
    scts: countScts(await sctsOf(seen, logs, now)),
    revocation: !isLookedUp(revocation)
      ? []
      : seen.reports.map(({ certificate, status, reason }) =>
        `${subjectOf(certificate)}: ${status}: ${safe(reason)}`
      ),
    clientCertificate: {
      wanted: seen.request !== null,
      shown: seen.identity === "shown",
      authorities: (seen.request?.caNames ?? []).slice(0, 100).map((name) => safe(name)),
    },
    resumption: resumptionOf(seen, again),
    timings: seen.timings,
    flights: await flightsOf(seen.conn.chunks, seen.keyLog),
  };
}

/** Tells that TLS did not begin. */
export function reportWithout(
  { target, hostname, starttls }: Pick<VisitOptions, "target" | "hostname" | "starttls">,
  error: PlainTextError,
): Report {
  const failure = explainFailure({
    error,
    received: error.received,
    offer: null,
    wantsCertificate: false,
    showsCertificate: false,
    oldVersion: null,
    starttls,
    port: target.port,
  });
  return {
    format: 1,
    host: safe(target.hostname),
    port: target.port,
    address: null,
    name: safe(hostname),
    good: false,
    problems: [failure],
    offered: null,
    negotiated: null,
    certificates: [],
    ocsp: null,
    scts: countScts([]),
    revocation: [],
    clientCertificate: { wanted: false, shown: false, authorities: [] },
    resumption: null,
    timings: { connect: 0, plainText: null, handshake: null },
    flights: [],
  };
}

/** The members of a report, each with what it is: the documentation of `--json`. */
export const REPORT_MEMBERS: Readonly<Record<keyof Report, string>> = {
  format: "1; another number where a member goes or means something else",
  host: "where the connection led",
  port: "the port",
  address: "the address; null where TLS did not begin",
  name: "the name that the certificate must have",
  good: "whether the server is good",
  problems: "what is wrong: error (NSS's name, or null), says, cause, cure",
  offered: "versions, cipherSuites, groups, keyShares, signatureSchemes, alpnProtocols, " +
    "serverName, extensions; null where TLS did not begin",
  negotiated: "version, cipherSuite, group, helloRetryRequest, signatureScheme, alpnProtocol, " +
    "serverName, extendedMasterSecret; null where the handshake failed",
  certificates:
    "the chain, the server's own first: name, subject, issuer, names (the first 100), key, " +
    "signatureAlgorithm, notBefore, notAfter, daysLeft, fingerprint, place (sent, anchor, " +
    "unused), problems",
  ocsp: "the stapled response: status, thisUpdate, nextUpdate; null for none",
  scts:
    "the certificate transparency timestamps: from (certificate, handshake, ocsp), logId, log " +
    "(its name, or null), time, verified (null: not known), says",
  revocation: "what was found of revocation, a text for each certificate",
  clientCertificate: "wanted, shown, and the authorities that the server accepts",
  resumption: "resumed, says, maxEarlyData, earlyData (bytes, accepted; null where none is " +
    "allowed); null where it was not tried",
  timings: "milliseconds: connect, plainText, handshake",
  flights: "way (sent, received), at (milliseconds), bytes, items (name, length, encrypted, says)",
};

/** What the number of days says. */
export function daysText({ daysLeft, notAfter }: CertificateReport): string {
  const date = notAfter.slice(0, 10);
  return daysLeft < 0
    ? `expired ${count(-daysLeft, "day")} ago, on ${date}`
    : `${count(daysLeft, "day")} left, till ${date}`;
}
