// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { KeyLogCallback } from "../config/hooks.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the callback that receives the connection's secrets, for debugging with Wireshark.
 *
 * @param target The socket, listener or model.
 * @param callback Called with each line of NSS's key log format; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { createCertificate, generateKeyPair, importFD, keyLogCallback } from "@nss/nss";
 * import { assertMatch } from "@std/assert";
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
 * const lines: string[] = [];
 * keyLogCallback(client, (line) => void lines.push(line));
 *
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertMatch(lines.join("\n"), /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/m);
 * ```
 */
export function keyLogCallback(target: Configurable, callback: KeyLogCallback | null): void {
  change(configToChange(target), { keyLog: callback });
}
