// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The TLS 1.3 key schedule (RFC 8446, Section 7.1) as a chain of types: each secret returns the
 * secrets derived from it and the next one, so that types enforce the order.
 *
 * WebCrypto's HKDF is Extract and Expand in one call. Therefore the three extracted secrets are
 * never computed themselves: each is kept as the salt and the input keying material of its Extract,
 * and a secret derived from it costs one call. Below them only Expand is needed, one HMAC for up to
 * a hash's length.
 *
 * @module
 */

import {
  BinderKey,
  ExporterMasterSecret,
  ResumptionMasterSecret,
  TrafficSecret,
} from "./expanded_secrets.ts";
import { HashConstants } from "./hash_constants.ts";
import { type CipherSuiteHash, encodeLabel, extractThenExpand, importHkdfKey } from "./hkdf.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const LABELS = {
  binder: {
    ext: encodeLabel("ext binder"),
    res: encodeLabel("res binder"),
    imp: encodeLabel("imp binder"), // RFC 9258, Section 5.2
  },
  clientEarlyTraffic: encodeLabel("c e traffic"),
  earlyExporterMaster: encodeLabel("e exp master"),
  clientHandshakeTraffic: encodeLabel("c hs traffic"),
  serverHandshakeTraffic: encodeLabel("s hs traffic"),
  clientApplicationTraffic: encodeLabel("c ap traffic"),
  serverApplicationTraffic: encodeLabel("s ap traffic"),
  exporterMaster: encodeLabel("exp master"),
  resumptionMaster: encodeLabel("res master"),
  derived: encodeLabel("derived"),
};

/** The inputs of an Extract. */
interface ExtractInputs {
  readonly inputKey: CryptoKey;
  readonly salt: Bytes;
}

/** An extracted secret, kept as the inputs of its Extract. */
export abstract class ExtractedSecret {
  /** The hash function of the key schedule. */
  readonly hash: CipherSuiteHash;
  readonly #inputs: Promise<ExtractInputs>;

  /** Creates a secret from the input keying material and the salt of its Extract. */
  constructor(hash: CipherSuiteHash, inputKey: Promise<CryptoKey>, salt: Bytes | Promise<Bytes>) {
    this.hash = hash;
    this.#inputs = inputsOf(inputKey, salt);
    this.#inputs.catch(() => {}); // reported by each derivation
  }

  /**
   * Overwrites the salt after the pending derivations; later ones give wrong secrets.
   *
   * Secrets derived before are not affected.
   */
  forget(): void {
    this.#inputs.then(({ salt }) => salt.fill(0), () => {});
  }

  /** Derive-Secret(this, label, messages), by default of no messages. */
  protected async deriveSecret(
    label: Bytes,
    transcriptHash: Bytes = HashConstants.of(this.hash).emptyHash,
  ): Promise<Bytes> {
    // The only await before WebCrypto copies the salt, so that forget() cannot overwrite it
    // earlier.
    const { inputKey, salt } = await this.#inputs;
    return new Uint8Array(
      await extractThenExpand(this.hash, inputKey, salt, label, transcriptHash),
    );
  }

  /** Derives a traffic secret. */
  protected async deriveTrafficSecret(label: Bytes, transcriptHash: Bytes): Promise<TrafficSecret> {
    return new TrafficSecret(this.hash, await this.deriveSecret(label, transcriptHash));
  }

  /** Begins Derive-Secret(this, "derived", ""): the salt of the next Extract. */
  protected deriveSalt(): Promise<Bytes> {
    const salt = this.deriveSecret(LABELS.derived);
    salt.catch(() => {}); // reported by the derivations of the next secret
    return salt;
  }
}

