// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The names that an authority may certify (RFC 5280, Section 4.2.1.10): who gets hold of its key
 * can impersonate these, and no others.
 *
 * @module
 */

import {
  type Certificate,
  formatIpAddress,
  type GeneralName,
  type NameConstraints,
  parseIpAddress,
} from "../../cert/mod.ts";
import { UsageError } from "../base/args.ts";
import { safe } from "../base/text.ts";
import { type HostName, readDnsName, readMailbox } from "./names.ts";

/** Names that nobody can register, and addresses that the internet does not route. */
export const DEFAULT_NAMES: readonly string[] = [
  "localhost", // RFC 6761
  "test",
  "internal", // reserved by ICANN in 2024
  "home.arpa", // RFC 8375
  "local", // RFC 6762
  "127.0.0.0/8",
  "10.0.0.0/8", // RFC 1918
  "172.16.0.0/12",
  "192.168.0.0/16",
  "::1",
  "fc00::/7", // RFC 4193
];

/** A top-level domain that has no hosts (RFC 6761): it permits nothing where something must be. */
const NO_HOST = "invalid";

/** The most characters of the names that an authority may certify. */
const MAX_NAMES_TEXT = 1000;

type Ip = Extract<GeneralName, { type: "ip" }>;

/** A network, as address and mask. */
function readNetwork(text: string): Ip | null {
  const [address = "", bits, ...more] = text.split("/");
  const bytes = parseIpAddress(address);
  if (bytes === null || more.length > 0) return null;
  const size = 8 * bytes.length;
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= size)) {
    throw new UsageError(`Cannot take "${text}": a prefix has 0 to ${size} bits`);
  }
  const length = bits === undefined ? size : Number(bits);
  if (length === 0) throw tooWide(text);
  const mask = bytes.map((_, i) => (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))) & 0xff);
  const network = bytes.map((byte, i) => byte & mask[i]!);
  if (network.some((byte, i) => byte !== bytes[i])) {
    throw new UsageError(
      `Cannot take "${text}": the network of so many bits is ${formatIpAddress(network)}/${length}`,
    );
  }
  return { type: "ip", value: Uint8Array.from([...network, ...mask]) };
}

function tooWide(text: string): UsageError {
  return new UsageError(
    `Cannot take "${text}": that is all there is; if it is meant, say --unconstrained`,
  );
}

function readConstraint(text: string): HostName {
  const network = readNetwork(text);
  if (network !== null) return network;
  if (text.includes("@")) {
    // "@example.com" is all mailboxes of a host, which its constraint says without the sign
    const value = text.startsWith("@") ? readDnsName(text.slice(1)) : readMailbox(text);
    if (value !== null && !value.startsWith("*")) return { type: "email", value };
  }
  // RFC 5280 has no leading dot in DNS constraints: a name stands for itself and all below
  const host = text.replace(/^(?:\*?\.)/, "");
  if (host === "" || host === "*") throw tooWide(text);
  const value = readDnsName(host);
  if (value !== null && !value.startsWith("*")) return { type: "dns", value };
  throw new UsageError(
    `Cannot take "${text}" of --names: it is neither a domain, as internal, nor a network, as ` +
      "10.0.0.0/8, nor mailboxes, as @example.com",
  );
}

const everything = (size: 4 | 16): Ip => ({ type: "ip", value: new Uint8Array(2 * size) });

/**
 * Makes the constraints of an authority. Kinds of names of which none is permitted are excluded:
 * what is not mentioned in constraints would be free.
 *
 * @param names Domains, networks, mailboxes.
 * @throws {UsageError} If one is none, or is everything.
 */
export function makeConstraints(names: readonly string[]): NameConstraints {
  const read = names.map(readConstraint);
  const addresses = read.filter((name) => name.type === "ip");
  const domains = read.flatMap(({ type, value }) => type === "dns" ? [value] : []);
  const hosts = domains.length > 0 ? domains : [NO_HOST];
  // Of e-mail and URIs a host stands for itself, and one with a dot for all below
  const below = (type: "email" | "uri"): GeneralName[] =>
    hosts.flatMap((host) => [{ type, value: host }, { type, value: `.${host}` }]);
  return {
    permitted: [...read, ...below("email"), ...below("uri")],
    excluded: [
      ...domains.length > 0 ? [] : [{ type: "dns", value: "" } as const],
      ...([4, 16] as const).filter((size) =>
        !addresses.some(({ value }) => value.length === 2 * size)
      ).map(everything),
    ],
  };
}

