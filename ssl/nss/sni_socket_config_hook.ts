// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { SniSocketConfigHook } from "../config/hooks.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the hook that chooses a server's configuration by the requested host name
 * (`SSL_SNISocketConfigHook`).
 *
 * @param target The socket, listener or model.
 * @param hook Called with the client's request; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import {
 *   createCertificate,
 *   generateKeyPair,
 *   importFD,
 *   newModel,
 *   sniSocketConfigHook,
 * } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["admin.example"] });
 * const admin = newModel({ role: "server", certificates: [{ cert, key: keys.privateKey }] });
 * const model = newModel({ role: "server" });
 * sniSocketConfigHook(model, (_socket, { serverName }) => {
 *   return serverName === "admin.example" ? { model: admin } : undefined;
 * });
 *
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, { model });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "admin.example",
 *   caCerts: [cert],
 * });
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.peerCertificates[0]?.der, cert.der);
 * ```
 */
export function sniSocketConfigHook(target: Configurable, hook: SniSocketConfigHook | null): void {
  change(configToChange(target), { sniSocketConfig: hook });
}
