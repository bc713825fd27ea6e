// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically.

import type { Duplex } from "node:stream";
import type { ConnLike } from "../connection/transports.ts";
import { checkStream, type DuplexAddr, DuplexConn } from "./duplex_conn.ts";

/**
 * Returns a stream of Node's as a connection for `importFD`: a `net.Socket`, or any `Duplex`.
 *
 * Use it in place of `Duplex.toWeb()`: in Deno, what that returns throws an error that nothing can
 * catch where a peer ends its side just before this end closes.
 *
 * @param stream The stream, which is connected, or will be; the connection then owns it.
 * @returns The connection.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is no duplex stream.
 *
 * @example Usage
 * ```ts
 * import { importFD } from "@nss/nss";
 * import { fromNodeStream } from "@nss/nss/node";
 * import { assertEquals } from "@std/assert";
 * import { duplexPair } from "node:stream";
 *
 * const [near] = duplexPair();
 * const socket = importFD(fromNodeStream(near), { hostname: "example.com" });
 * assertEquals(socket.remoteAddr, { transport: "stream" });
 * await socket.close();
 * ```
 *
 * @category Node
 */
export function fromNodeStream(stream: Duplex): ConnLike<DuplexAddr> {
  return new DuplexConn(checkStream("Cannot take stream", stream, "the stream"));
}
