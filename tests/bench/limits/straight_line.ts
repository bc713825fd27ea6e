// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

// The least JavaScript that a client's full handshake of TLS 1.3 can be: straight on, from one call
// of WebCrypto to the next, for the one server that it knows. It has one cipher suite, one group
// and the server's key from the start; it reads no certificate, checks no length, no alert and no
// extension, has no option, no session, no error of its own, no timeout and no second reader.
// Beside it the same calls, as many at once, with the same reads and writes of a socket. What no
// client can fall below is thus known, and how little there is between the two for all that a
// client has to do besides. The server is Deno's own, in a process of its own. Imports nothing of
// this package.

import process from "node:process";
import { X509Certificate } from "node:crypto";

type Bytes = Uint8Array<ArrayBuffer>;

const LOOPBACK = { hostname: "127.0.0.1", port: 0 } as const;
const WARM_UP = 1500;
const HANDSHAKES = 300;
const ROUNDS = 7;
const LANES = 16;
/** The length of a record with a close_notify. */
const GOODBYE_LENGTH = 24;

/** Of the server of this script only. */
const CERT = `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUK+hSdgkv0sXEEzWzWI48CbY+huswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDIzNTYxN1oYDzIxMjYxMTA2
MjM1NjE3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQKsWyt9j6+oDyDtBlffa7Q87tkWikmf8B3urVKhsQ27/ySKRDJdnBx
059Gn3/AZsmjWDR0bnwMLi/L+l+eiboco2kwZzAdBgNVHQ4EFgQUaZWgrqyzNe/e
6WwvOekiiZayJfswHwYDVR0jBBgwFoAUaZWgrqyzNe/e6WwvOekiiZayJfswDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAPGtfMYzhAg/72BKEIh3ohY5cS8LlrDNzbwCJ5YYdXSXAiEAyp2lETS9
8Q3Q8hj0uuplkYqwzBugHsrj+RIiTmfJ32A=
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsJrMhj0CfPyftDZN
en3cmtCn9Im5/G2yBF/b3NjmVy+hRANCAAQKsWyt9j6+oDyDtBlffa7Q87tkWikm
f8B3urVKhsQ27/ySKRDJdnBx059Gn3/AZsmjWDR0bnwMLi/L+l+eiboc
-----END PRIVATE KEY-----
`;

const { subtle } = crypto;
const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);
const ZERO = new Uint8Array(32);
const HMAC = { name: "HMAC", hash: "SHA-256" };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const SIGNED = encoder.encode(`${" ".repeat(64)}TLS 1.3, server CertificateVerify\0`);

/** Waits for each connection to begin, and ends with it. */
async function serveTls(listener: Deno.Listener): Promise<void> {
  for await (const conn of listener) {
    conn.read(new Uint8Array(1)).catch(() => {}).finally(() => conn.close());
  }
}

/** Reads as many bytes as a client writes, and writes as many as a server, as one line says. */
async function play(listener: Deno.Listener, [hello, flight, rest]: number[]): Promise<void> {
  const serve = async (conn: Deno.Conn) => {
    const buffer = new Uint8Array(4096);
    const take = async (count: number) => {
      while (count > 0) count -= await conn.read(buffer.subarray(0, count)) ?? Infinity;
    };
    await take(hello!);
    await conn.write(new Uint8Array(flight!));
    await take(rest!);
    conn.close();
  };
  for await (const conn of listener) serve(conn).catch(() => {});
}

async function server(): Promise<void> {
  const tls = Deno.listenTls({ ...LOOPBACK, cert: CERT, key: KEY });
  const tcp = Deno.listen(LOOPBACK);
  console.log(JSON.stringify([tls.addr.port, tcp.addr.port]));
  serveTls(tls);
  const line = new Uint8Array(64);
  const count = await Deno.stdin.read(line);
  await play(tcp, JSON.parse(new TextDecoder().decode(line.subarray(0, count ?? 0))));
}

/** HkdfLabel; with the octet that HKDF-Expand appends, for one HMAC. */
function hkdfLabel(label: string, context: Bytes, length: number, tail: number[] = []): Bytes {
  const name = encoder.encode(`tls13 ${label}`);
  return Uint8Array.from([0, length, name.length, ...name, context.length, ...context, ...tail]);
}

