// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What a received megabyte costs in CPU time with one connection, and with many at once.
 *
 * Every client is a process of its own, and so is its server; rounds are interleaved. Beside this
 * library stand plain TCP, Deno's own TLS, and bare records: WebCrypto with the same framing, and
 * nothing else. Other checkouts are measured in the same run:
 * `deno run -A tests/bench/many_connections.ts [--connections 500] [--rounds 5] [--pin] [DIR ...]`.
 *
 * @module
 */

import process from "node:process";
import { type Process, spawn } from "../support/process.ts";
import { type Identity, makeIdentity } from "./_stacks.ts";

/** What a client speaks. */
export type ReceivingStack = "TCP" | "Deno" | "records" | "NSS";

/** A client that is measured. */
export interface Receiver {
  readonly stack: ReceivingStack;
  /** The checkout of this library that it uses, if it is `NSS`. */
  readonly tree: string;
  readonly connections: number;
}

/** What a client has needed. */
export interface Received {
  readonly receiver: Receiver;
  /** CPU time in microseconds for a megabyte (10^6 bytes): the lower quartile of the rounds. */
  readonly cpu: number;
  /** Megabytes a second of wall time in that round. */
  readonly rate: number;
  /** The memory of the process in MiB after the last round. */
  readonly rss: number;
}

/** How to measure. */
export interface ManyConnectionsOptions {
  /** The number of connections that stands beside one. */
  readonly connections?: number;
  readonly rounds?: number;
  /** The length of a round of one client in milliseconds. */
  readonly milliseconds?: number;
  /** Whether clients and servers get a core each (Linux). */
  readonly pin?: boolean;
  readonly stacks?: readonly ReceivingStack[];
  /** Checkouts of this library; by default this one. */
  readonly trees?: readonly string[];
}

/** What a client asks for at once; two requests are under way on each connection. */
const REQUEST_LENGTH = 1 << 18;
const RECORD_LENGTH = 16384;
/** The records of one request, for bare records: each request begins with the same nonce. */
const RECORDS = REQUEST_LENGTH / RECORD_LENGTH;
const SEALED_LENGTH = 5 + RECORD_LENGTH + 17;
const READ_LENGTH = 65_536;
const ROOT = new URL("../..", import.meta.url).pathname;

type Bytes = Uint8Array<ArrayBuffer>;

/** What a client reads from. */
interface Source {
  /** Reads content, at most so many bytes, and returns how many. */
  read(limit: number): Promise<number>;
  ask(): Promise<unknown>;
}

interface Readable {
  read(p: Uint8Array): Promise<number | null>;
  write(p: Uint8Array): Promise<number>;
}

const iv = new Uint8Array(12);
const ivView = new DataView(iv.buffer);
const additionalData = new Uint8Array([23, 3, 3, SEALED_LENGTH - 5 >> 8, SEALED_LENGTH - 5 & 0xff]);
const PARAMS = { name: "AES-GCM", iv, additionalData };
const REQUEST = new Uint8Array(1);

async function recordKey(): Promise<CryptoKey> {
  return await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
}

async function sealedRequest(): Promise<Bytes> {
  const key = await recordKey();
  const sealed = new Uint8Array(RECORDS * SEALED_LENGTH);
  for (let i = 0; i < RECORDS; i++) {
    ivView.setUint32(8, i);
    const inner = new Uint8Array(RECORD_LENGTH + 1).fill(23, RECORD_LENGTH);
    sealed.set(additionalData, i * SEALED_LENGTH);
    sealed.set(
      new Uint8Array(await crypto.subtle.encrypt(PARAMS, key, inner)),
      i * SEALED_LENGTH + 5,
    );
  }
  return sealed;
}

/** The shortest reader of records: a buffer, all decryptions of a read at once, one read ahead. */
class RecordSource implements Source {
  readonly #conn: Deno.Conn;
  readonly #key: CryptoKey;
  readonly #buffer = new Uint8Array(8 * SEALED_LENGTH);
  #length = 0;
  #sequence = 0;
  #opening: Promise<ArrayBuffer>[] = [];
  #reading: Promise<void> | null = null;

  constructor(conn: Deno.Conn, key: CryptoKey) {
    this.#conn = conn;
    this.#key = key;
  }

  ask(): Promise<unknown> {
    return this.#conn.write(REQUEST);
  }

