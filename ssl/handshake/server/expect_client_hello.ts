// Copyright 2026 the NSS for Deno authors. MIT license.

import { LazyModule } from "../../../cert/base/lazy_module.ts";
import { shown } from "../../../cert/base/printable.ts";
import { SslError, toSslError } from "../../base/errors.ts";
import { offersTls12, offersTls13, type SslConfig } from "../../config/config.ts";
import { takesExternalPsks } from "../../config/external_psk.ts";
import { alpnProtocols } from "../../extensions/application_layer_protocol_negotiation.ts";
import type { ExtensionBlock } from "../../extensions/extension_block.ts";
import { keyShareClientHello, type KeyShareEntry } from "../../extensions/key_share.ts";
import { serverName } from "../../extensions/server_name.ts";
import { signatureAlgorithms } from "../../extensions/signature_algorithms.ts";
import { supportedGroups } from "../../extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../extensions/supported_versions.ts";
import { type ClientHello, parseClientHello } from "../../messages/client_hello.ts";
import type { HandshakeMessage } from "../../messages/handshake.ts";
import { type CipherSuite, TLS_FALLBACK_SCSV } from "../../tables/cipher_suites.ts";
import { ExtensionType } from "../../tables/extension_types.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import type { NamedGroup } from "../../tables/named_groups.ts";
import { describeVersion, SSL_3_0, TLS_1_2, TLS_1_3 } from "../../tables/versions.ts";
import { knownSchemes } from "../../authentication/certificate_verify.ts";
import {
  checkLegacyVersion,
  expectMessage,
  type HandshakeContext,
  type HandshakeState,
  refuseSsl,
} from "../handshake.ts";
import type { Tls13Agreement } from "../negotiated.ts";
import { show } from "../progress.ts";
import { configAgain } from "../tls12/renegotiation.ts";
import { respondToKeyShare } from "../../crypto/key_exchange.ts";
import { acceptSession } from "../../session/accept_session.ts";
import { askClientHelloHook } from "./ask_client_hello_hook.ts";
import { chooseProtocol } from "../choose_protocol.ts";
import {
  askApplication,
  badSecondHello,
  checkSecondHello,
  checkSecondShares,
  makeCookie,
  resumeRetry,
  type Retried,
  type RetryDecision,
  retryRequestOf,
} from "./tls13/hello_retry.ts";
import type { AcceptedEarlyData } from "./tls13/early_data.ts";
import type { AcceptedExternalPsk } from "./tls13/external_psk.ts";
import { type Choice, EARLY_DATA, sendServerFlight } from "./tls13/flight.ts";
import type { ServerEch } from "./tls13/ech.ts";
import type { RequestedHost } from "./tls12/flight.ts";

/** Most clients offer TLS 1.3. */
const TLS12 = new LazyModule("a server's TLS 1.2", () => import("./tls12/flight.ts"));

/** Few servers have external pre-shared keys. */
const EXTERNAL_PSKS = new LazyModule(
  "a server's pre-shared keys",
  () => import("./tls13/external_psk.ts"),
);

/** Few servers have keys to decrypt hellos. */
const ECH = new LazyModule("a server's Encrypted Client Hello", () => import("./tls13/ech.ts"));

/** A ClientHello with the extensions that TLS 1.3 requires. */
interface Tls13Hello {
  readonly hello: ClientHello;
  readonly extensions: ExtensionBlock;
  readonly keyShares: readonly KeyShareEntry[];
  readonly groups: readonly number[];
}

/** The state after the first ClientHello. */
interface FirstHello {
  readonly ech: ServerEch | null;
  readonly retried: Retried;
  readonly host: RequestedHost;
}

/** Waits for ClientHello, and selects the parameters (RFC 8446, Section 4.1.2). */
export class ExpectClientHello implements HandshakeState {
  readonly #first: FirstHello | null;

  /** Creates the state; `first` is set after a HelloRetryRequest. */
  constructor(first: FirstHello | null = null) {
    this.#first = first;
  }

