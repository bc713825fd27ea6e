// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import { NssContext, setDefaultContext } from "./context.ts";
import { type PasswordFunc, setPasswordFunc } from "../slots/slot.ts";
import type { Token } from "../token/token.ts";
import type { TokenModule } from "../slots/token_module.ts";

/** A module that the `pkcs11.txt` of a database names. */
export interface ConfiguredModule {
  /** What people call it. */
  readonly name: string;
  /** The file of its library. */
  readonly library: string;
  /** What the library is initialised with. */
  readonly parameters: string;
}

/** What {@linkcode noDbInit} takes. */
export interface NoDbInitOptions {
  /**
   * Who gives the passwords of this context's tokens; by default whoever
   * {@linkcode setPasswordFunc} names.
   */
  readonly passwordFunc?: PasswordFunc;
  /** The certification authorities that are trusted besides; by default those of the platform. */
  readonly trustAnchors?: readonly TrustAnchor[] | (() => Promise<readonly TrustAnchor[]>);
}

/** What {@linkcode init} takes. */
export interface InitOptions extends NoDbInitOptions {
  /** Whether the database may be changed, and is made where it is missing; `false` by default. */
  readonly readWrite?: boolean;
  /** The password of a database that is made; empty by default. */
  readonly password?: string;
  /** What stands before `cert9.db`; nothing by default. */
  readonly certPrefix?: string;
  /** What stands before `key4.db`; nothing by default. */
  readonly keyPrefix?: string;
  /**
   * Loads the modules that the `pkcs11.txt` of the database names (modutil adds them); none is
   * loaded by default.
   *
   * @param module The module.
   * @returns The module, open.
   */
  readonly loadModule?: (module: ConfiguredModule) => Promise<TokenModule>;
}

interface Initialized {
  readonly key: string;
  readonly what: string;
  readonly readWrite: boolean;
  readonly context: Promise<NssContext>;
  count: number;
}

let initialized: Initialized | null = null;

/** A context that several may have opened: it is closed when the last of them is done. */
class SharedContext extends NssContext {
  override close(): Promise<void> {
    return initialized !== null && this === defaultOne ? shutdown() : super.close();
  }

  closeAtLast(): Promise<void> {
    return super.close();
  }
}

let defaultOne: SharedContext | null = null;

/**
 * Opens the NSS database of a folder for the whole program (`NSS_Init`, `NSS_Initialize`).
 *
 * Its context becomes the default one: its certificates are found and its trust counts where no
 * other context is named. A second call for the same folder gives the same context, which is closed
 * when each call has been answered by a {@linkcode shutdown}, or by `await using`.
 *
 * @param configDir The folder with `cert9.db` and `key4.db`, with or without NSS's `sql:`.
 * @param options Whether to write, and who gives passwords.
 * @returns The context.
 * @throws {NssError} `SEC_ERROR_BUSY` if another folder is open, or this one for reading only,
 * `SEC_ERROR_LEGACY_DATABASE` of `dbm:`, `PR_FILE_NOT_FOUND_ERROR`, `SEC_ERROR_BAD_DATABASE`,
 * `SEC_ERROR_READ_ONLY`, `PR_NO_ACCESS_RIGHTS_ERROR`.
 *
 * @example Usage
 * ```ts
 * import { defaultContext, init } from "@nss/nss/pkcs11";
 * import { assertStrictEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using nss = await init(directory, { readWrite: true });
 *   assertStrictEquals(defaultContext(), nss);
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function init(configDir: string, options: InitOptions = {}): Promise<NssContext> {
  const directory = directoryOf(configDir);
  const { certPrefix = "", keyPrefix = "" } = options;
  const { realDirectory } = await import("../nss_db/module_file.ts");
  const real = await realDirectory(directory);
  return await share(
    JSON.stringify([real, certPrefix, keyPrefix]),
    `the database in "${directory}"`,
    options.readWrite ?? false,
    () => open(directory, options),
  );
}

/**
 * Opens the NSS database of a folder to read and write (`NSS_InitReadWrite`); see {@linkcode init}.
 * What is missing is made.
 *
 * @param configDir The folder.
 * @param options Who gives passwords.
 * @returns The context.
 * @throws {NssError} As {@linkcode init}.
 *
 * @example Usage
 * ```ts
 * import { initReadWrite } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using nss = await initReadWrite(directory);
 *   await nss.token.generateKeyPair("ec-p256", { label: "mine" });
 *   assertEquals((await nss.token.listKeys()).length, 1);
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export function initReadWrite(
  configDir: string,
  options: Omit<InitOptions, "readWrite"> = {},
): Promise<NssContext> {
  return init(configDir, { ...options, readWrite: true });
}

/**
 * Begins without a database (`NSS_NoDB_Init`): keys and certificates are kept in memory.
 *
 * @param options Who gives passwords.
 * @returns The context, which is the default one until {@linkcode shutdown}.
 * @throws {NssError} `SEC_ERROR_BUSY` if a database is open.
 *
 * @example Usage
 * ```ts
 * import { isInitialized, noDbInit } from "@nss/nss/pkcs11";
 * import { assert, assertFalse } from "@std/assert";
 *
 * {
 *   await using _nss = await noDbInit();
 *   assert(isInitialized());
 * }
 * assertFalse(isInitialized());
 * ```
 */
export function noDbInit(options: NoDbInitOptions = {}): Promise<NssContext> {
  return share("", "no database", true, () => Promise.resolve(make(options)));
}