  async read(): Promise<number> {
    while (this.#opening.length === 0) await (this.#reading ??= this.#fill());
    const opening = this.#opening.shift()!;
    if (this.#opening.length < 8) this.#reading ??= this.#fill();
    return (await opening).byteLength - 1;
  }

  async #fill(): Promise<void> {
    const count = await this.#conn.read(this.#buffer.subarray(this.#length));
    this.#reading = null;
    if (count === null) throw new Error("Cannot read on: the connection ended");
    this.#length += count;
    let at = 0;
    for (; this.#length - at >= SEALED_LENGTH; at += SEALED_LENGTH) {
      ivView.setUint32(8, this.#sequence++ % RECORDS);
      const body = this.#buffer.subarray(at + 5, at + SEALED_LENGTH);
      this.#opening.push(crypto.subtle.decrypt(PARAMS, this.#key, body));
    }
    this.#buffer.copyWithin(0, at, this.#length);
    this.#length -= at;
  }
}

class ConnSource implements Source {
  readonly #conn: Readable;
  readonly #buffer = new Uint8Array(READ_LENGTH);

  constructor(conn: Readable) {
    this.#conn = conn;
  }

  ask(): Promise<unknown> {
    return this.#conn.write(REQUEST);
  }

  async read(limit: number): Promise<number> {
    const count = await this.#conn.read(this.#buffer.subarray(0, limit));
    if (count === null) throw new Error("Cannot read on: the connection ended");
    return count;
  }
}

function say(message: unknown): void {
  const line = new TextEncoder().encode(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < line.length;) at += Deno.stdout.writeSync(line.subarray(at));
}

/** Calls back with each line of the standard input. */
async function onLine(take: (line: string) => Promise<void>): Promise<void> {
  let text = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) {
      await take(text.slice(0, end));
    }
  }
}

interface ServerStart extends Pick<Identity, "cert" | "key"> {
  readonly kind: "TCP" | "TLS" | "records";
}

/** A server that answers each byte by one request's length. */
async function serve({ kind, cert, key }: ServerStart): Promise<void> {
  const address = { hostname: "127.0.0.1", port: 0 };
  const listener = kind === "TLS"
    ? Deno.listenTls({ ...address, cert, key })
    : Deno.listen(address);
  const answer = kind === "records" ? await sealedRequest() : new Uint8Array(REQUEST_LENGTH);
  if (listener.addr.transport === "tcp") say({ port: listener.addr.port });
  for (;;) {
    const conn = await listener.accept();
    const talk = async () => {
      while (await conn.read(new Uint8Array(1)) !== null) {
        for (let at = 0; at < answer.length;) at += await conn.write(answer.subarray(at));
      }
    };
    talk().catch(() => {}); // the client has gone
  }
}

interface ClientStart extends Receiver {
  readonly port: number;
  readonly root: string;
}

/** A client that receives by all its connections for a time, whenever it is told. */
async function receive({ stack, tree, connections, port, root }: ClientStart): Promise<void> {
  const sources: Source[] = [];
  const tcp = () => Deno.connect({ hostname: "127.0.0.1", port });
  const library: typeof import("../../mod.ts") | null = stack === "NSS"
    ? await import(`${tree}/mod.ts`)
    : null;
  const key = await recordKey();
  const connect = async (): Promise<Source> => {
    if (stack === "records") return new RecordSource(await tcp(), key);
    if (library !== null) {
      return new ConnSource(
        library.importFD(await tcp(), { hostname: "localhost", caCerts: [root] }),
      );
    }
    if (stack === "TCP") return new ConnSource(await tcp());
    return new ConnSource(
      await Deno.startTls(await tcp(), { hostname: "localhost", caCerts: [root] }),
    );
  };
  let received = 0;
  const ask = async (source: Source): Promise<void> => {
    for (let left = REQUEST_LENGTH; left > 0;) {
      const count = await source.read(left);
      left -= count;
      received += count;
    }
  };
  /** Receives until a time: two requests are always under way, and at its end none. */
  const flow = async (source: Source, end: number): Promise<void> => {
    await source.ask();
    while (performance.now() < end) {
      await source.ask();
      await ask(source);
    }
    await ask(source);
  };
  while (sources.length < connections) {
    const many = Math.min(10, connections - sources.length);
    const next = await Promise.all(Array.from({ length: many }, connect));
    await Promise.all(next.map((source) => flow(source, 0)));
    sources.push(...next);
  }
  say({ ready: true });
  await onLine(async (line) => {
    const before = received;
    const start = performance.now();
    const usage = process.cpuUsage();
    await Promise.all(sources.map((source) => flow(source, start + Number(line))));
    const { user, system } = process.cpuUsage(usage);
    const megabytes = (received - before) / 1e6;
    say({
      cpu: (user + system) / megabytes,
      rate: megabytes / (performance.now() - start) * 1000,
      rss: Deno.memoryUsage().rss / 2 ** 20,
    });
  });
}

