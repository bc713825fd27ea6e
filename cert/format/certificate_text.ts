// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { NssError } from "../base/errors.ts";
import { issuerAltName, subjectAltName } from "../extensions/alt_name.ts";
import { basicConstraints } from "../extensions/basic_constraints.ts";
import {
  crlDistributionPoints,
  type DistributionPoint,
  freshestCrl,
} from "../extensions/crl_distribution_points.ts";
import {
  type CertificateExtension,
  type ExtensionCodec,
  readExtension,
} from "../extensions/extension.ts";
import { extKeyUsage } from "../extensions/ext_key_usage.ts";
import {
  type AccessDescription,
  authorityInfoAccess,
  subjectInfoAccess,
} from "../extensions/info_access.ts";
import { authorityKeyIdentifier, subjectKeyIdentifier } from "../extensions/key_identifiers.ts";
import { type KeyUsage, keyUsage } from "../extensions/key_usage.ts";
import { nameConstraints } from "../extensions/name_constraints.ts";
import {
  certificatePolicies,
  inhibitAnyPolicy,
  policyConstraints,
  policyMappings,
} from "../extensions/policies.ts";
import { tlsFeature } from "../extensions/tls_feature.ts";
import { formatGeneralName, type GeneralName } from "../names/general_name.ts";
import { formatIpAddress } from "../names/ip_address.ts";
import { oidName } from "../der/oids.ts";
import { printable } from "../base/printable.ts";

// The text form of a certificate's parts, in the wording of OpenSSL.

/** The number of bytes in a line of hexadecimal. */
const BYTES_IN_LINE = 18;

/**
 * Formats bytes as hexadecimal with colons.
 *
 * @param bytes The bytes.
 * @returns For example `AB:CD`.
 */
export function colonHex(bytes: Uint8Array): string {
  return toHex(bytes).toUpperCase().match(/../g)?.join(":") ?? "";
}

/**
 * Formats bytes as lines of hexadecimal with colons.
 *
 * @param bytes The bytes.
 * @param width The number of bytes in a line, 18 by default.
 * @returns The lines, all but the last one with a colon at the end.
 */
export function hexLines(bytes: Uint8Array, width: number = BYTES_IN_LINE): string[] {
  const pairs = toHex(bytes).match(/../g) ?? [];
  const lines: string[] = [];
  for (let i = 0; i < pairs.length; i += width) lines.push(pairs.slice(i, i + width).join(":"));
  return lines.map((line, i) => i < lines.length - 1 ? `${line}:` : line);
}

/** OpenSSL's names of key usages. */
const KEY_USAGES: Readonly<Record<KeyUsage, string>> = {
  digitalSignature: "Digital Signature",
  nonRepudiation: "Non Repudiation",
  keyEncipherment: "Key Encipherment",
  dataEncipherment: "Data Encipherment",
  keyAgreement: "Key Agreement",
  keyCertSign: "Certificate Sign",
  cRLSign: "CRL Sign",
  encipherOnly: "Encipher Only",
  decipherOnly: "Decipher Only",
};

/** OpenSSL's names of purposes. */
const PURPOSES: Readonly<Record<string, string>> = {
  serverAuth: "TLS Web Server Authentication",
  clientAuth: "TLS Web Client Authentication",
  codeSigning: "Code Signing",
  emailProtection: "E-mail Protection",
  timeStamping: "Time Stamping",
  ocspSigning: "OCSP Signing",
  anyExtendedKeyUsage: "Any Extended Key Usage",
};

const METHODS: Readonly<Record<string, string>> = { ocsp: "OCSP", caIssuers: "CA Issuers" };

const nameOf = (oid: string, texts: Readonly<Record<string, string>> = {}): string => {
  const name = oidName(oid);
  return name === undefined ? oid : texts[name] ?? name;
};

const namesOf = (names: readonly GeneralName[]): string => names.map(formatGeneralName).join(", ");

const accessOf = (descriptions: readonly AccessDescription[]): string[] =>
  descriptions.map(({ method, location }) =>
    `${nameOf(method, METHODS)} - ${formatGeneralName(location)}`
  );

const pointsOf = (points: readonly DistributionPoint[]): string[] =>
  points.flatMap(({ fullName, crlIssuer, nameRelativeToCrlIssuer }) => [
    ...(fullName === undefined ? [] : ["Full Name:", ...fullName.map((n) => `  ${constraint(n)}`)]),
    ...(nameRelativeToCrlIssuer === undefined ? [] : ["Relative Name"]),
    ...(crlIssuer === undefined ? [] : [`CRL Issuer: ${namesOf(crlIssuer)}`]),
  ]);

/** Formats a name constraint: an IP address with its mask, other names as they are. */
function constraint(name: GeneralName): string {
  if (name.type !== "ip" || (name.value.length !== 8 && name.value.length !== 32)) {
    return formatGeneralName(name);
  }
  const half = name.value.length / 2;
  const part = (from: number) => formatIpAddress(name.value.slice(from, from + half));
  return `IP:${part(0)}/${part(half)}`;
}

interface Printer {
  readonly oid: string;
  readonly title: string;
  lines(extension: CertificateExtension): string[];
}

