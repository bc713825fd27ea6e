// Copyright 2026 the NSS for Deno authors. MIT license.

import { concat } from "../../cert/base/bytes.ts";
import { withoutWarning } from "../../cert/base/webcrypto.ts";
import { SslError } from "../base/errors.ts";
import type { NamedGroup } from "../tables/named_groups.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A client's half of a key exchange: the share to send, and the private key. */
export interface KeyShare {
  /** The group's code point (RFC 8446, Section 4.2.7). */
  readonly group: number;
  /** The encoded client share. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /**
   * Computes the shared secret.
   *
   * @param peerShare The server's share.
   * @returns The secret, which the caller owns.
   * @throws {SslError} `SSL_ERROR_RX_MALFORMED_KEY_SHARE` or
   * `SSL_ERROR_RX_MALFORMED_HYBRID_KEY_SHARE` if the share is invalid for the group.
   */
  complete(peerShare: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** The server's half of a key exchange, with the shared secret. */
export interface KeyShareResponse {
  /** The encoded server share. */
  readonly serverShare: Uint8Array<ArrayBuffer>;
  /** The shared secret, which the caller owns. */
  readonly sharedSecret: Uint8Array<ArrayBuffer>;
}

/** A key pair of the client: a {@linkcode KeyShare} without its group. */
type ClientPair = Omit<KeyShare, "group">;

/** The key pairs of one ClientHello, by agreement: shares may have a key pair in common. */
type PairPool = Map<Agreement, Promise<ClientPair>>;

/** A key agreement. For an invalid peer's share its methods throw any error; callers name it. */
interface Agreement {
  /** The error for an invalid peer's share. */
  readonly malformedShareError: SslError["name"];
  generate(pool: PairPool): Promise<ClientPair>;
  respond(clientShare: Bytes): Promise<KeyShareResponse>;
}

/**
 * Generates a client's share.
 *
 * @param group The group.
 * @returns The share.
 */
export function generateKeyShare(group: NamedGroup): Promise<KeyShare> {
  return keyShare(group, new Map());
}

/**
 * Generates a client's shares for one ClientHello. What hybrids and other groups have in common,
 * such as the X25519 of X25519MLKEM768 and x25519, is one key pair (RFC 9954, Section 3.2), which
 * saves a key generation.
 *
 * @param groups The groups, in preference order.
 * @returns The shares, in the same order.
 */
export function generateKeyShares(groups: readonly NamedGroup[]): Promise<KeyShare[]> {
  const pool: PairPool = new Map();
  return Promise.all(groups.map((group) => keyShare(group, pool)));
}

/**
 * Computes a server's share and the shared secret for a client's share.
 *
 * @param group The group.
 * @param clientShare The client's share.
 * @returns The server's share and the secret.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_KEY_SHARE` or
 * `SSL_ERROR_RX_MALFORMED_HYBRID_KEY_SHARE` if the client's share is invalid for the group.
 */
export function respondToKeyShare(
  group: NamedGroup,
  clientShare: Uint8Array<ArrayBuffer>,
): Promise<KeyShareResponse> {
  const agreement = AGREEMENTS[group.name];
  return withPeerShare(
    group,
    clientShare,
    group.clientShareLength,
    agreement.malformedShareError,
    (share) => agreement.respond(share),
  );
}

async function keyShare(group: NamedGroup, pool: PairPool): Promise<KeyShare> {
  const agreement = AGREEMENTS[group.name];
  const pair = await pairOf(agreement, pool);
  return {
    group: group.id,
    publicKey: pair.publicKey,
    complete: (peerShare) =>
      withPeerShare(
        group,
        peerShare,
        group.serverShareLength,
        agreement.malformedShareError,
        (share) => pair.complete(share),
      ),
  };
}

function pairOf(agreement: Agreement, pool: PairPool): Promise<ClientPair> {
  let pair = pool.get(agreement);
  if (pair === undefined) {
    pair = agreement.generate(pool);
    pool.set(agreement, pair);
  }
  return pair;
}

/** Calls a function with a peer's share; turns its errors into that of an invalid share. */
async function withPeerShare<T>(
  group: NamedGroup,
  share: Bytes,
  length: number,
  malformedShareError: SslError["name"],
  use: (share: Bytes) => Promise<T>,
): Promise<T> {
  const fail = (state: string, options: ErrorOptions = {}): SslError =>
    new SslError(malformedShareError, `Cannot use key share of ${group.name}: ${state}`, {
      ...options,
      fault: "value",
    });
  if (share.length !== length) {
    throw fail(`it is ${share.length} bytes long, not ${length}`);
  }
  try {
    return await use(share);
  } catch (cause) {
    // Our own keys are valid, so WebCrypto rejects the peer's. Its error depends on the runtime.
    throw fail("it is not a valid public value", { cause });
  }
}

/** X25519 (RFC 7748). */
const X25519: Agreement = diffieHellman({ name: "X25519" }, 32, (secret) => {
  // RFC 8446, Section 7.4.2: implementations MUST check whether the computed shared secret is the
  // all-zero value. The latest WebCrypto specification checks it too.
  if (secret.every((byte) => byte === 0)) throw new Error("The shared secret is all zeros");
});

const P256 = ecDiffieHellman("P-256", 32);
const P384 = ecDiffieHellman("P-384", 48);
const ML_KEM_768 = mlKem("ML-KEM-768");
const ML_KEM_1024 = mlKem("ML-KEM-1024");

const AGREEMENTS: Readonly<Record<NamedGroup["name"], Agreement>> = {
  x25519: X25519,
  secp256r1: P256,
  secp384r1: P384,
  secp521r1: ecDiffieHellman("P-521", 66),
  // RFC 10024: unlike in its name, and unlike in the other hybrids, ML-KEM's part comes first.
  X25519MLKEM768: hybrid(ML_KEM_768, 1184, 1088, X25519),
  SecP256r1MLKEM768: hybrid(P256, 65, 65, ML_KEM_768),
  SecP384r1MLKEM1024: hybrid(P384, 97, 97, ML_KEM_1024),
  MLKEM1024: ML_KEM_1024,
};

/**
 * ECDH over a NIST curve: shares are uncompressed points, the secret is the x-coordinate with
 * leading zeros.
 */
function ecDiffieHellman(namedCurve: string, coordinateLength: number): Agreement {
  const algorithm: EcKeyGenParams = { name: "ECDH", namedCurve };
  // RFC 8446, Section 4.2.8.2: legacy_form is 4. WebCrypto would also accept compressed points of
  // that length.
  return diffieHellman(algorithm, coordinateLength, () => {}, 4);
}

function diffieHellman(
  algorithm: EcKeyGenParams | Algorithm,
  secretLength: number,
  checkSecret: (secret: Bytes) => void,
  leadingByte?: number,
): Agreement {
  const { subtle } = crypto;

  async function generatePair(): Promise<CryptoKeyPair> {
    const pair = await subtle.generateKey(algorithm, false, ["deriveBits"]);
    if (!("privateKey" in pair)) throw new TypeError(`${algorithm.name} has no key pairs`);
    return pair;
  }

  function importShare(share: Bytes): Promise<CryptoKey> {
    if (leadingByte !== undefined && share[0] !== leadingByte) {
      throw new Error(`The point begins with ${share[0]}, not ${leadingByte}`);
    }
    return subtle.importKey("raw", share, algorithm, true, []);
  }

  function agree({ privateKey }: CryptoKeyPair, publicKey: CryptoKey): Promise<ArrayBuffer> {
    const params = { name: algorithm.name, public: publicKey };
    return subtle.deriveBits(params, privateKey, 8 * secretLength);
  }

  function checked(bits: ArrayBuffer): Bytes {
    const secret = new Uint8Array(bits);
    checkSecret(secret);
    return secret;
  }

  return {
    malformedShareError: "SSL_ERROR_RX_MALFORMED_KEY_SHARE",
    async generate() {
      const pair = await generatePair();
      return {
        publicKey: new Uint8Array(await subtle.exportKey("raw", pair.publicKey)),
        complete: async (peerShare) => checked(await agree(pair, await importShare(peerShare))),
      };
    },
    async respond(clientShare) {
      const [publicKey, pair] = await Promise.all([importShare(clientShare), generatePair()]);
      const [serverShare, bits] = await Promise.all([
        subtle.exportKey("raw", pair.publicKey),
        agree(pair, publicKey),
      ]);
      return { serverShare: new Uint8Array(serverShare), sharedSecret: checked(bits) };
    },
  };
}

/**
 * The part of WebCrypto that TypeScript's library lacks
 * (https://wicg.github.io/webcrypto-modern-algos/).
 */
interface EncapsulatingCrypto {
  generateKey(
    algorithm: string,
    extractable: boolean,
    keyUsages: readonly ("encapsulateBits" | "decapsulateBits")[],
  ): Promise<CryptoKeyPair>;
  importKey(
    format: "raw-public",
    keyData: Bytes,
    algorithm: string,
    extractable: boolean,
    keyUsages: readonly "encapsulateBits"[],
  ): Promise<CryptoKey>;
  exportKey(format: "raw-public", key: CryptoKey): Promise<ArrayBuffer>;
  encapsulateBits(
    algorithm: string,
    encapsulationKey: CryptoKey,
  ): Promise<{ readonly sharedKey: ArrayBuffer; readonly ciphertext: ArrayBuffer }>;
  decapsulateBits(
    algorithm: string,
    decapsulationKey: CryptoKey,
    ciphertext: Bytes,
  ): Promise<ArrayBuffer>;
}

/** ML-KEM (FIPS 203): the client sends an encapsulation key, the server a ciphertext. */
function mlKem(algorithm: string): Agreement {
  const subtle = crypto.subtle as SubtleCrypto & EncapsulatingCrypto;
  return {
    malformedShareError: "SSL_ERROR_RX_MALFORMED_KEY_SHARE",
    async generate() {
      const pair = await subtle.generateKey(algorithm, false, [
        "encapsulateBits",
        "decapsulateBits",
      ]);
      return {
        publicKey: new Uint8Array(await subtle.exportKey("raw-public", pair.publicKey)),
        complete: async (peerShare) =>
          new Uint8Array(
            await withoutWarning(() =>
              subtle.decapsulateBits(algorithm, pair.privateKey, peerShare)
            ),
          ),
      };
    },
    async respond(clientShare) {
      const key = await subtle.importKey("raw-public", clientShare, algorithm, true, [
        "encapsulateBits",
      ]);
      // This call, not the import, checks the encapsulation key (FIPS 203).
      const { ciphertext, sharedKey } = await withoutWarning(() =>
        subtle.encapsulateBits(algorithm, key)
      );
      return { serverShare: new Uint8Array(ciphertext), sharedSecret: new Uint8Array(sharedKey) };
    },
  };
}

/** A hybrid of two agreements: shares and secrets are concatenated (RFC 9954, Section 3). */
function hybrid(
  first: Agreement,
  firstClientLength: number,
  firstServerLength: number,
  second: Agreement,
): Agreement {
  return {
    malformedShareError: "SSL_ERROR_RX_MALFORMED_HYBRID_KEY_SHARE",
    async generate(pool) {
      const [one, two] = await Promise.all([pairOf(first, pool), pairOf(second, pool)]);
      return {
        publicKey: concat([one.publicKey, two.publicKey]),
        complete: async (peerShare) => {
          const [oneSecret, twoSecret] = await Promise.all([
            one.complete(peerShare.subarray(0, firstServerLength)),
            two.complete(peerShare.subarray(firstServerLength)),
          ]);
          return concatSecrets(oneSecret, twoSecret);
        },
      };
    },
    async respond(clientShare) {
      const [one, two] = await Promise.all([
        first.respond(clientShare.subarray(0, firstClientLength)),
        second.respond(clientShare.subarray(firstClientLength)),
      ]);
      return {
        serverShare: concat([one.serverShare, two.serverShare]),
        sharedSecret: concatSecrets(one.sharedSecret, two.sharedSecret),
      };
    },
  };
}

function concatSecrets(first: Bytes, second: Bytes): Bytes {
  const whole = concat([first, second]);
  first.fill(0);
  second.fill(0);
  return whole;
}
