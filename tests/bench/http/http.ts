// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * What a request costs a server of HTTP/1.1, in CPU time: ways to serve it one after the other in
 * each round, in changing order, so that what else the machine does meets all of them.
 *
 * `deno task bench:http [ROUNDS] [TREE]`; of another tree, `serve` is measured besides.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type Process, spawn } from "../../support/process.ts";
import { table } from "../../support/generated_page.ts";
import { makeIdentity } from "../identity.ts";
import { median } from "../measures/run.ts";
import { number } from "../report/numbers.ts";

/** A server, as it is measured. */
class Server implements AsyncDisposable {
  readonly #process: Process;
  #read = 0;
  #url = "";
  #client: Deno.HttpClient | undefined;

  constructor(readonly name: string, script: URL, args: readonly string[]) {
    const run = ["run", "-A", "--no-check", fileURLToPath(script), ...args];
    this.#process = spawn(Deno.execPath(), { args: run, interactive: true, timeout: 900_000 });
  }

  async start(root: string): Promise<void> {
    this.#url = `https://localhost:${await this.#line()}`;
    this.#client = Deno.createHttpClient({ caCerts: [root], http2: false });
  }

  /** The CPU time so far, in microseconds. */
  async cpu(): Promise<number> {
    await this.#process.write("\n");
    return Number(await this.#line());
  }

  async get(path: string, body?: Uint8Array<ArrayBuffer>): Promise<number> {
    const init = { client: this.#client!, ...body && { method: "POST", body } };
    const response = await fetch(this.#url + path, init);
    let length = 0;
    for await (const chunk of response.body!) length += chunk.length;
    return length;
  }

  async #line(): Promise<string> {
    const [line] = await this.#process.waitFor(({ stdout }) => {
      const end = stdout.indexOf("\n", this.#read);
      return end < 0 ? null : [stdout.slice(this.#read, end)];
    }, 60_000);
    this.#read += line!.length + 1;
    return line!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close();
    await this.#process.close();
  }
}

const MIB = 2 ** 20;
const BODY = new Uint8Array(16 * MIB);

/** What is done, and how many units of work that is. */
interface Work {
  readonly what: string;
  readonly units: number;
  run(server: Server): Promise<unknown>;
}

const WORKS: readonly Work[] = [
  {
    what: "a small request",
    units: 2000,
    run: (server) =>
      Promise.all(Array.from({ length: 16 }, async () => {
        for (let i = 0; i < 125; i++) await server.get("/small");
      })),
  },
  { what: "a MiB down", units: 64, run: (server) => server.get(`/down?n=${64 * MIB}`) },
  {
    what: "a MiB up",
    units: 64,
    async run(server) {
      for (let i = 0; i < 4; i++) await server.get("/up", BODY);
    },
  },
];

/** The units of work a second, and the CPU time in microseconds of each. */
interface Sample {
  readonly rate: number;
  readonly cpu: number;
}

async function sample(server: Server, { run, units }: Work): Promise<Sample> {
  const before = await server.cpu();
  const start = performance.now();
  await run(server);
  const ms = performance.now() - start;
  return { rate: 1000 * units / ms, cpu: (await server.cpu() - before) / units };
}

const rounds = Number(Deno.args[0] ?? 9);
const identity = await makeIdentity("ec-p256");
const own = [identity.cert, identity.key];
const script = new URL("server.ts", import.meta.url);
await using stack = new AsyncDisposableStack();
const servers = ["serve", "relay", "Deno.serve"].map((kind) =>
  new Server(kind, script, [kind, ...own])
);
const tree = Deno.args[1];
if (tree !== undefined) {
  const other = new URL("tests/bench/http/server.ts", `file://${Deno.realPathSync(tree)}/`);
  servers.push(new Server("serve there", other, ["serve", ...own]));
}
for (const server of servers) await stack.use(server).start(identity.root);

const rows: string[][] = [];
for (const work of WORKS) {
  const samples = new Map(servers.map((server) => [server, [] as Sample[]]));
  for (let round = -1; round < rounds; round++) {
    const order = servers.map((_, i) => servers[(i + round + 1) % servers.length]!);
    for (const server of order) {
      const one = await sample(server, work);
      if (round >= 0) samples.get(server)!.push(one); // the first warms up
    }
  }
  const ours = samples.get(servers[0]!)!;
  for (const [{ name }, all] of samples) {
    rows.push([
      work.what,
      name,
      number(median(all.map(({ cpu }) => cpu))),
      number(median(all.map(({ cpu }, i) => cpu / ours[i]!.cpu))),
      number(median(all.map(({ rate }) => rate))),
    ]);
  }
}
console.log(table(["of", "by", "CPU µs", "to serve", "a second"], rows));
