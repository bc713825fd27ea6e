// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import { bytesEqual } from "../base/bytes.ts";
import type { DerReader } from "../der/der_reader.ts";
import type { DerWriter } from "../der/der_writer.ts";
import { OIDS } from "../der/oids.ts";
import type { HashName } from "../certificate/private_key.ts";
import type { TrustAnchor } from "../verify/trust_anchor.ts";

/**
 * The identifier of a certificate in OCSP (RFC 6960, Section 4.1.1, `CertID`).
 *
 * @category Revocation
 */
export interface OcspCertId {
  /**
   * The hash function; `null` if it is not supported, so that the identifier matches no
   * certificate.
   */
  readonly hash: HashName | null;
  /** The dotted object identifier of the hash function. */
  readonly hashOid: string;
  /** The hash of the DER encoding of the issuer's name. */
  readonly issuerNameHash: Uint8Array<ArrayBuffer>;
  /** The hash of the content of the issuer's subjectPublicKey. */
  readonly issuerKeyHash: Uint8Array<ArrayBuffer>;
  /** The serial number of the certificate in two's complement, in the fewest bytes. */
  readonly serialNumber: Uint8Array<ArrayBuffer>;
}

/**
 * The supported hash functions. SHA-1 only identifies issuers here; security does not depend on it
 * (RFC 5019, Section 2.1.1).
 */
const HASHES: readonly (readonly [HashName, string])[] = [
  ["SHA-1", OIDS.sha1],
  ["SHA-256", OIDS.sha256],
  ["SHA-384", OIDS.sha384],
  ["SHA-512", OIDS.sha512],
];
const HASH_OF_OID: ReadonlyMap<string, HashName> = new Map(
  HASHES.map(([name, oid]) => [oid, name]),
);
const OID_OF_HASH: ReadonlyMap<HashName, string> = new Map(HASHES);

async function digest(
  hash: HashName,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest(hash, bytes));
}

/**
 * Computes the identifier of a certificate.
 *
 * @param certificate The certificate.
 * @param issuer The issuer.
 * @param hash The hash function; SHA-1 by default, which every responder supports.
 * @returns The identifier.
 */
export async function ocspCertIdOf(
  certificate: Certificate,
  issuer: Certificate | TrustAnchor,
  hash: HashName = "SHA-1",
): Promise<OcspCertId> {
  const [issuerNameHash, issuerKeyHash] = await Promise.all([
    digest(hash, certificate.issuer.der),
    digest(hash, issuer.subjectPublicKeyInfo.publicKey),
  ]);
  const hashOid = OID_OF_HASH.get(hash)!;
  return { hash, hashOid, issuerNameHash, issuerKeyHash, serialNumber: certificate.serialNumber };
}

/**
 * Computes the SHA-1 of a public key, which identifies responders (RFC 6960, Section 4.2.2.3).
 *
 * @param holder The holder of the key.
 * @returns The digest, 20 bytes.
 */
export function ocspKeyHash(holder: Certificate | TrustAnchor): Promise<Uint8Array<ArrayBuffer>> {
  return digest("SHA-1", holder.subjectPublicKeyInfo.publicKey);
}

/**
 * Compares identifiers.
 *
 * @param a The first identifier.
 * @param b The second identifier.
 * @returns Whether they are equal, including the hash function.
 */
export function ocspCertIdsEqual(a: OcspCertId, b: OcspCertId): boolean {
  return a.hashOid === b.hashOid &&
    bytesEqual(a.serialNumber, b.serialNumber) && bytesEqual(a.issuerNameHash, b.issuerNameHash) &&
    bytesEqual(a.issuerKeyHash, b.issuerKeyHash);
}

/**
 * Reads a CertID.
 *
 * @param reader The reader.
 * @param field The name of the field.
 * @returns The identifier.
 * @throws {NssError} If it is malformed.
 */
export function readOcspCertId(reader: DerReader, field: string): OcspCertId {
  const sequence = reader.sequence(field);
  const algorithm = sequence.sequence("hashAlgorithm");
  const hashOid = algorithm.oid("algorithm");
  const hash = HASH_OF_OID.get(hashOid) ?? null;
  // RFC 5754, Section 2: parameters should be absent, but NULL must be accepted
  if (!algorithm.done) algorithm.null("parameters");
  algorithm.finish();
  const issuerNameHash = sequence.octetString("issuerNameHash");
  const issuerKeyHash = sequence.octetString("issuerKeyHash");
  const serialNumber = sequence.integer("serialNumber");
  sequence.finish();
  return { hash, hashOid, issuerNameHash, issuerKeyHash, serialNumber };
}

/**
 * Writes a CertID.
 *
 * @param writer The writer.
 * @param id The identifier.
 */
export function writeOcspCertId(writer: DerWriter, id: OcspCertId): void {
  writer.sequence((w) => {
    // With NULL, as all clients have always sent: some responders compare bytes (RFC 5019)
    w.sequence((w) => w.oid(id.hashOid).null());
    w.octetString(id.issuerNameHash).octetString(id.issuerKeyHash).integer(id.serialNumber);
  });
}
