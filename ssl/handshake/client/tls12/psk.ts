// Copyright 2026 the NSS for Deno authors. MIT license.

/** A client's ECDHE_PSK in TLS 1.2 (RFC 5489). Loaded when a server chooses it. @module */

import { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import { askForPsk } from "../../../authentication/external_psk.ts";
import { SslError } from "../../../base/errors.ts";
import { generateKeyShare } from "../../../crypto/key_exchange.ts";
import { parseServerHelloDone } from "../../../messages/empty_messages.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import {
  encodePskClientKeyExchange,
  parsePskServerKeyExchange,
  type PskServerKeyExchange,
} from "../../../messages/psk_key_exchange.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import {
  expectMessage,
  type HandshakeContext,
  type HandshakeState,
  sendHandshake,
} from "../../handshake.ts";
import { shownBefore } from "../../negotiated.ts";
import { show } from "../../progress.ts";
import {
  type AfterFinished,
  expectTls12Finished,
  ExpectTls12Ticket,
  sendTls12Finished,
} from "../../tls12/finished.ts";
import { pskPremasterSecret, refuseOtherPsk, type Tls12Psk, tls12Psk } from "../../tls12/psk.ts";
import { type Tls12Choice, withNewKeys } from "../../tls12/session.ts";
import { completeTls12 } from "./connected.ts";
import { offeredGroup } from "./expect_certificate.ts";
import { takeTls12Ticket, type Tls12Ticket } from "./session.ts";

/** Waits for the server's hint and key share (RFC 5489, Section 2). */
export class ExpectPskServerKeyExchange implements HandshakeState {
  readonly #choice: Tls12Choice;

  /** Creates the state for what the hellos have negotiated. */
  constructor(choice: Tls12Choice) {
    this.#choice = choice;
  }

  /** Processes ServerKeyExchange. */
  handle(message: HandshakeMessage, hs: HandshakeContext): HandshakeState {
    expectMessage(message, HandshakeType.serverKeyExchange);
    const exchange = parsePskServerKeyExchange(message.body);
    show(hs, { group: offeredGroup(hs, exchange.params) });
    hs.transcript.add(message.raw);
    return new ExpectPskHelloDone(this.#choice, exchange);
  }
}

/** Waits for ServerHelloDone: a certificate must not be requested (RFC 4279, Section 2). */
class ExpectPskHelloDone implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #exchange: PskServerKeyExchange;

  constructor(choice: Tls12Choice, exchange: PskServerKeyExchange) {
    this.#choice = choice;
    this.#exchange = exchange;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.serverHelloDone);
    parseServerHelloDone(message.body);
    hs.transcript.add(message.raw);
    const { identityHint, params } = this.#exchange;
    const { identity, key } = await chooseKey(hs, identityHint);
    refuseOtherPsk(hs, identity);
    const group = offeredGroup(hs, params);
    const share = await generateKeyShare(group);
    const sharedSecret = await share.complete(params.point);
    sendHandshake(
      hs,
      HandshakeType.clientKeyExchange,
      encodePskClientKeyExchange({ identity, point: share.publicKey }),
    );
    const secret = pskPremasterSecret(sharedSecret, key);
    const session = await withNewKeys(hs, this.#choice, secret);
    const client = await sendTls12Finished(hs, session);
    const complete = (ticket: Tls12Ticket | null): AfterFinished => (hs, server) => {
      const negotiated = {
        ...session.agreement,
        group,
        // The server's Finished has proved that it has the key.
        peer: AuthenticatedPeer.ofPsk(identity),
        local: shownBefore([]),
        authenticatedAt: null,
        verifyData: { client, server },
      };
      return completeTls12(hs, session, negotiated, { sessionId: session.sessionId, ticket });
    };
    return session.ticketDue
      ? new ExpectTls12Ticket(session, (message) => complete(takeTls12Ticket(hs, message)))
      : expectTls12Finished(hs, session, complete(null));
  }
}

/**
 * Returns the key that the hook chooses by the hint, or else the first of the option that TLS 1.2
 * can use.
 */
async function chooseKey(
  hs: HandshakeContext,
  identityHint: Uint8Array<ArrayBuffer>,
): Promise<Tls12Psk> {
  const { externalPsks, getExternalPsk } = hs.config;
  const chosen = getExternalPsk && await askForPsk(hs, getExternalPsk, {
    version: "TLSv1.2",
    identity: null,
    importContext: null,
    identityHint: identityHint.length === 0 ? null : identityHint.slice(),
  });
  const keys = chosen === null ? externalPsks : [chosen];
  const psk = keys.map(tls12Psk).find((psk) => psk !== null);
  if (psk !== undefined) return psk;
  if (keys.length === 0) {
    throw new SslError(
      "SSL_ERROR_APPLICATION_ABORT",
      "Cannot answer server: it wants a pre-shared key, and the getExternalPsk hook has returned " +
        "none",
    );
  }
  throw new SslError(
    "SSL_ERROR_CLIENT_KEY_EXCHANGE_FAILURE",
    "Cannot answer server: TLS 1.2 needs the bytes of a pre-shared key, and imports none; give " +
      "the key as a Uint8Array without importer, or use TLS 1.3",
  );
}
