// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Escapes control and format characters, which may move a cursor or change the text direction.
 *
 * @param text Untrusted text, such as that in a certificate.
 * @returns The escaped text.
 */
export function printable(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
