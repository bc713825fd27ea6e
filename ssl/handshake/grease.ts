// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A client's values that mean nothing, so that peers do not forget how to ignore what they do not
 * know (RFC 8701).
 */
export interface Grease {
  /** A cipher suite. */
  readonly cipherSuite: number;
  /** A key exchange group. */
  readonly group: number;
  /** A protocol version. */
  readonly version: number;
  /** A signature scheme. */
  readonly signatureScheme: number;
  /** Two extensions, the first and the last of the hello. */
  readonly extensions: readonly [first: number, last: number];
}

/**
 * The values of a connection: the same in both hellos, which must not differ (RFC 8446, Section
 * 4.1.2), and hence taken from the hello's random, which is public.
 */
export function greaseOf(random: Uint8Array<ArrayBuffer>): Grease {
  const [cipherSuite, group, version, signatureScheme, first, other] = random;
  const last = other! % 15 >= first! % 16 ? other! % 15 + 1 : other! % 15; // not the first again
  return {
    cipherSuite: greaseValue(cipherSuite!),
    group: greaseValue(group!),
    version: greaseValue(version!),
    signatureScheme: greaseValue(signatureScheme!),
    extensions: [greaseValue(first!), greaseValue(last)],
  };
}

/** One of 0x0a0a, 0x1a1a ... 0xfafa (RFC 8701, Section 2), for any byte. */
export function greaseValue(choice: number): number {
  const byte = (choice % 16) * 16 + 10;
  return byte * 256 + byte;
}
