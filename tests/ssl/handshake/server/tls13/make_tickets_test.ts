// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { NssContext } from "../../../../../pkcs11/context.ts";
import { resolveConfig } from "../../../../../ssl/config/resolve_config.ts";
import {
  type HandshakeContext,
  nothingNegotiated,
} from "../../../../../ssl/handshake/handshake.ts";
import { EarlySecret } from "../../../../../ssl/crypto/key_schedule.ts";
import { makeTickets } from "../../../../../ssl/handshake/server/tls13/make_tickets.ts";
import { Transcript } from "../../../../../ssl/crypto/transcript.ts";
import { parseNewSessionTicket } from "../../../../../ssl/messages/new_session_ticket.ts";
import { serverSessionsOf } from "../../../../../ssl/session/server_cache.ts";
import { ticketBinding } from "../../../../../ssl/session/session_ticket.ts";
import { CIPHER_SUITES } from "../../../../../ssl/tables/cipher_suites.ts";
import { PKI, serverOptions, TestEnvironment } from "../../../_support.ts";

Deno.test("makeTickets() keeps whom the handshake has shown, whatever the client shows meanwhile", async () => {
  const [cipherSuite] = CIPHER_SUITES;
  const context = new NssContext({ trustAnchors: [] });
  const config = resolveConfig(serverOptions({ context }));
  const environment = new TestEnvironment();
  const transcript = new Transcript();
  transcript.setHash(cipherSuite!.hash);
  const negotiated = { ...nothingNegotiated(), cipherSuite: cipherSuite! };
  const hs: Partial<HandshakeContext> = { config, environment, transcript, negotiated };
  const master = EarlySecret.withoutPsk(cipherSuite!.hash).enterHandshake(null).enterMaster();
  const making = makeTickets(hs as HandshakeContext, master);
  negotiated.peerChain = [PKI.client.cert]; // by an answer to a CertificateRequest
  const messages = await making;
  const binding = await ticketBinding(config);
  const chains = await Promise.all(messages.map(async (message) => {
    const { ticket } = parseNewSessionTicket(message.subarray(4));
    const content = await serverSessionsOf(context).openTicket(ticket, binding, environment);
    return content?.peerChain;
  }));
  assertEquals(chains, [[], []]);
});
