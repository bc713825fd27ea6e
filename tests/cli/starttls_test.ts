// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The plain text before TLS, of servers that are well and of those that are not.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { importFD } from "@nss/nss/ssl";
import {
  MAX_LINE,
  MAX_LINES,
  PlainText,
  PlainTextError,
  type PlainTextFault,
} from "../../cli/net/plain_text.ts";
import { startTls, STARTTLS_NAMES, type StartTlsName } from "../../cli/net/starttls.ts";
import { Prng } from "../support/prng.ts";
import { makeFiles, plainServer } from "./_broken_servers.ts";
import { runNss } from "./_run.ts";
import { latin1, SCRIPTS } from "./_starttls_scripts.ts";

const directory = await Deno.makeTempDir({ prefix: "nss_cli_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);

/** What a good server says, each text an answer. */
function answersOf(name: StartTlsName): string[] {
  return SCRIPTS[name].filter((step) => typeof step === "string" && step !== "") as string[];
}

/** Has a server start TLS that sends chunks, whatever it is asked, and then ends. */
async function start(name: StartTlsName, chunks: readonly Uint8Array[]): Promise<void> {
  const left = chunks.filter(({ length }) => length > 0);
  await startTls(
    name,
    new PlainText({
      read: (buffer) => {
        const chunk = left.shift();
        if (chunk === undefined) return Promise.resolve(null);
        const part = chunk.subarray(0, buffer.length);
        if (part.length < chunk.length) left.unshift(chunk.subarray(part.length));
        buffer.set(part);
        return Promise.resolve(part.length);
      },
      write: (bytes) => Promise.resolve(bytes.length),
      close: () => {},
      localAddr: null,
      remoteAddr: null,
    }),
    "localhost",
  );
}

async function faultOf(
  name: StartTlsName,
  ...texts: readonly string[]
): Promise<PlainTextFault | null> {
  try {
    await start(name, texts.map(latin1));
    return null;
  } catch (error) {
    if (error instanceof PlainTextError) return error.fault;
    throw error;
  }
}

for (const name of STARTTLS_NAMES) {
  Deno.test(`startTls() ${name}: answers in pieces are read, what is cut short is an end`, async () => {
    const answers = answersOf(name);
    const whole = latin1(answers.join(""));
    await start(name, answers.map(latin1));
    await start(name, Array.from(whole, (byte) => Uint8Array.of(byte)));
    for (let length = 0; length < whole.length; length++) {
      const error = await assertRejects(
        () => start(name, [whole.subarray(0, length)]),
        PlainTextError,
      );
      assertEquals(error.fault, "ended", `${length}: ${error.message}`);
    }
  });

  Deno.test(`startTls() ${name}: text behind the agreement is refused, however it comes`, async () => {
    const answers = answersOf(name);
    const more = "\r\n220 injected\r\n";
    for (const text of ["\r", "\x16\x03\x01", more]) {
      const last = answers.at(-1)! + text;
      assertEquals(await faultOf(name, ...answers.slice(0, -1), last), "injected", text);
      assertEquals(await faultOf(name, answers.join("") + text), "injected", text);
    }
  });

  Deno.test(`startTls() ${name}: whatever comes, it starts TLS or says what is wrong`, async () => {
    const prng = new Prng(STARTTLS_NAMES.indexOf(name));
    const whole = latin1(answersOf(name).join(""));
    let started = 0;
    for (let i = 0; i < 500; i++) {
      const changed = whole.slice();
      for (let n = prng.uint32() % 4; n >= 0; n--) {
        changed[prng.uint32() % changed.length] = prng.uint32();
      }
      if (await faultOf(name, new TextDecoder("latin1").decode(changed)) === null) started++;
    }
    assert(started < 500, "nothing was looked at");
  });
}

/** What servers say that do not go on, and what is wrong with it. */
const FAULTS: readonly (readonly [StartTlsName, PlainTextFault, ...string[]])[] = [
  ["smtp", "notOffered", "220 a\r\n", "250-a\r\n250 SIZE 1\r\n"],
  ["smtp", "notOffered", "220 a\r\n", "502 unknown\r\n"],
  // What only looks like it is no offer
  ["smtp", "notOffered", "220 a\r\n", "250-XSTARTTLS\r\n250 STARTTLSX\r\n"],
  ["smtp", "refused", "220 a\r\n", "250 STARTTLS\r\n", "454 not now\r\n"],
  ["smtp", "refused", "421 busy\r\n"],
  ["smtp", "otherProtocol", "SSH-2.0-x\r\n"],
  ["smtp", "otherProtocol", "* OK IMAP\r\n"],
  ["lmtp", "notOffered", "220 a\r\n", "500 what\r\n"],
  ["imap", "notOffered", "* OK\r\n", "* CAPABILITY IMAP4rev1\r\na1 OK\r\n"],
  ["imap", "refused", "* OK\r\n", "* CAPABILITY STARTTLS\r\na1 OK\r\n", "a2 BAD no\r\n"],
  ["imap", "refused", "* PREAUTH you\r\n"],
  ["imap", "refused", "* BYE busy\r\n"],
  ["imap", "otherProtocol", "+OK\r\n"],
  ["pop3", "notOffered", "+OK\r\n", "-ERR what\r\n"],
  ["pop3", "refused", "-ERR busy\r\n"],
  ["pop3", "otherProtocol", "220 a\r\n"],
  ["ftp", "notOffered", "220 a\r\n", "500 what\r\n"],
  ["ftp", "refused", "220 a\r\n", "431 no\r\n"],
  ["ldap", "notOffered", "0\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"],
  ["ldap", "refused", "0\x0c\x02\x01\x01\x78\x07\x0a\x01\x35\x04\x00\x04\x00"],
  ["ldap", "otherProtocol", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  // 64 KB are announced
  ["ldap", "otherProtocol", "0\x84\x00\x01\x00\x00"],
  ["xmpp", "notOffered", "<stream:stream><stream:features/>"],
  ["xmpp", "refused", "<stream:stream><stream:error><x/></stream:error></stream:stream>"],
  ["xmpp", "otherProtocol", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ["irc", "notOffered", ":a NOTICE * :hello\r\n:a 421 * STARTTLS :Unknown command\r\n"],
  ["irc", "refused", ":a 691 * :failed\r\n"],
  ["irc", "refused", "ERROR :Closing Link\r\n"],
  ["irc", "otherProtocol", "SSH-2.0-x\r\n"],
  ["postgres", "notOffered", "N"],
  ["postgres", "otherProtocol", "E\0\0\0\x20"],
  ["mysql", "notOffered", `\x31\0\0\0\x0a8.0.0\0${"\x01".repeat(13)}\0\0\0`.padEnd(53, "\0")],
  ["mysql", "refused", "\x08\0\0\0\xff\x10\x04Host!"],
  ["mysql", "otherProtocol", "SSH-2.0-OpenSSH_9\r\n"],
  ["nats", "notOffered", "INFO {}\r\n"],
  ["nats", "otherProtocol", "+OK\r\n"],
];

Deno.test("startTls() tells a server without TLS from one that refuses, and from another protocol", async () => {
  for (const [name, fault, ...texts] of FAULTS) {
    assertEquals(await faultOf(name, ...texts), fault, `${name}: ${JSON.stringify(texts)}`);
  }
  for (const name of STARTTLS_NAMES) {
    assert(FAULTS.some(([one, fault]) => one === name && fault === "notOffered"), name);
  }
});

Deno.test("startTls() reads LDAP's lengths as Active Directory writes them, in four octets", async () => {
  const text = "0\x84\0\0\0\x10\x02\x01\x01\x78\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0";
  await start("ldap", [latin1(text)]);
});

Deno.test("startTls() takes no greeting without an end", async () => {
  const line = (length: number) => `+OK ${"x".repeat(length - 4)}`;
  assertEquals(await faultOf("pop3", line(MAX_LINE)), "ended");
  assertEquals(await faultOf("pop3", line(MAX_LINE + 1)), "otherProtocol");
  const lines = (count: number) => "220-x\r\n".repeat(count);
  assertEquals(await faultOf("ftp", lines(MAX_LINES - 1)), "ended");
  assertEquals(await faultOf("ftp", lines(MAX_LINES)), "otherProtocol");
  const stream = (length: number) => "<stream:stream>".padEnd(length);
  assertEquals(await faultOf("xmpp", stream(MAX_LINE)), "ended");
  assertEquals(await faultOf("xmpp", stream(MAX_LINE + 1)), "otherProtocol");
});

for (const name of STARTTLS_NAMES) {
  Deno.test(`nss client --starttls ${name} reaches TLS behind the plain text`, async () => {
    const { cert, key } = await files.make(`starttls-${name}`);
    const certificates = [{
      cert: await Deno.readTextFile(cert),
      key: await Deno.readTextFile(key),
    }];
    await using server = plainServer(async (conn) => {
      for (const step of SCRIPTS[name]) {
        if (typeof step === "string") {
          // Deno's own writes nothing where there is nothing
          if (step !== "") await conn.write(latin1(step));
          continue;
        }
        const buffer = new Uint8Array(name === "mysql" ? 36 : 4096);
        const length = await conn.read(buffer) ?? 0;
        const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
        if (!step.test(text)) throw new Error(`Cannot go on: "${text}" is not ${step}`);
      }
      await using socket = importFD(conn, { role: "server", certificates });
      await socket.read(new Uint8Array(1));
    });
    const { code, out, err } = await runNss([
      ...["client", `localhost:${server.port}`, "--starttls", name, "--no-resume"],
      ...["--ca", files.intermediate, "--timeout", "5"],
    ]);
    assertEquals([code, err], [0, ""], out);
    assertStringIncludes(out, "plain text");
  });
}

/** What is told of servers that do not start TLS. */
const TOLD: readonly {
  readonly title: string;
  readonly starttls: StartTlsName;
  readonly says: string;
  readonly words: readonly string[];
}[] = [
  {
    title: "has no TLS",
    starttls: "pop3",
    says: "+OK ready\r\n-ERR what\r\n",
    words: ["has no TLS on this port", "somebody between takes the offer away", "ssl = yes"],
  },
  {
    title: "speaks SSH",
    starttls: "smtp",
    says: "SSH-2.0-OpenSSH_9.2\r\n",
    words: ["does not speak smtp on this port, but SSH", 'the greeting is "SSH-2.0-OpenSSH_9.2"'],
  },
  {
    title: "speaks another protocol that has STARTTLS",
    starttls: "smtp",
    says: "* OK Dovecot ready.\r\n",
    words: ["does not speak smtp on this port, but IMAP", "--starttls imap"],
  },
  {
    title: "begins with TLS at once",
    starttls: "postgres",
    says: "\x15\x03\x01\x00\x02\x02\x46",
    words: ["begins with TLS at once", "leave out --starttls"],
  },
  {
    title: "closes the connection",
    starttls: "imap",
    says: "",
    words: ["the server has closed the connection", "look at the port and at --starttls"],
  },
  {
    title: "puts text behind the agreement",
    starttls: "pop3",
    says: "+OK ready\r\n+OK go\r\n+OK you are logged in\r\n",
    words: ["of plain text after it has agreed to TLS", "somebody between", "do not use"],
  },
];

for (const { title, starttls, says, words } of TOLD) {
  Deno.test(`nss client --starttls names cause and cure of a server that ${title}`, async () => {
    await using server = plainServer(async (conn) => {
      if (says !== "") await conn.write(latin1(says));
      await conn.closeWrite();
      // What is unread when a connection is closed resets it
      while (await conn.read(new Uint8Array(4096)) !== null);
    });
    const args = ["client", `localhost:${server.port}`, "--starttls", starttls];
    const { code, out, err } = await runNss(args, { columns: 80 });
    assertEquals([code, err], [1, ""]);
    const text = out.replaceAll(/\s+/g, " ");
    for (const one of ["Cannot start TLS", "to fix:", ...words]) assertStringIncludes(text, one);
  });
}
