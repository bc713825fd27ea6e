// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type Deferred, deferred } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import { CKF } from "./constants.ts";
import { alloc, CString, readBig } from "./memory.ts";
import { ModuleError } from "./return_values.ts";

/** A function: its index in the list (PKCS#11 2.40, `pkcs11f.h`) and its parameters. */
type FunctionRow = readonly [index: number, ...parameters: readonly ("u64" | "buffer")[]];

/**
 * The functions that this package calls. All may block, for a card or for another thread's lock, so
 * that none is called on the thread of the event loop.
 */
const FUNCTIONS = {
  C_Initialize: [0, "buffer"],
  C_Finalize: [1, "buffer"],
  C_GetInfo: [2, "buffer"],
  C_GetSlotList: [4, "u64", "buffer", "buffer"],
  C_GetSlotInfo: [5, "u64", "buffer"],
  C_GetTokenInfo: [6, "u64", "buffer"],
  C_GetMechanismList: [7, "u64", "buffer", "buffer"],
  C_GetMechanismInfo: [8, "u64", "u64", "buffer"],
  C_SetPIN: [11, "u64", "buffer", "u64", "buffer", "u64"],
  C_OpenSession: [12, "u64", "u64", "buffer", "buffer", "buffer"],
  C_CloseSession: [13, "u64"],
  C_Login: [18, "u64", "u64", "buffer", "u64"],
  C_Logout: [19, "u64"],
  C_CreateObject: [20, "u64", "buffer", "u64", "buffer"],
  C_DestroyObject: [22, "u64", "u64"],
  C_GetAttributeValue: [24, "u64", "u64", "buffer", "u64"],
  C_SetAttributeValue: [25, "u64", "u64", "buffer", "u64"],
  C_FindObjectsInit: [26, "u64", "buffer", "u64"],
  C_FindObjects: [27, "u64", "buffer", "u64", "buffer"],
  C_FindObjectsFinal: [28, "u64"],
  C_SignInit: [42, "u64", "buffer", "u64"],
  C_Sign: [43, "u64", "buffer", "u64", "buffer", "buffer"],
  C_GenerateKeyPair: [59, "u64", "buffer", "buffer", "u64", "buffer", "u64", "buffer", "buffer"],
} as const satisfies Record<string, FunctionRow>;

/** The name of a function. */
export type FunctionName = keyof typeof FUNCTIONS;

/** An argument of a function. */
export type Argument = number | bigint | Uint8Array<ArrayBuffer> | null;

/** The methods of a {@linkcode Library} that call functions. */
export type Caller = Pick<Library, "call" | "tryCall">;

type Call = (...args: Argument[]) => Promise<bigint>;

/** The offset of the pointers in CK_FUNCTION_LIST, after CK_VERSION and padding. */
const FUNCTION_LIST_HEAD = 8;

/** A library that is open, or being opened or closed. */
interface OpenLibrary {
  readonly library: Promise<Library>;
  references: number;
  /** Settles when the library is unloaded. */
  closing: Promise<void> | null;
}

/** The open libraries by real path. */
const OPEN = new Map<string, OpenLibrary>();

/**
 * The options of the initialisation of a library.
 *
 * @category Databases and modules
 */
export interface LibraryOptions {
  /**
   * The parameters of `C_Initialize`, as NSS's softoken needs:
   * `configdir='sql:/path' certPrefix='' keyPrefix='' secmod='secmod.db' flags=readOnly`.
   */
  readonly parameters?: string;
}

/** A PKCS#11 library in this process, initialised once however often it is opened. */
export class Library {
  /** The path. */
  readonly path: string;
  readonly #library: Deno.DynamicLibrary<Deno.ForeignLibraryInterface>;
  readonly #functions: Readonly<Record<FunctionName, Call>>;
  readonly #key: string;
  #ownsInitialization = false;
  #running = 0;
  #idle: Deferred<void> | null = null;
  /** Set before the first wait of closing, so that no call begins during it. */
  #isClosing = false;

