// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What an error says, and how the program ends with it. @module */

import { NssError } from "../../cert/base/errors.ts";
import { UsageError } from "./args.ts";
import type { Outcome } from "./command.ts";
import { LocalError } from "./files.ts";
import { ClosedPipe, Interrupted } from "./io.ts";
import { safe } from "./text.ts";

/** The peer could not be reached, or did not answer in time. */
export class Unreachable extends Error {
  /** What it is called. */
  override readonly name = "Unreachable";
}

/** The most characters of a message. */
const MAX_MESSAGE = 2000;

/** What an error says in a sentence, and the outcome that it means; `null` says nothing. */
export interface Failure {
  /** The sentence. */
  readonly says: string | null;
  /** The outcome. */
  readonly outcome: Outcome;
}

/** Says what has gone wrong. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ClosedPipe) return { says: null, outcome: "closedPipe" };
  if (error instanceof Interrupted) return { says: null, outcome: "interrupted" };
  const says = (text: string, outcome: Outcome) => ({ says: safe(text, MAX_MESSAGE), outcome });
  if (error instanceof UsageError) return says(error.message, "usage");
  if (error instanceof Unreachable) return says(error.message, "unreachable");
  if (error instanceof LocalError) return says(error.message, "failed");
  if (error instanceof NssError) {
    return says(`${error.message}${cureOf(error)} (${error.name})`, "failed");
  }
  const local = localCause(error);
  if (local !== null) return says(local, "failed");
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return says(`Cannot go on: this is a defect of the tool, please report it: ${text}`, "defect");
}

function localCause(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { message } = error;
  if (error instanceof Deno.errors.NotFound) {
    return `Cannot find file: ${message}; look at its spelling and at the folder`;
  }
  if (error instanceof Deno.errors.NotCapable) {
    return `Cannot go on: Deno was not given the permission: ${message}`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `Cannot use file or port: this user may not: ${message}`;
  }
  if (error instanceof Deno.errors.AlreadyExists) {
    return `Cannot write file: it is there already: ${message}; choose another name`;
  }
  if (error instanceof Deno.errors.IsADirectory || error instanceof Deno.errors.NotADirectory) {
    return `Cannot use file: ${message}`;
  }
  if (error instanceof Deno.errors.AddrInUse) {
    return "Cannot listen: another program uses this port; stop it, or choose another";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "Cannot listen: this machine does not have that address; 127.0.0.1 is its own";
  }
  // These have no class of their own
  return /\(os error \d+\)/.test(message) ? `Cannot use file: ${message}${cureOf(error)}` : null;
}

/** How many causes of causes are looked at. */
const MAX_CAUSES = 8;

/** What helps where the system is behind an error, with its words where the error has not them. */
function cureOf(error: Error): string {
  let cause: unknown = error;
  for (let i = 0; i < MAX_CAUSES && cause instanceof Error; i++) {
    const { message } = cause;
    const cure = CURES.find(([pattern]) => pattern.test(message))?.[1];
    if (cure !== undefined) return `${cause === error ? "" : `: ${message}`}; ${cure}`;
    cause = cause.cause;
  }
  return "";
}

/** What helps against errors of the system, by the words of Linux, macOS and Windows. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [
    /no space left|disk (?:is )?full|not enough space/i,
    "make room on the disk, or write to another one",
  ],
  [/quota/i, "this user may write no more there; delete something, or ask who runs the machine"],
  [/read-only file system/i, "write to another disk, or have this one mounted to be written"],
  [/file ?name too long/i, "choose a shorter name"],
  [/too many open files/i, "allow more by ulimit -n"],
  [/too many levels of symbolic links/i, "the links lead in a circle: name the file itself"],
  [/input\/output error/i, "the disk has failed: look at the system's log"],
];
