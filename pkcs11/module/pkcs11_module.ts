// Copyright 2026 the NSS for Deno authors. MIT license.

import { isString, requireArgs, type Shape, takeOptions } from "../../cert/base/options.ts";
import { Slot, type SlotInfo } from "../slots/slot.ts";
import { NssError } from "../../cert/base/errors.ts";
import { allEnded, type ModuleInfo, type TokenModule } from "../slots/token_module.ts";
import { CKF } from "./constants.ts";
import { Library, type LibraryOptions, readIds } from "./library.ts";
import { alloc, readBig } from "./memory.ts";
import { ModuleToken } from "./module_token.ts";
import { isReturned } from "./return_values.ts";
import { readText } from "./text.ts";
import { readTokenInfo } from "./token_info.ts";

/**
 * The options of {@linkcode loadModule}.
 *
 * @category Databases and modules
 */
export interface LoadModuleOptions extends LibraryOptions {
  /** The name of the module; by default the name of its file. */
  readonly name?: string;
}

const SHAPE: Shape<LoadModuleOptions> = { name: isString, parameters: isString };

/** The maximum number of slots of a library; more are an error. */
export const MAX_SLOTS = 1024;

/** A slot with its current token. */
interface SlotState {
  readonly slot: Slot;
  readonly id: bigint;
  token: ModuleToken | null;
}

/** What a library tells of a slot. */
interface FoundSlot {
  readonly id: bigint;
  readonly info: Omit<SlotInfo, "isPresent">;
  readonly token: ModuleToken | null;
}

/**
 * A loaded PKCS#11 library; {@linkcode loadModule} loads one.
 *
 * @category Databases and modules
 */
export class Pkcs11Module implements TokenModule, AsyncDisposable {
  /** The name. */
  readonly name: string;
  readonly #library: Library;
  readonly #info: ModuleInfo;
  #slots: SlotState[] = [];
  #lastRefresh: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  private constructor(library: Library, info: ModuleInfo) {
    this.name = info.name;
    this.#library = library;
    this.#info = info;
  }

  /**
   * Loads a library; see {@linkcode loadModule}.
   *
   * @param path The path.
   * @param options The name, and the parameters of the initialisation.
   * @returns The module.
   */
  static async load(path: string, options: LoadModuleOptions = {}): Promise<Pkcs11Module> {
    requireArgs("Cannot load module", isString(path, "path"));
    options = takeOptions("Cannot load module", options, SHAPE);
    const library = await Library.open(path, options);
    try {
      const name = options.name ?? path.replace(/^.*\//, "");
      const module = new Pkcs11Module(library, await describe(library, name));
      await module.refresh();
      return module;
    } catch (error) {
      await library.close();
      throw error;
    }
  }

  /** The slots, with and without tokens; {@linkcode Pkcs11Module.refresh} updates them. */
  get slots(): readonly Slot[] {
    return this.#slots.map(({ slot }) => slot);
  }

  /**
   * Describes the module.
   *
   * @returns The description.
   */
  describe(): ModuleInfo {
    return this.#info;
  }

  /**
   * Updates slots and tokens, after a card has been inserted or removed. A slot that still exists
   * keeps its object. After an error all slots are as before.
   *
   * @throws {NssError} `SEC_ERROR_NOT_INITIALIZED` if the module is closed, or an error of the
   * library.
   */
  refresh(): Promise<void> {
    const result = this.#lastRefresh.then(() => this.#refresh());
    this.#lastRefresh = result.catch(() => {});
    return result;
  }

  async #refresh(): Promise<void> {
    const attempt = `Cannot list slots of module "${this.name}"`;
    if (this.#closing !== null) {
      throw new NssError("SEC_ERROR_NOT_INITIALIZED", `${attempt}: it is closed`);
    }
    const ids = await readIds(this.#library, attempt, "C_GetSlotList", 0, MAX_SLOTS);
    const found = await allEnded([...new Set(ids)].map((id) => this.#readSlot(id)));
    const before = new Map(this.#slots.map((state) => [state.id, state]));
    const changes: Promise<void>[] = [];
    this.#slots = found.map(({ id, info, token }) => {
      const state = before.get(id) ?? this.#makeSlot(id, info);
      before.delete(id);
      changes.push(this.#setToken(state, token));
      return state;
    });
    for (const state of before.values()) changes.push(this.#setToken(state, null));
    await allEnded(changes);
  }

  async #readSlot(id: bigint): Promise<FoundSlot> {
    const bytes = alloc(112);
    const attempt = `Cannot describe slot ${id} of module "${this.name}"`;
    await this.#library.call("C_GetSlotInfo", attempt, id, bytes);
    const flags = Number(readBig(bytes, 96));
    const info = {
      name: readText(bytes, 0, 64),
      manufacturer: readText(bytes, 64, 32),
      isRemovable: (flags & CKF.removableDevice) !== 0,
      isHardware: (flags & CKF.hwSlot) !== 0,
    };
    if ((flags & CKF.tokenPresent) === 0) return { id, info, token: null };
    try {
      const tokenInfo = await readTokenInfo(this.#library, id);
      // A token that is not initialised has no label and no objects
      const isUsable = tokenInfo.isTokenInitialized || tokenInfo.label !== "";
      return { id, info, token: isUsable ? new ModuleToken(this.#library, id, tokenInfo) : null };
    } catch (error) {
      if (
        isReturned(error, "CKR_TOKEN_NOT_PRESENT", "CKR_TOKEN_NOT_RECOGNIZED", "CKR_DEVICE_REMOVED")
      ) {
        return { id, info, token: null };
      }
      throw error;
    }
  }

  #makeSlot(id: bigint, info: Omit<SlotInfo, "isPresent">): SlotState {
    const holder: { token: ModuleToken | null } = { token: null };
    return Object.assign(holder, {
      id,
      slot: new Slot({ ...info, id, token: () => holder.token }),
    });
  }

  /**
   * Sets the token of a slot. One that is still present keeps its object, with its sessions and
   * keys.
   */
  async #setToken(state: SlotState, token: ModuleToken | null): Promise<void> {
    const old = state.token;
    if (old !== null && token !== null && old.isSame(token)) return;
    state.token = token;
    void state.slot.token; // sets the login handler of the token
    await old?.close();
  }

  /**
   * Closes the tokens and releases the library, which is finalised with its last module. It waits
   * for the calls that run; later ones fail.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#lastRefresh; // whose tokens are closed as well
    try {
      await allEnded(this.#slots.map(async ({ token }) => await token?.close()));
    } finally {
      await this.#library.close();
    }
  }

  /** Closes the module; see {@linkcode Pkcs11Module.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Reads CK_INFO. */
async function describe(library: Library, name: string): Promise<ModuleInfo> {
  const info = alloc(88);
  await library.call("C_GetInfo", `Cannot describe module "${name}"`, info);
  return {
    name,
    library: library.path,
    manufacturer: readText(info, 2, 32),
    description: readText(info, 48, 32),
    version: `${info[80]}.${info[81]}`,
  };
}
