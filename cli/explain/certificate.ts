// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains Certificate messages: the chain as subjects. @module */

import { NssError } from "../../cert/base/errors.ts";
import { Certificate } from "../../cert/certificate/certificate.ts";
import { parseSubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { stateOf } from "../../cert/base/printable.ts";
import { count, day, safe } from "../base/text.ts";
import { keyText } from "../store/text.ts";
import { isTls13, type MessageContext } from "./context.ts";
import { extensionFields } from "./extensions.ts";
import { type Content, type Field, type FieldReader, hex, lengthAndHex } from "./field.ts";
import { COMPRESSIONS, nameOfNumber } from "./lists.ts";
import { keyOf, namesOf, subjectOf } from "./subject.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The most names of a certificate that are shown. */
const MAX_NAMES = 10;

/**
 * Reads the fields of a Certificate: that of TLS 1.3 (RFC 8446, Section 4.4.2), or the older one
 * (RFC 5246, Section 7.4.2), of which a raw public key takes the place of the list (RFC 7250,
 * Section 3).
 */
export function addCertificate(fields: FieldReader, context: MessageContext): void {
  const isRaw = context.rawKeys?.has(context.sender) ?? false;
  if (isTls13(context)) {
    fields.add("certificate_request_context", "", (reader) => {
      const bytes = reader.vector8();
      return { value: hex(bytes), text: bytes.length === 0 ? "" : "which request it answers" };
    });
  } else if (isRaw) {
    fields.add("public_key", "", (reader) => rawPublicKey(reader.vector24(), fields));
    return;
  }
  fields.add(
    "certificate_list",
    "the end's own certificate first, then those above it",
    (reader) => {
      const list = fields.within(reader.vector24());
      list.each(() => addEntry(list, isTls13(context), isRaw));
      const entries = list.finish();
      return {
        value: entries.length === 0 ? "empty: the end has no certificate" : chainText(entries),
        fields: entries,
      };
    },
  );
}

function chainText(entries: readonly Field[]): string {
  const [first] = entries;
  return entries.length === 1
    ? first!.value
    : `${count(entries.length, "certificate")}: ${entries.map(({ value }) => value).join(" < ")}`;
}

function addEntry(list: FieldReader, isTls13: boolean, isRaw: boolean): void {
  list.add("certificate", "", (reader) => {
    const content = (isRaw ? rawPublicKey : certificate)(reader.vector24(1), list);
    if (!isTls13) return content;
    const extensions = extensionFields(reader.vector16(), "CertificateEntry", list);
    return { ...content, fields: [...content.fields ?? [], ...extensions] };
  });
}

function certificate(der: Bytes, parent: FieldReader): Content {
  const parsed = parse(der);
  if (!(parsed instanceof Certificate)) return malformed(parsed, der);
  const names = namesOf(parsed);
  const { notBefore, notAfter, subject, issuer } = parsed;
  const shown = names.slice(0, MAX_NAMES).join(", ");
  return {
    value: `"${subjectOf(parsed)}"`,
    fields: parent.parts(der, [
      ["subject", subject.isEmpty ? "none" : safe(subject)],
      ["issuer", parsed.isSelfIssued ? "itself" : safe(issuer)],
      ["names", names.length === 0 ? "none" : shown + (names.length > MAX_NAMES ? ", ..." : "")],
      ["valid", `${day(notBefore)} to ${day(notAfter)}`],
      ["key", keyOf(parsed)],
      ["length", count(der.length, "byte")],
    ]),
  };
}

function rawPublicKey(der: Bytes, parent: FieldReader): Content {
  if (der.length === 0) return { value: "empty: the end has none" };
  try {
    const key = keyText(parseSubjectPublicKeyInfo(der).algorithm);
    return {
      value: `a raw public key: ${key}`,
      fields: parent.parts(der, [["length", count(der.length, "byte")]]),
    };
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    return malformed(error, der);
  }
}

function malformed(error: NssError, der: Bytes): Content {
  return { value: `malformed: ${safe(stateOf(error))}; ${lengthAndHex(der)}`, mark: "malformed" };
}

function parse(der: Bytes): Certificate | NssError {
  try {
    return Certificate.fromDer(der);
  } catch (error) {
    if (error instanceof NssError) return error;
    throw error;
  }
}

/** Reads the fields of a CompressedCertificate (RFC 8879, Section 4). */
export function addCompressedCertificate(fields: FieldReader): void {
  fields.add("algorithm", "", (reader) => {
    return nameOfNumber(reader.u16(), COMPRESSIONS);
  });
  fields.add("uncompressed_length", "", (reader) => count(reader.u24(), "byte"));
  fields.add(
    "compressed_certificate_message",
    "the Certificate message; it is not decompressed here",
    (reader) => lengthAndHex(reader.vector24(1)),
  );
}

/** `CertificateStatusType` (RFC 6066, Section 8; RFC 6961). */
const STATUS_TYPES: Readonly<Record<number, string>> = { 1: "ocsp", 2: "ocsp_multi" };

/** Reads the fields of a CertificateStatus (RFC 6066, Section 8). */
export function addCertificateStatus(fields: FieldReader): void {
  fields.add("status_type", "", (reader) => nameOfNumber(reader.u8(), STATUS_TYPES));
  fields.add(
    "response",
    "what the authority says of the certificate: good or revoked",
    (reader) => lengthAndHex(reader.vector24()),
  );
}
