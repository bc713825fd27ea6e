// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Passwords come from files or from the terminal, never from the command line, which everybody can
 * list.
 *
 * @module
 */

import type { PasswordFunc } from "@nss/nss/pkcs11";
import type { Args } from "./args.ts";
import { readText } from "./files.ts";
import { clean } from "../_program.ts";

/** No password is to be had. */
export class NoPasswordError extends Error {
  /** What it is called. */
  override readonly name = "NoPasswordError";
}

/** The first line of a file. */
export async function readPassword(path: string): Promise<string> {
  return (await readText(path)).split(/\r?\n/, 1)[0]!;
}

/**
 * Asks at the terminal, which does not show the answer; `null` where the user gives up (Ctrl-C,
 * Ctrl-D).
 */
export function askPassword(question: string, option: string): Promise<string | null> {
  if (!Deno.stdin.isTerminal()) {
    throw new NoPasswordError(
      `Cannot ask for the password: standard input is no terminal; use --${option} FILE`,
    );
  }
  return askHidden(question);
}

async function askHidden(question: string): Promise<string | null> {
  const write = (text: string) => Deno.stderr.write(new TextEncoder().encode(text));
  // Before the question is there, that no answer comes early enough to be shown
  Deno.stdin.setRaw(true);
  try {
    await write(`${clean(question)}: `);
    const typed: number[] = [];
    const buffer = new Uint8Array(256);
    for (;;) {
      const length = await Deno.stdin.read(buffer);
      if (length === null) return null;
      for (const byte of buffer.subarray(0, length)) {
        if (byte === 3 || byte === 4) return null;
        if (byte === 10 || byte === 13) return new TextDecoder().decode(Uint8Array.from(typed));
        if (byte === 8 || byte === 127) {
          while (typed.length > 0 && (typed.pop()! & 0xc0) === 0x80); // a whole character
        } else typed.push(byte);
      }
      buffer.fill(0);
    }
  } finally {
    Deno.stdin.setRaw(false);
    await write("\n");
  }
}

/** Gives tokens their passwords: what `--password-file` says, or whoever sits at the terminal. */
export function passwordFunc(args: Args): PasswordFunc {
  const file = args.one("password-file");
  return async (slot, retry) => {
    if (file !== undefined) return retry ? null : await readPassword(file);
    const label = slot.token?.label ?? slot.name;
    return await askPassword(
      `${retry ? "That is wrong. " : ""}Password of "${label}"`,
      "password-file",
    );
  };
}

/** A new password: from a file, or typed twice. */
export async function newPassword(args: Args, option: string, what: string): Promise<string> {
  const file = args.one(option);
  if (file !== undefined) return await readPassword(file);
  const first = await askPassword(`New password of ${what}`, option);
  if (first === null) throw new NoPasswordError("Cannot go on: no password is given");
  if (await askPassword("Once more", option) !== first) {
    throw new NoPasswordError("Cannot take the new password: the two are not the same");
  }
  return first;
}
