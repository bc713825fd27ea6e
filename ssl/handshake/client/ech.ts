// Copyright 2026 the NSS for Deno authors. MIT license.

/** A client's Encrypted Client Hello (RFC 9849, Section 6). @module */

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { bytesEqual } from "../../../cert/base/bytes.ts";
import { shown } from "../../../cert/base/printable.ts";
import { authCertificate } from "../../authentication/auth_certificate.ts";
import { EchRejectedError } from "../../base/ech_error.ts";
import { SslError, toSslError } from "../../base/errors.ts";
import { offersTls13, type SslConfig } from "../../config/config.ts";
import {
  commonKem,
  generateHpkeKeyPair,
  HPKE_TAG_LENGTH,
  type HpkeContext,
  HpkeError,
  setupHpkeSender,
} from "../../crypto/hpke.ts";
import { Transcript } from "../../crypto/transcript.ts";
import type { EchCipherSuite } from "../../extensions/ech_config_list.ts";
import { ECH_INNER, encodeEchOuter } from "../../extensions/encrypted_client_hello.ts";
import { ExtensionBlock } from "../../extensions/extension_block.ts";
import { preSharedKeyClientHello } from "../../extensions/pre_shared_key.ts";
import { encodeClientHello } from "../../messages/client_hello.ts";
import { encodeClientHelloInner } from "../../messages/client_hello_inner.ts";
import { encodeHandshake, type HandshakeMessage } from "../../messages/handshake.ts";
import type { ServerHello } from "../../messages/server_hello.ts";
import { ECH_CONFIRMATION_LENGTH, ExtensionType } from "../../tables/extension_types.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { TLS_1_3 } from "../../tables/versions.ts";
import { echConfirmationOf, echInfo, SERVER_HELLO_CONFIRMATION } from "../ech_confirmation.ts";
import { type Grease, greaseOf } from "../grease.ts";
import type { HandshakeContext } from "../handshake.ts";
import { show } from "../progress.ts";
import {
  addPreSharedKeys,
  answerableTypes,
  bind,
  type EchOffer,
  helloExtensions,
  helloOf,
  type Offer,
  type OfferValues,
  type RetryAdditions,
} from "./client_hello.ts";
import type { OfferedPsk } from "./tls13/offered_psk.ts";
import {
  DEFAULT_MAXIMUM_NAME_LENGTH,
  hasKnownVersion,
  type UsableEchConfig,
  usableEchConfigs,
} from "../ech_configs.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Turns an offer into that of an inner ClientHello, or adds an extension that looks like that of an
 * outer one, as the options say.
 *
 * @throws {SslError} If the option echConfigList cannot be used: then no ClientHello is sent.
 */
export async function withEch(hs: HandshakeContext, offer: OfferValues): Promise<OfferValues> {
  const { config, environment } = hs;
  // A renegotiation of TLS 1.2, which is encrypted already.
  if (hs.established !== null) return offer;
  if (config.echConfigList === null) {
    const kem = commonKem();
    if (kem === null || !offersTls13(config)) return offer;
    return { ...offer, echBody: await greaseEch(hs, offer, kem) };
  }
  if (!offersTls13(config)) {
    throw new SslError(
      "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION",
      "Cannot start handshake: the option echConfigList needs TLS 1.3, which the options exclude; " +
        "allow it by the options versions and cipherSuites, or leave echConfigList out",
    );
  }
  const usable = usableEchConfigs(config.echConfigList);
  // RFC 9849, Section 6.1: no session of TLS 1.2, nor its ID.
  const { tls12Session } = offer;
  const legacySessionId = tls12Session === null
    ? offer.legacySessionId
    : environment.random(config.compatMode ? 32 : 0);
  const inner = { ...offer, legacySessionId, tls12Session: null, echBody: ECH_INNER };
  return { ...inner, ech: await HiddenHello.create(hs, inner, usable) };
}

/** An inner ClientHello that the server may accept or reject. */
class HiddenHello implements EchOffer {
  readonly #chosen: UsableEchConfig;
  readonly #enc: Bytes;
  readonly #context: HpkeContext;
  /** The outer ClientHello. */
  #outer: Offer;
  /** The transcript of the outer ClientHello, for a server that rejects the inner one. */
  readonly #outerTranscript = new Transcript();
  /** Whether a HelloRetryRequest has accepted the inner ClientHello. */
  #retried = false;

  private constructor(chosen: UsableEchConfig, enc: Bytes, context: HpkeContext, outer: Offer) {
    this.#chosen = chosen;
    this.#enc = enc;
    this.#context = context;
    this.#outer = outer;
  }

