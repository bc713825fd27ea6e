// Copyright 2026 the NSS for Deno authors. MIT license.

/** What protocols say in plain text before TLS begins. @module */

import { safe } from "../base/text.ts";
import { type PlainText, PlainTextError } from "./plain_text.ts";

/** A protocol in which TLS begins after some plain text. */
interface StartTls {
  /** The port that servers listen on by default. */
  readonly port: number;
  /** Has the server start TLS. */
  readonly start: (text: PlainText, hostname: string) => Promise<void>;
}

/** Takes an answer of numbered lines, `250-...` before `250 ...`. */
async function reply(text: PlainText, wanted: string, what: string): Promise<string[]> {
  const lines = await text.lines(what, (line) => /^\d{3}(?: |$)/.test(line));
  if (lines.at(-1)!.startsWith(wanted)) return lines;
  throw refused(what, lines.at(-1)!, wanted);
}

function refused(what: string, said: string, wanted: string): PlainTextError {
  return new PlainTextError(`${what} is "${safe(said)}", not ${wanted}`);
}

function notOffered(said: readonly string[]): PlainTextError {
  return new PlainTextError(
    `the server does not offer STARTTLS, only "${safe(said.join(" "))}"; ` +
      "enable TLS in its configuration, or look at the port",
  );
}

function smtp(greeting: string): StartTls["start"] {
  return async (text) => {
    await reply(text, "220", "the greeting");
    await text.send(`${greeting} localhost`);
    const offers = await reply(text, "250", `the answer to ${greeting}`);
    if (!offers.some((line) => /^250[ -]STARTTLS\s*$/i.test(line))) throw notOffered(offers);
    await text.send("STARTTLS");
    await reply(text, "220", "the answer to STARTTLS");
  };
}

async function imap(text: PlainText): Promise<void> {
  const greeting = await text.line();
  if (!/^\* (?:OK|PREAUTH)/i.test(greeting)) throw refused("the greeting", greeting, "* OK");
  if (/^\* PREAUTH/i.test(greeting)) {
    throw new PlainTextError("the server has the client logged in already, and can start no TLS");
  }
  await text.send("a1 CAPABILITY");
  const offers = await text.lines("the answer to CAPABILITY", (line) => line.startsWith("a1 "));
  if (!/\bSTARTTLS\b/i.test(offers.join(" "))) throw notOffered(offers);
  await text.send("a2 STARTTLS");
  const said = (await text.lines("the answer to STARTTLS", (line) => /^a2 /.test(line))).at(-1)!;
  if (!/^a2 OK/i.test(said)) throw refused("the answer to STARTTLS", said, "a2 OK");
}

async function pop3(text: PlainText): Promise<void> {
  const greeting = await text.line();
  if (!greeting.startsWith("+OK")) throw refused("the greeting", greeting, "+OK");
  await text.send("STLS");
  const said = await text.line();
  if (!said.startsWith("+OK")) throw refused("the answer to STLS", said, "+OK");
}

async function ftp(text: PlainText): Promise<void> {
  await reply(text, "220", "the greeting");
  await text.send("AUTH TLS");
  await reply(text, "234", "the answer to AUTH TLS");
}

/** The OID of LDAP's StartTLS (RFC 4511, Section 4.14.1). */
const LDAP_STARTTLS = "1.3.6.1.4.1.1466.20037";

async function ldap(text: PlainText): Promise<void> {
  const name = new TextEncoder().encode(LDAP_STARTTLS);
  const request = [0x77, name.length + 2, 0x80, name.length, ...name]; // extendedReq
  await text.write(Uint8Array.from([0x30, request.length + 3, 0x02, 0x01, 0x01, ...request]));
  const answer = await readLdapMessage(text);
  // messageID, then an ExtendedResponse, whose first member is the result code
  const at = answer.indexOf(0x78);
  const header = (answer[at + 1] ?? 0) < 0x80 ? 2 : 2 + (answer[at + 1]! & 0x7f);
  const result = answer.subarray(at + header);
  if (at < 0 || result[0] !== 0x0a || result[1] !== 1) {
    throw new PlainTextError("the answer to StartTLS is none of LDAP's");
  }
  if (result[2] === 0) return;
  throw new PlainTextError(
    `the server refuses StartTLS with LDAP's result code ${result[2]}; enable TLS in its ` +
      "configuration",
  );
}

async function readLdapMessage(text: PlainText): Promise<Uint8Array<ArrayBuffer>> {
  const [tag = 0, first = 0] = await text.bytes(2);
  if (tag !== 0x30) throw new PlainTextError("the answer to StartTLS is none of LDAP's");
  if (first < 0x80) return await text.bytes(first);
  const size = first & 0x7f;
  const length = (await text.bytes(Math.min(size, 5))).reduce((sum, byte) => sum * 256 + byte, 0);
  if (size === 0 || size > 4 || length > 65_536) {
    throw new PlainTextError("the answer to StartTLS is none of LDAP's");
  }
  return await text.bytes(length);
}

