// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Hybrid public key encryption in base mode (RFC 9180), as Encrypted Client Hello uses it, on
 * WebCrypto.
 *
 * @module
 */

import { concat } from "../../cert/base/bytes.ts";
import { supports } from "../../cert/base/webcrypto.ts";
import { isCipherAvailable } from "../tables/cipher_suites.ts";
import { Writer } from "../wire/writer.ts";
import { expand, importCipherKey } from "./hkdf.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A key encapsulation mechanism: DHKEM over a curve (RFC 9180, Section 4.1). */
interface Kem {
  readonly hash: HpkeHash;
  readonly algorithm: EcKeyImportParams | { readonly name: "X25519" };
  /** The length in bytes of a public key, and of an encapsulated one. */
  readonly publicKeyLength: number;
  /** The length in bytes of a Diffie-Hellman value. */
  readonly dhLength: number;
}

type HpkeHash = "SHA-256" | "SHA-384" | "SHA-512";

interface Aead {
  readonly cipher: "AES-GCM" | "ChaCha20-Poly1305";
  readonly keyLength: number;
}

/** The algorithms of an encryption (RFC 9180, Section 7). */
export interface HpkeSuite {
  /** The KEM. */
  readonly kem: number;
  /** The KDF. */
  readonly kdf: number;
  /** The AEAD. */
  readonly aead: number;
}

const HASH_LENGTHS: Readonly<Record<HpkeHash, number>> = {
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};

/** DHKEM(X25519, HKDF-SHA256), which every application of Encrypted Client Hello has. */
export const KEM_X25519 = 0x0020;
const KEM_P256 = 0x0010;

const KEMS: ReadonlyMap<number, Kem> = new Map([
  [KEM_P256, nistKem("P-256", "SHA-256", 32)],
  [0x0011, nistKem("P-384", "SHA-384", 48)],
  [0x0012, nistKem("P-521", "SHA-512", 66)],
  [KEM_X25519, {
    hash: "SHA-256",
    algorithm: { name: "X25519" },
    publicKeyLength: 32,
    dhLength: 32,
  }],
]);

function nistKem(namedCurve: string, hash: HpkeHash, dhLength: number): Kem {
  const algorithm = { name: "ECDH", namedCurve };
  return { hash, algorithm, publicKeyLength: 1 + 2 * dhLength, dhLength };
}

const KDFS: ReadonlyMap<number, HpkeHash> = new Map([
  [0x0001, "SHA-256"],
  [0x0002, "SHA-384"],
  [0x0003, "SHA-512"],
]);

const AEADS: ReadonlyMap<number, Aead> = new Map([
  [0x0001, { cipher: "AES-GCM", keyLength: 16 }],
  [0x0002, { cipher: "AES-GCM", keyLength: 32 }],
  [0x0003, { cipher: "ChaCha20-Poly1305", keyLength: 32 }],
]);

/** The length in bytes of the tag of each AEAD. */
export const HPKE_TAG_LENGTH = 16;

const NONCE_LENGTH = 12;

/** Returns whether this package and the runtime have the algorithms. */
export function isHpkeSuiteAvailable({ kem, kdf, aead }: HpkeSuite): boolean {
  const row = AEADS.get(aead);
  return isKemAvailable(kem) && KDFS.has(kdf) && row !== undefined && isCipherAvailable(row.cipher);
}

function isKemAvailable(kem: number): boolean {
  const row = KEMS.get(kem);
  return row !== undefined && supports("generateKey", row.algorithm, true);
}

/** The KEM that most applications use and the runtime has; `null` if it has none of them. */
export function commonKem(): number | null {
  return [KEM_X25519, KEM_P256].find(isKemAvailable) ?? null;
}

/** Returns whether a public key has the form of its KEM; all have it of an unknown KEM. */
export function isHpkePublicKey(kem: number, publicKey: Bytes): boolean {
  const row = KEMS.get(kem);
  if (row === undefined) return true;
  return publicKey.length === row.publicKeyLength && isUncompressed(row, publicKey);
}

/** Returns whether a private key can be used with a KEM. */
export function isHpkePrivateKey(kem: number, { type, algorithm, usages }: CryptoKey): boolean {
  const row = KEMS.get(kem);
  if (row === undefined || type !== "private" || !usages.includes("deriveBits")) return false;
  const { name, namedCurve } = { namedCurve: undefined, ...row.algorithm };
  const curve = "namedCurve" in algorithm ? algorithm.namedCurve : undefined;
  return algorithm.name === name && curve === namedCurve;
}

/** A key pair of a KEM. */
export interface HpkeKeyPair {
  /** The public key, serialized. */
  readonly publicKey: Bytes;
  /** The private key. */
  readonly privateKey: CryptoKey;
}

