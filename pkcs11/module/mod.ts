// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * PKCS#11 libraries, such as those of smart cards and hardware security modules, SoftHSM, p11-kit,
 * NSS's softoken and its built-in roots.
 *
 * This needs Deno with `--allow-ffi` without a path, because PKCS#11 passes pointers.
 *
 * A library is native code in this process, which Deno's permissions do not restrict. Its functions
 * run on other threads, so that a slow card does not block the event loop.
 *
 * - {@linkcode loadModule} loads a library, whose slots have tokens with certificates and keys for
 *   TLS.
 *
 * @example Serve TLS with a key in SoftHSM
 * ```ts ignore
 * import { loadModule } from "@nss/nss/pkcs11/module";
 * import { setPasswordFunc } from "@nss/nss/pkcs11";
 * import { importFD } from "@nss/nss/ssl";
 *
 * await using module = await loadModule("/usr/lib/softhsm/libsofthsm2.so");
 * const slot = module.slots.find(({ token }) => token?.label === "server")!;
 * setPasswordFunc((_slot, retry) => retry ? null : prompt("PIN?"), { for: slot });
 *
 * const [record] = await slot.token!.certificates.find({ nickname: "www.example.com" });
 * const key = await slot.token!.findKey(record!.certificate);
 * const listener = importFD(Deno.listen({ port: 443 }), {
 *   certificates: [{ cert: record!.certificate, key: key! }],
 * });
 * ```
 *
 * A library that uses OpenSSL, as SoftHSM does, may crash a process that ends within 10 s of many
 * calls: OpenSSL's handler at exit and the ends of the threads that ran calls free the same memory.
 * Everything is done by then; only the exit code is wrong.
 *
 * @module
 */

import { importLazily } from "../../cert/base/lazy_module.ts";
import type { LoadModuleOptions, Pkcs11Module } from "./pkcs11_module.ts";

export type { LibraryOptions } from "./library.ts";
export type { LoadModuleOptions, Pkcs11Module } from "./pkcs11_module.ts";

/**
 * Loads a PKCS#11 library (`SECMOD_LoadUserModule`). A library that is loaded several times is
 * initialised once, and finalised when its last module is closed.
 *
 * @param path The path, such as `/usr/lib/softhsm/libsofthsm2.so`.
 * @param options The name, and the parameters of the initialisation.
 * @returns The module with its slots.
 * @throws {NssError} `PR_NO_ACCESS_RIGHTS_ERROR` without `--allow-ffi`, `PR_FILE_NOT_FOUND_ERROR`
 * if the file does not exist, `PR_LOAD_LIBRARY_ERROR` if it cannot be loaded,
 * `PR_FIND_SYMBOL_ERROR` if it is not a PKCS#11 library, `SEC_ERROR_INCOMPATIBLE_PKCS11` if its
 * version is not supported, `PR_OPERATION_NOT_SUPPORTED_ERROR` on Windows, or an error of the
 * library.
 *
 * @example A missing library
 * ```ts
 * import { loadModule } from "@nss/nss/pkcs11/module";
 * import { NssError } from "@nss/nss/cert";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => loadModule("/does/not/exist.so"), NssError);
 * assertEquals(error.name, "PR_FILE_NOT_FOUND_ERROR");
 * ```
 *
 * @category Databases and modules
 */
export async function loadModule(
  path: string,
  options: LoadModuleOptions = {},
): Promise<Pkcs11Module> {
  const { Pkcs11Module } = await importLazily(
    "the module for PKCS#11 libraries",
    () => import("./pkcs11_module.ts"),
  );
  return await Pkcs11Module.load(path, options);
}
