// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Passwords come from the terminal, from files or from the environment, and not from the command
 * line, which everybody on the machine can list.
 *
 * @module
 */

import type { PasswordFunc } from "../../pkcs11/mod.ts";
import type { Args, Option } from "./args.ts";
import { LocalError, readText } from "./files.ts";
import { Interrupted, type Io } from "./io.ts";
import { safe } from "./text.ts";

/** The environment variable of {@linkcode PASSWORD_FILE}'s password. */
export const PASSWORD_VARIABLE = "NSS_PASSWORD";

/** The options that give the password of a token or a key. */
export const PASSWORD_OPTIONS: readonly Option[] = [
  {
    name: "password-file",
    value: "FILE",
    text: "whose first line is the password of the token or key; else it is asked for",
    example: "password.txt",
  },
  {
    name: "password-env",
    value: "NAME",
    text: "the environment variable that is the password",
    example: PASSWORD_VARIABLE,
  },
  {
    name: "password",
    value: "PASSWORD",
    text: "the password itself, which everybody on this machine can see: it warns",
    example: "secret",
  },
];

/** The options of the password of a file that is read or written besides. */
export const FILE_PASSWORD: Option = {
  name: "file-password-file",
  value: "FILE",
  text: "whose first line is the password of the file; else it is asked for",
  example: "p12.txt",
};

/** The options of a password that is to be. */
export const NEW_PASSWORD: Option = {
  name: "new-password-file",
  value: "FILE",
  text: "whose first line is the new password; empty for none; else it is asked for twice",
  example: "new.txt",
};

/** The option that there is to be no password. */
export const NO_PASSWORD: Option = {
  name: "no-password",
  text: "without a password: who can read the files has the keys",
};

/** The most bytes of a file whose first line is a password. */
const MAX_PASSWORD_FILE = 65_536;

/** Reads the first line of a file. */
export async function readPassword(path: string, io: Io): Promise<string> {
  return (await readText(path, io, MAX_PASSWORD_FILE)).split(/\r?\n/, 1)[0]!;
}

/** Returns the password that options give; `undefined` where they give none. */
export async function givenPassword(args: Args, io: Io): Promise<string | undefined> {
  const file = args.one("password-file");
  if (file !== undefined) return await readPassword(file, io);
  const name = args.one("password-env");
  if (name !== undefined) {
    const value = Deno.env.get(name);
    if (value === undefined) {
      throw new LocalError(`Cannot take the password: there is no variable ${safe(name)}`);
    }
    return value;
  }
  const typed = args.one("password");
  if (typed !== undefined) {
    await io.err.line(
      "Warning: a password on the command line can be seen by everybody on this machine, and " +
        "stays in the shell's history; --password-file keeps it to yourself",
    );
  }
  return typed;
}

/**
 * Asks at the terminal, which does not show the answer; `null` where the user has none (Ctrl-D).
 *
 * @throws {Interrupted} After Ctrl-C, which a terminal in raw mode does not make a signal of.
 */
export async function askPassword(
  question: string,
  option: string,
  io: Io,
): Promise<string | null> {
  if (!Deno.stdin.isTerminal()) {
    throw new LocalError(
      `Cannot ask for the password: standard input is no terminal; use --${option} FILE`,
    );
  }
  // Before the question is there, that no answer comes early enough to be shown
  Deno.stdin.setRaw(true);
  try {
    await io.err.write(`${safe(question)}: `);
    return await readHidden();
  } finally {
    Deno.stdin.setRaw(false);
    await io.err.write("\n");
  }
}

async function readHidden(): Promise<string | null> {
  const typed: number[] = [];
  const buffer = new Uint8Array(256);
  for (;;) {
    const length = await Deno.stdin.read(buffer);
    if (length === null) return null;
    for (const byte of buffer.subarray(0, length)) {
      if (byte === 3) throw new Interrupted("Ctrl-C");
      if (byte === 4) return null;
      if (byte === 10 || byte === 13) return new TextDecoder().decode(Uint8Array.from(typed));
      if (byte === 8 || byte === 127) {
        while (typed.length > 0 && (typed.pop()! & 0xc0) === 0x80); // a whole character
      } else typed.push(byte);
    }
    buffer.fill(0);
  }
}

/** Gives tokens their passwords: what options say, or whoever sits at the terminal. */
export function passwordFunc(args: Args, io: Io): PasswordFunc {
  return async (slot, retry) => {
    const given = await givenPassword(args, io);
    if (given !== undefined) return retry ? null : given;
    const label = slot.token?.label ?? slot.name;
    return await askPassword(
      `${retry ? "That is wrong. " : ""}Password of "${label}"`,
      "password-file",
      io,
    );
  };
}

/** Returns the password of a file: from another file, or asked for. */
export async function filePassword(what: string, args: Args, io: Io): Promise<string> {
  const path = args.one("file-password-file");
  if (path !== undefined) return await readPassword(path, io);
  return await askPassword(`Password of ${what}`, "file-password-file", io) ?? noPassword();
}

/** No answer is not an empty one: that might fit. */
export function noPassword(): never {
  throw new LocalError("Cannot go on: no password was given");
}

/** Returns a new password: from a file, or typed twice. */
export async function newPassword(
  args: Args,
  option: string,
  what: string,
  io: Io,
): Promise<string> {
  const file = args.one(option);
  if (file !== undefined) return await readPassword(file, io);
  const first = await askPassword(`New password of ${what}`, option, io);
  if (first === null) noPassword();
  if (await askPassword("Once more", option, io) !== first) {
    throw new LocalError("Cannot take the new password: the two are not the same");
  }
  return first;
}

/** Returns the password of what is made: as options say, or typed twice; empty if there is none. */
export async function passwordToBe(args: Args, what: string, io: Io): Promise<string> {
  if (args.has(NO_PASSWORD.name)) return "";
  const password = await givenPassword(args, io) ??
    await newPassword(args, NEW_PASSWORD.name, what, io);
  if (password !== "") return password;
  throw new LocalError("Cannot take an empty password; if that is meant, say --no-password");
}
