// Copyright 2026 the NSS for Deno authors. MIT license.

/** The `ProtocolVersion` of SSL 3.0. */
export const SSL_3_0 = 0x0300;
/** The `ProtocolVersion` of TLS 1.0. */
export const TLS_1_0 = 0x0301;
/** The `ProtocolVersion` of TLS 1.1. */
export const TLS_1_1 = 0x0302;
/** The `ProtocolVersion` of TLS 1.2; also the `legacy_version` of TLS 1.3. */
export const TLS_1_2 = 0x0303;
/** The `ProtocolVersion` of TLS 1.3. */
export const TLS_1_3 = 0x0304;

/** The supported versions as `ProtocolVersion` numbers, by name. */
export const PROTOCOL_VERSIONS = {
  "TLSv1.2": TLS_1_2,
  "TLSv1.3": TLS_1_3,
} as const satisfies Record<string, number>;

/**
 * The name of a protocol version.
 *
 * @category Versions, suites and groups
 */
export type ProtocolVersion = "TLSv1.2" | "TLSv1.3";

/** The names of the supported versions. */
export const SUPPORTED_VERSIONS: readonly ProtocolVersion[] = ["TLSv1.2", "TLSv1.3"];

const NAMES: ReadonlyMap<number, ProtocolVersion> = new Map(
  (Object.keys(PROTOCOL_VERSIONS) as ProtocolVersion[])
    .map((name) => [PROTOCOL_VERSIONS[name], name]),
);

/**
 * Returns a version in words, for messages.
 *
 * @param version The `ProtocolVersion` number.
 * @returns The words, such as `TLS 1.0`.
 */
export function describeVersion(version: number): string {
  if (version === SSL_3_0) return "SSL 3.0";
  if (version >= TLS_1_0 && version <= TLS_1_3) return `TLS 1.${version - TLS_1_0}`;
  return `0x${version.toString(16).padStart(4, "0")}`;
}

/**
 * Returns the name of a supported version.
 *
 * @param version The `ProtocolVersion` number.
 * @returns The name.
 * @throws {RangeError} If the version is not supported; such a version is never negotiated.
 */
export function versionName(version: number): ProtocolVersion {
  const name = NAMES.get(version);
  if (name === undefined) throw new RangeError(`Cannot name version: ${version} has no name`);
  return name;
}
