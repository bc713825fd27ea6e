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
  return stanzasOf(text).map(({ values }) => specOf(values));
}

/** The lines of a module. */
interface Stanza {
  /** What it says, by names in lower case. */
  readonly values: Map<string, string>;
  /** The index of the first line, and of the one after the last. */
  readonly first: number;
  end: number;
}

function stanzasOf(text: string): Stanza[] {
  const stanzas: Stanza[] = [];
  let open: Stanza | null = null;
  for (const [i, line] of text.split(LINE_END).entries()) {
    if (line.trim() === "") {
      open = null;
      continue;
    }
    if (line.startsWith("#")) continue;
    const at = line.indexOf("=");
    if (at < 1) throw malformed(`the line "${line.slice(0, 40)}" has no name and value`);
    const name = line.slice(0, at).trim().toLowerCase();
    // In NSS, each library begins a module
    if (open === null || (name === "library" && open.values.has("library"))) {
      stanzas.push(open = { values: new Map(), first: i, end: i });
    }
    open.values.set(name, line.slice(at + 1));
    open.end = i + 1;
  }
  return stanzas;
}

const LINE_END = /\r?\n/;

function specOf(values: ReadonlyMap<string, string>): ModuleSpec {
  const value = (name: string): string => values.get(name) ?? "";
  return {
    name: value("name"),
    library: value("library"),
    parameters: value("parameters"),
    nss: value("nss"),
  };
}

/**
 * Adds a module behind the others, as modutil does.
 *
 * @param text The text.
 * @param spec The module.
 * @returns The text with it.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if its name is taken, or a value has control
 * characters, of which a line end would begin another value.
 */
export function addModule(text: string, spec: ModuleSpec): string {
  const lines = stanzaLines(spec);
  if (parsePkcs11Txt(text).some(({ name }) => name === spec.name)) {
    throw refused(`Cannot add module: there is "${spec.name}" already`);
  }
  const before = text.trim() === "" ? "" : `${text.replace(/[\r\n]+$/, "")}\n\n`;
  return `${before}${lines.join("\n")}\n\n`;
}

/**
 * Changes the settings of a module, or removes it; the other lines stay as they are.
 *
 * @param text The text.
 * @param name The name of the module.
 * @param nss The new settings; `null` to remove it.
 * @returns The new text.
 * @throws {NssError} `SEC_ERROR_NO_MODULE` if there is none of this name.
 */
export function changeModule(text: string, name: string, nss: string | null): string {
  const stanza = stanzasOf(text).find(({ values }) => values.get("name") === name);
  if (stanza === undefined) {
    throw new NssError("SEC_ERROR_NO_MODULE", `Cannot find module "${name}" in pkcs11.txt`);
  }
  const lines = text.split(LINE_END);
  const own = lines.slice(stanza.first, stanza.end);
  const rest = own.filter((line) => !/^\s*nss\s*=/i.test(line));
  const changed = nss === null ? [] : [...rest, ...valueLines([["NSS", nss]])];
  // The blank line goes with what it ends
  const end = stanza.end + (nss === null && lines[stanza.end] === "" ? 1 : 0);
  return [...lines.slice(0, stanza.first), ...changed, ...lines.slice(end)].join("\n");
}

function stanzaLines({ library, name, parameters, nss }: ModuleSpec): string[] {
  if (name === "" || library === "") throw refused("Cannot add module: it has no name or library");
  return [
    ...valueLines([["library", library], ["name", name]]),
    ...valueLines(
      ([["parameters", parameters], ["NSS", nss]] as const).filter(([, value]) => value !== ""),
    ),
  ];
}

function valueLines(values: readonly (readonly [name: string, value: string])[]): string[] {
  return values.map(([name, value]) => {
    if (/\p{Cc}/u.test(value)) {
      throw refused(`Cannot write pkcs11.txt: ${name} has a control character`);
    }
    return `${name}=${value}`;
  });
}

function refused(message: string): NssError {
  return new NssError("SEC_ERROR_INVALID_ARGS", message);
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
