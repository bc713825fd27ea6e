// Copyright 2026 the NSS for Deno authors. MIT license.

import { Name } from "../../cert/names/name.ts";
import { SslError } from "../base/errors.ts";

/**
 * Parses the names of the authorities that a server accepts.
 *
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERT_REQUEST` if a name does not parse.
 */
export function readAuthorities(authorities: readonly Uint8Array<ArrayBuffer>[]): readonly Name[] {
  return authorities.map((der) => {
    try {
      return Name.fromDer(der);
    } catch (cause) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
        "Cannot take CertificateRequest: an authority's name does not parse",
        { cause },
      );
    }
  });
}