const sign = async (key: CryptoKey, data: Bytes) =>
  new Uint8Array(await subtle.sign("HMAC", key, data));
const importHmac = (secret: Bytes) => subtle.importKey("raw", secret, HMAC, false, ["sign"]);
const expand = async (input: CryptoKey, salt: Bytes, info: Bytes) =>
  new Uint8Array(
    await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, input, 256),
  );

/** What does not differ between handshakes. */
async function constants() {
  const emptyHash = new Uint8Array(await subtle.digest("SHA-256", EMPTY));
  const early = await sign(await importHmac(ZERO), ZERO);
  const spki = new X509Certificate(CERT).publicKey.export({ type: "spki", format: "der" });
  return {
    derived: await sign(await importHmac(early), hkdfLabel("derived", emptyHash, 32, [1])),
    deriveNext: hkdfLabel("derived", emptyHash, 32),
    zeroInput: await subtle.importKey("raw", ZERO, "HKDF", false, ["deriveBits"]),
    key: hkdfLabel("key", EMPTY, 16, [1]),
    iv: hkdfLabel("iv", EMPTY, 12, [1]),
    finished: hkdfLabel("finished", EMPTY, 32, [1]),
    serverKey: await subtle.importKey("spki", new Uint8Array(spki), ECDSA, false, ["verify"]),
  };
}

interface Protection {
  readonly secret: CryptoKey;
  readonly key: CryptoKey;
  readonly iv: Bytes;
  sequence: number;
}

let fixed: Awaited<ReturnType<typeof constants>>;

