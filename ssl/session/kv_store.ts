// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual, copyBytes } from "../../cert/base/bytes.ts";
import { type KvEntry, type KvKey, type KvStore, withStore } from "../../pkcs11/kv/store.ts";
import type { SessionStore } from "../base/session_store.ts";

/** The time in milliseconds for which a handshake retries a locked store. */
export const LOCKED_PATIENCE = 1000;

/** A store in Deno KV. */
export class KvSessionStore implements SessionStore {
  readonly #kv: KvStore;

  /** Creates a store over an open one. */
  constructor(kv: KvStore) {
    this.#kv = kv;
  }

  /** Reads a row. */
  async get(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return valueOf(await this.#read(name));
  }

  /** Writes a row, whether there is one or not. */
  async put(name: string, value: Uint8Array<ArrayBuffer>, lifetime: number): Promise<void> {
    await this.#with("write session", () => this.#set(this.#kv.atomic(), name, value, lifetime));
  }

  /** Replaces a row if its value is still the expected one. */
  async replace(
    name: string,
    before: Uint8Array<ArrayBuffer> | null,
    after: Uint8Array<ArrayBuffer> | null,
    lifetime: number,
  ): Promise<boolean> {
    const entry = await this.#read(name);
    const value = valueOf(entry) ?? null;
    const isExpected = before === null || value === null
      ? before === value
      : bytesEqual(value, before);
    if (!isExpected) return false;
    const { ok } = await this.#with("replace session", () => {
      const operation = this.#kv.atomic()
        .check({ key: keyOf(name), versionstamp: entry.versionstamp });
      return after === null
        ? operation.delete(keyOf(name)).commit()
        : this.#set(operation, name, after, lifetime);
    });
    return ok;
  }

  /** The store cannot tell whether its file was restored. */
  epoch(): null {
    return null;
  }

  #read(name: string): Promise<KvEntry> {
    return this.#with("read session", () => this.#kv.get(keyOf(name)));
  }

  #set(
    operation: ReturnType<KvStore["atomic"]>,
    name: string,
    value: Uint8Array<ArrayBuffer>,
    lifetime: number,
  ) {
    const row = { value, expiresAt: Date.now() + lifetime };
    return operation.set(keyOf(name), row, { expireIn: lifetime }).commit();
  }

  #with<T>(operation: string, run: () => Promise<T>): Promise<T> {
    return withStore(operation, run, LOCKED_PATIENCE);
  }
}

function keyOf(name: string): KvKey {
  return ["@nss/nss", "session rows", name];
}

function valueOf({ value: row }: KvEntry): Uint8Array<ArrayBuffer> | undefined {
  if (typeof row !== "object" || row === null) return undefined;
  const value: unknown = Reflect.get(row, "value");
  const isThere = value instanceof Uint8Array && Number(Reflect.get(row, "expiresAt")) > Date.now();
  return isThere ? copyBytes(value) : undefined;
}
