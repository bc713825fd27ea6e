// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Snapshot } from "./core.ts";

/** The bits of an id: the others are for the slot and the kind of token (`SFTK_OBJ_ID_MASK`). */
const MASK = 0x3fffffff;

/** Makes ids of objects as NSS does: the time, or what comes next after it. */
export class ObjectIds {
  readonly #made = new Map<string, number>();

  /**
   * Gives an id that nobody has. The same question has the same answer as long as that holds.
   *
   * @param snapshot Who has which.
   * @param what What it is for.
   * @returns The id.
   */
  next(snapshot: Snapshot, what: string): number {
    const known = this.#made.get(what);
    if (known !== undefined && !snapshot.ids.has(known)) return known;
    let id = (Date.now() * 1000) & MASK;
    const mine = new Set(this.#made.values());
    while (id === 0 || snapshot.ids.has(id) || mine.has(id)) id = (id + 1) & MASK;
    this.#made.set(what, id);
    return id;
  }
}
