// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import { isSealed, seal, unseal } from "../../pkcs11/kv/sealing.ts";
import { type KvKey, type KvStore, withStore } from "../../pkcs11/kv/store.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type {
  ServerSessionCache,
  TicketKeyList,
  TicketKeyRecord,
} from "../base/server_session_cache.ts";
import { readTime, writeTime } from "./session_codec.ts";
import { KEY_NAME_LENGTH } from "./ticket_keyring.ts";

/** The time in milliseconds for which a handshake retries a locked store. */
export const LOCKED_PATIENCE = 1000;
/** The version of the storage format. */
const FORM = 1;

/** The options of a cache in a store. */
export interface KvServerCacheOptions {
  /** The store. */
  readonly store: KvStore;
  /** The secret that keys and names derive from, 32 bytes that all processes of the cache share. */
  readonly secret: Uint8Array<ArrayBuffer>;
  /** The number of slots for sessions. */
  readonly maxCacheEntries: number;
  /** Whether the store is closed with the cache. */
  readonly ownsStore: boolean;
  /** Called when the cache is closed. */
  readonly onClose?: () => Promise<void>;
  /** The time in milliseconds for which a locked store is retried. */
  readonly patience?: number;
}

/**
 * A server session cache in Deno KV, for several processes. Entries are encrypted with AES-256-GCM
 * under keys that derive from a secret outside of the store and from the name of the entry. Read
 * access to the store reveals the number of sessions; write access allows to delete entries and to
 * restore earlier ones.
 *
 * The session ID, which is random, selects one of a fixed number of slots; a new session replaces
 * the old one in its slot, as in the sets of NSS, so that the store does not grow.
 */
export class KvServerSessionCache implements ServerSessionCache {
  readonly #options: KvServerCacheOptions;
  readonly #base: Promise<CryptoKey>;
  readonly #prefix: Promise<KvKey>;

  /** Creates a cache in a store. */
  constructor(options: KvServerCacheOptions) {
    this.#options = options;
    this.#base = crypto.subtle.importKey("raw", options.secret, "HKDF", false, [
      "deriveBits",
      "deriveKey",
    ]);
    this.#prefix = this.#derivePrefix();
    this.#prefix.catch(() => {}); // awaited with the first call
  }

  async #derivePrefix(): Promise<KvKey> {
    const name = await crypto.subtle.deriveBits(hkdf("name"), await this.#base, 128);
    return ["@nss/nss", "server sessions", toHex(new Uint8Array(name))];
  }

  /** Derives the key of an entry: one for each, so that random nonces are not used up. */
  async #keyOf(entry: string): Promise<CryptoKey> {
    return await crypto.subtle.deriveKey(
      hkdf(entry),
      await this.#base,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
  }

  #with<T>(operation: string, run: () => Promise<T>): Promise<T> {
    return withStore(operation, run, this.#options.patience ?? LOCKED_PATIENCE);
  }

  async #slotOf(id: string): Promise<KvKey> {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id));
    const slot = new DataView(digest).getUint32(0) % this.#options.maxCacheEntries;
    return [...await this.#prefix, "session", String(slot)];
  }

  /** Returns the session of an ID. */
  async get(id: string, now: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const slot = await this.#slotOf(id);
    const { value } = await this.#with("read session", () => this.#options.store.get(slot));
    if (!isSealed(value)) return undefined;
    const opened = await unseal(await this.#keyOf(`session ${id}`), value, NO_CONTEXT);
    if (opened === null) return undefined; // another session has the slot
    const r = new Reader(opened);
    const expiresAt = readTime(r);
    return expiresAt > now ? r.rest() : undefined;
  }

  /** Stores a session in its slot. */
  async put(id: string, session: Uint8Array<ArrayBuffer>, expiresAt: number): Promise<void> {
    const slot = await this.#slotOf(id);
    const w = new Writer();
    writeTime(w, expiresAt);
    const plain = w.bytes(session).finish();
    const sealed = await seal(await this.#keyOf(`session ${id}`), plain, NO_CONTEXT);
    await this.#with(
      "write session",
      () => this.#options.store.atomic().set(slot, sealed).commit(),
    );
  }

  /** Empties the slot of a session, unless another session has it. */
  async delete(id: string): Promise<void> {
    const slot = await this.#slotOf(id);
    const key = await this.#keyOf(`session ${id}`);
    await this.#with("delete session", async () => {
      const { value, versionstamp } = await this.#options.store.get(slot);
      if (!isSealed(value) || await unseal(key, value, NO_CONTEXT) === null) return;
      await this.#options.store.atomic().check({ key: slot, versionstamp }).delete(slot).commit();
    });
  }

  /** Returns the ticket keys. */
  async readTicketKeys(): Promise<TicketKeyList> {
    const place = [...await this.#prefix, "ticket keys"];
    const { value, versionstamp } = await this.#with(
      "read ticket keys",
      () => this.#options.store.get(place),
    );
    const none = { keys: [], revision: versionstamp };
    if (!isSealed(value)) return none;
    const opened = await unseal(await this.#keyOf("ticket keys"), value, NO_CONTEXT);
    if (opened === null) return none; // damaged: the next keys replace them
    return { keys: decodeKeys(opened), revision: versionstamp };
  }

  /** Replaces the ticket keys; returns `false` if they have changed since `revision`. */
  async writeTicketKeys(
    keys: readonly TicketKeyRecord[],
    revision: string | null,
  ): Promise<boolean> {
    const place = [...await this.#prefix, "ticket keys"];
    const sealed = await seal(await this.#keyOf("ticket keys"), encodeKeys(keys), NO_CONTEXT);
    const { ok } = await this.#with("write ticket keys", () =>
      this.#options.store.atomic()
        .check({ key: place, versionstamp: revision })
        .set(place, sealed)
        .commit());
    return ok;
  }

  /** Closes the cache, and the store if the cache owns it. */
  async close(): Promise<void> {
    if (this.#options.ownsStore) this.#options.store.close();
    await this.#options.onClose?.();
  }
}

/** The additional data is empty, because each entry has its own key. */
const NO_CONTEXT = new Uint8Array(0);

function hkdf(purpose: string): HkdfParams {
  const info = new TextEncoder().encode(`NSS for Deno, server sessions ${FORM}: ${purpose}`);
  return { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info };
}

function encodeKeys(keys: readonly TicketKeyRecord[]): Uint8Array<ArrayBuffer> {
  const w = new Writer().u8(FORM);
  for (const { name, secret, createdAt } of keys) {
    w.fixed(name, KEY_NAME_LENGTH).fixed(secret, 32);
    writeTime(w, createdAt);
  }
  return w.finish();
}

function decodeKeys(bytes: Uint8Array<ArrayBuffer>): TicketKeyRecord[] {
  const r = new Reader(bytes);
  if (r.u8() !== FORM) throw new DecodeError("the keys are of another form");
  return r.list((entry) => ({
    name: entry.bytes(KEY_NAME_LENGTH),
    secret: entry.bytes(32),
    createdAt: readTime(entry),
  }));
}
