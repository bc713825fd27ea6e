// Copyright 2026 the NSS for Deno authors. MIT license.

/** The options that say what a certificate, or a request for one, has in it. @module */

import { parseIpAddress } from "../../cert/names/ip_address.ts";
import {
  authorityInfoAccess,
  type CertificateExtension,
  certificatePolicies,
  type CreateCertificateOptions,
  crlDistributionPoints,
  type GeneralName,
  type KeyPurpose,
  makeExtension,
  Name,
  NssError,
  OIDS,
} from "../../cert/mod.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { KEY_PURPOSES } from "../../cert/create/signed_data.ts";
import { KEY_USAGES } from "../../cert/extensions/key_usage.ts";
import { type Args, oneOf, type Option, UsageError } from "../base/args.ts";
import { readBytes } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { safe } from "../base/text.ts";
import { readSerial } from "./serial.ts";
import { SCHEME, schemeOf } from "./signature_scheme.ts";

/** Two of them only say more of keyAgreement, of keys that nobody makes. */
const USAGES = KEY_USAGES.filter((usage) => usage !== "encipherOnly" && usage !== "decipherOnly");

/** The most bytes of an extension in a file. */
const MAX_EXTENSION = 65_536;

/** The options of requests and certificates. */
export const NAME_OPTIONS: readonly Option[] = [
  {
    name: "subject",
    value: "NAME",
    text: "the distinguished name",
    example: "CN=example.com,O=Example",
  },
  { name: "dns", value: "NAME,...", text: "DNS names", example: "example.com" },
  { name: "ip", value: "ADDRESS,...", text: "IP addresses", example: "192.0.2.1" },
  { name: "email", value: "ADDRESS,...", text: "e-mail addresses", example: "a@example.com" },
  { name: "uri", value: "URI", text: "a URI (repeatable)", example: "spiffe://example.com/a" },
  {
    name: "for",
    value: "PURPOSE,...",
    text: `what it is for: ${KEY_PURPOSES.join(", ")}, or a dotted object identifier`,
    example: "serverAuth",
  },
  { name: "key-usage", value: "USAGE,...", text: "the key usage", words: USAGES },
  {
    name: "extension",
    value: "OID[:critical]=FILE",
    text: "another extension, whose DER is in a file (repeatable)",
    example: "1.2.3.4:critical=clearance.der",
  },
  SCHEME,
];

/** The options of certificates. */
export const ISSUE_OPTIONS: readonly Option[] = [
  ...NAME_OPTIONS,
  { name: "ca", text: "make it an authority's" },
  { name: "path-length", value: "N", text: "how many authorities may be under it", example: "0" },
  {
    name: "permit",
    value: "KIND:NAME,...",
    text: "of an authority: what it may certify, as dns:example.com, ip:10.0.0.0/8, " +
      "email:example.com, uri:.example.com or dn:O=Example",
    example: "dns:example.com",
  },
  {
    name: "exclude",
    value: "KIND:NAME,...",
    text: "of an authority: what it may not certify, as in --permit",
    example: "dns:secret.example.com",
  },
  {
    name: "days",
    value: "N",
    text: "how long it is valid: 90, of an authority 3650",
    example: "30",
  },
  { name: "not-before", value: "DATE", text: "since when (an hour ago)", example: "2026-02-01" },
  { name: "not-after", value: "DATE", text: "till when, instead of --days", example: "2027-02-01" },
  { name: "serial", value: "HEX", text: "the serial number (16 random bytes)", example: "4b1d" },
  {
    name: "crl-url",
    value: "URL,...",
    text: "where the issuer's revocation list is",
    example: "http://ca.example/ca.crl",
  },
  {
    name: "ocsp-url",
    value: "URL,...",
    text: "where its status is answered",
    example: "http://ca.example/ocsp",
  },
  {
    name: "issuer-url",
    value: "URL,...",
    text: "where the issuer's certificate is",
    example: "http://ca.example/ca.der",
  },
  {
    name: "policy",
    value: "OID,...",
    text: "the certificate policies, as dotted object identifiers",
    example: "2.23.140.1.2.1",
  },
];

type Content = Omit<CreateCertificateOptions, "publicKey" | "privateKey" | "issuer">;

/** What requests have, too. */
type Names = Pick<
  Content,
  | "subject"
  | "dnsNames"
  | "ipAddresses"
  | "emailAddresses"
  | "otherNames"
  | "extKeyUsage"
  | "keyUsage"
  | "extensions"
  | "signatureScheme"
>;

const isOid = (text: string): text is `${number}.${string}` => /^[0-2](?:\.\d+)+$/.test(text);

function purposeOf(text: string): KeyPurpose {
  return isOid(text) ? text : oneOf("--for", text, KEY_PURPOSES);
}

/** Reads `--extension`; its value must be DER, as who makes one by hand mistakes it easily. */
async function readExtension(text: string, io: Io): Promise<CertificateExtension> {
  const [, oid = "", critical, file = ""] = /^([\d.]+)(:critical)?=(.+)$/s.exec(text) ?? [];
  if (!isOid(oid)) {
    throw new UsageError(
      `Cannot take --extension "${safe(text)}": write OID=FILE or OID:critical=FILE`,
    );
  }
  const value = await readBytes(file, io, MAX_EXTENSION);
  const whole = new DerReader(value, `extension in ${safe(file)}`);
  whole.element("value");
  whole.finish();
  return { oid, critical: critical !== undefined, value, offset: 0 };
}

