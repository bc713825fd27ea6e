// Copyright 2026 the NSS for Deno authors. MIT license.

import { isSealed, seal, type Sealed, unseal } from "../../pkcs11/kv/sealing.ts";
import type { CachedSession } from "../base/session_cache.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { readTime, writeTime } from "./session_codec.ts";

/** Encrypts the sessions of a client's cache. */
export class SessionSealer {
  readonly #key: Promise<CryptoKey>;

  /**
   * Creates a sealer.
   *
   * @param secret The secret that the key derives from, 32 bytes.
   */
  constructor(secret: Uint8Array<ArrayBuffer>) {
    this.#key = deriveKey(secret);
    this.#key.catch(() => {}); // awaited with the first call
  }

  /** Encrypts sessions, for one key of the cache only. */
  async seal(key: string, sessions: readonly CachedSession[]): Promise<Sealed> {
    const w = new Writer();
    for (const { token, expiresAt } of sessions) {
      writeTime(w, expiresAt);
      w.vector24(token);
    }
    return await seal(await this.#key, w.finish(), contextOf(key));
  }

  /** Decrypts sessions; none if they are not from {@linkcode SessionSealer.seal} for this key. */
  async open(key: string, value: unknown): Promise<readonly CachedSession[]> {
    if (!isSealed(value)) return [];
    const opened = await unseal(await this.#key, value, contextOf(key));
    if (opened === null) return [];
    return new Reader(opened).list((entry) => {
      const expiresAt = readTime(entry);
      return { token: entry.vector24(), expiresAt };
    });
  }
}

async function deriveKey(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode("NSS for Deno, client sessions 1");
  return await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

function contextOf(key: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(key);
}
