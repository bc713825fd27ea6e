// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Debian's redis-server, and a client of it that is small enough to be read. @module */

import { type Process, programVersion, spawn } from "./process.ts";

/** Whether there is a redis-server here, and of which version. */
export const redisVersion = (): ReturnType<typeof programVersion> =>
  programVersion("redis-server", ["--version"], /v=(\S+)/);

/** An error that the server answers. */
export class RedisError extends Error {}

type Pending = PromiseWithResolvers<unknown>;

/** A connection to a server: commands may be sent before earlier ones are answered. */
export class RedisClient implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #waiting: Pending[] = [];
  #received = "";
  #lost: Error | null = null;

  /** Reads the answers of a connection. */
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
    this.#read();
  }

  /** Connects to the socket at a path, or to a port. */
  static async connect(where: string | number): Promise<RedisClient> {
    return new RedisClient(
      typeof where === "number"
        ? await Deno.connect({ hostname: "127.0.0.1", port: where })
        : await Deno.connect({ transport: "unix", path: where }),
    );
  }

  /** Sends a command; rejects with a {@linkcode RedisError} if the answer is an error. */
  send(args: readonly string[]): Promise<unknown> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    const pending = Promise.withResolvers<unknown>();
    this.#waiting.push(pending);
    const encoder = new TextEncoder();
    const parts = args.map((arg) => `$${encoder.encode(arg).length}\r\n${arg}\r\n`);
    this.#write(encoder.encode(`*${args.length}\r\n${parts.join("")}`));
    return pending.promise;
  }

  #writing: Promise<void> = Promise.resolve();

  #write(bytes: Uint8Array): void {
    this.#writing = this.#writing.then(async () => {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#conn.write(bytes.subarray(sent));
      }
    }).catch((error) => this.#fail(error));
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const decoder = new TextDecoder("latin1");
    try {
      for (let n; (n = await this.#conn.read(buffer)) !== null;) {
        this.#received += decoder.decode(buffer.subarray(0, n));
        for (let found; (found = parse(this.#received, 0)) !== null;) {
          this.#received = this.#received.slice(found.end);
          const { value } = found;
          const pending = this.#waiting.shift();
          if (value instanceof RedisError) pending?.reject(value);
          else pending?.resolve(value);
        }
      }
      this.#fail(new Error("The server has closed the connection"));
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    this.#lost ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#lost ??= new Error("The connection is closed");
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** Parses an answer in latin1; `null` if it is not complete. */
function parse(text: string, at: number): { value: unknown; end: number } | null {
  const lineEnd = text.indexOf("\r\n", at);
  if (lineEnd < 0) return null;
  const line = text.slice(at + 1, lineEnd);
  const end = lineEnd + 2;
  const length = Number(line);
  switch (text[at]) {
    case "+":
      return { value: line, end };
    case "-":
      return { value: new RedisError(line), end };
    case ":":
      return { value: length, end };
    case "$":
      if (length < 0) return { value: null, end };
      if (text.length < end + length + 2) return null;
      return { value: text.slice(end, end + length), end: end + length + 2 };
    case "*": {
      const values: unknown[] = [];
      let place = end;
      for (let i = 0; i < length; i++) {
        const part = parse(text, place);
        if (part === null) return null;
        values.push(part.value);
        place = part.end;
      }
      return { value: values, end: place };
    }
  }
  throw new Error(`This is no answer: ${text.slice(at, at + 20)}`);
}

/** A running server. */
export class RedisServer implements AsyncDisposable {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #folder: string;
  #process: Process;

  private constructor(
    program: string,
    folder: string,
    args: readonly string[],
    process: Process,
  ) {
    this.#program = program;
    this.#folder = folder;
    this.#args = args;
    this.#process = process;
  }

  /**
   * Starts a server in a folder of its own, on a Unix socket.
   *
   * @param args More of its settings, such as `--port`.
   */
  static start(...args: readonly string[]): Promise<RedisServer> {
    return RedisServer.startProgram("redis-server", ...args);
  }

  /** The same with another program, such as Valkey's. */
  static async startProgram(program: string, ...args: readonly string[]): Promise<RedisServer> {
    const folder = await Deno.makeTempDir({ prefix: "nss_redis_" });
    const all = [
      ...["--dir", folder, "--unixsocket", `${folder}/socket`, "--save", ""],
      ...["--repl-diskless-sync-delay", "0"],
      ...args.includes("--port") ? [] : ["--port", "0"],
      ...args,
    ];
    return new RedisServer(program, folder, all, await run(program, all));
  }

  /** The path of its Unix socket. */
  get path(): string {
    return `${this.#folder}/socket`;
  }

  /** Its folder, where its snapshots are. */
  get folder(): string {
    return this.#folder;
  }

  /** The process's ID. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Connects to it. */
  connect(): Promise<RedisClient> {
    return RedisClient.connect(this.path);
  }

  /** Kills it at once, or lets it end as it wants, and starts it again with what it has saved. */
  async restart(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    Deno.kill(this.#process.pid, signal);
    await this.#process.result();
    this.#process = await run(this.#program, this.#args);
  }

  /** Ends it, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function run(program: string, args: readonly string[]): Promise<Process> {
  const process = spawn(program, { args, timeout: 600_000 });
  await process.waitFor(/eady to accept connections/);
  return process;
}