/**
 * Whether a certificate says which hosts and addresses its authority may certify; if not, who has
 * its key can impersonate every one.
 */
export function isConstrained({ nameConstraints }: Certificate): boolean {
  if (nameConstraints === undefined) return false;
  const { permitted, excluded } = nameConstraints;
  const limits = ({ type, value }: GeneralName): boolean =>
    type === "dns"
      ? value !== ""
      : type === "ip" && value.slice(value.length / 2).some((byte) => byte !== 0);
  const isLimited = (type: "dns" | "ip"): boolean => {
    const own = permitted.filter((name) => name.type === type);
    return own.length > 0 && own.every(limits);
  };
  const excludes = (length: number): boolean =>
    excluded.some(({ type, value }) =>
      type === "ip" && value.length === length && value.every((byte) => byte === 0)
    );
  return (isLimited("dns") || excluded.some(({ type, value }) => type === "dns" && value === "")) &&
    (isLimited("ip") || (excludes(8) && excludes(32)));
}

/** Top-level domains that nobody can register, as one label of {@linkcode DEFAULT_NAMES} is. */
const PRIVATE_LABELS: readonly string[] = [
  ...DEFAULT_NAMES.filter((name) => /^[a-z]+$/.test(name)),
  "example",
  NO_HOST,
];
/** What a permitted network has at least: that of the widest private one, 10.0.0.0/8, fc00::/7. */
const MIN_BITS: Readonly<Record<number, number>> = { 8: 8, 32: 7 };

/** How many bits of an address a network fixes. */
function prefixOf({ value }: Ip): number {
  return [...value.slice(value.length / 2)].reduce(
    (sum, byte) => sum + byte.toString(2).replaceAll("0", "").length,
    0,
  );
}

/** The permitted names of a certificate that are whole top-level domains or very large networks. */
export function wideNames({ nameConstraints }: Certificate): string[] {
  return (nameConstraints?.permitted ?? []).filter((name) =>
    name.type === "dns"
      ? !name.value.includes(".") && !PRIVATE_LABELS.includes(name.value.toLowerCase())
      : name.type === "ip" && prefixOf(name) < (MIN_BITS[name.value.length] ?? 0)
  ).map(subtreeText);
}

function subtreeText(name: GeneralName): string {
  if (name.type === "email") return name.value.includes("@") ? name.value : `@${name.value}`;
  if (name.type !== "ip") return String(name.value);
  const half = name.value.length / 2;
  const bits = prefixOf(name);
  const address = formatIpAddress(name.value.slice(0, half));
  return bits === 8 * half ? address : `${address}/${bits}`;
}

/** The hosts, networks and mailboxes that a certificate's authority may certify; not yet safe. */
export function permittedNames({ nameConstraints }: Certificate): string[] {
  const permitted = nameConstraints?.permitted ?? [];
  const hosts = permitted.filter(({ type }) => type === "dns").map(({ value }) => String(value));
  return permitted.filter(({ type, value }) =>
    type === "dns" || type === "ip" ||
    // Those that follow from the hosts need no words
    type === "email" && ![NO_HOST, ...hosts].some((host) => value === host || value === `.${host}`)
  ).map(subtreeText);
}

/** What an authority may certify, in words that are safe. */
export function namesText(certificate: Certificate): string {
  return isConstrained(certificate)
    ? safe(permittedNames(certificate).join(", "), MAX_NAMES_TEXT)
    : "every name: who has its key can impersonate every site";
}

/** Warns of {@linkcode wideNames}; `null` if there are none. */
export function wideWarning(certificate: Certificate): string | null {
  const names = wideNames(certificate);
  return names.length === 0
    ? null
    : `Warning: ${safe(names.join(", "))} ${
      names.length === 1 ? "is" : "are"
    } a great part of the internet, unless nobody but you uses such names: who gets hold of the ` +
      "key can impersonate all of it";
}
