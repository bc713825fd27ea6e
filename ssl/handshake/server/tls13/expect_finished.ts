// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertificateTypes } from "../../../extensions/certificate_type.ts";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import type { ResumptionMasterSecret, TrafficSecret } from "../../../crypto/expanded_secrets.ts";
import type { MasterSecret } from "../../../crypto/key_schedule.ts";
import { encodeFinished, parseFinished } from "../../../messages/finished.ts";
import { encodeHandshake, type HandshakeMessage } from "../../../messages/handshake.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { OwnIdentity, Tls13Agreement, Tls13Negotiated } from "../../negotiated.ts";
import { showPeer } from "../../progress.ts";
import type { ApplicationKeys } from "../../tls13/derive_keys.ts";
import {
  observePeerFinished,
  ownVerifyData,
  peerAndFinished,
  verifyPeerFinished,
  wrongFinished,
} from "../../tls13/finished.ts";
import { TrafficKeys } from "../../tls13/traffic_keys.ts";
import { makeTickets } from "./make_tickets.ts";
import { ServerConnected } from "./connected.ts";

/** The keys of a server after its flight, with what was negotiated. */
export interface ServerKeys {
  readonly agreement: Tls13Agreement;
  readonly certificateTypes: CertificateTypes;
  readonly masterSecret: MasterSecret;
  readonly clientHandshakeSecret: TrafficSecret;
  /** The keys of application data; those of what this end sends are in use. */
  readonly application: ApplicationKeys;
  /** Whether the client supports psk_dhe_ke, the only mode of resumption of this server. */
  readonly mayResume: boolean;
}

/** The client's Finished before it has come, and the secret of sessions after it. */
export interface ForeseenFinished {
  readonly verifyData: Uint8Array<ArrayBuffer>;
  readonly resumption: ResumptionMasterSecret;
}

/**
 * Computes the client's Finished and what follows from it, while the client's flight is on its way:
 * without a client certificate nothing else is in it (RFC 8446, Section 4.6.1). No ticket is made
 * yet, because caches would keep those of handshakes that are never complete.
 */
export async function foreseeFinished(
  hs: HandshakeContext,
  { masterSecret, clientHandshakeSecret }: ServerKeys,
): Promise<ForeseenFinished> {
  const verifyData = await ownVerifyData(hs, clientHandshakeSecret);
  const finished = encodeHandshake(HandshakeType.finished, encodeFinished({ verifyData }));
  const transcriptHash = await hs.transcript.digestWith(finished);
  return { verifyData, resumption: await masterSecret.resumptionMasterSecret(transcriptHash) };
}

/** Waits for the client's Finished, and completes the handshake (RFC 8446, Section 4.4.4). */
export class ExpectClientFinished implements HandshakeState {
  readonly #keys: ServerKeys;
  readonly #peer: AuthenticatedPeer | Promise<AuthenticatedPeer>;
  readonly #ownIdentity: OwnIdentity;
  readonly #foreseen: Promise<ForeseenFinished> | null;

  /**
   * Creates the state; `peer` may still be being verified, `foreseen` is `null` if the client may
   * send a certificate.
   */
  constructor(
    keys: ServerKeys,
    peer: AuthenticatedPeer | Promise<AuthenticatedPeer>,
    ownIdentity: OwnIdentity,
    foreseen: Promise<ForeseenFinished> | null,
  ) {
    this.#keys = keys;
    this.#peer = peer;
    this.#ownIdentity = ownIdentity;
    this.#foreseen = foreseen;
    foreseen?.catch(() => {}); // awaited when Finished comes
  }

  /** Processes Finished. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.finished);
    const { agreement, certificateTypes, masterSecret, application } = this.#keys;
    const verified = this.#foreseen === null
      ? this.#verify(message, hs)
      : this.#compare(message, hs, this.#foreseen);
    const [peer, resumption] = await peerAndFinished(this.#peer, verified);
    showPeer(hs, peer);
    masterSecret.forget();
    const { client, server, clientSpec, exporterMasterSecret } = application;
    hs.output.installReadSpec(clientSpec);

    const keys = new TrafficKeys(agreement.cipherSuite, {
      read: client,
      write: server,
      exporterMasterSecret,
    });
    const negotiated: Tls13Negotiated = {
      ...agreement,
      certificateTypes,
      ...this.#ownIdentity,
      peer,
      earlyData: hs.earlyRead?.received ?? null,
    };
    const tickets = this.#keys.mayResume ? makeTickets(hs, negotiated, resumption) : NO_TICKETS;
    if (negotiated.postHandshakeAuth) hs.transcript.keep();
    else hs.transcript.forget();
    hs.output.emit({ kind: "connected", negotiated, keys, tickets });
    return new ServerConnected(negotiated, keys);
  }

  async #verify(message: HandshakeMessage, hs: HandshakeContext): Promise<ResumptionMasterSecret> {
    const { agreement: { cipherSuite }, masterSecret, clientHandshakeSecret } = this.#keys;
    const verified = verifyPeerFinished(hs, message, cipherSuite, clientHandshakeSecret);
    verified.catch(() => {}); // awaited below
    const resumption = masterSecret.resumptionMasterSecret(await hs.transcript.digest());
    resumption.catch(() => {}); // awaited below
    await verified;
    return await resumption;
  }

  async #compare(
    message: HandshakeMessage,
    hs: HandshakeContext,
    foreseen: Promise<ForeseenFinished>,
  ): Promise<ResumptionMasterSecret> {
    const { verifyData } = parseFinished(
      message.body,
      this.#keys.agreement.cipherSuite.hashLength,
    );
    const { verifyData: expected, resumption } = await foreseen;
    if (!timingSafeEqual(verifyData, expected)) throw wrongFinished();
    observePeerFinished(hs, verifyData);
    hs.transcript.add(message.raw);
    return resumption;
  }
}

const NO_TICKETS = Promise.resolve([]);
