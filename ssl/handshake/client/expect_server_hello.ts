// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../../cert/base/bytes.ts";
import { LazyModule } from "../../../cert/base/lazy_module.ts";
import { offersTls12, offersTls13 } from "../../config/config.ts";
import { requiresExternalPsk } from "../../config/external_psk.ts";
import { SslError } from "../../base/errors.ts";
import { cookie, MAX_COOKIE_LENGTH } from "../../extensions/cookie.ts";
import type { ExtensionBlock } from "../../extensions/extension_block.ts";
import { keyShareHelloRetryRequest, keyShareServerHello } from "../../extensions/key_share.ts";
import { preSharedKeyServerHello } from "../../extensions/pre_shared_key.ts";
import { supportedVersionsServerHello } from "../../extensions/supported_versions.ts";
import type { HandshakeMessage } from "../../messages/handshake.ts";
import { parseHelloRequest } from "../../messages/empty_messages.ts";
import { parseServerHello, type ServerHello } from "../../messages/server_hello.ts";
import type { CipherSuite } from "../../tables/cipher_suites.ts";
import type { NamedGroup } from "../../tables/named_groups.ts";
import { show } from "../progress.ts";
import type { Tls13HelloAgreement } from "../negotiated.ts";
import type { HandshakeKeys } from "./tls13/client_keys.ts";
import { ECH_CONFIRMATION_LENGTH, ExtensionType } from "../../tables/extension_types.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { TLS_1_2, TLS_1_3 } from "../../tables/versions.ts";
import {
  checkLegacyVersion,
  expectMessage,
  type HandshakeContext,
  type HandshakeState,
  refuseSsl,
} from "../handshake.ts";
import { PlaintextSpec } from "../../record/cipher_spec.ts";
import { generateKeyShare, type KeyShare } from "../../crypto/key_exchange.ts";
import { EarlySecret } from "../../crypto/key_schedule.ts";
import { abandonRenegotiation } from "../tls12/renegotiation.ts";
import { deriveHandshakeKeys } from "../tls13/derive_keys.ts";
import { refuseUnsolicited } from "../unsolicited.ts";
import { type Offer, sendSecondClientHello } from "./client_hello.ts";
import type { OfferedPsk } from "./tls13/offered_psk.ts";
import { countAnswer } from "../../session/count_answer.ts";
import { ExpectEncryptedExtensions } from "./tls13/expect_encrypted_extensions.ts";

/** Most servers choose TLS 1.3. */
const TLS12 = new LazyModule("a client's TLS 1.2", () => import("./tls12/server_hello.ts"));

/** What a HelloRetryRequest has determined. */
interface Retried {
  readonly cipherSuite: CipherSuite;
}

/** The key exchange that the server has chosen. */
interface ChosenShare {
  readonly group: NamedGroup;
  readonly own: KeyShare;
  readonly server: Uint8Array<ArrayBuffer>;
}

/** Waits for ServerHello or HelloRetryRequest (RFC 8446, Sections 4.1.3 and 4.1.4). */
export class ExpectServerHello implements HandshakeState {
  /** The ClientHello that the server answers: of an inner and an outer one, first the inner. */
  #offer: Offer;
  readonly #retried: Retried | null;

  /** Creates the state for an offer; `retried` is set after a HelloRetryRequest. */
  constructor(offer: Offer, retried: Retried | null = null) {
    this.#offer = offer;
    this.#retried = retried;
  }

