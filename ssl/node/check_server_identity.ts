// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { isString, kindOf } from "../../cert/base/options.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { normalizeDnsName } from "../../cert/names/dns_name.ts";
import { parseIpAddress } from "../../cert/names/ip_address.ts";
import { dnsNameMatches, verifyCertName } from "../../cert/verify/verify_cert_name.ts";
import { certificateObject } from "./certificates.ts";
import { NssError } from "../../cert/base/errors.ts";
import { requireSslArgs } from "../config/option_values.ts";

/**
 * An error of a server's name, in Node's form.
 *
 * @category Node
 */
export interface AltNameError extends Error {
  /** Node's code. */
  readonly code: "ERR_TLS_CERT_ALTNAME_INVALID";
  /** Why the certificate is not for the host. */
  readonly reason: string;
  /** The host. */
  readonly host: string;
  /** The certificate. */
  readonly cert: object;
}

/**
 * The parts of a certificate object that the check reads.
 *
 * @category Node
 */
export interface NamedCertificate {
  /** The subject; its common name counts where there is no DNS name. */
  readonly subject?: { readonly CN?: string | readonly string[] | undefined } | undefined;
  /** The alternative names, such as `DNS:example.com, IP Address:127.0.0.1`. */
  readonly subjectaltname?: string | undefined;
}

/**
 * Checks that a certificate is for a host, in the form of Node's `tls.checkServerIdentity`.
 *
 * A wildcard must be the whole left-most label, and be followed by at least two labels (RFC 9525),
 * where Node also takes `f*.example.com`. The common name counts only if there is no DNS name and
 * no IP address.
 *
 * @param hostname The DNS name or IP address of the host.
 * @param cert The certificate, as of `getPeerCertificate()`.
 * @returns An error with `reason`, `host` and `cert`; `undefined` if the certificate is for it.
 *
 * @example Usage
 * ```ts
 * import { checkServerIdentity } from "@nss/nss/node";
 * import { assertEquals } from "@std/assert";
 *
 * const cert = { subject: {}, subjectaltname: "DNS:*.example.com" };
 * assertEquals(checkServerIdentity("www.example.com", cert), undefined);
 * assertEquals(checkServerIdentity("example.org", cert)?.name, "Error");
 * ```
 *
 * @category Node
 */
export function checkServerIdentity(
  hostname: string,
  cert: NamedCertificate,
): AltNameError | undefined {
  const attempt = "Cannot check server identity";
  const isCert = typeof cert === "object" && cert !== null;
  requireSslArgs(
    attempt,
    isString(hostname, "hostname"),
    isCert ? null : `cert is ${kindOf(cert)}, not a certificate object`,
  );
  const names = splitNames(cert.subjectaltname ?? "");
  const dnsNames = valuesOf(names, "DNS:");
  const addresses = valuesOf(names, "IP Address:");
  const address = parseIpAddress(hostname);
  if (address !== null) {
    const isListed = addresses.some((one) => {
      const bytes = parseIpAddress(one);
      return bytes !== null && bytesEqual(bytes, address);
    });
    if (isListed) return undefined;
    return refusal(
      `IP: ${hostname} is not in the cert's list: ${addresses.join(", ")}`,
      hostname,
      cert,
    );
  }
  const host = normalizeDnsName(hostname, { underscore: true, finalDot: true });
  const matches = (name: string) => host !== null && dnsNameMatches(name, host);
  if (dnsNames.some(matches)) return undefined;
  const state = `Host: ${hostname.replace(/\.$/, "")}. is not`;
  if (dnsNames.length > 0 || addresses.length > 0) {
    return refusal(`${state} in the cert's altnames: ${cert.subjectaltname}`, hostname, cert);
  }
  const { CN = [] } = cert.subject ?? {};
  const commonNames = typeof CN === "string" ? [CN] : CN;
  if (commonNames.some(matches)) return undefined;
  return refusal(
    commonNames.length > 0
      ? `${state} cert's CN: ${commonNames.join(", ")}`
      : "Cert does not contain a DNS name",
    hostname,
    cert,
  );
}

/**
 * Checks the name of a certificate that a server has sent.
 *
 * @returns The error; `null` if the certificate is for the host.
 */
export function nameError(hostname: string, certificate: Certificate): AltNameError | null {
  try {
    verifyCertName(certificate, hostname, { commonNameFallback: true });
    return null;
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    const reason = error.message.replace(/^Cannot verify certificate name /, "");
    return refusal(reason, hostname, certificateObject([certificate]));
  }
}

function refusal(reason: string, host: string, cert: object): AltNameError {
  const message = `Hostname/IP does not match certificate's altnames: ${reason}`;
  const code = "ERR_TLS_CERT_ALTNAME_INVALID" as const;
  return Object.assign(new Error(message), { code, reason, host, cert });
}

function valuesOf(names: readonly string[], kind: string): readonly string[] {
  return names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
}

/**
 * Splits a list of names, in which a name with a comma or a quotation mark is a string of JSON
 * after its kind: a certificate could else have a name that reads as two (CVE-2021-44532).
 */
function splitNames(list: string): readonly string[] {
  const names = [...list.matchAll(/((?:[^,"]|,(?! ))*)("(?:[^"\\]|\\.)*")?(?:, |$)/g)];
  const length = names.reduce((sum, [text]) => sum + text.length, 0);
  if (length !== list.length) return []; // not of this form: it names nobody
  return names.map(([, text, quoted]) => `${text}${quoted === undefined ? "" : unquote(quoted)}`);
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return "";
  }
}
