// Copyright 2026 the NSS for Deno authors. MIT license.

/** The keys of an authority: in files that a password encrypts, or in a token. @module */

import type { CertificateIssuer, PrivateKey } from "../../cert/mod.ts";
import { importPrivateKey } from "../../pkcs11/mod.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import { LocalError, readBytes } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { askPassword, givenPassword } from "../base/passwords.ts";
import { openStore, STORE_OPTIONS } from "../store/store.ts";
import type { Authority, CaFolder } from "./folder.ts";
import type { AuthorityName } from "./index_file.ts";

/** The options that say which token has the keys, and who gives the password. */
export const KEY_OPTIONS: readonly Option[] = STORE_OPTIONS.filter(({ name }) => name !== "pem")
  .map((option) =>
    option.name === "db" || option.name === "module"
      ? { ...option, text: `${option.text}: where the keys are, if not in the folder` }
      : option
  );

/** Whether the command line names a token. */
export function namesToken(args: Args): boolean {
  return ["db", "module", "kv"].some((name) => args.has(name));
}

/** An authority that signs. */
export interface Signer extends CertificateIssuer, AsyncDisposable {
  /** Which it is. */
  readonly name: AuthorityName;
}

/** Opens the key of an authority. */
export async function openSigner(
  folder: CaFolder,
  { name, certificate }: Authority,
  args: Args,
  io: Io,
): Promise<Signer> {
  if (folder.settings.keys === "files") {
    if (namesToken(args)) {
      throw new UsageError(`Cannot take a token: the keys of "${folder.path}" are in its files`);
    }
    const privateKey = await readKey(folder.file(`${name}.key`), args, io);
    return { name, certificate, privateKey, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  // A folder of a stranger must not choose which library is loaded
  if (!namesToken(args)) {
    throw new UsageError(
      `Cannot sign: the keys of "${folder.path}" are in a token; say which by --db or --module`,
    );
  }
  const store = await openStore(args, io);
  try {
    return {
      name,
      certificate,
      privateKey: await store.keyOf(certificate),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

async function readKey(path: string, args: Args, io: Io): Promise<PrivateKey> {
  const pem = await readBytes(path, io);
  const password = async (): Promise<string> => {
    const given = await givenPassword(args, io) ??
      await askPassword(`Password of ${path}`, "password-file", io);
    if (given === null) throw new LocalError("Cannot go on: no password was given");
    return given;
  };
  return await importPrivateKey(pem, { password });
}
