// Copyright 2026 the NSS for Deno authors. MIT license.

/** The `ContentType` of a record (RFC 8446, Section 5.1). */
export const ContentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const;

const KNOWN: ReadonlySet<number> = new Set(Object.values(ContentType));

/**
 * Returns whether a byte is a content type of TLS.
 *
 * @param type The byte.
 * @returns Whether it is in {@linkcode ContentType}.
 */
export function isContentType(type: number): boolean {
  return KNOWN.has(type);
}
