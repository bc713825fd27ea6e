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
  /** Whether TLS 1.2 can use it, too: a hybrid needs the messages of TLS 1.3. */
  readonly tls12: boolean;
  /** Tells whether this runtime's WebCrypto can compute it. */
  available(): boolean;
}

/** The one question that a table asks the runtime: `SubtleCrypto.supports()`, where it exists. */
interface Supports {
  supports?(operation: string, algorithm: { name: string; namedCurve?: string }): boolean;
}

/** A runtime too old to be asked has the curves, and neither ML-KEM nor anything newer. */
function supported(
  operation: string,
  algorithm: { name: string; namedCurve?: string },
  otherwise: boolean,
): boolean {
  const runtime: { SubtleCrypto?: Supports } = globalThis;
  return runtime.SubtleCrypto?.supports?.(operation, algorithm) ?? otherwise;
}

const hasX25519 = (): boolean => supported("generateKey", { name: "X25519" }, true);
const hasMlKem768 = (): boolean => supported("encapsulateBits", { name: "ML-KEM-768" }, false);
const hasCurve = (namedCurve: string) => (): boolean =>
  supported("generateKey", { name: "ECDH", namedCurve }, true);

/**
 * The groups in order of preference: the hybrid first, since what is recorded today can be broken later;
 * then X25519, which WebCrypto computes several times faster than the NIST curves.
 */
export const NAMED_GROUPS: readonly NamedGroup[] = [
  // The ML-KEM-768 encapsulation key or ciphertext comes first, the X25519 share after it.
  {
    id: 0x11ec,
    name: "X25519MLKEM768",
    tls12: false,
    clientShareLength: 1184 + 32,
    serverShareLength: 1088 + 32,
    available: () => hasMlKem768() && hasX25519(),
  },
  {
    id: 0x001d,
    name: "x25519",
    tls12: true,
    clientShareLength: 32,
    serverShareLength: 32,
    available: hasX25519,
  },
  // Uncompressed points only (RFC 8446, Section 4.2.8.2): the byte 4 and two coordinates.
  {
    id: 0x0017,
    name: "secp256r1",
    tls12: true,
    clientShareLength: 65,
    serverShareLength: 65,
    available: hasCurve("P-256"),
  },
  {
    id: 0x0018,
    name: "secp384r1",
    tls12: true,
    clientShareLength: 97,
    serverShareLength: 97,
    available: hasCurve("P-384"),
  },
  {
    id: 0x0019,
    name: "secp521r1",
    tls12: true,
    clientShareLength: 133,
    serverShareLength: 133,
    available: hasCurve("P-521"),
  },
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
