// Copyright 2026 the NSS for Deno authors. MIT license.

import { setHook } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import { applyOption } from "../config/resolve_config.ts";
import type { Configurable } from "./configurable.ts";
import type { NextProtoCallback } from "../config/hooks.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * The result of ALPN (`SSLNextProtoState`): `"SELECTED"`, or `"NO_SUPPORT"` if no protocol has been
 * negotiated. NSS's other states belong to NPN.
 *
 * @category Options
 */
export type NextProtoState = "NO_SUPPORT" | "SELECTED";

/**
 * The negotiated application protocol.
 *
 * @category Options
 */
export interface NextProto {
  /** The result of the negotiation. */
  readonly state: NextProtoState;
  /** The protocol; `null` if none. */
  readonly protocol: string | null;
}

/**
 * Sets the application protocols (`SSL_SetNextProtoNego`; RFC 7301), as the option `alpnProtocols`
 * does.
 *
 * NSS moves the first protocol to the end, since it was the fallback of NPN; here the order is
 * kept.
 *
 * @param target The socket, listener or model.
 * @param protocols The protocols, in preference order; empty to disable ALPN.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if a name is not 1 to 255 bytes long;
 * `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import {
 *   createCertificate,
 *   generateKeyPair,
 *   getNextProto,
 *   importFD,
 *   setNextProtoNego,
 * } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
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
 * setNextProtoNego(client, ["h2", "http/1.1"]);
 * setNextProtoNego(server, ["http/1.1"]);
 *
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(getNextProto(client), { state: "SELECTED", protocol: "http/1.1" });
 * ```
 *
 * @category Options
 */
export function setNextProtoNego(target: Configurable, protocols: readonly string[]): void {
  applyOption(configToChange(target), "alpnProtocols", protocols);
}

/**
 * Sets the callback that chooses a server's application protocol (`SSL_SetNextProtoCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called if a client offers protocols; `null` for none: the list applies.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { createCertificate } from "@nss/nss/cert";
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { getNextProto, importFD, setNextProtoCallback } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * setNextProtoCallback(server, (_socket, { serverName, alpnProtocols }) => {
 *   if (serverName === "old.example") return null; // no ALPN for this name
 *   return alpnProtocols.find((protocol) => protocol === "h2" || protocol === "http/1.1");
 * });
 *
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 *   alpnProtocols: ["spdy/3", "h2"],
 * });
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(getNextProto(client).protocol, "h2");
 * ```
 *
 * @category Options
 */
export function setNextProtoCallback(
  target: Configurable,
  callback: NextProtoCallback | null,
): void {
  setHook(configToChange(target), "nextProtoCallback", callback);
}

/**
 * Returns the negotiated application protocol (`SSL_GetNextProto`).
 *
 * @param socket The socket.
 * @returns The state of the negotiation, and the protocol.
 *
 * @example Usage
 * ```ts
 * import { getNextProto, importFD } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { alpnProtocols: ["h2"] });
 * assertEquals(getNextProto(socket), { state: "NO_SUPPORT", protocol: null }); // no handshake yet
 * await socket.close();
 * ```
 *
 * @category Options
 */
export function getNextProto(socket: SslSocket): NextProto {
  const protocol = connectionOf(socket).visible?.alpnProtocol ?? null;
  return { state: protocol === null ? "NO_SUPPORT" : "SELECTED", protocol };
}
