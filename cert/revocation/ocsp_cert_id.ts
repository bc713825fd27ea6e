// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import { bytesEqual, type DerReader } from "../der/der.ts";
import type { DerWriter } from "../der/der_writer.ts";
import { OIDS } from "../der/oids.ts";
import type { HashName } from "../certificate/private_key.ts";
import type { TrustAnchor } from "../verify/trust_anchor.ts";

/** Which certificate OCSP speaks of (RFC 6960, Section 4.1.1, `CertID`). */
export interface OcspCertId {
  /**
   * The hash function; `null` if it is none that this package knows, so that the identifier fits
   * nothing.
   */
  readonly hash: HashName | null;
  /** The dotted identifier of the hash function. */
  readonly hashOid: string;
  /** The hash of the encoding of the issuer's name. */
  readonly issuerNameHash: Uint8Array<ArrayBuffer>;
  /** The hash of the issuer's public key, without its algorithm. */
  readonly issuerKeyHash: Uint8Array<ArrayBuffer>;
  /** The serial number of the certificate in two's complement. */
  readonly serialNumber: Uint8Array<ArrayBuffer>;
}

/**
 * The hash functions of identifiers: SHA-1 names issuers here and protects nothing (RFC 5019,
 * Section 2.1.1).
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
 * @param issuer Who issued it.
 * @param hash The hash function; SHA-1 by default, which every responder knows.
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
 * Computes the SHA-1 of a public key, by which responders name themselves (RFC 6960, Section
 * 4.2.2.3).
 *
 * @param holder Whose key it is.
 * @returns 20 bytes.
 */
export function ocspKeyHash(holder: Certificate | TrustAnchor): Promise<Uint8Array<ArrayBuffer>> {
  return digest("SHA-1", holder.subjectPublicKeyInfo.publicKey);
}

/**
 * Compares identifiers.
 *
 * @param a One identifier.
 * @param b Another.
 * @returns Whether both have the same hash function and everything else.
 */
export function ocspCertIdsEqual(a: OcspCertId, b: OcspCertId): boolean {
  return a.hashOid === b.hashOid &&
    bytesEqual(a.serialNumber, b.serialNumber) && bytesEqual(a.issuerNameHash, b.issuerNameHash) &&
    bytesEqual(a.issuerKeyHash, b.issuerKeyHash);
}

/**
 * Reads a CertID.
 *
 * @param reader Where to read.
 * @param field The name of the field.
 * @returns The identifier.
 * @throws {NssError} If it is malformed.
 */
export function readOcspCertId(reader: DerReader, field: string): OcspCertId {
  const sequence = reader.sequence(field);
  const algorithm = sequence.sequence("hashAlgorithm");
  const hashOid = algorithm.oid("algorithm");
  const hash = HASH_OF_OID.get(hashOid) ?? null;
  // RFC 5754, Section 2: absent, but NULL is to be accepted
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
 * @param writer Where to write.
 * @param id The identifier.
 */
export function writeOcspCertId(writer: DerWriter, id: OcspCertId): void {
  writer.sequence((w) => {
    // With NULL: what every responder has always been asked with, and some compare bytes (RFC 5019)
    w.sequence((w) => w.oid(id.hashOid).null());
    w.octetString(id.issuerNameHash).octetString(id.issuerKeyHash).integer(id.serialNumber);
  });
}
