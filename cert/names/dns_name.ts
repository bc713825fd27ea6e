// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The maximum length of a DNS name in text form (RFC 1035, Section 2.3.4: 255 octets on the wire).
 */
export const MAX_DNS_NAME_LENGTH = 253;

/**
 * Normalizes a DNS name for comparison: lower case, without the final dot.
 *
 * @param name The name; internationalized labels must be A-labels (`xn--...`).
 * @param options What else is allowed.
 * @param options.underscore Whether labels may contain underscores, as some internal hosts do.
 * @param options.wildcard Whether the left-most label may be `*`.
 * @param options.finalDot Whether the name may end in a dot.
 * @returns The name, or `null` if it is not valid: labels of 1 to 63 letters, digits and inner
 * hyphens (RFC 5890, Section 2.3.1), of which the last is no number: systems read `127.0.0.0x1` as
 * an address.
 */
export function normalizeDnsName(
  name: string,
  options: { underscore?: boolean; wildcard?: boolean; finalDot?: boolean } = {},
): string | null {
  let text = name.toLowerCase();
  if (options.finalDot === true && text.endsWith(".")) text = text.slice(0, -1);
  if (text.length > MAX_DNS_NAME_LENGTH) return null;
  const labels = text.split(".");
  const checked = options.wildcard === true && labels[0] === "*" ? labels.slice(1) : labels;
  const label = options.underscore === true
    ? /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
    : /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
  if (checked.length === 0 || !checked.every((part) => label.test(part))) return null;
  if (/^(\d+|0x[\da-f]*)$/.test(checked.at(-1)!)) return null;
  return text;
}
