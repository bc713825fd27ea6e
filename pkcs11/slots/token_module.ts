// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type Check,
  hasMembers,
  isArrayOf,
  isFunction,
  isInstance,
  required,
} from "../../cert/base/options.ts";
import { Slot } from "./slot.ts";

/**
 * The description of a module (`CK_INFO`).
 *
 * @category Databases and modules
 */
export interface ModuleInfo {
  /** The name. */
  readonly name: string;
  /** The path of its library; `null` for those that are part of this package. */
  readonly library: string | null;
  /** The manufacturer. */
  readonly manufacturer: string;
  /** The description. */
  readonly description: string;
  /** The version, such as `2.6`; empty if unknown. */
  readonly version: string;
}

/**
 * A module, which has slots (`SECMODModule`): part of this package, or a PKCS#11 library.
 *
 * @category Databases and modules
 */
export interface TokenModule {
  /** The name. */
  readonly name: string;
  /** The slots, with and without tokens. */
  readonly slots: readonly Slot[];
  /**
   * Describes the module.
   *
   * @returns The description.
   */
  describe(): ModuleInfo;
  /** Closes the tokens and releases the library. */
  close(): Promise<void>;
}

/** Accepts a module. */
export const isModule: Check = hasMembers("a module; loadModule() makes one", {
  slots: required(isArrayOf(isInstance(Slot))),
  describe: required(isFunction),
  close: required(isFunction),
});

/**
 * Waits until all promises have settled, unlike `Promise.all`, which leaves the others running.
 *
 * @param promises The promises.
 * @returns Their values.
 * @throws The first error of those that failed.
 */
export async function allEnded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** A module that is part of this package. */
export class OwnModule implements TokenModule {
  /** The name. */
  readonly name: string;
  /** The slots. */
  readonly slots: readonly Slot[];

  /**
   * Creates a module.
   *
   * @param name The name.
   * @param slots The slots.
   */
  constructor(name: string, slots: readonly Slot[]) {
    this.name = name;
    this.slots = slots;
  }

  /**
   * Describes the module.
   *
   * @returns The description.
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

  /** Closes the tokens. */
  async close(): Promise<void> {
    await allEnded(this.slots.map(async ({ token }) => await token?.close()));
  }
}