/** What the options say of names and purposes; nothing where they are silent. */
export async function namesOf(args: Args, io: Io): Promise<Names> {
  const subject = args.one("subject");
  const lists = {
    dnsNames: args.list("dns"),
    ipAddresses: args.list("ip"),
    emailAddresses: args.list("email"),
    otherNames: args.all("uri").map((value) => ({ type: "uri", value }) as const),
    extKeyUsage: args.list("for").map(purposeOf),
    keyUsage: args.choices("key-usage", USAGES),
    extensions: await Promise.all(args.all("extension").map((text) => readExtension(text, io))),
  };
  const given = Object.entries(lists).filter(([, values]) => values.length > 0);
  return {
    ...subject !== undefined && { subject },
    ...schemeOf(args),
    ...Object.fromEntries(given),
  };
}

/** Reads a subtree of name constraints: `KIND:NAME`. */
function subtreeOf(text: string): GeneralName {
  const [, kind = "", value = ""] = /^(dns|ip|email|uri|dn):(.*)$/.exec(text) ?? [];
  if (kind === "dns" || kind === "email" || kind === "uri") return { type: kind, value };
  if (kind === "dn") return { type: "directory", value: Name.parse(value) };
  const subnet = kind === "ip" ? subnetOf(value) : null;
  if (subnet !== null) return { type: "ip", value: subnet };
  throw new UsageError(
    `Cannot take "${safe(text)}": write dns:example.com, ip:10.0.0.0/8, email:example.com, ` +
      "uri:.example.com or dn:O=Example",
  );
}

/** RFC 5280, Section 4.2.1.10: an address and its mask. */
function subnetOf(text: string): Uint8Array<ArrayBuffer> | null {
  const [address = "", bits, ...more] = text.split("/");
  const bytes = parseIpAddress(address);
  if (bytes === null || more.length > 0) return null;
  const length = bits === undefined ? 8 * bytes.length : Number(bits);
  if (!/^\d{0,3}$/.test(bits ?? "") || length > 8 * bytes.length) return null;
  const mask = bytes.map((_, i) => 0xff00 >> Math.min(8, Math.max(0, length - 8 * i)) & 0xff);
  return Uint8Array.from([...bytes.map((byte, i) => byte & mask[i]!), ...mask]);
}

function constraintsOf(args: Args): Pick<Content, "nameConstraints"> {
  const [permitted, excluded] = [args.list("permit"), args.list("exclude")];
  if (permitted.length + excluded.length === 0) return {};
  return {
    nameConstraints: {
      permitted: permitted.map(subtreeOf),
      excluded: excluded.map(subtreeOf),
    },
  };
}

/** Where there is more about the certificate, and its policies. */
function pointersOf(args: Args): CertificateExtension[] {
  const uris = (name: string) => args.list(name).map((value) => ({ type: "uri", value }) as const);
  const crls = uris("crl-url");
  const access = [
    ...uris("ocsp-url").map((location) => ({ method: OIDS.ocsp, location })),
    ...uris("issuer-url").map((location) => ({ method: OIDS.caIssuers, location })),
  ];
  const policies = args.list("policy").map((policy) => {
    if (isOid(policy)) return { policy, qualifiers: [] };
    throw new UsageError(
      `Cannot take --policy "${safe(policy)}": it is no dotted object identifier`,
    );
  });
  return [
    ...crls.length === 0 ? [] : [makeExtension(crlDistributionPoints, [{ fullName: crls }])],
    ...access.length === 0 ? [] : [makeExtension(authorityInfoAccess, access)],
    ...policies.length === 0 ? [] : [makeExtension(certificatePolicies, policies)],
  ];
}

/** What the options say of a certificate; nothing where they are silent. */
export async function contentOf(args: Args, io: Io): Promise<Content> {
  const [days, pathLength] = [args.number("days"), args.number("path-length")];
  const [notBefore, notAfter] = [args.date("not-before"), args.date("not-after")];
  const serial = args.one("serial");
  if (days !== undefined && notAfter !== undefined) {
    throw new UsageError("Cannot take both --days and --not-after");
  }
  const { extensions = [], ...names } = await namesOf(args, io);
  const all = [...pointersOf(args), ...extensions];
  const oids = all.map(({ oid }) => oid);
  const twice = oids.find((oid, i) => oids.indexOf(oid) !== i);
  if (twice !== undefined) {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot make certificate: ${twice} is there twice`,
    );
  }
  return {
    ...names,
    ...constraintsOf(args),
    ...all.length > 0 && { extensions: all },
    isCa: args.has("ca"),
    ...days !== undefined && { days },
    ...notBefore !== undefined && { notBefore },
    ...notAfter !== undefined && { notAfter },
    ...pathLength !== undefined && { pathLength },
    ...serial !== undefined && { serialNumber: readSerial(serial) },
  };
}
