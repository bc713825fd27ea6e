// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Finds the certificate that is meant. @module */

import { toHex } from "../../cert/base/runtime.ts";
import { LocalError } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { day, safe } from "../base/text.ts";
import { readCertificates } from "../store/read_certificates.ts";
import type { CaFolder } from "./folder.ts";
import type { Entry, Index } from "./index_file.ts";

/** How many digits of a serial number are enough. */
const MIN_DIGITS = 8;

/** The state of a certificate at a time. */
export function stateOf({ revoked, notAfter }: Entry, now: Date): "valid" | "expired" | "revoked" {
  if (revoked !== null) return "revoked";
  return Date.parse(notAfter) < now.getTime() ? "expired" : "valid";
}

/** The serial number of a file's first certificate; `null` if there is no such file. */
async function serialOfFile(
  file: string,
  { authorities }: CaFolder,
  io: Io,
): Promise<string | null> {
  if (!await Deno.stat(file).then(({ isFile }) => isFile, () => false)) return null;
  const [certificate] = await readCertificates(file, io);
  if (!authorities.some((one) => one.certificate.subject.equals(certificate!.issuer))) {
    throw new LocalError(`Cannot take "${file}": another authority has issued it`);
  }
  return toHex(certificate!.serialNumber);
}

/**
 * Finds a certificate in the index.
 *
 * @param which A serial number or its first digits, a file with the certificate, or a name. Of
 * several certificates of a name those count that are valid, if there are any.
 * @param options Which of several are meant.
 * @param options.latest Whether, of several with the very same names, the last one is meant.
 * @throws {LocalError} If there is none, or several.
 */
export async function findEntry(
  which: string,
  folder: CaFolder,
  index: Index,
  now: Date,
  io: Io,
  { latest = false }: { readonly latest?: boolean } = {},
): Promise<Entry> {
  const { certificates } = index;
  const digits = which.replaceAll(":", "").toLowerCase();
  const isSerial = digits.length >= MIN_DIGITS && /^[0-9a-f]+$/.test(digits);
  const serial = isSerial ? digits : await serialOfFile(which, folder, io);
  const found = certificates.filter((entry) =>
    serial !== null && entry.serial.startsWith(serial) || entry.names.includes(which)
  );
  const valid = found.filter((entry) => stateOf(entry, now) === "valid");
  const [one, ...others] = valid.length > 0 ? valid : found;
  if (one === undefined) {
    throw new LocalError(
      `Cannot find "${safe(which)}" in "${folder.path}": it is no name, file or serial number ` +
        `(${MIN_DIGITS} digits or more) of a certificate that it has issued; nss ca list shows them`,
    );
  }
  const isSame = ({ names }: Entry): boolean => String(names) === String(one.names);
  if (others.length === 0 || latest && others.every(isSame)) return others.at(-1) ?? one;
  const rows = [one, ...others].slice(0, 10).map((entry) =>
    `${entry.serial} (until ${day(new Date(entry.notAfter))})`
  );
  throw new LocalError(
    `Cannot tell which "${safe(which)}" is meant: there are ${others.length + 1}; say one by its ` +
      `serial number: ${rows.join(", ")}`,
  );
}
