// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerWriter } from "../../cert/der/der_writer.ts";
import { OIDS } from "../../cert/der/oids.ts";
import type {
  HashName,
  KeyAlgorithm,
  SignatureScheme,
} from "../../cert/certificate/private_key.ts";
import {
  schemeRow,
  type SignatureAlgorithm,
  signatureSchemesOf,
} from "../../cert/certificate/signature_algorithm.ts";
import { CKG_MGF1, CKM, type MechanismName } from "./constants.ts";
import { mechanism, ulong } from "./template.ts";

/** How a token signs with a scheme of TLS and X.509. */
export interface SigningPlan {
  /** The CK_MECHANISM, with its parameter. */
  readonly mechanism: Uint8Array<ArrayBuffer>;
  /** Converts the data to the input of the mechanism. */
  readonly input: (data: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;
  /** Converts the output of the mechanism to the signature. */
  readonly output: (signature: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
}

interface HashRow {
  readonly mechanism: MechanismName;
  readonly rsa: MechanismName;
  readonly pss?: MechanismName;
  readonly ecdsa: MechanismName;
  readonly oid: string;
}

const HASHES: Readonly<Record<HashName, HashRow>> = {
  "SHA-1": {
    mechanism: "CKM_SHA_1",
    rsa: "CKM_SHA1_RSA_PKCS",
    ecdsa: "CKM_ECDSA_SHA1",
    oid: OIDS.sha1,
  },
  "SHA-256": {
    mechanism: "CKM_SHA256",
    rsa: "CKM_SHA256_RSA_PKCS",
    pss: "CKM_SHA256_RSA_PKCS_PSS",
    ecdsa: "CKM_ECDSA_SHA256",
    oid: OIDS.sha256,
  },
  "SHA-384": {
    mechanism: "CKM_SHA384",
    rsa: "CKM_SHA384_RSA_PKCS",
    pss: "CKM_SHA384_RSA_PKCS_PSS",
    ecdsa: "CKM_ECDSA_SHA384",
    oid: OIDS.sha384,
  },
  "SHA-512": {
    mechanism: "CKM_SHA512",
    rsa: "CKM_SHA512_RSA_PKCS",
    pss: "CKM_SHA512_RSA_PKCS_PSS",
    ecdsa: "CKM_ECDSA_SHA512",
    oid: OIDS.sha512,
  },
};

type Bytes = Uint8Array<ArrayBuffer>;

const same = (bytes: Bytes): Bytes => bytes;
const unhashed = (data: Bytes): Promise<Bytes> => Promise.resolve(data);
const hashed = (hash: HashName) => async (data: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest(hash, data));

/** RFC 8017, Section 9.2: the DigestInfo, to which CKM_RSA_PKCS only adds padding. */
const digestInfo = (hash: HashName) => async (data: Bytes): Promise<Bytes> => {
  const digest = await hashed(hash)(data);
  return new DerWriter().sequence((w) => {
    w.sequence((w) => w.oid(HASHES[hash].oid).null());
    w.octetString(digest);
  }).finish();
};

/** Encodes concatenated r and s as DER for TLS and X.509 (RFC 3279, Section 2.2.3). */
function encodeEcdsa(raw: Bytes): Bytes {
  const half = raw.length / 2;
  return new DerWriter().sequence((w) =>
    w.unsignedInteger(raw.subarray(0, half)).unsignedInteger(raw.subarray(half))
  ).finish();
}

/** Encodes CK_RSA_PKCS_PSS_PARAMS. */
function pssParameters(hash: HashName, saltLength: number): Bytes {
  const numbers = [CKM[HASHES[hash].mechanism], CKG_MGF1[hash], saltLength];
  return new Uint8Array(numbers.flatMap((number) => [...ulong(number)]));
}

/**
 * Returns the mechanisms and plans of a scheme in preference order: those that hash here come
 * first, because a card hashes slowly.
 */
function plansOf(
  { webCrypto, hash, saltLength }: SignatureAlgorithm,
): [MechanismName, SigningPlan][] {
  const plan = (
    name: MechanismName,
    input: SigningPlan["input"],
    parameter?: Bytes,
    output: SigningPlan["output"] = same,
  ): [MechanismName, SigningPlan] => [
    name,
    { mechanism: mechanism(CKM[name], parameter), input, output },
  ];
  switch (webCrypto) {
    case "RSASSA-PKCS1-v1_5":
      return [plan("CKM_RSA_PKCS", digestInfo(hash!)), plan(HASHES[hash!].rsa, unhashed)];
    case "RSA-PSS": {
      const parameters = pssParameters(hash!, saltLength!);
      const { pss } = HASHES[hash!];
      return [
        plan("CKM_RSA_PKCS_PSS", hashed(hash!), parameters),
        ...(pss === undefined ? [] : [plan(pss, unhashed, parameters)]),
      ];
    }
    case "ECDSA":
      return [
        plan("CKM_ECDSA", hashed(hash!), undefined, encodeEcdsa),
        plan(HASHES[hash!].ecdsa, unhashed, undefined, encodeEcdsa),
      ];
    case "Ed25519":
      return [plan("CKM_EDDSA", unhashed)];
  }
  return [];
}

/**
 * Finds the mechanism with which a token signs.
 *
 * @param scheme The signature scheme.
 * @param available The mechanisms of the token.
 * @returns The plan; `undefined` if the token does not support the scheme.
 */
export function planSignature(
  scheme: SignatureScheme,
  available: ReadonlySet<number>,
): SigningPlan | undefined {
  return plansOf(schemeRow(scheme).algorithm).find(([name]) => available.has(CKM[name]))?.[1];
}

/**
 * Lists the schemes that a key in a token signs with.
 *
 * @param algorithm The kind of key.
 * @param available The mechanisms of the token.
 * @returns The schemes.
 */
export function schemesOf(
  algorithm: KeyAlgorithm,
  available: ReadonlySet<number>,
): SignatureScheme[] {
  return signatureSchemesOf(algorithm, { anyCurve: true }).filter((scheme) =>
    plansOf(schemeRow(scheme).algorithm).some(([name]) => available.has(CKM[name]))
  );
}
