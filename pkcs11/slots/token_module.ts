// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Slot } from "./slot.ts";

/** What a module says of itself (`CK_INFO`). */
export interface ModuleInfo {
  /** What people call it. */
  readonly name: string;
  /** The file of its library; `null` of those that are part of this package. */
  readonly library: string | null;
  /** Who made it. */
  readonly manufacturer: string;
  /** What it says of itself. */
  readonly description: string;
  /** Its version, as `2.6`; empty if it tells none. */
  readonly version: string;
}

/** Something that has slots (`SECMODModule`): this package's own, or a PKCS#11 library. */
export interface TokenModule {
  /** What people call it. */
  readonly name: string;
  /** Its slots, with and without tokens. */
  readonly slots: readonly Slot[];
  /**
   * Tells what it is.
   *
   * @returns The answer.
   */
  describe(): ModuleInfo;
  /**
   * Closes its tokens and lets go of the library.
   *
   * @returns When it has happened.
   */
  close(): Promise<void>;
}

/** A module that is part of this package. */
export class OwnModule implements TokenModule {
  /** What people call it. */
  readonly name: string;
  /** Its slots. */
  readonly slots: readonly Slot[];

  /**
   * Creates a module.
   *
   * @param name What people call it.
   * @param slots Its slots.
   */
  constructor(name: string, slots: readonly Slot[]) {
    this.name = name;
    this.slots = slots;
  }

  /**
   * Tells what it is.
   *
   * @returns The answer.
   */
  describe(): ModuleInfo {
    return {
      name: this.name,
      library: null,
      manufacturer: "NSS for Deno",
      description: "",
      version: "",
    };
  }

  /**
   * Closes its tokens.
   *
   * @returns When it has happened.
   */
  async close(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.token?.close()));
  }
}
