// Copyright 2026 the NSS for Deno authors. MIT license.

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

/** How long a handshake tries again a store that is locked, in milliseconds. */
export const LOCKED_PATIENCE = 1000;
/** The form of what is stored. */
const FORM = 1;

/** How a cache in a store is made. */
export interface KvServerCacheOptions {
  /** The store. */
  readonly store: KvStore;
  /** What seals and names all that is stored, 32 bytes that every process of the cache knows. */
  readonly secret: Uint8Array<ArrayBuffer>;
  /** For how many sessions there is a place. */
  readonly maxCacheEntries: number;
  /** Whether the store is closed with the cache. */
  readonly ownsStore: boolean;
  /** What is done when the cache is closed. */
  readonly onClose?: () => Promise<void>;
  /** How long a locked store is tried again, in milliseconds. */
  readonly patience?: number;
}

/**
 * A cache in Deno KV, for several processes. All of it is sealed with AES-256-GCM under keys that
 * come from a secret which is not in the store, and bound to its place: whoever reads the store
 * learns how many sessions there are, and whoever writes to it can make the cache forget, or
 * remember what it knew before.
 *
 * Each session has one of a fixed number of places, by its ID, which is random: a new one takes the
 * place of an old one, as in the sets of NSS, so that the store does not grow and nobody must
 * count.
 */
export class KvServerSessionCache implements ServerSessionCache {
  readonly #options: KvServerCacheOptions;
  readonly #base: Promise<CryptoKey>;
  readonly #prefix: Promise<KvKey>;

  /** Takes the store and the secret. */
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
    return ["@nss/nss", "server sessions", new Uint8Array(name).toHex()];
  }

  /** The key of one entry: each has its own, so that random nonces do not run out. */
  async #keyOf(entry: string): Promise<CryptoKey> {
    return await crypto.subtle.deriveKey(
      hkdf(entry),
      await this.#base,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
  }

  #with<T>(what: string, run: () => Promise<T>): Promise<T> {
    return withStore(what, run, this.#options.patience ?? LOCKED_PATIENCE);
  }

  async #placeOf(id: string): Promise<KvKey> {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id));
    const place = new DataView(digest).getUint32(0) % this.#options.maxCacheEntries;
    return [...await this.#prefix, "session", String(place)];
  }

  /** The session of an ID. */
  async get(id: string, now: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const place = await this.#placeOf(id);
    const { value } = await this.#with("read session", () => this.#options.store.get(place));
    if (!isSealed(value)) return undefined;
    const opened = await unseal(await this.#keyOf(`session ${id}`), value, NO_CONTEXT);
    if (opened === null) return undefined; // somebody else's, who has the place now
    const r = new Reader(opened);
    const expiresAt = readTime(r);
    return expiresAt > now ? r.rest() : undefined;
  }

  /** Puts a session in its place. */
  async put(id: string, session: Uint8Array<ArrayBuffer>, expiresAt: number): Promise<void> {
    const place = await this.#placeOf(id);
    const w = new Writer();
    writeTime(w, expiresAt);
    const plain = w.bytes(session).finish();
    const sealed = await seal(await this.#keyOf(`session ${id}`), plain, NO_CONTEXT);
    await this.#with(
      "write session",
      () => this.#options.store.atomic().set(place, sealed).commit(),
    );
  }

  /** Empties the place of a session, if it is its own. */
  async delete(id: string): Promise<void> {
    const place = await this.#placeOf(id);
    const key = await this.#keyOf(`session ${id}`);
    await this.#with("delete session", async () => {
      const { value, versionstamp } = await this.#options.store.get(place);
      if (!isSealed(value) || await unseal(key, value, NO_CONTEXT) === null) return;
      await this.#options.store.atomic().check({ key: place, versionstamp }).delete(place).commit();
    });
  }

  /** The keys of tickets. */
  async readTicketKeys(): Promise<TicketKeyList> {
    const place = [...await this.#prefix, "ticket keys"];
    const { value, versionstamp } = await this.#with(
      "read ticket keys",
      () => this.#options.store.get(place),
    );
    const none = { keys: [], revision: versionstamp };
    if (!isSealed(value)) return none;
    const opened = await unseal(await this.#keyOf("ticket keys"), value, NO_CONTEXT);
    if (opened === null) return none; // damaged: the next keys replace it
    return { keys: decodeKeys(opened), revision: versionstamp };
  }

  /** Replaces the keys of tickets, unless others have. */
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

  /** Closes the store, if it is the cache's. */
  async close(): Promise<void> {
    if (this.#options.ownsStore) this.#options.store.close();
    await this.#options.onClose?.();
  }
}

/** What an entry belongs to is in its key. */
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
