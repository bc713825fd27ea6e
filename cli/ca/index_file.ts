// Copyright 2026 the NSS for Deno authors. MIT license.

/** The index of an authority: what it has certified, and what of that it has revoked. @module */

import type { CrlReason } from "../../cert/mod.ts";
import { toHex } from "../../cert/base/runtime.ts";
import type { Certificate } from "../../cert/mod.ts";
import { LocalError } from "../base/files.ts";
import { isHostName, nameText } from "./names.ts";

/** Who signs: the root, or the authority below it. */
export type AuthorityName = "ca" | "intermediate";

/** Why a certificate may be revoked; a suspension (certificateHold) is not offered. */
export const REASONS = [
  "unspecified",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "privilegeWithdrawn",
] as const satisfies readonly CrlReason[];

/** A reason to revoke. */
export type Reason = typeof REASONS[number];

/** A certificate in the index. */
export interface Entry {
  /** Its serial number, in hexadecimal: `issued/SERIAL.pem` is the certificate. */
  readonly serial: string;
  /** Who has signed it. */
  readonly issuer: AuthorityName;
  /** Its names; the subject of an authority. */
  readonly names: readonly string[];
  /** Till when it is valid. */
  readonly notAfter: string;
  /** Since when it is revoked, and why; `null` if it is not. */
  readonly revoked: { readonly at: string; readonly reason: Reason } | null;
}

/** The index. */
export interface Index {
  /** The number of the last list of each authority; 0 before the first. */
  readonly crlNumbers: Readonly<Record<AuthorityName, number>>;
  /** The certificates, in the order in which they were made. */
  readonly certificates: readonly Entry[];
}

/** The index of a new authority. */
export const EMPTY_INDEX: Index = { crlNumbers: { ca: 0, intermediate: 0 }, certificates: [] };

/** The names of a certificate, as the index has them. */
export function namesOf({ subject, subjectAltName }: Certificate): readonly string[] {
  const names = (subjectAltName ?? []).filter(isHostName).map(nameText);
  return names.length > 0 ? names : [String(subject)];
}

/** Makes the entry of a certificate. */
export function entryOf(certificate: Certificate, issuer: AuthorityName): Entry {
  return {
    serial: toHex(certificate.serialNumber),
    issuer,
    names: namesOf(certificate),
    notAfter: certificate.notAfter.toISOString(),
    revoked: null,
  };
}

/** Returns the index with one more certificate. */
export function withEntry(index: Index, entry: Entry): Index {
  return { ...index, certificates: [...index.certificates, entry] };
}

/** Writes an index down, with a certificate in each line. */
export function formatIndex({ crlNumbers, certificates }: Index): string {
  const rows = certificates.map((entry) => `    ${JSON.stringify(entry)}`).join(",\n");
  return `{\n  "format": 1,\n  "crlNumbers": ${JSON.stringify(crlNumbers)},\n` +
    `  "certificates": [${rows === "" ? "" : `\n${rows}\n  `}]\n}\n`;
}

/** A file of an authority is not what this program writes. */
export function damaged(path: string, state: string): LocalError {
  return new LocalError(
    `Cannot use "${path}": ${state}; put the file of a backup in its place`,
  );
}

/**
 * Reads the JSON of a file of format 1.
 *
 * @throws {LocalError} If it is none.
 */
export function readFormat1(text: string, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(path, `it is damaged: ${(error as SyntaxError).message}`);
  }
  const object = asObject(value);
  if (object?.format === 1) return object;
  throw damaged(
    path,
    typeof object?.format === "number"
      ? `its format is ${object.format}, of another version of this program`
      : "it is damaged: it has no format",
  );
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null
    ? value as Readonly<Record<string, unknown>>
    : null;
}

const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const isTime = (value: unknown): value is string =>
  typeof value === "string" && !Number.isNaN(Date.parse(value));
const isOf = <T extends string>(words: readonly T[], value: unknown): value is T =>
  (words as readonly unknown[]).includes(value);

function readEntry(value: unknown): Entry | null {
  const { serial, issuer, names, notAfter, revoked } = asObject(value) ?? {};
  const { at, reason } = asObject(revoked) ?? {};
  if (typeof serial !== "string" || !/^(?:[0-9a-f]{2}){1,20}$/.test(serial)) return null;
  if (!isOf(["ca", "intermediate"] as const, issuer) || !isTime(notAfter)) return null;
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) return null;
  if (revoked === null) return { serial, issuer, names, notAfter, revoked };
  return isTime(at) && isOf(REASONS, reason)
    ? { serial, issuer, names, notAfter, revoked: { at, reason } }
    : null;
}

/**
 * Reads an index.
 *
 * @param text The content of the file.
 * @param path Its name, for errors.
 * @throws {LocalError} If it is damaged: what was revoked must not be forgotten.
 */
export function parseIndex(text: string, path: string): Index {
  const { crlNumbers, certificates } = readFormat1(text, path);
  const { ca, intermediate } = asObject(crlNumbers) ?? {};
  if (!isNumber(ca) || !isNumber(intermediate)) {
    throw damaged(path, "it is damaged: crlNumbers are no numbers");
  }
  if (!Array.isArray(certificates)) throw damaged(path, "it is damaged: it has no certificates");
  const serials = new Set<string>();
  const entries = certificates.map((value, i) => {
    const entry = readEntry(value);
    if (entry === null) throw damaged(path, `it is damaged: certificate ${i + 1} is malformed`);
    if (serials.has(entry.serial)) throw damaged(path, `it has ${entry.serial} twice`);
    serials.add(entry.serial);
    return entry;
  });
  return { crlNumbers: { ca, intermediate }, certificates: entries };
}