  /** Processes ServerHello or HelloRetryRequest. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    if (message.type === HandshakeType.helloRequest && offersTls12(hs.config)) {
      // RFC 5246, Section 7.4.1.1: a client ignores it while it is negotiating.
      parseHelloRequest(message.body);
      hs.output.emit({ kind: "ignored" });
      return this;
    }
    expectMessage(message, HandshakeType.serverHello);
    const hello = parseServerHello(message.body);
    refuseSsl(hello.legacyVersion);
    const { ech, early } = this.#offer;
    if (ech !== null) this.#offer = await ech.settle(hs, this.#offer, message, hello);
    if (this.#choosesTls12(hello, hs)) {
      if (early !== null) throw downgraded();
      const { takeTls12ServerHello } = TLS12.exports ?? await TLS12.load();
      return await takeTls12ServerHello(hs, message, hello, this.#offer);
    }
    const cipherSuite = this.#checkHello(hello, hs);
    if (hello.isHelloRetryRequest) {
      if (early !== null) {
        early.refuse("hello-retry");
        // RFC 8446, Section 4.2.10: the second ClientHello is sent in clear.
        hs.output.installWriteSpec(new PlaintextSpec());
      }
      return await this.#retry(message, hello, cipherSuite, hs);
    }

    const psk = this.#acceptedPsk(hello.extensions, cipherSuite);
    if (psk === null && requiresExternalPsk(hs.config)) throw noPsk();
    const share = this.#chosenShare(hello.extensions, hs, psk);
    const group = share?.group ?? null;
    show(hs, { version: TLS_1_3, cipherSuite, group });
    const offered = this.#offer.psks[0]?.session ?? this.#offer.tls12Session;
    countAnswer(hs.config.context, psk !== null && psk.session !== null, offered);
    hs.transcript.setHash(cipherSuite.hash);
    hs.transcript.add(message.raw);

    const earlySecret = psk?.earlySecret ?? EarlySecret.withoutPsk(cipherSuite.hash);
    // The hash of the transcript is computed concurrently with the key agreement.
    const [sharedSecret] = await Promise.all([
      share && share.own.complete(share.server),
      hs.transcript.digest(),
    ]);
    const { random } = this.#offer;
    const handshakeSecret = earlySecret.enterHandshake(sharedSecret);
    const { client, server, clientSpec, serverSpec } = await deriveHandshakeKeys(
      hs,
      cipherSuite,
      handshakeSecret,
      random,
    );
    hs.output.installReadSpec(serverSpec);
    // RFC 8446, Section 4.2.10: early data goes with the first PSK alone.
    if (psk !== this.#offer.psks[0]) early?.refuse("not-resumed");
    // Early data goes on until the server has said whether it takes it.
    const earlyData = early === null || early.outcome !== null ? null : { early, clientSpec };
    if (earlyData === null) {
      // RFC 8446, Appendix D.4: change_cipher_spec comes immediately before the client's flight.
      hs.output.holdFlight();
      if (hs.config.compatMode) hs.output.sendChangeCipherSpec();
      hs.output.installWriteSpec(clientSpec);
    }
    const keys: HandshakeKeys = {
      clientRandom: random,
      extensionTypes: this.#offer.extensionTypes,
      masterSecret: handshakeSecret.enterMaster(),
      clientSecret: client,
      serverSecret: server,
      earlyData,
    };
    const agreement: Tls13HelloAgreement = {
      version: TLS_1_3,
      cipherSuite,
      group,
      serverName: hs.config.hostname,
      helloRetryRequest: this.#retried !== null,
      echAccepted: this.#offer.echAccepted,
      postHandshakeAuth: hs.config.postHandshakeAuth,
    };
    return new ExpectEncryptedExtensions(keys, agreement, psk);
  }

  /**
   * Restores the connection if a renegotiation is declined; ignores the warning in a first
   * handshake.
   */
  takeNoRenegotiation(hs: HandshakeContext): HandshakeState {
    return hs.established === null ? this : abandonRenegotiation(hs, hs.established);
  }