async function xmpp(text: PlainText, hostname: string): Promise<void> {
  const to = hostname.replaceAll(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
  await text.send(
    `<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' to='${to}' ` +
      "xmlns:stream='http://etherx.jabber.org/streams'>",
  );
  const features = await text.until("</stream:features>", "</stream:error>", "<stream:features/>");
  if (!/urn:ietf:params:xml:ns:xmpp-tls/.test(features)) throw notOffered([features]);
  await text.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  const said = await text.until("<proceed", "<failure", "</stream:stream>");
  if (!said.includes("<proceed")) throw refused("the answer to starttls", said, "<proceed/>");
}

async function irc(text: PlainText): Promise<void> {
  await text.send("STARTTLS");
  const said =
    (await text.lines("the answer to STARTTLS", (line) => / (?:670|691|421|451) /.test(line)))
      .at(-1)!;
  if (!/ 670 /.test(said)) throw refused("the answer to STARTTLS", said, "670");
}

/** PostgreSQL's SSLRequest: its length and the number 80877103. */
const POSTGRES_SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f);

async function postgres(text: PlainText): Promise<void> {
  await text.write(POSTGRES_SSL_REQUEST);
  const [answer] = await text.bytes(1);
  if (answer === 0x53) return; // S
  throw new PlainTextError(
    answer === 0x4e // N
      ? "the server has TLS switched off; set ssl = on in postgresql.conf"
      : "the answer to SSLRequest is none of PostgreSQL's",
  );
}

/** MySQL's capability flags: protocol 4.1, TLS, secure connection. */
const MYSQL_PROTOCOL_41 = 0x200;
const MYSQL_SSL = 0x800;
const MYSQL_SECURE_CONNECTION = 0x8000;

async function mysql(text: PlainText): Promise<void> {
  const header = await text.bytes(4);
  const length = header[0]! | header[1]! << 8 | header[2]! << 16;
  if (length > 4096) throw new PlainTextError("the greeting is none of MySQL's");
  const greeting = await text.bytes(length);
  if (greeting[0] === 0xff) {
    const message = new TextDecoder().decode(greeting.subarray(3));
    throw new PlainTextError(`the server refuses the client: "${safe(message)}"`);
  }
  const end = greeting.indexOf(0, 1); // the version of the server is text
  const flags = end < 0 ? undefined : greeting.subarray(end + 14, end + 16);
  if (greeting[0] !== 10 || flags === undefined || flags.length < 2) {
    throw new PlainTextError("the greeting is none of MySQL's");
  }
  if (((flags[0]! | flags[1]! << 8) & MYSQL_SSL) === 0) {
    throw new PlainTextError("the server has TLS switched off; give it ssl_cert and ssl_key");
  }
  const request = new DataView(new ArrayBuffer(36));
  request.setUint32(0, 32 | 1 << 24, true); // the length, and the sequence number 1
  request.setUint32(4, MYSQL_PROTOCOL_41 | MYSQL_SSL | MYSQL_SECURE_CONNECTION, true);
  request.setUint32(8, 1 << 24, true); // the largest packet
  request.setUint8(12, 45); // utf8mb4
  await text.write(new Uint8Array(request.buffer));
}

async function nats(text: PlainText): Promise<void> {
  const info = await text.line();
  if (!info.startsWith("INFO ")) throw refused("the greeting", info, "INFO");
  if (/"tls_(?:required|available)"\s*:\s*true/.test(info)) return;
  throw new PlainTextError("the server has TLS switched off; give it a tls block");
}

/** The protocols, by name. */
export const STARTTLS = {
  smtp: { port: 587, start: smtp("EHLO") },
  lmtp: { port: 24, start: smtp("LHLO") },
  imap: { port: 143, start: imap },
  pop3: { port: 110, start: pop3 },
  ftp: { port: 21, start: ftp },
  ldap: { port: 389, start: ldap },
  xmpp: { port: 5222, start: xmpp },
  irc: { port: 6667, start: irc },
  postgres: { port: 5432, start: postgres },
  mysql: { port: 3306, start: mysql },
  nats: { port: 4222, start: nats },
} as const satisfies Readonly<Record<string, StartTls>>;

/** The name of a protocol. */
export type StartTlsName = keyof typeof STARTTLS;

/** The names. */
export const STARTTLS_NAMES: readonly StartTlsName[] = [
  ...["smtp", "lmtp", "imap", "pop3", "ftp", "ldap", "xmpp", "irc"] as const,
  ...["postgres", "mysql", "nats"] as const,
];

/**
 * Has a server start TLS. What it has sent before its own TLS begins belongs to no handshake, and
 * may be an attacker's.
 *
 * @throws {PlainTextError} If it does not, or sends more than it should.
 */
export async function startTls(
  name: StartTlsName,
  text: PlainText,
  hostname: string,
): Promise<void> {
  await STARTTLS[name].start(text, hostname);
  if (text.rest.length === 0) return;
  throw new PlainTextError(
    `the server sends ${text.rest.length} bytes of plain text after it has agreed to TLS, which ` +
      "somebody between may have put there",
  );
}
