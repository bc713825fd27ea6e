// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The TLS 1.3 key schedule (RFC 8446, Section 7.1), a chain of types: each secret hands out what is derived
 * from it and the next one, so that the order cannot be got wrong.
 *
 * WebCrypto's HKDF is Extract and Expand in one call. Therefore the three extracted secrets are never computed
 * on their own: each is kept as the salt and the input keying material of its Extract, and what is derived right
 * under it costs one call. Below them Expand alone is needed, which is one HMAC for up to a hash's length.
 *
 * @module
 */

import { NssError } from "../../cert/base/errors.ts";
import type { CipherSuite } from "../tables/cipher_suites.ts";
import { Writer } from "../wire/writer.ts";

/** The hash function of a cipher suite, by its WebCrypto name. */
export type CipherSuiteHash = CipherSuite["hash"];

const HASH_LENGTHS: Readonly<Record<CipherSuiteHash, number>> = { "SHA-256": 32, "SHA-384": 48 };

const LABEL_PREFIX = "tls13 ";
const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();

/** What a record protection is keyed with. */
export interface KeyAndIv {
  /** The AEAD key, not extractable. */
  readonly key: CryptoKey;
  /** The static part of every nonce. */
  readonly iv: Uint8Array<ArrayBuffer>;
}

/**
 * Values that are the same in every handshake, computed once for each hash function.
 *
 * Without a PSK the Early Secret is Extract(0, 0), and so what is derived from it is public.
 */
class HashConstants {
  static readonly #byHash = new Map<CipherSuiteHash, HashConstants>();

  readonly zeros: Uint8Array<ArrayBuffer>;
  readonly emptyHash: Promise<Uint8Array<ArrayBuffer>>;
  /** The input keying material of the Master Secret, and of the Early Secret where there is no PSK. */
  readonly zeroKey: Promise<CryptoKey>;
  /** Derive-Secret(Early Secret, "derived", "") where there is no PSK. */
  readonly derivedWithoutPsk: Promise<Uint8Array<ArrayBuffer>>;

  constructor(hash: CipherSuiteHash) {
    this.zeros = new Uint8Array(HASH_LENGTHS[hash]);
    this.emptyHash = crypto.subtle.digest(hash, EMPTY).then((digest) => new Uint8Array(digest));
    this.zeroKey = importHkdfKey(this.zeros);
    this.derivedWithoutPsk = Promise.all([this.zeroKey, this.emptyHash])
      .then(([zeroKey, emptyHash]) =>
        extractThenExpand(hash, zeroKey, this.zeros, "derived", emptyHash)
      );
    // Whoever needs them reports a failure.
    this.emptyHash.catch(() => {});
    this.zeroKey.catch(() => {});
    this.derivedWithoutPsk.catch(() => {});
  }

  static of(hash: CipherSuiteHash): HashConstants {
    let constants = this.#byHash.get(hash);
    if (constants === undefined) {
      constants = new HashConstants(hash);
      this.#byHash.set(hash, constants);
    }
    return constants;
  }
}

/** What derivations from an extracted secret need. */
interface ExtractInputs {
  readonly inputKey: CryptoKey;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly emptyHash: Uint8Array<ArrayBuffer>;
}

/** A secret that comes out of an Extract, kept as what goes into it. */
export abstract class ExtractedSecret {
  /** The hash function of the schedule. */
  readonly hash: CipherSuiteHash;
  readonly #inputs: Promise<ExtractInputs>;

  /** Takes the input keying material and the salt of the Extract. */
  constructor(
    hash: CipherSuiteHash,
    inputKey: Promise<CryptoKey>,
    salt: Promise<Uint8Array<ArrayBuffer>>,
  ) {
    this.hash = hash;
    this.#inputs = Promise.all([inputKey, salt, HashConstants.of(hash).emptyHash])
      .then(([inputKey, salt, emptyHash]) => ({ inputKey, salt, emptyHash }));
    this.#inputs.catch(() => {}); // each derivation reports it
  }

  /**
   * Overwrites the salt, after the derivations that were begun: nothing right is derived from this secret any more.
   *
   * What was derived before is not affected.
   */
  forget(): void {
    this.#inputs.then(({ salt }) => salt.fill(0), () => {});
  }

  /** Derive-Secret(this, label, messages), given the hash of the messages; `null` is that of none. */
  protected async deriveSecret(
    label: string,
    transcriptHash: Uint8Array<ArrayBuffer> | null,
  ): Promise<Uint8Array<ArrayBuffer>> {
    // The only await before WebCrypto takes its copies: so a forget() called later comes later.
    const { inputKey, salt, emptyHash } = await this.#inputs;
    return await extractThenExpand(this.hash, inputKey, salt, label, transcriptHash ?? emptyHash);
  }

