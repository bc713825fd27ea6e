// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The secrets of the key schedule that are only expanded, with one HMAC per derived key.
 *
 * @module
 */

import { NssError } from "../../cert/base/errors.ts";
import type { CipherSuite } from "../tables/cipher_suites.ts";
import { HashConstants } from "./hash_constants.ts";
import {
  type CipherSuiteHash,
  encodeLabel,
  expandLabel,
  HASH_LENGTHS,
  importCipherKey,
  importHmacKey,
} from "./hkdf.ts";

const EMPTY = new Uint8Array(0);

const LABELS = {
  finished: encodeLabel("finished"),
  key: encodeLabel("key"),
  iv: encodeLabel("iv"),
  trafficUpdate: encodeLabel("traffic upd"),
  resumption: encodeLabel("resumption"),
};

/** The key and IV of a record protection. */
export interface KeyAndIv {
  /** The AEAD key, not extractable. */
  readonly key: CryptoKey;
  /** The IV, with which sequence numbers are XORed to nonces. */
  readonly iv: Uint8Array<ArrayBuffer>;
}

/**
 * A secret that is only expanded. On first use its bytes are imported as a non-extractable HMAC key
 * and overwritten.
 */
export abstract class ExpandedSecret {
  /** The hash function of the key schedule. */
  readonly hash: CipherSuiteHash;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #key: Promise<CryptoKey> | undefined;

  /** Creates a secret, which owns the bytes. */
  constructor(hash: CipherSuiteHash, secret: Uint8Array<ArrayBuffer>) {
    this.hash = hash;
    this.#bytes = secret;
  }

  /**
   * Returns a copy of the secret for a key log, or for an exporter that cannot wait; to be called
   * before anything is derived from it.
   *
   * @returns The secret.
   * @throws {NssError} `SEC_ERROR_LIBRARY_FAILURE` if the bytes have been overwritten.
   */
  bytesForKeyLog(): Uint8Array<ArrayBuffer> {
    if (this.#bytes === undefined) {
      throw new NssError(
        "SEC_ERROR_LIBRARY_FAILURE",
        "Cannot copy secret: it is in use and its bytes are overwritten",
      );
    }
    return this.#bytes.slice();
  }

  /** HKDF-Expand-Label(this, label, context, hash length), with an encoded label. */
  protected async expand(
    label: Uint8Array,
    context: Uint8Array = EMPTY,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const length = HASH_LENGTHS[this.hash];
    return new Uint8Array(await expandLabel(await this.hmacKey(), label, context, length));
  }

  /** Returns the secret as an HMAC key. */
  protected hmacKey(): Promise<CryptoKey> {
    if (this.#bytes !== undefined) {
      this.#key = importHmacKey(this.hash, this.#bytes);
      this.#bytes.fill(0); // importKey has copied it
      this.#bytes = undefined;
    }
    return this.#key!;
  }
}

/** A secret from which a finished key is derived (RFC 8446, Section 4.4.4). */
export abstract class FinishedSecret extends ExpandedSecret {
  #finishedKey: Promise<CryptoKey> | undefined;

  /**
   * Returns the `verify_data` of a Finished message, or a PSK binder.
   *
   * @param transcriptHash The hash of the messages before it.
   * @returns The MAC.
   */
  async finishedMac(transcriptHash: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#finished(), transcriptHash));
  }

  /**
   * Returns whether a peer's `verify_data` or binder is correct, in constant time.
   *
   * @param transcriptHash The hash of the messages before it.
   * @param verifyData The peer's MAC.
   * @returns Whether it is correct.
   */
  async verifyFinished(
    transcriptHash: Uint8Array<ArrayBuffer>,
    verifyData: Uint8Array<ArrayBuffer>,
  ): Promise<boolean> {
    return await crypto.subtle.verify("HMAC", await this.#finished(), verifyData, transcriptHash);
  }

  /** Starts to derive the finished key before it is needed. */
  prepareFinished(): void {
    this.#finished().catch(() => {}); // reported when the key is used
  }

  #finished(): Promise<CryptoKey> {
    return this.#finishedKey ??= this.#deriveFinishedKey();
  }

  async #deriveFinishedKey(): Promise<CryptoKey> {
    const finishedKey = await this.expand(LABELS.finished);
    const imported = importHmacKey(this.hash, finishedKey);
    finishedKey.fill(0);
    return await imported;
  }
}

/**
 * The key of a PSK binder, which is computed like a Finished message (RFC 8446, Section 4.2.11.2).
 */
export class BinderKey extends FinishedSecret {
}

/** The nonce length of both AEADs in bytes (RFC 8446, Section 5.3). */
const IV_LENGTH = 12;

/** The traffic secret of one direction (RFC 8446, Sections 7.2 and 7.3). */
export class TrafficSecret extends FinishedSecret {
  /**
   * Derives the key and IV that protect records.
   *
   * @param suite The cipher suite.
   * @returns The key, not extractable, and the IV.
   */
  async keyAndIv(suite: Pick<CipherSuite, "aead" | "keyLength">): Promise<KeyAndIv> {
    const secret = await this.hmacKey();
    const [keyBlock, ivBlock] = await Promise.all([
      expandLabel(secret, LABELS.key, EMPTY, suite.keyLength),
      expandLabel(secret, LABELS.iv, EMPTY, IV_LENGTH),
    ]);
    const imported = importCipherKey(suite.aead, new Uint8Array(keyBlock, 0, suite.keyLength));
    new Uint8Array(keyBlock).fill(0); // importKey has copied it
    return { key: await imported, iv: new Uint8Array(ivBlock, 0, IV_LENGTH) };
  }

  /**
   * Derives the secret after a KeyUpdate.
   *
   * @returns `application_traffic_secret_N+1`.
   */
  async next(): Promise<TrafficSecret> {
    return new TrafficSecret(this.hash, await this.expand(LABELS.trafficUpdate));
  }
}

/** The secret from which the PSKs of tickets are derived. */
export class ResumptionMasterSecret extends ExpandedSecret {
  /**
   * Derives the PSK of a ticket (RFC 8446, Section 4.6.1).
   *
   * @param ticketNonce The ticket's nonce.
   * @returns The PSK.
   */
  resumptionPsk(ticketNonce: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    return this.expand(LABELS.resumption, ticketNonce);
  }
}

/** The secret from which keying material is exported. */
export class ExporterMasterSecret extends ExpandedSecret {
  /**
   * Derive-Secret(this, label, ""): derives the secret of an exporter label.
   *
   * @param label The exporter's label.
   * @returns The secret of the label.
   */
  deriveSecret(label: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.expand(encodeLabel(label), HashConstants.of(this.hash).emptyHash);
  }
}
