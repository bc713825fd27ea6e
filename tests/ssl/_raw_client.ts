// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A client that says what the test wants it to say, and keeps the keys that follow from that: it
 * checks nothing.
 *
 * @module
 */

import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { keyShareClientHello, keyShareServerHello } from "../../ssl/extensions/key_share.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { supportedGroups } from "../../ssl/extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../ssl/extensions/supported_versions.ts";
import { generateKeyShare, type KeyShare } from "../../ssl/crypto/key_exchange.ts";
import type { TrafficSecret } from "../../ssl/crypto/expanded_secrets.ts";
import { EarlySecret } from "../../ssl/crypto/key_schedule.ts";
import { Transcript } from "../../ssl/crypto/transcript.ts";
import {
  encodeClientHello,
  replaceBinders,
  truncateBinders,
} from "../../ssl/messages/client_hello.ts";
import {
  encodeHandshake,
  HandshakeJoiner,
  type HandshakeMessage,
} from "../../ssl/messages/handshake.ts";
import { parseServerHello, type ServerHello } from "../../ssl/messages/server_hello.ts";
import { CipherSpec } from "../../ssl/record/cipher_spec.ts";
import { Deframer } from "../../ssl/record/deframer.ts";
import { MAX_CIPHERTEXT_LENGTH } from "../../ssl/record/header.ts";
import { CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { namedGroupByName, type NamedGroupName } from "../../ssl/tables/named_groups.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { concat, plainRecord, RawSealer } from "./_record_tap.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const SUITE = CIPHER_SUITES[0]!;

/** What a hello says beside the usual. */
export interface HelloOptions {
  /** The group of the one key share; x25519 by default. */
  readonly group?: NamedGroupName;
  /** Whether signature_algorithms is left out. */
  readonly withoutSignatureAlgorithms?: boolean;
  /** Adds extensions at the end. */
  readonly extend?: (extensions: ExtensionBlock) => void;
  /** The secret of the session that `extend` offers. */
  readonly psk?: Bytes;
  /** How many sessions `extend` offers, all with the binder of the one secret. */
  readonly pskCount?: number;
}

/** One client of TLS_AES_128_GCM_SHA256. */
export class RawClient {
  readonly #conn: ConnLike;
  readonly #transcript = new Transcript();
  readonly #deframer = new Deframer();
  readonly #joiner = new HandshakeJoiner();
  readonly #random = crypto.getRandomValues(new Uint8Array(32));
  #share: KeyShare | null = null;
  #opener: CipherSpec | null = null;
  #sealer: RawSealer | null = null;
  #clientSecret: TrafficSecret | null = null;
  #psk: Bytes | undefined;
  #master: ReturnType<Awaited<ReturnType<RawClient["takeServerHello"]>>["enterMaster"]> | null =
    null;

  constructor(conn: ConnLike) {
    this.#conn = conn;
    this.#deframer.limit = MAX_CIPHERTEXT_LENGTH;
    this.#transcript.setHash(SUITE.hash);
  }

  /** A framed ClientHello, which becomes part of the transcript. */
  async hello(options: HelloOptions = {}): Promise<Bytes> {
    const group = namedGroupByName(options.group ?? "x25519")!;
    this.#share = await generateKeyShare(group);
    this.#psk = options.psk;
    const extensions = new ExtensionBlock()
      .add(supportedVersionsClientHello, [0x0304])
      .add(supportedGroups, [0x001d, 0x0017, 0x0018]);
    if (!options.withoutSignatureAlgorithms) extensions.add(signatureAlgorithms, [0x0403]);
    extensions.add(keyShareClientHello, [{ group: group.id, keyExchange: this.#share.publicKey }]);
    options.extend?.(extensions);
    let message = encodeHandshake(
      HandshakeType.clientHello,
      encodeClientHello({
        legacyVersion: 0x0303,
        random: this.#random,
        legacySessionId: new Uint8Array(32),
        cipherSuites: [SUITE.id],
        legacyCompressionMethods: new Uint8Array(1),
        extensions,
      }),
    );
    if (options.psk !== undefined) {
      const key = await EarlySecret.fromPsk(SUITE.hash, options.psk.slice()).binderKey("res");
      const hash = await this.#transcript.digestWith(truncateBinders(message));
      const binders = Array<Bytes>(options.pskCount ?? 1).fill(await key.finishedMac(hash));
      message = replaceBinders(message, binders);
    }
    this.#transcript.add(message);
    return message;
  }

  /** Sends a record in clear. */
  async sendClear(type: number, fragment: Uint8Array): Promise<void> {
    await this.#conn.write(plainRecord(type, fragment));
  }

  /** Sends a record under the keys of the moment. */
  async send(type: number, fragment: Bytes): Promise<void> {
    await this.#conn.write(await this.#sealer!.seal(type, fragment));
  }

  /** Takes a HelloRetryRequest into the transcript. */
  async takeHelloRetryRequest(): Promise<ServerHello> {
    const message = await this.#nextMessage();
    await this.#transcript.replaceWithMessageHash();
    this.#transcript.add(message.raw);
    return parseServerHello(message.body);
  }

  /** Takes ServerHello; what is sent and received from now on is under the handshake's keys. */
  async takeServerHello() {
    const message = await this.#nextMessage();
    this.#transcript.add(message.raw);
    const hello = parseServerHello(message.body);
    const { keyExchange } = hello.extensions!.get(keyShareServerHello)!;
    const early = this.#psk === undefined
      ? EarlySecret.withoutPsk(SUITE.hash)
      : EarlySecret.fromPsk(SUITE.hash, this.#psk);
    const secret = early.enterHandshake(await this.#share!.complete(keyExchange));
    const hash = await this.#transcript.digest();
    this.#clientSecret = await secret.clientHandshakeTrafficSecret(hash);
    this.#sealer = await RawSealer.create(SUITE, this.#clientSecret);
    this.#opener = await CipherSpec.create(SUITE, await secret.serverHandshakeTrafficSecret(hash));
    this.#master = secret.enterMaster();
    return secret;
  }

  /**
   * Takes the server's flight up to its Finished, sends its own, and goes on under the
   * application's keys.
   */
  async finish(): Promise<number[]> {
    const types: number[] = [];
    for (;;) {
      const message = await this.#nextMessage();
      this.#transcript.add(message.raw);
      types.push(message.type);
      if (message.type === HandshakeType.finished) break;
    }
    const hash = await this.#transcript.digest();
    const verifyData = await this.#clientSecret!.finishedMac(hash);
    await this.send(ContentType.handshake, encodeHandshake(HandshakeType.finished, verifyData));
    const secret = await this.#master!.clientApplicationTrafficSecret(hash);
    this.#sealer = await RawSealer.create(SUITE, secret);
    return types;
  }

  async #nextMessage(): Promise<HandshakeMessage> {
    for (;;) {
      const message = this.#joiner.next();
      if (message !== null) return message;
      const sealed = this.#deframer.next();
      if (sealed === null) {
        const buffer = new Uint8Array(65536);
        const count = await this.#conn.read(buffer);
        if (count === null) throw new Error("Cannot go on: the server is gone");
        this.#deframer.push(buffer.slice(0, count));
        continue;
      }
      if (sealed.type === ContentType.changeCipherSpec) continue;
      const { type, fragment } = sealed.type === ContentType.applicationData
        ? await this.#opener!.open(sealed)
        : sealed;
      if (type !== ContentType.handshake) throw new Error(`Cannot go on: ${type}, ${fragment}`);
      this.#joiner.push(concat([fragment]));
    }
  }
}