  /** Derive-Secret(this, "derived", ""): the salt of the next Extract. */
  protected deriveSalt(): Promise<Uint8Array<ArrayBuffer>> {
    return this.deriveSecret("derived", null);
  }
}

/**
 * The Early Secret.
 *
 * ```text
 *              0
 *              |
 *              v
 *    PSK ->  HKDF-Extract = Early Secret
 *              |
 *              +-----> Derive-Secret(., "ext binder" | "res binder", "")
 *              |                     = binder_key
 *              |
 *              +-----> Derive-Secret(., "c e traffic", ClientHello)
 *              |                     = client_early_traffic_secret
 *              |
 *              +-----> Derive-Secret(., "e exp master", ClientHello)
 *              |                     = early_exporter_master_secret
 *              v
 *        Derive-Secret(., "derived", "")
 * ```
 */
export class EarlySecret extends ExtractedSecret {
  readonly #hasPsk: boolean;

  private constructor(hash: CipherSuiteHash, inputKey: Promise<CryptoKey>, hasPsk: boolean) {
    const { zeros } = HashConstants.of(hash);
    super(hash, inputKey, Promise.resolve(zeros));
    this.#hasPsk = hasPsk;
  }

  /**
   * The Early Secret of a PSK.
   *
   * @param hash The hash function of the PSK.
   * @param psk The PSK, which stays the caller's.
   * @returns The secret.
   */
  static fromPsk(hash: CipherSuiteHash, psk: Uint8Array<ArrayBuffer>): EarlySecret {
    return new EarlySecret(hash, importHkdfKey(psk), true);
  }

  /**
   * The Early Secret of a handshake without a PSK.
   *
   * @param hash The hash function of the cipher suite.
   * @returns The secret.
   */
  static withoutPsk(hash: CipherSuiteHash): EarlySecret {
    return new EarlySecret(hash, HashConstants.of(hash).zeroKey, false);
  }

  /**
   * The key of the PSK's binder.
   *
   * @param kind Whether the PSK was agreed upon outside of TLS ("ext") or comes from a ticket ("res").
   * @returns The key; its `finishedMac` is the binder.
   */
  async binderKey(kind: "ext" | "res"): Promise<BinderKey> {
    return new BinderKey(this.hash, await this.deriveSecret(`${kind} binder`, null));
  }

  /**
   * The secret of 0-RTT data.
   *
   * @param transcriptHash The hash of the ClientHello.
   * @returns `client_early_traffic_secret`.
   */
  async clientEarlyTrafficSecret(transcriptHash: Uint8Array<ArrayBuffer>): Promise<TrafficSecret> {
    return new TrafficSecret(this.hash, await this.deriveSecret("c e traffic", transcriptHash));
  }

  /**
   * The secret of exporters that are used before the handshake is complete.
   *
   * @param transcriptHash The hash of the ClientHello.
   * @returns `early_exporter_master_secret`.
   */
  async earlyExporterMasterSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<ExporterMasterSecret> {
    return new ExporterMasterSecret(
      this.hash,
      await this.deriveSecret("e exp master", transcriptHash),
    );
  }

  /**
   * Goes on to the Handshake Secret.
   *
   * @param sharedSecret The (EC)DHE shared secret, overwritten with zeros; `null` for a PSK alone.
   * @returns The Handshake Secret.
   */
  enterHandshake(sharedSecret: Uint8Array<ArrayBuffer> | null): HandshakeSecret {
    const { zeroKey, derivedWithoutPsk } = HashConstants.of(this.hash);
    const salt = this.#hasPsk ? this.deriveSalt() : derivedWithoutPsk.then((it) => it.slice());
    if (sharedSecret === null) return new HandshakeSecret(this.hash, zeroKey, salt);
    const inputKey = importHkdfKey(sharedSecret);
    sharedSecret.fill(0); // importKey took its copy at the call
    return new HandshakeSecret(this.hash, inputKey, salt);
  }
}

/**
 * The Handshake Secret.
 *
 * ```text
 *        Derive-Secret(., "derived", "")
 *              |
 *              v
 *    (EC)DHE -> HKDF-Extract = Handshake Secret
 *              |
 *              +-----> Derive-Secret(., "c hs traffic", ClientHello...ServerHello)
 *              |                     = client_handshake_traffic_secret
 *              |
 *              +-----> Derive-Secret(., "s hs traffic", ClientHello...ServerHello)
 *              |                     = server_handshake_traffic_secret
 *              v
 *        Derive-Secret(., "derived", "")
 * ```
 */
