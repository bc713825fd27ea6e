// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ErrorName, NssError } from "./errors.ts";

/**
 * A module that is loaded when it is first needed, because few programs need it, or not at their
 * start.
 *
 * @typeParam T What the module exports.
 */
export class LazyModule<T> {
  readonly #what: string;
  readonly #import: () => Promise<T>;
  #exports: T | null = null;

  /**
   * Creates a module that is not loaded.
   *
   * @param what What it is, for the error if it cannot be loaded.
   * @param load Calls `import()`, with a string that tools can read.
   */
  constructor(what: string, load: () => Promise<T>) {
    this.#what = what;
    this.#import = load;
  }

  /** What the module exports, once it is loaded: then nobody has to wait. */
  get exports(): T | null {
    return this.#exports;
  }

  /**
   * Loads the module; the runtime loads it once.
   *
   * @returns What the module exports.
   * @throws {NssError} `PR_LOAD_LIBRARY_ERROR` if that fails; the next call tries again.
   */
  async load(): Promise<T> {
    return this.#exports ??= await importLazily(this.#what, this.#import);
  }

  /** Begins to load the module, where there is time; {@linkcode LazyModule.load} tells errors. */
  preload(): void {
    this.load().catch(() => {});
  }
}

/**
 * Imports a module of this package where it is needed.
 *
 * @param what What it is, for the error if that fails.
 * @param load Calls `import()`, with a string that tools can read.
 * @returns What it exports.
 * @throws {NssError} `PR_LOAD_LIBRARY_ERROR` if that fails; the next call tries again.
 */
export async function importLazily<T>(what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new NssError(
      "PR_LOAD_LIBRARY_ERROR",
      `Cannot load ${what}: this part of the package is read when it is first needed, and that ` +
        "failed; perhaps its file was moved or replaced since the program started, or a bundle " +
        "leaves it out; restart the program, or bundle all modules",
      { cause },
    );
  }
}

/**
 * Imports a module of the runtime where it is needed: not every runtime has each.
 *
 * @param load Calls `import()` with the name of the module, such as `node:fs/promises`.
 * @param name The error if the runtime does not have it.
 * @param message What cannot be done without it.
 * @returns What it exports.
 * @throws {NssError} That error.
 */
export async function importBuiltin<T>(
  load: () => Promise<T>,
  name: ErrorName,
  message: string,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new NssError(name, message, { cause });
  }
}
