// Copyright 2026 the NSS for Deno authors. MIT license.

/** Why a server is not good, and what would fix it. @module */

import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import { type Certificate, formatGeneralName, OIDS, type VerifyLogEntry } from "../../cert/mod.ts";
import { describeVersion } from "../../ssl/tables/versions.ts";
import { adviceOf } from "../base/advice.ts";
import { count, day, join, safe } from "../base/text.ts";
import type { Offer } from "./describe_message.ts";
import { PlainTextError } from "./plain_text.ts";
import type { StartTlsName } from "./starttls.ts";

/** What is wrong, why, and what would fix it. */
export interface Diagnosis {
  /** NSS's name of the error; `null` where TLS was not reached. */
  readonly error: ErrorName | null;
  /** What failed, as the error says it. */
  readonly says: string;
  /** The likely cause. */
  readonly cause: string;
  /** What would fix it. */
  readonly cure: string;
}

/** Who a certificate is of: its subject, or its first other name. */
export function subjectOf(certificate: Certificate): string {
  if (certificate.subject.commonName) return safe(certificate.subject.commonName, 100);
  if (!certificate.subject.isEmpty) return safe(certificate.subject, 100);
  return namesOf(certificate)[0] ?? "-";
}

/** The other names of a certificate; none if they are malformed. */
export function namesOf(certificate: Certificate): readonly string[] {
  try {
    return (certificate.subjectAltName ?? []).map((name) => safe(formatGeneralName(name), 100));
  } catch (error) {
    if (error instanceof NssError) return [];
    throw error;
  }
}

const DAY = 86_400_000;

/** How many whole days a time is away; negative if it is past, at least by one. */
export function daysUntil(time: Date, now: Date): number {
  const days = (time.getTime() - now.getTime()) / DAY;
  return days < 0 ? -Math.max(1, Math.floor(-days)) : Math.floor(days);
}

/** What a certificate's problem is about. */
interface Subject {
  /** The certificate. */
  readonly certificate: Certificate;
  /** All that the server has sent. */
  readonly chain: readonly Certificate[];
  /** The name that it should have. */
  readonly hostname: string;
  /** When. */
  readonly now: Date;
}

function datesOf({ certificate, now }: Subject): Omit<Diagnosis, "error" | "says"> {
  const { notBefore, notAfter } = certificate;
  const who = `the certificate of "${subjectOf(certificate)}"`;
  if (notBefore > now) {
    return {
      cause: `${who} is valid from ${day(notBefore)}, in ${
        count(daysUntil(notBefore, now) + 1, "day")
      }; the clock of this machine may be wrong (it says ${day(now)}), or that of its authority`,
      cure: "set the clock, or have the certificate issued anew",
    };
  }
  const days = -daysUntil(notAfter, now);
  return {
    cause: `${who} expired ${count(days, "day")} ago, on ${day(notAfter)}: nobody has renewed ` +
      "it, or the server has not loaded the new one",
    cure: "renew it, and have the server load the new one; a server that was not restarted may " +
      "show the old one",
  };
}

function domainOf({ certificate, hostname }: Subject): Omit<Diagnosis, "error" | "says"> {
  const names = namesOf(certificate);
  const listed = names.length === 0 ? "for no name at all" : `for ${join(names.slice(0, 5))}` +
    (names.length > 5 ? ` and ${names.length - 5} more` : "");
  const first = names.find((name) => name.startsWith("DNS:") && !name.includes("*"))?.slice(4);
  return {
    cause: `the certificate is ${listed}, not for "${safe(hostname)}"`,
    cure: `have a certificate issued that has the name "${safe(hostname)}", or connect by a name ` +
      `that it has${first === undefined ? "" : ` (nss client ${first})`}; a server of several ` +
      "names may lack a configuration for this one",
  };
}

