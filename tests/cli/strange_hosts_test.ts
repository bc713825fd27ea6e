// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Hosts that hang, speak another protocol, send garbage or drip: each ends in time, with the right
// exit code, cause and cure.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NssError } from "@nss/nss/cert";
import { explainFailure } from "../../cli/net/failure.ts";
import { Prng } from "../support/prng.ts";
import { plainServer } from "./_broken_servers.ts";
import { runNss, withoutWaiting } from "./_run.ts";
import { latin1 } from "./_starttls_scripts.ts";

/** A host. */
interface Host {
  readonly title: string;
  /** What it does with a connection. */
  readonly answer: (conn: Deno.TcpConn) => Promise<void>;
  /** Words that are told. */
  readonly words: readonly string[];
  /** The exit code. */
  readonly exit: number;
  /** Whether only time ends it. */
  readonly hangs?: boolean;
}

/** Sends a text when the ClientHello is there, and waits for the end. */
function says(text: string, beforehand = false): Host["answer"] {
  return async (conn) => {
    const buffer = new Uint8Array(4096);
    if (!beforehand) await conn.read(buffer);
    if (text !== "") await conn.write(latin1(text));
    await conn.closeWrite();
    while (await conn.read(buffer) !== null);
  };
}

function other(
  title: string,
  text: string,
  words: readonly string[],
  beforehand = false,
): Host {
  return { title, answer: says(text, beforehand), words, exit: 1 };
}

const prng = new Prng(4);
const GARBAGE = Array.from(
  { length: 5 },
  () => String.fromCharCode(0x80 + prng.uint32() % 0x80, ...prng.bytes(60)),
);
const NO_TLS = "does not speak TLS on this port";

