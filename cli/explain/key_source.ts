// Copyright 2026 the NSS for Deno authors. MIT license.

/** The secrets of a key log: the lines of NSS's format, which all TLS stacks write. @module */

import { fromHex } from "../../cert/base/runtime.ts";

/** A label of a key log, as `CLIENT_RANDOM` or `SERVER_HANDSHAKE_TRAFFIC_SECRET`. */
export type KeyLabel = string;

/** Where secrets come from. */
export interface KeySource {
  /**
   * Returns a secret of a connection; may wait until it is there.
   *
   * @param label The label of the line.
   * @param clientRandom The `random` of the connection's ClientHello, hexadecimal.
   * @returns A copy of the secret, or why there is none.
   */
  secret(label: KeyLabel, clientRandom: string): Promise<Uint8Array<ArrayBuffer> | string>;
}

/** A source of nothing. */
export const NO_KEYS: KeySource = { secret: () => Promise.resolve("there is no key log") };

/** The most connections whose secrets are kept: a browser's log has many. */
export const MAX_CONNECTIONS = 10_000;

/** The longest secret of any hash, in digits. */
const LINE = /^([A-Z][A-Z0-9_]{1,63}) ([0-9a-f]{64}) ((?:[0-9a-f]{2}){1,64})$/i;

/** The secrets of the lines that were read; the oldest connections are forgotten. */
export class Secrets implements KeySource {
  readonly #byRandom = new Map<string, Map<KeyLabel, string>>();

  /** Takes a line; comments and what is no line of a key log are left out. */
  add(line: string): void {
    const [, label, random, secret] = LINE.exec(line.trim()) ?? [];
    if (label === undefined || random === undefined || secret === undefined) return;
    const key = random.toLowerCase();
    const secrets = this.#byRandom.get(key) ?? new Map<KeyLabel, string>();
    secrets.set(label.toUpperCase(), secret);
    this.#byRandom.set(key, secrets);
    const [oldest] = this.#byRandom.keys();
    if (this.#byRandom.size > MAX_CONNECTIONS) this.#byRandom.delete(oldest!);
  }

  /** Returns a secret, if its line was read; `undefined` otherwise. */
  find(label: KeyLabel, clientRandom: string): Uint8Array<ArrayBuffer> | undefined {
    const digits = this.#byRandom.get(clientRandom)?.get(label);
    return digits === undefined ? undefined : fromHex(digits);
  }

  /** Returns a secret at once. */
  secret(label: KeyLabel, clientRandom: string): Promise<Uint8Array<ArrayBuffer> | string> {
    const found = this.find(label, clientRandom);
    return Promise.resolve(found ?? `the key log has no ${label} of this connection`);
  }
}
