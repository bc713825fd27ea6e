// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { type CipherSuiteId, getCipherSuiteInfo, presentSuite } from "./cipher_suite_info.ts";
import { invalid } from "../config/option_values.ts";
import { contextPolicy } from "../config/context_policy.ts";

/**
 * Whether a context's sockets may use a cipher suite at all. NSS's third value, `SSL_RESTRICTED`,
 * belonged to export ciphers.
 */
export type CipherPolicy = "ALLOWED" | "NOT_ALLOWED";

/**
 * Allows or forbids a cipher suite (`SSL_CipherPolicySet`). A suite is used where the policy allows
 * it, the preference turns it on and its version is enabled; the policy holds for all handshakes of
 * the context that are yet to begin, whatever their sockets and models were set to.
 *
 * @param suite The suite's name or number.
 * @param policy Whether it is allowed.
 * @param options `context`: whose sockets; default the default context's.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if it is not here, `SEC_ERROR_INVALID_ARGS`
 * for another policy.
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
 */
export function cipherPolicySet(
  suite: CipherSuiteId,
  policy: CipherPolicy,
  options: { context?: NssContext } = {},
): void {
  const { id } = presentSuite(suite);
  const { disallowedSuites } = contextPolicy(options.context ?? defaultContext());
  if (policy === "ALLOWED") disallowedSuites.delete(id);
  else if (policy === "NOT_ALLOWED") disallowedSuites.add(id);
  else throw invalid("policy", `"${policy}" is none of ALLOWED, NOT_ALLOWED`);
}

/**
 * Whether a cipher suite is allowed (`SSL_CipherPolicyGet`), by {@linkcode cipherPolicySet} and by
 * the context's preset.
 *
 * @param suite The suite's name or number.
 * @param options `context`: whose sockets; default the default context's.
 * @returns Whether it is allowed; what is not here is not.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if NSS has no such suite either.
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
 */
export function cipherPolicyGet(
  suite: CipherSuiteId,
  options: { context?: NssContext } = {},
): CipherPolicy {
  const { id, name, present } = getCipherSuiteInfo(suite);
  const { disallowedSuites, preset } = contextPolicy(options.context ?? defaultContext());
  const isAllowed = present && !disallowedSuites.has(id) &&
    (preset === null || preset.cipherSuites.some((allowed) => allowed === name));
  return isAllowed ? "ALLOWED" : "NOT_ALLOWED";
}

/**
 * Allows every cipher suite that is here (`NSS_SetDomesticPolicy`): what a context begins with, so
 * that programs of today need not call it. A preset stays in force.
 *
 * @param options `context`: whose sockets; default the default context's.
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
 */
export function setDomesticPolicy(options: { context?: NssContext } = {}): void {
  contextPolicy(options.context ?? defaultContext()).disallowedSuites.clear();
}

/**
 * The same as {@linkcode setDomesticPolicy} (`NSS_SetExportPolicy`): the United States no longer
 * tell short keys from long ones.
 *
 * @param options `context`: whose sockets; default the default context's.
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
 */
export function setExportPolicy(options: { context?: NssContext } = {}): void {
  setDomesticPolicy(options);
}

/**
 * The same as {@linkcode setDomesticPolicy} (`NSS_SetFrancePolicy`): nor does France.
 *
 * @param options `context`: whose sockets; default the default context's.
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
 */
export function setFrancePolicy(options: { context?: NssContext } = {}): void {
  setDomesticPolicy(options);
}
