// Copyright 2026 the NSS for Deno authors. MIT license.

/** What protocols say in plain text before TLS begins. @module */

import type { Option } from "../base/args.ts";
import { safe } from "../base/text.ts";
import { MAX_LINE, type PlainText, PlainTextError } from "./plain_text.ts";

/** A protocol in which TLS begins after some plain text. */
interface StartTls {
  /** The port that servers listen on by default. */
  readonly port: number;
  /** Has the server start TLS. */
  readonly start: (text: PlainText, hostname: string) => Promise<void>;
  /** How TLS is enabled in servers that many have. */
  readonly enable: string;
}

/** Takes an answer of numbered lines, `250-...` before `250 ...`. */
async function reply(text: PlainText, wanted: string, what: string): Promise<string[]> {
  const lines = await text.lines(what, (line, i) => {
    // Lines between may have any form in FTP (RFC 959, Section 4.2)
    if (i === 0 && !/^\d{3}(?:[ -]|$)/.test(line)) throw unexpected(what, line, wanted);
    return /^\d{3}(?: |$)/.test(line);
  });
  const last = lines.at(-1)!;
  if (last.startsWith(wanted)) return lines;
  // "500 unknown command", "502 not implemented" and the like
  throw /^50/.test(last) ? notOffered([last]) : refused(what, last, wanted);
}

/** The server answers in its protocol, and refuses. */
function refused(what: string, said: string, wanted: string): PlainTextError {
  return new PlainTextError("refused", `${what} is "${safe(said)}", not ${wanted}`);
}

/** The answer is none of the protocol. */
function unexpected(what: string, said: string, wanted: string): PlainTextError {
  return new PlainTextError("otherProtocol", `${what} is "${safe(said)}", not ${wanted}`);
}

/** The answer of a protocol without lines is none. */
function noneOf(protocol: string, what: string): PlainTextError {
  return new PlainTextError("otherProtocol", `${what} is none of ${protocol}`);
}

