// Copyright 2026 the NSS for Deno authors. MIT license.

import { show } from "../../cert/base/options.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import { type CipherSuiteId, getCipherSuiteInfo, presentSuite } from "./cipher_suite_info.ts";
import { invalid } from "../config/option_values.ts";
import { contextOf, contextPolicy } from "../config/context_policy.ts";

/**
 * Whether a context's sockets may use a cipher suite at all. NSS's third value, `SSL_RESTRICTED`,
 * was for export ciphers.
 *
 * @category Versions, suites and groups
 */
export type CipherPolicy = "ALLOWED" | "NOT_ALLOWED";

/**
 * Allows or forbids a cipher suite (`SSL_CipherPolicySet`). A suite is used if the policy allows
 * it, the preference enables it and its version is enabled. The policy applies to all later
 * handshakes of the context, whatever the settings of sockets and models.
 *
 * @param suite The IANA name or code point of the suite.
 * @param policy `"ALLOWED"` or `"NOT_ALLOWED"`.
 * @param options `context`: the context; the default context by default.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if it is not supported,
 * `SEC_ERROR_INVALID_ARGS` for another policy.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { cipherPolicyGet, cipherPolicySet } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * cipherPolicySet("TLS_CHACHA20_POLY1305_SHA256", "NOT_ALLOWED", { context });
 * assertEquals(cipherPolicyGet("TLS_CHACHA20_POLY1305_SHA256", { context }), "NOT_ALLOWED");
 * ```
 *
 * @category Versions, suites and groups
 */
export function cipherPolicySet(
  suite: CipherSuiteId,
  policy: CipherPolicy,
  options: { context?: NssContext } = {},
): void {
  const { id } = presentSuite(suite);
  const { disallowedSuites } = contextPolicy(contextOf(options));
  if (policy === "ALLOWED") disallowedSuites.delete(id);
  else if (policy === "NOT_ALLOWED") disallowedSuites.add(id);
  else throw invalid("policy", `${show(policy)} is not one of ALLOWED, NOT_ALLOWED`);
}

/**
 * Returns whether {@linkcode cipherPolicySet} and the context's preset allow a cipher suite
 * (`SSL_CipherPolicyGet`).
 *
 * @param suite The IANA name or code point of the suite.
 * @param options `context`: the context; the default context by default.
 * @returns The policy; `"NOT_ALLOWED"` for suites that are not supported.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if NSS does not know the suite either.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { cipherPolicyGet, setPolicyPreset } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * assertEquals(cipherPolicyGet("TLS_AES_128_GCM_SHA256", { context }), "ALLOWED");
 * setPolicyPreset("cnsa-1.0", context);
 * assertEquals(cipherPolicyGet("TLS_AES_128_GCM_SHA256", { context }), "NOT_ALLOWED");
 * ```
 *
 * @category Versions, suites and groups
 */
export function cipherPolicyGet(
  suite: CipherSuiteId,
  options: { context?: NssContext } = {},
): CipherPolicy {
  const { id, name, present } = getCipherSuiteInfo(suite);
  const { disallowedSuites, preset } = contextPolicy(contextOf(options));
  const isAllowed = present && !disallowedSuites.has(id) &&
    (preset === null || preset.cipherSuites.some((allowed) => allowed === name));
  return isAllowed ? "ALLOWED" : "NOT_ALLOWED";
}

/**
 * Allows every supported cipher suite (`NSS_SetDomesticPolicy`), which is the default. A preset
 * still applies.
 *
 * @param options `context`: the context; the default context by default.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { cipherPolicyGet, cipherPolicySet, setDomesticPolicy } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * cipherPolicySet("TLS_AES_128_GCM_SHA256", "NOT_ALLOWED", { context });
 * setDomesticPolicy({ context });
 * assertEquals(cipherPolicyGet("TLS_AES_128_GCM_SHA256", { context }), "ALLOWED");
 * ```
 *
 * @category Versions, suites and groups
 */
export function setDomesticPolicy(options: { context?: NssContext } = {}): void {
  contextPolicy(contextOf(options)).disallowedSuites.clear();
}

/**
 * Does the same as {@linkcode setDomesticPolicy} (`NSS_SetExportPolicy`), since United States
 * export rules no longer distinguish key lengths.
 *
 * @param options `context`: the context; the default context by default.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { cipherPolicyGet, setExportPolicy } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * setExportPolicy({ context });
 * assertEquals(cipherPolicyGet("TLS_AES_256_GCM_SHA384", { context }), "ALLOWED");
 * ```
 *
 * @category Versions, suites and groups
 */
export function setExportPolicy(options: { context?: NssContext } = {}): void {
  setDomesticPolicy(options);
}

/**
 * Does the same as {@linkcode setDomesticPolicy} (`NSS_SetFrancePolicy`), since French law no
 * longer distinguishes key lengths.
 *
 * @param options `context`: the context; the default context by default.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { cipherPolicyGet, setFrancePolicy } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * setFrancePolicy({ context });
 * assertEquals(cipherPolicyGet("TLS_AES_256_GCM_SHA384", { context }), "ALLOWED");
 * ```
 *
 * @category Versions, suites and groups
 */
export function setFrancePolicy(options: { context?: NssContext } = {}): void {
  setDomesticPolicy(options);
}
