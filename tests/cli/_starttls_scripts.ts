// Copyright 2026 the NSS for Deno authors. MIT license.

/** What servers say before TLS, by protocol. @module */

import type { StartTlsName } from "../../cli/net/starttls.ts";

/** What a server says, a byte a character: a text is sent, a pattern waited for. */
export const SCRIPTS: Readonly<Record<StartTlsName, readonly (string | RegExp)[]>> = {
  smtp: [
    "220-a\r\n220 mail ESMTP\r\n",
    /EHLO/,
    "250-mail\r\n250 STARTTLS\r\n",
    /STARTTLS/,
    "220 go\r\n",
  ],
  lmtp: ["220 mail LMTP\r\n", /LHLO/, "250-mail\r\n250 STARTTLS\r\n", /STARTTLS/, "220 go\r\n"],
  imap: [
    "* OK ready\r\n",
    /CAPABILITY/,
    "* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n",
    /STARTTLS/,
    "a2 OK go\r\n",
  ],
  pop3: ["+OK ready\r\n", /STLS/, "+OK go\r\n"],
  ftp: ["220 ready\r\n", /AUTH TLS/, "234 go\r\n"],
  ldap: [/1\.3\.6\.1\.4\.1\.1466\.20037/, "0\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"],
  xmpp: [
    /<stream:stream/,
    "<stream:stream xmlns='jabber:client'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
    /<starttls/,
    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
  ],
  irc: [/STARTTLS/, ":irc.test 670 * :go\r\n"],
  postgres: ["", /\u00d2.\//, "S"],
  mysql: [
    `\x31\0\0\0\x0a8.0.0\0${"\x01".repeat(13)}\0\xff\xff\x2d${"\0".repeat(23)}`.padEnd(53, "\0"),
    /^ .{35}$/s,
  ],
  nats: ['INFO {"tls_required":true}\r\n'],
};

/** The bytes of a text of Latin-1. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
