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

/** The number of characters of an untrusted text that an error shows. */
export const MAX_SHOWN_LENGTH = 200;

/**
 * Shows untrusted text, such as a name in a peer's certificate, in an error: escaped and bounded.
 *
 * @param text The text, or what has one.
 * @returns The text, or its beginning and its length.
 */
export function brief(text: { toString(): string }): string {
  const whole = String(text);
  const beginning = printable(whole.slice(0, MAX_SHOWN_LENGTH));
  return whole.length <= MAX_SHOWN_LENGTH
    ? beginning
    : `${beginning}... (${whole.length} characters)`;
}

/** Shows untrusted text as {@linkcode brief} does, in quotes. */
export function shown(text: { toString(): string }): string {
  return `"${brief(text)}"`;
}

/**
 * Returns what is wrong by the message of an error, without what failed, for the message of another
 * error.
 *
 * @param error An error whose message begins with `Cannot ...:`.
 * @returns The rest of the message.
 */
export function stateOf({ message }: Error): string {
  return message.replace(/^Cannot [^:]*: /, "");
}
