// Copyright 2026 the NSS for Deno authors. MIT license.

import { asciiOf } from "../../cert/base/bytes.ts";
import { type CertTrust, TRUST_FLAGS } from "../../cert/db/trust_flags.ts";
import { CKA, CKO, CKT_NSS } from "./constants.ts";
import type { Attributes, Session } from "./session.ts";
import { readUlong } from "./template.ts";

const F = TRUST_FLAGS;

/** What NSS's trust objects say, as flags (`pk11_…Trust` of `pk11cert.c`). */
function flagsOf(value: number | null, authority: number): number {
  switch (value) {
    case CKT_NSS.trusted:
      return F.terminalRecord | F.trusted;
    case CKT_NSS.trustedDelegator:
      return F.validCa | authority;
    case CKT_NSS.validDelegator:
      return F.validCa;
    case CKT_NSS.notTrusted:
      return F.terminalRecord;
  }
  return 0;
}

/**
 * Gives the key under which the trust of a certificate is kept.
 *
 * @param issuer The name of its issuer.
 * @param serialNumber Its serial number, with the header of the INTEGER.
 * @returns The key.
 */
export function trustKey(issuer: Uint8Array, serialNumber: Uint8Array): string {
  return `${issuer.toHex()} ${serialNumber.toHex()}`;
}

/**
 * Reads NSS's trust objects, which its built-in roots and databases have.
 *
 * @param session A session with the token.
 * @param attempt What is attempted, for errors.
 * @returns Trust by {@linkcode trustKey}; nothing where the token has none.
 */
export async function readNssTrust(
  session: Session,
  attempt: string,
): Promise<ReadonlyMap<string, CertTrust>> {
  const trust = new Map<string, CertTrust>();
  const types = [
    CKA.issuer,
    CKA.serialNumber,
    CKA.trustServerAuth,
    CKA.trustClientAuth,
    CKA.trustEmailProtection,
    CKA.trustCodeSigning,
  ];
  for (const handle of await session.findObjects([[CKA.class, CKO.nssTrust]], attempt)) {
    const attributes = await session.getAttributes(handle, types, attempt);
    const issuer = attributes.get(CKA.issuer);
    const serialNumber = attributes.get(CKA.serialNumber);
    if (issuer === undefined || serialNumber === undefined) continue;
    const value = (type: number): number | null => readUlong(attributes.get(type));
    trust.set(trustKey(issuer, serialNumber), {
      ssl: flagsOf(value(CKA.trustServerAuth), F.trustedCa) |
        flagsOf(value(CKA.trustClientAuth), F.trustedClientCa),
      email: flagsOf(value(CKA.trustEmailProtection), F.trustedCa),
      objectSigning: flagsOf(value(CKA.trustCodeSigning), F.trustedCa),
    });
  }
  return trust;
}

/**
 * Reads from when on a root programme distrusts what an authority issues.
 *
 * @param attributes The attributes of the certificate.
 * @param type Which attribute.
 * @returns The time; `undefined` if there is none: NSS writes a CK_BBOOL of false then.
 */
export function readDistrustAfter(attributes: Attributes, type: number): Date | undefined {
  const text = asciiOf(attributes.get(type) ?? new Uint8Array(0));
  const parts = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "")?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [year, month, day, hour, minute, second] = parts;
  return new Date(Date.UTC(2000 + year!, month! - 1, day, hour, minute, second));
}
