// Copyright 2026 the NSS for Deno authors. MIT license.

/** Text for a terminal. @module */

import { type Certificate, formatGeneralName, NssError } from "@nss/nss/cert";
import { clean } from "../_program.ts";

/** Lines with columns; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(clean));
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  ).join("\n");
}

/** Whose certificate it is: the subject, or the first other name where that is empty. */
export function subjectOf(certificate: Certificate): string {
  if (!certificate.subject.isEmpty) return String(certificate.subject);
  try {
    const [name] = certificate.subjectAltName ?? [];
    return name === undefined ? "-" : formatGeneralName(name);
  } catch (error) {
    if (error instanceof NssError) return "-"; // the names are malformed
    throw error;
  }
}

/** The day of a time, as `2026-11-23`. */
export function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}
