// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import type { Environment } from "../base/environment.ts";

/** A key that seals tickets. */
export interface TicketKey {
  /** What tickets call it. */
  readonly name: Uint8Array<ArrayBuffer>;
  /** The key, which does not leave. */
  readonly key: CryptoKey;
  /** When it was made, in milliseconds since 1970. */
  readonly createdAt: number;
}

/** The length of a key's name. */
export const KEY_NAME_LENGTH = 16;

/**
 * Where the keys of tickets come from: one to seal, and the one before it to open what is still
 * good.
 */
export interface TicketKeyring {
  /** The key to seal with; `null` if it is out of reach. */
  current(environment: Environment): Promise<TicketKey | null>;
  /** The key of a name; `null` if there is none. */
  find(name: Uint8Array, environment: Environment): Promise<TicketKey | null>;
}

/**
 * Keys of this process alone, renewed by themselves when the current one is as old as a ticket may
 * get.
 */
export class OwnTicketKeyring implements TicketKeyring {
  readonly #lifetime: number;
  #keys: Promise<readonly TicketKey[]> = Promise.resolve([]);

  /** Takes for how many seconds a ticket is good. */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  /** The newest key. */
  async current(environment: Environment): Promise<TicketKey> {
    const [current] = await this.#renewed(environment);
    return current!;
  }

  /** The newest key or the one before it. */
  async find(name: Uint8Array, environment: Environment): Promise<TicketKey | null> {
    const keys = await this.#renewed(environment);
    return keys.find((candidate) => bytesEqual(candidate.name, name)) ?? null;
  }

  #renewed(environment: Environment): Promise<readonly TicketKey[]> {
    const kept = this.#keys;
    const renewed = kept.then(async (keys) => {
      const now = environment.now();
      const [current] = keys;
      if (current !== undefined && now - current.createdAt < this.#lifetime * 1000) return keys;
      const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
        "encrypt",
        "decrypt",
      ]);
      const made = { name: environment.random(KEY_NAME_LENGTH), key, createdAt: now };
      return current === undefined ? [made] : [made, current];
    });
    this.#keys = renewed.catch(() => kept); // the next caller tries again
    return renewed;
  }
}
