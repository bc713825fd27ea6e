// Copyright 2026 the NSS for Deno authors. MIT license.

/** The logs of certificate transparency that are trusted, from a file. @module */

import { fromBase64 } from "../../cert/base/runtime.ts";
import { type CtLog, NssError, parseSubjectPublicKeyInfo } from "../../cert/mod.ts";
import type { Args, Option } from "../base/args.ts";
import { LocalError, readText } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { safe } from "../base/text.ts";

/** The option that names the file. */
export const CT_LOGS_OPTION: Option = {
  name: "ct-logs",
  value: "FILE",
  text: "verify CT timestamps by a list of logs, in the form of the browsers' log_list.json",
  example: "log_list.json",
};

/** The most logs of a list: the browsers' have about 100. */
export const MAX_CT_LOGS = 10_000;

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function logOf(value: unknown): CtLog {
  const { key, description, state } = membersOf(value);
  if (typeof key !== "string") throw new TypeError("a log has no key");
  const retiredAt = membersOf(membersOf(state).retired).timestamp;
  return {
    key: parseSubjectPublicKeyInfo(fromBase64(key)),
    ...typeof description === "string" && { description: safe(description, 100) },
    ...typeof retiredAt === "string" && { retiredAt: new Date(retiredAt) },
  };
}

/**
 * Reads a list of logs: `operators`, each with `logs` and `tiled_logs`, each with a `key`.
 *
 * @throws {LocalError} If it is none.
 */
export function parseCtLogs(text: string, path: string): readonly CtLog[] {
  const refuse = (why: string) =>
    new LocalError(
      `Cannot read "${safe(path)}" as a list of CT logs: ${why}; the browsers' log_list.json of ` +
        "version 3 has the form that is needed",
    );
  let logs: CtLog[];
  try {
    const rows = listOf(membersOf(JSON.parse(text)).operators).map(membersOf)
      .flatMap((operator) => [...listOf(operator.logs), ...listOf(operator.tiled_logs)]);
    if (rows.length > MAX_CT_LOGS) throw new TypeError(`it has more than ${MAX_CT_LOGS} logs`);
    logs = rows.map(logOf);
  } catch (error) {
    const isForm = error instanceof SyntaxError || error instanceof TypeError ||
      error instanceof NssError;
    throw isForm ? refuse(safe(error.message)) : error;
  }
  if (logs.length === 0) throw refuse("it has no logs");
  const undated = logs.find(({ retiredAt }) => Number.isNaN(retiredAt?.getTime() ?? 0));
  if (undated !== undefined) throw refuse(`the end of "${undated.description}" is no date`);
  return logs;
}

/** Reads the list that the command line names; `null` for none. */
export async function readCtLogs(args: Args, io: Io): Promise<readonly CtLog[] | null> {
  const path = args.one(CT_LOGS_OPTION.name);
  return path === undefined ? null : parseCtLogs(await readText(path, io), path);
}