  /** Processes ClientHello; answers with the server's flight, or with HelloRetryRequest. */
  handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.clientHello);
    const hello = parseClientHello(message.body);
    hs.output.emit({ kind: "hello" });
    const mayBeHidden = this.#first === null ? takesEch(hs) : this.#first.ech !== null;
    return mayBeHidden ? this.#reveal(message, hello, hs) : this.#take(message, hello, null, hs);
  }

  /** Decrypts the ClientHello, if it is encrypted. */
  async #reveal(
    sent: HandshakeMessage,
    outer: ClientHello,
    hs: HandshakeContext,
  ): Promise<HandshakeState> {
    const { takeClientHello } = ECH.exports ?? await ECH.load();
    const before = this.#first?.ech ?? null;
    const { message, hello, ech } = await takeClientHello(hs, sent, outer, before);
    return await this.#take(message, hello, ech, hs);
  }

  async #take(
    message: HandshakeMessage,
    hello: ClientHello,
    ech: ServerEch | null,
    hs: HandshakeContext,
  ): Promise<HandshakeState> {
    const retried = this.#first?.retried ?? await resumeRetry(hs, hello, ech);
    await askClientHelloHook(hs, message, hello, retried !== null);
    const host = this.#first?.host ?? await applyServerName(hs, hello.extensions);
    const { serverName } = host;
    if (chooseVersion(hello, hs.config) === TLS_1_2) {
      if (retried !== null) throw badSecondHello("it offers no TLS 1.3 any more");
      const { sendTls12ServerFlight } = TLS12.exports ?? await TLS12.load();
      return await sendTls12ServerFlight(hs, message, hello, host);
    }
    if (retried !== null) checkSecondHello(hello, retried);
    const externalPsk = takesExternalPsks(hs.config)
      ? await findExternalPsk(hs, message, hello, retried?.cipherSuite)
      : null;
    const withoutExchange = externalPsk?.exchangesKeys === false;
    const offer = checkTls13(hello, withoutExchange);
    if (retried !== null) checkSecondShares(offer.keyShares, retried);

    const cipherSuite = retried?.cipherSuite ?? chooseCipherSuite(hello, hs, externalPsk?.hash);
    const group = withoutExchange ? null : retried?.requestedGroup ?? chooseGroup(offer, hs);
    const keyShare = offer.keyShares.find((share) => share.group === group?.id);
    show(hs, { version: TLS_1_3, cipherSuite, group });
    hs.transcript.setHash(cipherSuite.hash);
    const lacksShare = keyShare === undefined && group !== null;
    if (lacksShare && retried !== null) {
      // RFC 8446, Section 4.1.4: a second HelloRetryRequest is not possible.
      throw badSecondHello("it has no key share of a group that this server has");
    }
    const decision = await askApplication(hs, retried);
    if (lacksShare || decision.retry) {
      const requestedGroup = lacksShare ? group : null;
      const request = { cipherSuite, requestedGroup, ...decision };
      return await this.#retry(message, hello, { host, ech }, request, hs);
    }

    // The key exchange waits for nothing that follows.
    const keyExchange = group === null || keyShare === undefined
      ? null
      : respondToKeyShare(group, keyShare.keyExchange);
    keyExchange?.catch(() => {}); // awaited with the server's flight
    const alpnProtocol = await chooseProtocol(hs, offer.extensions, serverName);
    show(hs, { alpnProtocol });
    // Before the ClientHello is added to the transcript, because the binders cover it up to there.
    const session = await acceptSession(
      { config: hs.config, environment: hs.environment, serverName, session: hs.session },
      {
        message,
        extensions: offer.extensions,
        cipherSuite,
        transcript: hs.transcript,
        ...(externalPsk && { before: externalPsk.index }),
      },
    );
    if (session === null && externalPsk === null) requireSignatureAlgorithms(offer.extensions);
    hs.transcript.add(message.raw);
    const agreement: Tls13Agreement = {
      version: TLS_1_3,
      cipherSuite,
      group,
      alpnProtocol,
      serverName,
      helloRetryRequest: retried !== null,
      echAccepted: ech?.accepted ?? false,
      postHandshakeAuth: offer.extensions.has(ExtensionType.postHandshakeAuth),
    };
    const early = offer.extensions.has(ExtensionType.earlyData)
      ? await answerEarlyData(hs, {
        session: decision.refusesEarlyData ? null : session,
        agreement,
        clientRandom: hello.random,
      })
      : null;
    const signatureSchemes = knownSchemes(offer.extensions.get(signatureAlgorithms) ?? []);
    hs.hooks.observer?.peerSchemes(signatureSchemes);
    return await sendServerFlight(hs, {
      agreement,
      clientRandom: hello.random,
      legacySessionId: hello.legacySessionId,
      nameChoseConfig: host.choseConfig,
      extensions: offer.extensions,
      ech,
      signatureSchemes,
      keyExchange,
      session,
      externalPsk: session === null ? externalPsk : null,
      early,
    });
  }

  async #retry(
    message: HandshakeMessage,
    hello: ClientHello,
    { host, ech }: Omit<FirstHello, "retried">,
    { retry, ...request }: Pick<Retried, "cipherSuite" | "requestedGroup"> & RetryDecision,
    hs: HandshakeContext,
  ): Promise<HandshakeState> {
    show(hs, { helloRetryRequest: true });
    hs.transcript.add(message.raw);
    // Where the application asks for none it has nothing to carry, and mbedTLS's clients take none.
    const kept = ech?.keep(hs) ?? null;
    const cookie = retry ? await makeCookie(hs, request, kept) : null;
    const retried = { ...request, first: hello, cookie };
    await hs.transcript.replaceWithMessageHash();
    const retryRequest = await retryRequestOf(hs, hello, retried, kept, ech);
    hs.transcript.add(retryRequest);
    hs.output.sendMessage(retryRequest);
    if (hello.legacySessionId.length > 0) hs.output.sendChangeCipherSpec();
    if (hello.extensions?.has(ExtensionType.earlyData)) {
      hs.output.emit({ kind: "skipEarlyData", how: "in clear", limit: hs.config.maxEarlyData });
    }
    return new ExpectClientHello({ retried, host, ech });
  }
}