  /** Sets up the encryption with the first configuration whose public key can be used. */
  static async create(
    { environment }: HandshakeContext,
    inner: OfferValues,
    usable: readonly UsableEchConfig[],
  ): Promise<HiddenHello> {
    const { chosen, enc, context } = await setUp(usable);
    // RFC 9849, Section 6.1: a fresh random, and the session ID of the inner one. Its PSKs are not
    // offered here.
    const outer = { ...inner, random: environment.random(32), psks: [], ech: null };
    return new HiddenHello(chosen, enc, context, { ...outer, extensionTypes: [] });
  }

  /** Encrypts an inner ClientHello, and sends it in an outer one. */
  async send(
    hs: HandshakeContext,
    inner: OfferValues,
    additions: RetryAdditions | undefined,
  ): Promise<Offer> {
    const { contents, cipherSuite } = this.#chosen;
    // RFC 9849, Section 6.1: the outer one announces early data, too, which is under the inner
    // one's keys, so that a server that rejects the inner one skips it.
    const outer = { ...this.#outer, keyShares: inner.keyShares, early: inner.early };
    const hidden = layOut(hs, inner, outer, contents.publicName, additions);
    const { grease, innerConfig, outerConfig } = hidden;
    addPreSharedKeys(hs, hidden.inner, inner.psks);
    let message = encodeMessage(innerConfig, inner, hidden.inner, grease);
    if (inner.psks.length > 0) message = await bind(hs, message, inner.psks);
    const bound = withBinders(hidden.inner, message);
    const encoded = pad(
      encodeClientHelloInner(helloOf(innerConfig, inner, bound, grease), hidden.copied),
      hs.config.hostname,
      hidden.inner.has(ExtensionType.serverName),
      contents.maximumNameLength,
    );
    const enc = additions === undefined ? this.#enc : new Uint8Array(0);
    const { configId } = contents;
    const placeholder = new Uint8Array(encoded.length + HPKE_TAG_LENGTH);
    const bodyOf = (payload: Bytes) => encodeEchOuter({ cipherSuite, configId, enc, payload });
    addGreasePsks(hs, hidden.outer, inner.psks);
    const outerOf = (body: Bytes) => {
      const extensions = withBody(hidden.outer, ExtensionType.encryptedClientHello, body);
      return encodeMessage(outerConfig, outer, extensions, grease);
    };
    // RFC 9849, Section 5.2: the outer ClientHello with zeros for payload, without its header.
    const aad = outerOf(bodyOf(placeholder)).subarray(4);
    const echBody = bodyOf(await this.#context.seal(aad, encoded));
    const outerMessage = outerOf(echBody);
    // Whoever takes one of the PSKs that are none is found out by its index.
    this.#outer = { ...outer, echBody, extensionTypes: answerableTypes(hidden.outer, grease) };
    hs.transcript.add(message);
    this.#outerTranscript.add(outerMessage);
    hs.output.sendMessage(outerMessage);
    hs.output.emit({ kind: "hello" });
    return { ...inner, extensionTypes: answerableTypes(hidden.inner, grease) };
  }

  /** Decides which ClientHello the server answers (RFC 9849, Section 6.1.4). */
  async settle(
    hs: HandshakeContext,
    inner: Offer,
    message: HandshakeMessage,
    hello: ServerHello,
  ): Promise<Offer> {
    const isRetry = hello.isHelloRetryRequest;
    if (isRetry && this.#retried) return inner; // a second one, which is refused
    if (await this.#isAccepted(hs, inner, message, hello)) {
      show(hs, { echAccepted: true });
      this.#retried = isRetry;
      if (isRetry) return inner;
      const { encryptedClientHello } = ExtensionType;
      const extensionTypes = inner.extensionTypes.filter((type) => type !== encryptedClientHello);
      return { ...inner, ech: null, echAccepted: true, extensionTypes };
    }
    if (this.#retried) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
        "Cannot take ServerHello: it does not confirm Encrypted Client Hello, which the " +
          "HelloRetryRequest has accepted",
        { fault: "value" },
      );
    }
    return this.#reject(hs, inner);
  }

  async #isAccepted(
    hs: HandshakeContext,
    { random }: Offer,
    { raw, body }: HandshakeMessage,
    hello: ServerHello,
  ): Promise<boolean> {
    const cipherSuite = hs.config.cipherSuites.find(({ id }) => id === hello.cipherSuite);
    const isTls13 = hello.extensions?.has(ExtensionType.supportedVersions) ?? false;
    if (cipherSuite === undefined || !isTls13) return false;
    if (!hello.isHelloRetryRequest) {
      const at = SERVER_HELLO_CONFIRMATION;
      const { transcript } = hs;
      return timingSafeEqual(
        await echConfirmationOf("ServerHello", cipherSuite, transcript, raw, at, random),
        raw.subarray(at, at + 8),
      );
    }
    const sent = hello.extensions?.body(ExtensionType.encryptedClientHello);
    if (sent?.length !== ECH_CONFIRMATION_LENGTH) return false; // another length ends the handshake
    const at = raw.length - body.length + sent.byteOffset - body.byteOffset;
    const transcript = hs.transcript.snapshot()!; // it has the ClientHello
    transcript.setHash(cipherSuite.hash);
    await transcript.replaceWithMessageHash();
    return timingSafeEqual(
      await echConfirmationOf("HelloRetryRequest", cipherSuite, transcript, raw, at, random),
      sent,
    );
  }

  /** Goes on with the outer ClientHello, to authenticate the server as the public name. */
  #reject(hs: HandshakeContext, { keyShares }: Offer): Offer {
    const { publicName } = this.#chosen.contents;
    hs.transcript = this.#outerTranscript;
    hs.config = rejectedConfig(hs.config, publicName);
    hs.echRejection = {
      retryConfigs: null,
      error() {
        const { retryConfigs } = this;
        const isKnown = retryConfigs !== null && hasKnownVersion(retryConfigs);
        return EchRejectedError.of(publicName, isKnown ? retryConfigs.slice() : null);
      },
    };
    show(hs, { serverName: publicName });
    return { ...this.#outer, keyShares };
  }
}

async function setUp(usable: readonly UsableEchConfig[]) {
  let cause: unknown;
  for (const chosen of usable) {
    const { kem, publicKey } = chosen.contents;
    const suite = { kem, ...chosen.cipherSuite };
    try {
      return { chosen, ...await setupHpkeSender(suite, publicKey, echInfo(chosen.config.raw)) };
    } catch (error) {
      if (!(error instanceof HpkeError)) throw error;
      cause = error;
    }
  }
  throw new SslError(
    "SEC_ERROR_INVALID_ARGS",
    "Cannot start handshake: no public key in the option echConfigList is a point of its curve " +
      "that can be used; get the list anew, or leave the option out, which shows the host name",
    { cause },
  );
}

/**
 * Returns the configuration of a handshake that authenticates the public name (RFC 9849, Section
 * 6.1.7): by this end's trust anchors alone, whatever hooks there are, and without certificates of
 * this end. What a second ClientHello has stays; a handshake that ends so keeps no session.
 */
function rejectedConfig(config: SslConfig, publicName: string): SslConfig {
  return {
    ...config,
    hostname: publicName,
    authCertificate: authenticatePublicName,
    badCert: null,
    getClientAuthData: null,
    credentials: [],
    rawPublicKeys: null,
    ...withoutPsks(config),
  };
}

/**
 * Returns settings with which no external PSK stands for the public name: TLS 1.2 would name it in
 * the outer ClientHello, in clear, and a client that has one takes no certificate.
 */
function withoutPsks(
  { tls12CipherSuites }: SslConfig,
): Pick<SslConfig, "certificateFallback" | "tls12CipherSuites"> {
  return {
    certificateFallback: true,
    tls12CipherSuites: tls12CipherSuites.filter(({ auth }) => auth !== "psk"),
  };
}

/** Authenticates a server as the public name, in the place of the application's hook. */
export const authenticatePublicName: NonNullable<SslConfig["authCertificate"]> = async (
  socket,
  peer,
) => {
  try {
    return await authCertificate(socket, peer);
  } catch (error) {
    const cause = toSslError(error);
    throw new SslError(
      "SSL_ERROR_ECH_FAILED",
      "Cannot hide ClientHello: the server could not decrypt it, and its certificate does not " +
        `show that it is ${shown(peer.hostname ?? "")}, the public name of the configuration, ` +
        `so that nothing that it says can be relied on (${cause.message})`,
      { cause },
    );
  }
};

/** The two ClientHellos, but for what is encrypted. */
interface Layout {
  readonly innerConfig: SslConfig;
  readonly outerConfig: SslConfig;
  readonly inner: ExtensionBlock;
  readonly outer: ExtensionBlock;
  /** The types of the extensions that are the same in both, in the order of both. */
  readonly copied: readonly number[];
  readonly grease: Grease | null;
}

/** Makes the extensions of both ClientHellos but for pre_shared_key. */
function layOut(
  hs: HandshakeContext,
  inner: OfferValues,
  outer: OfferValues,
  publicName: string | null,
  additions: RetryAdditions | undefined,
): Layout {
  const { config } = hs;
  const innerConfig = { ...config, minVersion: TLS_1_3, tls12CipherSuites: [] };
  // A raw public key would not show that the server is the public name.
  const outerConfig = {
    ...config,
    hostname: publicName,
    rawPublicKeys: null,
    ...withoutPsks(config),
  };
  // From the outer random: that of the inner ClientHello is secret.
  const grease = config.grease ? greaseOf(outer.random) : null;
  const own = helloExtensions(hs, innerConfig, inner, additions, grease);
  const shared = helloExtensions(hs, outerConfig, outer, additions, grease);
  const copied = shared.types().filter((type) => {
    // Whether the names are the same is secret, too.
    if (type === ExtensionType.serverName) return false;
    if (type === ExtensionType.encryptedClientHello) return false;
    const body = own.body(type);
    return body !== undefined && bytesEqual(body, shared.body(type)!);
  });
  const extensions = new ExtensionBlock();
  for (const type of own.types()) {
    if (!copied.includes(type)) extensions.addBody(type, own.body(type)!);
  }
  for (const type of copied) extensions.addBody(type, own.body(type)!);
  return { innerConfig, outerConfig, inner: extensions, outer: shared, copied, grease };
}

function encodeMessage(
  config: SslConfig,
  offer: OfferValues,
  extensions: ExtensionBlock,
  grease: Grease | null,
): Bytes {
  const hello = encodeClientHello(helloOf(config, offer, extensions, grease));
  return encodeHandshake(HandshakeType.clientHello, hello);
}

/** Returns the extensions with another body of one. */
function withBody(block: ExtensionBlock, replaced: number, body: Bytes): ExtensionBlock {
  const extensions = new ExtensionBlock();
  for (const type of block.types()) {
    extensions.addBody(type, type === replaced ? body : block.body(type)!);
  }
  return extensions;
}

/** Returns the extensions with the binders of a message, which they end. */
function withBinders(block: ExtensionBlock, message: Bytes): ExtensionBlock {
  const unbound = block.body(ExtensionType.preSharedKey);
  if (unbound === undefined) return block;
  return withBody(block, ExtensionType.preSharedKey, message.slice(-unbound.length));
}

/** Adds what looks like the PSKs of the inner ClientHello (RFC 9849, Section 6.1.2). */
function addGreasePsks(
  { environment }: HandshakeContext,
  extensions: ExtensionBlock,
  psks: readonly OfferedPsk[],
): void {
  if (psks.length === 0) return;
  extensions.add(preSharedKeyClientHello, {
    identities: psks.map(({ identity }) => ({
      identity: environment.random(identity.length),
      obfuscatedTicketAge: new DataView(environment.random(4).buffer).getUint32(0),
    })),
    binders: psks.map(({ hashLength }) => environment.random(hashLength)),
  });
}

/** Appends zeros, so that the length says little (RFC 9849, Section 6.1.3). */
function pad(
  encoded: Bytes,
  hostname: string | null,
  hasName: boolean,
  maximumNameLength: number,
): Bytes {
  const forName = hasName
    ? Math.max(0, maximumNameLength - (hostname?.length ?? 0))
    : maximumNameLength + 9;
  const padded = new Uint8Array(Math.ceil((encoded.length + forName) / 32) * 32);
  padded.set(encoded);
  return padded;
}

/** The algorithms of what only looks like an encryption: those that all servers have. */
const GREASE_SUITE: EchCipherSuite = { kdf: 0x0001, aead: 0x0001 };

/**
 * Returns the body of an extension that has the form and length of that of an outer ClientHello
 * (RFC 9849, Section 6.2.1).
 */
async function greaseEch(hs: HandshakeContext, offer: OfferValues, kem: number): Promise<Bytes> {
  const { config, environment } = hs;
  const inner = { ...offer, tls12Session: null, echBody: ECH_INNER };
  const hidden = layOut(hs, inner, { ...offer, echBody: ECH_INNER }, config.hostname, undefined);
  addPreSharedKeys(hs, hidden.inner, offer.psks);
  const encoded = pad(
    encodeClientHelloInner(
      helloOf(hidden.innerConfig, inner, hidden.inner, hidden.grease),
      hidden.copied,
    ),
    config.hostname,
    hidden.inner.has(ExtensionType.serverName),
    DEFAULT_MAXIMUM_NAME_LENGTH,
  );
  const { publicKey: enc } = await generateHpkeKeyPair(kem, false);
  return encodeEchOuter({
    cipherSuite: GREASE_SUITE,
    configId: environment.random(1)[0]!,
    enc,
    payload: environment.random(encoded.length + HPKE_TAG_LENGTH),
  });
}
