// Copyright 2026 the NSS for Deno authors. MIT license.

import { Slot, type SlotInfo } from "../slots/slot.ts";
import type { ModuleInfo, TokenModule } from "../slots/token_module.ts";
import { CKF } from "./constants.ts";
import { Library, type LibraryOptions } from "./library.ts";
import { alloc } from "./memory.ts";
import { ModuleToken } from "./module_token.ts";
import { isReturned } from "./return_values.ts";
import { readBig } from "./session.ts";
import { readText } from "./text.ts";
import { readTokenInfo } from "./token_info.ts";

/** How {@linkcode loadModule} loads a library. */
export interface LoadModuleOptions extends LibraryOptions {
  /** What people call the module; by default the name of its file. */
  readonly name?: string;
}

/** The most slots of a library. */
const MAX_SLOTS = 1024;

/** What is known of a slot. */
interface SlotState {
  readonly slot: Slot;
  readonly id: bigint;
  token: ModuleToken | null;
}

/** A PKCS#11 library that is loaded. {@linkcode loadModule} gives one. */
export class Pkcs11Module implements TokenModule, AsyncDisposable {
  /** What people call it. */
  readonly name: string;
  readonly #library: Library;
  readonly #info: ModuleInfo;
  #slots: SlotState[] = [];
  #closed: Promise<void> | null = null;

  private constructor(library: Library, info: ModuleInfo) {
    this.name = info.name;
    this.#library = library;
    this.#info = info;
  }

  /**
   * Loads a library; see {@linkcode loadModule}.
   *
   * @param path Its file.
   * @param options How it is loaded.
   * @returns The module.
   */
  static async load(path: string, options: LoadModuleOptions = {}): Promise<Pkcs11Module> {
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

  /**
   * Its slots, with and without tokens; after {@linkcode Pkcs11Module.refresh} they may be others.
   */
  get slots(): readonly Slot[] {
    return this.#slots.map(({ slot }) => slot);
  }

  /**
   * Tells what it is.
   *
   * @returns The answer.
   */
  describe(): ModuleInfo {
    return this.#info;
  }

  /**
   * Looks which tokens are there now, after a card has been put in or taken out. A slot that is
   * there still is the same object.
   *
   * @returns When it has happened.
   */
  async refresh(): Promise<void> {
    const before = new Map(this.#slots.map((state) => [state.id, state]));
    const ids = await this.#slotIds();
    this.#slots = await Promise.all(ids.map(async (id) => {
      const { info, token } = await this.#look(id);
      const state = before.get(id) ?? this.#makeSlot(id, info);
      before.delete(id);
      await this.#put(state, token);
      return state;
    }));
    await Promise.all([...before.values()].map((state) => this.#put(state, null)));
  }

  async #slotIds(): Promise<bigint[]> {
    const attempt = `Cannot list slots of module "${this.name}"`;
    const count = alloc(8);
    await this.#library.call("C_GetSlotList", attempt, 0, null, count);
    for (;;) {
      const list = alloc(8 * Math.min(Number(readBig(count)), MAX_SLOTS));
      try {
        await this.#library.call("C_GetSlotList", attempt, 0, list, count);
        const length = Math.min(Number(readBig(count)), list.length / 8);
        return Array.from({ length }, (_, i) => readBig(list, 8 * i));
      } catch (error) {
        // One more came in between
        if (!isReturned(error, "CKR_BUFFER_TOO_SMALL") || list.length >= 8 * MAX_SLOTS) throw error;
      }
    }
  }

  async #look(
    id: bigint,
  ): Promise<{ info: Omit<SlotInfo, "isPresent">; token: ModuleToken | null }> {
    const bytes = alloc(112);
    await this.#library.call("C_GetSlotInfo", "Cannot describe slot", id, bytes);
    const flags = Number(readBig(bytes, 96));
    const info = {
      name: readText(bytes, 0, 64),
      manufacturer: readText(bytes, 64, 32),
      isRemovable: (flags & CKF.removableDevice) !== 0,
      isHardware: (flags & CKF.hwSlot) !== 0,
    };
    if ((flags & CKF.tokenPresent) === 0) return { info, token: null };
    try {
      const tokenInfo = await readTokenInfo(this.#library, id);
      // A token that is not initialised has no label to find it by, and nothing to be found
      const isUsable = tokenInfo.isTokenInitialized || tokenInfo.label !== "";
      return { info, token: isUsable ? new ModuleToken(this.#library, id, tokenInfo) : null };
    } catch (error) {
      if (
        isReturned(error, "CKR_TOKEN_NOT_PRESENT", "CKR_TOKEN_NOT_RECOGNIZED", "CKR_DEVICE_REMOVED")
      ) {
        return { info, token: null };
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

  /** A token that is there still keeps its object, with its sessions and keys. */
  async #put(state: SlotState, token: ModuleToken | null): Promise<void> {
    const old = state.token;
    if (old !== null && token !== null && old.isSame(token)) return;
    state.token = token;
    void state.slot.token; // so that it can ask for its password from now on
    await old?.close();
  }

  /**
   * Closes its tokens and lets go of the library, which is finalised with its last user.
   *
   * @returns When it has happened.
   */
  close(): Promise<void> {
    return this.#closed ??= (async () => {
      await Promise.all(this.#slots.map(({ token }) => token?.close()));
      await this.#library.close();
    })();
  }

  /** Closes it; see {@linkcode Pkcs11Module.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** CK_INFO. */
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
