// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configOf, configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the argument that the password function gets when this socket needs a key of a token
 * (`SSL_SetPKCS11PinArg`).
 *
 * @param target The socket, listener or model.
 * @param arg The argument, passed on unchanged.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *
 * @category Tokens
 */
export function setPKCS11PinArg(target: Configurable, arg: unknown): void {
  change(configToChange(target), { pinArg: arg });
}

/**
 * Returns the argument that {@linkcode setPKCS11PinArg} has set (`SSL_RevealPinArg`).
 *
 * @param target The socket, listener or model.
 * @returns The argument; `undefined` if none is set.
 *
 * @example Usage
 * ```ts
 * import { newModel, revealPinArg } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(revealPinArg(newModel()), undefined);
 * ```
 *
 * @category Tokens
 */
export function revealPinArg(target: Configurable): unknown {
  return configOf(target).pinArg;
}
