// Copyright 2026 the NSS for Deno authors. MIT license.

/** The name of a key exchange group, as IANA writes it. */
export type NamedGroupName =
  | "x25519"
  | "secp256r1"
  | "secp384r1"
  | "secp521r1"
  | "X25519MLKEM768";

/** One key exchange group. */
export interface NamedGroup {
  /** The number of the wire. */
  readonly id: number;
  /** IANA's name. */
  readonly name: NamedGroupName;
  /** The exact length of a client's `key_exchange` in bytes. */
  readonly clientShareLength: number;
  /** The exact length of a server's `key_exchange` in bytes. */
  readonly serverShareLength: number;
}

/**
 * The groups in order of preference: the hybrid first, since what is recorded today can be broken later;
 * then X25519, which WebCrypto computes several times faster than the NIST curves.
 */
export const NAMED_GROUPS: readonly NamedGroup[] = [
  // The ML-KEM-768 encapsulation key or ciphertext comes first, the X25519 share after it.
  {
    id: 0x11ec,
    name: "X25519MLKEM768",
    clientShareLength: 1184 + 32,
    serverShareLength: 1088 + 32,
  },
  { id: 0x001d, name: "x25519", clientShareLength: 32, serverShareLength: 32 },
  // Uncompressed points only (RFC 8446, Section 4.2.8.2): the byte 4 and two coordinates.
  { id: 0x0017, name: "secp256r1", clientShareLength: 65, serverShareLength: 65 },
  { id: 0x0018, name: "secp384r1", clientShareLength: 97, serverShareLength: 97 },
  { id: 0x0019, name: "secp521r1", clientShareLength: 133, serverShareLength: 133 },
];

const BY_ID: ReadonlyMap<number, NamedGroup> = new Map(
  NAMED_GROUPS.map((group) => [group.id, group]),
);
const BY_NAME: ReadonlyMap<string, NamedGroup> = new Map(
  NAMED_GROUPS.map((group) => [group.name, group]),
);

/**
 * Finds a group by its number.
 *
 * @param id The number of the wire.
 * @returns The group, or `undefined` for one that this package does not have.
 */
export function namedGroupById(id: number): NamedGroup | undefined {
  return BY_ID.get(id);
}

/**
 * Finds a group by its name.
 *
 * @param name IANA's name.
 * @returns The group, or `undefined` for one that this package does not have.
 */
export function namedGroupByName(name: string): NamedGroup | undefined {
  return BY_NAME.get(name);
}
