// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a client offers, in short. @module */

import { alpnProtocols } from "../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { keyShareClientHello } from "../../ssl/extensions/key_share.ts";
import { serverName } from "../../ssl/extensions/server_name.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { supportedGroups } from "../../ssl/extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../ssl/extensions/supported_versions.ts";
import type { ClientHello } from "../../ssl/messages/client_hello.ts";
import { describeVersion } from "../../ssl/tables/versions.ts";
import { extensionName, groupName, isGrease, isSignal, schemeName, suiteName } from "./names.ts";

/** Names without those that stand for nothing. */
export function names(ids: readonly number[], name: (id: number) => string): string[] {
  return ids.filter((id) => !isGrease(id)).map(name);
}

/** What a client offers, in the order of its preference. */
export interface Offer {
  /** The versions, as `TLS 1.3`. */
  readonly versions: readonly string[];
  /** The cipher suites. */
  readonly cipherSuites: readonly string[];
  /** The groups of the key exchange. */
  readonly groups: readonly string[];
  /** The groups of which a key share was sent at once. */
  readonly keyShares: readonly string[];
  /** The schemes of signatures. */
  readonly signatureSchemes: readonly string[];
  /** The application protocols. */
  readonly alpnProtocols: readonly string[];
  /** The host name that is asked for. */
  readonly serverName: string | null;
  /** The extensions. */
  readonly extensions: readonly string[];
}

/** Returns what a ClientHello offers. */
export function offerOf({ extensions, cipherSuites, legacyVersion }: ClientHello): Offer {
  return {
    versions: names(
      extensions?.get(supportedVersionsClientHello) ?? [legacyVersion],
      describeVersion,
    ),
    cipherSuites: names(cipherSuites.filter((id) => !isSignal(id)), suiteName),
    groups: names(extensions?.get(supportedGroups) ?? [], groupName),
    keyShares: names(
      (extensions?.get(keyShareClientHello) ?? []).map(({ group }) => group),
      groupName,
    ),
    signatureSchemes: names(extensions?.get(signatureAlgorithms) ?? [], schemeName),
    alpnProtocols: extensions?.get(alpnProtocols) ?? [],
    serverName: extensions?.get(serverName) ?? null,
    extensions: names(extensions?.types() ?? [], extensionName),
  };
}
