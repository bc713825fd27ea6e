// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { constructedTag, TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { OIDS } from "../../cert/der/oids.ts";
import {
  describeKey,
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import { keyIdOf, pointOf, publicValueOf } from "../keys/key_id.ts";
import { encodePkcs8 } from "../keys/pkcs8.ts";
import { CKA, CKK, CKO } from "./attributes.ts";
import { bool, damaged, type StoredObject, text, ulong } from "./values.ts";

type Values = Map<number, Uint8Array<ArrayBuffer>>;

/** The private parts of an RSA key in the order of RSAPrivateKey (RFC 8017, Appendix A.1.2). */
const RSA_PARTS: readonly number[] = [
  CKA.privateExponent,
  CKA.prime1,
  CKA.prime2,
  CKA.exponent1,
  CKA.exponent2,
  CKA.coefficient,
];

/** The attributes of a key pair in an NSS database, before encryption. */
export interface KeyObjects {
  /** The `CKA_ID`. */
  readonly id: Uint8Array<ArrayBuffer>;
  /** The unencrypted attributes in key4.db. */
  readonly privateKey: Values;
  /** The attributes to encrypt in key4.db; secret. */
  readonly secrets: Values;
  /** The attributes of the public key in cert9.db. */
  readonly publicKey: Values;
}

/**
 * Encodes a key pair as attributes.
 *
 * @param pkcs8 The private key as PKCS#8; secret.
 * @param publicKey The public key.
 * @param label The label.
 * @returns The attributes.
 * @throws {NssError} `SEC_ERROR_UNSUPPORTED_KEYALG` if NSS databases do not support the kind of
 * key.
 */
export async function encodeKey(
  pkcs8: Uint8Array<ArrayBuffer>,
  publicKey: SubjectPublicKeyInfo,
  label: string | null,
): Promise<KeyObjects> {
  const { type } = publicKey.algorithm;
  const isRsa = type === "rsa" || type === "rsa-pss";
  if (!isRsa && type !== "ec") {
    throw new NssError(
      "SEC_ERROR_UNSUPPORTED_KEYALG",
      `Cannot store private key: NSS databases hold RSA and EC keys, none of ${
        describeKey(publicKey.algorithm)
      }`,
    );
  }
  const info = new DerReader(pkcs8, "private key").sequence("privateKeyInfo");
  info.integer("version");
  info.element("privateKeyAlgorithm", TAG.sequence);
  const inner = new DerReader(info.octetString("privateKey"), "private key").sequence("privateKey");
  inner.integer("version");

  const id = await keyIdOf(publicKey);
  const common = (isPrivate: boolean): [number, Uint8Array<ArrayBuffer>][] => [
    [CKA.class, ulong(isPrivate ? CKO.privateKey : CKO.publicKey)],
    [CKA.token, bool(true)],
    [CKA.private, bool(isPrivate)],
    [CKA.label, text(label)],
    [CKA.keyType, ulong(isRsa ? CKK.rsa : CKK.ec)],
    [CKA.subject, new Uint8Array(0)],
    [CKA.id, id],
    [CKA.derive, bool(!isRsa)],
    [CKA.startDate, new Uint8Array(0)],
    [CKA.endDate, new Uint8Array(0)],
    [CKA.local, bool(false)],
    [CKA.modifiable, bool(true)],
  ];
  const privateValues: Values = new Map([
    ...common(true),
    [CKA.sensitive, bool(true)],
    [CKA.decrypt, bool(isRsa)],
    [CKA.unwrap, bool(isRsa)],
    [CKA.sign, bool(true)],
    [CKA.signRecover, bool(isRsa)],
    [CKA.extractable, bool(true)],
    [CKA.neverExtractable, bool(false)],
    [CKA.alwaysSensitive, bool(true)],
    [CKA.nssDb, publicValueOf(publicKey)],
  ]);
  const publicValues: Values = new Map([
    ...common(false),
    [CKA.encrypt, bool(isRsa)],
    [CKA.wrap, bool(isRsa)],
    [CKA.verify, bool(true)],
    [CKA.verifyRecover, bool(isRsa)],
    [CKA.neverExtractable, bool(true)],
  ]);
  const secrets: Values = new Map();
  if (isRsa) {
    for (const attribute of [CKA.modulus, CKA.publicExponent]) {
      const value = inner.unsignedInteger("").slice();
      privateValues.set(attribute, value);
      publicValues.set(attribute, value);
    }
    for (const attribute of RSA_PARTS) {
      secrets.set(attribute, inner.unsignedInteger("").slice());
    }
  } else {
    secrets.set(CKA.value, inner.octetString("").slice());
    const parameters = curveOf(publicKey);
    privateValues.set(CKA.ecParams, parameters);
    publicValues.set(CKA.ecParams, parameters);
    publicValues.set(CKA.ecPoint, new DerWriter().octetString(publicKey.publicKey).finish());
  }
  return { id, privateKey: privateValues, secrets, publicKey: publicValues };
}

function algorithmOf(publicKey: SubjectPublicKeyInfo): Uint8Array<ArrayBuffer> {
  return new DerReader(publicKey.der, "public key").sequence("").element("algorithm").der;
}

function curveOf(publicKey: SubjectPublicKeyInfo): Uint8Array<ArrayBuffer> {
  const identifier = new DerReader(algorithmOf(publicKey), "public key").sequence("");
  identifier.oid("algorithm");
  return identifier.element("parameters").der.slice();
}

const RSA_ENCRYPTION = new DerWriter().sequence((w) => w.oid(OIDS.rsaEncryption).null()).finish();

/**
 * Decodes the public key of an object.
 *
 * @param object The object of a private or public key.
 * @returns The public key; `null` if its kind is not supported, or the object does not have it.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is damaged.
 */
export function readPublicKey(object: StoredObject): SubjectPublicKeyInfo | null {
  const spki = new DerWriter();
  switch (object.ulong(CKA.keyType)) {
    case CKK.rsa: {
      const modulus = object.need(CKA.modulus);
      const exponent = object.need(CKA.publicExponent);
      const db = object.get(CKA.nssDb);
      if (db !== undefined && db.length > 0 && toHex(db) !== toHex(modulus)) {
        throw damaged(`key ${object.id} has two moduli`);
      }
      spki.sequence((w) => {
        w.raw(RSA_ENCRYPTION);
        w.bitString((w) => w.sequence((w) => w.unsignedInteger(modulus).unsignedInteger(exponent)));
      });
      break;
    }
    case CKK.ec: {
      const parameters = object.need(CKA.ecParams);
      const point = readPoint(object);
      if (point === null) return null;
      spki.sequence((w) => {
        w.sequence((w) => w.oid(OIDS.ecPublicKey).raw(parameters)).bitString(point);
      });
      break;
    }
    default:
      return null;
  }
  try {
    return parseSubjectPublicKeyInfo(spki.finish());
  } catch (cause) {
    const { name } = cause as NssError;
    if (name === "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE") return null;
    throw damaged(`the public half of key ${object.id} is malformed`, cause);
  }
}

function readPoint(object: StoredObject): Uint8Array<ArrayBuffer> | null {
  const bare = object.get(CKA.nssDb);
  if (bare !== undefined && bare.length > 0) return bare;
  const stored = object.get(CKA.ecPoint);
  return stored === undefined || stored.length === 0 ? null : pointOf(stored);
}

/** Returns the encrypted attributes of a stored private key. */
export function secretsOf(object: StoredObject): readonly number[] {
  return object.ulong(CKA.keyType) === CKK.rsa ? RSA_PARTS : [CKA.value];
}

/**
 * Decodes a private key.
 *
 * @param object The object of the private key.
 * @param secrets The decrypted attributes of {@linkcode secretsOf}, which are overwritten.
 * @param publicKey The public key of a certificate, or the stored one.
 * @returns The PKCS#8 encoding; secret.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is damaged.
 */
export function decodeKey(
  object: StoredObject,
  secrets: ReadonlyMap<number, Uint8Array<ArrayBuffer>>,
  publicKey: SubjectPublicKeyInfo | null,
): Uint8Array<ArrayBuffer> {
  try {
    if (object.ulong(CKA.keyType) === CKK.rsa) {
      const rsa = new DerWriter().sequence((w) => {
        w.integer(0);
        w.unsignedInteger(object.need(CKA.modulus)).unsignedInteger(
          object.need(CKA.publicExponent),
        );
        for (const attribute of RSA_PARTS) w.unsignedInteger(secrets.get(attribute)!);
      }).finish();
      const pkcs8 = encodePkcs8(publicKey === null ? RSA_ENCRYPTION : algorithmOf(publicKey), rsa);
      rsa.fill(0);
      return pkcs8;
    }
    const parameters = object.need(CKA.ecParams);
    const algorithm = new DerWriter()
      .sequence((w) => w.oid(OIDS.ecPublicKey).raw(parameters))
      .finish();
    const scalar = secrets.get(CKA.value)!;
    const ec = new DerWriter().sequence((w) => {
      w.integer(1).octetString(withoutZeros(scalar));
      if (publicKey !== null) {
        w.constructed(constructedTag(1), (w) => w.bitString(publicKey.publicKey));
      }
    }).finish();
    const pkcs8 = encodePkcs8(algorithm, ec);
    ec.fill(0);
    return pkcs8;
  } finally {
    for (const value of secrets.values()) value.fill(0);
  }
}

/** Removes leading zeros: a stored number may have a sign byte. */
function withoutZeros(value: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const first = value.findIndex((byte) => byte !== 0);
  return first < 0 ? value : value.subarray(first);
}
