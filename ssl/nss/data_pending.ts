// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Returns the number of bytes that can be read without waiting (`SSL_DataPending`).
 *
 * @param socket The socket.
 * @returns The number of bytes that are decrypted and not yet read.
 *
 * @example Usage
 * ```ts
 * import { dataPending, importFD } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { hostname: "example.com" });
 * assertEquals(dataPending(socket), 0);
 * await socket.close();
 * ```
 *
 * @category Sockets
 */
export function dataPending(socket: SslSocket): number {
  return connectionOf(socket).pendingLength;
}