function notOffered(said: readonly string[]): PlainTextError {
  return new PlainTextError(
    "notOffered",
    `the server does not offer STARTTLS, only "${safe(said.join(" "))}"`,
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
  if (/^\* PREAUTH/i.test(greeting)) {
    throw new PlainTextError(
      "refused",
      "the server has the client logged in already, and can start no TLS",
    );
  }
  if (/^\* BYE/i.test(greeting)) throw refused("the greeting", greeting, "* OK");
  if (!/^\* OK/i.test(greeting)) throw unexpected("the greeting", greeting, "* OK");
  await text.send("a1 CAPABILITY");
  const offers = await text.lines("the answer to CAPABILITY", (line) => line.startsWith("a1 "));
  if (!/\bSTARTTLS\b/i.test(offers.join(" "))) throw notOffered(offers);
  await text.send("a2 STARTTLS");
  const said = (await text.lines("the answer to STARTTLS", (line) => /^a2 /.test(line))).at(-1)!;
  if (!/^a2 OK/i.test(said)) throw refused("the answer to STARTTLS", said, "a2 OK");
}

async function pop3(text: PlainText): Promise<void> {
  const greeting = await text.line();
  if (greeting.startsWith("-ERR")) throw refused("the greeting", greeting, "+OK");
  if (!greeting.startsWith("+OK")) throw unexpected("the greeting", greeting, "+OK");
  await text.send("STLS");
  const said = await text.line();
  if (!said.startsWith("+OK")) throw notOffered([said]);
}

async function ftp(text: PlainText): Promise<void> {
  await reply(text, "220", "the greeting");
  await text.send("AUTH TLS");
  await reply(text, "234", "the answer to AUTH TLS");
}

/** The OID of LDAP's StartTLS (RFC 4511, Section 4.14.1). */
const LDAP_STARTTLS = "1.3.6.1.4.1.1466.20037";

/** LDAP's result codes of servers without TLS: protocolError and unavailable. */
const LDAP_WITHOUT_TLS = [2, 52];

async function ldap(text: PlainText): Promise<void> {
  const what = "the answer to StartTLS";
  const name = new TextEncoder().encode(LDAP_STARTTLS);
  const request = [0x77, name.length + 2, 0x80, name.length, ...name]; // extendedReq
  await text.write(Uint8Array.from([0x30, request.length + 3, 0x02, 0x01, 0x01, ...request]));
  // messageID, then an ExtendedResponse, whose first member is the result code
  const answer = await readLdapMessage(text);
  const id = elementAt(answer, 0);
  const response = elementAt(answer, id.end);
  const { tag, start, end } = elementAt(answer, response.start);
  const isAnswer = id.tag === 0x02 && response.tag === 0x78 && tag === 0x0a && end - start === 1;
  if (!isAnswer) throw noneOf("LDAP's", what);
  const code = answer[start]!;
  if (code === 0) return;
  throw new PlainTextError(
    LDAP_WITHOUT_TLS.includes(code) ? "notOffered" : "refused",
    `the server refuses StartTLS with LDAP's result code ${code}`,
  );
}

async function readLdapMessage(text: PlainText): Promise<Uint8Array<ArrayBuffer>> {
  const what = "the answer to StartTLS";
  const [tag = 0, first = 0] = await text.bytes(2);
  if (tag !== 0x30) throw noneOf("LDAP's", what);
  if (first < 0x80) return await text.bytes(first);
  const size = first & 0x7f;
  const length = (await text.bytes(Math.min(size, 5))).reduce((sum, byte) => sum * 256 + byte, 0);
  if (size === 0 || size > 4 || length > MAX_LINE) throw noneOf("LDAP's", what);
  return await text.bytes(length);
}

/** An element of BER with a definite length, whose octets need not be the fewest. */
function elementAt(bytes: Uint8Array, at: number): { tag: number; start: number; end: number } {
  const first = bytes[at + 1] ?? 0;
  const size = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + size;
  const length = size === 0
    ? first
    : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return { tag: bytes[at] ?? 0, start, end: start + length };
}

const XMPP_TLS = "urn:ietf:params:xml:ns:xmpp-tls";

/** Takes XML of a stream up to an end; what does not begin as XML is something else. */
async function xml(text: PlainText, what: string, end: RegExp): Promise<string> {
  const said = await text.until(what, new RegExp(`^\\s*[^<\\s][^]*|${end.source}`));
  if (/^\s*</.test(said)) return said;
  throw unexpected(what, said, "XML");
}

async function xmpp(text: PlainText, hostname: string): Promise<void> {
  const to = hostname.replaceAll(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
  await text.send(
    `<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' to='${to}' ` +
      "xmlns:stream='http://etherx.jabber.org/streams'>",
  );
  const ends = /<\/stream:(?:features|error|stream)\s*>|<stream:features\s*\/>/;
  const features = await xml(text, "the answer to the stream's beginning", ends);
  if (features.includes("stream:error")) throw refused("the answer", features, "stream:features");
  if (!features.includes(XMPP_TLS)) throw notOffered([features]);
  await text.send(`<starttls xmlns='${XMPP_TLS}'/>`);
  const what = "the answer to starttls";
  const said = await xml(text, what, /<(?:proceed|failure)\b[^>]*(?:\/>|>\s*<\/\w+\s*>)|<\/stream/);
  if (!/<proceed\b/.test(said)) throw refused(what, said, "<proceed/>");
}

/** What IRC servers answer to STARTTLS, and to commands that they do not know. */
const IRC_ANSWER = /^:\S+ (670|691|421|451) |^(ERROR) /;

async function irc(text: PlainText): Promise<void> {
  const what = "the answer to STARTTLS";
  await text.send("STARTTLS");
  const lines = await text.lines(what, (line) => {
    if (!/^(?::\S+ )?(?:\d{3}|[A-Z]+) /.test(line)) throw unexpected(what, line, "670");
    return IRC_ANSWER.test(line);
  });
  const said = lines.at(-1)!;
  const [, code] = IRC_ANSWER.exec(said)!;
  if (code === "670") return;
  throw code === "421" || code === "451" ? notOffered([said]) : refused(what, said, "670");
}

/** PostgreSQL's SSLRequest: its length and the number 80877103. */
const POSTGRES_SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f);

async function postgres(text: PlainText): Promise<void> {
  await text.write(POSTGRES_SSL_REQUEST);
  const [answer] = await text.bytes(1);
  if (answer === 0x53) return; // S
  if (answer !== 0x4e) throw noneOf("PostgreSQL's", "the answer to SSLRequest"); // N
  throw new PlainTextError("notOffered", "the server has TLS switched off");
}

/** MySQL's capability flags: protocol 4.1, TLS, secure connection. */
const MYSQL_PROTOCOL_41 = 0x200;
const MYSQL_SSL = 0x800;
const MYSQL_SECURE_CONNECTION = 0x8000;

async function mysql(text: PlainText): Promise<void> {
  const header = await text.bytes(4);
  const length = header[0]! | header[1]! << 8 | header[2]! << 16;
  if (length > 4096) throw noneOf("MySQL's", "the greeting");
  const greeting = await text.bytes(length);
  if (greeting[0] === 0xff) {
    const message = new TextDecoder().decode(greeting.subarray(3));
    throw new PlainTextError("refused", `the server refuses the client: "${safe(message)}"`);
  }
  const end = greeting.indexOf(0, 1); // the version of the server is text
  const flags = end < 0 ? undefined : greeting.subarray(end + 14, end + 16);
  if (greeting[0] !== 10 || flags === undefined || flags.length < 2) {
    throw noneOf("MySQL's", "the greeting");
  }
  if (((flags[0]! | flags[1]! << 8) & MYSQL_SSL) === 0) {
    throw new PlainTextError("notOffered", "the server has TLS switched off");
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
  if (!info.startsWith("INFO ")) throw unexpected("the greeting", info, "INFO");
  if (/"tls_(?:required|available)"\s*:\s*true/.test(info)) return;
  throw new PlainTextError("notOffered", "the server has TLS switched off");
}

const DOVECOT = "ssl = yes, with ssl_cert and ssl_key, in Dovecot";

/** The protocols, by name. */
export const STARTTLS = {
  smtp: {
    port: 587,
    start: smtp("EHLO"),
    enable: "smtpd_tls_security_level in Postfix, tls_advertise_hosts in Exim",
  },
  lmtp: { port: 24, start: smtp("LHLO"), enable: DOVECOT },
  imap: { port: 143, start: imap, enable: DOVECOT },
  pop3: { port: 110, start: pop3, enable: DOVECOT },
  ftp: { port: 21, start: ftp, enable: "ssl_enable=YES in vsftpd" },
  ldap: { port: 389, start: ldap, enable: "TLSCertificateFile in OpenLDAP" },
  xmpp: { port: 5222, start: xmpp, enable: "a certificate for the host in Prosody" },
  irc: { port: 6667, start: irc, enable: "the module starttls in InspIRCd" },
  postgres: { port: 5432, start: postgres, enable: "ssl = on in postgresql.conf" },
  mysql: { port: 3306, start: mysql, enable: "ssl_cert and ssl_key in my.cnf" },
  nats: { port: 4222, start: nats, enable: "a tls block in nats-server.conf" },
} as const satisfies Readonly<Record<string, StartTls>>;

/** The name of a protocol. */
export type StartTlsName = keyof typeof STARTTLS;

/** The names. */
export const STARTTLS_NAMES: readonly StartTlsName[] = [
  ...["smtp", "lmtp", "imap", "pop3", "ftp", "ldap", "xmpp", "irc"] as const,
  ...["postgres", "mysql", "nats"] as const,
];

/** The option that begins in plain text. */
export const STARTTLS_OPTION: Option = {
  name: "starttls",
  value: "PROTOCOL",
  text: "begin in plain text, as a protocol does",
  words: STARTTLS_NAMES,
};

/**
 * Has a server start TLS. What it has sent before its own TLS begins belongs to no handshake, and
 * may be an attacker's (CVE-2011-0411, CVE-2021-23222 and their kind).
 *
 * @throws {PlainTextError} If it does not, or sends more than it should.
 */
export async function startTls(
  name: StartTlsName,
  text: PlainText,
  hostname: string,
): Promise<void> {
  try {
    await STARTTLS[name].start(text, hostname);
    if (text.rest.length > 0) {
      throw new PlainTextError(
        "injected",
        `the server sends ${text.rest.length} bytes of plain text after it has agreed to TLS`,
      );
    }
  } catch (error) {
    if (!(error instanceof PlainTextError)) throw error;
    throw new PlainTextError(error.fault, error.message, text.beginning);
  }
}
