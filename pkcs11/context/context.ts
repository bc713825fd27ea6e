// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type Check,
  isArrayOf,
  requireArgs,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import { type CertDB, type CertSource, isCertDB, isCertSource } from "../../cert/db/cert_db.ts";
import { setDefaultCertDBProvider } from "../../cert/db/default_cert_db.ts";
import { isAnchor, toAnchors, type TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import { platformTrustAnchors } from "./builtins.ts";
import { ContextCertDB } from "./context_cert_db.ts";
import { ReadOnlyToken } from "../token/read_only_token.ts";
import { Slot, type SlotOwner } from "../slots/slot.ts";
import { SoftToken } from "../token/softoken.ts";
import { isToken, type Token } from "../token/token.ts";
import { allEnded, isModule, OwnModule, type TokenModule } from "../slots/token_module.ts";
import { TrustAnchorSource } from "./trust_anchor_source.ts";

/** NSS's name of the slot of its databases. */
const INTERNAL_SLOT = "NSS User Private Key and Certificate Services";

/**
 * The options of an {@linkcode NssContext}.
 *
 * @category Databases and modules
 */
export interface NssContextOptions {
  /** The trust anchors, or a function that loads them; by default those of the platform. */
  readonly trustAnchors?: readonly TrustAnchor[] | (() => Promise<readonly TrustAnchor[]>);
  /**
   * The internal token, where keys are generated and certificates imported; by default an empty one
   * in memory.
   */
  readonly token?: Token;
  /** The database of certificates; by default that of the token. */
  readonly certDB?: CertDB;
  /** Further sources of certificates, in order of precedence. */
  readonly certSources?: readonly CertSource[];
}

/** The check of trust anchors, or of what loads them. */
export const isAnchors: Check = (value, name) =>
  typeof value === "function" ? null : isArrayOf(isAnchor)(value, name);

const SHAPE: Shape<NssContextOptions> = {
  trustAnchors: isAnchors,
  token: isToken,
  certDB: isCertDB,
  certSources: isArrayOf(isCertSource),
};

/**
 * A set of tokens and their trust. Other modules keep defaults and caches for each context.
 *
 * Contexts share nothing: a TLS session of one is not resumed in another.
 *
 * @example Trust one authority only
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext({ trustAnchors: [] });
 * assertEquals(await context.trustAnchors(), []);
 * ```
 *
 * @category Databases and modules
 */
export class NssContext implements SlotOwner {
  /**
   * The combined certificates: those of the database, of the other sources, of present tokens, and
   * of the trust anchors, those of the platform as `Builtin Object Token`. Trust that is set here
   * overrides theirs. Trust anchors without a certificate are not included.
   */
  readonly certDB: CertDB;
  /** The slot of the internal token (`PK11_GetInternalKeySlot`). */
  readonly internalSlot: Slot;
  readonly #trustAnchors: () => Promise<readonly TrustAnchor[]>;
  readonly #modules: TokenModule[];
  #closing: Promise<void> | null = null;

  /**
   * Creates a context.
   *
   * @param options Its trust anchors, token and certificates.
   */
  constructor(options: NssContextOptions = {}) {
    options = takeOptions("Cannot make context", options, SHAPE);
    const { trustAnchors = platformTrustAnchors } = options;
    if (typeof trustAnchors === "function") this.#trustAnchors = trustAnchors;
    else {
      const anchors = toAnchors(trustAnchors);
      this.#trustAnchors = () => Promise.resolve(anchors);
    }
    const isPlatform = trustAnchors === platformTrustAnchors;
    const token = options.token ?? new SoftToken();
    const roots = new ReadOnlyToken(
      new TrustAnchorSource({
        name: isPlatform ? "Builtin Object Token" : "Trust Anchors",
        load: this.#trustAnchors,
        trust: "CT,C,C",
      }),
    );
    this.internalSlot = new Slot({ name: INTERNAL_SLOT, token });
    const rootSlot = new Slot({ name: "NSS Builtin Objects", token: roots });
    const builtin = [
      new OwnModule("NSS Internal PKCS #11 Module", [this.internalSlot]),
      new OwnModule("Builtin Roots Module", [rootSlot]),
    ];
    for (const slot of [this.internalSlot, rootSlot]) slot.context = this;
    this.#modules = builtin;
    const first = options.certDB ?? token.certificates;
    const sources = options.certSources ?? [];
    this.certDB = new ContextCertDB(() => [
      first,
      ...sources,
      ...this.slots.map((slot) => slot.token).filter((other) =>
        other !== null && other !== roots && other !== token
      ).map((other) => other!.certificates),
      roots.certificates,
    ]);
  }

  /**
   * The modules: the built-in ones of the internal token and of the trust anchors, then the added
   * ones.
   */
  get modules(): readonly TokenModule[] {
    return [...this.#modules];
  }

  /** The slots of all modules, that of the internal token first. */
  get slots(): readonly Slot[] {
    return this.#modules.flatMap(({ slots }) => slots);
  }

  /** The internal token (`PK11_GetInternalKeySlot`). */
  get token(): Token {
    return this.internalSlot.token!;
  }

  /**
   * Adds a module (`SECMOD_AddModule`), whose keys and certificates are found from then on. It is
   * closed with the context.
   *
   * @param module The module; it may belong to one context only.
   * @returns The module.
   */
  addModule<M extends TokenModule>(module: M): M {
    requireArgs("Cannot add module", isModule(module, "module"));
    if (!this.#modules.includes(module)) this.#modules.push(module);
    for (const slot of module.slots) slot.context = this;
    return module;
  }

  /**
   * Adds a token in a new slot and module, both named by its label.
   *
   * @param token The token.
   * @returns The slot.
   */
  addToken(token: Token): Slot {
    requireArgs("Cannot add token", isToken(token, "token"));
    const slot = new Slot({ name: token.label, token });
    this.addModule(new OwnModule(token.label, [slot]));
    return slot;
  }

  /**
   * Removes a module and closes it (`SECMOD_DeleteModule`). The built-in ones are not removed.
   *
   * @param module The module.
   * @returns Whether it was removed.
   */
  async removeModule(module: TokenModule): Promise<boolean> {
    requireArgs("Cannot remove module", isModule(module, "module"));
    const index = this.#modules.indexOf(module);
    if (index < 2) return false;
    this.#modules.splice(index, 1);
    await module.close();
    return true;
  }

  /** Closes the tokens; later calls that need them fail. */
  close(): Promise<void> {
    return this.#closing ??= allEnded(this.#modules.map((module) => module.close()))
      .then(() => {});
  }

  /** Closes the tokens; see {@linkcode NssContext.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Returns the trust anchors of {@linkcode NssContextOptions}, without what the database trusts.
   *
   * @returns The trust anchors.
   * @throws {NssError} As {@linkcode platformTrustAnchors}, if they are those of the platform.
   */
  trustAnchors(): Promise<readonly TrustAnchor[]> {
    return this.#trustAnchors();
  }
}

let current: NssContext | undefined;

/**
 * Returns the default context, which functions use if none is given: that of `init()`, or else one
 * with an empty token in memory and the platform's roots.
 *
 * @returns The context; the same until the next `init()` or `shutdown()`.
 *
 * @example Usage
 * ```ts
 * import { defaultContext } from "@nss/nss/pkcs11";
 * import { assertStrictEquals } from "@std/assert";
 *
 * assertStrictEquals(defaultContext(), defaultContext());
 * ```
 *
 * @category Databases and modules
 */
export function defaultContext(): NssContext {
  return current ??= new NssContext();
}

/**
 * Sets the default context, for `init()`.
 *
 * @param context The context; `null` to create one at the next use.
 */
export function setDefaultContext(context: NssContext | null): void {
  current = context ?? undefined;
}

setDefaultCertDBProvider(() => defaultContext().certDB);