  private constructor(
    path: string,
    key: string,
    library: Deno.DynamicLibrary<Deno.ForeignLibraryInterface>,
    functions: Readonly<Record<FunctionName, Call>>,
  ) {
    this.path = path;
    this.#key = key;
    this.#library = library;
    this.#functions = functions;
  }

  /**
   * Opens a library, or increases its reference count. One that is being closed is opened anew
   * afterwards.
   *
   * @param path The path.
   * @param options The options of the initialisation, if it is not yet initialised.
   * @returns The library.
   * @throws {NssError} `PR_NO_ACCESS_RIGHTS_ERROR` if a permission is missing,
   * `PR_FILE_NOT_FOUND_ERROR` if the file does not exist, `PR_LOAD_LIBRARY_ERROR` if it cannot be
   * loaded, `PR_FIND_SYMBOL_ERROR` if it is not a PKCS#11 library.
   */
  static async open(path: string, options: LibraryOptions = {}): Promise<Library> {
    const key = await realPath(path);
    let entry = OPEN.get(key);
    while (entry?.closing) {
      await entry.closing;
      entry = OPEN.get(key);
    }
    if (entry === undefined) {
      const library = (async () => {
        const opened = new Library(path, key, ...await load(path));
        try {
          await opened.#initialize(options);
          return opened;
        } catch (error) {
          opened.#library.close();
          throw error;
        }
      })();
      entry = { library, references: 0, closing: null };
      OPEN.set(key, entry);
    }
    entry.references++;
    try {
      return await entry.library;
    } catch (error) {
      if (OPEN.get(key) === entry) OPEN.delete(key);
      throw error;
    }
  }

