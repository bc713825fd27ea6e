// Copyright 2026 the NSS for Deno authors. MIT license.

import type { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import type { ClientAuthRequest } from "../../../config/hooks.ts";
import type { ResumptionMasterSecret } from "../../../crypto/expanded_secrets.ts";
import type { MasterSecret } from "../../../crypto/key_schedule.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import { deriveApplicationKeys } from "../../tls13/derive_keys.ts";
import {
  ownVerifyData,
  peerAndFinished,
  sendVerifyData,
  verifyPeerFinished,
} from "../../tls13/finished.ts";
import { TrafficKeys } from "../../tls13/traffic_keys.ts";
import { ClientConnected } from "./connected.ts";
import type { OwnIdentity, Tls13Negotiated } from "../../negotiated.ts";
import { showPeer } from "../../progress.ts";
import type { ClientKeys } from "./client_keys.ts";
import { sendClientCertificate } from "./send_certificate.ts";

/** Waits for the server's Finished, and completes the handshake (RFC 8446, Section 4.4.4). */
export class ExpectServerFinished implements HandshakeState {
  readonly #keys: ClientKeys;
  readonly #peer: AuthenticatedPeer | Promise<AuthenticatedPeer>;
  readonly #ownIdentity: OwnIdentity;
  readonly #request: ClientAuthRequest | null;

  /**
   * Creates the state; `peer` may still be being verified, `request` is the server's
   * CertificateRequest, or `null`.
   */
  constructor(
    keys: ClientKeys,
    peer: AuthenticatedPeer | Promise<AuthenticatedPeer>,
    ownIdentity: OwnIdentity,
    request: ClientAuthRequest | null,
  ) {
    this.#keys = keys;
    this.#peer = peer;
    this.#ownIdentity = ownIdentity;
    this.#request = request;
  }

  /** Processes Finished, and sends the client's last flight. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.finished);
    const { agreement, certificateTypes, masterSecret, earlyData } = this.#keys;
    const { clientRandom, clientSecret, serverSecret } = this.#keys;
    const { cipherSuite } = agreement;
    // The keys, and a Finished that no certificate precedes, are derived while the server is
    // verified; they are not used, and nothing is sent, before it is.
    const verified = verifyPeerFinished(hs, message, cipherSuite, serverSecret);
    const derived = deriveApplicationKeys(hs, cipherSuite, masterSecret, clientRandom);
    const isFinishedOnly = this.#request === null && earlyData === null;
    const verifyData = isFinishedOnly ? ownVerifyData(hs, clientSecret) : null;
    for (const task of [derived, verifyData]) task?.catch(() => {}); // awaited below
    const [peer] = await peerAndFinished(this.#peer, verified);
    showPeer(hs, peer);
    const { client, server, clientSpec, serverSpec, exporterMasterSecret } = await derived;
    hs.output.installReadSpec(serverSpec);
    if (earlyData !== null) earlyData.early.end(hs, earlyData.clientSpec);

    let { local } = this.#ownIdentity;
    if (this.#request !== null) {
      const { rawClient } = certificateTypes;
      local = await sendClientCertificate(hs, this.#request, rawClient, local);
    }
    sendVerifyData(hs, await (verifyData ?? ownVerifyData(hs, clientSecret)));
    hs.output.installWriteSpec(clientSpec);
    hs.output.sendFlight();
    if (hs.echRejection !== undefined) throw hs.echRejection.error();

    const keys = new TrafficKeys(cipherSuite, {
      read: server,
      write: client,
      exporterMasterSecret,
    });
    // Without sessions no ticket is kept.
    const resumption = hs.config.sessionTickets ? resumptionSecret(hs, masterSecret) : null;
    if (resumption === null) masterSecret.forget();
    else resumption.catch(() => {}); // awaited for the first ticket
    if (hs.config.postHandshakeAuth) hs.transcript.keep();
    else hs.transcript.forget();
    const negotiated: Tls13Negotiated = {
      ...agreement,
      certificateTypes,
      ...this.#ownIdentity,
      local,
      peer,
      earlyData: earlyData?.early.sent ?? null,
    };
    hs.output.emit({ kind: "connected", negotiated, keys, tickets: NO_TICKETS });
    return new ClientConnected(negotiated, keys, resumption);
  }
}

async function resumptionSecret(
  { transcript }: HandshakeContext,
  masterSecret: MasterSecret,
): Promise<ResumptionMasterSecret> {
  const secret = masterSecret.resumptionMasterSecret(await transcript.digest());
  masterSecret.forget();
  return await secret;
}

/** A client sends none. */
const NO_TICKETS = Promise.resolve([]);