export class HandshakeSecret extends ExtractedSecret {
  readonly #derived: Promise<Uint8Array<ArrayBuffer>>;

  /** Takes the input keying material and the salt of the Extract; see `EarlySecret.enterHandshake`. */
  constructor(
    hash: CipherSuiteHash,
    inputKey: Promise<CryptoKey>,
    salt: Promise<Uint8Array<ArrayBuffer>>,
  ) {
    super(hash, inputKey, salt);
    this.#derived = this.deriveSalt(); // started here to run beside the traffic secrets
    this.#derived.catch(() => {});
  }

  /**
   * The secret of the client's handshake messages.
   *
   * @param transcriptHash The hash of ClientHello...ServerHello.
   * @returns `client_handshake_traffic_secret`.
   */
  async clientHandshakeTrafficSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<TrafficSecret> {
    return new TrafficSecret(this.hash, await this.deriveSecret("c hs traffic", transcriptHash));
  }

  /**
   * The secret of the server's handshake messages.
   *
   * @param transcriptHash The hash of ClientHello...ServerHello.
   * @returns `server_handshake_traffic_secret`.
   */
  async serverHandshakeTrafficSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<TrafficSecret> {
    return new TrafficSecret(this.hash, await this.deriveSecret("s hs traffic", transcriptHash));
  }

  /**
   * Goes on to the Master Secret.
   *
   * @returns The Master Secret.
   */
  enterMaster(): MasterSecret {
    return new MasterSecret(this.hash, HashConstants.of(this.hash).zeroKey, this.#derived);
  }
}

/**
 * The Master Secret.
 *
 * ```text
 *        Derive-Secret(., "derived", "")
 *              |
 *              v
 *    0 -> HKDF-Extract = Master Secret
 *              |
 *              +-----> Derive-Secret(., "c ap traffic", ClientHello...server Finished)
 *              |                     = client_application_traffic_secret_0
 *              |
 *              +-----> Derive-Secret(., "s ap traffic", ClientHello...server Finished)
 *              |                     = server_application_traffic_secret_0
 *              |
 *              +-----> Derive-Secret(., "exp master", ClientHello...server Finished)
 *              |                     = exporter_master_secret
 *              |
 *              +-----> Derive-Secret(., "res master", ClientHello...client Finished)
 *                                    = resumption_master_secret
 * ```
 */
export class MasterSecret extends ExtractedSecret {
  /**
   * The first secret of the client's application data.
   *
   * @param transcriptHash The hash of ClientHello...server Finished.
   * @returns `client_application_traffic_secret_0`.
   */
  async clientApplicationTrafficSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<TrafficSecret> {
    return new TrafficSecret(this.hash, await this.deriveSecret("c ap traffic", transcriptHash));
  }

  /**
   * The first secret of the server's application data.
   *
   * @param transcriptHash The hash of ClientHello...server Finished.
   * @returns `server_application_traffic_secret_0`.
   */
  async serverApplicationTrafficSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<TrafficSecret> {
    return new TrafficSecret(this.hash, await this.deriveSecret("s ap traffic", transcriptHash));
  }

  /**
   * The secret that exporters start from.
   *
   * @param transcriptHash The hash of ClientHello...server Finished.
   * @returns `exporter_master_secret`.
   */
  async exporterMasterSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<ExporterMasterSecret> {
    return new ExporterMasterSecret(
      this.hash,
      await this.deriveSecret("exp master", transcriptHash),
    );
  }

  /**
   * The secret that the PSKs of tickets come from.
   *
   * @param transcriptHash The hash of ClientHello...client Finished.
   * @returns `resumption_master_secret`.
   */
  async resumptionMasterSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<ResumptionMasterSecret> {
    return new ResumptionMasterSecret(
      this.hash,
      await this.deriveSecret("res master", transcriptHash),
    );
  }
}

/**
 * A secret that is only expanded. Its bytes are overwritten when it is first used: from then on it is a
 * non-extractable HMAC key.
 */
export abstract class ExpandedSecret {
  /** The hash function of the schedule. */
  readonly hash: CipherSuiteHash;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #key: Promise<CryptoKey> | undefined;

  /** Takes the secret over. */
  constructor(hash: CipherSuiteHash, secret: Uint8Array<ArrayBuffer>) {
    this.hash = hash;
    this.#bytes = secret;
  }

