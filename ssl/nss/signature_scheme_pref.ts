// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { applyOption } from "../config/resolve_config.ts";
import { configOf, configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the signature schemes with which this end signs and which it accepts
 * (`SSL_SignatureSchemePrefSet`), as the option `signatureSchemes` does.
 *
 * @param target The socket, listener or model.
 * @param schemes The schemes, in preference order; no others are used.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unsupported scheme, or an empty list;
 * `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { newModel, signatureSchemePrefGet, signatureSchemePrefSet } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel();
 * signatureSchemePrefSet(model, ["ed25519", "ecdsa_secp256r1_sha256"]);
 * assertEquals(signatureSchemePrefGet(model), ["ed25519", "ecdsa_secp256r1_sha256"]);
 * ```
 *
 * @category Versions, suites and groups
 */
export function signatureSchemePrefSet(
  target: Configurable,
  schemes: readonly SignatureScheme[],
): void {
  applyOption(configToChange(target), "signatureSchemes", schemes);
}

/**
 * Returns the signature schemes (`SSL_SignatureSchemePrefGet`).
 *
 * @param target The socket, listener or model.
 * @returns The schemes, in preference order; presets may disallow some of them nevertheless.
 *
 * @example Usage
 * ```ts
 * import { newModel, signatureSchemePrefGet } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(signatureSchemePrefGet(newModel())[0], "ecdsa_secp256r1_sha256");
 * ```
 *
 * @category Versions, suites and groups
 */
export function signatureSchemePrefGet(target: Configurable): readonly SignatureScheme[] {
  return [...configOf(target).signatureSchemes];
}
