// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Asks PostgreSQL a question, after a login that is bound to the TLS connection
 * (SCRAM-SHA-256-PLUS; RFC 5802, RFC 5929): somebody in the middle with a certificate that the
 * client believes still cannot pass the login on. No TLS of Deno's tells what the binding needs,
 * the server's certificate.
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=. --allow-env=PGPASSWORD \
 *       examples/postgres_channel_binding.ts \
 *       postgres://alice@127.0.0.1:5432/postgres ca.pem "select version()"
 *
 * `--wrong-binding` shows how the server refuses a login that is bound to another connection.
 *
 * @module
 */

import { getChannelBinding, getChannelInfo, importFD, type SslSocket } from "@nss/nss";
import { clean, run, urlOf } from "./_program.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A message of PostgreSQL's protocol: a type, a length, a body. */
interface Message {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The longest message that is read. */
const MAX_MESSAGE = 1 << 20;

/** Messages over TLS. */
class Messages {
  readonly #socket: SslSocket;

  constructor(socket: SslSocket) {
    this.#socket = socket;
  }

  /** Sends a message; the first one has no type. */
  async send(type: string, ...parts: (string | number | Uint8Array)[]): Promise<void> {
    const body = join(...parts);
    await this.#socket.write(join(type, body.length + 4, body));
  }

  /** Reads the next message; an error of the server's is thrown. */
  async read(): Promise<Message> {
    const head = await this.#take(5);
    const length = new DataView(head.buffer).getUint32(1) - 4; // it counts itself
    if (length < 0 || length > MAX_MESSAGE) {
      throw new Error(`The server sends a message of ${length} bytes`);
    }
    const message = { type: decode(head.subarray(0, 1)), body: await this.#take(length) };
    if (message.type !== "E") return message;
    const fields = decode(message.body).split("\0");
    const said = fields.find((field) => field[0] === "M")?.slice(1);
    throw new Error(`The server says: ${said ?? "nothing but that there is an error"}`);
  }

  async #take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const taken = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const count = await this.#socket.read(taken.subarray(filled));
      if (count === null) throw new Error("The server has hung up");
      filled += count;
    }
    return taken;
  }
}

/** Joins text, numbers of 32 bits and bytes. */
function join(...parts: (string | number | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.map((part) => {
    if (typeof part === "string") return encode(part);
    if (typeof part !== "number") return part;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, part);
    return bytes;
  });
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Asks the server for TLS, on the connection that is there (PostgreSQL's SSLRequest). */
async function startTls(url: URL, ca: string): Promise<SslSocket> {
  const { hostname } = url;
  const conn = await Deno.connect({ hostname, port: Number(url.port || 5432) });
  await conn.write(join(8, 80877103));
  const answer = new Uint8Array(2);
  const length = await conn.read(answer);
  // More than the answer would be somebody else's words (CVE-2021-23222)
  if (length !== 1 || answer[0] !== "S".charCodeAt(0)) throw new Error("The server has no TLS");
  return importFD(conn, { hostname, caCerts: [ca] });
}

/** Logs in by SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677) and by nothing less. */
async function logIn(
  messages: Messages,
  binding: Uint8Array,
  user: string,
  password: string,
  database: string,
): Promise<void> {
  await messages.send("", 196608, `user\0${user}\0database\0${database}\0\0`);
  const mechanism = "SCRAM-SHA-256-PLUS";
  const offered = decode((await expect(messages, 10)).subarray(4)).split("\0");
  if (!offered.includes(mechanism)) throw new Error(`The server offers no ${mechanism}`);

  const gs2 = "p=tls-server-end-point,,";
  const nonce = crypto.getRandomValues(new Uint8Array(18)).toBase64();
  const first = `n=,r=${nonce}`; // the name is in the first message already
  await messages.send("p", `${mechanism}\0`, encode(gs2 + first).length, gs2 + first);

  const serverFirst = decode((await expect(messages, 11)).subarray(4));
  const { r, s, i } = attributes(serverFirst);
  if (!r?.startsWith(nonce) || r === nonce) throw new Error("The server repeats another nonce");
  if (!/^[A-Za-z0-9+/]+=*$/.test(s ?? "")) throw new Error("The server sends no salt");
  const iterations = Number(i);
  // RFC 7677, Section 4: fewer would give the password away; more than these is no login, but a
  // burden
  if (!(iterations >= 4096 && iterations <= 1_000_000)) {
    throw new Error(`The server asks for ${i} iterations`);
  }
  const salted = await pbkdf2(password, Uint8Array.fromBase64(s!), iterations);
  const withoutProof = `c=${join(gs2, binding).toBase64()},r=${r}`;
  const said = `${first},${serverFirst},${withoutProof}`;
  const clientKey = await hmac(salted, "Client Key");
  const storedKey = new Uint8Array(await crypto.subtle.digest("SHA-256", clientKey));
  const signature = await hmac(storedKey, said);
  const proof = clientKey.map((byte, at) => byte ^ signature[at]!);
  await messages.send("p", `${withoutProof},p=${proof.toBase64()}`);

  // The server proves itself as well
  const { v } = attributes(decode((await expect(messages, 12)).subarray(4)));
  const serverSignature = await hmac(await hmac(salted, "Server Key"), said);
  if (v !== serverSignature.toBase64()) throw new Error("The server does not know the password");
  await expect(messages, 0);
  while ((await messages.read()).type !== "Z"); // ready for questions
}

/** The next message about the login, which must be of this kind. */
async function expect(messages: Messages, kind: number): Promise<Uint8Array<ArrayBuffer>> {
  const { type, body } = await messages.read();
  const found = type === "R" && body.length >= 4 ? new DataView(body.buffer).getUint32(0) : -1;
  if (found === kind) return body;
  throw new Error(`The server wants another login than SCRAM (${type} ${found})`);
}

function attributes(text: string): Record<string, string> {
  return Object.fromEntries(text.split(",").map((part) => [part[0]!, part.slice(2)]));
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey(
    "raw",
    key,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, encode(text)));
}

async function pbkdf2(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", encode(password), "PBKDF2", false, [
    "deriveBits",
  ]);
  const options = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(options, key, 256));
}

