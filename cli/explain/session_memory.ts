// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The master secrets of sessions of TLS 1.2 that were seen: a resumed one has the same, and not all
 * programs write it to their key log again.
 *
 * @module
 */

import { toHex } from "../../cert/base/runtime.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The most sessions that are remembered. */
export const MAX_SESSIONS = 1000;

/** How much of a ticket names it: more than the key's name and the IV at its beginning. */
const TICKET_NAME_LENGTH = 64;

/** The name of a session: of its ID, or of its ticket. */
export function sessionName(idOrTicket: Uint8Array): string {
  return toHex(idOrTicket.subarray(0, TICKET_NAME_LENGTH));
}

/** Master secrets by the names of their sessions; the oldest are forgotten. */
export class SessionMemory {
  readonly #secrets = new Map<string, Bytes>();

  /** Remembers a secret. */
  add(name: string, masterSecret: Bytes): void {
    this.#secrets.set(name, masterSecret.slice());
    const [oldest] = this.#secrets.keys();
    if (this.#secrets.size > MAX_SESSIONS) this.#secrets.delete(oldest!);
  }

  /** Returns a copy of the secret of the first name that is known. */
  find(names: Iterable<string>): Bytes | undefined {
    for (const name of names) {
      const secret = this.#secrets.get(name);
      if (secret !== undefined) return secret.slice();
    }
    return undefined;
  }
}
