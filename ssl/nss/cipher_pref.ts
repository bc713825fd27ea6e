// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";
import { type CipherSuiteId, presentSuite } from "./cipher_suite_info.ts";
import { isBoolean } from "../../cert/base/options.ts";
import { contextOf } from "../config/context_policy.ts";
import { requireSslArgs } from "../config/option_values.ts";
import { change, type SslConfig } from "../config/config.ts";
import { defaultsOf } from "../config/resolve_config.ts";
import { configOf, configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../tables/cipher_suites.ts";

export {
  type CipherSuiteId,
  type CipherSuiteInfo,
  getCipherSuiteInfo,
  getImplementedCiphers,
} from "./cipher_suite_info.ts";

/**
 * Enables or disables a cipher suite for new sockets (`SSL_CipherPrefSetDefault`). It is used if
 * the policy allows it ({@linkcode cipherPolicySet}) and its version is enabled. Existing sockets
 * and models keep theirs.
 *
 * @param suite The IANA name or code point of the suite.
 * @param on Whether to enable it.
 * @param options `context`: the context; the default context by default.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if it is not supported; the message says why.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { cipherPrefGetDefault, cipherPrefSetDefault } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * cipherPrefSetDefault("TLS_AES_128_GCM_SHA256", false, { context });
 * assertEquals(cipherPrefGetDefault("TLS_AES_128_GCM_SHA256", { context }), false);
 * ```
 *
 * @category Versions, suites and groups
 */
export function cipherPrefSetDefault(
  suite: CipherSuiteId,
  on: boolean,
  options: { context?: NssContext } = {},
): void {
  setPref(defaultsOf(contextOf(options)), suite, on);
}

/**
 * Returns whether a cipher suite is enabled for new sockets (`SSL_CipherPrefGetDefault`).
 *
 * @param suite The IANA name or code point of the suite.
 * @param options `context`: the context; the default context by default.
 * @returns Whether it is enabled; the policy may disallow it nevertheless.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if it is not supported.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { cipherPrefGetDefault } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * assertEquals(cipherPrefGetDefault("TLS_AES_128_GCM_SHA256", { context }), true);
 * assertEquals(cipherPrefGetDefault("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", { context }), false);
 * ```
 *
 * @category Versions, suites and groups
 */
export function cipherPrefGetDefault(
  suite: CipherSuiteId,
  options: { context?: NssContext } = {},
): boolean {
  return getPref(defaultsOf(contextOf(options)), suite);
}

/**
 * Enables or disables a cipher suite (`SSL_CipherPrefSet`). An enabled suite is inserted at its
 * place in the default preference order.
 *
 * @param target The socket, listener or model.
 * @param suite The IANA name or code point of the suite.
 * @param on Whether to enable it.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if it is not supported; the message says why.
 * `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { cipherPrefGet, cipherPrefSet, newModel, SslError } from "@nss/nss/ssl";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const model = newModel({ versions: { min: "TLSv1.2" } });
 * cipherPrefSet(model, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", true);
 * assertEquals(cipherPrefGet(model, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), true);
 *
 * const TLS_RSA_WITH_AES_128_CBC_SHA = 0x002f;
 * assertThrows(
 *   () => cipherPrefSet(model, TLS_RSA_WITH_AES_128_CBC_SHA, true),
 *   SslError,
 *   "RSA key transport",
 * );
 * ```
 *
 * @category Versions, suites and groups
 */
export function cipherPrefSet(target: Configurable, suite: CipherSuiteId, on: boolean): void {
  setPref(configToChange(target), suite, on);
}

/**
 * Returns whether a cipher suite is enabled (`SSL_CipherPrefGet`).
 *
 * @param target The socket, listener or model.
 * @param suite The IANA name or code point of the suite.
 * @returns Whether it is enabled; the policy may disallow it nevertheless.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if it is not supported.
 *
 * @example Usage
 * ```ts
 * import { cipherPrefGet, newModel } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel({ cipherSuites: ["TLS_AES_256_GCM_SHA384"] });
 * assertEquals(cipherPrefGet(model, "TLS_AES_256_GCM_SHA384"), true);
 * assertEquals(cipherPrefGet(model, "TLS_AES_128_GCM_SHA256"), false);
 * ```
 *
 * @category Versions, suites and groups
 */
export function cipherPrefGet(target: Configurable, suite: CipherSuiteId): boolean {
  return getPref(configOf(target), suite);
}

function setPref(config: SslConfig, suite: CipherSuiteId, on: boolean): void {
  requireSslArgs("Cannot set cipher suite", isBoolean(on, "on"));
  const row = presentSuite(suite);
  if ("aead" in row) {
    change(config, { cipherSuites: withPref(config.cipherSuites, row, on, CIPHER_SUITES) });
  } else {
    const suites = withPref(config.tls12CipherSuites, row, on, TLS12_CIPHER_SUITES);
    change(config, { tls12CipherSuites: suites });
  }
}

function getPref({ cipherSuites, tls12CipherSuites }: SslConfig, suite: CipherSuiteId): boolean {
  const { id } = presentSuite(suite);
  return [...cipherSuites, ...tls12CipherSuites].some((enabled) => enabled.id === id);
}

function withPref<Row extends { readonly id: number }>(
  enabled: readonly Row[],
  row: Row,
  on: boolean,
  table: readonly Row[],
): readonly Row[] {
  if (!on) return enabled.filter(({ id }) => id !== row.id);
  if (enabled.some(({ id }) => id === row.id)) return enabled;
  const rank = ({ id }: Row) => table.findIndex((candidate) => candidate.id === id);
  const next = enabled.findIndex((other) => rank(other) > rank(row));
  return next === -1 ? [...enabled, row] : enabled.toSpliced(next, 0, row);
}