  /**
   * A copy of the secret for a key log, which must be taken before anything is derived from the secret.
   *
   * @returns The secret.
   * @throws {NssError} `SEC_ERROR_LIBRARY_FAILURE` if the secret is in use, and its bytes are gone.
   */
  bytesForKeyLog(): Uint8Array<ArrayBuffer> {
    if (this.#bytes === undefined) {
      throw new NssError(
        "SEC_ERROR_LIBRARY_FAILURE",
        "Cannot log secret: it is in use and its bytes are overwritten",
      );
    }
    return this.#bytes.slice();
  }

  /** HKDF-Expand-Label(this, label, context, length), length up to the hash's: one HMAC. */
  protected async expandLabel(
    label: string,
    context: Uint8Array,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const info = hkdfLabel(length, label, context, true);
    const block = await crypto.subtle.sign("HMAC", await this.hmacKey(), info);
    return new Uint8Array(block, 0, length);
  }

  /** The secret as HMAC key. */
  protected hmacKey(): Promise<CryptoKey> {
    if (this.#bytes !== undefined) {
      this.#key = importHmacKey(this.hash, this.#bytes);
      this.#bytes.fill(0); // importKey took its copy at the call
      this.#bytes = undefined;
    }
    return this.#key!;
  }
}

/** A secret with a finished key under it (RFC 8446, Section 4.4.4). */
export abstract class FinishedSecret extends ExpandedSecret {
  #finishedKey: Promise<CryptoKey> | undefined;

  /**
   * `verify_data` of a Finished message, or a PSK binder.
   *
   * @param transcriptHash The hash of the messages before it.
   * @returns The MAC.
   */
  async finishedMac(transcriptHash: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#finished(), transcriptHash));
  }

  /**
   * Whether a peer's `verify_data` or binder is right, compared in constant time.
   *
   * @param transcriptHash The hash of the messages before it.
   * @param verifyData The peer's MAC.
   * @returns Whether it is right.
   */
  async verifyFinished(
    transcriptHash: Uint8Array<ArrayBuffer>,
    verifyData: Uint8Array<ArrayBuffer>,
  ): Promise<boolean> {
    return await crypto.subtle.verify("HMAC", await this.#finished(), verifyData, transcriptHash);
  }

  /** Begins to derive the finished key, so that it is at hand when the messages before Finished are. */
  prepareFinished(): void {
    this.#finished().catch(() => {}); // whoever uses the key reports it
  }

  #finished(): Promise<CryptoKey> {
    return this.#finishedKey ??= this.#deriveFinishedKey();
  }

  async #deriveFinishedKey(): Promise<CryptoKey> {
    const finishedKey = await this.expandLabel("finished", EMPTY, HASH_LENGTHS[this.hash]);
    const imported = importHmacKey(this.hash, finishedKey);
    finishedKey.fill(0);
    return await imported;
  }
}

/** The key of a PSK binder, which is computed as a Finished message is (RFC 8446, Section 4.2.11.2). */
export class BinderKey extends FinishedSecret {
}

/** How an AEAD's key is imported. */
const AEAD_KEY_FORMATS = {
  "AES-GCM": "raw",
  "ChaCha20-Poly1305": "raw-secret",
} as const satisfies Record<CipherSuite["aead"], KeyFormat>;

/** RFC 8446, Section 5.3: both AEADs have nonces of twelve bytes. */
const IV_LENGTH = 12;

/** The secret of one direction's records (RFC 8446, Sections 7.2 and 7.3). */
export class TrafficSecret extends FinishedSecret {
  /**
   * The key and iv that protect records.
   *
   * @param suite The cipher suite.
   * @returns The key, not extractable, and the iv.
   */
  async keyAndIv(suite: Pick<CipherSuite, "aead" | "keyLength">): Promise<KeyAndIv> {
    const [key, iv] = await Promise.all([
      this.expandLabel("key", EMPTY, suite.keyLength),
      this.expandLabel("iv", EMPTY, IV_LENGTH),
    ]);
    const imported = crypto.subtle.importKey(
      AEAD_KEY_FORMATS[suite.aead],
      key,
      suite.aead,
      false,
      ["encrypt", "decrypt"],
    );
    new Uint8Array(key.buffer).fill(0); // the whole HMAC block, of which the key is a part
    return { key: await imported, iv };
  }

  /**
   * The secret after a KeyUpdate.
   *
   * @returns `application_traffic_secret_N+1`.
   */
  async next(): Promise<TrafficSecret> {
    return new TrafficSecret(
      this.hash,
      await this.expandLabel("traffic upd", EMPTY, HASH_LENGTHS[this.hash]),
    );
  }
}