  /**
   * Calls `C_Initialize` with CK_C_INITIALIZE_ARGS: four functions, flags, the parameters (an
   * extension of NSS), and a reserved pointer.
   */
  async #initialize({ parameters }: LibraryOptions): Promise<void> {
    const args = alloc(56);
    const view = new DataView(args.buffer);
    // Calls come from several threads; without this flag a library may use no locks
    view.setBigUint64(32, BigInt(CKF.osLockingOk), true);
    const text = parameters === undefined ? null : new CString(parameters);
    if (text !== null) view.setBigUint64(40, text.address, true);
    try {
      await this.call("C_Initialize", `Cannot load PKCS#11 library "${this.path}"`, args);
      this.#ownsInitialization = true;
    } catch (error) {
      // Other code in this process has initialised it, and will finalise it
      const isDone = error instanceof ModuleError &&
        error.returned === "CKR_CRYPTOKI_ALREADY_INITIALIZED";
      if (!isDone) throw error;
    } finally {
      text?.release();
    }
  }

  /**
   * Calls a function on a thread of its own. The arguments stay in memory until it returns.
   *
   * @param name The function.
   * @param attempt The attempted action, for the error message.
   * @param args Its arguments; `null` is a null pointer.
   * @throws {ModuleError} If the function does not return `CKR_OK`.
   */
  async call(name: FunctionName, attempt: string, ...args: Argument[]): Promise<void> {
    this.#checkOpen(attempt);
    const value = await this.#run(name, args);
    if (value !== 0) throw new ModuleError(value, attempt, name);
  }

  /**
   * Calls a function; see {@linkcode Library.call}.
   *
   * @param name The function.
   * @param args Its arguments.
   * @returns The return value (`CK_RV`).
   * @throws {NssError} `SEC_ERROR_NOT_INITIALIZED` if the library is closed.
   */
  async tryCall(name: FunctionName, ...args: Argument[]): Promise<number> {
    this.#checkOpen("Cannot use token");
    return await this.#run(name, args);
  }

  #checkOpen(attempt: string): void {
    if (!this.#isClosing) return;
    throw new NssError(
      "SEC_ERROR_NOT_INITIALIZED",
      `${attempt}: its PKCS#11 library "${this.path}" has been closed`,
    );
  }

  async #run(name: FunctionName, args: readonly Argument[]): Promise<number> {
    this.#running++;
    try {
      return Number(await this.#functions[name](...args));
    } finally {
      if (--this.#running === 0) this.#idle?.resolve();
    }
  }

  /**
   * Decreases the reference count. At zero the library takes no more calls, and is finalised and
   * unloaded when those that run have returned.
   */
  async close(): Promise<void> {
    const entry = OPEN.get(this.#key);
    if (this.#isClosing || entry === undefined || --entry.references > 0) return;
    this.#isClosing = true;
    await (entry.closing = this.#unload().finally(() => OPEN.delete(this.#key)));
  }

  async #unload(): Promise<void> {
    await this.#drained();
    try {
      if (this.#ownsInitialization) await this.#run("C_Finalize", [null]);
    } finally {
      // To unload the code of a call that runs crashes the process
      await this.#drained();
      this.#library.close();
    }
  }

  /** Waits until no call runs. */
  async #drained(): Promise<void> {
    if (this.#running === 0) return;
    this.#idle ??= deferred();
    await this.#idle.promise;
  }
}

/**
 * Reads a list of ids, which may grow between the call that tells its length and the one that
 * reads it.
 *
 * @param library The library.
 * @param attempt The attempted action, for error messages.
 * @param name The function.
 * @param first Its first argument.
 * @param max The maximum length of the list.
 * @returns The ids.
 * @throws {NssError} `SEC_ERROR_INCOMPATIBLE_PKCS11` if there are more, or if the library
 * contradicts itself; or an error of the library.
 */
export async function readIds(
  library: Caller,
  attempt: string,
  name: "C_GetSlotList" | "C_GetMechanismList",
  first: number | bigint,
  max: number,
): Promise<bigint[]> {
  const lies = (state: string): NssError =>
    new NssError("SEC_ERROR_INCOMPATIBLE_PKCS11", `${attempt}: ${name} ${state}`);
  const count = alloc(8);
  await library.call(name, attempt, first, null, count);
  for (let room = 0;;) {
    const length = Number(readBig(count));
    if (length === 0) return []; // a list of no bytes is a null pointer, which asks for the length
    if (length > max) throw lies(`tells of ${length} entries, more than ${max}`);
    // Each turn needs more room than the one before, so that there is an end
    if (length <= room) throw lies(`finds room for ${room} too little for ${length}`);
    room = length;
    const list = alloc(8 * room);
    const error = new ModuleError(await library.tryCall(name, first, list, count), attempt, name);
    if (error.returned === "CKR_OK") {
      const written = Number(readBig(count));
      if (written > room) throw lies(`writes ${written} entries where there is room for ${room}`);
      return Array.from({ length: written }, (_, i) => readBig(list, 8 * i));
    }
    if (error.returned !== "CKR_BUFFER_TOO_SMALL") throw error;
  }
}

/** Returns the real path, because a library may have several names. */
async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    return path; // no permission, or a name that the dynamic loader searches
  }
}

type Loaded = [
  Deno.DynamicLibrary<Deno.ForeignLibraryInterface>,
  Readonly<Record<FunctionName, Call>>,
];

async function load(path: string): Promise<Loaded> {
  const attempt = `Cannot load PKCS#11 library "${path}"`;
  if (!("Deno" in globalThis)) {
    throw new NssError(
      "PR_OPERATION_NOT_SUPPORTED_ERROR",
      `${attempt}: only Deno calls libraries, and this runtime is another; import the key, or give ` +
        "an object { algorithm, sign } that asks a program that has the token",
    );
  }
  if (Deno.build.os === "windows") {
    // On Windows, CK_ULONG has 32 bits and structures are packed
    throw new NssError(
      "PR_OPERATION_NOT_SUPPORTED_ERROR",
      `${attempt}: not supported on Windows yet`,
    );
  }
  await checkPermission(path, attempt);
  const library = open(path, attempt);
  try {
    return [library, readFunctions(library, attempt)];
  } catch (error) {
    library.close();
    throw error;
  }
}

async function checkPermission(path: string, attempt: string): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "ffi" });
  if (state === "granted") return;
  const scoped = await Deno.permissions.query({ name: "ffi", path });
  // The user may grant the whole permission
  if (state === "prompt" && (await Deno.permissions.request({ name: "ffi" })).state === "granted") {
    return;
  }
  throw new NssError(
    "PR_NO_ACCESS_RIGHTS_ERROR",
    scoped.state === "granted"
      ? `${attempt}: --allow-ffi with a path is not enough, because PKCS#11 passes pointers; run with --allow-ffi`
      : `${attempt}: a permission is missing; run with --allow-ffi, without a path`,
  );
}

