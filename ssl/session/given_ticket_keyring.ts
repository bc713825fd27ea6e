// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { KEY_NAME_LENGTH, type TicketKey, type TicketKeyring } from "./ticket_keyring.ts";

/**
 * Keys by bytes, as Node and nginx have them: all who have the same ones open each other's tickets.
 * The first one seals. They are not renewed.
 */
export class GivenTicketKeyring implements TicketKeyring {
  #bytes: readonly Uint8Array<ArrayBuffer>[];
  #keys: Promise<readonly TicketKey[]> | null = null;

  /** Takes the keys, which have passed {@linkcode areGivenTicketKeys}, and clears their bytes. */
  constructor(keys: readonly Uint8Array<ArrayBuffer>[]) {
    this.#bytes = keys;
  }

  /** Returns the first key. */
  async current(): Promise<TicketKey> {
    const [first] = await this.#derived();
    return first!;
  }

  /** Returns the key of a name. */
  async find(name: Uint8Array): Promise<TicketKey | null> {
    const keys = await this.#derived();
    return keys.find((candidate) => bytesEqual(candidate.name, name)) ?? null;
  }

  #derived(): Promise<readonly TicketKey[]> {
    return this.#keys ??= this.#derive().catch((error) => {
      this.#keys = null; // the next caller tries again
      throw error;
    });
  }

  async #derive(): Promise<readonly TicketKey[]> {
    const keys = await Promise.all(this.#bytes.map(deriveKey));
    for (const bytes of this.#bytes) bytes.fill(0);
    this.#bytes = [];
    return keys;
  }
}

async function deriveKey(bytes: Uint8Array<ArrayBuffer>): Promise<TicketKey> {
  const secret = bytes.subarray(KEY_NAME_LENGTH);
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode("NSS for Deno, ticket key by bytes 1");
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
  return { name: bytes.slice(0, KEY_NAME_LENGTH), key };
}
