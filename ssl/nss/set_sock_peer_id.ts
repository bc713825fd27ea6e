// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configBeforeStart } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Separates a client's cached sessions from others of the same host (`SSL_SetSockPeerID`): those of
 * another peer with the same name, or of another identity that a `getClientAuthData` hook chooses.
 *
 * @param target The socket or model.
 * @param peerId The name that separates them; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import {
 *   configClientSessionCache,
 *   importFD,
 *   newModel,
 *   NssContext,
 *   setSockPeerID,
 * } from "@nss/nss";
 * import { assertNotEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * const keys: string[] = [];
 * const take = (key: string) => void keys.push(key);
 * configClientSessionCache({ cache: { take, put() {}, delete() {}, clear() {} }, context });
 *
 * const model = newModel({ hostname: "example.com", context });
 * for (const peerId of ["direct", "through proxy.example:3128"]) {
 *   setSockPeerID(model, peerId);
 *   const { readable, writable } = new TransformStream<Uint8Array>();
 *   await importFD({ readable, writable }, { model }).handshake().catch(() => {});
 * }
 * assertNotEquals(keys[0], keys[1]);
 * ```
 */
export function setSockPeerID(target: Configurable, peerId: string | null): void {
  change(configBeforeStart(target), { peerId });
}