const printer = <T>(
  title: string,
  codec: ExtensionCodec<T>,
  lines: (value: T) => string[],
): Printer => ({
  oid: codec.oid,
  title,
  lines: (extension) => lines(readExtension(extension, codec)),
});

/** The extensions that are decoded; a new one is a row. */
const PRINTERS: ReadonlyMap<string, Printer> = new Map([
  printer("X509v3 Basic Constraints", basicConstraints, ({ isCa, pathLength }) => [
    `CA:${isCa ? "TRUE" : "FALSE"}${pathLength === undefined ? "" : `, pathlen:${pathLength}`}`,
  ]),
  printer("X509v3 Key Usage", keyUsage, (usages) => [
    [...usages].map((usage) => KEY_USAGES[usage]).join(", "),
  ]),
  printer("X509v3 Extended Key Usage", extKeyUsage, (purposes) => [
    purposes.map((purpose) => nameOf(purpose, PURPOSES)).join(", "),
  ]),
  printer("X509v3 Subject Alternative Name", subjectAltName, (names) => [namesOf(names)]),
  printer("X509v3 Issuer Alternative Name", issuerAltName, (names) => [namesOf(names)]),
  printer("X509v3 Subject Key Identifier", subjectKeyIdentifier, (id) => [colonHex(id)]),
  printer("X509v3 Authority Key Identifier", authorityKeyIdentifier, (id) => [
    ...(id.keyIdentifier === undefined ? [] : [colonHex(id.keyIdentifier)]),
    ...(id.authorityCertIssuer === undefined ? [] : [namesOf(id.authorityCertIssuer)]),
    ...(id.authorityCertSerialNumber === undefined
      ? []
      : [`serial:${colonHex(id.authorityCertSerialNumber)}`]),
  ]),
  printer("X509v3 Name Constraints", nameConstraints, ({ permitted, excluded }) => [
    ...(permitted.length === 0
      ? []
      : ["Permitted:", ...permitted.map((n) => `  ${constraint(n)}`)]),
    ...(excluded.length === 0 ? [] : ["Excluded:", ...excluded.map((n) => `  ${constraint(n)}`)]),
  ]),
  printer(
    "X509v3 Certificate Policies",
    certificatePolicies,
    (policies) => policies.map(({ policy }) => `Policy: ${nameOf(policy)}`),
  ),
  printer(
    "X509v3 Policy Mappings",
    policyMappings,
    (mappings) => mappings.map((m) => `${m.issuerDomainPolicy}:${m.subjectDomainPolicy}`),
  ),
  printer("X509v3 Policy Constraints", policyConstraints, (constraints) => {
    const { requireExplicitPolicy: require, inhibitPolicyMapping: inhibit } = constraints;
    return [
      [
        ...(require === undefined ? [] : [`Require Explicit Policy:${require}`]),
        ...(inhibit === undefined ? [] : [`Inhibit Policy Mapping:${inhibit}`]),
      ].join(", "),
    ];
  }),
  printer("X509v3 Inhibit Any Policy", inhibitAnyPolicy, (skip) => [`${skip}`]),
  printer("X509v3 CRL Distribution Points", crlDistributionPoints, pointsOf),
  printer("X509v3 Freshest CRL", freshestCrl, pointsOf),
  printer("Authority Information Access", authorityInfoAccess, accessOf),
  printer("Subject Information Access", subjectInfoAccess, accessOf),
  printer("TLS Feature", tlsFeature, (features) => [
    features.map((feature) => feature === 5 ? "status_request" : `${feature}`).join(", "),
  ]),
].map((entry) => [entry.oid, entry]));

/**
 * Formats an extension.
 *
 * @param extension The extension.
 * @returns The title and the value as lines; of an unknown extension the bytes in hexadecimal, of a
 * malformed one the error, then the bytes.
 */
export function extensionText(
  extension: CertificateExtension,
): { readonly title: string; readonly lines: string[] } {
  const { oid, critical, value } = extension;
  const entry = PRINTERS.get(oid);
  const title = `${entry?.title ?? nameOf(oid)}:${critical ? " critical" : ""}`;
  if (entry === undefined) return { title, lines: hexLines(value) };
  try {
    return { title, lines: entry.lines(extension).map(printable) };
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    return { title, lines: [`<malformed: ${printable(error.message)}>`, ...hexLines(value)] };
  }
}

/** A part of a certificate that cannot be read. */
export type Unreadable = {
  /** The error of the attempt. */
  readonly error: NssError;
};

/**
 * Reads a part of a certificate that may be malformed or not supported.
 *
 * @param read Reads the part.
 * @returns The part, or the error.
 */
export function attempt<T>(read: () => T): T | Unreadable {
  try {
    return read();
  } catch (error) {
    if (error instanceof NssError) return { error };
    throw error;
  }
}

/**
 * Formats the subject alternative names.
 *
 * @param certificate The certificate.
 * @returns The names; none if the extension is absent or malformed.
 */
export function altNameTexts(certificate: Certificate): string[] {
  const names = attempt(() => certificate.subjectAltName ?? []);
  return "error" in names ? [] : names.map(formatGeneralName);
}
