// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A session store whose engine is reached from another process, so that several processes do what a
 * test wants at the same time.
 *
 * @module
 */

import type { SessionStore } from "../../ssl/base/session_store.ts";
import { openKvSessionStore } from "../../ssl/session/store/kv_store.ts";
import { RedisSessionStore } from "../../ssl/session/store/redis_store.ts";
import { type Process, spawn } from "./process.ts";
import { RedisClient } from "./redis.ts";

/** The engines that a process can open: a file of Deno KV, or the Unix socket of Redis. */
export type EngineName = "kv" | "redis";

type Value = Uint8Array<ArrayBuffer> | null;

/** What a process answers to a call. */
interface Answer {
  readonly error?: string;
  readonly hex?: string;
  readonly value?: unknown;
}

/** How long a process may live, in milliseconds. */
const LIFETIME = 300_000;

/** The store in another process. */
export class StoreProcess implements SessionStore, AsyncDisposable {
  readonly #process: Process;
  readonly #pending = new Map<number, PromiseWithResolvers<Answer>>();
  #calls = 0;

  private constructor(process: Process) {
    this.#process = process;
    this.#read().catch((error) => {
      for (const { reject } of this.#pending.values()) reject(error);
    });
  }

  /** Starts a process with a store. */
  static async start(engine: EngineName, path: string): Promise<StoreProcess> {
    const process = spawn(Deno.execPath(), {
      args: ["run", "-A", "--unstable-kv", "--no-check", import.meta.filename!, engine, path],
      interactive: true,
      timeout: LIFETIME,
    });
    await process.waitFor(/^ready$/m, 60_000);
    return new StoreProcess(process);
  }

  /** Gives each answer to its call, and looks at no output twice: values are long. */
  async #read(): Promise<never> {
    for (let place = "ready\n".length;;) {
      const isWhole = ({ stdout }: Process) => stdout.indexOf("\n", place) < 0 ? null : this;
      await this.#process.waitFor(isWhole, LIFETIME);
      const { stdout } = this.#process;
      for (let end; (end = stdout.indexOf("\n", place)) >= 0; place = end + 1) {
        const [id, answer]: [number, Answer] = JSON.parse(stdout.slice(place, end));
        this.#pending.get(id)?.resolve(answer);
        this.#pending.delete(id);
      }
    }
  }

  async #call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#calls;
    const shown = args.map((arg) => arg instanceof Uint8Array ? { hex: arg.toHex() } : arg);
    const pending = Promise.withResolvers<Answer>();
    this.#pending.set(id, pending);
    await this.#process.write(JSON.stringify([id, method, ...shown]) + "\n");
    const answer = await pending.promise;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.hex === undefined ? answer.value : Uint8Array.fromHex(answer.hex);
  }

  /** Reads a row. */
  async get(name: string): Promise<Uint8Array | undefined> {
    const value = await this.#call("get", name);
    return value instanceof Uint8Array ? value : undefined;
  }

  /** Writes a row. */
  async put(name: string, value: Uint8Array, lifetime: number): Promise<void> {
    await this.#call("put", name, value, lifetime);
  }

  /** Replaces a row. */
  async replace(name: string, before: Value, after: Value, lifetime: number): Promise<boolean> {
    return await this.#call("replace", name, before, after, lifetime) === true;
  }

  /** Returns the epoch. */
  async epoch(name: string): Promise<string | null> {
    const epoch = await this.#call("epoch", name);
    return typeof epoch === "string" ? epoch : null;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.close();
  }
}

async function openStore(engine: string, path: string): Promise<SessionStore> {
  if (engine === "kv") return await openKvSessionStore({ path });
  const client = await RedisClient.connect(path);
  return new RedisSessionStore({ command: (_, args) => client.send(args) });
}

async function call(store: SessionStore, method: string, args: unknown[]): Promise<unknown> {
  // deno-lint-ignore no-explicit-any
  const [name, ...rest] = args as any[];
  switch (method) {
    case "get":
      return await store.get(name);
    case "put":
      return await store.put(name, rest[0], rest[1]);
    case "replace":
      return await store.replace(name, rest[0], rest[1], rest[2]);
    default:
      return await store.epoch(name);
  }
}

async function serve(store: SessionStore): Promise<void> {
  const write = (line: string) => {
    const bytes = new TextEncoder().encode(`${line}\n`);
    for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
  };
  write("ready");
  let text = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      const [id, method, ...shown] = JSON.parse(line);
      const args = shown.map((arg: { hex?: string } | null | string | number) =>
        typeof arg === "object" && arg?.hex !== undefined ? Uint8Array.fromHex(arg.hex) : arg
      );
      call(store, method, args).then(
        (value) => value instanceof Uint8Array ? { hex: value.toHex() } : { value },
        (error) => ({ error: `${error}` }),
      ).then((answer) => write(JSON.stringify([id, answer])));
    }
  }
}

if (import.meta.main) {
  const [engine, path] = Deno.args;
  await serve(await openStore(engine!, path!));
  Deno.exit();
}
