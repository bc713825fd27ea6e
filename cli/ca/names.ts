// Copyright 2026 the NSS for Deno authors. MIT license.

/** Names that a certificate is asked for: hosts, addresses and mailboxes. @module */

import { formatIpAddress, type GeneralName, parseIpAddress } from "../../cert/mod.ts";
import { normalizeDnsName } from "../../cert/names/dns_name.ts";
import { UsageError } from "../base/args.ts";

/** The most names of one certificate. */
export const MAX_NAMES = 100;

/** A name of a certificate that this program issues. */
export type HostName = Extract<GeneralName, { type: "ip" }> | {
  /** The kind of name. */
  readonly type: "dns" | "email";
  /** The name. */
  readonly value: string;
};

/** Whether a name is of a kind that this program issues certificates for. */
export function isHostName(name: GeneralName): name is HostName {
  return name.type === "dns" || name.type === "ip" || name.type === "email";
}

/**
 * Reads a host name; letters beyond ASCII become A-labels (UTS 46), which is what clients compare.
 *
 * @param text As `www.internal`, `*.internal`, `bücher.internal`.
 * @returns The name in lower case; `null` if it is none.
 */
export function readDnsName(text: string): string | null {
  const options = { underscore: true, wildcard: true, finalDot: true };
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return normalizeDnsName(text, options);
  // What a URL would take for something else than a part of its host, or drop
  if (/[\p{C}\p{Z}%/?#@:\\[\]]/u.test(text)) return null;
  const wildcard = text.startsWith("*.") ? "*." : "";
  const url = URL.parse(`http://${text.slice(wildcard.length)}/`);
  return url === null ? null : normalizeDnsName(wildcard + url.hostname, options);
}

/**
 * Reads a mailbox; its domain becomes A-labels.
 *
 * @returns The mailbox; `null` if it is none.
 */
export function readMailbox(text: string): string | null {
  const at = text.lastIndexOf("@");
  const domain = readDnsName(text.slice(at + 1));
  if (domain === null || domain.startsWith("*")) return null;
  // RFC 5321, Section 4.1.2: an unquoted local part
  const local = text.slice(0, at);
  return /^[\w!#$%&'*+/=?^`{|}~.-]{1,64}$/.test(local) ? `${local}@${domain}` : null;
}

function readName(text: string): HostName {
  const address = parseIpAddress(text);
  if (address !== null) return { type: "ip", value: address };
  if (/^[a-z]+:\/\//i.test(text)) {
    throw new UsageError(`Cannot certify "${text}": it is a URL; give its host alone`);
  }
  const [type, value] = text.includes("@")
    ? ["email", readMailbox(text)] as const
    : ["dns", readDnsName(text)] as const;
  if (value !== null) return { type, value };
  throw new UsageError(
    `Cannot certify "${text}": it is neither a host name, as www.internal or *.internal, nor an ` +
      "IP address, nor an e-mail address",
  );
}

/**
 * Reads the names of a certificate.
 *
 * @param texts What was typed.
 * @returns The names, each once.
 * @throws {UsageError} If one is no name, or they are too many.
 */
export function readNames(texts: readonly string[]): readonly HostName[] {
  if (texts.length > MAX_NAMES) {
    throw new UsageError(`Cannot certify ${texts.length} names: ${MAX_NAMES} are the most`);
  }
  const names = texts.map(readName);
  return [...new Map(names.map((name) => [nameText(name), name])).values()];
}

/** A name as it is typed. */
export function nameText({ type, value }: HostName): string {
  return type === "ip" ? formatIpAddress(value) : value;
}

/** What is to be known of names before they are used. */
export function warningsOf(names: readonly HostName[], typed: readonly string[]): string[] {
  const texts = names.map(nameText);
  const foreign = typed.map((text) => [text, readDnsName(text)] as const).filter(([text, name]) =>
    // deno-lint-ignore no-control-regex
    name !== null && /[^\x00-\x7f]/.test(text)
  );
  return [
    ...foreign.map(([text, name]) => `"${text}" is certified as ${name}, its form in the DNS`),
    ...texts.filter((text) => text.startsWith("*.")).map((text) =>
      text.indexOf(".", 2) < 0
        ? `Warning: ${text} stands for a whole top-level domain, which browsers refuse; ` +
          `*.NAME${text.slice(1)} works`
        : `${text} stands for one label: neither for ${text.slice(2)} nor for a.b${text.slice(1)}`
    ),
  ];
}
