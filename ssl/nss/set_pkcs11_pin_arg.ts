// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configOf, configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets what a password callback is told when this socket needs a key of a token
 * (`SSL_SetPKCS11PinArg`).
 *
 * @param target The socket, listener or model.
 * @param arg Whatever the callback knows what to do with.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, revealPinArg, setPKCS11PinArg } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel();
 * setPKCS11PinArg(model, { window: "main" });
 * assertEquals(revealPinArg(model), { window: "main" });
 * ```
 */
export function setPKCS11PinArg(target: Configurable, arg: unknown): void {
  change(configToChange(target), { pinArg: arg });
}

/**
 * What {@linkcode setPKCS11PinArg} has set (`SSL_RevealPinArg`).
 *
 * @param target The socket, listener or model.
 * @returns The argument; `undefined` where none is set.
 *
 * @example Usage
 * ```ts
 * import { newModel, revealPinArg } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(revealPinArg(newModel()), undefined);
 * ```
 */
export function revealPinArg(target: Configurable): unknown {
  return configOf(target).pinArg;
}
