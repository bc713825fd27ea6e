// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * TLS on any byte stream, in NSS's words: `importFD` wraps a connection, and functions named as NSS's set it up, look into it
 * and decide about it.
 *
 * ```ts ignore
 * import { importFD } from "@nss/nss/ssl";
 *
 * const hostname = "example.com";
 * await using socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * const { version, cipherSuite, group } = await socket.handshake();
 * ```
 *
 * @module
 */

export * from "./auth_certificate.ts";
export * from "./channel_info.ts";
export * from "./communicate.ts";
export type { ClientAuth, ImportOptions, Role, VersionRange } from "./config.ts";
export * from "./configure.ts";
export type { CertificateInput, CertificateOptions } from "./credential.ts";
export * from "./errors.ts";
export * from "./hooks.ts";
export * from "./import_fd.ts";
export * from "./model.ts";
export { clearSessionCache } from "./session_cache/client.ts";
export type { ListenerLike, SslListener } from "./ssl_listener.ts";
export type { SslSocket } from "./ssl_socket.ts";
export type { ByteStreams, ConnLike, StreamAddr } from "./transport.ts";
