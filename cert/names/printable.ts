// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Makes text safe to print: what would move a cursor, start a line or turn the direction of writing
 * is escaped.
 *
 * @param text Text of a certificate, which anybody may have written.
 * @returns Text without control and format characters.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
