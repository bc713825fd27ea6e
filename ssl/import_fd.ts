// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "./config/config.ts";
import {
  checkForRole,
  refuseOwn,
  resolveConfig,
  takeImportOptions,
} from "./config/resolve_config.ts";
import type { ImportOptions } from "./config/import_options.ts";
import type { SslListener, SslSocket } from "./base/socket_type.ts";
import { createListener } from "./ssl_listener.ts";
import { createSocket } from "./ssl_socket.ts";
import {
  type ByteStreams,
  checkTransport,
  type ConnLike,
  ConnTransport,
  isConn,
  type ListenerLike,
  type StreamAddr,
  StreamTransport,
} from "./connection/transports.ts";

/**
 * Creates a TLS socket or listener over a transport (`SSL_ImportFD`). Nothing is sent yet: the
 * first read or write, or `handshake()`, runs the handshake.
 *
 * The transport is any `Deno.Conn` (TCP, Unix, another `SslSocket` for TLS in TLS), any pair of
 * byte streams, or a listener, whose `accept()` then gives server sockets. The socket then owns the
 * transport and closes it.
 *
 * @typeParam A The type of the connection's addresses.
 * @param transport The transport that carries the records.
 * @param options The options of the socket; see {@linkcode ImportOptions}.
 * @returns The socket.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value,
 * `SSL_ERROR_INVALID_VERSION_RANGE` for invalid versions.
 *
 * @example A client
 * ```ts ignore
 * import { importFD } from "@nss/nss";
 *
 * const hostname = "example.com";
 * await using socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * const { version, cipherSuite, peerCertificates } = await socket.handshake();
 * ```
 *
 * @example Client and server over one pair of streams
 * ```ts
 * import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const names = { subject: "CN=localhost", dnsNames: ["localhost"] };
 * const cert = await createCertificate({ ...names, ...keys });
 *
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 *
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.version, "TLSv1.3");
 * await Promise.all([client.close(), server.close()]);
 * ```
 *
 * @category Sockets
 */
export function importFD<A>(transport: ConnLike<A>, options?: ImportOptions): SslSocket<A>;
/**
 * Creates a TLS socket over a pair of byte streams.
 *
 * @param transport The streams; the socket locks them.
 * @param options The options of the socket.
 * @returns The socket.
 */
export function importFD(
  transport: ByteStreams & { readonly read?: never },
  options?: ImportOptions,
): SslSocket<StreamAddr>;
/**
 * Creates a TLS listener, whose connections are server sockets with these options.
 *
 * @typeParam A The type of the connections' addresses.
 * @param listener The listener, which the result then owns.
 * @param options The options of the sockets.
 * @returns The TLS listener.
 */
export function importFD<A>(listener: ListenerLike<A>, options?: ImportOptions): SslListener<A>;
export function importFD(
  transport: ConnLike | ByteStreams | ListenerLike,
  options: ImportOptions = {},
): SslSocket | SslListener {
  checkTransport(transport);
  const own = takeImportOptions(options);
  const config = resolveConfig(own);
  const given = Object.keys(own);
  if ("accept" in transport) {
    refuseOwn(own, "a listener's");
    const server: SslConfig = { ...config, role: "server" };
    checkForRole(server, given);
    return createListener(transport, server);
  }
  const { head, signal } = own;
  return isConn(transport)
    ? createSocket(new ConnTransport(transport), config, { head, signal, given })
    : createSocket(new StreamTransport(transport), config, { head, signal, given });
}
