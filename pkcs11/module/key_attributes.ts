// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../../cert/der/der_reader.ts";
import { TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { OIDS } from "../../cert/der/oids.ts";
import {
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import type { KeyPairType } from "../keys/generate_key_pair.ts";
import { pointOf } from "../keys/key_id.ts";
import type { PrivateKeyInfo } from "../keys/pkcs8.ts";
import { CKA, CKK, type MechanismName } from "./constants.ts";
import type { Attributes } from "./session.ts";
import { type AttributeValue, readUlong } from "./template.ts";

/** An attribute with its value. */
export type Attribute = readonly [type: number, value: AttributeValue];

/** The attributes that are read of a key. */
export const KEY_ATTRIBUTES: readonly number[] = [
  CKA.id,
  CKA.label,
  CKA.keyType,
  CKA.modulus,
  CKA.publicExponent,
  CKA.ecParams,
  CKA.ecPoint,
];

/**
 * Decodes the public key of an object.
 *
 * @param attributes The attributes of a public or private key.
 * @returns The public key; `undefined` if attributes are missing, or its kind is not supported.
 */
export function publicKeyOfAttributes(attributes: Attributes): SubjectPublicKeyInfo | undefined {
  const der = encodeSpki(attributes);
  if (der === undefined) return undefined;
  try {
    return parseSubjectPublicKeyInfo(der);
  } catch (error) {
    if (error instanceof NssError) return undefined;
    throw error;
  }
}

function encodeSpki(attributes: Attributes): Uint8Array<ArrayBuffer> | undefined {
  const modulus = attributes.get(CKA.modulus);
  const exponent = attributes.get(CKA.publicExponent);
  const parameters = attributes.get(CKA.ecParams);
  const point = attributes.get(CKA.ecPoint);
  switch (readUlong(attributes.get(CKA.keyType))) {
    case CKK.rsa:
      if (!modulus?.length || !exponent?.length) return undefined;
      return new DerWriter().sequence((w) => {
        w.sequence((w) => w.oid(OIDS.rsaEncryption).null());
        w.bitString((w) => w.sequence((w) => w.unsignedInteger(modulus).unsignedInteger(exponent)));
      }).finish();
    case CKK.ec:
      if (!parameters?.length || !point?.length) return undefined;
      return new DerWriter().sequence((w) => {
        w.sequence((w) => w.oid(OIDS.ecPublicKey).raw(parameters));
        w.bitString(pointOf(point));
      }).finish();
    case CKK.ecEdwards:
      if (!point?.length) return undefined;
      return new DerWriter().sequence((w) => {
        w.sequence((w) => w.oid(OIDS.ed25519));
        w.bitString(pointOf(point));
      }).finish();
  }
  return undefined;
}

/** PKCS#11 3.0, Section 2.3.10: the curve by name, which tokens supported before the OID. */
const EDWARDS25519: Attribute = [
  CKA.ecParams,
  new DerWriter().string(TAG.printableString, "edwards25519").finish(),
];

interface GenerateRow {
  readonly mechanism: MechanismName;
  readonly keyType: number;
  readonly publicKey: readonly Attribute[];
}

const ec = (oid: string): GenerateRow => ({
  mechanism: "CKM_EC_KEY_PAIR_GEN",
  keyType: CKK.ec,
  publicKey: [[CKA.ecParams, new DerWriter().oid(oid).finish()]],
});
const rsa = (bits: number): GenerateRow => ({
  mechanism: "CKM_RSA_PKCS_KEY_PAIR_GEN",
  keyType: CKK.rsa,
  publicKey: [[CKA.modulusBits, bits], [CKA.publicExponent, Uint8Array.of(1, 0, 1)]],
});

/** The mechanisms and templates that generate key pairs. */
export const GENERATE: { readonly [type in KeyPairType]?: GenerateRow } = {
  "ec-p256": ec(OIDS.secp256r1),
  "ec-p384": ec(OIDS.secp384r1),
  "ec-p521": ec(OIDS.secp521r1),
  "ed25519": {
    mechanism: "CKM_EC_EDWARDS_KEY_PAIR_GEN",
    keyType: CKK.ecEdwards,
    publicKey: [EDWARDS25519],
  },
  "rsa-2048": rsa(2048),
  "rsa-3072": rsa(3072),
  "rsa-4096": rsa(4096),
};

/**
 * Encodes a key pair as attributes.
 *
 * @param info The private key.
 * @param publicKey The public key.
 * @returns The attributes of the private and the public key; secret. `undefined` if tokens do not
 * support the kind of key.
 */
export function attributesOfKey(
  info: PrivateKeyInfo,
  publicKey: SubjectPublicKeyInfo,
): { readonly privateKey: Attribute[]; readonly publicKey: Attribute[] } | undefined {
  const reader = new DerReader(info.pkcs8, "private key").sequence("");
  reader.integer("version");
  reader.element("algorithm");
  const inner = reader.octetString("privateKey");
  switch (info.type) {
    case "rsa":
      return rsaAttributes(inner);
    case "ec":
      return ecAttributes(inner, info, publicKey);
    case "ed25519":
      return edwardsAttributes(inner, publicKey);
  }
  return undefined;
}

const RSA_PARTS = [
  CKA.modulus,
  CKA.publicExponent,
  CKA.privateExponent,
  CKA.prime1,
  CKA.prime2,
  CKA.exponent1,
  CKA.exponent2,
  CKA.coefficient,
];

function rsaAttributes(
  inner: Uint8Array<ArrayBuffer>,
): { privateKey: Attribute[]; publicKey: Attribute[] } {
  const key = new DerReader(inner, "private key").sequence("");
  key.integer("version");
  const parts = RSA_PARTS.map((type): Attribute => [type, key.unsignedInteger("part")]);
  const keyType: Attribute = [CKA.keyType, CKK.rsa];
  return { privateKey: [keyType, ...parts], publicKey: [keyType, ...parts.slice(0, 2)] };
}

function ecAttributes(
  inner: Uint8Array<ArrayBuffer>,
  info: PrivateKeyInfo,
  { publicKey }: SubjectPublicKeyInfo,
): { privateKey: Attribute[]; publicKey: Attribute[] } {
  const key = new DerReader(inner, "private key").sequence("");
  key.integer("version");
  const scalar = key.octetString("privateKey");
  const identifier = new DerReader(info.algorithm, "private key").sequence("");
  identifier.oid("algorithm");
  const common: Attribute[] = [[CKA.keyType, CKK.ec], [CKA.ecParams, identifier.rest()]];
  const point = new DerWriter().octetString(publicKey).finish();
  return {
    privateKey: [...common, [CKA.value, scalar]],
    publicKey: [...common, [CKA.ecPoint, point]],
  };
}

function edwardsAttributes(
  inner: Uint8Array<ArrayBuffer>,
  { publicKey }: SubjectPublicKeyInfo,
): { privateKey: Attribute[]; publicKey: Attribute[] } {
  // RFC 8410, Section 7: an OCTET STRING in the OCTET STRING
  const seed = new DerReader(inner, "private key").octetString("privateKey");
  const common: Attribute[] = [[CKA.keyType, CKK.ecEdwards], EDWARDS25519];
  const point = new DerWriter().octetString(publicKey).finish();
  return {
    privateKey: [...common, [CKA.value, seed]],
    publicKey: [...common, [CKA.ecPoint, point]],
  };
}
