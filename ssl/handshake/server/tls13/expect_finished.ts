// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { CipherSpec } from "../../../record/cipher_spec.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { verifyPeerFinished } from "../../tls13/finished.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { ExporterMasterSecret, TrafficSecret } from "../../../crypto/expanded_secrets.ts";
import type { MasterSecret } from "../../../crypto/key_schedule.ts";
import type { Identities, Tls13Agreement, Tls13Negotiated } from "../../negotiated.ts";
import { TrafficKeys } from "../../tls13/traffic_keys.ts";
import { makeTickets } from "./make_tickets.ts";
import { ServerConnected } from "./connected.ts";

/** The keys of a server after its flight, with what was negotiated. */
export interface ServerKeys {
  readonly agreement: Tls13Agreement;
  readonly masterSecret: MasterSecret;
  readonly clientHandshakeSecret: TrafficSecret;
  /** The application traffic secret of the client. */
  readonly read: TrafficSecret;
  /** The application traffic secret of the server. */
  readonly write: TrafficSecret;
  readonly exporterMasterSecret: ExporterMasterSecret;
  /** Whether the client supports psk_dhe_ke, the only mode of resumption of this server. */
  readonly mayResume: boolean;
}

/** Waits for the client's Finished, and completes the handshake (RFC 8446, Section 4.4.4). */
export class ExpectClientFinished implements HandshakeState {
  readonly #keys: ServerKeys;
  readonly #identities: Identities;

  /** Creates the state. */
  constructor(keys: ServerKeys, identities: Identities) {
    this.#keys = keys;
    this.#identities = identities;
  }

  /** Processes Finished. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.finished);
    const { agreement, masterSecret, clientHandshakeSecret, read } = this.#keys;
    const { cipherSuite } = agreement;
    const [readSpec] = await Promise.all([
      CipherSpec.create(cipherSuite, read),
      verifyPeerFinished(hs, message, cipherSuite, clientHandshakeSecret),
    ]);
    hs.output.installReadSpec(readSpec);

    const keys = new TrafficKeys(cipherSuite, this.#keys);
    const negotiated: Tls13Negotiated = { ...agreement, ...this.#identities };
    const tickets = this.#keys.mayResume ? makeTickets(hs, negotiated, masterSecret) : NO_TICKETS;
    const forget = () => masterSecret.forget();
    tickets.then(forget, forget);
    if (negotiated.postHandshakeAuth) hs.transcript.keep();
    else hs.transcript.forget();
    hs.output.emit({ kind: "connected", negotiated, keys, tickets });
    return new ServerConnected(negotiated, keys);
  }
}

const NO_TICKETS = Promise.resolve([]);
