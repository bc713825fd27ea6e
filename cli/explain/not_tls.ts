// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-control-regex -- protocols begin with such

/** What bytes are that are not TLS. @module */

import { isContentType } from "../../ssl/tables/content_types.ts";
import { safe } from "../base/text.ts";

/** A protocol, by what its ends say first. */
export interface Greeting {
  /** What it is called. */
  readonly name: string;
  /** The name for `--starttls`; `null` where TLS is not started in it, or not by this program. */
  readonly starttls: string | null;
  /** Whether it is TLS itself. */
  readonly isTls?: boolean;
}

type Row = readonly [RegExp, Greeting];

/** What protocols say first, or in answer to a ClientHello. */
const GREETINGS: readonly Row[] = [
  // An alert or a handshake message
  [/^[\x15\x16]\x03[\0-\x04]/, { name: "TLS", starttls: null, isTls: true }],
  [/^HTTP\/\d/, { name: "HTTP without TLS", starttls: null }],
  [/^<(?:!doctype|html)/i, { name: "HTTP without TLS", starttls: null }],
  [/^SSH-/, { name: "SSH", starttls: null }],
  [/^(?:220|554)[ -].*LMTP/i, { name: "LMTP", starttls: "lmtp" }],
  [/^(?:220|554)[ -].*(?:SMTP|mail|Postfix|Exim)/i, { name: "SMTP", starttls: "smtp" }],
  [/^[245]\d\d[ -]/, { name: "FTP or SMTP", starttls: "ftp" }],
  [/^\* (?:OK|PREAUTH|BYE)/, { name: "IMAP", starttls: "imap" }],
  [/^\+OK/, { name: "POP3", starttls: "pop3" }],
  [/^INFO \{/, { name: "NATS", starttls: "nats" }],
  [/^-(?:ERR|NOAUTH|DENIED)/, { name: "Redis without TLS", starttls: null }],
  [/^RFB \d/, { name: "VNC", starttls: null }],
  [/^(?::\S+ (?:NOTICE|\d{3}) |NOTICE \S+ :|ERROR :)/, { name: "IRC", starttls: "irc" }],
  [/^<(?:\?xml[^>]*>\s*<)?stream:/, { name: "XMPP", starttls: "xmpp" }],
  [/^.{3}\0(?:\n[\x20-\x7e]+\0|\xff..)/s, { name: "MySQL", starttls: "mysql" }],
  // An ErrorResponse: its length, then fields that begin with the severity
  [/^E\0\0.{2}S[A-Z]+\0/s, { name: "PostgreSQL", starttls: "postgres" }],
  [/^0.{1,6}\x02\x01.[\x60-\x7f]/s, { name: "LDAP", starttls: "ldap" }],
  [/^\x03\0\0./s, { name: "RDP", starttls: null }],
  [/^AMQP[\0-\x03]/, { name: "AMQP without TLS", starttls: null }],
  [/^\xff[\xfb-\xfe]/, { name: "Telnet", starttls: null }],
];

/** What clients say first. */
const REQUESTS: readonly Row[] = [
  [/^[A-Z]{3,10} \S+ HTTP\/\d/, { name: "HTTP without TLS", starttls: null }],
  [/^(?:EHLO|HELO) /i, { name: "SMTP", starttls: "smtp" }],
  [/^LHLO /i, { name: "LMTP", starttls: "lmtp" }],
  [/^(?:AUTH|USER|FEAT)\b/i, { name: "FTP or POP3", starttls: "ftp" }],
  [/^[A-Za-z0-9]+ (?:CAPABILITY|STARTTLS|LOGIN|NOOP)\b/i, { name: "IMAP", starttls: "imap" }],
  [/^SSH-/, { name: "SSH", starttls: null }],
  [/^\0{3}..\xd2.\x2f/s, { name: "PostgreSQL", starttls: "postgres" }],
];

/** Recognizes a protocol by its first bytes; `null` for anything else. */
export function recognize(received: Uint8Array): Greeting | null {
  const text = new TextDecoder("latin1").decode(received.subarray(0, 300));
  return [...GREETINGS, ...REQUESTS].find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** Whether bytes begin like the header of a record: of a content type of TLS, and version 3.x. */
export function looksLikeTls([type, major]: Uint8Array): boolean {
  return type !== undefined && isContentType(type) && (major === undefined || major === 3);
}

/** Says what bytes are that begin no record. */
export function describeBytes(bytes: Uint8Array): string {
  const protocol = recognize(bytes);
  return `${protocol?.name ?? "no TLS"}: ${beginningOf(bytes)}`;
}

/** How many bytes are shown of what is no text. */
const MAX_SHOWN = 16;

/** How what a server has sent begins: its first line, or its first bytes where that is no text. */
export function beginningOf(received: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(received.subarray(0, 300));
  const line = text.split(/\r?\n/, 1)[0]!;
  if (/^[\t\x20-\x7e]+$/.test(line)) return `"${safe(line, 60)}"`;
  const bytes = Array.from(
    received.subarray(0, MAX_SHOWN),
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  return `the bytes ${bytes.join(" ")}${received.length > MAX_SHOWN ? " ..." : ""}`;
}
