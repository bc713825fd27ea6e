// Copyright 2026 the NSS for Deno authors. MIT license.

import { isArrayOf, isString, type Shape } from "../base/options.ts";
import { normalizeDnsName } from "./dns_name.ts";
import { type GeneralName, isGeneralName } from "./general_name.ts";
import { parseIpAddress } from "./ip_address.ts";

/**
 * Alternative names of a subject, in text form.
 *
 * @category Names and addresses
 */
export interface AltNameOptions {
  /** DNS names; the first label may be a wildcard. */
  readonly dnsNames?: readonly string[];
  /** IP addresses, in the forms that {@linkcode parseIpAddress} accepts. */
  readonly ipAddresses?: readonly string[];
  /** E-mail addresses. */
  readonly emailAddresses?: readonly string[];
  /** Names of any kind, added after the others. */
  readonly otherNames?: readonly GeneralName[];
}

/** The checks of alternative names. */
export const ALT_NAMES: Shape<AltNameOptions> = {
  dnsNames: isArrayOf(isString),
  ipAddresses: isArrayOf(isString),
  emailAddresses: isArrayOf(isString),
  otherNames: isArrayOf(isGeneralName),
};

/**
 * Converts names in text form to GeneralNames.
 *
 * @param options The names.
 * @param invalid Creates the error to throw for an invalid name.
 * @returns The names, DNS names first.
 * @throws {Error} The error that `invalid` creates.
 */
export function altNamesOf(
  options: AltNameOptions,
  invalid: (state: string) => Error,
): GeneralName[] {
  return [
    ...(options.dnsNames ?? []).map((name): GeneralName => {
      const value = normalizeDnsName(name, { underscore: true, wildcard: true });
      if (value === null) {
        throw invalid(`"${name}" is not a DNS name (international ones: A-labels)`);
      }
      return { type: "dns", value };
    }),
    ...(options.ipAddresses ?? []).map((address): GeneralName => {
      const value = parseIpAddress(address);
      if (value === null) throw invalid(`"${address}" is not an IP address`);
      return { type: "ip", value };
    }),
    ...(options.emailAddresses ?? []).map((value): GeneralName => {
      if (!/^[\x21-\x7e]+@[\x21-\x7e]+$/.test(value)) throw invalid(`"${value}" is not a mailbox`);
      return { type: "email", value };
    }),
    ...options.otherNames ?? [],
  ];
}
