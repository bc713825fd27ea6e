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

/** How a token signs in a way of TLS and X.509. */
export interface SigningPlan {
  /** The mechanism, with its parameter. */
  readonly mechanism: Uint8Array<ArrayBuffer>;
  /** What the token signs for the data. */
  readonly input: (data: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;
  /** What the signature is for what the token returns. */
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

/** RFC 8017, Section 9.2: what CKM_RSA_PKCS only pads. */
const digestInfo = (hash: HashName) => async (data: Bytes): Promise<Bytes> => {
  const digest = await hashed(hash)(data);
  return new DerWriter().sequence((w) => {
    w.sequence((w) => w.oid(HASHES[hash].oid).null());
    w.octetString(digest);
  }).finish();
};

/** From r and s side by side to the DER of TLS and X.509 (RFC 3279, Section 2.2.3). */
function encodeEcdsa(raw: Bytes): Bytes {
  const half = raw.length / 2;
  return new DerWriter().sequence((w) =>
    w.unsignedInteger(raw.subarray(0, half)).unsignedInteger(raw.subarray(half))
  ).finish();
}

/** CK_RSA_PKCS_PSS_PARAMS. */
function pssParameters(hash: HashName, saltLength: number): Bytes {
  const numbers = [CKM[HASHES[hash].mechanism], CKG_MGF1[hash], saltLength];
  return new Uint8Array(numbers.flatMap((number) => [...ulong(number)]));
}

/**
 * The ways to sign, the best first: hashing in the token costs a card time, and hashing here costs
 * nothing.
 */
function waysOf(
  { webCrypto, hash, saltLength }: SignatureAlgorithm,
): [MechanismName, SigningPlan][] {
  const way = (
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
      return [way("CKM_RSA_PKCS", digestInfo(hash!)), way(HASHES[hash!].rsa, unhashed)];
    case "RSA-PSS": {
      const parameters = pssParameters(hash!, saltLength!);
      const { pss } = HASHES[hash!];
      return [
        way("CKM_RSA_PKCS_PSS", hashed(hash!), parameters),
        ...(pss === undefined ? [] : [way(pss, unhashed, parameters)]),
      ];
    }
    case "ECDSA":
      return [
        way("CKM_ECDSA", hashed(hash!), undefined, encodeEcdsa),
        way(HASHES[hash!].ecdsa, unhashed, undefined, encodeEcdsa),
      ];
    case "Ed25519":
      return [way("CKM_EDDSA", unhashed)];
  }
  return [];
}

/**
 * Finds how a token signs.
 *
 * @param scheme The scheme.
 * @param available The mechanisms of the token.
 * @returns How; `undefined` if it does not.
 */
export function planSignature(
  scheme: SignatureScheme,
  available: ReadonlySet<number>,
): SigningPlan | undefined {
  return waysOf(schemeRow(scheme).algorithm).find(([name]) => available.has(CKM[name]))?.[1];
}

/**
 * Lists the schemes that a key in a token signs with.
 *
 * @param algorithm What kind of key it is.
 * @param available The mechanisms of the token.
 * @returns The schemes.
 */
export function schemesOf(
  algorithm: KeyAlgorithm,
  available: ReadonlySet<number>,
): SignatureScheme[] {
  return signatureSchemesOf(algorithm).filter((scheme) =>
    waysOf(schemeRow(scheme).algorithm).some(([name]) => available.has(CKM[name]))
  );
}
