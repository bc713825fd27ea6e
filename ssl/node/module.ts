// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

/** The other members of Node's module `tls`. @module */

import tls from "node:tls";
import { SslError } from "../base/errors.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../tables/cipher_suites.ts";
import { opensslSuiteName } from "./openssl_names.ts";

/**
 * The certificates of Mozilla's list of authorities, PEM, as the runtime has them; in Deno reading
 * it needs `--allow-sys`.
 */
export { rootCertificates } from "node:tls";

/**
 * Node's default of the option `ecdhCurve`.
 *
 * @category Node
 */
export const DEFAULT_ECDH_CURVE = "auto";

/**
 * How often a client may renegotiate in Node. Here a server declines every renegotiation.
 *
 * @category Node
 */
export const CLIENT_RENEG_LIMIT = 3;

/**
 * The time in seconds in which a client may renegotiate {@linkcode CLIENT_RENEG_LIMIT} times in
 * Node.
 *
 * @category Node
 */
export const CLIENT_RENEG_WINDOW = 600;

/**
 * The default of the option `ciphers`: all suites but those with AES-CBC.
 *
 * @category Node
 */
export const DEFAULT_CIPHERS: string = [
  ...CIPHER_SUITES,
  ...TLS12_CIPHER_SUITES.filter(({ enabledByDefault }) => enabledByDefault),
].map(({ name }) => opensslSuiteName(name)).join(":");

/**
 * Returns the names of all cipher suites, as Node's `tls.getCiphers` does.
 *
 * @returns OpenSSL's names in lower case; those that begin with `tls_` are TLS 1.3's.
 *
 * @example Usage
 * ```ts
 * import { getCiphers } from "@nss/nss/node";
 * import { assert } from "@std/assert";
 *
 * assert(getCiphers().includes("ecdhe-rsa-aes128-gcm-sha256"));
 * ```
 *
 * @category Node
 */
export function getCiphers(): string[] {
  return [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES]
    .map(({ name }) => opensslSuiteName(name).toLowerCase());
}

/**
 * Returns certificates of authorities, as Node's `tls.getCACertificates` does.
 *
 * @param type Which ones: `"default"`, `"bundled"`, `"system"` or `"extra"`.
 * @returns The certificates, PEM.
 * @throws {SslError} `SEC_ERROR_NO_MODULE` if the runtime has no such function.
 *
 * @example Usage
 * ```ts
 * import { getCACertificates } from "@nss/nss/node";
 * import { assert } from "@std/assert";
 *
 * assert(getCACertificates("bundled").length > 100);
 * ```
 *
 * @category Node
 */
export function getCACertificates(
  type: "default" | "bundled" | "system" | "extra" = "default",
): string[] {
  if (typeof tls.getCACertificates === "function") return tls.getCACertificates(type);
  throw new SslError(
    "SEC_ERROR_NO_MODULE",
    "Cannot get CA certificates: this runtime has no tls.getCACertificates(); use rootCertificates",
  );
}