const SYMBOLS = {
  C_GetFunctionList: { parameters: ["buffer"], result: "u64" },
} as const satisfies Deno.ForeignLibraryInterface;

function open(path: string, attempt: string): Deno.DynamicLibrary<typeof SYMBOLS> {
  try {
    return Deno.dlopen(path, SYMBOLS);
  } catch (cause) {
    const { message } = cause as Error;
    if (/register symbol|undefined symbol|GetProcAddress/i.test(message)) {
      throw new NssError(
        "PR_FIND_SYMBOL_ERROR",
        `${attempt}: it is no PKCS#11 library, it has no C_GetFunctionList`,
        { cause },
      );
    }
    const isMissing = /No such file|image not found|not found/i.test(message);
    throw new NssError(
      isMissing ? "PR_FILE_NOT_FOUND_ERROR" : "PR_LOAD_LIBRARY_ERROR",
      isMissing ? `${attempt}: the file, or a library that it needs, does not exist` : attempt,
      { cause },
    );
  }
}

function readFunctions(
  library: Deno.DynamicLibrary<typeof SYMBOLS>,
  attempt: string,
): Readonly<Record<FunctionName, Call>> {
  const out = alloc(8);
  const returned = Number(library.symbols.C_GetFunctionList(out));
  if (returned !== 0) throw new ModuleError(returned, attempt, "C_GetFunctionList");
  const list = Deno.UnsafePointer.create(new DataView(out.buffer).getBigUint64(0, true));
  if (list === null) {
    throw new NssError("SEC_ERROR_INCOMPATIBLE_PKCS11", `${attempt}: no functions`);
  }
  const view = new Deno.UnsafePointerView(list);
  const major = view.getUint8(0);
  if (major !== 2 && major !== 3) {
    throw new NssError(
      "SEC_ERROR_INCOMPATIBLE_PKCS11",
      `${attempt}: its version is ${major}.${view.getUint8(1)}, only 2 and 3 are supported`,
    );
  }
  const entries = (Object.keys(FUNCTIONS) as FunctionName[]).map((name) => {
    const [index, ...parameters] = FUNCTIONS[name];
    const pointer = view.getPointer<Deno.ForeignFunction>(FUNCTION_LIST_HEAD + 8 * index);
    return [name, pointer === null ? missing : bind(pointer, parameters)] as const;
  });
  return Object.fromEntries(entries) as Record<FunctionName, Call>;
}

/** CKR_FUNCTION_NOT_SUPPORTED. */
function missing(): Promise<bigint> {
  return Promise.resolve(0x54n);
}

/** The arguments of pending calls, so that memory to which a library may write is not collected. */
const PINNED = new Set<readonly unknown[]>();

function bind(
  pointer: Deno.PointerObject<Deno.ForeignFunction>,
  parameters: readonly ("u64" | "buffer")[],
): Call {
  const foreign = new Deno.UnsafeFnPointer<Deno.ForeignFunction>(pointer, {
    parameters,
    result: "u64",
    nonblocking: true,
  });
  return async (...args) => {
    const given = args.map((arg) => typeof arg === "number" ? BigInt(arg) : arg);
    PINNED.add(given);
    try {
      return await foreign.call(...given) as bigint;
    } finally {
      PINNED.delete(given);
    }
  };
}