/** Asks one question; the rows come as text, one after the other. */
async function* query(messages: Messages, sql: string): AsyncGenerator<string[]> {
  await messages.send("Q", `${sql}\0`);
  for (;;) {
    const { type, body } = await messages.read();
    if (type === "Z") return;
    if (type === "D") yield rowOf(body);
  }
}

function rowOf(body: Uint8Array<ArrayBuffer>): string[] {
  const view = new DataView(body.buffer);
  let at = 0;
  /** Steps over so many bytes, which must be there; returns where they begin. */
  const step = (length: number): number => {
    if (at + length > body.length) throw new Error("The server sends a row that is cut off");
    at += length;
    return at - length;
  };
  return Array.from({ length: view.getUint16(step(2)) }, () => {
    const length = view.getInt32(step(4));
    return length < 0 ? "null" : decode(body.subarray(step(length), at));
  });
}

async function main(): Promise<void> {
  const isWrong = Deno.args.includes("--wrong-binding");
  const [address, caFile, sql] = Deno.args.filter((arg) => !arg.startsWith("--"));
  if (address === undefined || caFile === undefined || sql === undefined) {
    console.log(
      "Usage: postgres_channel_binding.ts [--wrong-binding] postgres://USER@HOST:PORT/DB ca.pem SQL",
    );
    Deno.exit(Deno.args.includes("--help") ? 0 : 2);
  }
  const url = urlOf(address, "postgres");
  await using socket = await startTls(url, await Deno.readTextFile(caFile));
  await socket.handshake();
  const binding = await getChannelBinding(socket, "tls-server-end-point");
  if (isWrong) binding[0]! ^= 1;
  const messages = new Messages(socket);
  const password = decodeURIComponent(url.password) || (Deno.env.get("PGPASSWORD") ?? "");
  await logIn(
    messages,
    binding,
    decodeURIComponent(url.username),
    password,
    url.pathname.slice(1),
  );
  console.error(
    `Logged in over ${getChannelInfo(socket).version}, bound to the server's certificate`,
  );
  for await (const row of query(messages, sql)) console.log(row.map(clean).join("\t"));
  await messages.send("X");
}

if (import.meta.main) await run(main);
