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
  | "X25519MLKEM768"
  | "SecP256r1MLKEM768"
  | "SecP384r1MLKEM1024"
  | "MLKEM1024";

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
  /** Whether TLS 1.2 can use it; ML-KEM, in a hybrid or alone, requires TLS 1.3. */
  readonly tls12: boolean;
  /** Whether it is used unless the groups are named. */
  readonly enabledByDefault: boolean;
  /** Returns whether the runtime's WebCrypto supports it. */
  available(): boolean;
}

const hasX25519 = (): boolean => supports("generateKey", { name: "X25519" }, true);
const hasMlKem = (name: string) => (): boolean => supports("encapsulateBits", { name }, false);
const hasMlKem768 = hasMlKem("ML-KEM-768");
const hasMlKem1024 = hasMlKem("ML-KEM-1024");
const hasCurve = (namedCurve: string) => (): boolean =>
  supports("generateKey", { name: "ECDH", namedCurve }, true);
const hasP256 = hasCurve("P-256");
const hasP384 = hasCurve("P-384");

/**
 * The groups in preference order: the hybrids first, against decryption of recorded traffic by
 * future quantum computers; then X25519, which is several times faster in WebCrypto than the NIST
 * curves. ML-KEM alone is off by default: it lacks the safety net of a hybrid, and its code point
 * is a draft's (draft-ietf-tls-mlkem).
 */
export const NAMED_GROUPS: readonly NamedGroup[] = [
  // RFC 10024: a hybrid's shares are those of its parts, in the order that key_exchange.ts has.
  {
    id: 0x11ec,
    name: "X25519MLKEM768",
    tls12: false,
    enabledByDefault: true,
    clientShareLength: 1184 + 32,
    serverShareLength: 1088 + 32,
    available: () => hasMlKem768() && hasX25519(),
  },
  {
    id: 0x11eb,
    name: "SecP256r1MLKEM768",
    tls12: false,
    enabledByDefault: true,
    clientShareLength: 65 + 1184,
    serverShareLength: 65 + 1088,
    available: () => hasP256() && hasMlKem768(),
  },
  {
    id: 0x11ed,
    name: "SecP384r1MLKEM1024",
    tls12: false,
    enabledByDefault: true,
    clientShareLength: 97 + 1568,
    serverShareLength: 97 + 1568,
    available: () => hasP384() && hasMlKem1024(),
  },
  {
    id: 0x001d,
    name: "x25519",
    tls12: true,
    enabledByDefault: true,
    clientShareLength: 32,
    serverShareLength: 32,
    available: hasX25519,
  },
  // Uncompressed points only (RFC 8446, Section 4.2.8.2): the byte 4 and two coordinates.
  {
    id: 0x0017,
    name: "secp256r1",
    tls12: true,
    enabledByDefault: true,
    clientShareLength: 65,
    serverShareLength: 65,
    available: hasP256,
  },
  {
    id: 0x0018,
    name: "secp384r1",
    tls12: true,
    enabledByDefault: true,
    clientShareLength: 97,
    serverShareLength: 97,
    available: hasP384,
  },
  {
    id: 0x0019,
    name: "secp521r1",
    tls12: true,
    enabledByDefault: true,
    clientShareLength: 133,
    serverShareLength: 133,
    available: hasCurve("P-521"),
  },
  {
    id: 0x0202,
    name: "MLKEM1024",
    tls12: false,
    enabledByDefault: false,
    clientShareLength: 1568,
    serverShareLength: 1568,
    available: hasMlKem1024,
  },
];

/** The groups enabled by default, in preference order. */
export const DEFAULT_NAMED_GROUPS: readonly NamedGroup[] = NAMED_GROUPS.filter(
  ({ enabledByDefault }) => enabledByDefault,
);

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
