// Copyright 2026 the NSS for Deno authors. MIT license.

import { LazyModule } from "../../../../cert/base/lazy_module.ts";
import { maxEarlyDataSize } from "../../../extensions/early_data.ts";
import { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { encodeHandshake } from "../../../messages/handshake.ts";
import { encodeNewSessionTicket } from "../../../messages/new_session_ticket.ts";
import { serverSessionsOf } from "../../../session/server_cache.ts";
import { addOnce, originOf, shownCredential } from "../../../session/accept_session.ts";
import {
  type EarlyTicket,
  ticketBinding,
  type TicketContent,
} from "../../../session/session_ticket.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { TLS_1_3 } from "../../../tables/versions.ts";
import type { HandshakeContext } from "../../handshake.ts";
import type { Tls13Negotiated } from "../../negotiated.ts";
import type { ResumptionMasterSecret } from "../../../crypto/expanded_secrets.ts";
import { addGrease } from "./add_grease.ts";

/** Few servers take early data. */
const ANTI_REPLAY = new LazyModule(
  "early data",
  () => import("../../../session/anti_replay.ts"),
);

/**
 * The number of tickets after a full handshake, for two concurrent connections; a resumption
 * replaces the one that it has used (as in OpenSSL).
 */
const FULL_HANDSHAKE_TICKETS = 2;
const RESUMPTION_TICKETS = 1;

/** Creates the NewSessionTicket messages of a complete handshake (RFC 8446, Section 4.6.1). */
export async function makeTickets(
  hs: HandshakeContext,
  negotiated: Tls13Negotiated,
  resumption: ResumptionMasterSecret,
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const { config, environment, session: { wait } } = hs;
  const { peer, local, authenticatedAt } = negotiated;
  // An override must be decided again for each connection.
  if (!config.sessionTickets || peer.badCertAccepted) return [];
  // A session could outlive the removal of the key, with which the next handshake costs the same.
  if (peer.pskIdentity !== null) return [];
  const session: Omit<TicketContent, "psk"> = {
    version: TLS_1_3,
    cipherSuite: negotiated.cipherSuite.id,
    createdAt: environment.now(),
    authenticatedAt: authenticatedAt ?? environment.now(),
    serverName: negotiated.serverName,
    peerChain: peer.chain,
    peerRawPublicKey: peer.rawPublicKey,
    localCredential: shownCredential(config, local.chain),
    origin: originOf(hs),
  };
  const binding = ticketBinding(config);
  binding.catch(() => {}); // awaited for each ticket
  const sessions = serverSessionsOf(config.context);
  const count = authenticatedAt !== null ? RESUMPTION_TICKETS : FULL_HANDSHAKE_TICKETS;
  const messages = await Promise.all(Array.from({ length: count }, async (_, index) => {
    const ticketNonce = new Uint8Array([index]);
    const [ticketAgeAdd] = new Uint32Array(environment.random(4).buffer);
    const early = config.maxEarlyData === 0
      ? null
      : await allowEarlyData(hs, negotiated, ticketAgeAdd!, sessions.ticketLifetime);
    const once = sessions.singleUse ? await addOnce(hs, sessions.ticketLifetime) : undefined;
    if (once === null) return null;
    const psk = await resumption.resumptionPsk(ticketNonce);
    const content: TicketContent = { ...session, psk, ...once, ...(early && { early }) };
    const ticket = await sessions.sealTicket(content, await binding, environment, wait);
    psk.fill(0);
    if (ticket === null) return null;
    const extensions = new ExtensionBlock();
    if (early !== null) extensions.add(maxEarlyDataSize, early.maxEarlyData);
    addGrease(hs, extensions);
    return encodeHandshake(
      HandshakeType.newSessionTicket,
      encodeNewSessionTicket({
        ticketLifetime: sessions.ticketLifetime,
        ticketAgeAdd: ticketAgeAdd!,
        ticketNonce,
        ticket,
        extensions,
      }),
    );
  }));
  return messages.filter((message) => message !== null);
}

/** Allows early data with a ticket; `null` if that cannot be authorized later. */
async function allowEarlyData(
  { config, environment, session }: HandshakeContext,
  { alpnProtocol }: Tls13Negotiated,
  ageAdd: number,
  lifetime: number,
): Promise<EarlyTicket | null> {
  const { allowEarlyData } = ANTI_REPLAY.exports ?? await ANTI_REPLAY.load();
  return await allowEarlyData(
    config,
    environment,
    { ageAdd, alpnProtocol },
    lifetime,
    session.wait,
  );
}
