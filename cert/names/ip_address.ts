// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import { isBytes, isString, requireArgs } from "../base/options.ts";

/**
 * Parses the text form of an IP address.
 *
 * @param text Four decimal numbers without leading zeros (RFC 6943, Section 3.1.1, "strict"), or a
 * form of RFC 4291, Section 2.2; an IPv6 address may be in brackets, but not have a zone.
 * @returns 4 or 16 bytes, or `null` if the text is not an IP address.
 *
 * @example Usage
 * ```ts
 * import { parseIpAddress } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseIpAddress("192.0.2.1"), Uint8Array.of(192, 0, 2, 1));
 * assertEquals(parseIpAddress("192.0.2.01"), null);
 * ```
 *
 * @category Names and addresses
 */
export function parseIpAddress(text: string): Uint8Array<ArrayBuffer> | null {
  requireArgs("Cannot parse IP address", isString(text, "text"));
  const inner = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (inner.includes(":")) return parseIpv6(inner);
  return inner === text ? parseIpv4(text) : null;
}

function parseIpv4(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}$/.test(text)) return null;
  const numbers = text.split(".").map(Number);
  return numbers.every((n) => n <= 255) ? Uint8Array.from(numbers) : null;
}

function parseIpv6(text: string): Uint8Array<ArrayBuffer> | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const bytesOf = (half: string, mayEndInIpv4: boolean): number[] | null => {
    if (half === "") return [];
    const bytes: number[] = [];
    const groups = half.split(":");
    for (const [i, group] of groups.entries()) {
      if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
        const value = parseInt(group, 16);
        bytes.push(value >> 8, value & 0xff);
      } else {
        const last = mayEndInIpv4 && i === groups.length - 1 ? parseIpv4(group) : null;
        if (last === null) return null;
        bytes.push(...last);
      }
    }
    return bytes;
  };
  const [first, second] = halves as [string, string | undefined];
  const head = bytesOf(first, second === undefined);
  const tail = second === undefined ? [] : bytesOf(second, true);
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  // RFC 4291, Section 2.2: "::" stands for one or more groups
  if (second === undefined ? missing !== 0 : missing < 2) return null;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/**
 * Formats an IP address: dotted decimal, or the canonical form of RFC 5952.
 *
 * @param bytes 4 or 16 bytes; any other number is formatted as hexadecimal.
 * @returns The text.
 *
 * @example Usage
 * ```ts
 * import { formatIpAddress, parseIpAddress } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpAddress(parseIpAddress("2001:DB8:0:0::1")!), "2001:db8::1");
 * ```
 *
 * @category Names and addresses
 */
export function formatIpAddress(bytes: Uint8Array): string {
  requireArgs("Cannot format IP address", isBytes(bytes, "bytes"));
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return toHex(bytes);
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  // RFC 5952, Section 4.2: the longest run of two or more zero groups, the first one if several are
  // as long
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (best.length < 2) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}