async function inputsOf(
  inputKey: Promise<CryptoKey>,
  salt: Bytes | Promise<Bytes>,
): Promise<ExtractInputs> {
  const given = salt instanceof Promise ? await salt : salt;
  return { inputKey: await inputKey, salt: given };
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
 *              +-----> Derive-Secret(., "ext binder" | "imp binder" | "res binder", "")
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
  /** The salt of the Handshake Secret, whose derivation does not wait for the key exchange. */
  readonly #derived: Bytes | Promise<Bytes>;

  private constructor(hash: CipherSuiteHash, inputKey: Promise<CryptoKey>, hasPsk: boolean) {
    const { zeros, derivedWithoutPsk } = HashConstants.of(hash);
    super(hash, inputKey, zeros);
    this.#derived = hasPsk ? this.deriveSalt() : derivedWithoutPsk;
  }

  /**
   * Returns the Early Secret of a PSK.
   *
   * @param hash The hash function of the PSK.
   * @param psk The PSK, which the caller still owns.
   * @returns The secret.
   */
  static fromPsk(hash: CipherSuiteHash, psk: Uint8Array<ArrayBuffer>): EarlySecret {
    return new EarlySecret(hash, importHkdfKey(psk), true);
  }

  /**
   * Returns the Early Secret of a PSK that is imported as a key of HKDF.
   *
   * @param hash The hash function of the PSK.
   * @param key The key, for `deriveBits`.
   * @returns The secret.
   */
  static fromKey(hash: CipherSuiteHash, key: Promise<CryptoKey>): EarlySecret {
    return new EarlySecret(hash, key, true);
  }

  /**
   * Returns the Early Secret of a handshake without a PSK.
   *
   * @param hash The hash function of the cipher suite.
   * @returns The secret.
   */
  static withoutPsk(hash: CipherSuiteHash): EarlySecret {
    return new EarlySecret(hash, HashConstants.of(hash).zeroKey, false);
  }

  /**
   * Derives the key of the PSK's binder.
   *
   * @param kind Whether the PSK is external ("ext"), imported ("imp") or from a ticket ("res").
   * @returns The key; its `finishedMac` is the binder.
   */
  async binderKey(kind: "ext" | "imp" | "res"): Promise<BinderKey> {
    return new BinderKey(this.hash, await this.deriveSecret(LABELS.binder[kind]));
  }

  /**
   * Derives the secret of 0-RTT data.
   *
   * @param transcriptHash The hash of the ClientHello.
   * @returns `client_early_traffic_secret`.
   */
  clientEarlyTrafficSecret(transcriptHash: Uint8Array<ArrayBuffer>): Promise<TrafficSecret> {
    return this.deriveTrafficSecret(LABELS.clientEarlyTraffic, transcriptHash);
  }

  /**
   * Derives the secret of exporters before the handshake is complete.
   *
   * @param transcriptHash The hash of the ClientHello.
   * @returns `early_exporter_master_secret`.
   */
  async earlyExporterMasterSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<ExporterMasterSecret> {
    return new ExporterMasterSecret(
      this.hash,
      await this.deriveSecret(LABELS.earlyExporterMaster, transcriptHash),
    );
  }

  /**
   * Returns the Handshake Secret.
   *
   * @param sharedSecret The (EC)DHE shared secret, overwritten with zeros; `null` for PSK-only key
   * exchange.
   * @returns The Handshake Secret.
   */
  enterHandshake(sharedSecret: Uint8Array<ArrayBuffer> | null): HandshakeSecret {
    const { zeroKey } = HashConstants.of(this.hash);
    const salt = this.#derived instanceof Promise ? this.#derived : this.#derived.slice();
    if (sharedSecret === null) return new HandshakeSecret(this.hash, zeroKey, salt);
    const inputKey = importHkdfKey(sharedSecret);
    sharedSecret.fill(0); // importKey has copied it
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

  /** Creates a secret from the inputs of its Extract; see `EarlySecret.enterHandshake`. */
  constructor(
    hash: CipherSuiteHash,
    inputKey: Promise<CryptoKey>,
    salt: Bytes | Promise<Bytes>,
  ) {
    super(hash, inputKey, salt);
    this.#derived = this.deriveSalt(); // started here, concurrent with the traffic secrets
  }

  /**
   * Derives the secret of the client's handshake messages.
   *
   * @param transcriptHash The hash of ClientHello...ServerHello.
   * @returns `client_handshake_traffic_secret`.
   */
  clientHandshakeTrafficSecret(transcriptHash: Bytes): Promise<TrafficSecret> {
    return this.deriveTrafficSecret(LABELS.clientHandshakeTraffic, transcriptHash);
  }

  /**
   * Derives the secret of the server's handshake messages.
   *
   * @param transcriptHash The hash of ClientHello...ServerHello.
   * @returns `server_handshake_traffic_secret`.
   */
  serverHandshakeTrafficSecret(transcriptHash: Bytes): Promise<TrafficSecret> {
    return this.deriveTrafficSecret(LABELS.serverHandshakeTraffic, transcriptHash);
  }

  /**
   * Returns the Master Secret.
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
   * Derives the first secret of the client's application data.
   *
   * @param transcriptHash The hash of ClientHello...server Finished.
   * @returns `client_application_traffic_secret_0`.
   */
  clientApplicationTrafficSecret(transcriptHash: Bytes): Promise<TrafficSecret> {
    return this.deriveTrafficSecret(LABELS.clientApplicationTraffic, transcriptHash);
  }

  /**
   * Derives the first secret of the server's application data.
   *
   * @param transcriptHash The hash of ClientHello...server Finished.
   * @returns `server_application_traffic_secret_0`.
   */
  serverApplicationTrafficSecret(transcriptHash: Bytes): Promise<TrafficSecret> {
    return this.deriveTrafficSecret(LABELS.serverApplicationTraffic, transcriptHash);
  }

  /**
   * Derives the secret from which keying material is exported.
   *
   * @param transcriptHash The hash of ClientHello...server Finished.
   * @returns `exporter_master_secret`.
   */
  async exporterMasterSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<ExporterMasterSecret> {
    return new ExporterMasterSecret(
      this.hash,
      await this.deriveSecret(LABELS.exporterMaster, transcriptHash),
    );
  }

  /**
   * Derives the secret from which the PSKs of tickets are derived.
   *
   * @param transcriptHash The hash of ClientHello...client Finished.
   * @returns `resumption_master_secret`.
   */
  async resumptionMasterSecret(
    transcriptHash: Uint8Array<ArrayBuffer>,
  ): Promise<ResumptionMasterSecret> {
    return new ResumptionMasterSecret(
      this.hash,
      await this.deriveSecret(LABELS.resumptionMaster, transcriptHash),
    );
  }
}