async function protectionOf(bytes: Bytes): Promise<Protection> {
  const secret = await importHmac(bytes);
  const [key, iv] = await Promise.all([sign(secret, fixed.key), sign(secret, fixed.iv)]);
  return {
    secret,
    key: await subtle.importKey("raw", key.subarray(0, 16), "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]),
    iv: iv.subarray(0, 12),
    sequence: 0,
  };
}

function paramsOf(protection: Protection, header: Bytes): AesGcmParams {
  const iv = protection.iv.slice();
  iv[11]! ^= protection.sequence++;
  return { name: "AES-GCM", iv, additionalData: header };
}

async function seal(protection: Protection, type: number, content: Bytes): Promise<Bytes> {
  const inner = Uint8Array.from([...content, type]);
  const header = Uint8Array.of(23, 3, 3, 0, inner.length + 16);
  const sealed = await subtle.encrypt(paramsOf(protection, header), protection.key, inner);
  return Uint8Array.from([...header, ...new Uint8Array(sealed)]);
}

async function open(protection: Protection, record: Bytes): Promise<Bytes> {
  const params = paramsOf(protection, record.subarray(0, 5));
  return new Uint8Array(await subtle.decrypt(params, protection.key, record.subarray(5)));
}

function clientHello(share: Bytes): Bytes {
  const name = encoder.encode("localhost");
  const extension = (type: number, ...body: number[]) => [0, type, 0, body.length, ...body];
  const extensions = [
    ...extension(0, 0, name.length + 3, 0, 0, name.length, ...name),
    ...extension(10, 0, 2, 0, 29),
    ...extension(13, 0, 2, 4, 3),
    ...extension(43, 2, 3, 4),
    ...extension(51, 0, 36, 0, 29, 0, 32, ...share),
  ];
  const random = crypto.getRandomValues(new Uint8Array(64));
  const body = [3, 3, ...random.subarray(0, 32), 32, ...random.subarray(32)];
  body.push(0, 2, 0x13, 1, 1, 0, 0, extensions.length, ...extensions);
  return Uint8Array.from([1, 0, 0, body.length, ...body]);
}

/** Of a ServerHello with key_share and supported_versions, in either order. */
function shareOf(hello: Bytes): Bytes {
  let at = 4 + 2 + 32 + 1 + 32 + 3 + 2;
  while (hello[at + 1] !== 51) at += 4 + hello[at + 3]!;
  return hello.subarray(at + 8, at + 40);
}

/** r and s of an ECDSA signature in DER. */
function rawSignature(der: Bytes): Bytes {
  const raw = new Uint8Array(64);
  for (let at = 2, end = 32; end <= 64; end += 32) {
    const value = der.subarray(at + 2, at + 2 + der[at + 1]!);
    raw.set(value.subarray(Math.max(0, value.length - 32)), end - Math.min(32, value.length));
    at += 2 + der[at + 1]!;
  }
  return raw;
}

/** The lengths of what goes over a connection: the hello, the server's flight, the rest. */
type Lengths = [hello: number, flight: number, rest: number];

async function straightOn(port: number): Promise<Lengths> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  const pair = await subtle.generateKey("X25519", false, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new TypeError("Not a pair");
  const hello = clientHello(new Uint8Array(await subtle.exportKey("raw", pair.publicKey)));
  await conn.write(Uint8Array.from([22, 3, 1, 0, hello.length, ...hello]));

  const transcript = new Uint8Array(2048);
  let length = 0;
  const add = (message: Bytes) => {
    transcript.set(message, length);
    length += message.length;
  };
  const hash = async () =>
    new Uint8Array(await subtle.digest("SHA-256", transcript.subarray(0, length)));
  add(hello);

  const input = new Uint8Array(4096);
  let [start, end] = [0, 0];
  const record = async () => {
    for (;;) {
      const next = start + 5 + (input[start + 3]! << 8 | input[start + 4]!);
      if (end >= start + 5 && end >= next) return input.subarray(start, start = next);
      end += await conn.read(input.subarray(end)) ?? Infinity;
    }
  };

  const serverHello = (await record()).subarray(5);
  add(serverHello);
  const [peer, helloHash] = await Promise.all([
    subtle.importKey("raw", shareOf(serverHello), "X25519", true, []),
    hash(),
  ]);
  const agreed = await subtle.deriveBits({ name: "X25519", public: peer }, pair.privateKey, 256);
  const shared = await subtle.importKey("raw", agreed, "HKDF", false, ["deriveBits"]);
  const [clientSecret, serverSecret, master] = await Promise.all([
    expand(shared, fixed.derived, hkdfLabel("c hs traffic", helloHash, 32)),
    expand(shared, fixed.derived, hkdfLabel("s hs traffic", helloHash, 32)),
    expand(shared, fixed.derived, fixed.deriveNext),
  ]);
  const [client, server] = await Promise.all([
    protectionOf(clientSecret),
    protectionOf(serverSecret),
  ]);
  const [clientFinished, serverFinished] = await Promise.all(
    [client, server].map(async ({ secret }) => importHmac(await sign(secret, fixed.finished))),
  );

  const checks: Promise<void>[] = [];
  let rest: Bytes = EMPTY;
  for (let finished = false; !finished;) {
    const sealed = await record();
    if (sealed[0] === 20) continue;
    const content = await open(server, sealed);
    rest = Uint8Array.from([...rest, ...content.subarray(0, -1)]);
    while (rest.length > 4 && rest.length >= 4 + (rest[2]! << 8 | rest[3]!)) {
      const message = rest.subarray(0, 4 + (rest[2]! << 8 | rest[3]!));
      rest = rest.subarray(message.length);
      if (message[0] === 15) checks.push(checkSignature(message.subarray(8), await hash()));
      if (message[0] === 20) checks.push(checkMac(serverFinished!, message, await hash()));
      finished = message[0] === 20;
      add(message);
    }
  }
  const flight = start;

  const flightHash = await hash();
  const application = (label: string) =>
    expand(fixed.zeroInput, master, hkdfLabel(label, flightHash, 32));
  const [mac, clientTraffic, serverTraffic] = await Promise.all([
    sign(clientFinished!, flightHash),
    application("c ap traffic"),
    application("s ap traffic"),
    application("exp master"),
    ...checks,
  ]);
  const finished = Uint8Array.from([20, 0, 0, 32, ...mac]);
  add(finished);
  const [sealed, writing, , wholeHash] = await Promise.all([
    seal(client, 22, finished),
    protectionOf(clientTraffic),
    protectionOf(serverTraffic),
    hash(),
  ]);
  await Promise.all([
    conn.write(Uint8Array.from([20, 3, 3, 0, 1, 1, ...sealed])),
    expand(fixed.zeroInput, master, hkdfLabel("res master", wholeHash, 32)),
  ]);
  const goodbye = await seal(writing, 21, Uint8Array.of(1, 0));
  await conn.write(goodbye);
  conn.close();
  return [5 + hello.length, flight, 6 + sealed.length + goodbye.length];
}

async function checkSignature(der: Bytes, hash: Bytes): Promise<void> {
  const content = Uint8Array.from([...SIGNED, ...hash]);
  if (!await subtle.verify(ECDSA, fixed.serverKey, rawSignature(der), content)) {
    throw new Error("The signature is wrong");
  }
}

async function checkMac(key: CryptoKey, message: Bytes, hash: Bytes): Promise<void> {
  const expected = await sign(key, hash);
  if (expected.some((byte, i) => byte !== message[4 + i])) throw new Error("The MAC is wrong");
}

/** The calls of one handshake: those that began before one of them had ended together. */
async function recordCalls(handshake: () => Promise<unknown>): Promise<(() => unknown)[][]> {
  const groups: (() => unknown)[][] = [];
  let ended = true;
  const restore: (() => void)[] = [];
  const copy = (value: unknown): unknown =>
    value instanceof Uint8Array
      ? value.slice()
      : value?.constructor === Object
      ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each)]))
      : value;
  for (const name of Object.getOwnPropertyNames(SubtleCrypto.prototype)) {
    const method: unknown = Reflect.get(subtle, name);
    if (typeof method !== "function" || name === "constructor") continue;
    const value = (...given: unknown[]) => {
      const args = given.map(copy);
      if (ended) groups.push([]);
      ended = false;
      groups.at(-1)!.push(() => Reflect.apply(method, subtle, args));
      const result: unknown = Reflect.apply(method, subtle, given);
      Promise.resolve(result).finally(() => ended = true);
      return result;
    };
    Object.defineProperty(subtle, name, { configurable: true, value });
    restore.push(() => Reflect.deleteProperty(subtle, name));
  }
  await handshake();
  for (const undo of restore) undo();
  return groups;
}

