// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { type Check, isBytes } from "../../cert/base/options.ts";
import type { Environment } from "../base/environment.ts";
import type { StoreWait } from "./attempt.ts";

/** A key that seals tickets. */
export interface TicketKey {
  /** The key name in tickets. */
  readonly name: Uint8Array<ArrayBuffer>;
  /** The key, which is not extractable. */
  readonly key: CryptoKey;
}

/** The length in bytes of a key name. */
export const KEY_NAME_LENGTH = 16;

/**
 * The source of ticket keys: the current one to seal with, and the one before it to open tickets
 * that have not expired.
 */
export interface TicketKeyring {
  /**
   * Returns the key to seal with; `null` if it is unavailable, or the handshake has waited for
   * stores long enough.
   */
  current(environment: Environment, wait?: StoreWait): Promise<TicketKey | null>;
  /** Returns the key of a name; `null` if there is none, or none can be waited for. */
  find(name: Uint8Array, environment: Environment, wait?: StoreWait): Promise<TicketKey | null>;
  /** Has a keyring in a store look after its keys with the next call: they may be lost. */
  onNewEpoch?(): void;
}

/** A key of this process, and when it was made. */
interface OwnTicketKey extends TicketKey {
  /** The creation time, in milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * The ticket keys of one process, renewed on use when the current one is as old as the lifetime of
 * tickets.
 */
export class OwnTicketKeyring implements TicketKeyring {
  readonly #lifetime: number;
  /** The newest key and the one before it. */
  #keys: readonly OwnTicketKey[] = [];
  #renewing: Promise<readonly OwnTicketKey[]> | null = null;

  /** Creates a keyring for tickets of a lifetime in seconds. */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  /** Returns the newest key. */
  async current(environment: Environment): Promise<TicketKey> {
    const [current] = await this.#renewed(environment);
    return current!;
  }

  /** Returns the key of a name, if it is the newest one or the one before it. */
  async find(name: Uint8Array, environment: Environment): Promise<TicketKey | null> {
    const keys = await this.#renewed(environment);
    return keys.find((candidate) => bytesEqual(candidate.name, name)) ?? null;
  }

  /** Returns the keys, after renewing the newest one if it is too old. */
  #renewed(environment: Environment): readonly OwnTicketKey[] | Promise<readonly OwnTicketKey[]> {
    const [current] = this.#keys;
    const now = environment.now();
    if (current !== undefined && now - current.createdAt < this.#lifetime * 1000) return this.#keys;
    this.#renewing ??= this.#renew(environment, now).finally(() => {
      this.#renewing = null; // after a failure the next caller tries again
    });
    return this.#renewing;
  }

  async #renew(environment: Environment, createdAt: number): Promise<readonly OwnTicketKey[]> {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    const made: OwnTicketKey = { name: environment.random(KEY_NAME_LENGTH), key, createdAt };
    return this.#keys = [made, ...this.#keys.slice(0, 1)];
  }
}

/** The length of a key by bytes, as in Node: its name, and what OpenSSL makes two keys of. */
export const GIVEN_KEY_LENGTH = 48;
/** The maximum number of keys by bytes: each costs a derivation. */
export const MAX_GIVEN_KEYS = 256;

/** Keys by bytes: one, or several. */
export type GivenTicketKeys = Uint8Array | readonly Uint8Array[];

/** Accepts {@linkcode GivenTicketKeys}; messages do not quote them. */
export const areGivenTicketKeys: Check = (value, name) => {
  if (!Array.isArray(value)) return isGivenTicketKey(value, name);
  if (value.length === 0) return `${name} is empty: there has to be a key to seal with`;
  if (value.length > MAX_GIVEN_KEYS) {
    return `${name} has ${value.length} keys, more than ${MAX_GIVEN_KEYS}`;
  }
  const wrong = value.findIndex((key) => isGivenTicketKey(key, name) !== null);
  if (wrong !== -1) return isGivenTicketKey(value[wrong], `${name}[${wrong}]`);
  const names = value.map((key: Uint8Array) => key.subarray(0, KEY_NAME_LENGTH).join());
  const twice = names.findIndex((one, i) => names.indexOf(one) !== i);
  if (twice === -1) return null;
  return `${name}[${twice}] has the name of another key: the first 16 bytes have to differ`;
};

/** Accepts a key by bytes. */
function isGivenTicketKey(value: unknown, name: string): string | null {
  if (!(value instanceof Uint8Array)) return isBytes(value, name);
  if (value.length === GIVEN_KEY_LENGTH) return null;
  const parts = "16 of a name and 32 of secrets";
  return `${name} has ${value.length} bytes, not ${GIVEN_KEY_LENGTH}: ${parts}`;
}
