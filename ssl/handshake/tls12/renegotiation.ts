// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Renegotiation of TLS 1.2 connections (RFC 5246, Section 7.4.1): who may begin it, how it is bound
 * to the previous handshake (RFC 5746), and how the connection continues if it is declined.
 *
 * ```text
 * server                          HelloRequest -->            if the server requests it
 * client                          <-- ClientHello
 *                                 ... as a first handshake, under the old keys
 *                                 until change_cipher_spec
 * ```
 *
 * @module
 */

import { bytesEqual, concat } from "../../../cert/base/bytes.ts";
import type { PeerIdentity } from "../../base/session_cache.ts";
import { offersTls12, type SslConfig } from "../../config/config.ts";
import { SslError } from "../../base/errors.ts";
import type { Tls12CipherSuite } from "../../tables/cipher_suites.ts";
import { TLS_1_2 } from "../../tables/versions.ts";
import type {
  Established,
  HandshakeContext,
  HandshakeState,
  ReHandshakeRequest,
} from "../handshake.ts";
import type { Tls12Agreement, Tls12Negotiated } from "../negotiated.ts";
import { NO_PROGRESS } from "../progress.ts";
import { clientAuthAgain } from "../client_auth_again.ts";
import { newSessionHandle } from "../../session/session_handle.ts";
import { Transcript } from "../../crypto/transcript.ts";

/**
 * Returns whether a connection may be renegotiated (`SSL_ENABLE_RENEGOTIATION`).
 *
 * @param config The configuration.
 * @param negotiated What the connection has negotiated.
 * @param byPeer Whether the peer requests it; `"NEVER"` forbids only that.
 */
export function mayRenegotiate(
  { renegotiation, role }: SslConfig,
  { secureRenegotiation, extendedMasterSecret }: Pick<
    Tls12Agreement,
    "secureRenegotiation" | "extendedMasterSecret"
  >,
  byPeer: boolean,
): boolean {
  if (renegotiation === "UNRESTRICTED") return true;
  // RFC 7627, Section 5.4: without the extended master secret, RFC 5746 does not prevent the triple
  // handshake attack.
  if (!extendedMasterSecret) return false;
  switch (renegotiation) {
    case "NEVER":
      return !byPeer && secureRenegotiation;
    case "REQUIRES_XTN":
      return secureRenegotiation;
    case "TRANSITIONAL":
      return secureRenegotiation || role === "client";
  }
}

/**
 * Checks that the application may request a renegotiation.
 *
 * @throws {SslError} `SSL_ERROR_RENEGOTIATION_NOT_ALLOWED`, or `SSL_ERROR_SSL_DISABLED` if TLS 1.2
 * is no longer enabled.
 */
export function requireMayRenegotiate(config: SslConfig, negotiated: Tls12Negotiated): void {
  configAgain(config, negotiated);
  if (mayRenegotiate(config, negotiated, false)) return;
  throw new SslError(
    "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED",
    "Cannot renegotiate: the connection has no " +
      (negotiated.extendedMasterSecret
        ? "secure renegotiation (RFC 5746)"
        : "extended master secret (RFC 7627), without which a renegotiation is not safe"),
  );
}

/**
 * Begins a renegotiation: everything but the version is negotiated again, under the latest
 * configuration.
 *
 * @param hs The context of the connection.
 * @param negotiated The result of the previous handshake.
 * @param state The state to restore if it is declined.
 * @param request This end's request; `null` if the peer requests it.
 * @throws {SslError} `SSL_ERROR_SSL_DISABLED` if TLS 1.2 is no longer enabled.
 */
export function beginRenegotiation(
  hs: HandshakeContext,
  negotiated: Tls12Negotiated,
  state: HandshakeState,
  request: ReHandshakeRequest | null,
): void {
  const config = configAgain(hs.latestConfig(), negotiated);
  const { progress, session } = hs;
  hs.established = { config: hs.config, negotiated, progress, session, state, request };
  hs.config = config;
  hs.session = newSessionHandle();
  hs.progress = {
    ...NO_PROGRESS,
    version: TLS_1_2,
    serverName: negotiated.serverName,
    alpnProtocol: negotiated.alpnProtocol,
    // Without a new CertificateRequest the client's authentication remains, because the handshakes
    // are bound to each other.
    peerChain: config.role === "server" ? negotiated.peer.chain : [],
    peerRawPublicKey: config.role === "server" ? negotiated.peer.rawPublicKey : null,
  };
  hs.transcript = new Transcript();
  hs.output.emit({ kind: "renegotiation", byPeer: request === null });
}

/** Restores the connection after a declined renegotiation. */
export function abandonRenegotiation(
  hs: HandshakeContext,
  { config, progress, session, state }: Established,
): HandshakeState {
  hs.config = config;
  hs.progress = progress;
  hs.session = session;
  hs.established = null;
  hs.transcript.forget();
  hs.output.emit({ kind: "renegotiationDeclined" });
  return state;
}

/** Ends a handshake; after a renegotiation, the configuration has the original versions again. */
export function completeRenegotiation(hs: HandshakeContext): void {
  if (hs.established === null) return;
  hs.config = sessionConfig(hs);
  hs.established = null;
}

/**
 * Returns the configuration under which sessions are kept: a renegotiation is limited to one
 * version, but its session is not.
 */
export function sessionConfig({ config, established }: HandshakeContext): SslConfig {
  if (established === null) return config;
  const { minVersion, maxVersion } = established.config;
  return { ...config, minVersion, maxVersion };
}

/**
 * Returns the configuration of a renegotiation.
 *
 * @throws {SslError} `SSL_ERROR_SSL_DISABLED` if TLS 1.2 is no longer enabled.
 */
