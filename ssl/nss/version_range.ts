// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";
import type { SslConfig } from "../config/config.ts";
import { applyOption, defaultsOf } from "../config/resolve_config.ts";
import { configOf, configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";
import { contextOf, presetsOf } from "../config/context_policy.ts";
import { SslError } from "../base/errors.ts";
import type { VersionRange } from "../config/import_options.ts";
import { PROTOCOL_VERSIONS, SUPPORTED_VERSIONS, versionName } from "../tables/versions.ts";

/**
 * Returns the supported protocol versions (`SSL_VersionRangeGetSupported`); SSL, TLS 1.0 and TLS
 * 1.1 are not supported (RFC 8996).
 *
 * @returns The oldest and the newest version.
 *
 * @example Usage
 * ```ts
 * import { versionRangeGetSupported } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(versionRangeGetSupported(), { min: "TLSv1.2", max: "TLSv1.3" });
 * ```
 *
 * @category Versions, suites and groups
 */
export function versionRangeGetSupported(): Required<VersionRange> {
  return { min: SUPPORTED_VERSIONS[0]!, max: SUPPORTED_VERSIONS.at(-1)! };
}

/**
 * Returns the protocol versions of new sockets (`SSL_VersionRangeGetDefault`).
 *
 * @param options `context`: the context; the default context by default.
 * @returns The oldest and the newest version that presets allow.
 * @throws {SslError} `SSL_ERROR_INVALID_VERSION_RANGE` if presets allow none of the enabled
 * versions.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { versionRangeGetDefault } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * assertEquals(versionRangeGetDefault({ context }), { min: "TLSv1.2", max: "TLSv1.3" });
 * ```
 *
 * @category Versions, suites and groups
 */
export function versionRangeGetDefault(
  options: { context?: NssContext } = {},
): Required<VersionRange> {
  return rangeOf(defaultsOf(contextOf(options)));
}

/**
 * Sets the protocol versions of new sockets (`SSL_VersionRangeSetDefault`). Existing sockets and
 * models keep theirs.
 *
 * @param range The oldest and the newest version; an omitted one is unchanged.
 * @param options `context`: the context; the default context by default.
 * @throws {SslError} `SSL_ERROR_INVALID_VERSION_RANGE` if it is not a range of supported versions.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { versionRangeGetDefault, versionRangeSetDefault } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * versionRangeSetDefault({ min: "TLSv1.3" }, { context });
 * assertEquals(versionRangeGetDefault({ context }).min, "TLSv1.3");
 * ```
 *
 * @category Versions, suites and groups
 */
export function versionRangeSetDefault(
  range: VersionRange,
  options: { context?: NssContext } = {},
): void {
  applyOption(defaultsOf(contextOf(options)), "versions", range);
}

/**
 * Returns the protocol versions of a socket (`SSL_VersionRangeGet`).
 *
 * @param target The socket, listener or model.
 * @returns The oldest and the newest version that presets allow.
 * @throws {SslError} `SSL_ERROR_INVALID_VERSION_RANGE` if presets allow none of the enabled
 * versions.
 *
 * @example Usage
 * ```ts
 * import { newModel, versionRangeGet } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel({ versions: { min: "TLSv1.3" } });
 * assertEquals(versionRangeGet(model), { min: "TLSv1.3", max: "TLSv1.3" });
 * ```
 *
 * @category Versions, suites and groups
 */
export function versionRangeGet(target: Configurable): Required<VersionRange> {
  return rangeOf(configOf(target));
}

/**
 * Sets the protocol versions of a socket (`SSL_VersionRangeSet`).
 *
 * @param target The socket, listener or model.
 * @param range The oldest and the newest version; an omitted one is unchanged.
 * @throws {SslError} `SSL_ERROR_INVALID_VERSION_RANGE` if it is not a range of supported versions;
 * `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { newModel, versionRangeGet, versionRangeSet } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel();
 * versionRangeSet(model, { min: "TLSv1.2", max: "TLSv1.2" });
 * assertEquals(versionRangeGet(model), { min: "TLSv1.2", max: "TLSv1.2" });
 * ```
 *
 * @category Versions, suites and groups
 */
export function versionRangeSet(target: Configurable, range: VersionRange): void {
  applyOption(configToChange(target), "versions", range);
}

/** Returns the part of the range that the presets allow, as NSS does. */
function rangeOf(config: SslConfig): Required<VersionRange> {
  const presets = presetsOf(config);
  const min = Math.max(
    config.minVersion,
    ...presets.map(({ minVersion }) => PROTOCOL_VERSIONS[minVersion]),
  );
  const max = Math.min(
    config.maxVersion,
    ...presets.map(({ maxVersion }) => PROTOCOL_VERSIONS[maxVersion]),
  );
  if (min <= max) return { min: versionName(min), max: versionName(max) };
  throw new SslError(
    "SSL_ERROR_INVALID_VERSION_RANGE",
    "Cannot tell the versions: policy allows none of those that are enabled",
  );
}
