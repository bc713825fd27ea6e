// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ModuleInfo, Slot, TokenModule } from "./slot.ts";

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
