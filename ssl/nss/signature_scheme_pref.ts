// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { applyOption } from "../config/resolve_config.ts";
import { configOf, configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Chooses the signature schemes (`SSL_SignatureSchemePrefSet`), as the option `signatureSchemes`
 * does: for what this end signs and for what it accepts.
 *
 * @param target The socket, listener or model.
 * @param schemes The schemes, the favourite first; no others are used.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for a scheme that is not here, or none at all;
 * `PR_IS_CONNECTED_ERROR` once the handshake has begun.
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
 */
export function signatureSchemePrefSet(
  target: Configurable,
  schemes: readonly SignatureScheme[],
): void {
  applyOption(configToChange(target), "signatureSchemes", schemes);
}

/**
 * The signature schemes (`SSL_SignatureSchemePrefGet`).
 *
 * @param target The socket, listener or model.
 * @returns The schemes, the favourite first; presets may forbid some of them all the same.
 *
 * @example Usage
 * ```ts
 * import { newModel, signatureSchemePrefGet } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(signatureSchemePrefGet(newModel())[0], "ecdsa_secp256r1_sha256");
 * ```
 */
export function signatureSchemePrefGet(target: Configurable): readonly SignatureScheme[] {
  return [...configOf(target).signatureSchemes];
}
