// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertDB, CertSource } from "../cert/cert_db.ts";
import { combineCertSources } from "../cert/combine_cert_sources.ts";
import { setDefaultCertDBProvider } from "../cert/default_cert_db.ts";
import { MemoryCertDB } from "../cert/memory_cert_db.ts";
import type { TrustAnchor } from "../cert/trust_anchor.ts";
import { platformTrustAnchors } from "./builtins.ts";
import { TrustAnchorSource } from "./trust_anchor_source.ts";

/** What an {@linkcode NssContext} is made from. */
export interface NssContextOptions {
  /** The certification authorities that the context trusts; by default those of the platform. */
  readonly trustAnchors?: readonly TrustAnchor[] | (() => Promise<readonly TrustAnchor[]>);
  /** The database of certificates; by default an empty one in memory. */
  readonly certDB?: CertDB;
  /** Where certificates are found besides, as in tokens; the first is asked first. */
  readonly certSources?: readonly CertSource[];
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
  /**
   * What the context knows of certificates: its database, its other sources, and behind them its trust anchors,
   * those of the platform as `Builtin Object Token`. Trust that is set here overrides theirs. Trust anchors
   * without a certificate are not in it.
   */
  readonly certDB: CertDB;
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
    const isPlatform = trustAnchors === platformTrustAnchors;
    this.certDB = combineCertSources([
      options.certDB ?? new MemoryCertDB(),
      ...options.certSources ?? [],
      new TrustAnchorSource({
        name: isPlatform ? "Builtin Object Token" : "Trust Anchors",
        load: this.#trustAnchors,
        // Mozilla's are authorities of servers; nobody has examined what they issue to clients
        trust: isPlatform ? "C,," : "CT,C,C",
        vetted: isPlatform,
      }),
    ]);
  }

  /**
   * Gives the certification authorities that the context was made with. What its database trusts besides is
   * there.
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

setDefaultCertDBProvider(() => defaultContext().certDB);
