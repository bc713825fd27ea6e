// Copyright 2026 the NSS for Deno authors. MIT license.

import { supports } from "../../cert/base/webcrypto.ts";

/**
 * The IANA name of a key exchange group.
 *
 * @category Versions, suites and groups
 */
export type NamedGroupName =
  | "x25519"
  | "secp256r1"
  | "secp384r1"
  | "secp521r1"
  | "X25519MLKEM768";

/** A key exchange group. */
export interface NamedGroup {
  /** The code point. */
  readonly id: number;
  /** The IANA name. */
  readonly name: NamedGroupName;
  /** The length of a client's `key_exchange` in bytes. */
  readonly clientShareLength: number;
  /** The length of a server's `key_exchange` in bytes. */
  readonly serverShareLength: number;
  /** Whether TLS 1.2 can use it; a hybrid requires TLS 1.3. */
  readonly tls12: boolean;
  /** Returns whether the runtime's WebCrypto supports it. */
  available(): boolean;
}

const hasX25519 = (): boolean => supports("generateKey", { name: "X25519" }, true);
const hasMlKem768 = (): boolean => supports("encapsulateBits", { name: "ML-KEM-768" }, false);
const hasCurve = (namedCurve: string) => (): boolean =>
  supports("generateKey", { name: "ECDH", namedCurve }, true);

/**
 * The groups in preference order: the hybrid first, against decryption of recorded traffic by
 * future quantum computers; then X25519, which is several times faster in WebCrypto than the NIST
 * curves.
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

const BY_NAME: ReadonlyMap<string, NamedGroup> = new Map(
  NAMED_GROUPS.map((group) => [group.name, group]),
);

/**
 * Returns the group of a name.
 *
 * @param name The IANA name.
 * @returns The group, or `undefined` if it is not supported.
 */
export function namedGroupByName(name: string): NamedGroup | undefined {
  return BY_NAME.get(name);
}
