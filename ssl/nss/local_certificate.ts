// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Returns the certificate that this end has presented (`SSL_LocalCertificate`).
 *
 * @param socket The socket.
 * @returns The certificate; `null` if none has been presented.
 *
 * @example Usage
 * ```ts
 * import { importFD, localCertificate } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { hostname: "example.com" });
 * assertEquals(localCertificate(socket), null); // no handshake yet
 * await socket.close();
 * ```
 */
export function localCertificate(socket: SslSocket): Certificate | null {
  return connectionOf(socket).visible?.localChain[0] ?? null;
}