function issuerOf({ certificate, chain }: Subject): Omit<Diagnosis, "error" | "says"> {
  const issuer = `"${safe(certificate.issuer.commonName ?? certificate.issuer, 100)}"`;
  const [leaf] = chain;
  const top = topOf(chain) ?? certificate;
  if (leaf !== undefined && leaf.isSelfIssued) {
    return {
      cause: `the certificate is self-signed: no authority vouches for it`,
      cure: "have an authority issue one; to trust just this one, save it and name it by --ca " +
        "(compare its fingerprint with the server's owner first)",
    };
  }
  if (top.isSelfIssued) {
    return {
      cause: `the chain ends at the unknown root "${subjectOf(top)}", which is not among the ` +
        "trusted authorities: it is a private one, or one that is trusted no more",
      cure: "if it is yours, get its root certificate from its owner and name it by --ca; a " +
        "public server needs a certificate of a public authority",
    };
  }
  const urls = issuerUrls(top);
  const topIssuer = `"${safe(top.issuer.commonName ?? top.issuer, 100)}"`;
  if (chain.length <= 1 || certificate !== top) {
    return {
      cause:
        `the server sends no certificate of ${chain.length <= 1 ? issuer : topIssuer}, which ` +
        "has issued its certificate: most likely the intermediate is missing in its configuration",
      cure: "have the server send its whole chain but the root: the file that authorities call " +
        'fullchain.pem, as "ssl_certificate fullchain.pem" in nginx' +
        (urls.length === 0 ? "" : `; the missing certificate is at ${urls[0]}`) +
        `; if ${issuer} is a private root, name its certificate by --ca`,
    };
  }
  return {
    cause: `the chain ends at "${subjectOf(top)}", whose issuer ${topIssuer} is an unknown root: ` +
      "it is not among the trusted authorities, or one more intermediate is missing",
    cure: "if it is a private authority, name its root certificate by --ca; else have the server " +
      `send the rest of the chain${urls.length === 0 ? "" : ` (${urls[0]})`}`,
  };
}

/** The last certificate of a chain that leads on from the first. */
function topOf([leaf, ...others]: readonly Certificate[]): Certificate | undefined {
  let top = leaf;
  for (let i = 0; top !== undefined && i < others.length && !top.isSelfIssued; i++) {
    const { issuer } = top;
    const next = others.find((one) => one.subject.equals(issuer));
    if (next === undefined) break;
    top = next;
  }
  return top;
}

/** Where the issuer's certificate is to be had. */
function issuerUrls(certificate: Certificate): readonly string[] {
  try {
    return (certificate.authorityInfoAccess ?? []).map((one) => safe(describeAccess(one)))
      .filter((text) => text.startsWith("http"));
  } catch (error) {
    if (error instanceof NssError) return [];
    throw error;
  }
}

type Access = NonNullable<Certificate["authorityInfoAccess"]>[number];

function describeAccess({ method, location }: Access): string {
  const text = formatGeneralName(location).replace(/^URI:/, "");
  return method === OIDS.caIssuers ? text : "";
}

/** Explains a problem of a certificate. */
export function explainProblem(
  { error }: VerifyLogEntry,
  subject: Subject,
): Diagnosis {
  const base = { error: error.name, says: safe(error.message, 500) };
  switch (error.name) {
    case "SEC_ERROR_EXPIRED_CERTIFICATE":
    case "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE":
      return { ...base, ...datesOf(subject) };
    case "SSL_ERROR_BAD_CERT_DOMAIN":
      return { ...base, ...domainOf(subject) };
    case "SEC_ERROR_UNKNOWN_ISSUER":
      return { ...base, ...issuerOf(subject) };
    default:
      return { ...base, ...adviceOf(error.name) };
  }
}

/** What a failed handshake is explained by. */
export interface Failed {
  /** What has ended it. */
  readonly error: NssError | PlainTextError;
  /** What the server has sent first. */
  readonly received: Uint8Array;
  /** What was offered; `null` if no ClientHello was sent. */
  readonly offer: Offer | null;
  /** Whether the server has asked for a client certificate. */
  readonly wantsCertificate: boolean;
  /** Whether one was shown. */
  readonly showsCertificate: boolean;
  /** The old version that the server has, as it was asked; `null` if none, or nobody asked. */
  readonly oldVersion: number | null;
  /** The protocol whose plain text went before. */
  readonly starttls: StartTlsName | null;
}

