// Copyright 2026 the NSS for Deno authors. MIT license.

/** The reserved values that a client sends so that peers keep ignoring unknown ones (RFC 8701). */
export interface Grease {
  /** A cipher suite. */
  readonly cipherSuite: number;
  /** A key exchange group. */
  readonly group: number;
  /** A protocol version. */
  readonly version: number;
  /** A signature scheme. */
  readonly signatureScheme: number;
  /** Two extensions, the first and the last of the ClientHello. */
  readonly extensions: readonly [first: number, last: number];
}

/**
 * Returns the values of a connection. They derive from the client random, which is public, because
 * both ClientHellos must have the same ones (RFC 8446, Section 4.1.2).
 */
export function greaseOf(random: Uint8Array<ArrayBuffer>): Grease {
  const [cipherSuite, group, version, signatureScheme, first, other] = random;
  const last = other! % 15 >= first! % 16 ? other! % 15 + 1 : other! % 15; // differs from the first
  return {
    cipherSuite: greaseValue(cipherSuite!),
    group: greaseValue(group!),
    version: greaseValue(version!),
    signatureScheme: greaseValue(signatureScheme!),
    extensions: [greaseValue(first!), greaseValue(last)],
  };
}

/** Returns one of 0x0a0a, 0x1a1a ... 0xfafa (RFC 8701, Section 2) for any byte. */
export function greaseValue(choice: number): number {
  const byte = (choice % 16) * 16 + 10;
  return byte * 256 + byte;
}
