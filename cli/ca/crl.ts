// Copyright 2026 the NSS for Deno authors. MIT license.

/** The list of what an authority has revoked. @module */

import { fromHex } from "../../cert/base/runtime.ts";
import { type CertificateIssuer, createCrl, type Crl, parseCrl } from "../../cert/mod.ts";
import { type NewFile, readBytes } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import type { CaFolder, Settings } from "./folder.ts";
import type { AuthorityName, Index } from "./index_file.ts";
import { checkNotExpired } from "./profile.ts";

const DAY = 86_400_000;
/** The list of a root that does not issue: its key is needed that often. */
const ROOT_CRL_DAYS = 365;

/** A new list, and the index that knows its number. */
export interface NewList {
  readonly crl: Crl;
  readonly index: Index;
}

/** How many days a list of an authority is good. */
export function crlDaysOf({ crlDays }: Settings, isIssuing: boolean): number {
  return isIssuing ? crlDays : ROOT_CRL_DAYS;
}

/**
 * Makes the list of an authority. It keeps certificates that have expired: some who look at old
 * signatures ask.
 *
 * @param signer The authority.
 * @param index What was revoked.
 * @param days How long the list is good.
 * @param now The time.
 */
export async function makeList(
  signer: CertificateIssuer & { readonly name: AuthorityName },
  index: Index,
  days: number,
  now: Date,
): Promise<NewList> {
  const { name, certificate, privateKey } = signer;
  checkNotExpired(certificate, now);
  const crlNumber = index.crlNumbers[name] + 1;
  const end = Math.min(now.getTime() + days * DAY, certificate.notAfter.getTime());
  const crl = await createCrl({
    issuer: { certificate, privateKey },
    crlNumber,
    thisUpdate: now,
    nextUpdate: new Date(end),
    revoked: index.certificates.flatMap(({ serial, issuer, revoked }) =>
      revoked === null || issuer !== name ? [] : [{
        serialNumber: fromHex(serial),
        revocationDate: new Date(revoked.at),
        reason: revoked.reason,
      }]
    ),
  });
  return { crl, index: { ...index, crlNumbers: { ...index.crlNumbers, [name]: crlNumber } } };
}

/**
 * Makes the list of an authority of a folder.
 *
 * @returns The list, and the files that record it, in the order in which they are to be written.
 */
export async function newListOf(
  folder: CaFolder,
  signer: CertificateIssuer & { readonly name: AuthorityName },
  index: Index,
  now: Date,
): Promise<{ readonly crl: Crl; readonly files: readonly NewFile[] }> {
  const days = crlDaysOf(folder.settings, signer.name === folder.issuing.name);
  const list = await makeList(signer, index, days, now);
  return {
    crl: list.crl,
    files: [
      folder.indexFile(list.index),
      { path: folder.file(`${signer.name}.crl`), content: list.crl.der },
    ],
  };
}

/** Reads the list that an authority has. */
export async function readList(folder: CaFolder, name: AuthorityName, io: Io): Promise<Crl> {
  return parseCrl(await readBytes(folder.file(`${name}.crl`), io));
}

/** Whether it is time for a new list: half of the time of the old one has gone. */
export function isDue({ thisUpdate, nextUpdate }: Crl, now: Date): boolean {
  const begin = thisUpdate.getTime();
  const end = nextUpdate?.getTime() ?? begin;
  return now.getTime() >= begin + (end - begin) / 2;
}
