// Copyright 2026 the NSS for Deno authors. MIT license.

import { BaseToken } from "../token/base_token.ts";
import type { TokenInfo, TokenMechanism } from "../token/token.ts";
import type { Caller } from "./library.ts";
import { ModuleCertDB } from "./module_certs.ts";
import { ModuleKeyStore } from "./module_key_store.ts";
import { ModuleLogin } from "./module_login.ts";
import { MAX_SESSIONS, SessionPool } from "./session_pool.ts";
import { type ReadTokenInfo, readTokenInfo } from "./token_info.ts";
import { TokenMechanisms } from "./token_mechanisms.ts";

/** A token of a PKCS#11 library. */
export class ModuleToken extends BaseToken {
  /** The certificates. */
  readonly certificates: ModuleCertDB;
  readonly #library: Caller;
  readonly #slot: bigint;
  readonly #info: ReadTokenInfo;
  readonly #mechanisms: TokenMechanisms;

  /**
   * Creates the token of a slot.
   *
   * @param library The library.
   * @param slot The id of the slot.
   * @param info The description of the token.
   */
  constructor(library: Caller, slot: bigint, info: ReadTokenInfo) {
    const { label, isReadOnly, maxSessions } = info;
    // One session is reserved for writes
    const max = maxSessions === 0
      ? MAX_SESSIONS
      : Math.max(1, Math.min(MAX_SESSIONS, maxSessions - 1));
    const pool = new SessionPool(library, slot, label, max);
    const login = new ModuleLogin(info, pool);
    const mechanisms = new TokenMechanisms(library, slot, label);
    const certificates = new ModuleCertDB({
      label,
      isReadOnly,
      pool,
      login: (what, options) => this.requireSession(what, options),
    });
    const keys = new ModuleKeyStore({ label, pool, mechanisms, login, certificates });
    // Closing the last session logs the token out
    const release = async (): Promise<void> => {
      login.end();
      await pool.close();
    };
    super({ label, isReadOnly, login, keys, release });
    this.certificates = certificates;
    this.#library = library;
    this.#slot = slot;
    this.#info = info;
    this.#mechanisms = mechanisms;
  }

  /**
   * Describes the token and its state.
   *
   * @returns The description.
   */
  async describe(): Promise<TokenInfo> {
    this.checkOpen("describe token");
    const { isTokenInitialized: _, maxSessions: __, ...info } = await readTokenInfo(
      this.#library,
      this.#slot,
    );
    return info;
  }

  /**
   * Lists the mechanisms.
   *
   * @returns The mechanisms that sign or generate key pairs.
   */
  override async mechanisms(): Promise<readonly TokenMechanism[]> {
    this.checkOpen("list mechanisms");
    return await this.#mechanisms.list();
  }

  /**
   * Returns whether another object is of the same token.
   *
   * @param other The other object.
   * @returns Whether label and serial number are equal, and this object is open.
   */
  isSame(other: ModuleToken): boolean {
    return !this.isClosed && this.label === other.label &&
      this.#info.serialNumber === other.#info.serialNumber;
  }
}
