// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configBeforeStart } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the role of a socket whose handshake has not begun (`SSL_ResetHandshake`).
 *
 * @param target The socket or model.
 * @param asServer Whether it is a server.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, optionGet, resetHandshake } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel();
 * resetHandshake(model, true);
 * assertEquals(optionGet(model, "HANDSHAKE_AS_SERVER"), true);
 * ```
 */
export function resetHandshake(target: Configurable, asServer: boolean): void {
  change(configBeforeStart(target), { role: asServer ? "server" : "client" });
}
