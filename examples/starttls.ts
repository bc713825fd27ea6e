// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * STARTTLS in both roles: a mail server and a client that begin in plain text and go on in TLS on
 * the same `Deno.Conn`. In Deno only a client can (denoland/deno#18451, #31759), and only while it
 * does not read (#11759).
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=cert.pem,key.pem examples/starttls.ts serve \
 *       2525 cert.pem key.pem
 *     deno run --allow-net=127.0.0.1 --allow-read=ca.pem examples/starttls.ts send 2525 ca.pem \
 *       "Hello there"
 *     openssl s_client -starttls smtp -connect 127.0.0.1:2525
 *
 * @module
 */

import { type CertificateOptions, type ChannelInfo, importFD } from "@nss/nss";
import { Lines } from "./_lines.ts";
import { cleanLines, portOf, reason, run } from "./_program.ts";

/** A mail. */
interface Mail {
  /** Who sends it. */
  readonly from: string;
  /** Who is to get it. */
  readonly to: string;
  /** Its lines. */
  readonly text: readonly string[];
}

/** Serves one client: in plain text it can do nothing but start TLS, in TLS all else. */
async function serveClient(
  conn: Deno.TcpConn,
  certificate: CertificateOptions,
  deliver: (mail: Mail, info: ChannelInfo) => void,
): Promise<void> {
  const plain = new Lines(conn);
  if (!await offerTls(plain)) return conn.close();
  // What the client has sent behind its STARTTLS is TLS, or else an attack: in no case is it a
  // command.
  await using socket = importFD(conn, {
    role: "server",
    certificates: [certificate],
    head: plain.rest,
  });
  const info = await socket.handshake();
  await takeMails(new Lines(socket), (mail) => deliver(mail, info));
}

/** The most commands in plain text, and the most lines of a mail: a peer may send without end. */
const MAX_PLAIN_COMMANDS = 20;
const MAX_MAIL_LINES = 1000;

/** Waits until a client wants TLS; `false` if it goes without. */
async function offerTls(lines: Lines): Promise<boolean> {
  await lines.write("220 localhost ESMTP");
  for (let commands = 0; commands < MAX_PLAIN_COMMANDS; commands++) {
    const line = await lines.read();
    if (line === null) return false;
    switch (verbOf(line)) {
      case "EHLO":
        await lines.write("250-localhost", "250 STARTTLS");
        break;
      case "STARTTLS":
        await lines.write("220 Go ahead");
        return true;
      case "QUIT":
        await lines.write("221 Bye");
        return false;
      default:
        await lines.write("530 Must issue a STARTTLS command first");
    }
  }
  await lines.write("421 Too many commands without STARTTLS");
  return false;
}

/** Takes mails until the client goes. */
async function takeMails(lines: Lines, deliver: (mail: Mail) => void): Promise<void> {
  let [from, to] = ["", ""];
  for (let line; (line = await lines.read()) !== null;) {
    switch (verbOf(line)) {
      case "EHLO":
        await lines.write("250 localhost");
        break;
      case "MAIL":
        from = addressOf(line);
        await lines.write("250 OK");
        break;
      case "RCPT":
        to = addressOf(line);
        await lines.write("250 OK");
        break;
      case "DATA":
        await lines.write("354 End with a line of one dot");
        deliver({ from, to, text: await readText(lines) });
        await lines.write("250 Delivered");
        break;
      case "QUIT":
        await lines.write("221 Bye");
        return;
      default:
        await lines.write("502 Not here");
    }
  }
}

/** Reads a mail's lines, to the line of one dot. */
async function readText(lines: Lines): Promise<string[]> {
  const text: string[] = [];
  for (let line; (line = await lines.read()) !== ".";) {
    if (line === null) throw new Error("Cannot take mail: the client has gone");
    if (text.length === MAX_MAIL_LINES) throw new Error("Cannot take mail: it is too long");
    text.push(line.replace(/^\./, ""));
  }
  return text;
}

function verbOf(line: string): string {
  return line.split(" ", 1)[0]!.toUpperCase();
}

function addressOf(line: string): string {
  return /<(.*?)>/.exec(line)?.[1] ?? "";
}

/** Sends a mail; a server that offers no TLS does not get it. */
async function sendMail(
  conn: Deno.TcpConn,
  { hostname, ca }: { hostname: string; ca: string },
  mail: Mail,
): Promise<ChannelInfo> {
  const plain = new Lines(conn);
  await expectReply(plain, 220);
  const offers = await command(plain, "EHLO localhost", 250);
  if (!offers.includes("STARTTLS")) throw new Error("Cannot send mail: the server has no TLS");
  await command(plain, "STARTTLS", 220);

  await using socket = importFD(conn, { hostname, caCerts: [ca], head: plain.rest });
  const info = await socket.handshake();
  const lines = new Lines(socket);
  await command(lines, "EHLO localhost", 250); // anew: what was said before, anybody may have said
  await command(lines, `MAIL FROM:<${mail.from}>`, 250);
  await command(lines, `RCPT TO:<${mail.to}>`, 250);
  await command(lines, "DATA", 354);
  await lines.write(...mail.text.map((line) => line.replace(/^\./, "..")));
  await command(lines, ".", 250);
  await command(lines, "QUIT", 221);
  return info;
}

async function command(lines: Lines, line: string, code: number): Promise<string[]> {
  await lines.write(line);
  return await expectReply(lines, code);
}

/** Reads a reply of one or more lines, `250-first`, `250 last`. */
async function expectReply(lines: Lines, code: number): Promise<string[]> {
  const isLast = (line: string) => line[3] !== "-" || !line.startsWith(`${code}`);
  const reply = await lines.readTo(isLast);
  const last = reply.at(-1)!;
  if (!last.startsWith(`${code}`)) throw new Error(`Cannot send mail: ${last}`);
  return reply.map((line) => line.slice(4));
}

async function serve(port: number, certificate: CertificateOptions): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  console.log(`Listening on 127.0.0.1:${listener.addr.port}`);
  const deliver = ({ from, to, text }: Mail, { version, cipherSuite }: ChannelInfo) =>
    console.log(cleanLines(`${from} -> ${to} (${version} ${cipherSuite})\n${text.join("\n")}`));
  for await (const conn of listener) {
    serveClient(conn, certificate, deliver)
      .catch((error) => console.error(reason(error)));
  }
}

async function main(): Promise<void> {
  const [verb, port = "", ...rest] = Deno.args;
  if (verb === "serve" && rest.length === 2) {
    const [cert, key] = await Promise.all(rest.map((file) => Deno.readTextFile(file)));
    await serve(portOf(port), { cert: cert!, key: key! });
  } else if (verb === "send" && rest.length === 2) {
    const [caFile, text] = rest;
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: portOf(port) });
    const trust = { hostname: "localhost", ca: await Deno.readTextFile(caFile!) };
    const mail = { from: "me@localhost", to: "you@localhost", text: text!.split("\n") };
    const { version, cipherSuite } = await sendMail(conn, trust, mail);
    console.log(`Sent (${version} ${cipherSuite})`);
  } else {
    console.log(
      "Usage: starttls.ts serve PORT cert.pem key.pem | starttls.ts send PORT ca.pem TEXT",
    );
    Deno.exit(verb === "--help" ? 0 : 2);
  }
}

if (import.meta.main) await run(main);