/** Accepts the client's early data, or has it skipped. */
async function answerEarlyData(
  hs: HandshakeContext,
  { session, agreement, clientRandom }: Pick<Choice, "session" | "agreement" | "clientRandom">,
): Promise<AcceptedEarlyData | null> {
  const ticket = session?.content.early;
  let accepted = null;
  // What comes behind a second ClientHello has been refused with the first one.
  if (agreement.helloRetryRequest) return null;
  if (session !== null && ticket !== undefined && hs.config.maxEarlyData > 0) {
    const { acceptEarlyData } = EARLY_DATA.exports ?? await EARLY_DATA.load();
    accepted = await acceptEarlyData(hs, session, ticket, agreement, clientRandom);
  }
  if (accepted === null) {
    const limit = Math.max(hs.config.maxEarlyData, ticket?.maxEarlyData ?? 0);
    hs.output.emit({ kind: "skipEarlyData", how: "undecryptable", limit });
  } else hs.earlyRead = accepted.read;
  return accepted;
}

/** Returns whether a server looks for an encrypted ClientHello. */
function takesEch({ config, established }: HandshakeContext): boolean {
  return (config.echKeys.length > 0 || config.echBackend) && established === null &&
    offersTls13(config);
}

/** Returns the newest version that both ends support (RFC 8446, Section 4.2.1). */
function chooseVersion(hello: ClientHello, config: SslConfig): number {
  refuseSsl(hello.legacyVersion);
  const listed = hello.extensions?.get(supportedVersionsClientHello);
  const offered = listed ?? (hello.legacyVersion >= TLS_1_2 ? [TLS_1_2] : []);
  if (offersTls13(config) && offered.includes(TLS_1_3)) return TLS_1_3;
  // RFC 7507, Section 3: refuses a fallback to any version below the newest of this server.
  const isFallback = hello.cipherSuites.includes(TLS_FALLBACK_SCSV);
  if (isFallback && (offersTls13(config) || !offered.includes(TLS_1_2))) {
    throw new SslError(
      "SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT",
      "Cannot take ClientHello: the client fell back, and this server speaks a newer version",
    );
  }
  if (offersTls12(config) && offered.includes(TLS_1_2)) return TLS_1_2;
  throw new SslError(
    "SSL_ERROR_UNSUPPORTED_VERSION",
    `Cannot agree on a version: the client offers ${describeOffer(hello, listed)}, this server ` +
      [...(offersTls12(config) ? ["TLS 1.2"] : []), ...(offersTls13(config) ? ["TLS 1.3"] : [])]
        .join(" and ") +
      "; update the client, or compare the option versions of both ends",
  );
}

/** Returns the versions of a client in words; those of GREASE have none (RFC 8701). */
function describeOffer({ legacyVersion }: ClientHello, listed?: readonly number[]): string {
  if (listed === undefined) return `${describeVersion(Math.min(legacyVersion, TLS_1_2))} at most`;
  const known = listed.filter((version) => version >= SSL_3_0 && version <= TLS_1_3);
  return known.length === 0 ? "none that is known" : known.map(describeVersion).join(", ");
}

/** Selects an external PSK that goes with a common suite, or with that of a HelloRetryRequest. */
async function findExternalPsk(
  hs: HandshakeContext,
  message: HandshakeMessage,
  { extensions, cipherSuites }: ClientHello,
  suite: CipherSuite | undefined,
): Promise<AcceptedExternalPsk | null> {
  const common = hs.config.cipherSuites.filter(({ id }) => cipherSuites.includes(id));
  const hashes = (suite === undefined ? common : [suite]).map(({ hash }) => hash);
  const { acceptExternalPsk } = EXTERNAL_PSKS.exports ?? await EXTERNAL_PSKS.load();
  return await acceptExternalPsk(hs, { message, extensions, hashes });
}

/**
 * Checks what every TLS 1.3 ClientHello must have (RFC 9846, Sections 4.2.2 and 9.2); without a key
 * exchange it may have neither groups nor shares.
 */
