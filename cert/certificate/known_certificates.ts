// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What is known of certificates by their bytes: peers send the same ones with every handshake.
 *
 * Only facts of the bytes are kept, which stay true: what they say, and which key has signed them.
 * What depends on time, trust, policy, revocation or hooks is decided each time. That a certificate
 * has been seen before shows in the time of a handshake; it is no secret.
 *
 * Connections share the object of a certificate, so an application never gets it: it could change
 * what the next connection verifies. It gets copies ({@linkcode ownCertificate}).
 *
 * @module
 */

import { toBase64 } from "../base/runtime.ts";
import { Certificate } from "./certificate.ts";
import type { SubjectPublicKeyInfo } from "./spki.ts";

/**
 * The maximum memory in bytes of what is known of certificates, each counted as if it were as
 * costly as one can be: some 400 leaf certificates, which usually take a fifth of it.
 */
export const MAX_KNOWN_COST = 2 ** 24;
/** The largest part of it that one certificate may take, so that no one drives out all others. */
export const MAX_KNOWN_PART = MAX_KNOWN_COST / 16;

/** What the object of a certificate takes in bytes at least, with its imported key. */
const OBJECT_COST = 4096;
/** What its content becomes at most, as a multiple: a name of short attributes takes 38 times. */
const PARSED_COST = 40;
/** What an entry and a text take besides their characters. */
const TEXT_COST = 128;

interface Known {
  /** The certificate that connections share; `null` if only signatures are known. */
  certificate: Certificate | null;
  /** The encoded keys by which its signature has been verified. */
  readonly signers: Set<string>;
  /** What the entry counts. */
  cost: number;
}

/** By the whole encoding, which is compared; the least recently used first. */
const known = new Map<string, Known>();
let cost = 0;

/** The encodings of the certificates that connections share, or will when they are kept. */
const SHARED = new WeakMap<Certificate, string>();

/**
 * Returns the certificate of an encoding that a peer has sent. It is not kept before
 * {@linkcode keepCertificate}: a peer that has proved nothing must not drive out others.
 *
 * @param der The encoding, which is copied.
 * @returns The certificate, which other connections may share: it must not leave the package.
 * @throws {NssError} `SEC_ERROR_BAD_DER`, as {@linkcode Certificate.fromDer} does.
 */
export function receivedCertificate(der: Uint8Array<ArrayBuffer>): Certificate {
  const key = toBase64(der);
  const shared = used(key)?.certificate ?? null;
  if (shared !== null) return shared;
  const certificate = Certificate.fromDer(der);
  SHARED.set(certificate, key);
  return certificate;
}

/**
 * Keeps a certificate of {@linkcode receivedCertificate} for other connections, once its peer has
 * been authenticated.
 *
 * @param certificate The certificate.
 * @returns The one that is kept, which another connection may have received.
 */
export function keepCertificate(certificate: Certificate): Certificate {
  const key = SHARED.get(certificate);
  if (key === undefined) return certificate;
  const entry = known.get(key) ?? newEntry(key);
  if (entry.certificate !== null) return entry.certificate;
  if (grows(key, entry, OBJECT_COST + PARSED_COST * certificate.der.length)) {
    entry.certificate = certificate;
  }
  return certificate;
}

/**
 * Returns what an application gets for a certificate.
 *
 * @param certificate The certificate.
 * @returns A copy if connections share it, otherwise itself.
 */
export function ownCertificate(certificate: Certificate): Certificate {
  return SHARED.has(certificate) ? Certificate.fromDer(certificate.der) : certificate;
}

/**
 * Marks a certificate as one that connections share.
 *
 * @param certificate The certificate, which nobody else has.
 * @returns The certificate.
 */
export function shareCertificate(certificate: Certificate): Certificate {
  SHARED.set(certificate, toBase64(certificate.der));
  return certificate;
}

/**
 * Returns whether the signature of a certificate has been verified before.
 *
 * @param certificate The certificate.
 * @param issuer The public key of the issuer.
 * @returns Whether it has been verified with the same bytes and the same key.
 */
export function isVerified(certificate: Certificate, issuer: SubjectPublicKeyInfo): boolean {
  return used(keyOf(certificate))?.signers.has(toBase64(issuer.der)) ?? false;
}

/**
 * Stores that the signature of a certificate has been verified. Verifying one of P-384 takes 1.8
 * ms. A correct signature stays correct; no other result is stored.
 *
 * @param certificate The certificate.
 * @param issuer The public key of the issuer, to be authenticated before.
 */
export function rememberVerified(certificate: Certificate, issuer: SubjectPublicKeyInfo): void {
  const key = keyOf(certificate);
  const signer = toBase64(issuer.der);
  const entry = known.get(key) ?? newEntry(key);
  if (entry.signers.has(signer)) return;
  if (grows(key, entry, TEXT_COST + signer.length)) entry.signers.add(signer);
}

/** Returns the cost of what is known, which is at most {@linkcode MAX_KNOWN_COST}. */
export function knownCost(): number {
  return cost;
}

/** Forgets all certificates, for tests and measurements. */
export function forgetCertificates(): void {
  known.clear();
  cost = 0;
}

function keyOf(certificate: Certificate): string {
  return SHARED.get(certificate) ?? toBase64(certificate.der);
}

/** Returns what is known, and marks it as used. */
function used(key: string): Known | undefined {
  const found = known.get(key);
  if (found === undefined) return undefined;
  known.delete(key); // a Map keeps the order of insertion
  known.set(key, found);
  return found;
}

function newEntry(key: string): Known {
  return { certificate: null, signers: new Set(), cost: TEXT_COST + key.length };
}

/** Makes an entry the most recent, with more in it; returns whether there is room for that. */
function grows(key: string, entry: Known, more: number): boolean {
  if (entry.cost + more > MAX_KNOWN_PART) return false;
  if (known.delete(key)) cost -= entry.cost;
  entry.cost += more;
  cost += entry.cost;
  known.set(key, entry);
  for (const [oldest, { cost: freed }] of known) {
    if (cost <= MAX_KNOWN_COST) break;
    known.delete(oldest);
    cost -= freed;
  }
  return true;
}
