// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";
import { contextOf } from "../config/context_policy.ts";
import { defaultsOf } from "../config/resolve_config.ts";
import { configBeforeStart, configOf, configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";
import { getOption, setOption, type SslOption, type SslOptionValues } from "../config/options.ts";

export type { Renegotiation, RequireCertificate } from "../config/config.ts";
export {
  type OptionInfo,
  type OptionSupport,
  SSL_OPTIONS,
  type SslOption,
  type SslOptionValues,
} from "../config/options.ts";

/**
 * Sets an option for new sockets (`SSL_OptionSetDefault`). Existing sockets and models keep theirs.
 *
 * {@linkcode SSL_OPTIONS} lists the options: which are supported, and why others are not.
 *
 * @param option The option's name in NSS, without `SSL_`.
 * @param value The value.
 * @param options `context`: the context; the default context by default.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value,
 * `PR_NOT_IMPLEMENTED_ERROR` for a feature that is not implemented yet.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { optionGetDefault, optionSetDefault } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * optionSetDefault("ENABLE_OCSP_STAPLING", true, { context });
 * assertEquals(optionGetDefault("ENABLE_OCSP_STAPLING", { context }), true);
 * ```
 *
 * @category Options
 */
export function optionSetDefault<O extends SslOption>(
  option: O,
  value: SslOptionValues[O],
  options: { context?: NssContext } = {},
): void {
  setOption(defaultsOf(contextOf(options)), option, value);
}

/**
 * Returns the value of an option for new sockets (`SSL_OptionGetDefault`).
 *
 * @param option The option's name in NSS, without `SSL_`.
 * @param options `context`: the context; the default context by default.
 * @returns The value.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { optionGetDefault } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * assertEquals(optionGetDefault("REQUIRE_CERTIFICATE", { context }), "FIRST_HANDSHAKE");
 * ```
 *
 * @category Options
 */
export function optionGetDefault<O extends SslOption>(
  option: O,
  options: { context?: NssContext } = {},
): SslOptionValues[O] {
  return getOption(defaultsOf(contextOf(options)), option);
}

/**
 * Sets an option (`SSL_OptionSet`).
 *
 * @param target The socket, listener or model.
 * @param option The option's name in NSS, without `SSL_`.
 * @param value The value.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value,
 * `PR_NOT_IMPLEMENTED_ERROR` for a feature that is not implemented yet, `PR_IS_CONNECTED_ERROR`
 * while a handshake is in progress, or, for the role, once the first one has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, optionGet, optionSet } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel({ role: "server" });
 * optionSet(model, "REQUEST_CERTIFICATE", true);
 * optionSet(model, "REQUIRE_CERTIFICATE", "NEVER"); // requested, not required
 * assertEquals(optionGet(model, "REQUEST_CERTIFICATE"), true);
 * assertEquals(optionGet(model, "REQUIRE_CERTIFICATE"), "NEVER");
 * ```
 *
 * @category Options
 */
export function optionSet<O extends SslOption>(
  target: Configurable,
  option: O,
  value: SslOptionValues[O],
): void {
  const isRole = option === "HANDSHAKE_AS_CLIENT" || option === "HANDSHAKE_AS_SERVER";
  setOption(isRole ? configBeforeStart(target) : configToChange(target), option, value);
}

/**
 * Returns the value of an option (`SSL_OptionGet`).
 *
 * @param target The socket, listener or model.
 * @param option The option's name in NSS, without `SSL_`.
 * @returns The value.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option.
 *
 * @example Usage
 * ```ts
 * import { newModel, optionGet } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel({ role: "server", clientAuth: "request" });
 * assertEquals(optionGet(model, "REQUEST_CERTIFICATE"), true);
 * assertEquals(optionGet(model, "REQUIRE_CERTIFICATE"), "NEVER");
 * ```
 *
 * @category Options
 */
export function optionGet<O extends SslOption>(
  target: Configurable,
  option: O,
): SslOptionValues[O] {
  return getOption(configOf(target), option);
}