/** The secret that the PSKs of tickets come from. */
export class ResumptionMasterSecret extends ExpandedSecret {
  /**
   * The PSK of a ticket (RFC 8446, Section 4.6.1).
   *
   * @param ticketNonce The ticket's nonce.
   * @returns The PSK.
   */
  async resumptionPsk(ticketNonce: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    return await this.expandLabel("resumption", ticketNonce, HASH_LENGTHS[this.hash]);
  }
}

/** The secret that exporters start from. */
export class ExporterMasterSecret extends ExpandedSecret {
  /**
   * Derive-Secret(this, label, ""), the key of one label's exporter.
   *
   * @param label The exporter's label.
   * @returns The secret of the label.
   */
  async deriveSecret(label: string): Promise<Uint8Array<ArrayBuffer>> {
    const { emptyHash } = HashConstants.of(this.hash);
    return await this.expandLabel(label, await emptyHash, HASH_LENGTHS[this.hash]);
  }
}

/** The longest label that fits into an HkdfLabel behind its prefix. */
const MAX_LABEL_LENGTH = 255 - LABEL_PREFIX.length;

/**
 * Exports keying material (RFC 8446, Section 7.5).
 *
 * @param exporterMasterSecret The (early) exporter master secret.
 * @param label The exporter's label.
 * @param context The exporter's context; in TLS 1.3 none is the same as an empty one.
 * @param length How many bytes to export.
 * @returns The keying material.
 * @throws {RangeError} If the label or the length is out of range.
 */
export async function exportKeyingMaterial(
  exporterMasterSecret: ExporterMasterSecret,
  label: string,
  context: Uint8Array<ArrayBuffer> | null,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { hash } = exporterMasterSecret;
  const hashLength = HASH_LENGTHS[hash];
  const labelLength = encoder.encode(label).length;
  if (labelLength > MAX_LABEL_LENGTH) {
    throw new RangeError(
      `Cannot export keying material: label is ${labelLength} bytes long, more than ${MAX_LABEL_LENGTH}`,
    );
  }
  if (!Number.isInteger(length) || length < 0 || length > 255 * hashLength) {
    throw new RangeError(
      `Cannot export keying material: length ${length} is not within 0 to ${255 * hashLength}`,
    );
  }
  const [secret, contextHash] = await Promise.all([
    exporterMasterSecret.deriveSecret(label),
    crypto.subtle.digest(hash, context ?? EMPTY),
  ]);
  const key = importHmacKey(hash, secret);
  secret.fill(0);
  const info = hkdfLabel(length, "exporter", new Uint8Array(contextHash), false);
  return await expand(await key, hashLength, info, length);
}

/** HKDF-Expand (RFC 5869, Section 2.3): T(i) = HMAC(key, T(i-1) | info | i), concatenated. */
async function expand(
  key: CryptoKey,
  hashLength: number,
  info: Uint8Array,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const output = new Uint8Array(length);
  const input = new Uint8Array(hashLength + info.length + 1);
  input.set(info, hashLength);
  for (let offset = 0, count = 1; offset < length; offset += hashLength, count++) {
    input[input.length - 1] = count;
    // Each block is the next one's input: these awaits cannot overlap.
    const block = new Uint8Array(
      await crypto.subtle.sign("HMAC", key, count === 1 ? input.subarray(hashLength) : input),
    );
    output.set(block.subarray(0, length - offset), offset);
    input.set(block);
    block.fill(0);
  }
  input.fill(0);
  return output;
}

/** HKDF-Expand-Label(HKDF-Extract(salt, input), label, context, hash length), in one call. */
async function extractThenExpand(
  hash: CipherSuiteHash,
  inputKey: CryptoKey,
  salt: Uint8Array<ArrayBuffer>,
  label: string,
  context: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = HASH_LENGTHS[hash];
  const info = hkdfLabel(length, label, context, false);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "HKDF", hash, salt, info }, inputKey, 8 * length),
  );
}

/**
 * ```text
 * struct {
 *     uint16 length = Length;
 *     opaque label<7..255> = "tls13 " + Label;
 *     opaque context<0..255> = Context;
 * } HkdfLabel;
 * ```
 */
function hkdfLabel(
  length: number,
  label: string,
  context: Uint8Array,
  firstBlock: boolean,
): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
    .u16(length)
    // RFC 8446, Section 7.1 has at least 7 bytes; an exporter's empty label, which RFC 5705 does not forbid, makes 6.
    .vector8(encoder.encode(LABEL_PREFIX + label), LABEL_PREFIX.length)
    .vector8(context);
  // HKDF-Expand's first block is HMAC(key, info | 1).
  if (firstBlock) writer.u8(1);
  return writer.finish();
}

function importHkdfKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
}

function importHmacKey(hash: CipherSuiteHash, bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash }, false, ["sign", "verify"]);
}
