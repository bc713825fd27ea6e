// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Snapshot } from "./snapshot.ts";

/** The bits of an id; the others identify the slot and the kind of token (`SFTK_OBJ_ID_MASK`). */
const MASK = 0x3fffffff;

/** Generates object ids as NSS does, from the time. */
export class ObjectIds {
  readonly #ids = new Map<string, number>();

  /**
   * Returns an unused id. The same purpose gets the same id as long as that is unused.
   *
   * @param snapshot The snapshot, with the used ids.
   * @param purpose The purpose, such as `private key`.
   * @returns The id.
   */
  next(snapshot: Snapshot, purpose: string): number {
    const known = this.#ids.get(purpose);
    if (known !== undefined && !snapshot.isUsed(known)) return known;
    let id = (Date.now() * 1000) & MASK;
    const reserved = new Set(this.#ids.values());
    while (id === 0 || snapshot.isUsed(id) || reserved.has(id)) id = (id + 1) & MASK;
    this.#ids.set(purpose, id);
    return id;
  }
}