/** Does nothing but the calls and the I/O of a handshake; the hello takes the first two. */
async function replay(
  port: number,
  groups: readonly (() => unknown)[][],
  [hello, flight, rest]: Lengths,
): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  const buffer = new Uint8Array(4096);
  for (const [i, calls] of groups.entries()) {
    if (i === 2) {
      await conn.write(new Uint8Array(hello));
      for (let got = 0; got < flight;) got += await conn.read(buffer) ?? Infinity;
    }
    if (i === groups.length - 1) await conn.write(new Uint8Array(rest - GOODBYE_LENGTH));
    await Promise.all(calls.map((call) => call()));
  }
  await conn.write(new Uint8Array(GOODBYE_LENGTH));
  conn.close();
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function inLanes(lanes: number, count: number, act: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let i = 0; i < count / lanes; i++) await act();
  }));
}

/** The least CPU time of each contender; they take turns. */
async function costsOf(lanes: number, acts: readonly (() => Promise<unknown>)[]) {
  const costs = acts.map(() => Infinity);
  for (const act of acts) await inLanes(lanes, WARM_UP, act);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, act] of acts.entries()) {
      const before = cpu();
      await inLanes(lanes, HANDSHAKES, act);
      costs[i] = Math.min(costs[i]!, (cpu() - before) / HANDSHAKES);
    }
  }
  return costs;
}

async function client(): Promise<void> {
  fixed = await constants();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", import.meta.filename!, "server"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  try {
    const { value } = await child.stdout.getReader().read();
    const [tls, tcp] = JSON.parse(new TextDecoder().decode(value));
    const lengths = await straightOn(tls);
    await child.stdin.getWriter().write(encoder.encode(JSON.stringify(lengths)));
    const groups = await recordCalls(() => straightOn(tls));
    const count = groups.reduce((sum, calls) => sum + calls.length, 0);
    console.log(`CPU us a handshake    its ${count} calls and I/O  straight on  ratio`);
    for (const lanes of [1, LANES]) {
      const [calls, all] = await costsOf(lanes, [
        () => replay(tcp, groups, lengths),
        () => straightOn(tls),
      ]);
      console.log(
        `${lanes} at once`.padEnd(22) + calls!.toFixed(0).padStart(20) +
          all!.toFixed(0).padStart(13) + (all! / calls!).toFixed(2).padStart(7),
      );
    }
  } finally {
    child.kill();
    await child.status;
  }
}

await (Deno.args[0] === "server" ? server() : client());
