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
 * Puts a context, or a single socket, listener or model, under a preset: a set of rules that others
 * have written down.
 *
 * A preset chooses protocol versions, cipher suites, groups and signature schemes, and is a limit
 * at the same time: what is set before or after it, in sockets, models or hooks, counts only as far
 * as the preset goes. It also demands of certificates what its source does, of this end's and of
 * the peer's.
 *
 * | preset | versions | suites | groups | RSA keys | source |
 * |---|---|---|---|---|---|
 * | `modern` | 1.3 | all of TLS 1.3 | X25519MLKEM768, x25519, P-256, P-384 | 2048 bits | Mozilla |
 * | `compatible` | 1.2, 1.3 | and ECDHE with AEAD | the same | 2048 bits | Mozilla |
 * | `cnsa-1.0` | 1.2, 1.3 | AES-256-GCM with SHA-384 | P-384 | 3072 bits | RFC 9151 |
 * | `pci-dss-4` | 1.2, 1.3 | all with AEAD | all | 2048 bits | PCI DSS v4 |
 *
 * The preset itself ({@linkcode policyPreset}) quotes its source, and lists what it does not
 * enforce.
 *
 * @param name The preset; `null` for none, which restores the defaults of what it had chosen.
 * @param target The context, whose handshakes to come are all under it, or a socket, listener or
 * model; default the default context.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if there is no such preset; `PR_IS_CONNECTED_ERROR`
 * once the handshake has begun.
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
 */
export function setPolicyPreset(
  name: PolicyPresetName | null,
  target: NssContext | Configurable = defaultContext(),
): void {
  const preset = name === null ? null : presetByName(name);
  if (target instanceof NssContext) {
    contextPolicy(target).preset = preset;
    const config = defaultsOf(target);
    choose(config, preset);
    // the context's holds already, for as long as the context keeps it
    change(config, { policyPreset: null });
  } else {
    choose(configToChange(target), preset);
  }
}

/**
 * The preset that a context, or a single socket, listener or model, is under.
 *
 * @param target The context, socket, listener or model; default the default context.
 * @returns The preset, a socket's own before its context's; `null` where there is none.
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
 */
export function policyPreset(
  target: NssContext | Configurable = defaultContext(),
): PolicyPreset | null {
  if (target instanceof NssContext) return contextPolicy(target).preset;
  const { policyPreset: own, context } = configOf(target);
  return own ?? contextPolicy(context).preset;
}

function choose(config: SslConfig, preset: PolicyPreset | null): void {
  if (preset !== null) return applyPreset(config, preset);
  const { minVersion, maxVersion, cipherSuites, tls12CipherSuites, groups, signatureSchemes } =
    builtInDefaults(config.context);
  const versions = { minVersion, maxVersion };
  const suites = { cipherSuites, tls12CipherSuites };
  change(config, { policyPreset: null, ...versions, ...suites, groups, signatureSchemes });
}
