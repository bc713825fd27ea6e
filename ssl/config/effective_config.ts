// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "./config.ts";
import { offersTls12, offersTls13 } from "./config.ts";
import { contextPolicy, presetsOf } from "./context_policy.ts";
import { hasExternalPsks, requiresExternalPsk } from "./external_psk.ts";
import { SslError } from "../base/errors.ts";
import { isCipherAvailable, type Tls12CipherSuite } from "../tables/cipher_suites.ts";
import type { PolicyPreset } from "../tables/policy_presets.ts";
import { isSchemeAvailable, isTls12Scheme } from "../tables/signature_schemes.ts";
import { PROTOCOL_VERSIONS, TLS_1_3 } from "../tables/versions.ts";

/**
 * Returns what policy, options and the runtime's WebCrypto leave of a configuration: the one that
 * handshakes use. Nothing that the context's policy or a preset forbids is negotiated, whatever
 * sockets, models and hooks set, and nothing that the runtime lacks.
 *
 * @throws {SslError} `SSL_ERROR_SSL_DISABLED` if too little is left for a handshake.
 */
export function effectiveConfig(config: SslConfig): SslConfig {
  const presets = presetsOf(config);
  const { disallowedSuites } = contextPolicy(config.context);
  const isAllowed = ({ id, name }: { readonly id: number; readonly name: string }) =>
    !disallowedSuites.has(id) &&
    presets.every(({ cipherSuites }) => cipherSuites.some((suite) => suite === name));
  const maxVersion = Math.min(
    config.maxVersion,
    ...presets.map(({ maxVersion }) => PROTOCOL_VERSIONS[maxVersion]),
  );
  const certificatesOnly = !hasExternalPsks(config);
  const psksOnly = config.role === "client" && requiresExternalPsk(config);
  const suitsPsks = ({ auth }: Pick<Tls12CipherSuite, "auth">) =>
    auth === "psk" ? !certificatesOnly : !psksOnly;
  const effective: SslConfig = {
    ...config,
    minVersion: Math.max(
      config.minVersion,
      ...presets.map(({ minVersion }) => PROTOCOL_VERSIONS[minVersion]),
    ),
    maxVersion,
    cipherSuites: allowed(
      config.cipherSuites,
      (suite) => isAllowed(suite) && isCipherAvailable(suite.aead),
    ),
    tls12CipherSuites: allowed(
      config.tls12CipherSuites,
      (suite) => isAllowed(suite) && isCipherAvailable(suite.bulk) && suitsPsks(suite),
    ),
    // No preset allows what has no forward secrecy.
    pskKeyExchangeModes: allowed(
      config.pskKeyExchangeModes,
      (mode) => mode === "psk_dhe_ke" || presets.length === 0,
    ),
    groups: allowed(
      config.groups,
      (group) => group.available() && presets.every(({ groups }) => groups.includes(group.name)),
    ),
    signatureSchemes: allowed(
      config.signatureSchemes,
      (scheme) =>
        isSchemeAvailable(scheme) && (maxVersion >= TLS_1_3 || isTls12Scheme(scheme)) &&
        presets.every(({ signatureSchemes }) => signatureSchemes.includes(scheme)),
    ),
    pkcs1ClientAuth: config.pkcs1ClientAuth && presets.length === 0,
    alpnProtocols: config.alpn ? config.alpnProtocols : [],
    sessionTickets: config.sessionTickets && !config.noCache,
    maxEarlyData: presets.some(({ forbidsEarlyData }) => forbidsEarlyData)
      ? 0
      : config.maxEarlyData,
    extendedMasterSecret:
      presets.some(({ requiresExtendedMasterSecret }) => requiresExtendedMasterSecret)
        ? "required"
        : config.extendedMasterSecret,
  };
  for (const preset of presets) checkAuthentication(effective, preset);
  checkRemains(effective, config);
  return effective;
}

/** Refuses what a preset does not take in place of certificates; ignoring it would weaken both. */
function checkAuthentication(config: SslConfig, { requiresCertificates, name }: PolicyPreset) {
  if (!requiresCertificates) return;
  const [what, options] = hasExternalPsks(config)
    ? ["external pre-shared keys", "externalPsks and getExternalPsk"]
    : config.rawPublicKeys !== null
    ? ["raw public keys", "rawPublicKeys"]
    : [];
  if (what === undefined) return;
  throw new SslError(
    "SSL_ERROR_SSL_DISABLED",
    `Cannot start handshake: policy "${name}" has both ends authenticate by certificates, and not ` +
      `by ${what}; leave out ${options}, or choose another policy`,
  );
}

/** Returns the elements that are allowed: the same array if all are, as connections keep it. */
function allowed<T>(list: readonly T[], isAllowed: (element: T) => boolean): readonly T[] {
  return list.every(isAllowed) ? list : list.filter(isAllowed);
}

/** Checks that something is left of each list. */
function checkRemains(config: SslConfig, enabled: SslConfig): void {
  if (config.minVersion > config.maxVersion) throw disabled("protocol version", []);
  if (config.maxVersion < TLS_1_3) checkTls12(config, enabled);
  if (!offersTls13(config) && !offersTls12(config)) {
    const suites = [
      ...enabled.cipherSuites.filter(({ aead }) => !isCipherAvailable(aead)),
      ...enabled.tls12CipherSuites.filter(({ bulk }) => !isCipherAvailable(bulk)),
    ];
    throw disabled(
      "cipher suite",
      suites.map(({ name }) => name),
      config.role === "client" && requiresExternalPsk(config)
        ? "; with external pre-shared keys TLS 1.2 has only " +
          "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, which cipherSuites has to name"
        : "",
    );
  }
  if (config.pskKeyExchangeModes.length === 0) throw disabled("PSK key exchange mode", []);
  if (config.groups.length === 0) {
    const groups = enabled.groups.filter((group) => !group.available());
    throw disabled("key exchange group", groups.map(({ name }) => name));
  }
  if (config.signatureSchemes.length === 0) {
    throw disabled(
      "signature scheme",
      enabled.signatureSchemes.filter((scheme) => !isSchemeAvailable(scheme)),
    );
  }
}

/** Checks what is for TLS 1.3 alone, where only TLS 1.2 is left. */
function checkTls12({ groups, signatureSchemes }: SslConfig, enabled: SslConfig): void {
  const refuse = (what: string, names: readonly string[], other: string): SslError =>
    new SslError(
      "SSL_ERROR_SSL_DISABLED",
      `Cannot start handshake: TLS 1.2 has no ${what} ${names.join(", ")}; allow TLS 1.3, or ` +
        `enable another, such as ${other}`,
    );
  if (groups.length > 0 && !groups.some(({ tls12 }) => tls12)) {
    throw refuse("key exchange group", groups.map(({ name }) => name), "x25519");
  }
  const schemes = enabled.signatureSchemes;
  if (signatureSchemes.length === 0 && !schemes.some(isTls12Scheme)) {
    throw refuse("signature scheme", schemes, "ecdsa_secp256r1_sha256");
  }
}

function disabled(what: string, lacking: readonly string[], hint = ""): SslError {
  const state = lacking.length === 0
    ? "both enabled and allowed by policy"
    : "enabled, allowed by policy and supported here: this runtime's WebCrypto lacks " +
      `${lacking.join(", ")}; enable another, or use a runtime that has it`;
  return new SslError(
    "SSL_ERROR_SSL_DISABLED",
    `Cannot start handshake: no ${what} is left that is ${state}${hint}`,
  );
}
