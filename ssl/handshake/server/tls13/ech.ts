// Copyright 2026 the NSS for Deno authors. MIT license.

/** A server's Encrypted Client Hello (RFC 9849, Section 7). @module */

import { SslError } from "../../../base/errors.ts";
import type { SslConfig } from "../../../config/config.ts";
import type { EchKey } from "../../../config/ech_key.ts";
import {
  type HpkeContext,
  HpkeError,
  type HpkeKeyPair,
  setupHpkeReceiver,
} from "../../../crypto/hpke.ts";
import { cookie } from "../../../extensions/cookie.ts";
import { type EchConfigContents, joinEchConfigs } from "../../../extensions/ech_config_list.ts";
import {
  type EchOuter,
  malformedEch,
  parseEchClientHello,
} from "../../../extensions/encrypted_client_hello.ts";
import type { ExtensionBlock } from "../../../extensions/extension_block.ts";
import type { ClientHello } from "../../../messages/client_hello.ts";
import { decodeClientHelloInner } from "../../../messages/client_hello_inner.ts";
import { encodeHandshake, type HandshakeMessage } from "../../../messages/handshake.ts";
import type { CipherSuite } from "../../../tables/cipher_suites.ts";
import { ECH_CONFIRMATION_LENGTH, ExtensionType } from "../../../tables/extension_types.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { readEchKey } from "../../ech_configs.ts";
import { echConfirmationOf, echInfo, SERVER_HELLO_CONFIRMATION } from "../../ech_confirmation.ts";
import type { HandshakeContext } from "../../handshake.ts";
import { show } from "../../progress.ts";
import { badSecondHello, openCookie, type RetriedEch } from "./hello_retry.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The ClientHello that a server answers: the decrypted one, if there is one. */
export interface TakenHello {
  readonly message: HandshakeMessage;
  readonly hello: ClientHello;
  /** `null` if the client does not know Encrypted Client Hello. */
  readonly ech: ServerEch | null;
}

/** What decrypts the second ClientHello, and what must not change in it. */
interface Opener {
  readonly context: HpkeContext;
  readonly first: EchOuter;
}

/** What a server has made of a client's encrypted ClientHello. */
export class ServerEch {
  /** Whether the inner ClientHello is answered. */
  readonly accepted: boolean;
  /** The cookie that it is made from; `null` where this socket has seen the first ClientHello. */
  readonly cookie: Bytes | null;
  /** The random of the first inner ClientHello. */
  readonly #random: Bytes;
  /** `null` if there was nothing to decrypt. */
  readonly #opener: Opener | null;
  /** The configurations for a client whose ClientHello could not be decrypted. */
  readonly #retryConfigs: readonly Uint8Array[];

  /** Creates the result; `random` is `null` if the outer ClientHello is answered. */
  constructor(
    random: Bytes | null,
    opener: Opener | null,
    retryConfigs: readonly Uint8Array[],
    cookie: Bytes | null,
  ) {
    this.accepted = random !== null;
    this.cookie = cookie;
    this.#random = random ?? new Uint8Array(0);
    this.#opener = opener;
    this.#retryConfigs = retryConfigs;
  }

