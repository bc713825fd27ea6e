// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../../cert/base/errors.ts";
import { isString } from "../../../cert/base/options.ts";
import { MAX_ROW_LENGTH, MAX_ROW_NAME_LENGTH } from "../../base/session_store.ts";

const NAME = new RegExp(`^[A-Za-z0-9_-]{1,${MAX_ROW_NAME_LENGTH}}$`);

/**
 * Checks the arguments of a store's methods.
 *
 * @param what The attempted action.
 * @param name The name of the row.
 * @param value Its value; `null` for none.
 * @param lifetime Its lifetime in milliseconds.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if one is out of its range.
 */
export function checkRow(
  what: string,
  name: unknown,
  value: unknown = null,
  lifetime: unknown = 1,
): void {
  const problem = typeof name !== "string" || !NAME.test(name)
    ? `its name is not 1 to ${MAX_ROW_NAME_LENGTH} letters, digits, - and _`
    : value !== null && !(value instanceof Uint8Array)
    ? "its value is no Uint8Array"
    : value instanceof Uint8Array && (value.length < 1 || value.length > MAX_ROW_LENGTH)
    ? `its value has ${value.length} bytes, not 1 to ${MAX_ROW_LENGTH}`
    : !Number.isSafeInteger(lifetime) || Number(lifetime) < 1
    ? "its lifetime is no positive whole number of milliseconds"
    : null;
  if (problem !== null) throw new NssError("SEC_ERROR_INVALID_ARGS", `Cannot ${what}: ${problem}`);
}

/**
 * What the operator of a store says about it.
 *
 * @category Sessions
 */
export interface EpochOptions {
  /**
   * A text that is changed when a backup was restored that the store cannot notice itself: then no
   * early data is accepted that was allowed before. All processes need the same one; up to 16
   * letters, digits, `.`, `-` and `_`.
   */
  readonly epoch?: string;
}

/** Accepts a text of {@linkcode EpochOptions}. */
export function isEpochLabel(value: unknown, name: string): string | null {
  const problem = isString(value, name);
  if (problem !== null || /^[\w.-]{1,16}$/.test(String(value))) return problem;
  return `${name} is not 1 to 16 letters, digits, ., - and _`;
}

/** Returns an epoch with the operator's text. */
export function withLabel(epoch: string, label: string | undefined): string {
  return label === undefined ? epoch : `${epoch}:${label}`;
}
