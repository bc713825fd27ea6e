// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-control-regex -- protocols begin with such

/** Which protocol a server speaks instead of TLS. @module */

import { safe } from "../base/text.ts";
import { STARTTLS, type StartTlsName } from "./starttls.ts";

/** A protocol in plain text. */
export interface Greeting {
  /** What it is called. */
  readonly name: string;
  /** How TLS is started in it; `null` where it is not, or not by this program. */
  readonly starttls: StartTlsName | null;
  /** Whether it is TLS itself. */
  readonly isTls?: boolean;
}

/** What protocols say first, or in answer to a ClientHello. */
const GREETINGS: readonly (readonly [RegExp, Greeting])[] = [
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

/** What is on some ports, and closes them without a word where a ClientHello comes. */
const PORTS: ReadonlyMap<number, Greeting> = new Map<number, Greeting>([
  ...Object.entries(STARTTLS).map(([name, { port }]) =>
    [port, { name: name.toUpperCase(), starttls: name as StartTlsName }] as const
  ),
  [25, { name: "SMTP", starttls: "smtp" }],
  [80, { name: "HTTP without TLS", starttls: null }],
  [3389, { name: "RDP, whose TLS begins behind packets of its own", starttls: null }],
]);

/** Recognizes what a server has sent first; `null` for anything else. */
export function recognize(received: Uint8Array): Greeting | null {
  const text = new TextDecoder("latin1").decode(received.subarray(0, 300));
  return GREETINGS.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** Tells which protocol is on a port by custom, where it does not begin with TLS. */
export function usualOn(port: number): Greeting | null {
  return PORTS.get(port) ?? null;
}

/** The first line of what a server has sent, to be shown. */
export function firstLine(received: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(received.subarray(0, 300));
  return safe(text.split(/\r?\n/, 1)[0]!, 60);
}
