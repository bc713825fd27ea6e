// Copyright 2026 the NSS for Deno authors. MIT license.

import { isBoolean, isString, requireArgs, type Shape, takeOptions } from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { bytesEqual } from "../base/bytes.ts";
import { normalizeDnsName } from "../names/dns_name.ts";
import { NssError } from "../base/errors.ts";
import { formatGeneralName } from "../names/general_name.ts";
import { parseIpAddress } from "../names/ip_address.ts";
import { brief, shown } from "../base/printable.ts";

/** The number of names of a certificate that an error message lists. */
const LISTED_NAMES = 8;

const SHAPE: Shape<{ commonNameFallback?: boolean }> = { commonNameFallback: isBoolean };

/**
 * Verifies that a certificate is valid for a host (RFC 9525).
 *
 * - Only the subject alternative name is used. With `commonNameFallback`, the common name is used
 *   if the subject alternative name has no DNS name and no IP address, as in NSS.
 * - DNS names are compared without regard to case; a final dot of the host name is ignored.
 * - A wildcard must be the whole left-most label and be followed by at least two labels. It matches
 *   exactly one label.
 * - An IP address is compared with `iPAddress` names only.
 *
 * Internationalized names must be given as A-labels (`xn--...`), as in `new URL(...).hostname`.
 *
 * @param certificate The certificate.
 * @param hostname The DNS name or IP address (IPv6 also in brackets) of the host.
 * @param options Options.
 * @param options.commonNameFallback Whether the common name may be used, `false` by default.
 * @throws {NssError} `SSL_ERROR_BAD_CERT_DOMAIN` if the certificate is not valid for the host,
 * `SEC_ERROR_INVALID_ARGS` if the host name is not valid.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, NssError, verifyCertName } from "@nss/nss/cert";
 * import { assertThrows } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["*.example.com"] });
 * verifyCertName(certificate, "www.example.com");
 * assertThrows(() => verifyCertName(certificate, "example.com"), NssError);
 * ```
 *
 * @category Verification
 */
export function verifyCertName(
  certificate: Certificate,
  hostname: string,
  options: { commonNameFallback?: boolean } = {},
): void {
  const attempt = "Cannot verify certificate name";
  requireArgs(attempt, isCertificate(certificate, "certificate"), isString(hostname, "hostname"));
  const { commonNameFallback = false } = takeOptions(attempt, options, SHAPE);
  const address = parseIpAddress(hostname);
  const host = address === null
    ? normalizeDnsName(hostname, { underscore: true, finalDot: true })
    : null;
  if (address === null && host === null) {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot verify certificate name: ${shown(hostname)} is neither a DNS name nor an IP address`,
    );
  }
  const names = certificate.subjectAltName ?? [];
  const matches = names.some((name) =>
    address !== null
      ? name.type === "ip" && bytesEqual(name.value, address)
      : name.type === "dns" && dnsNameMatches(name.value, host!)
  );
  if (matches) return;
  const hasHostNames = names.some(({ type }) => type === "dns" || type === "ip");
  const { commonName } = certificate.subject;
  const usesCommonName = commonNameFallback && !hasHostNames &&
    commonName !== undefined;
  if (usesCommonName && commonNameMatches(commonName, address, host)) return;

  const listed = names.slice(0, LISTED_NAMES).map((name) => brief(formatGeneralName(name)));
  if (names.length > LISTED_NAMES) listed.push(`${names.length - LISTED_NAMES} more`);
  const state = usesCommonName
    ? `the certificate is for the common name ${shown(commonName)}`
    : listed.length > 0
    ? `the certificate is for ${listed.join(", ")}`
    : "the certificate has no subject alternative name";
  throw new NssError(
    "SSL_ERROR_BAD_CERT_DOMAIN",
    `Cannot verify certificate name ${shown(hostname)}: ${state}`,
  );
}

function commonNameMatches(
  commonName: string,
  address: Uint8Array | null,
  host: string | null,
): boolean {
  if (address === null) return dnsNameMatches(commonName, host!);
  const own = parseIpAddress(commonName);
  return own !== null && bytesEqual(own, address);
}

/**
 * Returns whether a DNS name in a certificate matches a host name (RFC 9525, Section 6.3).
 *
 * @param presented The name in the certificate, which may have a wildcard.
 * @param host The normalized host name.
 * @returns Whether they match.
 */
export function dnsNameMatches(presented: string, host: string): boolean {
  const name = normalizeDnsName(presented, { underscore: true, wildcard: true });
  if (name === null) return false;
  if (!name.startsWith("*.")) return name === host;
  // At least three labels, as in NSS: "*.com" matches no host
  const suffix = name.slice(1);
  if (!suffix.slice(1).includes(".")) return false;
  const dot = host.indexOf(".");
  return dot > 0 && host.slice(dot) === suffix;
}
