// Copyright 2026 the NSS for Deno authors. MIT license.

import { isString, requireArgs } from "../../cert/base/options.ts";
import { NssError } from "../../cert/base/errors.ts";

/**
 * A module of `pkcs11.txt`, which modutil writes.
 *
 * @category Databases and modules
 */
export interface ModuleSpec {
  /** The name. */
  readonly name: string;
  /** The path of its library; empty for NSS's internal module. */
  readonly library: string;
  /** The parameters with which the library is initialised. */
  readonly parameters: string;
  /** The settings of NSS, such as `Flags=internal,critical trustOrder=75 ...`. */
  readonly nss: string;
}

/** The maximum length of a `pkcs11.txt` in characters. */
export const MAX_PKCS11_TXT_SIZE = 1 << 20;

/**
 * Parses `pkcs11.txt`.
 *
 * @param text The text.
 * @returns The modules.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is malformed.
 *
 * @example Usage
 * ```ts
 * import { parsePkcs11Txt } from "@nss/nss/pkcs11/nss-db";
 * import { assertEquals } from "@std/assert";
 *
 * const [spec] = parsePkcs11Txt("library=/usr/lib/softhsm/libsofthsm2.so\nname=SoftHSM\n");
 * assertEquals(spec?.name, "SoftHSM");
 * ```
 *
 * @category Databases and modules
 */
export function parsePkcs11Txt(text: string): ModuleSpec[] {
  requireArgs("Cannot read pkcs11.txt", isString(text, "text"));
  if (text.length > MAX_PKCS11_TXT_SIZE) {
    throw malformed(`it has ${text.length} characters, more than ${MAX_PKCS11_TXT_SIZE}`);
  }
  const specs: ModuleSpec[] = [];
  let values = new Map<string, string>();
  const finish = (): void => {
    if (values.size === 0) return;
    specs.push({
      name: values.get("name") ?? "",
      library: values.get("library") ?? "",
      parameters: values.get("parameters") ?? "",
      nss: values.get("nss") ?? "",
    });
    values = new Map();
  };
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "") {
      finish();
      continue;
    }
    if (line.startsWith("#")) continue;
    const at = line.indexOf("=");
    if (at < 1) throw malformed(`the line "${line.slice(0, 40)}" has no name and value`);
    const name = line.slice(0, at).trim().toLowerCase();
    // In NSS, each library begins a module
    if (name === "library" && values.has("library")) finish();
    values.set(name, line.slice(at + 1));
  }
  finish();
  return specs;
}

function malformed(state: string): NssError {
  return new NssError("SEC_ERROR_BAD_DATABASE", `Cannot read pkcs11.txt: ${state}`);
}

/**
 * Returns the `pkcs11.txt` of a new database, as certutil writes it.
 *
 * @param directory The directory.
 * @param prefixes The prefixes of the names of its files.
 * @returns The text.
 */
export function newPkcs11Txt(
  directory: string,
  prefixes: { readonly certPrefix: string; readonly keyPrefix: string },
): string {
  const quote = (value: string): string => `'${value.replace(/[\\']/g, "\\$&")}'`;
  const { certPrefix, keyPrefix } = prefixes;
  return [
    "library=",
    "name=NSS Internal PKCS #11 Module",
    `parameters=configdir=${quote(`sql:${directory}`)} certPrefix=${quote(certPrefix)} keyPrefix=${
      quote(keyPrefix)
    } secmod='secmod.db' flags= updatedir='' updateCertPrefix='' updateKeyPrefix='' updateid='' updateTokenDescription='' `,
    "NSS=Flags=internal,critical trustOrder=75 cipherOrder=100 slotParams=(1={slotFlags=[ECC,RSA,DSA,DH,RC2,RC4,DES," +
    "RANDOM,SHA1,MD5,MD2,SSL,TLS,AES,Camellia,SEED,SHA256,SHA512] askpw=any timeout=30})",
    "",
    "",
  ].join("\n");
}
