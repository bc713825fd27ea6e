// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically.

import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { bytesEqual } from "../../cert/base/bytes.ts";
import type { ServerSessionCache } from "../base/server_session_cache.ts";
import { MAX_SERVER_SESSIONS, MemoryServerSessionCache } from "../session/memory_server.ts";

/**
 * The sessions of a server in Node's form: those of TLS 1.2 with an ID, which clients without
 * tickets resume. Where the server has listeners of `newSession` and `resumeSession`, they keep
 * them; else they are kept in memory.
 */
export class EventSessionCache implements ServerSessionCache {
  readonly #server: EventEmitter;
  readonly #memory = new MemoryServerSessionCache(MAX_SERVER_SESSIONS);

  constructor(server: EventEmitter) {
    this.#server = server;
  }

  async get(key: string, now: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const [id = "", binding = ""] = key.split(" ");
    const answer = await new Promise<unknown>((resolve, reject) => {
      const done = (error?: unknown, data?: unknown) => error ? reject(error) : resolve(data);
      if (!this.#server.emit("resumeSession", Buffer.from(id, "hex"), done)) resolve(undefined);
    });
    if (this.#server.listenerCount("resumeSession") === 0) return this.#memory.get(key, now);
    return answer instanceof Uint8Array ? unbind(answer, Buffer.from(binding, "hex")) : undefined;
  }

  async put(key: string, session: Uint8Array<ArrayBuffer>, expiresAt: number): Promise<void> {
    const [id = "", binding = ""] = key.split(" ");
    const data = bind(session, Buffer.from(binding, "hex"));
    const isKept = await new Promise<boolean>((resolve) => {
      const done = () => resolve(true);
      if (!this.#server.emit("newSession", Buffer.from(id, "hex"), data, done)) resolve(false);
    });
    if (!isKept) this.#memory.put(key, session, expiresAt);
  }

  delete(key: string): void {
    this.#memory.delete(key);
  }
}

/** Puts what a session is bound to, a hash of 32 bytes, before it: Node's events know IDs alone. */
function bind(session: Uint8Array, binding: Uint8Array): Buffer {
  return Buffer.concat([new Uint8Array([binding.length]), binding, session]);
}

/** Returns the session; `undefined` if it is of another configuration. */
function unbind(data: Uint8Array, binding: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const length = 1 + binding.length;
  if (data[0] !== binding.length || !bytesEqual(data.subarray(1, length), binding)) {
    return undefined;
  }
  return new Uint8Array(data.subarray(length));
}
