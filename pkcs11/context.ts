// Copyright 2026 the NSS for Deno authors. MIT license.

import type { TrustAnchor } from "../cert/trust_anchor.ts";
import { platformTrustAnchors } from "./builtins.ts";

/** What an {@linkcode NssContext} is made from. */
export interface NssContextOptions {
  /** The certification authorities that the context trusts; by default those of the platform. */
  readonly trustAnchors?: readonly TrustAnchor[] | (() => Promise<readonly TrustAnchor[]>);
}

/**
 * What belongs together: trust, and by its identity the defaults and caches that other modules keep for it.
 *
 * Contexts know nothing of each other: a session that one of them made is not resumed in another.
 *
 * @example Trust one authority only
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext({ trustAnchors: [] });
 * assertEquals(await context.trustAnchors(), []);
 * ```
 */
export class NssContext {
  readonly #trustAnchors: () => Promise<readonly TrustAnchor[]>;

  /**
   * Creates a context.
   *
   * @param options What it trusts.
   */
  constructor(options: NssContextOptions = {}) {
    const { trustAnchors = platformTrustAnchors } = options;
    this.#trustAnchors = typeof trustAnchors === "function"
      ? trustAnchors
      : () => Promise.resolve(trustAnchors);
  }

  /**
   * Gives the certification authorities that the context trusts.
   *
   * @returns The trust anchors.
   * @throws {NssError} As {@linkcode platformTrustAnchors}, where the platform's are meant.
   */
  trustAnchors(): Promise<readonly TrustAnchor[]> {
    return this.#trustAnchors();
  }
}

let current: NssContext | undefined;

/**
 * Gives the context that functions mean where none is named.
 *
 * @returns The same context each time.
 *
 * @example Usage
 * ```ts
 * import { defaultContext } from "@nss/nss/pkcs11";
 * import { assertStrictEquals } from "@std/assert";
 *
 * assertStrictEquals(defaultContext(), defaultContext());
 * ```
 */
export function defaultContext(): NssContext {
  return current ??= new NssContext();
}