/**
 * Generates a key pair.
 *
 * @param kem The KEM, which must be known.
 * @param extractable Whether the private key can be exported.
 * @returns The key pair.
 */
export async function generateHpkeKeyPair(
  kem: number,
  extractable: boolean,
): Promise<HpkeKeyPair> {
  const { algorithm } = kemOf(kem);
  const pair = await crypto.subtle.generateKey(algorithm, extractable, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new TypeError(`${algorithm.name} has no key pairs`);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { publicKey, privateKey: pair.privateKey };
}

/** Imports the private key of a KEM from PKCS #8. */
export function importHpkePrivateKey(kem: number, pkcs8: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", pkcs8, kemOf(kem).algorithm, false, ["deriveBits"]);
}

/** The sender's context, and the encapsulated key to send. */
export interface HpkeSender {
  /** The encapsulated key. */
  readonly enc: Bytes;
  /** The context. */
  readonly context: HpkeContext;
}

/**
 * Sets up a sender's context (`SetupBaseS`).
 *
 * @param suite The algorithms, which must be available.
 * @param receiver The receiver's public key.
 * @param info What both ends bind the context to.
 * @param ephemeral The ephemeral key pair, for test vectors.
 * @throws {HpkeError} If the public key is invalid.
 */
export async function setupHpkeSender(
  suite: HpkeSuite,
  receiver: Bytes,
  info: Bytes,
  ephemeral?: HpkeKeyPair,
): Promise<HpkeSender> {
  const { publicKey: enc, privateKey } = ephemeral ?? await generateHpkeKeyPair(suite.kem, false);
  const shared = await sharedSecret(suite.kem, privateKey, receiver, enc, receiver);
  return { enc, context: await HpkeContext.create(suite, shared, info) };
}

/**
 * Sets up a receiver's context (`SetupBaseR`).
 *
 * @param suite The algorithms, which must be available.
 * @param receiver The receiver's key pair.
 * @param enc The encapsulated key.
 * @param info What both ends bind the context to.
 * @throws {HpkeError} If the encapsulated key is invalid.
 */
export async function setupHpkeReceiver(
  suite: HpkeSuite,
  { publicKey, privateKey }: HpkeKeyPair,
  enc: Bytes,
  info: Bytes,
): Promise<HpkeContext> {
  const shared = await sharedSecret(suite.kem, privateKey, enc, enc, publicKey);
  return await HpkeContext.create(suite, shared, info);
}

/** The error for a public key that is invalid, or a ciphertext that does not decrypt. */
export class HpkeError extends Error {
  /** The name of the class. */
  override readonly name = "HpkeError";
}

/** A context, which encrypts or decrypts one message after the other. */
export class HpkeContext {
  readonly #cipher: Aead["cipher"];
  readonly #key: CryptoKey;
  readonly #baseNonce: Bytes;
  #sequence = 0;

  private constructor(cipher: Aead["cipher"], key: CryptoKey, baseNonce: Bytes) {
    this.#cipher = cipher;
    this.#key = key;
    this.#baseNonce = baseNonce;
  }

  /** Creates a context from the shared secret (RFC 9180, Section 5.1), which it erases. */
  static async create(
    { kem, kdf, aead }: HpkeSuite,
    shared: Bytes,
    info: Bytes,
  ): Promise<HpkeContext> {
    const hash = KDFS.get(kdf)!;
    const { cipher, keyLength } = AEADS.get(aead)!;
    const id = new Writer().bytes(ascii("HPKE")).u16(kem).u16(kdf).u16(aead).finish();
    const [pskIdHash, infoHash, secret] = await Promise.all([
      labeledExtract(hash, id, EMPTY, "psk_id_hash", EMPTY),
      labeledExtract(hash, id, EMPTY, "info_hash", info),
      labeledExtract(hash, id, shared, "secret", EMPTY),
    ]);
    const context = concat([new Uint8Array([MODE_BASE]), pskIdHash, infoHash]);
    shared.fill(0);
    const prk = await importHmac(hash, secret);
    secret.fill(0); // importKey has copied it
    const [key, baseNonce] = await Promise.all([
      labeledExpand(hash, id, prk, "key", context, keyLength),
      labeledExpand(hash, id, prk, "base_nonce", context, NONCE_LENGTH),
    ]);
    const imported = await importCipherKey(cipher, key);
    key.fill(0); // importKey has copied it
    return new HpkeContext(cipher, imported, baseNonce);
  }

  /** Encrypts the next message. */
  async seal(aad: Bytes, plaintext: Bytes): Promise<Bytes> {
    const params = this.#next(aad);
    return new Uint8Array(await crypto.subtle.encrypt(params, this.#key, plaintext));
  }

  /**
   * Decrypts the next message. A message that does not decrypt takes no sequence number.
   *
   * @throws {HpkeError} If it was not encrypted so.
   */
  async open(aad: Bytes, ciphertext: Bytes): Promise<Bytes> {
    const params = this.#next(aad);
    try {
      return new Uint8Array(await crypto.subtle.decrypt(params, this.#key, ciphertext));
    } catch (cause) {
      this.#sequence--;
      const isFailure = cause instanceof DOMException && cause.name === "OperationError";
      throw isFailure ? new HpkeError("It does not decrypt", { cause }) : cause;
    }
  }

  /** Skips a message, which another receiver has decrypted. */
  skip(): void {
    this.#sequence++;
  }

  #next(additionalData: Bytes): AesGcmParams {
    const iv = this.#baseNonce.slice();
    const view = new DataView(iv.buffer);
    // Messages are few: a handshake has two.
    view.setUint32(NONCE_LENGTH - 4, view.getUint32(NONCE_LENGTH - 4) ^ this.#sequence++);
    return { name: this.#cipher, iv, additionalData };
  }
}

const MODE_BASE = 0;
const EMPTY = new Uint8Array(0);

function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

function kemOf(id: number): Kem {
  const kem = KEMS.get(id);
  if (kem === undefined) throw new TypeError(`Cannot use KEM ${id}: it is unknown`);
  return kem;
}

/** RFC 9180, Section 7.1.1: points are uncompressed; WebCrypto would take others. */
function isUncompressed({ algorithm }: Kem, publicKey: Bytes): boolean {
  return algorithm.name === "X25519" || publicKey[0] === 4;
}

/** `Encap` and `Decap` of DHKEM (RFC 9180, Section 4.1). */
async function sharedSecret(
  id: number,
  privateKey: CryptoKey,
  peer: Bytes,
  enc: Bytes,
  receiver: Bytes,
): Promise<Bytes> {
  const kem = kemOf(id);
  const { hash } = kem;
  const dh = await agree(kem, privateKey, peer);
  const suiteId = new Writer().bytes(ascii("KEM")).u16(id).finish();
  const extracted = await labeledExtract(hash, suiteId, EMPTY, "eae_prk", dh);
  dh.fill(0);
  const prk = await importHmac(hash, extracted);
  extracted.fill(0); // importKey has copied it
  const context = concat([enc, receiver]);
  return await labeledExpand(hash, suiteId, prk, "shared_secret", context, HASH_LENGTHS[hash]);
}

/** The Diffie-Hellman value. */
async function agree(
  kem: Kem,
  privateKey: CryptoKey,
  peer: Bytes,
): Promise<Bytes> {
  const { algorithm, dhLength, publicKeyLength } = kem;
  if (peer.length !== publicKeyLength || !isUncompressed(kem, peer)) {
    throw new HpkeError("The public key has another form");
  }
  let dh;
  try {
    const publicKey = await crypto.subtle.importKey("raw", peer, algorithm, true, []);
    const params = { name: algorithm.name, public: publicKey };
    dh = new Uint8Array(await crypto.subtle.deriveBits(params, privateKey, 8 * dhLength));
  } catch (cause) {
    // Our own key is valid, so WebCrypto rejects the peer's. Its error depends on the runtime.
    throw new HpkeError("The public key is invalid", { cause });
  }
  // RFC 9180, Section 7.1.4: for X25519 the all-zero value MUST be refused.
  if (dh.every((byte) => byte === 0)) throw new HpkeError("The shared secret is all zeros");
  return dh;
}

/** `LabeledExtract` (RFC 9180, Section 4). */
async function labeledExtract(
  hash: HpkeHash,
  suiteId: Bytes,
  salt: Bytes,
  label: string,
  input: Bytes,
): Promise<Bytes> {
  // RFC 5869, Section 2.2: no salt is the hash's length of zeros; WebCrypto takes no empty key.
  const key = await importHmac(hash, salt.length > 0 ? salt : new Uint8Array(HASH_LENGTHS[hash]));
  const labeled = concat([HPKE_V1, suiteId, ascii(label), input]);
  const extracted = new Uint8Array(await crypto.subtle.sign("HMAC", key, labeled));
  labeled.fill(0);
  return extracted;
}

/** `LabeledExpand` (RFC 9180, Section 4). */
function labeledExpand(
  hash: HpkeHash,
  suiteId: Bytes,
  prk: CryptoKey,
  label: string,
  info: Bytes,
  length: number,
): Promise<Bytes> {
  const labeled = new Writer(256).u16(length).bytes(HPKE_V1).bytes(suiteId).bytes(ascii(label))
    .bytes(info).finish();
  return expand(prk, HASH_LENGTHS[hash], labeled, length);
}

const HPKE_V1 = ascii("HPKE-v1");

function importHmac(hash: HpkeHash, bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash }, false, ["sign"]);
}
