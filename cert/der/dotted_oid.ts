// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Formats an object identifier (ITU-T X.690, Section 8.19).
 *
 * @param content The content of the OBJECT IDENTIFIER, which ends with a whole arc.
 * @returns The arcs in decimal, such as `"2.5.4.3"`; `null` if one is not in its shortest form.
 */
export function dottedOid(content: Uint8Array): string | null {
  let dotted = "";
  let arc = 0;
  let large: bigint | null = null;
  let first = true;
  for (let i = 0; i < content.length; i++) {
    const byte = content[i]!;
    if (byte === 0x80 && arc === 0 && large === null && (i === 0 || content[i - 1]! < 0x80)) {
      return null;
    }
    if (large === null && arc >= 2 ** 45) large = BigInt(arc);
    if (large !== null) large = large * 128n + BigInt(byte & 0x7f);
    else arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (first) {
      const root = large !== null || arc >= 80 ? 2 : arc >= 40 ? 1 : 0;
      dotted = `${root}.${large !== null ? large - 80n : arc - 40 * root}`;
      first = false;
    } else {
      dotted += `.${large ?? arc}`;
    }
    arc = 0;
    large = null;
  }
  return dotted;
}
