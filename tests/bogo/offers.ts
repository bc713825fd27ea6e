// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What the flags say that an end offers or takes: versions, schemes, protocols, authorities.
 *
 * @module
 */

import { Name } from "../../cert/names/name.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { PROTOCOL_VERSIONS, SUPPORTED_VERSIONS } from "../../ssl/tables/versions.ts";
import type { Flags } from "./flags.ts";

/** BoringSSL's defaults, which the tests are about; here one list is for both. */
const VERIFYING_SCHEMES = [0x403, 0x804, 0x401, 0x503, 0x805, 0x501, 0x806, 0x601];
const SIGNING_SCHEMES = [0x807, ...VERIFYING_SCHEMES, 0x603];

/** What the flags say comes first; what they do not speak of must be there all the same. */
export function schemesOf(flags: Flags): readonly number[] {
  const signing = flags.numbers("-signing-prefs");
  const verifying = flags.numbers("-verify-prefs");
  const signs = flags.has("-server") || flags.has("-cert-file");
  const verifies = !flags.has("-server") || asksForCertificate(flags);
  return [
    ...new Set([
      ...(verifies ? verifying ?? [] : []),
      ...(signs ? signing ?? SIGNING_SCHEMES : []),
      ...(verifies ? verifying ?? VERIFYING_SCHEMES : []),
    ]),
  ];
}

/** Whether a server asks its client for a certificate. */
export function asksForCertificate(flags: Flags): boolean {
  return flags.has("-verify-peer") || flags.has("-require-any-client-certificate");
}

/** The authorities' names of a list in hexadecimal, `<EMPTY>` or `<NULL>`. */
export function namesOf(list: string): readonly Name[] {
  return list.startsWith("<")
    ? []
    : list.split(",").map((name) => Name.fromDer(Uint8Array.fromHex(name)));
}

/** The length-prefixed protocols of an ALPN list. */
export function splitProtocols(list: string): readonly string[] {
  const protocols: string[] = [];
  for (let at = 0; at < list.length;) {
    const length = list.charCodeAt(at);
    protocols.push(list.slice(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return protocols;
}

/** The versions that the flags leave. */
export function versionsOf(flags: Flags): NonNullable<ImportOptions["versions"]> {
  const wanted = SUPPORTED_VERSIONS.filter((name) => {
    const version = PROTOCOL_VERSIONS[name];
    return version >= (flags.number("-min-version") ?? 0) &&
      version <= (flags.number("-max-version") || Infinity) &&
      !flags.has(name === "TLSv1.2" ? "-no-tls12" : "-no-tls13");
  });
  const [min, max] = [wanted[0], wanted.at(-1)];
  if (min === undefined || max === undefined) throw new Error("no version is left");
  return { min, max };
}

/** The rows of the numbers that this package knows. */
export function known<R extends { readonly id: number }>(
  ids: readonly number[],
  rows: readonly R[],
): readonly R[] {
  return ids.flatMap((id) => rows.filter((row) => row.id === id));
}
