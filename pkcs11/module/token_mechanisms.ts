// Copyright 2026 the NSS for Deno authors. MIT license.

import type { TokenMechanism } from "../token/token.ts";
import { CKF, CKM } from "./constants.ts";
import { allEnded } from "../slots/token_module.ts";
import { type Caller, readIds } from "./library.ts";
import { alloc, readBig } from "./memory.ts";

/** The maximum number of mechanisms of a token; more are an error. */
export const MAX_MECHANISMS = 4096;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(CKM).map(([name, number]) => [number, name]),
);

/** The mechanisms of a token that this package uses, read once. */
export class TokenMechanisms {
  readonly #library: Caller;
  readonly #slot: bigint;
  readonly #attempt: string;
  #all: Promise<readonly TokenMechanism[]> | null = null;

  /**
   * Creates the list, which is read at the first use.
   *
   * @param library The library.
   * @param slot The id of the slot.
   * @param label The label of the token, for error messages.
   */
  constructor(library: Caller, slot: bigint, label: string) {
    this.#library = library;
    this.#slot = slot;
    this.#attempt = `Cannot list mechanisms of token "${label}"`;
  }

  /**
   * Lists the mechanisms.
   *
   * @returns The mechanisms that sign or generate key pairs.
   */
  async list(): Promise<readonly TokenMechanism[]> {
    const all = this.#all ??= this.#read();
    all.catch(() => this.#all = null);
    return await all;
  }

  /**
   * Lists the mechanisms that sign.
   *
   * @returns The numbers of the mechanisms.
   */
  async signing(): Promise<ReadonlySet<number>> {
    const all = await this.list();
    return new Set(all.filter(({ uses }) => uses.includes("sign")).map(({ type }) => type));
  }

  async #read(): Promise<readonly TokenMechanism[]> {
    const types = await readIds(
      this.#library,
      this.#attempt,
      "C_GetMechanismList",
      this.#slot,
      MAX_MECHANISMS,
    );
    const mechanisms = await allEnded(types.map((type) => this.#readOne(type)));
    return mechanisms.filter(({ uses }) => uses.length > 0);
  }

  /** Reads CK_MECHANISM_INFO. */
  async #readOne(type: bigint): Promise<TokenMechanism> {
    const info = alloc(24);
    await this.#library.call("C_GetMechanismInfo", this.#attempt, this.#slot, type, info);
    const flags = Number(readBig(info, 16));
    const number = Number(type);
    const uses: TokenMechanism["uses"] = [
      ...(flags & CKF.sign ? ["sign"] as const : []),
      ...(flags & CKF.generateKeyPair ? ["generateKeyPair"] as const : []),
    ];
    const [minKeySize, maxKeySize] = [Number(readBig(info)), Number(readBig(info, 8))];
    return {
      name: NAMES.get(number) ?? `0x${number.toString(16)}`,
      type: number,
      uses,
      ...(maxKeySize > 0 && { minKeySize, maxKeySize }),
    };
  }
}
