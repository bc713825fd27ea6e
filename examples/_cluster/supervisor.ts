// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/** The processes of a cluster: started, started again, and ended. @module */

import { SSL_INHERITANCE } from "@nss/nss/ssl";
import type { Counts, Report } from "./server_process.ts";

const PROGRAM = new URL("./server_process.ts", import.meta.url);

/** The pause in milliseconds before a process that has ended by itself is followed by another. */
const FIRST_PAUSE = 100;
/** The longest pause. */
const MAX_PAUSE = 10_000;
/** After how many milliseconds a process is known to work, so that its end is a new beginning. */
const PROVEN = 10_000;

/** What the processes are to do. */
export interface Orders {
  /** The port; 0 for any that is free. */
  readonly port: number;
  /** The file of the certificate and its chain, PEM. */
  readonly certFile: string;
  /** The file of its key, PEM. */
  readonly keyFile: string;
  /** The file of the shared sessions. */
  readonly sessions: string;
  /** What describes the shared sessions, and is secret. */
  readonly inheritance: string;
}

/**
 * Ends in an error where the kernel does not spread connections over the listeners of one port:
 * elsewhere than on Linux one of them gets all, or the second is refused.
 */
export function requirePortSharing(os: string = Deno.build.os): void {
  if (os === "linux") return;
  throw new Error(
    `Cannot share a port between processes on ${os}, only on Linux: ` +
      "give each process its own port, behind a load balancer that passes TCP on",
  );
}

/** The pause before the next start, after so many processes that did not live long. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE * 2 ** failures, MAX_PAUSE);
}

/** Keeps a number of processes running. */
export class Supervisor {
  readonly #orders: Orders;
  readonly #slots: Slot[] = [];
  readonly #totals: Counts = {};
  #port: number;
  #restarting: Promise<void> = Promise.resolve();

  /** Starts none yet. */
  constructor(orders: Orders) {
    this.#orders = orders;
    this.#port = orders.port;
  }

  /** The port on which all of them listen. */
  get port(): number {
    return this.#port;
  }

  /**
   * Starts so many processes.
   *
   * @throws {Error} If the first cannot serve: the others could not, either.
   */
  async start(count: number): Promise<void> {
    const begin = async (): Promise<void> => {
      const child = await this.#spawn();
      this.#slots.push(new Slot(child, () => this.#spawn()));
    };
    await begin();
    await Promise.all(Array.from({ length: count - 1 }, begin));
  }

  /** Restarts one process after the other: each is followed first, and then ends in order. */
  restart(): Promise<void> {
    this.#restarting = this.#restarting.then(async () => {
      for (const slot of this.#slots) await slot.replace();
      console.log("All processes have been replaced");
    }).catch((error) => console.error(`Cannot restart: ${error.message}`));
    return this.#restarting;
  }

  /** Ends all in order. */
  async stop(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.stop()));
  }

  /** What all processes have done so far, those that have ended among them. */
  summary(): string {
    const sum = { ...this.#totals };
    for (const { counts } of this.#slots) add(sum, counts);
    return `All together: ${JSON.stringify(sum)}`;
  }

  async #spawn(): Promise<Child> {
    const child = new Child({ ...this.#orders, port: this.#port }, (counts) => {
      add(this.#totals, counts);
    });
    this.#port = await child.ready;
    console.log(`Process ${child.pid} serves`);
    return child;
  }
}

/** Where there is always a process. */
class Slot {
  readonly #spawn: () => Promise<Child>;
  #child: Child;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(child: Child, spawn: () => Promise<Child>) {
    this.#spawn = spawn;
    this.#child = child;
    this.#watch(child);
  }

  /** What its process has done. */
  get counts(): Counts {
    return this.#child.hasEnded ? {} : this.#child.counts;
  }

  /** Starts another process, and then ends the one before it. */
  async replace(): Promise<void> {
    const child = await this.#spawn();
    const before = this.#child;
    this.#child = child;
    this.#watch(child);
    await before.stop();
  }

  /** Ends its process, which nothing follows. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#child.stop();
  }

  async #watch(child: Child): Promise<void> {
    const since = Date.now();
    const how = await child.ended;
    if (this.#stopped || child !== this.#child) return;
    if (Date.now() - since >= PROVEN) this.#failures = 0;
    this.#retry(child, `Process ${child.pid} has ended (${how})`);
  }

  #retry(ended: Child, why: string): void {
    const pause = pauseAfter(this.#failures++);
    console.error(`${why}; another follows in ${pause} ms`);
    this.#timer = setTimeout(() => this.#follow(ended), pause);
  }

  async #follow(ended: Child): Promise<void> {
    if (this.#child !== ended) return; // a restart has
    try {
      const child = await this.#spawn();
      if (this.#stopped || this.#child !== ended) return await child.stop();
      this.#child = child;
      this.#watch(child);
    } catch (error) {
      this.#retry(ended, error instanceof Error ? error.message : String(error));
    }
  }
}

/** A server process. */
class Child {
  /** What it has done, as it said last. */
  counts: Counts = {};
  hasEnded = false;
  /** The port on which it listens. */
  readonly ready: Promise<number>;
  /** Resolves when it has ended, with how it has. */
  readonly ended: Promise<string>;
  readonly #process: Deno.ChildProcess;

  constructor(orders: Orders, onEnd: (counts: Counts) => void) {
    const { port, certFile, keyFile, sessions, inheritance } = orders;
    const folders = [certFile, keyFile].map((file) => file.replace(/[^/]*$/, "") || ".");
    // SQLite keeps files of its own beside that of the sessions
    const store = [sessions, `${sessions}-shm`, `${sessions}-wal`].join(",");
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--unstable-kv",
        "--unstable-net",
        "--allow-net=127.0.0.1",
        `--allow-env=${SSL_INHERITANCE}`,
        `--allow-read=${[...new Set(folders)].join(",")},${store}`,
        `--allow-write=${store}`,
        PROGRAM.href,
        String(port),
        certFile,
        keyFile,
      ],
      env: { [SSL_INHERITANCE]: inheritance },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const ready = Promise.withResolvers<number>();
    this.ready = ready.promise;
    this.ended = this.#run(ready, onEnd);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Ends it in order: its input is over, so that it ends also where this process is killed. */
  async stop(): Promise<void> {
    await this.#process.stdin.close().catch(() => {}); // it may have ended by itself
    await this.ended;
  }

  async #run(
    ready: PromiseWithResolvers<number>,
    onEnd: (counts: Counts) => void,
  ): Promise<string> {
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(line, ready);
    }
    const { code, signal } = await this.#process.status;
    const how = signal ?? `code ${code}`;
    ready.reject(new Error(`A process has ended before it could serve (${how})`));
    this.hasEnded = true;
    onEnd({ ...this.counts, open: 0 });
    return how;
  }

  #take(line: string, ready: PromiseWithResolvers<number>): void {
    if (!line.startsWith("{")) return console.log(line);
    const report: Report = JSON.parse(line);
    if ("port" in report) ready.resolve(report.port);
    else if ("counts" in report) this.counts = report.counts;
    else ready.reject(new Error(report.error));
  }
}

/** Adds counts to others. */
function add(sum: Counts, more: Counts): void {
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
}
