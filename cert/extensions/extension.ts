// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  hasMembers,
  isBoolean,
  isBytes,
  isInstance,
  isIterable,
  isLike,
  kindOf,
  requireArgs,
  required,
} from "../base/options.ts";
import { NssError } from "../base/errors.ts";
import { DerReader } from "../der/der_reader.ts";
import { DerWriter } from "../der/der_writer.ts";
import { oidName, OIDS } from "../der/oids.ts";

/**
 * An extension of a certificate, CRL or OCSP message, not decoded.
 *
 * @category Certificate extensions
 */
export interface CertificateExtension {
  /** The dotted object identifier. */
  readonly oid: string;
  /** Whether a verifier that does not know the extension must reject the certificate. */
  readonly critical: boolean;
  /** The content of extnValue. */
  readonly value: Uint8Array<ArrayBuffer>;
  /** The offset of the value in the certificate, for error messages. */
  readonly offset: number;
}

/**
 * How to decode and encode the value of one kind of extension.
 *
 * @example A custom extension
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
 *
 * @category Certificate extensions
 */
export interface ExtensionCodec<T> {
  /** The dotted object identifier. */
  readonly oid: string;
  /** The name in the standard. */
  readonly name: string;
  /** Reads the value. The caller checks that no bytes are left. */
  read(reader: DerReader): T;
  /** Writes the value. */
  write(writer: DerWriter, value: T): void;
}

const isCodec = isLike("the codec of an extension", "read", "write");
const hasValue = hasMembers("an extension", { value: required(isBytes) });

/**
 * Decodes the value of an extension.
 *
 * @param extension The extension.
 * @param codec The codec of the extension.
 * @returns The value.
 * @throws {NssError} `SEC_ERROR_EXTENSION_VALUE_INVALID` if the value is malformed.
 *
 * @example Usage
 * ```ts
 * import { makeExtension, readExtension, tlsFeature } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readExtension(makeExtension(tlsFeature, [5]), tlsFeature), [5]);
 * ```
 *
 * @category Certificate extensions
 */
export function readExtension<T>(extension: CertificateExtension, codec: ExtensionCodec<T>): T {
  requireArgs("Cannot read extension", isCodec(codec, "codec"), hasValue(extension, "extension"));
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
 * Creates an extension.
 *
 * @param codec The codec of the extension.
 * @param value The value.
 * @param critical Whether it is critical, `false` by default.
 * @returns The extension, with an offset of 0.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the extension cannot have the value.
 *
 * @example A must-staple certificate
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
 *
 * @category Certificate extensions
 */
export function makeExtension<T>(
  codec: ExtensionCodec<T>,
  value: T,
  critical = false,
): CertificateExtension {
  requireArgs(
    "Cannot make extension",
    isCodec(codec, "codec"),
    isBoolean(critical, "critical"),
  );
  const writer = new DerWriter();
  try {
    codec.write(writer, value);
  } catch (cause) {
    if (cause instanceof NssError) throw cause;
    // The codecs read members without a check
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot make extension ${codec.name}: the value is ${kindOf(value)} that it cannot hold`,
      { cause },
    );
  }
  return { oid: codec.oid, critical, value: writer.finish(), offset: 0 };
}

/**
 * Reads `Extensions` (RFC 5280, Section 4.1).
 *
 * @param reader A reader before the SEQUENCE.
 * @param field The name of the field.
 * @returns The extensions by dotted object identifier, in the order of the encoding.
 * @throws {NssError} If they are malformed, or one occurs twice.
 *
 * @example Usage
 * ```ts
 * import { DerReader, DerWriter } from "@nss/nss/cert/der";
 * import { makeExtension, readExtensions, tlsFeature, writeExtensions } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new DerWriter();
 * writeExtensions(writer, [makeExtension(tlsFeature, [5], true)]);
 * const extensions = readExtensions(new DerReader(writer.finish(), "request"), "extensions");
 * assertEquals(extensions.get(tlsFeature.oid)?.critical, true);
 * ```
 *
 * @category Certificate extensions
 */
export function readExtensions(
  reader: DerReader,
  field: string,
): ReadonlyMap<string, CertificateExtension> {
  requireArgs("Cannot read extensions", isInstance(DerReader)(reader, "reader"));
  const extensions = new Map<string, CertificateExtension>();
  const sequence = reader.sequence(field);
  // RFC 5280, Section 4.1: Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension
  do {
    const extension = sequence.sequence("extension");
    const oid = extension.oid("extnID");
    // An explicit FALSE is not DER, but occurs on the public web, so that all profiles accept it
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
 * @param writer The writer.
 * @param extensions The extensions.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` for what cannot be written.
 *
 * @example Usage
 * ```ts
 * import { DerReader, DerWriter } from "@nss/nss/cert/der";
 * import { makeExtension, readExtensions, tlsFeature, writeExtensions } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new DerWriter();
 * writeExtensions(writer, [makeExtension(tlsFeature, [5], true)]);
 * const extensions = readExtensions(new DerReader(writer.finish(), "request"), "extensions");
 * assertEquals(extensions.get(tlsFeature.oid)?.critical, true);
 * ```
 *
 * @category Certificate extensions
 */
export function writeExtensions(
  writer: DerWriter,
  extensions: Iterable<CertificateExtension>,
): void {
  requireArgs(
    "Cannot write extensions",
    isInstance(DerWriter)(writer, "writer"),
    isIterable(extensions, "extensions"),
  );
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
 * The extensions that path validation processes (RFC 5280, Section 4.2). A certificate with any
 * other critical extension is rejected.
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
