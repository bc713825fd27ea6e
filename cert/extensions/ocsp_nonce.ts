// Copyright 2026 the NSS for Deno authors. MIT license.

import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/** The maximum size in bytes of a nonce (RFC 9654, Section 2.1); the minimum is 1. */
export const MAX_OCSP_NONCE_SIZE = 128;

/**
 * The codec of the nonce extension (RFC 9654), which binds a response to a request.
 *
 * @category Certificate extensions
 */
export const ocspNonce: ExtensionCodec<Uint8Array<ArrayBuffer>> = {
  oid: OIDS.ocspNonce,
  name: "nonce",
  read(reader) {
    const nonce = reader.octetString("");
    if (nonce.length === 0 || nonce.length > MAX_OCSP_NONCE_SIZE) {
      reader.fail("", `it has ${nonce.length} bytes, not 1 to ${MAX_OCSP_NONCE_SIZE}`, 0);
    }
    return nonce;
  },
  write: (writer, nonce) => {
    writer.octetString(nonce);
  },
};