  /** Returns what another socket needs to go on behind a HelloRetryRequest. */
  keep({ environment }: HandshakeContext): RetriedEch {
    return this.accepted
      ? { kind: "accepted", enc: this.#opener?.first.enc ?? new Uint8Array(0) }
      : { kind: "rejected", filler: environment.random(ECH_CONFIRMATION_LENGTH) };
  }

  /**
   * Takes the second ClientHello (RFC 9849, Section 7.1.1).
   *
   * @throws {SslError} If it is not encrypted as the first one.
   */
  async takeSecond(message: HandshakeMessage, hello: ClientHello): Promise<TakenHello> {
    if (!this.accepted) return { message, hello, ech: this };
    const body = hello.extensions?.body(ExtensionType.encryptedClientHello);
    if (body === undefined) throw missingEch();
    const sent = parseEchClientHello(body);
    const opener = this.#opener;
    if (opener === null) {
      if (sent === "inner") return { message, hello, ech: this };
      throw badSecondHello("it is not an inner one, as the first was");
    }
    const { first, context } = opener;
    if (
      sent === "inner" || sent.configId !== first.configId || sent.enc.length > 0 ||
      sent.cipherSuite.kdf !== first.cipherSuite.kdf ||
      sent.cipherSuite.aead !== first.cipherSuite.aead
    ) throw otherContext();
    try {
      const encoded = await context.open(associatedData(message, sent), sent.payload);
      return { ...innerHello(encoded, hello), ech: this };
    } catch (cause) {
      throw cause instanceof HpkeError ? undecryptable(cause) : cause;
    }
  }

  /** Adds the configurations to EncryptedExtensions, if the client has to try again. */
  addRetryConfigs(extensions: ExtensionBlock): void {
    if (this.accepted || this.#retryConfigs.length === 0) return;
    extensions.addBody(ExtensionType.encryptedClientHello, joinEchConfigs(this.#retryConfigs));
  }

  /** Writes the confirmation into the body of a ServerHello that answers the inner ClientHello. */
  async confirm(hs: HandshakeContext, suite: CipherSuite, body: Bytes): Promise<Bytes> {
    if (!this.accepted) return body;
    const message = encodeHandshake(HandshakeType.serverHello, body);
    const at = SERVER_HELLO_CONFIRMATION;
    const { transcript } = hs;
    message.set(
      await echConfirmationOf("ServerHello", suite, transcript, message, at, this.#random),
      at,
    );
    return message.subarray(message.length - body.length);
  }

  /**
   * Makes the HelloRetryRequest that confirms an inner ClientHello, whose hash is the transcript.
   *
   * @param make Makes it with a confirmation, which ends it.
   */
  async confirmRetry(
    { transcript }: HandshakeContext,
    suite: CipherSuite,
    make: (confirmation: Bytes) => Bytes,
  ): Promise<Bytes> {
    const message = make(new Uint8Array(ECH_CONFIRMATION_LENGTH));
    const at = message.length - ECH_CONFIRMATION_LENGTH;
    message.set(
      await echConfirmationOf("HelloRetryRequest", suite, transcript, message, at, this.#random),
      at,
    );
    return message;
  }
}

/**
 * Takes a ClientHello, decrypted if it can be.
 *
 * @param hs The context of the handshake.
 * @param message The message.
 * @param hello Its values.
 * @param before What was made of the first ClientHello; `null` for the first.
 * @throws {SslError} If what is decrypted, or the extension itself, does not follow the RFC.
 */
export async function takeClientHello(
  hs: HandshakeContext,
  message: HandshakeMessage,
  hello: ClientHello,
  before: ServerEch | null,
): Promise<TakenHello> {
  if (before !== null) return await before.takeSecond(message, hello);
  const keys = readKeys(hs.config);
  const cookieValue = hello.extensions?.get(cookie);
  const content = cookieValue && await openCookie(hs, cookieValue);
  if (content) return await takeUp(hs, message, hello, keys, content.ech, cookieValue);
  const body = hello.extensions?.body(ExtensionType.encryptedClientHello);
  if (body === undefined) return { message, hello, ech: null };
  const sent = parseEchClientHello(body);
  const { echBackend } = hs.config;
  if (sent === "inner") {
    if (echBackend) return { message, hello, ech: accepted(hs, hello, null, null) };
    // RFC 9849, Section 7: it "should never be received directly from the network".
    throw malformedEch("the ClientHello is an inner one in clear", { fault: "value" });
  }
  if (echBackend && keys.length === 0) {
    throw malformedEch("the server before this one has not decrypted it", { fault: "value" });
  }
  const opened = await tryKeys(keys, message, sent, sent.enc, false);
  if (opened === null) return { message, hello, ech: rejected(hs.config, null) };
  const inner = innerHello(opened.encoded, hello);
  const opener = { context: opened.context, first: sent };
  return { ...inner, ech: accepted(hs, inner.hello, opener, null) };
}

/** Takes a second ClientHello whose first one another socket has taken. */
async function takeUp(
  hs: HandshakeContext,
  message: HandshakeMessage,
  hello: ClientHello,
  keys: readonly ReadKey[],
  before: RetriedEch | null,
  cookieValue: Bytes,
): Promise<TakenHello> {
  if (before === null) return { message, hello, ech: null };
  if (before.kind === "rejected") {
    return { message, hello, ech: rejected(hs.config, cookieValue) };
  }
  const body = hello.extensions?.body(ExtensionType.encryptedClientHello);
  if (body === undefined) throw missingEch();
  const sent = parseEchClientHello(body);
  if (before.enc.length === 0) {
    if (sent !== "inner") throw badSecondHello("it is not an inner one, as the first was");
    return { message, hello, ech: accepted(hs, hello, null, cookieValue) };
  }
  if (sent === "inner" || sent.enc.length > 0) throw otherContext();
  const opened = await tryKeys(keys, message, sent, before.enc, true);
  if (opened === null) throw undecryptable();
  const inner = innerHello(opened.encoded, hello);
  return { ...inner, ech: accepted(hs, inner.hello, null, cookieValue) };
}

/** Decrypts a ClientHello with the keys of its identifier; `isSecond` with the next nonce. */
async function tryKeys(
  keys: readonly ReadKey[],
  message: HandshakeMessage,
  sent: EchOuter,
  enc: Bytes,
  isSecond: boolean,
): Promise<Opened | null> {
  const aad = associatedData(message, sent);
  for (const { contents, config, pair } of keys) {
    const { configId, kem, cipherSuites } = contents;
    const { kdf, aead } = sent.cipherSuite;
    if (configId !== sent.configId) continue;
    if (!cipherSuites.some((suite) => suite.kdf === kdf && suite.aead === aead)) continue;
    try {
      const context = await setupHpkeReceiver({ kem, kdf, aead }, pair, enc, echInfo(config));
      if (isSecond) context.skip();
      return { context, encoded: await context.open(aad, sent.payload) };
    } catch (error) {
      if (!(error instanceof HpkeError)) throw error;
    }
  }
  return null;
}

function rejected({ echKeys }: SslConfig, cookieValue: Bytes | null): ServerEch {
  const retryConfigs = echKeys.filter(({ isRetryConfig }) => isRetryConfig)
    .map(({ config }) => config);
  return new ServerEch(null, null, retryConfigs, cookieValue);
}

function accepted(
  hs: HandshakeContext,
  { random }: ClientHello,
  opener: Opener | null,
  cookieValue: Bytes | null,
): ServerEch {
  show(hs, { echAccepted: true });
  return new ServerEch(random, opener, [], cookieValue);
}

function missingEch(): SslError {
  return new SslError(
    "SSL_ERROR_MISSING_ESNI_EXTENSION",
    "Cannot take second ClientHello: it has no extension encrypted_client_hello any more",
  );
}

function otherContext(): SslError {
  return badSecondHello("it is not encrypted with the context of the first one");
}

function undecryptable(cause?: HpkeError): SslError {
  return new SslError(
    "SSL_ERROR_DECRYPT_ERROR_ALERT",
    "Cannot take second ClientHello: it does not decrypt as the first one did",
    { cause },
  );
}

interface Opened {
  readonly context: HpkeContext;
  readonly encoded: Bytes;
}

function innerHello(
  encoded: Bytes,
  outer: ClientHello,
): Pick<TakenHello, "message" | "hello"> {
  const { body, hello } = decodeClientHelloInner(encoded, outer);
  const type = HandshakeType.clientHello;
  return { message: { type, body, raw: encodeHandshake(type, body) }, hello };
}

/** Returns the outer ClientHello with zeros for the payload (RFC 9849, Section 5.2). */
function associatedData({ body }: HandshakeMessage, { payload }: EchOuter): Bytes {
  const aad = body.slice();
  const at = payload.byteOffset - body.byteOffset; // a subarray of the body
  aad.fill(0, at, at + payload.length);
  return aad;
}

/** A key with what its configuration says. */
interface ReadKey {
  readonly config: Bytes;
  readonly contents: EchConfigContents;
  readonly pair: HpkeKeyPair;
}

const READ_KEYS = new WeakMap<readonly EchKey[], readonly ReadKey[]>();

/** Reads the keys of a configuration, whose array never changes, once. */
function readKeys({ echKeys }: SslConfig): readonly ReadKey[] {
  let keys = READ_KEYS.get(echKeys);
  if (keys === undefined) {
    keys = echKeys.map(({ config, privateKey }) => {
      const { contents } = readEchKey(config, privateKey);
      return { config, contents, pair: { publicKey: contents.publicKey, privateKey } };
    });
    READ_KEYS.set(echKeys, keys);
  }
  return keys;
}
