// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * JA4, FoxIO's fingerprint of TLS clients (`technical_details/JA4.md` in FoxIO-LLC/ja4), which does
 * not depend on the order of extensions and cipher suites. Its license permits any use.
 *
 * ```text
 * t13d1516h2_8daaf6152771_e5627efa2ab1
 * | | || | |       |            +-- SHA-256 of the sorted extensions, without SNI and ALPN,
 * | | || | |       |                and the signature schemes
 * | | || | |       +-- SHA-256 of the sorted cipher suites
 * | | || | +-- the first and last character of the first application protocol, "00" for none
 * | | || +-- number of extensions
 * | | |+-- number of cipher suites
 * | | +-- "d" with a host name (domain), "i" without one
 * | +-- the newest version
 * +-- "t": TLS over TCP
 * ```
 *
 * GREASE values (RFC 8701) are ignored.
 *
 * @module
 */

import { toHex } from "../../../cert/base/runtime.ts";
import { signatureAlgorithms } from "../../extensions/signature_algorithms.ts";
import { supportedVersionsClientHello } from "../../extensions/supported_versions.ts";
import type { ClientHello } from "../../messages/client_hello.ts";
import { ExtensionType } from "../../tables/extension_types.ts";
import { SSL_3_0, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 } from "../../tables/versions.ts";

const VERSIONS: ReadonlyMap<number, string> = new Map([
  [TLS_1_3, "13"],
  [TLS_1_2, "12"],
  [TLS_1_1, "11"],
  [TLS_1_0, "10"],
  [SSL_3_0, "s3"],
  [0x0002, "s2"],
]);

/** The hash of an empty list. */
const NO_HASH = "000000000000";

/** Returns the JA4 fingerprint of a ClientHello. */
export async function ja4Of(hello: ClientHello): Promise<string> {
  const { extensions } = hello;
  const suites = hello.cipherSuites.filter(isNoGrease);
  const types = (extensions?.types() ?? []).filter(isNoGrease);
  const schemes = (extensions?.get(signatureAlgorithms) ?? []).filter(isNoGrease);
  const hashedTypes = types.filter((type) =>
    type !== ExtensionType.serverName && type !== ExtensionType.applicationLayerProtocolNegotiation
  );
  const sorted = hashedTypes.map(hex).sort().join();
  const [suitesHash, typesHash] = await Promise.all([
    shortHash(suites.map(hex).sort().join()),
    shortHash(sorted !== "" && schemes.length > 0 ? `${sorted}_${schemes.map(hex)}` : sorted),
  ]);
  const summary = [
    "t",
    VERSIONS.get(newestVersion(hello)) ?? "00",
    types.includes(ExtensionType.serverName) ? "d" : "i",
    count(suites),
    count(types),
    alpnMark(extensions?.body(ExtensionType.applicationLayerProtocolNegotiation)),
  ].join("");
  return `${summary}_${suitesHash}_${typesHash}`;
}

/** RFC 8701: 0x0a0a, 0x1a1a and so on to 0xfafa. */
function isNoGrease(value: number): boolean {
  return (value & 0x0f0f) !== 0x0a0a || value >> 8 !== (value & 0xff);
}

function hex(value: number): string {
  return value.toString(16).padStart(4, "0");
}

function count({ length }: readonly unknown[]): string {
  return String(Math.min(length, 99)).padStart(2, "0");
}

function newestVersion({ extensions, legacyVersion }: ClientHello): number {
  const listed = extensions?.get(supportedVersionsClientHello)?.filter(isNoGrease) ?? [];
  return listed.length > 0 ? Math.max(...listed) : legacyVersion;
}

/**
 * Returns the first and last character of the first protocol, or of its hexadecimal digits if
 * either character is not a letter or digit.
 */
function alpnMark(body: Uint8Array | undefined): string {
  if (body === undefined) return "00";
  // After the lengths of the list and the name; neither is empty, because the list has been parsed.
  const first = body.subarray(3, 3 + body[2]!);
  const ends = String.fromCharCode(first[0]!, first.at(-1)!);
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends;
  return hex(first[0]!)[2]! + hex(first.at(-1)!)[3]!;
}

async function shortHash(text: string): Promise<string> {
  if (text === "") return NO_HASH;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return toHex(new Uint8Array(digest, 0, 6));
}
