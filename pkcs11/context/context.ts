// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertDB, CertSource } from "../../cert/db/cert_db.ts";
import { setDefaultCertDBProvider } from "../../cert/db/default_cert_db.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import { platformTrustAnchors } from "./builtins.ts";
import { ContextCertDB } from "./context_cert_db.ts";
import { ReadOnlyToken } from "../token/read_only_token.ts";
import { Slot, type SlotOwner } from "../slots/slot.ts";
import { SoftToken } from "../token/softoken.ts";
import type { Token } from "../token/token.ts";
import { OwnModule, type TokenModule } from "../slots/token_module.ts";
import { TrustAnchorSource } from "./trust_anchor_source.ts";

/** NSS's name of the slot of its databases. */
const INTERNAL_SLOT = "NSS User Private Key and Certificate Services";

/** What an {@linkcode NssContext} is made from. */
export interface NssContextOptions {
  /** The certification authorities that the context trusts; by default those of the platform. */
  readonly trustAnchors?: readonly TrustAnchor[] | (() => Promise<readonly TrustAnchor[]>);
  /**
   * The token of its own, where keys are made and certificates imported; by default an empty one in
   * memory.
   */
  readonly token?: Token;
  /** The database of certificates; by default that of the token. */
  readonly certDB?: CertDB;
  /** Where certificates are found besides, as in tokens; the first is asked first. */
  readonly certSources?: readonly CertSource[];
}

/**
 * What belongs together: tokens, trust, and by its identity the defaults and caches that other
 * modules keep for it.
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
export class NssContext implements SlotOwner {
  /**
   * What the context knows of certificates: its database, its other sources, and behind them its
   * trust anchors, those of the platform as `Builtin Object Token`. Trust that is set here
   * overrides theirs. Trust anchors without a certificate are not in it. Certificates of other
   * tokens are in it as long as the tokens are there.
   */
  readonly certDB: CertDB;
  /** The slot of the context's own token (`PK11_GetInternalKeySlot`). */
  readonly internalSlot: Slot;
  readonly #trustAnchors: () => Promise<readonly TrustAnchor[]>;
  readonly #modules: TokenModule[];
  #closing: Promise<void> | null = null;

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
    const token = options.token ?? new SoftToken();
    const roots = new ReadOnlyToken(
      new TrustAnchorSource({
        name: isPlatform ? "Builtin Object Token" : "Trust Anchors",
        load: this.#trustAnchors,
        // Mozilla's are authorities of servers; nobody has examined what they issue to clients
        trust: isPlatform ? "C,," : "CT,C,C",
        vetted: isPlatform,
      }),
    );
    this.internalSlot = new Slot({ name: INTERNAL_SLOT, token });
    const rootSlot = new Slot({ name: "NSS Builtin Objects", token: roots });
    const own = [
      new OwnModule("NSS Internal PKCS #11 Module", [this.internalSlot]),
      new OwnModule("Builtin Roots Module", [rootSlot]),
    ];
    for (const slot of [this.internalSlot, rootSlot]) slot.context = this;
    this.#modules = own;
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
   * Its modules: the two of its own, with its token and its trust anchors, and those that were
   * added.
   */
  get modules(): readonly TokenModule[] {
    return [...this.#modules];
  }

  /** The slots of all its modules, the one of its own token first. */
  get slots(): readonly Slot[] {
    return this.#modules.flatMap(({ slots }) => slots);
  }

  /** The token of its own (`PK11_GetInternalKeySlot`). */
  get token(): Token {
    return this.internalSlot.token!;
  }

  /**
   * Adds a module (`SECMOD_AddModule`): its tokens' keys and certificates are found from now on,
   * and it is closed with the context.
   *
   * @param module The module. It belongs to one context.
   * @returns The module.
   */
  addModule<M extends TokenModule>(module: M): M {
    if (!this.#modules.includes(module)) this.#modules.push(module);
    for (const slot of module.slots) slot.context = this;
    return module;
  }

  /**
   * Adds a token of this program's own, in a slot and module of its name.
   *
   * @param token The token.
   * @returns Its slot.
   */
  addToken(token: Token): Slot {
    const slot = new Slot({ name: token.label, token });
    this.addModule(new OwnModule(token.label, [slot]));
    return slot;
  }

  /**
   * Takes a module out and closes it (`SECMOD_DeleteModule`). The context's own two stay.
   *
   * @param module The module.
   * @returns Whether it was there.
   */
  async removeModule(module: TokenModule): Promise<boolean> {
    const index = this.#modules.indexOf(module);
    if (index < 2) return false;
    this.#modules.splice(index, 1);
    await module.close();
    return true;
  }

  /**
   * Closes the tokens. What is called after that and needs them fails.
   *
   * @returns When it has happened.
   */
  close(): Promise<void> {
    return this.#closing ??= Promise.all(this.#modules.map((module) => module.close()))
      .then(() => {});
  }

  /**
   * Closes the tokens, as {@linkcode NssContext.close}.
   *
   * @returns When it has happened.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Gives the certification authorities that the context was made with. What its database trusts
   * besides is there.
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
 * Gives the context that functions mean where none is named: the one that `init()` made, or else
 * one with an empty token in memory and the platform's roots.
 *
 * @returns The same context each time, as long as nothing is initialised or shut down.
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

/**
 * Says which context is meant where none is named. For `init()`.
 *
 * @param context The context; `null` for a new one.
 */
export function setDefaultContext(context: NssContext | null): void {
  current = context ?? undefined;
}

setDefaultCertDBProvider(() => defaultContext().certDB);
