// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A TLS 1.2 connection that is negotiated anew (RFC 5246, Section 7.4.1): who may begin it, how it
 * is bound to the handshake before it (RFC 5746), and how the connection goes on where it is
 * declined.
 *
 * ```text
 * server                          HelloRequest -->            where it is the server that wants it
 * client                          <-- ClientHello
 *                                 ... as a first handshake, under the old keys
 *                                 until change_cipher_spec
 * ```
 *
 * @module
 */

import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { bytesEqual } from "../../../cert/base/bytes.ts";
import { offersTls12, type SslConfig } from "../../config/config.ts";
import { SslError } from "../../base/errors.ts";
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
import { concat } from "../../crypto/master_secret.ts";

/**
 * Whether the connection may be negotiated anew (`SSL_ENABLE_RENEGOTIATION`).
 *
 * @param byPeer Whether it is the peer that wants it; an application's own request needs no
 * permission, only a peer that knows RFC 5746.
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
  // RFC 7627, Section 5.4: without the extended master secret RFC 5746 binds nothing (the triple
  // handshake).
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
 * Refuses a renegotiation that the application wants and may not have.
 *
 * @throws {SslError} `SSL_ERROR_RENEGOTIATION_NOT_ALLOWED`, or `SSL_ERROR_SSL_DISABLED` if TLS 1.2
 * is not enabled any more.
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
 * Begins a new handshake on the connection: nothing is agreed on but the version, and what is
 * configured by now counts.
 *
 * @param negotiated What the connection has negotiated so far.
 * @param state The state to go back to where it is declined.
 * @param request This end's request; `null` where it is the peer's.
 * @throws {SslError} `SSL_ERROR_SSL_DISABLED` if TLS 1.2 is not enabled any more.
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
    // A client that is not asked again stays who it is: the handshakes are bound to each other.
    peerChain: config.role === "server" ? negotiated.peer.chain : [],
  };
  hs.transcript = new Transcript();
  hs.output.emit({ kind: "renegotiation", byPeer: request === null });
}

/** Goes back to what was before. */
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

/** Ends a handshake; the configuration is what it was but for what may change. */
export function completeRenegotiation(hs: HandshakeContext): void {
  if (hs.established === null) return;
  hs.config = sessionConfig(hs);
  hs.established = null;
}

/**
 * The configuration under which sessions are kept: a renegotiation is of one version, its session
 * may be of several.
 */
export function sessionConfig({ config, established }: HandshakeContext): SslConfig {
  if (established === null) return config;
  const { minVersion, maxVersion } = established.config;
  return { ...config, minVersion, maxVersion };
}

/**
 * A configuration as far as it counts for a connection that is up.
 *
 * @throws {SslError} `SSL_ERROR_SSL_DISABLED` if TLS 1.2 is not enabled any more.
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
    clientAuth: clientAuthAgain(config, peer.chain),
    minVersion: TLS_1_2,
    maxVersion: TLS_1_2,
  };
}

/**
 * What a client's renegotiation_info says: nothing in a first handshake (RFC 5746, Sections 3.4 and
 * 3.5).
 */
export function clientRenegotiationInfo(
  { established }: HandshakeContext,
): Uint8Array<ArrayBuffer> {
  return established?.negotiated.verifyData.client ?? new Uint8Array(0);
}

/**
 * What a server's renegotiation_info says: nothing in a first handshake (RFC 5746, Sections 3.6 and
 * 3.7).
 */
export function serverRenegotiationInfo(
  { established }: HandshakeContext,
): Uint8Array<ArrayBuffer> {
  if (established === null) return new Uint8Array(0);
  const { client, server } = established.negotiated.verifyData;
  return concat(client, server);
}

/**
 * Checks that the peer means this connection, and no other that somebody has joined to it (RFC
 * 5746, Sections 3.4 to 3.7).
 *
 * @param info The peer's renegotiation_info.
 * @param signals Whether it says by a suite that it knows RFC 5746, which only a first hello may.
 * @param expected What it has to say.
 * @returns Whether the peer knows RFC 5746.
 * @throws {SslError} `SSL_ERROR_UNSAFE_NEGOTIATION` if it does not.
 */
export function takeRenegotiationInfo(
  hs: HandshakeContext,
  info: Uint8Array | undefined,
  signals: boolean,
  expected: Uint8Array,
): boolean {
  const { config, established } = hs;
  const knows = info !== undefined || signals;
  if (info !== undefined && !bytesEqual(info, expected)) {
    throw unsafe("renegotiation_info is that of another handshake");
  }
  if (established === null) {
    if (!knows && config.requireSafeNegotiation) {
      throw unsafe("no renegotiation_info, which this end requires");
    }
  } else {
    if (signals) throw unsafe("it says that it begins a first handshake");
    if (knows !== established.negotiated.secureRenegotiation) {
      throw unsafe("renegotiation_info does not go with the first handshake's");
    }
  }
  return knows;
}

function unsafe(why: string): SslError {
  return new SslError("SSL_ERROR_UNSAFE_NEGOTIATION", `Cannot negotiate: ${why}`);
}

/**
 * Refuses a peer that has become another one since the handshake before: whoever looked at its
 * certificate then need not look again.
 *
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERTIFICATE` if it shows another certificate.
 */
export function refuseOtherPeer(
  { established, config }: HandshakeContext,
  chain: readonly Certificate[],
): void {
  const before = established?.negotiated.peer.chain[0];
  // A server that asks once more looks at the answer.
  const isAnswer = config.role === "server" && established?.request !== null;
  if (before === undefined || isAnswer) return;
  if (chain[0] !== undefined && bytesEqual(chain[0].der, before.der)) return;
  throw new SslError(
    "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
    "Cannot renegotiate: the peer shows another certificate than before",
    { fault: "value" },
  );
}

/**
 * Refuses a handshake whose secret is bound otherwise than the one before (RFC 7627, Section 5.4:
 * without the extended master secret a renegotiation proves nothing about whom one has talked to).
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
 * Refuses another application protocol than before: the connection is in the middle of one.
 *
 * @throws {SslError} `SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID`.
 */
export function refuseOtherProtocol(
  { established }: HandshakeContext,
  protocol: string | null,
): void {
  if (established === null) return;
  if (established.negotiated.alpnProtocol === protocol) return;
  throw new SslError(
    "SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID",
    "Cannot renegotiate: the application protocol would be another one than before",
    { fault: "value" },
  );
}
