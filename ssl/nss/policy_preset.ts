// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, NssContext } from "../../pkcs11/context/context.ts";
import { change, type SslConfig } from "../config/config.ts";
import {
  applyPreset,
  builtInDefaults,
  defaultsOf,
  presetByName,
} from "../config/resolve_config.ts";
import { configOf, configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";
import { contextPolicy } from "../config/context_policy.ts";
import type { PolicyPreset, PolicyPresetName } from "../tables/policy_presets.ts";

export {
  type CertificateRules,
  POLICY_PRESETS,
  type PolicyPreset,
  type PolicyPresetName,
} from "../tables/policy_presets.ts";

/**
 * Applies a preset, a published set of rules, to a context, or to a single socket, listener or
 * model.
 *
 * A preset sets protocol versions, cipher suites, groups and signature schemes, and limits them as
 * well: settings before or after it, of sockets, models or hooks, apply only as far as the preset
 * allows them. It also applies the rules of its source to the certificates of both ends.
 *
 * | preset | versions | suites | groups | RSA keys | source |
 * |---|---|---|---|---|---|
 * | `modern` | 1.3 | all of TLS 1.3 | X25519MLKEM768, x25519, P-256, P-384 | 2048 bits | Mozilla |
 * | `compatible` | 1.2, 1.3 | and ECDHE with AEAD | x25519, P-256, P-384 | 2048 bits | Mozilla |
 * | `cnsa-1.0` | 1.2, 1.3 | AES-256-GCM with SHA-384 | P-384 | 3072 bits | RFC 9151 |
 * | `cnsa-2.0` | 1.3 | AES-256-GCM with SHA-384 | ML-KEM-1024 | none | draft-becker-cnsa2-tls |
 * | `cnsa-2.0-transitional` | 1.3 | AES-256-GCM with SHA-384 | also with P-384 | 3072 bits | NSA |
 * | `pci-dss-4` | 1.2, 1.3 | all with AEAD | the defaults | 2048 bits | PCI DSS v4 |
 *
 * The preset itself ({@linkcode policyPreset}) quotes its source, and lists what it does not
 * enforce.
 *
 * @param name The preset; `null` for none, which restores the defaults of these settings.
 * @param target The context, for all its later handshakes, or a socket, listener or model; the
 * default context by default.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown preset; `PR_IS_CONNECTED_ERROR` while
 * a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { policyPreset, setPolicyPreset } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * setPolicyPreset("cnsa-1.0", context);
 * assertEquals(policyPreset(context)?.groups, ["secp384r1"]);
 * ```
 *
 * @category Versions, suites and groups
 */
export function setPolicyPreset(
  name: PolicyPresetName | null,
  target: NssContext | Configurable = defaultContext(),
): void {
  const preset = name === null ? null : presetByName(name);
  if (target instanceof NssContext) {
    contextPolicy(target).preset = preset;
    const config = defaultsOf(target);
    applyOrReset(config, preset);
    // The context's preset applies to its sockets anyway, until it is removed.
    change(config, { policyPreset: null });
  } else {
    applyOrReset(configToChange(target), preset);
  }
}

/**
 * Returns the preset of a context, or of a single socket, listener or model.
 *
 * @param target The context, socket, listener or model; the default context by default.
 * @returns The preset, a socket's own in preference to its context's; `null` if none.
 *
 * @example Usage
 * ```ts
 * import { newModel, policyPreset } from "@nss/nss/ssl";
 * import { assertEquals, assertMatch } from "@std/assert";
 *
 * const preset = policyPreset(newModel({ policy: "pci-dss-4" }))!;
 * assertEquals(preset.minVersion, "TLSv1.2");
 * assertEquals(preset.certificates.minRsaBits, 2048);
 * assertMatch(preset.notEnforced.join(), /revocation/i);
 * ```
 *
 * @category Versions, suites and groups
 */
export function policyPreset(
  target: NssContext | Configurable = defaultContext(),
): PolicyPreset | null {
  if (target instanceof NssContext) return contextPolicy(target).preset;
  const { policyPreset: own, context } = configOf(target);
  return own ?? contextPolicy(context).preset;
}

function applyOrReset(config: SslConfig, preset: PolicyPreset | null): void {
  if (preset !== null) return applyPreset(config, preset);
  const { minVersion, maxVersion, cipherSuites, tls12CipherSuites, groups, signatureSchemes } =
    builtInDefaults(config.context);
  const versions = { minVersion, maxVersion };
  const suites = { cipherSuites, tls12CipherSuites };
  change(config, { policyPreset: null, ...versions, ...suites, groups, signatureSchemes });
}
