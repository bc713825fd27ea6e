// Copyright 2026 the NSS for Deno authors. MIT license.

/** A server's ECDHE_PSK in TLS 1.2 (RFC 5489). Loaded when a client chooses it. @module */

import { bytesEqual } from "../../../../cert/base/bytes.ts";
import { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import { askForPsk } from "../../../authentication/external_psk.ts";
import { generateKeyShare, type KeyShare } from "../../../crypto/key_exchange.ts";
import { encodeServerHelloDone } from "../../../messages/empty_messages.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import {
  encodePskServerKeyExchange,
  parsePskClientKeyExchange,
} from "../../../messages/psk_key_exchange.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import type { NamedGroup } from "../../../tables/named_groups.ts";
import {
  expectMessage,
  type HandshakeContext,
  type HandshakeState,
  sendHandshake,
} from "../../handshake.ts";
import { shownBefore } from "../../negotiated.ts";
import { show } from "../../progress.ts";
import { expectTls12Finished, sendTls12Finished } from "../../tls12/finished.ts";
import { pskPremasterSecret, refuseOtherPsk, tls12Psk } from "../../tls12/psk.ts";
import { type Tls12Choice, withNewKeys } from "../../tls12/session.ts";
import { completeTls12 } from "./connected.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Sends ServerKeyExchange and ServerHelloDone; there is no certificate, and none is requested. */
export async function sendPskFlight(
  hs: HandshakeContext,
  choice: Tls12Choice,
  group: NamedGroup,
): Promise<HandshakeState> {
  show(hs, { group });
  const share = await generateKeyShare(group);
  sendHandshake(
    hs,
    HandshakeType.serverKeyExchange,
    encodePskServerKeyExchange({
      identityHint: new TextEncoder().encode(hs.config.pskIdentityHint ?? ""),
      params: { namedCurve: share.group, point: share.publicKey },
    }),
  );
  sendHandshake(hs, HandshakeType.serverHelloDone, encodeServerHelloDone());
  return new ExpectPskClientKeyExchange(choice, group, share);
}

/** Waits for the client's identity and key share (RFC 5489, Section 2). */
class ExpectPskClientKeyExchange implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #group: NamedGroup;
  readonly #share: KeyShare;

  constructor(choice: Tls12Choice, group: NamedGroup, share: KeyShare) {
    this.#choice = choice;
    this.#group = group;
    this.#share = share;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.clientKeyExchange);
    const { identity: offered, point } = parsePskClientKeyExchange(message.body);
    const identity = offered.slice();
    refuseOtherPsk(hs, identity);
    hs.transcript.add(message.raw);
    const [key, sharedSecret] = await Promise.all([
      findKey(hs, identity),
      this.#share.complete(point),
      hs.transcript.digest(),
    ]);
    const session = await withNewKeys(hs, this.#choice, pskPremasterSecret(sharedSecret, key));
    const group = this.#group;
    return expectTls12Finished(hs, session, async (hs, client) => {
      const server = await sendTls12Finished(hs, session);
      return completeTls12(hs, session, {
        ...session.agreement,
        group,
        // The client's Finished has proved that it has the key.
        peer: AuthenticatedPeer.ofPsk(identity),
        local: shownBefore([]),
        authenticatedAt: null,
        verifyData: { client, server },
      });
    });
  }
}

/**
 * Returns the key of an identity. For one that is unknown it is random, so that the client's
 * Finished is wrong as with a wrong key (RFC 4279, Section 2).
 */
async function findKey(hs: HandshakeContext, identity: Bytes): Promise<Bytes> {
  const { externalPsks, getExternalPsk } = hs.config;
  const random = hs.environment.random(32);
  const usable = externalPsks.map(tls12Psk).filter((psk) => psk !== null);
  const known = usable.find((psk) => bytesEqual(psk.identity, identity));
  if (known !== undefined) return known.key;
  if (getExternalPsk === null || identity.length === 0) return random;
  const found = await askForPsk(hs, getExternalPsk, {
    version: "TLSv1.2",
    identity: identity.slice(),
    importContext: null,
    identityHint: null,
  });
  return (found && tls12Psk(found))?.key ?? random;
}
