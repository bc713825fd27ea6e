// Copyright 2026 the NSS for Deno authors. MIT license.

import { normalizeDnsName } from "./dns_name.ts";
import type { GeneralName } from "./general_name.ts";
import { parseIpAddress } from "./ip_address.ts";

/** Names of a subject as people write them. */
export interface AltNameOptions {
  /** DNS names of the subject, perhaps with a wildcard as the first label. */
  readonly dnsNames?: readonly string[];
  /** IP addresses of the subject. */
  readonly ipAddresses?: readonly string[];
  /** E-mail addresses of the subject. */
  readonly emailAddresses?: readonly string[];
  /** Other names of the subject. */
  readonly otherNames?: readonly GeneralName[];
}

/**
 * Makes names of what people write.
 *
 * @param options The names.
 * @param invalid Makes the error of what is no name.
 * @returns The names, DNS names first.
 * @throws {Error} What `invalid` makes.
 */
export function altNamesOf(
  options: AltNameOptions,
  invalid: (state: string) => Error,
): GeneralName[] {
  return [
    ...(options.dnsNames ?? []).map((name): GeneralName => {
      const value = normalizeDnsName(name, { underscore: true, wildcard: true });
      if (value === null) throw invalid(`"${name}" is no DNS name (international ones: A-labels)`);
      return { type: "dns", value };
    }),
    ...(options.ipAddresses ?? []).map((address): GeneralName => {
      const value = parseIpAddress(address);
      if (value === null) throw invalid(`"${address}" is no IP address`);
      return { type: "ip", value };
    }),
    ...(options.emailAddresses ?? []).map((value): GeneralName => {
      if (!/^[\x21-\x7e]+@[\x21-\x7e]+$/.test(value)) throw invalid(`"${value}" is no mailbox`);
      return { type: "email", value };
    }),
    ...options.otherNames ?? [],
  ];
}
