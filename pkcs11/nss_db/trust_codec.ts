// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { shown } from "../../cert/base/printable.ts";
import {
  type CertTrust,
  trustFromLevels,
  type TrustLevel,
  trustLevels,
  type TrustPurpose,
} from "../../cert/db/trust_flags.ts";
import { loadDigest } from "../pbe/iterated_hash.ts";
import { CKA, CKO } from "./attributes.ts";
import { bool, damaged, hex, type StoredObject, ulong } from "./values.ts";

interface Form {
  /** The attribute of each purpose. */
  readonly attributes: Readonly<Record<TrustPurpose, number>>;
  /** The trust levels of the values. */
  readonly levels: Readonly<Record<number, TrustLevel | "unknown">>;
}

/** `CKT_NSS_*` */
const OLD: Form = {
  attributes: {
    serverAuth: CKA.nssServerAuth,
    clientAuth: CKA.nssClientAuth,
    emailProtection: CKA.nssEmail,
    codeSigning: CKA.nssCodeSigning,
  },
  levels: {
    0xce534351: "trusted",
    0xce534352: "trustAnchor",
    0xce534353: "mustVerify",
    0xce534355: "unknown",
    0xce53435a: "notTrusted",
    0xce53435b: "validDelegator",
  },
};

/** `CKT_*` of PKCS#11 3.2. */
const NEW: Form = {
  attributes: {
    serverAuth: CKA.trustServerAuth,
    clientAuth: CKA.trustClientAuth,
    emailProtection: CKA.trustEmail,
    codeSigning: CKA.trustCodeSigning,
  },
  levels: { 0: "unknown", 1: "trusted", 2: "trustAnchor", 3: "notTrusted", 4: "mustVerify" },
};

const PURPOSES = Object.keys(OLD.attributes) as TrustPurpose[];

/** The result of {@linkcode readTrust}. */
export interface ReadTrust {
  /** The trust. */
  readonly trust: CertTrust;
  /** The attributes that must have a MAC. */
  readonly authenticated: readonly number[];
  /**
   * The attributes of unknown trust, which NSS does not protect. If one has a MAC, it once had
   * another value, and the MAC must match.
   */
  readonly unprotected: readonly number[];
}

/**
 * Decodes a trust object.
 *
 * @param object An object of the class `CKO_NSS_TRUST` or `CKO_TRUST`.
 * @param form The form: `old` for `CKO_NSS_TRUST`, `new` for `CKO_TRUST`.
 * @returns The trust, and the attributes to authenticate.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if a value is not a trust level.
 */
export function readTrust(
  object: StoredObject,
  form: "old" | "new",
): ReadTrust {
  const { attributes, levels } = form === "old" ? OLD : NEW;
  const found: Partial<Record<TrustPurpose, TrustLevel>> = {};
  const unprotected: number[] = [];
  const authenticated: number[] = form === "old"
    ? [CKA.nssSha1, CKA.nssMd5, CKA.nssStepUp]
    : [CKA.hashOfCertificate, CKA.nameHashAlgorithm];
  for (const purpose of PURPOSES) {
    const attribute = attributes[purpose];
    const value = object.ulong(attribute);
    if (value === undefined) {
      authenticated.push(attribute);
      continue;
    }
    const level = levels[value];
    if (level === undefined) {
      throw damaged(
        `attribute ${hex(attribute)} of object ${object.id} is ${hex(value)}, no trust`,
      );
    }
    if (level === "unknown") {
      unprotected.push(attribute);
      continue;
    }
    found[purpose] = level;
    authenticated.push(attribute);
  }
  return { trust: trustFromLevels(found), authenticated, unprotected };
}

/**
 * Checks that a trust object belongs to a certificate.
 *
 * @param object The object.
 * @param form The form of the object.
 * @param certificate The certificate.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if its hashes are those of another certificate.
 */
export async function checkTrustHash(
  object: StoredObject,
  form: "old" | "new",
  certificate: Certificate,
): Promise<void> {
  const hashes = form === "old"
    ? [
      [CKA.nssSha1, await certificate.fingerprint("SHA-1")],
      // Of old trust objects; WebCrypto does not have it
      [CKA.nssMd5, (await loadDigest("MD5"))(certificate.der)],
    ] as const
    : [[CKA.hashOfCertificate, await certificate.fingerprint("SHA-256")]] as const;
  for (const [attribute, expected] of hashes) {
    const stored = object.get(attribute);
    if (stored === undefined || stored.length === 0) continue;
    if (toHex(stored) !== toHex(expected)) {
      throw damaged(
        `attribute ${hex(attribute)} of object ${object.id} is not the hash of ${
          shown(certificate.subject)
        }`,
      );
    }
  }
}

/**
 * Encodes trust in the form that all versions of NSS read.
 *
 * @param certificate The certificate.
 * @param serialNumber Its serial number as an INTEGER.
 * @param trust The trust.
 * @returns The attributes.
 */
export async function trustAttributes(
  certificate: Certificate,
  serialNumber: Uint8Array<ArrayBuffer>,
  trust: CertTrust,
): Promise<Map<number, Uint8Array<ArrayBuffer>>> {
  const levels = trustLevels(trust);
  const numberOf = (level: TrustLevel): number =>
    Number(Object.entries(OLD.levels).find(([, name]) => name === level)![0]);
  return new Map<number, Uint8Array<ArrayBuffer>>([
    [CKA.class, ulong(CKO.nssTrust)],
    [CKA.token, bool(true)],
    [CKA.private, bool(false)],
    [CKA.label, new Uint8Array(0)],
    [CKA.issuer, certificate.issuer.der],
    [CKA.serialNumber, serialNumber],
    [CKA.modifiable, bool(true)],
    ...PURPOSES.map((purpose) =>
      [OLD.attributes[purpose], ulong(numberOf(levels[purpose]))] as const
    ),
    [CKA.nssStepUp, bool(false)],
    [CKA.nssSha1, await certificate.fingerprint("SHA-1")],
    // Of old trust objects; WebCrypto does not have it
    [CKA.nssMd5, (await loadDigest("MD5"))(certificate.der)],
  ]);
}
