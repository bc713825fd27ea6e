// Copyright 2026 the NSS for Deno authors. MIT license.

/** Converts errors of SQLite and the file system to errors of NSS. @module */

import { type ErrorName, NssError } from "../../cert/base/errors.ts";

/** The primary result codes of SQLite with an error of their own. */
const BUSY = 5;
const LOCKED = 6;
const CODES: Readonly<Record<number, ErrorName>> = {
  3: "PR_NO_ACCESS_RIGHTS_ERROR",
  8: "SEC_ERROR_READ_ONLY",
  10: "SEC_ERROR_IO",
  13: "SEC_ERROR_IO",
  14: "SEC_ERROR_IO",
};

/**
 * The extended result codes of a database that an interrupted write has left, and that is open for
 * reading: what was written has to be undone first, or completed.
 */
const INTERRUPTED: readonly (number | undefined)[] = [264, 776];

/** The messages of errors without a code, which Deno throws in `exec` and when it opens a file. */
const MESSAGES: readonly (readonly [RegExp, ErrorName])[] = [
  [/readonly database/, "SEC_ERROR_READ_ONLY"],
  [/unable to open/, "PR_NO_ACCESS_RIGHTS_ERROR"],
  [/disk I\/O|disk is full/, "SEC_ERROR_IO"],
];

/**
 * Returns whether another program has locked a database, by SQLite's result code, or by the message
 * for errors of `exec`, which have no code in Deno.
 *
 * @param error The error.
 * @returns Whether the database is locked.
 */
export function isBusy(error: unknown): boolean {
  const { errcode, message } = error as { errcode?: number; message?: string };
  if (errcode !== undefined) return [BUSY, LOCKED].includes(errcode & 0xff);
  return /database (?:table )?is locked/.test(message ?? "");
}

/**
 * Creates an error about a database that other programs lock too long.
 *
 * @param what The attempted action.
 * @param state The reason.
 * @param cause The error of SQLite.
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
 * Converts an error of SQLite.
 *
 * @param what The attempted action.
 * @param cause The error.
 * @returns The error; `SEC_ERROR_BAD_DATABASE` if the cause has no error of its own.
 */
export function sqliteError(what: string, cause: unknown): NssError {
  const { errcode, message, name } = cause as { errcode?: number; message?: string; name?: string };
  if (INTERRUPTED.includes(errcode)) {
    return new NssError(
      "SEC_ERROR_BAD_DATABASE",
      `Cannot ${what}: a program was interrupted while it wrote to it; ` +
        "open it once with readWrite: true, which restores what was there before",
      { cause },
    );
  }
  const code: ErrorName = name === "NotCapable"
    ? "PR_NO_ACCESS_RIGHTS_ERROR"
    : CODES[(errcode ?? 0) & 0xff] ??
      MESSAGES.find(([pattern]) => pattern.test(message ?? ""))?.[1] ?? "SEC_ERROR_BAD_DATABASE";
  return new NssError(code, `Cannot ${what}: ${message}`, { cause });
}

/** Returns the code of an error of the file system, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

/**
 * Creates an error about a file or directory that cannot be opened.
 *
 * @param directory The directory of the database, as the caller named it.
 * @param what The file that cannot be opened.
 * @param cause The error of the file system.
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
 * Creates an error about a database of the `dbm:` form, that of NSS before 3.12.
 *
 * @param directory The directory, as the caller named it.
 * @returns The error, `SEC_ERROR_LEGACY_DATABASE`.
 */
export function legacyDatabase(directory: string): NssError {
  return new NssError(
    "SEC_ERROR_LEGACY_DATABASE",
    `Cannot open NSS database in "${directory}": it is of the old dbm: form; ` +
      "convert it first, by certutil -K -d sql:DIRECTORY of an NSS before 3.120",
  );
}
