// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { emptyCodec, type ExtensionCodec } from "./extension_codec.ts";

/** The `CertificateStatusType` of OCSP (RFC 6066, Section 8). */
export const STATUS_TYPE_OCSP = 1;

/** A client's request for the status of the server's certificate. */
export type CertificateStatusRequest =
  /** A request for an OCSP response. */
  | {
    readonly statusType: typeof STATUS_TYPE_OCSP;
    /** The `ResponderID`s of trusted responders in DER; empty if the server may choose. */
    readonly responderIds: readonly Uint8Array<ArrayBuffer>[];
    /** The `Extensions` of the OCSP request in DER; may be empty. */
    readonly requestExtensions: Uint8Array<ArrayBuffer>;
  }
  /** A request of an unknown type, which is ignored. */
  | { readonly statusType: null };

const NAME = "status_request";

/** `status_request` in a ClientHello (RFC 6066, Section 8). */
export const statusRequest: ExtensionCodec<CertificateStatusRequest> = {
  type: ExtensionType.statusRequest,
  name: NAME,
  parse(reader) {
    if (reader.u8() !== STATUS_TYPE_OCSP) {
      reader.rest();
      return { statusType: null };
    }
    return {
      statusType: STATUS_TYPE_OCSP,
      responderIds: reader.reader16().list((r) => r.vector16(1)),
      requestExtensions: reader.vector16(),
    };
  },
  encode(writer, request) {
    if (request.statusType === null) {
      throw new RangeError("Cannot encode status_request: its type is unknown");
    }
    writer.u8(request.statusType)
      .vector16((list) => request.responderIds.forEach((id) => list.vector16(id, 1)))
      .vector16(request.requestExtensions);
  },
};

/**
 * `status_request` with an empty body: in a CertificateRequest the request (RFC 8446, Section
 * 4.4.2.1), in a TLS 1.2 ServerHello the announcement of a CertificateStatus.
 */
export const statusRequestEmpty: ExtensionCodec<true> = emptyCodec(
  ExtensionType.statusRequest,
  NAME,
);

/** The `OCSPResponse` for a certificate in DER (RFC 8446, Section 4.4.2.1). */
export const certificateStatus: ExtensionCodec<Uint8Array<ArrayBuffer>> = {
  type: ExtensionType.statusRequest,
  name: NAME,
  parse(reader) {
    const statusType = reader.u8();
    if (statusType !== STATUS_TYPE_OCSP) {
      throw new DecodeError(`status type ${statusType} is unknown`);
    }
    return reader.vector24(1).slice(); // it is kept longer than the message
  },
  encode: (writer, response) => void writer.u8(STATUS_TYPE_OCSP).vector24(response, 1),
};
