// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../der/der.ts";
import { DerWriter } from "../der/der_writer.ts";
import { oidName, OIDS } from "../der/oids.ts";

/** An extension of a certificate as it stands there, unread. */
export interface CertificateExtension {
  /** The dotted object identifier. */
  readonly oid: string;
  /** Whether a certificate is to be refused by who does not know the extension. */
  readonly critical: boolean;
  /** The content of the extnValue. */
  readonly value: Uint8Array<ArrayBuffer>;
  /** The offset of the value in the certificate, for messages. */
  readonly offset: number;
}

/**
 * How to read and write one kind of extension; each has a file.
 *
 * @example An extension of one's own
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, type ExtensionCodec, makeExtension } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const clearance: ExtensionCodec<number> = {
 *   oid: "1.2.3.4",
 *   name: "clearance",
 *   read: (reader) => reader.smallInteger("level"),
 *   write: (writer, level) => {
 *     writer.integer(level);
 *   },
 * };
 * const certificate = await createCertificate({
 *   ...await generateKeyPair(),
 *   dnsNames: ["example.com"],
 *   extensions: [makeExtension(clearance, 3)],
 * });
 * assertEquals(certificate.extension(clearance), 3);
 * ```
 */
export interface ExtensionCodec<T> {
  /** The dotted object identifier. */
  readonly oid: string;
  /** The name in the standard. */
  readonly name: string;
  /** Reads the value, all of it but the check that nothing is left. */
  read(reader: DerReader): T;
  /** Writes the value. */
  write(writer: DerWriter, value: T): void;
}

/**
 * Reads an extension's value.
 *
 * @param extension The extension.
 * @param codec Its kind.
 * @returns The value.
 * @throws {NssError} `SEC_ERROR_EXTENSION_VALUE_INVALID` if the value is malformed.
 */
export function readExtension<T>(extension: CertificateExtension, codec: ExtensionCodec<T>): T {
  const reader = new DerReader(
    extension.value,
    `extension ${codec.name}`,
    "SEC_ERROR_EXTENSION_VALUE_INVALID",
    extension.offset,
  );
  const value = codec.read(reader);
  reader.finish();
  return value;
}

/**
 * Makes an extension.
 *
 * @param codec Its kind.
 * @param value Its value.
 * @param critical Whether it is critical.
 * @returns The extension, with an offset of zero.
 *
 * @example A certificate of a server that must staple an OCSP response
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, makeExtension, tlsFeature } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const certificate = await createCertificate({
 *   ...await generateKeyPair(),
 *   dnsNames: ["example.com"],
 *   extensions: [makeExtension(tlsFeature, [5])],
 * });
 * assertEquals(certificate.tlsFeature, [5]);
 * ```
 */
export function makeExtension<T>(
  codec: ExtensionCodec<T>,
  value: T,
  critical = false,
): CertificateExtension {
  const writer = new DerWriter();
  codec.write(writer, value);
  return { oid: codec.oid, critical, value: writer.finish(), offset: 0 };
}

/**
 * Reads `Extensions` (RFC 5280, Section 4.1).
 *
 * @param reader A reader before the SEQUENCE.
 * @param field The name of the field.
 * @returns The extensions by their identifiers, in their order.
 * @throws {NssError} If they are malformed, or one is there twice.
 */
export function readExtensions(
  reader: DerReader,
  field: string,
): ReadonlyMap<string, CertificateExtension> {
  const extensions = new Map<string, CertificateExtension>();
  const sequence = reader.sequence(field);
  // RFC 5280, Section 4.1: Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension
  do {
    const extension = sequence.sequence("extension");
    const oid = extension.oid("extnID");
    // An explicit FALSE is not DER, but certificates of the public web have it; so has
    // mozilla::pkix
    const critical = extension.nextTag === 0x01 ? extension.boolean("critical") : false;
    const inner = extension.octetStringReader("extnValue");
    const { offset } = inner;
    const value = inner.rest();
    extension.finish();
    // RFC 5280, Section 4.2: a certificate MUST NOT include more than one instance
    if (extensions.has(oid)) {
      sequence.fail("extension", `${oidName(oid) ?? oid} is there twice`, offset);
    }
    extensions.set(oid, { oid, critical, value, offset });
  } while (!sequence.done);
  return extensions;
}

/**
 * Writes `Extensions`.
 *
 * @param writer Where to write.
 * @param extensions The extensions.
 */
export function writeExtensions(
  writer: DerWriter,
  extensions: Iterable<CertificateExtension>,
): void {
  writer.sequence((w) => {
    for (const { oid, critical, value } of extensions) {
      w.sequence((w) => {
        w.oid(oid);
        if (critical) w.boolean(true);
        w.octetString(value);
      });
    }
  });
}

/**
 * The extensions that path validation processes, so that they may be critical (RFC 5280, Section
 * 4.2). A critical extension that is not here makes a certificate unusable.
 */
export const PROCESSED_EXTENSIONS: ReadonlySet<string> = new Set([
  OIDS.basicConstraints,
  OIDS.keyUsage,
  OIDS.extKeyUsage,
  OIDS.subjectAltName,
  OIDS.nameConstraints,
  OIDS.certificatePolicies,
  OIDS.policyMappings,
  OIDS.policyConstraints,
  OIDS.inhibitAnyPolicy,
  OIDS.tlsFeature,
]);
