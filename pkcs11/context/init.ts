// Copyright 2026 the NSS for Deno authors. MIT license.

import { importLazily } from "../../cert/base/lazy_module.ts";
import {
  isBoolean,
  isFunction,
  isString,
  requireArgs,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import { isAnchors, NssContext, setDefaultContext } from "./context.ts";
import { type PasswordFunc, setPasswordFunc } from "../slots/slot.ts";
import type { Token } from "../token/token.ts";
import type { TokenModule } from "../slots/token_module.ts";

/**
 * A module that is listed in the `pkcs11.txt` of a database.
 *
 * @category Databases and modules
 */
export interface ConfiguredModule {
  /** The name. */
  readonly name: string;
  /** The path of its library. */
  readonly library: string;
  /** The parameters with which the library is initialised. */
  readonly parameters: string;
}

/**
 * The options of {@linkcode noDbInit}.
 *
 * @category Databases and modules
 */
export interface NoDbInitOptions {
  /**
   * The password function of this context's tokens; by default that of {@linkcode setPasswordFunc}.
   */
  readonly passwordFunc?: PasswordFunc;
  /** Further trust anchors, or a function that loads them; by default those of the platform. */
  readonly trustAnchors?: readonly TrustAnchor[] | (() => Promise<readonly TrustAnchor[]>);
}

/**
 * The options of {@linkcode init}.
 *
 * @category Databases and modules
 */
export interface InitOptions extends NoDbInitOptions {
  /** Whether the database may be changed, and is created if it is missing; `false` by default. */
  readonly readWrite?: boolean;
  /** The password of a created database; empty by default. */
  readonly password?: string;
  /** The prefix of `cert9.db`; empty by default. */
  readonly certPrefix?: string;
  /** The prefix of `key4.db`; empty by default. */
  readonly keyPrefix?: string;
  /**
   * Loads a module that the `pkcs11.txt` of the database lists (modutil adds them); none is loaded
   * by default. Slots that the list switches off are not used.
   *
   * @param module The module.
   * @returns The open module.
   */
  readonly loadModule?: (module: ConfiguredModule) => Promise<TokenModule>;
}

const NO_DB: Shape<NoDbInitOptions> = { passwordFunc: isFunction, trustAnchors: isAnchors };
const SHAPE: Shape<InitOptions> = {
  ...NO_DB,
  readWrite: isBoolean,
  password: isString,
  certPrefix: isString,
  keyPrefix: isString,
  loadModule: isFunction,
};
const { readWrite: _, ...READ_WRITE } = SHAPE;

/** An open database, or none, with its number of uses. */
interface Initialized {
  /** Identifies the database. */
  readonly key: string;
  /** The database in error messages. */
  readonly what: string;
  readonly readWrite: boolean;
  readonly context: Promise<NssContext>;
  count: number;
}

let initialized: Initialized | null = null;

/** A context with a reference count: {@linkcode shutdown} closes it with the last reference. */
class SharedContext extends NssContext {
  override close(): Promise<void> {
    return initialized !== null && this === sharedContext ? shutdown() : super.close();
  }

  closeNow(): Promise<void> {
    return super.close();
  }
}

let sharedContext: SharedContext | null = null;

/**
 * Opens the NSS database of a directory for the whole program (`NSS_Init`, `NSS_Initialize`).
 *
 * Its context becomes the default one, which functions use if none is given. A second call for the
 * same directory returns the same context, which is closed after as many calls of
 * {@linkcode shutdown}, or with the last `await using`.
 *
 * @param configDir The directory of `cert9.db` and `key4.db`, with or without the prefix `sql:`.
 * @param options Whether to write, and the password function.
 * @returns The context.
 * @throws {NssError} `SEC_ERROR_BUSY` if another directory is open, or this one for reading only,
 * `SEC_ERROR_LEGACY_DATABASE` for `dbm:`, `SEC_ERROR_INVALID_ARGS` for other prefixes,
 * `PR_FILE_NOT_FOUND_ERROR`, `SEC_ERROR_BAD_DATABASE`, `SEC_ERROR_READ_ONLY`,
 * `PR_NO_ACCESS_RIGHTS_ERROR`.
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
 *
 * @category Databases and modules
 */
export async function init(configDir: string, options: InitOptions = {}): Promise<NssContext> {
  options = takeOptions("Cannot initialize", options, SHAPE);
  const directory = directoryOf(configDir);
  const { certPrefix = "", keyPrefix = "" } = options;
  const { realDirectory } = await importLazily(
    "the reader of databases' modules",
    () => import("../nss_db/module_file.ts"),
  );
  const real = await realDirectory(directory);
  return await share(
    JSON.stringify([real, certPrefix, keyPrefix]),
    `the database in "${directory}"`,
    options.readWrite ?? false,
    () => openContext(directory, options),
  );
}

/**
 * Opens the NSS database of a directory to read and write (`NSS_InitReadWrite`); see
 * {@linkcode init}. Missing files are created.
 *
 * @param configDir The directory.
 * @param options The password function, and other options.
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
 *
 * @category Databases and modules
 */
export async function initReadWrite(
  configDir: string,
  options: Omit<InitOptions, "readWrite"> = {},
): Promise<NssContext> {
  options = takeOptions("Cannot initialize", options, READ_WRITE);
  return await init(configDir, { ...options, readWrite: true });
}

/**
 * Initialises without a database (`NSS_NoDB_Init`): keys and certificates are kept in memory.
 *
 * @param options The password function, and other options.
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
 *
 * @category Databases and modules
 */
export async function noDbInit(options: NoDbInitOptions = {}): Promise<NssContext> {
  options = takeOptions("Cannot initialize", options, NO_DB);
  return await share("", "no database", true, () => Promise.resolve(createContext(options)));
}

/**
 * Opens the NSS database of a directory in a context of its own (`NSS_InitContext`), which is not
 * the default one. Any number of them may be open.
 *
 * @param configDir The directory; `null` for a context in memory.
 * @param options Whether to write, and the password function.
 * @returns The context, for the caller to close.
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
 *
 * @category Databases and modules
 */
export async function initContext(
  configDir: string | null,
  options: InitOptions = {},
): Promise<NssContext> {
  options = takeOptions("Cannot initialize", options, SHAPE);
  return configDir === null
    ? createContext(options)
    : await openContext(directoryOf(configDir), options);
}

/**
 * Returns whether {@linkcode init} or {@linkcode noDbInit} has been called without as many calls of
 * {@linkcode shutdown} (`NSS_IsInitialized`).
 *
 * @returns Whether NSS is initialised.
 *
 * @example Usage
 * ```ts
 * import { isInitialized } from "@nss/nss/pkcs11";
 * import { assertFalse } from "@std/assert";
 *
 * assertFalse(isInitialized());
 * ```
 *
 * @category Databases and modules
 */
export function isInitialized(): boolean {
  return initialized !== null;
}

/**
 * Undoes one {@linkcode init} (`NSS_Shutdown`); the last one closes the database. Unlike in NSS,
 * certificates and keys may still be in use: keys of the database no longer sign.
 *
 * @throws {NssError} `SEC_ERROR_NOT_INITIALIZED` if NSS is not initialised.
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
 *
 * @category Databases and modules
 */
export async function shutdown(): Promise<void> {
  const current = initialized;
  if (current === null) {
    throw new NssError("SEC_ERROR_NOT_INITIALIZED", "Cannot shut down: nothing is initialized");
  }
  if (--current.count > 0) return;
  initialized = null;
  sharedContext = null;
  setDefaultContext(null);
  await (await current.context as SharedContext).closeNow();
}

async function share(
  key: string,
  what: string,
  readWrite: boolean,
  create: () => Promise<SharedContext>,
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
  const next: Initialized = { key, what, readWrite, context: create(), count: 1 };
  initialized = next;
  try {
    const context = await next.context as SharedContext;
    if (initialized === next) {
      sharedContext = context;
      setDefaultContext(context);
    }
    return context;
  } catch (error) {
    if (initialized === next) initialized = null;
    throw error;
  }
}

function createContext(options: NoDbInitOptions, token?: Token): SharedContext {
  const { passwordFunc, trustAnchors } = options;
  const context = new SharedContext({
    ...(trustAnchors !== undefined && { trustAnchors }),
    ...(token !== undefined && { token }),
  });
  if (passwordFunc !== undefined) setPasswordFunc(passwordFunc, { for: context });
  return context;
}

async function openContext(directory: string, options: InitOptions): Promise<SharedContext> {
  const { openNssDb } = await importLazily(
    "the reader of NSS databases",
    () => import("../nss_db/mod.ts"),
  );
  const { readWrite = false, password, certPrefix, keyPrefix, loadModule } = options;
  const token = await openNssDb(directory, {
    readWrite,
    create: readWrite,
    ...(password !== undefined && { password }),
    ...(certPrefix !== undefined && { certPrefix }),
    ...(keyPrefix !== undefined && { keyPrefix }),
  });
  const context = createContext(options, token);
  try {
    if (loadModule !== undefined) {
      const { listedModules } = await importLazily(
        "the reader of databases' modules",
        () => import("../nss_db/module_file.ts"),
      );
      for await (const module of listedModules(token.directory, loadModule)) {
        context.addModule(module);
      }
    }
    return context;
  } catch (error) {
    await context.closeNow();
    throw error;
  }
}

/** Removes NSS's prefix, which names the form of the database. */
function directoryOf(configDir: string): string {
  requireArgs("Cannot open NSS database", isString(configDir, "configDir"));
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
