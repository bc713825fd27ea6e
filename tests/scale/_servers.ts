// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Several server processes behind one port, and what can be known of them from outside. @module */

import {
  configMPServerSIDCache,
  createCertificate,
  exportPrivateKeyPem,
  generateKeyPair,
  NssContext,
  shutdownServerSessionIDCache,
} from "@nss/nss";
import type { MPServerSessionCacheOptions } from "@nss/nss/ssl";
import { type Process, spawn } from "../support/process.ts";
import type { RedisServer } from "../support/redis.ts";
import { type Engine, openEngine } from "./_engine.ts";
import type { ServerOrders, ServerState } from "./_server.ts";

/** How long the processes of a run may live at most, in milliseconds. */
const LIFETIME = 600_000;

/** The certificate of servers, with its key. */
export interface ServerIdentity extends Pick<ServerOrders, "cert" | "pkcs8"> {}

/** Makes a certificate for localhost, which is its own authority. */
export async function makeServerIdentity(): Promise<ServerIdentity> {
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
  const pem = await exportPrivateKeyPem(keys.privateKey);
  return { cert: cert.toPem(), pkcs8: pem.replaceAll(/-----.*?-----|\s/g, "") };
}

/** What the servers of a run have in common. */
export type CommonOrders = Omit<ServerOrders, "index" | "port" | "skew">;

/** How the sessions of a run are shared. */
export interface RunOptions {
  /** The engine of the store; by default Deno KV in a file that goes with the run. */
  readonly redis?: RedisServer;
  /** The limits of sessions. */
  readonly limits?: Omit<MPServerSessionCacheOptions, "path" | "kv" | "store" | "context">;
  /** How many bytes of early data servers take. */
  readonly maxEarlyData?: number;
  /** Whether each process has a port of its own, so that one can be chosen. */
  readonly ownPorts?: boolean;
}

/** Makes a run of which no process is started yet. */
export async function openServers(options: RunOptions = {}): Promise<Servers> {
  const { redis, limits = {}, maxEarlyData = 0, ownPorts = false } = options;
  const folder = await Deno.makeTempDir({ prefix: "nss_scale_" });
  const engine: Engine = redis === undefined
    ? { kind: "kv", path: `${folder}/store.kv` }
    : { kind: "redis", path: redis.path };
  const context = new NssContext();
  // It keeps the secret, and asks the store for its patience alone
  const store = await openEngine(engine);
  const inheritance = await configMPServerSIDCache({ context, store, ...limits });
  await store.close();
  await shutdownServerSessionIDCache({ context });
  const identity = await makeServerIdentity();
  return new Servers({ ...identity, inheritance, engine, maxEarlyData }, folder, ownPorts);
}

/** The processes of a run, by their number. */
export class Servers implements AsyncDisposable {
  readonly #orders: CommonOrders;
  readonly #folder: string;
  readonly #ownPorts: boolean;
  readonly #processes = new Map<number, ServerProcess>();
  #port = 0;
  #started = 0;

  /** Starts none yet. */
  constructor(orders: CommonOrders, folder: string, ownPorts: boolean) {
    this.#orders = orders;
    this.#folder = folder;
    this.#ownPorts = ownPorts;
  }

  /** The port of all of them. */
  get port(): number {
    return this.#port;
  }

  /** The certificate of all of them, PEM. */
  get certificate(): string {
    return this.#orders.cert;
  }

  /** The numbers of those that run. */
  get running(): readonly number[] {
    return [...this.#processes.keys()];
  }

  /** Starts a process; returns its number, which no other has. */
  async start(skew = 0): Promise<number> {
    const index = this.#started++;
    const process = new ServerProcess({ ...this.#orders, index, port: this.#port, skew });
    this.#processes.set(index, process);
    const port = await process.port;
    if (!this.#ownPorts) this.#port = port;
    return index;
  }

  /** Starts so many. */
  async startAll(count: number): Promise<void> {
    await this.start();
    await Promise.all(Array.from({ length: count - 1 }, () => this.start()));
  }

  /** The port of a process, where each has its own. */
  portOf(index: number): Promise<number> {
    return this.#get(index).port;
  }

  /** Asks a process how it is. */
  state(index: number): Promise<ServerState> {
    return this.#get(index).state();
  }

  /** Asks all that run. */
  states(): Promise<ServerState[]> {
    return Promise.all(this.running.map((index) => this.state(index)));
  }

  /** The seconds that the processors have worked for a process so far. */
  processorTime(index: number): number {
    return processorTime(this.#get(index).pid);
  }

  /** Ends a process without its knowing. */
  async kill(index: number): Promise<void> {
    const process = this.#get(index);
    this.#processes.delete(index);
    Deno.kill(process.pid, "SIGKILL");
    await process[Symbol.asyncDispose]();
  }

  /** Ends all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.values().map((one) => one[Symbol.asyncDispose]()));
    this.#processes.clear();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #get(index: number): ServerProcess {
    const process = this.#processes.get(index);
    if (process === undefined) throw new Error(`Cannot find process ${index}: it does not run`);
    return process;
  }
}

class ServerProcess implements AsyncDisposable {
  readonly #process: Process;
  #consumed = 0;
  #last: Promise<unknown> = Promise.resolve();
  readonly port: Promise<number>;

  constructor(orders: ServerOrders) {
    const flags = ["run", "-A", "--no-check", "--unstable-kv", "--unstable-net"];
    this.#process = spawn(Deno.execPath(), {
      args: [...flags, `${import.meta.dirname}/_server.ts`, JSON.stringify(orders)],
      env: { NO_COLOR: "1" },
      interactive: true,
      timeout: LIFETIME,
    });
    this.port = this.#line().then(({ port }) => port);
  }

  get pid(): number {
    return this.#process.pid;
  }

  state(): Promise<ServerState> {
    const asked = this.#last.then(async () => {
      await this.#process.write("\n");
      return await this.#line();
    });
    this.#last = asked.catch(() => {});
    return asked;
  }

  async #line() {
    await this.#process.waitFor(
      ({ stdout }) => stdout.indexOf("\n", this.#consumed) < 0 ? null : this,
      60_000,
    );
    const { stdout } = this.#process;
    const end = stdout.indexOf("\n", this.#consumed);
    const text = stdout.slice(this.#consumed, end);
    this.#consumed = end + 1;
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.close();
  }
}

/** The kernel's ticks a second in /proc, on every architecture of Linux. */
const TICKS = 100;

/** The seconds that the processors have worked for a process so far. */
export function processorTime(pid: number): number {
  const [, fields] = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ");
  const [user, system] = fields!.split(" ").slice(11, 13).map(Number);
  return (user! + system!) / TICKS;
}