/**
 * Opens the NSS database of a folder for its own (`NSS_InitContext`): the context is not the
 * default one, and any number of them may be open.
 *
 * @param configDir The folder; `null` for a context in memory.
 * @param options Whether to write, and who gives passwords.
 * @returns The context; whoever opens it closes it.
 * @throws {NssError} As {@linkcode init}.
 *
 * @example Usage
 * ```ts
 * import { initContext, isInitialized } from "@nss/nss/pkcs11";
 * import { assertFalse, assertNotStrictEquals } from "@std/assert";
 *
 * await using one = await initContext(null);
 * await using other = await initContext(null);
 * assertNotStrictEquals(one, other);
 * assertFalse(isInitialized());
 * ```
 */
export async function initContext(
  configDir: string | null,
  options: InitOptions = {},
): Promise<NssContext> {
  return configDir === null ? make(options) : await open(directoryOf(configDir), options);
}

/**
 * Tells whether {@linkcode init} or {@linkcode noDbInit} has been called and not been answered by a
 * {@linkcode shutdown} (`NSS_IsInitialized`).
 *
 * @returns Whether it has.
 *
 * @example Usage
 * ```ts
 * import { isInitialized } from "@nss/nss/pkcs11";
 * import { assertFalse } from "@std/assert";
 *
 * assertFalse(isInitialized());
 * ```
 */
export function isInitialized(): boolean {
  return initialized !== null;
}

/**
 * Answers one {@linkcode init} (`NSS_Shutdown`); the last closes the database. It never fails
 * because somebody still holds a certificate or a key: those of the database just stop signing.
 *
 * @returns When it has happened.
 * @throws {NssError} `SEC_ERROR_NOT_INITIALIZED` if nothing is open.
 *
 * @example Usage
 * ```ts
 * import { isInitialized, noDbInit, shutdown } from "@nss/nss/pkcs11";
 * import { assertFalse } from "@std/assert";
 *
 * await noDbInit();
 * await shutdown();
 * assertFalse(isInitialized());
 * ```
 */
export async function shutdown(): Promise<void> {
  const current = initialized;
  if (current === null) {
    throw new NssError("SEC_ERROR_NOT_INITIALIZED", "Cannot shut down: nothing is initialized");
  }
  if (--current.count > 0) return;
  initialized = null;
  defaultOne = null;
  setDefaultContext(null);
  await (await current.context as SharedContext).closeAtLast();
}

async function share(
  key: string,
  what: string,
  readWrite: boolean,
  make: () => Promise<SharedContext>,
): Promise<NssContext> {
  const current = initialized;
  if (current !== null) {
    if (current.key !== key || (readWrite && !current.readWrite)) {
      throw new NssError(
        "SEC_ERROR_BUSY",
        current.key !== key
          ? `Cannot initialize with ${what}: the program is initialized with ${current.what}; shut that down first, ` +
            "or open this one by initContext()"
          : `Cannot initialize with ${what} to write: it is open for reading only; shut it down first, ` +
            "or open it once more by initContext()",
      );
    }
    current.count++;
    return await current.context;
  }
  const mine: Initialized = { key, what, readWrite, context: make(), count: 1 };
  initialized = mine;
  try {
    const context = await mine.context as SharedContext;
    if (initialized === mine) {
      defaultOne = context;
      setDefaultContext(context);
    }
    return context;
  } catch (error) {
    if (initialized === mine) initialized = null;
    throw error;
  }
}

function make(options: NoDbInitOptions, token?: Token): SharedContext {
  const { passwordFunc, trustAnchors } = options;
  const context = new SharedContext({
    ...(trustAnchors !== undefined && { trustAnchors }),
    ...(token !== undefined && { token }),
  });
  if (passwordFunc !== undefined) setPasswordFunc(passwordFunc, { for: context });
  return context;
}

async function open(directory: string, options: InitOptions): Promise<SharedContext> {
  const { openNssDb } = await import("../nss_db/mod.ts");
  const { readWrite = false, password, certPrefix, keyPrefix, loadModule } = options;
  const token = await openNssDb(directory, {
    readWrite,
    create: readWrite,
    ...(password !== undefined && { password }),
    ...(certPrefix !== undefined && { certPrefix }),
    ...(keyPrefix !== undefined && { keyPrefix }),
  });
  const context = make(options, token);
  try {
    if (loadModule !== undefined) {
      const { readModules } = await import("../nss_db/module_file.ts");
      for (const { library, name, parameters } of await readModules(token.directory)) {
        if (library === "") continue; // NSS's own, which this package is
        context.addModule(await loadModule({ library, name, parameters }));
      }
    }
    return context;
  } catch (error) {
    await context.closeAtLast();
    throw error;
  }
}

/** NSS's prefixes tell the form of the database. */
function directoryOf(configDir: string): string {
  const [, form, directory = ""] = /^(?:(sql|dbm|extern|rdb|multiaccess):)?(.*)$/s.exec(configDir)!;
  if (directory === "") {
    throw new NssError("SEC_ERROR_INVALID_ARGS", "Cannot open NSS database: no folder is given");
  }
  if (form === undefined || form === "sql") return directory;
  throw new NssError(
    form === "dbm" ? "SEC_ERROR_LEGACY_DATABASE" : "SEC_ERROR_INVALID_ARGS",
    `Cannot open NSS database in "${directory}": this package reads the sql: form, not ${form}:`,
  );
}