const answered = new WeakMap<Process, number>();

/** The next line that a process says. */
async function answer<T>(process: Process): Promise<T> {
  const start = answered.get(process) ?? 0;
  const found = await process.waitFor(({ stdout }) => {
    const end = stdout.indexOf("\n", start);
    return end < 0 ? null : { line: stdout.slice(start, end) };
  }, 120_000);
  if (!("line" in found)) throw new Error("Cannot find a line");
  answered.set(process, start + found.line.length + 1);
  return JSON.parse(found.line);
}

function start(core: string | null, role: string, message: ServerStart | ClientStart): Process {
  const run = [
    "run",
    "-A",
    "--no-check",
    `--config=${ROOT}deno.json`,
    import.meta.filename!,
    role,
    JSON.stringify(message),
  ];
  const options = { interactive: true, timeout: 600_000 };
  return core === null
    ? spawn(Deno.execPath(), { args: run, ...options })
    : spawn("taskset", { args: ["-c", core, Deno.execPath(), ...run], ...options });
}

/** Measures all stacks, with one connection and with many, in interleaved rounds. */
export async function measureManyConnections(
  {
    connections = 500,
    rounds = 5,
    milliseconds = 500,
    pin = false,
    stacks = ["TCP", "records", "Deno", "NSS"],
    trees = [ROOT],
  }: ManyConnectionsOptions = {},
): Promise<Received[]> {
  await using processes = new AsyncDisposableStack();
  const identity = await makeIdentity("ec-p256");
  const servers = new Map<string, number>();
  const portOf = async (stack: ReceivingStack): Promise<number> => {
    const kind = stack === "TCP" || stack === "records" ? stack : "TLS";
    const known = servers.get(kind);
    if (known !== undefined) return known;
    const { cert, key } = identity;
    const server = processes.use(start(pin ? "0" : null, "server", { kind, cert, key }));
    const { port } = await answer<{ port: number }>(server);
    servers.set(kind, port);
    return port;
  };
  const clients: { receiver: Receiver; process: Process; rounds: Omit<Received, "receiver">[] }[] =
    [];
  for (const stack of stacks) {
    for (const tree of stack === "NSS" ? trees : [ROOT]) {
      for (const count of [1, connections]) {
        const receiver = { stack, tree, connections: count };
        const port = await portOf(stack);
        const message = { ...receiver, port, root: identity.root };
        const client = processes.use(start(pin ? "1" : null, "client", message));
        await answer(client);
        clients.push({ receiver, process: client, rounds: [] });
      }
    }
  }
  for (let round = -1; round < rounds; round++) { // the first one warms up
    for (const client of clients) {
      await client.process.write(`${milliseconds}\n`);
      const result = await answer<Omit<Received, "receiver">>(client.process);
      if (round >= 0) client.rounds.push(result);
    }
  }
  return clients.map(({ receiver, rounds }) => {
    const best = rounds.toSorted((a, b) => a.cpu - b.cpu)[Math.floor(rounds.length / 4)]!;
    return { receiver, ...best, rss: rounds.at(-1)!.rss };
  });
}

async function main(args: readonly string[]): Promise<void> {
  const number = (name: string) => {
    const at = args.indexOf(name);
    return at < 0 ? {} : { [name.slice(2)]: Number(args[at + 1]) };
  };
  const trees = args.filter((arg) => arg.startsWith("/"));
  const stacks = args.filter((arg) => /^(TCP|Deno|records|NSS)$/.test(arg)) as ReceivingStack[];
  const results = await measureManyConnections({
    ...number("--connections"),
    ...number("--rounds"),
    ...number("--milliseconds"),
    pin: args.includes("--pin"),
    ...trees.length > 0 ? { trees } : {},
    ...stacks.length > 0 ? { stacks } : {},
  });
  for (const { receiver: { stack, tree, connections }, cpu, rate, rss } of results) {
    const name = stack === "NSS" ? `${stack} ${tree}` : stack;
    const [c, r, m] = [cpu, rate, rss].map((value) => value.toFixed(0).padStart(6));
    await Deno.stdout.write(new TextEncoder().encode(
      `${name.padEnd(30)} ${
        String(connections).padStart(4)
      } connections: ${c} us/MB, ${r} MB/s, rss ${m} MiB\n`,
    ));
  }
}

if (import.meta.main) {
  const [role, message] = Deno.args;
  if (role === "server") await serve(JSON.parse(message!));
  else if (role === "client") await receive(JSON.parse(message!));
  else await main(Deno.args);
}
