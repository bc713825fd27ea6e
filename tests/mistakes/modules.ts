// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { loadModule } from "@nss/nss/pkcs11/module";
import type { Argument, Caller, FunctionName } from "../../pkcs11/module/library.ts";
import { readIds } from "../../pkcs11/module/library.ts";
import { ModuleError } from "../../pkcs11/module/return_values.ts";
import { SessionPool } from "../../pkcs11/module/session_pool.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "PKCS#11 libraries";

/** A library whose functions write a number, and return a value. */
class Library implements Caller {
  constructor(readonly written: bigint, readonly returned: Partial<Record<FunctionName, number>>) {}

  async call(name: FunctionName, attempt: string, ...args: Argument[]): Promise<void> {
    const value = await this.tryCall(name, ...args);
    if (value !== 0) throw new ModuleError(value, attempt, name);
  }

  tryCall(name: FunctionName, ...args: Argument[]): Promise<number> {
    const last = args.at(-1);
    if (last instanceof Uint8Array) {
      new DataView(last.buffer).setBigUint64(0, this.written, true);
    }
    return Promise.resolve(this.returned[name] ?? 0);
  }
}

const mechanisms = (length: bigint) =>
  readIds(
    new Library(length, {}),
    'Cannot list mechanisms of token "Card"',
    "C_GetMechanismList",
    1n,
    4096,
  );

const signing = (length: bigint) =>
  new SessionPool(new Library(length, {}), 1n, "Card").use((session) =>
    session.sign(
      new Uint8Array(24),
      1n,
      new Uint8Array(32),
      'Cannot sign with a key of token "Card"',
    )
  );

const opening = (returned: number) =>
  new SessionPool(new Library(1n, { C_OpenSession: returned }), 1n, "Card").use(() =>
    Promise.resolve()
  );

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "The file does not exist",
    make: () => loadModule("/usr/lib/none.so"),
    name: "PR_FILE_NOT_FOUND_ERROR",
    says: 'Cannot load PKCS#11 library "/usr/lib/none.so": ' +
      "the file, or a library that it needs, does not exist",
  },
  {
    mistake: "Another library is loaded",
    make: () => loadModule("libc.so.6"),
    name: "PR_FIND_SYMBOL_ERROR",
    says: 'Cannot load PKCS#11 library "libc.so.6": ' +
      "it is no PKCS#11 library, it has no C_GetFunctionList",
  },
  {
    mistake: "The token does not answer",
    make: () => opening(0x30),
    name: "SEC_ERROR_PKCS11_DEVICE_ERROR",
    says: 'Cannot open session with token "Card": C_OpenSession returned CKR_DEVICE_ERROR',
  },
  {
    mistake: "A library tells of more mechanisms than there can be",
    make: () => mechanisms(1n << 60n),
    name: "SEC_ERROR_INCOMPATIBLE_PKCS11",
    says: 'Cannot list mechanisms of token "Card": C_GetMechanismList tells of ' +
      "1152921504606847000 entries, more than 4096",
  },
  {
    mistake: "A library tells of a signature without bytes",
    make: () => signing(0n),
    name: "SEC_ERROR_INCOMPATIBLE_PKCS11",
    says: 'Cannot sign with a key of token "Card": C_Sign tells of a signature of 0 bytes, ' +
      "with room for 1024",
  },
];