export function configAgain(config: SslConfig, { peer }: Tls12Negotiated): SslConfig {
  if (!offersTls12(config)) {
    throw new SslError(
      "SSL_ERROR_SSL_DISABLED",
      "Cannot renegotiate: TLS 1.2, the version of the connection, is not enabled any more",
    );
  }
  return {
    ...config,
    clientAuth: clientAuthAgain(config, peer.isKnown),
    minVersion: TLS_1_2,
    maxVersion: TLS_1_2,
  };
}

/**
 * Returns a client's renegotiation_info, empty in a first handshake (RFC 5746, Sections 3.4 and
 * 3.5).
 */
export function clientRenegotiationInfo(
  { established }: HandshakeContext,
): Uint8Array<ArrayBuffer> {
  return established?.negotiated.verifyData.client ?? new Uint8Array(0);
}

/**
 * Returns a server's renegotiation_info, empty in a first handshake (RFC 5746, Sections 3.6 and
 * 3.7).
 */
export function serverRenegotiationInfo(
  { established }: HandshakeContext,
): Uint8Array<ArrayBuffer> {
  if (established === null) return new Uint8Array(0);
  const { client, server } = established.negotiated.verifyData;
  return concat([client, server]);
}

/**
 * Checks that the peer's renegotiation_info refers to this connection, so that an attacker has not
 * spliced two (RFC 5746, Sections 3.4 to 3.7).
 *
 * @param hs The context of the handshake.
 * @param info The peer's renegotiation_info; `undefined` if there is none.
 * @param signals Whether the peer has sent the SCSV, which only a first ClientHello may have.
 * @param expected The expected renegotiation_info.
 * @returns Whether the peer supports RFC 5746.
 * @throws {SslError} `SSL_ERROR_UNSAFE_NEGOTIATION` if it does not match, or is missing but
 * required.
 */
export function takeRenegotiationInfo(
  hs: HandshakeContext,
  info: Uint8Array | undefined,
  signals: boolean,
  expected: Uint8Array,
): boolean {
  const { config, established } = hs;
  const supports = info !== undefined || signals;
  if (info !== undefined && !bytesEqual(info, expected)) {
    throw unsafe("renegotiation_info is that of another handshake");
  }
  if (established === null) {
    if (!supports && config.requireSafeNegotiation) {
      throw unsafe("no renegotiation_info, which this end requires");
    }
  } else {
    if (signals) throw unsafe("it says that it begins a first handshake");
    if (supports !== established.negotiated.secureRenegotiation) {
      throw unsafe("renegotiation_info does not go with the first handshake's");
    }
  }
  return supports;
}

function unsafe(why: string): SslError {
  return new SslError("SSL_ERROR_UNSAFE_NEGOTIATION", `Cannot negotiate: ${why}`);
}

/**
 * Refuses another certificate or raw public key than in the previous handshake, so that an
 * application need not check it again.
 *
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERTIFICATE` if the peer sends another one.
 */
export function refuseOtherPeer(
  { established, config }: HandshakeContext,
  { peerChain, peerRawPublicKey }: PeerIdentity,
): void {
  const peer = established?.negotiated.peer;
  const before = peer?.rawPublicKey ?? peer?.chain[0];
  // A server that requests it checks the certificate again.
  const isAnswer = config.role === "server" && established?.request !== null;
  if (before === undefined || isAnswer) return;
  // A certificate and a key are never the same bytes
  const shown = peerRawPublicKey ?? peerChain[0];
  if (shown !== undefined && bytesEqual(shown.der, before.der)) return;
  throw new SslError(
    "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
    `Cannot renegotiate: the peer shows another ${
      peer?.rawPublicKey ? "raw public key" : "certificate"
    } than before`,
    { fault: "value" },
  );
}

/**
 * Refuses a renegotiation in which only one of both handshakes uses the extended master secret
 * (RFC 7627, Section 5.4).
 *
 * @throws {SslError} `SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET`.
 */
export function refuseOtherBinding(
  { established }: HandshakeContext,
  extendedMasterSecret: boolean,
): void {
  if (established === null) return;
  if (established.negotiated.extendedMasterSecret === extendedMasterSecret) return;
  throw new SslError(
    "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
    "Cannot renegotiate: one of the two handshakes has no extended master secret",
  );
}

/**
 * Refuses a renegotiation that gives up the MAC of the ciphertext for that of the content
 * (RFC 7366, Section 3.1).
 *
 * @throws {SslError} `SSL_ERROR_UNSAFE_NEGOTIATION`.
 */
export function refuseWeakerMac(
  { established }: HandshakeContext,
  { bulk }: Tls12CipherSuite,
  encryptThenMac: boolean,
): void {
  if (!established?.negotiated.encryptThenMac || bulk !== "AES-CBC" || encryptThenMac) return;
  throw unsafe("the handshake before had encrypt_then_mac, and this one has not");
}

/**
 * Returns the application protocol, which a renegotiation keeps. OpenSSL, BoringSSL, NSS and this
 * package's client do not offer it again: the absence changes nothing.
 *
 * @param established The connection.
 * @param offered The protocols that the client offers; `undefined` without the extension.
 * @throws {SslError} `SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID` if the client wants another one.
 */
export function keptProtocol(
  { negotiated }: Established,
  offered: readonly string[] | undefined,
): string | null {
  const { alpnProtocol } = negotiated;
  if (alpnProtocol === null || (offered?.includes(alpnProtocol) ?? true)) return alpnProtocol;
  throw new SslError(
    "SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID",
    `Cannot renegotiate: the application protocol is "${alpnProtocol}", which the client does ` +
      "not offer any more; a renegotiation cannot change it",
    { fault: "value" },
  );
}