const HOSTS: readonly Host[] = [
  other("HTTP", "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", [NO_TLS, "HTTP without TLS"]),
  other("a page", "<html><title>400</title></html>", [NO_TLS, "HTTP without TLS"]),
  other("SSH", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", [NO_TLS, "but SSH", "look at the port"], true),
  other("SMTP", "220 a.test ESMTP Postfix\r\n", [NO_TLS, "but SMTP", "--starttls smtp"], true),
  other("FTP", "220 (vsFTPd 3.0.3)\r\n", [NO_TLS, "FTP or SMTP", "--starttls ftp"], true),
  other("IMAP", "* OK [CAPABILITY IMAP4rev1]\r\n", ["but IMAP", "--starttls imap"], true),
  other("POP3", "+OK Dovecot ready.\r\n", ["but POP3", "--starttls pop3"], true),
  other("IRC", ":irc.test NOTICE * :*** Looking up\r\n", ["but IRC", "--starttls irc"], true),
  other("NATS", 'INFO {"server_id":"x"}\r\n', ["but NATS", "--starttls nats"], true),
  other("MySQL", "\x4a\0\0\0\n8.0.33\0", ["but MySQL", "--starttls mysql"], true),
  other(
    "PostgreSQL",
    "E\0\0\0\x8dSFATAL\0VFATAL\0",
    ["but PostgreSQL", "--starttls postgres"],
  ),
  other(
    "XMPP",
    "<?xml version='1.0'?><stream:stream from='a'>",
    ["but XMPP", "--starttls xmpp"],
  ),
  other("LDAP", "0\x24\x02\x01\x00\x78\x1f\x0a\x01\x02", ["but LDAP", "--starttls ldap"]),
  other("RDP", "\x03\0\0\x13\x0e\xd0\0\0\x124\0\x02\x0f\x08\0\x02\0\0\0", ["but RDP"]),
  other("Redis", "-ERR unknown command\r\n", ["but Redis without TLS"]),
  other("VNC", "RFB 003.008\n", ["but VNC"], true),
  other("AMQP", "AMQP\0\0\x09\x01", ["but AMQP without TLS"]),
  other("Telnet", "\xff\xfd\x18\xff\xfd\x20", ["but Telnet"], true),
  other("something with control characters", "\x1b[2J\x1b]0;x\x07 hello\r\n", [
    NO_TLS,
    "the bytes 1b 5b 32 4a",
  ]),
  ...GARBAGE.map((text, i) =>
    other(`garbage ${i}`, text, [NO_TLS, "its answer begins with the bytes"])
  ),
  other("an end without a word", "", ["ends the connection without a word", "look at the port"]),
  other(
    "garbage in a record of TLS",
    `\x16\x03\x03\0\x20\x02\0\0\x1c${"\x07".repeat(28)}`,
    ["TLS is broken"],
  ),
  other("an empty message", "\x16\x03\x03\0\x04\x02\0\0\0", ["TLS is broken"]),
  other("half of a record", "\x16\x03\x03\x01\0\x02\0", ["has closed the connection"]),
  {
    title: "a reset",
    answer: async (conn) => {
      await conn.read(new Uint8Array(1)); // what is unread makes the end a reset
      conn.close();
    },
    words: ["ends the connection without a word"],
    exit: 1,
  },
  {
    title: "text without an end",
    answer: async (conn) => {
      const text = latin1("hello ".repeat(10_000));
      for (;;) await conn.write(text);
    },
    words: [NO_TLS, 'its answer begins with "hello'],
    exit: 1,
  },
  {
    title: "silence",
    answer: () => Promise.resolve(),
    words: ["accepts the connection and says nothing"],
    exit: 3,
    hangs: true,
  },
  {
    title: "a record in drips",
    answer: async (conn) => {
      const record = latin1(`\x16\x03\x03\x40\0\x02\0\x3f\xfc\x03\x03`);
      for (let i = 0;; i++) {
        await conn.write(record.subarray(i, i + 1).length > 0 ? record.subarray(i, i + 1) : ZERO);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    words: ["has begun to answer, and does not go on in time", "raise --timeout"],
    exit: 3,
    hangs: true,
  },
];

const ZERO = new Uint8Array(1);

for (const { title, answer, words, exit, hangs = false } of HOSTS) {
  Deno.test(`nss client and nss verify end at a host that sends ${title}, and say why`, async () => {
    await using server = plainServer(answer);
    const where = `localhost:${server.port}`;
    const more = hangs ? ["--timeout", "1"] : [];
    for (const command of ["client", "verify"]) {
      const [text, json] = await Promise.all([
        runNss([command, where, ...more], { columns: 80 }),
        runNss([command, where, ...more, "--json"]),
      ]);
      assertEquals([text.code, withoutWaiting(text.err)], [exit, ""], text.out);
      const flat = text.out.replaceAll(/\s+/g, " ");
      for (const one of [...words, "to fix:"]) assertStringIncludes(flat, one);
      // deno-lint-ignore no-control-regex
      assert(!/[\0-\x09\x0b-\x1f\x7f-\x9f]/.test(text.out), JSON.stringify(text.out));
      for (const line of text.out.split("\n")) assert(line.length <= 80, line);
      assertEquals(json.code, exit);
      const { good, problems } = JSON.parse(json.out);
      assertEquals([good, problems.length], [false, 1]);
      assert(problems[0].cause.length > 20 && problems[0].cure.length > 10, json.out);
    }
  });
}

Deno.test("a server that hangs up is told of by what its port has by custom", () => {
  const explain = (port: number, name: "PR_CONNECT_RESET_ERROR" | "PR_IO_TIMEOUT_ERROR") =>
    explainFailure({
      error: new NssError(name, "Cannot read: it ended"),
      received: new Uint8Array(0),
      offer: null,
      wantsCertificate: false,
      showsCertificate: false,
      oldVersion: null,
      starttls: null,
      port,
    }).cure;
  for (const name of ["PR_CONNECT_RESET_ERROR", "PR_IO_TIMEOUT_ERROR"] as const) {
    assertStringIncludes(explain(3389, name), "port 3389 has RDP, whose TLS begins behind");
    assertStringIncludes(explain(5432, name), "needs --starttls postgres");
    assertStringIncludes(explain(25, name), "needs --starttls smtp");
    assertStringIncludes(explain(4433, name), "a protocol that begins in plain text");
  }
});
