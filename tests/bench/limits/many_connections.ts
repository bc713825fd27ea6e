// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno and node:.

/**
 * What a megabyte costs when it comes over many connections: TCP alone, and with each record of
 * 16 KiB opened by WebCrypto, sixteen at once, and freed. Nothing else is done with them: what one
 * connection has in a cache of the processor, five hundred have not. Each end has a processor.
 * Imports nothing of this package.
 *
 * `deno run -A tests/bench/limits/many_connections.ts`
 *
 * @module
 */

import process from "node:process";

const RECORD = 16384;
const HEADER = 5;
const SEALED = HEADER + RECORD + 1 + 16;
/** The length of a buffer to read into, in records. */
const DEPTH = 16;
const MS = 1500;
const ROUNDS = 5;

const { subtle } = crypto;
const raw = new Uint8Array(16);
const key = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
const params = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: new Uint8Array(HEADER) };

/** Sends the same records over each connection until it ends. */
async function serve(): Promise<void> {
  const records = new Uint8Array(DEPTH * SEALED);
  const sealed = new Uint8Array(await subtle.encrypt(params, key, new Uint8Array(RECORD + 1)));
  for (let i = 0; i < DEPTH; i++) records.set(sealed, i * SEALED + HEADER);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(listener.addr.port);
  const send = async (conn: Deno.Conn) => {
    try {
      for (;;) for (let at = 0; at < records.length;) at += await conn.write(records.subarray(at));
    } catch {
      conn.close(); // the reader has had enough
    }
  };
  for await (const conn of listener) void send(conn);
}

/** A connection that is read. */
class Receiver {
  readonly conn: Deno.Conn;
  readonly #buffer = new Uint8Array(DEPTH * SEALED);
  #filled = 0;

  constructor(conn: Deno.Conn) {
    this.conn = conn;
  }

  /** Reads until a time; returns how many bytes. */
  async receive(end: number, opens: boolean): Promise<number> {
    let total = 0;
    while (performance.now() < end) {
      const count = (await this.conn.read(this.#buffer.subarray(this.#filled)))!;
      this.#filled += count;
      total += count;
      const opening: Promise<ArrayBuffer>[] = [];
      let at = 0;
      for (; this.#filled - at >= SEALED; at += SEALED) {
        const record = this.#buffer.subarray(at + HEADER, at + SEALED);
        if (opens) opening.push(subtle.decrypt(params, key, record));
      }
      this.#buffer.copyWithin(0, at, this.#filled);
      this.#filled -= at;
      for (const record of opening) (await record).transfer(0);
    }
    return total;
  }
}

async function measure(port: number, connections: number, opens: boolean): Promise<number> {
  const receivers = await Promise.all(
    Array.from(
      { length: connections },
      async () => new Receiver(await Deno.connect({ hostname: "127.0.0.1", port })),
    ),
  );
  const run = async (ms: number) => {
    const end = performance.now() + ms;
    const totals = await Promise.all(receivers.map((one) => one.receive(end, opens)));
    return totals.reduce((sum, bytes) => sum + bytes, 0) / 1e6;
  };
  await run(MS / 5);
  const before = process.cpuUsage();
  const megabytes = await run(MS);
  const { user, system } = process.cpuUsage(before);
  for (const { conn } of receivers) conn.close();
  return (user + system) / megabytes;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[ROUNDS >> 1]!;

/** Gives a process a processor of its own, where that can be done. */
async function pin(pid: number, processor: number): Promise<void> {
  const args = ["-acp", String(processor), String(pid)];
  await new Deno.Command("taskset", { args, stdout: "null", stderr: "null" }).output()
    .catch(() => console.log("both ends have all processors: there is no taskset"));
}

async function main(): Promise<void> {
  const peer = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, "serve"],
    stdout: "piped",
  }).spawn();
  await pin(Deno.pid, 0);
  await pin(peer.pid, 1);
  const { value } = await peer.stdout.getReader().read();
  const port = Number(new TextDecoder().decode(value));
  console.log("CPU us a MB                  1 connection   500 connections   ratio");
  for (const opens of [false, true]) {
    const costs: Record<number, number[]> = { 1: [], 500: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const count of [1, 500]) costs[count]!.push(await measure(port, count, opens));
    }
    const [one, many] = [1, 500].map((count) => median(costs[count]!)) as [number, number];
    const what = opens ? "TCP, and records opened" : "TCP";
    console.log(
      what.padEnd(26),
      one.toFixed(0).padStart(14),
      many.toFixed(0).padStart(17),
      (many / one).toFixed(2).padStart(7),
    );
  }
  peer.kill();
  await peer.status;
}

await (Deno.args[0] === "serve" ? serve() : main());
Deno.exit();