function checkTls13(hello: ClientHello, withoutExchange: boolean): Tls13Hello {
  const extensions = hello.extensions!; // supported_versions has selected TLS 1.3
  checkLegacyVersion("ClientHello", hello);
  if (hello.legacyCompressionMethods.length !== 1 || hello.legacyCompressionMethods[0] !== 0) {
    throw illegal("it offers compression");
  }
  const none = withoutExchange ? [] : undefined;
  const groups = extensions.get(supportedGroups) ?? none;
  const keyShares = extensions.get(keyShareClientHello) ?? none;
  if (groups === undefined) {
    throw new SslError(
      "SSL_ERROR_MISSING_SUPPORTED_GROUPS_EXTENSION",
      "Cannot take ClientHello: it names no key exchange groups",
    );
  }
  if (keyShares === undefined) {
    throw new SslError(
      "SSL_ERROR_MISSING_KEY_SHARE",
      "Cannot take ClientHello: it has no key_share extension",
    );
  }
  // RFC 8446, Section 9.2: a ClientHello with pre_shared_key may omit it.
  if (!extensions.has(ExtensionType.preSharedKey)) requireSignatureAlgorithms(extensions);
  const named = new Set(groups); // a ClientHello may have thousands of each
  if (keyShares.some(({ group }) => !named.has(group))) {
    // RFC 8446, Section 4.2.8.
    throw illegal("it has a key share of a group that it does not name");
  }
  return { hello, extensions, keyShares, groups };
}

/** RFC 8446, Section 4.2.3: a server that authenticates by a certificate requires it. */
function requireSignatureAlgorithms(extensions: ExtensionBlock): void {
  if (extensions.has(ExtensionType.signatureAlgorithms)) return;
  throw new SslError(
    "SSL_ERROR_MISSING_SIGNATURE_ALGORITHMS_EXTENSION",
    "Cannot take ClientHello: it names no signature algorithms",
  );
}

/** Calls the SNI hook, and applies the configuration that it returns. */
async function applyServerName(
  hs: HandshakeContext,
  extensions: ExtensionBlock | undefined,
): Promise<RequestedHost> {
  const before = hs.established?.negotiated.serverName ?? null;
  // A renegotiation that names no host keeps that of the connection.
  const name = extensions?.get(serverName)?.toLowerCase() ?? before;
  if (hs.established !== null && name !== before) {
    throw new SslError(
      "SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
      "Cannot renegotiate: the client asks for another host name than before",
    );
  }
  show(hs, { serverName: name });
  const { sniSocketConfig } = hs.config;
  if (sniSocketConfig === null) return { serverName: name, choseConfig: false };
  let chosen;
  try {
    const request = { serverName: name, alpnProtocols: extensions?.get(alpnProtocols) ?? [] };
    chosen = await hs.hooks.chooseConfig(sniSocketConfig, hs.config, request);
    if (typeof chosen === "object") {
      hs.config = hs.established === null ? chosen : configAgain(chosen, hs.established.negotiated);
    }
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
  if (chosen === "unknown") {
    throw new SslError(
      "SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
      `Cannot serve ${
        name === null ? "a client that names no host" : `host name ${shown(name)}`
      }: ` +
        "the sniSocketConfig hook does not know it",
    );
  }
  return { serverName: name, choseConfig: name !== null && typeof chosen === "object" };
}

/** Selects the first cipher suite of the server's list that the client offers, of any hash. */
function chooseCipherSuite(
  hello: ClientHello,
  { config }: HandshakeContext,
  of?: CipherSuite["hash"],
): CipherSuite {
  const suite = config.cipherSuites.find(({ id, hash }) =>
    hello.cipherSuites.includes(id) && hash === (of ?? hash)
  );
  if (suite !== undefined) return suite;
  throw new SslError(
    "SSL_ERROR_NO_CYPHER_OVERLAP",
    "Cannot agree on a cipher suite: the client offers none of " +
      config.cipherSuites.map(({ name }) => name).join(", ") +
      "; compare the option cipherSuites of both ends",
  );
}

/**
 * Selects the first group of the server's list that the client supports; one with a key share is
 * preferred, because others cost a round trip.
 */
function chooseGroup({ groups, keyShares }: Tls13Hello, { config }: HandshakeContext): NamedGroup {
  const common = config.groups.filter(({ id }) => groups.includes(id));
  const shared = common.find(({ id }) => keyShares.some(({ group }) => group === id));
  const chosen = shared ?? common[0];
  if (chosen !== undefined) return chosen;
  throw new SslError(
    "SSL_ERROR_KEY_EXCHANGE_FAILURE",
    "Cannot agree on a key exchange group: the client offers none of " +
      config.groups.map(({ name }) => name).join(", ") +
      "; compare the option groups of both ends",
  );
}

function illegal(why: string): SslError {
  return new SslError("SSL_ERROR_RX_MALFORMED_CLIENT_HELLO", `Cannot take ClientHello: ${why}`, {
    fault: "value",
  });
}
