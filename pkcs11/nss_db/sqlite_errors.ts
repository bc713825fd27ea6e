// Copyright 2026 the NSS for Deno authors. MIT license.

/** What SQLite and the file system say, as errors of NSS. @module */

import { type ErrorName, NssError } from "../../cert/base/errors.ts";

/** SQLite's primary result codes that have a meaning here. */
const BUSY = 5;
const LOCKED = 6;
const CODES: Readonly<Record<number, ErrorName>> = {
  3: "PR_NO_ACCESS_RIGHTS_ERROR",
  8: "SEC_ERROR_READ_ONLY",
  10: "SEC_ERROR_IO",
  13: "SEC_ERROR_IO",
  14: "SEC_ERROR_IO",
};

/** Deno gives no code of what fails in `exec` and when a file is opened. */
const MESSAGES: readonly (readonly [RegExp, ErrorName])[] = [
  [/readonly database/, "SEC_ERROR_READ_ONLY"],
  [/unable to open/, "PR_NO_ACCESS_RIGHTS_ERROR"],
  [/disk I\/O|disk is full/, "SEC_ERROR_IO"],
];

/**
 * Tells whether a database is held by another program, by SQLite's code. Deno gives that of
 * statements, and not of `exec`, whose message tells it.
 *
 * @param error What was thrown.
 * @returns Whether it is.
 */
export function isBusy(error: unknown): boolean {
  const { errcode, message } = error as { errcode?: number; message?: string };
  if (errcode !== undefined) return [BUSY, LOCKED].includes(errcode & 0xff);
  return /database (?:table )?is locked/.test(message ?? "");
}

/**
 * Says that other programs hold a database too long.
 *
 * @param what What was attempted.
 * @param state What they do.
 * @param cause What SQLite said.
 * @returns The error, `SEC_ERROR_BUSY`.
 */
export function busy(what: string, state: string, cause?: unknown): NssError {
  return new NssError(
    "SEC_ERROR_BUSY",
    `Cannot ${what}: ${state}`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * Says what SQLite says.
 *
 * @param what What was attempted.
 * @param cause What was thrown.
 * @returns The error; `SEC_ERROR_BAD_DATABASE` unless it is known to be another.
 */
export function sqliteError(what: string, cause: unknown): NssError {
  const { errcode, message, name } = cause as { errcode?: number; message?: string; name?: string };
  const code: ErrorName = name === "NotCapable"
    ? "PR_NO_ACCESS_RIGHTS_ERROR"
    : CODES[(errcode ?? 0) & 0xff] ??
      MESSAGES.find(([pattern]) => pattern.test(message ?? ""))?.[1] ?? "SEC_ERROR_BAD_DATABASE";
  return new NssError(code, `Cannot ${what}: ${message}`, { cause });
}

/** The code of an error of the file system, as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

/**
 * Says why a file or folder cannot be opened.
 *
 * @param directory The folder of the database, as the caller named it.
 * @param what What cannot be opened in it.
 * @param cause What the file system said.
 * @param writes Whether it was to be written.
 * @returns The error.
 */
export function openError(
  directory: string,
  what: string,
  cause: unknown,
  writes = false,
): NssError {
  const at = `Cannot open NSS database in "${directory}": ${what}`;
  if ((cause as Error).name === "NotCapable") {
    return new NssError(
      "PR_NO_ACCESS_RIGHTS_ERROR",
      `${at} is out of reach; run with --allow-read, and --allow-write where it changes, of the folder`,
      { cause },
    );
  }
  switch (codeOf(cause)) {
    case "ENOENT":
    case "ENOTDIR":
      return new NssError("PR_FILE_NOT_FOUND_ERROR", `${at} does not exist`, { cause });
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return writes
        ? new NssError("SEC_ERROR_READ_ONLY", `${at} may not be written`, { cause })
        : new NssError("PR_NO_ACCESS_RIGHTS_ERROR", `${at} may not be read`, { cause });
  }
  return new NssError("SEC_ERROR_IO", `${at} cannot be opened`, { cause });
}

/**
 * Says that a database is of the form before NSS 3.12.
 *
 * @param directory The folder, as the caller named it.
 * @returns The error, `SEC_ERROR_LEGACY_DATABASE`.
 */
export function legacyDatabase(directory: string): NssError {
  return new NssError(
    "SEC_ERROR_LEGACY_DATABASE",
    `Cannot open NSS database in "${directory}": it is of the old dbm: form; ` +
      "convert it first, by certutil -K -d sql:DIRECTORY of an NSS before 3.120",
  );
}
