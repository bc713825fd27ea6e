// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What an error says, and how the program ends with it. @module */

import { NssError } from "../../cert/base/errors.ts";
import { UsageError } from "./args.ts";
import type { Outcome } from "./command.ts";
import { LocalError } from "./files.ts";
import { ClosedPipe } from "./io.ts";
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
  const says = (text: string, outcome: Outcome) => ({ says: safe(text, MAX_MESSAGE), outcome });
  if (error instanceof UsageError) return says(error.message, "usage");
  if (error instanceof Unreachable) return says(error.message, "unreachable");
  if (error instanceof LocalError) return says(error.message, "failed");
  if (error instanceof NssError) return says(`${error.message} (${error.name})`, "failed");
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
  // ENOSPC, EDQUOT, EROFS and the like have no class of their own
  if (/\(os error \d+\)/.test(message)) return `Cannot use file: ${message}`;
  return null;
}