/** What some protocols say first; the name is that of `--starttls`, where there is one. */
const GREETINGS: readonly (readonly [RegExp, string, StartTlsName | null])[] = [
  [/^HTTP\/\d/, "HTTP without TLS", null],
  [/^<(?:!doctype|html)/i, "HTTP without TLS", null],
  [/^SSH-/, "SSH", null],
  [/^220[ -].*(?:SMTP|mail|Postfix|Exim|ESMTP)/i, "SMTP", "smtp"],
  [/^220[ -]/, "FTP or SMTP", "ftp"],
  [/^\* (?:OK|PREAUTH|BYE)/, "IMAP", "imap"],
  [/^\+OK/, "POP3", "pop3"],
  [/^INFO \{/, "NATS", "nats"],
  [/^-ERR|^-NOAUTH|^-DENIED/, "Redis without TLS", null],
  [/^RFB \d/, "VNC", null],
  [/^:\S+ (?:NOTICE|\d{3}) /, "IRC", "irc"],
  [/^.{3}\0\n[\x20-\x7e]+\0/s, "MySQL", "mysql"],
];

function notTls(received: Uint8Array): Omit<Diagnosis, "error" | "says"> {
  const text = new TextDecoder("latin1").decode(received.subarray(0, 300));
  const found = GREETINGS.find(([pattern]) => pattern.test(text));
  const shown = safe(text.split(/\r?\n/, 1)[0]!, 60);
  if (found === undefined) {
    return {
      cause: `the server does not speak TLS on this port: its answer begins with "${shown}"`,
      cure:
        "look at the port, and at the server's configuration; a protocol that begins in plain " +
        "text needs --starttls",
    };
  }
  const [, name, starttls] = found;
  return {
    cause: `the server does not speak TLS on this port, but ${name}: its answer is "${shown}"`,
    cure: starttls === null
      ? "look at the port: the one with TLS is another, or enable TLS in the server's configuration"
      : `start TLS in the way of the protocol: --starttls ${starttls}`,
  };
}

function silence({ starttls }: Failed): Omit<Diagnosis, "error" | "says"> {
  return {
    cause: "the server accepts the connection and says nothing: it hangs, waits for something " +
      "else than TLS, or something between drops the ClientHello",
    cure: "look whether the server is busy or stopped, and at the port" +
      (starttls === null ? "; a protocol that begins in plain text needs --starttls" : "") +
      "; a firewall that drops long ClientHellos shows itself by --groups x25519",
  };
}

function noOverlap({ offer, oldVersion }: Failed): Omit<Diagnosis, "error" | "says"> {
  if (oldVersion !== null) return tooOld(oldVersion, offer);
  const offered = offer === null
    ? ""
    : `: ${count(offer.cipherSuites.length, "cipher suite")} (${
      offer.cipherSuites.slice(0, 4).join(", ")
    }${offer.cipherSuites.length > 4 ? ", ..." : ""}), the groups ${offer.groups.join(", ")} and ${
      join(offer.versions)
    } were offered`;
  return {
    cause: `both ends share no cipher suite, group or signature scheme${offered}`,
    cure: "enable at the server what is offered, as TLS 1.3, or ECDHE with AES-GCM or " +
      "ChaCha20-Poly1305 in TLS 1.2; if the offer was narrowed by --suites, --groups, --schemes " +
      "or --policy, widen it",
  };
}

function tooOld(version: number, offer: Offer | null): Omit<Diagnosis, "error" | "says"> {
  return {
    cause: `the server speaks ${describeVersion(version)} only, which is no longer secure ` +
      `(RFC 8996); ${join(offer?.versions ?? [])} was offered`,
    cure: "enable TLS 1.2 or 1.3 at the server, which may need newer software; this program does " +
      "not speak older versions",
  };
}

function versions({ offer, oldVersion }: Failed): Omit<Diagnosis, "error" | "says"> {
  if (oldVersion !== null) return tooOld(oldVersion, offer);
  return {
    cause: `the server speaks none of the versions that were offered: ${
      join(offer?.versions ?? [])
    }`,
    cure: "enable TLS 1.2 or 1.3 at the server; if the offer was narrowed by --versions or " +
      "--policy, widen it",
  };
}

function clientCertificate({ showsCertificate }: Failed): Omit<Diagnosis, "error" | "says"> {
  return showsCertificate
    ? {
      cause:
        "the server does not accept the client certificate that was shown: it trusts another " +
        "authority, or the certificate has expired or is not made for clients",
      cure: "look at the server's log; choose a certificate of an authority that it accepts",
    }
    : {
      cause: "the server wants a client certificate, and none was given",
      cure: "give one by --cert and --key, --p12, or --db with --cert",
    };
}

const UNTRUSTED =
  /^SSL_ERROR_(?:BAD_CERT|UNKNOWN_CA|CERTIFICATE_UNKNOWN|EXPIRED_CERT|REVOKED_CERT|UNSUPPORTED_CERT|ACCESS_DENIED|RX_CERTIFICATE_REQUIRED)_ALERT$/;
const NO_OVERLAP =
  /^SSL_ERROR_(?:HANDSHAKE_FAILURE_ALERT|NO_CYPHER_OVERLAP|INSUFFICIENT_SECURITY_ALERT|UNSUPPORTED_SIGNATURE_ALGORITHM)$/;
const VERSION = /^SSL_ERROR_(?:PROTOCOL_VERSION_ALERT|UNSUPPORTED_VERSION)$/;
const NOT_TLS = /^SSL_ERROR_(?:RX_UNKNOWN_RECORD_TYPE|RX_RECORD_TOO_LONG|UNSUPPORTED_VERSION)$/;

/** Whether a failed handshake may be that of a server which has old versions only. */
export function mayBeOld({ error, received }: Pick<Failed, "error" | "received">): boolean {
  if (!(error instanceof NssError) || !isTls(received) && received.length > 0) return false;
  return VERSION.test(error.name) || NO_OVERLAP.test(error.name) ||
    /^PR_(?:CONNECT_RESET|END_OF_FILE)_ERROR$/.test(error.name);
}

/** Whether bytes begin with the header of a record. */
function isTls([type, major]: Uint8Array): boolean {
  return type !== undefined && type >= 20 && type <= 24 && (major === undefined || major === 3);
}

/** Explains a failed handshake. */
export function explainFailure(failed: Failed): Diagnosis {
  const { error, received, wantsCertificate } = failed;
  const says = safe(error.message, 600);
  if (error instanceof PlainTextError) {
    return {
      error: null,
      says: `Cannot start TLS: ${says}`,
      cause:
        `the plain text before TLS is not as ${failed.starttls} has it, or the server has no TLS`,
      cure: "look at the port and at --starttls, and enable TLS in the server's configuration",
    };
  }
  const base = { error: error.name, says };
  if (NOT_TLS.test(error.name) && !isTls(received)) return { ...base, ...notTls(received) };
  const isEnd = /^PR_(?:CONNECT_RESET|END_OF_FILE)_ERROR$/.test(error.name);
  if (error.name === "PR_IO_TIMEOUT_ERROR" && received.length === 0) {
    return { ...base, ...silence(failed) };
  }
  const isAboutUs = UNTRUSTED.test(error.name) ||
    wantsCertificate && (isEnd || /_ALERT$/.test(error.name));
  if (isAboutUs) return { ...base, ...clientCertificate(failed) };
  if (VERSION.test(error.name)) return { ...base, ...versions(failed) };
  if (NO_OVERLAP.test(error.name)) return { ...base, ...noOverlap(failed) };
  if (isEnd && failed.oldVersion !== null) {
    return { ...base, ...tooOld(failed.oldVersion, failed.offer) };
  }
  return { ...base, ...adviceOf(error.name) };
}
