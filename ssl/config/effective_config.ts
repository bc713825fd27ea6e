// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "./config.ts";
import { offersTls12, offersTls13 } from "./config.ts";
import { contextPolicy, presetsOf } from "./context_policy.ts";
import { SslError } from "../base/errors.ts";
import { PROTOCOL_VERSIONS } from "../tables/versions.ts";

/**
 * Returns what policy and options leave of a configuration: the one that handshakes use. Nothing
 * that the context's policy or a preset forbids is negotiated, whatever sockets, models and hooks
 * set.
 *
 * @throws {SslError} `SSL_ERROR_SSL_DISABLED` if too little is left for a handshake.
 */
export function effectiveConfig(config: SslConfig): SslConfig {
  const presets = presetsOf(config);
  const { disallowedSuites } = contextPolicy(config.context);
  const isAllowed = ({ id, name }: { readonly id: number; readonly name: string }) =>
    !disallowedSuites.has(id) &&
    presets.every(({ cipherSuites }) => cipherSuites.some((suite) => suite === name));
  const effective: SslConfig = {
    ...config,
    minVersion: Math.max(
      config.minVersion,
      ...presets.map(({ minVersion }) => PROTOCOL_VERSIONS[minVersion]),
    ),
    maxVersion: Math.min(
      config.maxVersion,
      ...presets.map(({ maxVersion }) => PROTOCOL_VERSIONS[maxVersion]),
    ),
    cipherSuites: allowed(config.cipherSuites, isAllowed),
    tls12CipherSuites: allowed(config.tls12CipherSuites, isAllowed),
    groups: allowed(
      config.groups,
      ({ name }) => presets.every(({ groups }) => groups.includes(name)),
    ),
    signatureSchemes: allowed(
      config.signatureSchemes,
      (scheme) => presets.every(({ signatureSchemes }) => signatureSchemes.includes(scheme)),
    ),
    alpnProtocols: config.alpn ? config.alpnProtocols : [],
    sessionTickets: config.sessionTickets && !config.noCache,
    extendedMasterSecret:
      presets.some(({ requiresExtendedMasterSecret }) => requiresExtendedMasterSecret)
        ? "required"
        : config.extendedMasterSecret,
  };
  checkRemains(effective);
  return effective;
}

/** Returns the elements that are allowed: the same array if all are, as connections keep it. */
function allowed<T>(list: readonly T[], isAllowed: (element: T) => boolean): readonly T[] {
  return list.every(isAllowed) ? list : list.filter(isAllowed);
}

function checkRemains(config: SslConfig): void {
  if (config.minVersion > config.maxVersion) throw disabled("protocol version");
  if (!offersTls13(config) && !offersTls12(config)) throw disabled("cipher suite");
  if (config.groups.length === 0) throw disabled("key exchange group");
  if (config.signatureSchemes.length === 0) throw disabled("signature scheme");
}

function disabled(what: string): SslError {
  return new SslError(
    "SSL_ERROR_SSL_DISABLED",
    `Cannot start handshake: no ${what} is left that is both enabled and allowed by policy`,
  );
}
