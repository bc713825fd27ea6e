// Copyright 2026 the NSS for Deno authors. MIT license.

/** What is in the certificates of an authority. @module */

import {
  type Certificate,
  type CreateCertificateOptions,
  crlDistributionPoints,
  type GeneralName,
  type KeyPurpose,
  makeExtension,
  type Name,
  type NameConstraints,
  OIDS,
} from "../../cert/mod.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import { LocalError } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { day, safe } from "../base/text.ts";
import type { CaFolder } from "./folder.ts";
import type { AuthorityName } from "./index_file.ts";

/** How long certificates are valid by default, in days. */
export const DEFAULT_DAYS = 90;
/** The days of certificates of servers beyond which Apple's programs refuse them. */
export const MAX_SERVER_DAYS = 825;
/** The most days of any certificate: a century. */
export const MAX_DAYS = 36_500;
/** RFC 5280, Appendix A: ub-common-name. */
export const MAX_COMMON_NAME = 64;

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** A subject of one common name, which may have any letters. */
export function commonName(name: string): string {
  return `CN=${name.replaceAll(/[\\,+"<>;=#]|^ | $/g, "\\$&")}`;
}

/** What is in a certificate, but for its key and issuer. */
export type Content = Omit<CreateCertificateOptions, "publicKey" | "privateKey" | "issuer">;

/** What a certificate says of its holder. */
export interface Profile {
  /** The distinguished name. */
  readonly subject: string | Name;
  /** The names that clients look at. */
  readonly names: readonly GeneralName[];
  /** What it is for. */
  readonly purposes: readonly KeyPurpose[];
}

/** From when to when a certificate is valid. */
export type Validity = Required<Pick<CreateCertificateOptions, "notBefore" | "notAfter">>;

/**
 * Checks that an authority may sign still.
 *
 * @throws {LocalError} If it has expired.
 */
export function checkNotExpired({ subject, notAfter }: Certificate, now: Date): void {
  if (notAfter > now) return;
  throw new LocalError(
    `Cannot sign: the authority "${safe(subject)}" has expired on ${
      day(notAfter)
    }; make a new one ` +
      "by nss ca create",
  );
}

/**
 * Chooses the validity of a certificate, which is within that of its issuer.
 *
 * @param issuer The issuer.
 * @param days How many days from now; by default {@linkcode DEFAULT_DAYS}, or till the issuer's
 * end.
 * @param now The time.
 * @throws {UsageError} If the issuer ends before.
 * @throws {LocalError} If it has ended.
 */
export function validityWithin(issuer: Certificate, days: number | undefined, now: Date): Validity {
  checkNotExpired(issuer, now);
  const notAfter = new Date(now.getTime() + (days ?? DEFAULT_DAYS) * DAY);
  if (days !== undefined && notAfter > issuer.notAfter) {
    throw new UsageError(
      `Cannot take --days ${days}: the authority itself ends on ${day(issuer.notAfter)}`,
    );
  }
  // Clocks of clients may be late
  const notBefore = new Date(now.getTime() - HOUR);
  return {
    notBefore: notBefore < issuer.notBefore ? issuer.notBefore : notBefore,
    notAfter: notAfter > issuer.notAfter ? issuer.notAfter : notAfter,
  };
}

/** How long a new certificate is valid. */
export const DAYS: Option = {
  name: "days",
  value: "N",
  text: `how long it is valid (${DEFAULT_DAYS}, and never longer than the authority)`,
  example: "30",
};

/** Reads the number of days that a certificate is to be valid. */
export function daysOf(args: Args): number | undefined {
  const days = args.number("days", MAX_DAYS);
  if (days === 0) throw new UsageError("Cannot take --days 0: it would never be valid");
  return days;
}

/** Warns that a certificate is valid for longer than some clients take. */
export async function warnOfDays(
  days: number | undefined,
  purposes: readonly KeyPurpose[],
  io: Io,
): Promise<void> {
  const isServer = purposes.includes("serverAuth") || purposes.includes(OIDS.serverAuth);
  if (!isServer || (days ?? 0) <= MAX_SERVER_DAYS) return;
  await io.err.line(
    "Warning: Apple's programs refuse servers whose certificate is valid for more than " +
      `${MAX_SERVER_DAYS} days`,
  );
}

/** What is the same in all certificates that an authority issues. */
function below(issuer: AuthorityName, crlUrl: string | null): Partial<CreateCertificateOptions> {
  if (crlUrl === null) return {};
  const fullName = [{ type: "uri", value: `${crlUrl}/${issuer}.crl` }] as const;
  return { extensions: [makeExtension(crlDistributionPoints, [{ fullName }])] };
}

/** The content of a root's certificate but for its key and times. */
export function rootContent(
  subject: string,
  pathLength: number,
  constraints: NameConstraints | null,
): Content {
  return {
    subject,
    isCa: true,
    pathLength,
    ...constraints !== null && { nameConstraints: constraints },
  };
}

/** The content of an intermediate's certificate but for its key, issuer and times. */
export function intermediateContent(
  subject: string | Name,
  constraints: NameConstraints | null,
  crlUrl: string | null,
): Content {
  return {
    subject,
    isCa: true,
    // Nobody makes further authorities below
    pathLength: 0,
    extKeyUsage: ["serverAuth", "clientAuth", "emailProtection"],
    ...constraints !== null && { nameConstraints: constraints },
    ...below("ca", crlUrl),
  };
}

/** The content of a certificate but for its key and issuer. */
export function contentOf(
  { settings: { crlUrl }, issuing }: CaFolder,
  { subject, names, purposes }: Profile,
  validity: Validity,
): Content {
  return {
    subject,
    otherNames: names,
    extKeyUsage: purposes,
    ...validity,
    ...below(issuing.name, crlUrl),
  };
}