  #choosesTls12(hello: ServerHello, { config }: HandshakeContext): boolean {
    // RFC 8446, Section 4.2.1: in TLS 1.3 only the extension has the version.
    return hello.legacyVersion === TLS_1_2 && offersTls12(config) && this.#retried === null &&
      !hello.isHelloRetryRequest && !hello.extensions?.has(ExtensionType.supportedVersions);
  }

  /** Checks what applies to both ServerHello and HelloRetryRequest. */
  #checkHello(hello: ServerHello, hs: HandshakeContext): CipherSuite {
    const selected = hello.extensions?.get(supportedVersionsServerHello);
    if (selected === undefined) {
      throw new SslError(
        "SSL_ERROR_UNSUPPORTED_VERSION",
        "Cannot agree on a version: the server speaks no TLS 1.3",
      );
    }
    // RFC 8446, Section 4.2.1: a version that was not offered is an illegal_parameter.
    if (selected !== TLS_1_3 || !offersTls13(hs.config)) {
      throw illegal("its version was not offered");
    }
    checkLegacyVersion("ServerHello", hello);
    if (!bytesEqual(hello.legacySessionIdEcho, this.#offer.legacySessionId)) {
      throw illegal("legacy_session_id_echo is not the session ID that was sent");
    }
    if (hello.legacyCompressionMethod !== 0) throw illegal("it compresses");
    refuseUnsolicited(hello.extensions, [...this.#offer.extensionTypes, ...unsolicitedIn(hello)]);
    const cipherSuite = hs.config.cipherSuites.find(({ id }) => id === hello.cipherSuite);
    if (cipherSuite === undefined) throw illegal("its cipher suite was not offered");
    if (this.#retried !== null && this.#retried.cipherSuite !== cipherSuite) {
      throw illegal("its cipher suite is not that of the HelloRetryRequest");
    }
    return cipherSuite;
  }

  #chosenShare(
    extensions: ExtensionBlock | undefined,
    hs: HandshakeContext,
    psk: OfferedPsk | null,
  ): ChosenShare | null {
    const entry = extensions?.get(keyShareServerHello);
    const modes = hs.config.pskKeyExchangeModes;
    if (entry === undefined && psk !== null && modes.includes("psk_ke")) return null;
    if (entry !== undefined && psk !== null && !modes.includes("psk_dhe_ke")) {
      // RFC 8446, Section 4.2.9: with psk_ke "the server MUST NOT supply a key_share value".
      throw illegal("it has a key share, and only psk_ke was offered");
    }
    if (entry === undefined) {
      throw new SslError(
        "SSL_ERROR_MISSING_KEY_SHARE",
        "Cannot take ServerHello: it has no key share",
      );
    }
    const own = this.#offer.keyShares.find(({ group }) => group === entry.group);
    const group = hs.config.groups.find(({ id }) => id === entry.group);
    if (own === undefined || group === undefined) {
      throw illegal("its key share is of a group for which none was sent");
    }
    return { group, own, server: entry.keyExchange };
  }

  #acceptedPsk(
    extensions: ExtensionBlock | undefined,
    cipherSuite: CipherSuite,
  ): OfferedPsk | null {
    const index = extensions?.get(preSharedKeyServerHello);
    if (index === undefined) return null;
    const psk = this.#offer.psks[index];
    // RFC 8446, Section 4.2.11: the index MUST be within range, the suite's hash MUST be the PSK's.
    if (psk === undefined) {
      throw new SslError(
        "SSL_ERROR_MALFORMED_PRE_SHARED_KEY",
        `Cannot use pre-shared key: the server chose that of index ${index}, which was not offered`,
        { fault: "value" },
      );
    }
    if (psk.hash !== cipherSuite.hash) {
      throw illegal("its cipher suite does not go with the session or pre-shared key it chose");
    }
    return psk;
  }

  async #retry(
    message: HandshakeMessage,
    hello: ServerHello,
    cipherSuite: CipherSuite,
    hs: HandshakeContext,
  ): Promise<HandshakeState> {
    if (this.#retried !== null) {
      // RFC 8446, Section 4.1.4: a second HelloRetryRequest is an unexpected_message.
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_HELLO_RETRY_REQUEST",
        "Cannot take HelloRetryRequest: it is the second one",
      );
    }
    const requested = hello.extensions?.get(keyShareHelloRetryRequest);
    const cookieValue = hello.extensions?.get(cookie);
    if (requested === undefined && cookieValue === undefined) {
      // RFC 8446, Section 4.1.4: one that would change nothing is an illegal_parameter.
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST",
        "Cannot take HelloRetryRequest: it asks for no change",
        { fault: "value" },
      );
    }
    if (cookieValue !== undefined && cookieValue.length > MAX_COOKIE_LENGTH) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST",
        `Cannot take HelloRetryRequest: its cookie of ${cookieValue.length} bytes leaves no room ` +
          "in a hello",
        { fault: "value" },
      );
    }
    const confirmation = hello.extensions?.body(ExtensionType.encryptedClientHello);
    if (confirmation !== undefined && confirmation.length !== ECH_CONFIRMATION_LENGTH) {
      // RFC 9849, Section 6.2.1: also where the extension that was sent was GREASE.
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST",
        "Cannot take HelloRetryRequest: the confirmation of Encrypted Client Hello has " +
          `${confirmation.length} bytes, not ${ECH_CONFIRMATION_LENGTH}`,
      );
    }
    const keyShares = requested === undefined
      ? this.#offer.keyShares
      : [await this.#requestedShare(requested, hs)];
    show(hs, { helloRetryRequest: true });
    hs.transcript.setHash(cipherSuite.hash);
    await hs.transcript.replaceWithMessageHash();
    hs.transcript.add(message.raw);
    // RFC 8446, Section 4.1.2: a PSK of another hash than the suite's is removed from the second
    // ClientHello.
    const kept = this.#offer.psks.filter(({ hash }) => hash === cipherSuite.hash);
    if (hs.config.compatMode) hs.output.sendChangeCipherSpec();
    const offer = await sendSecondClientHello(hs, this.#offer, kept, {
      keyShares,
      cookie: cookieValue,
    });
    return new ExpectServerHello(offer, { cipherSuite });
  }

  async #requestedShare(id: number, hs: HandshakeContext): Promise<KeyShare> {
    const group = hs.config.groups.find((candidate) => candidate.id === id);
    // RFC 8446, Section 4.2.8: a group that was offered, and for which no share was sent.
    if (group === undefined || this.#offer.keyShares.some((share) => share.group === id)) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST",
        "Cannot take HelloRetryRequest: it asks for a group that was not offered or has its share",
        { fault: "value" },
      );
    }
    return await generateKeyShare(group);
  }
}

function noPsk(): SslError {
  return new SslError(
    "SSL_ERROR_KEY_EXCHANGE_FAILURE",
    "Cannot take ServerHello: the server uses none of the pre-shared keys that were offered; " +
      "compare identities, hashes, importers and pskKeyExchangeModes of both ends, or set " +
      "certificateFallback to accept its certificate",
  );
}

/** RFC 8446, Section 4.1.4: only the cookie of a HelloRetryRequest may be unsolicited. */
function unsolicitedIn(hello: ServerHello): readonly number[] {
  return hello.isHelloRetryRequest ? [ExtensionType.cookie] : [];
}

/** RFC 8446, Appendix D.3: "A client [...] MUST fail a connection": its early data is lost. */
function downgraded(): SslError {
  return new SslError(
    "SSL_ERROR_DOWNGRADE_WITH_EARLY_DATA",
    "Cannot take ServerHello: the server chose TLS 1.2 although early data was sent, which only " +
      "TLS 1.3 has; connect again without early data",
  );
}

function illegal(why: string): SslError {
  return new SslError("SSL_ERROR_RX_MALFORMED_SERVER_HELLO", `Cannot take ServerHello: ${why}`, {
    fault: "value",
  });
}
