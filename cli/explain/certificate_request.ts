// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains CertificateRequest messages. @module */

import { authorities } from "./authorities.ts";
import { isOld, isTls13, type MessageContext } from "./context.ts";
import { addExtensions } from "./extensions.ts";
import { type FieldReader, hex } from "./field.ts";
import { listOf, nameOfNumber } from "./lists.ts";
import { contentOf, namedScheme } from "./names.ts";

/** `ClientCertificateType` (RFC 5246, Section 7.4.4; RFC 8422, Section 5.5). */
const TYPES: Readonly<Record<number, string>> = {
  1: "rsa_sign",
  2: "dss_sign",
  3: "rsa_fixed_dh",
  4: "dss_fixed_dh",
  5: "rsa_ephemeral_dh",
  6: "dss_ephemeral_dh",
  20: "fortezza_dms",
  64: "ecdsa_sign",
  65: "rsa_fixed_ecdh",
  66: "ecdsa_fixed_ecdh",
  67: "gost_sign256",
  68: "gost_sign512",
};

/**
 * Reads the fields of a CertificateRequest: that of TLS 1.3 (RFC 8446, Section 4.3.2) or the older
 * one (RFC 5246, Section 7.4.4), which before TLS 1.2 had no signature schemes.
 */
export function addCertificateRequest(fields: FieldReader, context: MessageContext): void {
  if (isTls13(context)) {
    fields.add(
      "certificate_request_context",
      "empty during the handshake; later the answer repeats it",
      (reader) => hex(reader.vector8()),
    );
    addExtensions(fields, "CertificateRequest");
    return;
  }
  fields.add(
    "certificate_types",
    "the kinds of certificate that the server takes",
    (reader) =>
      listOf(fields.within(reader.vector8(1)), "type", (r) => nameOfNumber(r.u8(), TYPES)),
  );
  if (!isOld(context)) {
    fields.add(
      "supported_signature_algorithms",
      "the signatures that the server takes",
      (reader) =>
        listOf(
          fields.within(reader.vector16(2)),
          "scheme",
          (r) => contentOf(namedScheme(r.u16())),
        ),
    );
  }
  fields.add(
    "certificate_authorities",
    "the authorities one of which should have issued the client's certificate; none for any",
    (reader) => authorities(reader.vector16(), fields),
  );
}
