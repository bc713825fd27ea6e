// Copyright 2026 the NSS for Deno authors. MIT license.

import { asciiOf } from "../../cert/base/bytes.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { type CertTrust, TRUST_FLAGS } from "../../cert/db/trust_flags.ts";
import { CKA, CKO, CKT_NSS } from "./constants.ts";
import type { Attributes, Session } from "./session.ts";
import { readUlong } from "./template.ts";

const F = TRUST_FLAGS;

/** Converts a value of NSS's trust objects to flags (`pk11_…Trust` of `pk11cert.c`). */
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
 * Returns the key of the trust of a certificate in a map.
 *
 * @param issuer The DER of its issuer's name.
 * @param serialNumber Its serial number, with the header of the INTEGER.
 * @returns The key.
 */
export function trustKey(issuer: Uint8Array, serialNumber: Uint8Array): string {
  return `${toHex(issuer)} ${toHex(serialNumber)}`;
}

/**
 * Reads NSS's trust objects, which exist in its built-in roots and databases.
 *
 * @param session A session with the token.
 * @param attempt The attempted action, for error messages.
 * @returns The trust by {@linkcode trustKey}.
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
 * Reads the date after which certificates issued by a root are not trusted.
 *
 * @param attributes The attributes of the root certificate.
 * @param type The attribute type.
 * @returns The date; `undefined` if there is none, in NSS a CK_BBOOL of false.
 */
export function readDistrustAfter(attributes: Attributes, type: number): Date | undefined {
  const text = asciiOf(attributes.get(type) ?? new Uint8Array(0));
  const parts = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "")?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [year, month, day, hour, minute, second] = parts;
  return new Date(Date.UTC(2000 + year!, month! - 1, day, hour, minute, second));
}
