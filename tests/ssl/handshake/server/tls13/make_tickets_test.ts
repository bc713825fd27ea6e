// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { NssContext } from "../../../../../pkcs11/context/context.ts";
import { AuthenticatedPeer } from "../../../../../ssl/authentication/authenticate_peer.ts";
import { resolveConfig } from "../../../../../ssl/config/resolve_config.ts";
import type { HandshakeContext } from "../../../../../ssl/handshake/handshake.ts";
import { shownBefore, type Tls13Negotiated } from "../../../../../ssl/handshake/negotiated.ts";
import { EarlySecret } from "../../../../../ssl/crypto/key_schedule.ts";
import { X509_TYPES } from "../../../../../ssl/extensions/certificate_type.ts";
import { makeTickets } from "../../../../../ssl/handshake/server/tls13/make_tickets.ts";
import { parseNewSessionTicket } from "../../../../../ssl/messages/new_session_ticket.ts";
import { serverSessionsOf } from "../../../../../ssl/session/server_cache.ts";
import { newSessionHandle } from "../../../../../ssl/session/session_handle.ts";
import { ticketBinding } from "../../../../../ssl/session/session_ticket.ts";
import { CIPHER_SUITES } from "../../../../../ssl/tables/cipher_suites.ts";
import { NAMED_GROUPS } from "../../../../../ssl/tables/named_groups.ts";
import { TLS_1_3 } from "../../../../../ssl/tables/versions.ts";
import { PKI, serverOptions, TestEnvironment } from "../../../_support.ts";
import { StoreWait } from "../../../../../ssl/session/attempt.ts";

Deno.test("makeTickets() keeps whom the handshake has proved the client to be", async () => {
  const [cipherSuite] = CIPHER_SUITES;
  const [group] = NAMED_GROUPS;
  const context = new NssContext({ trustAnchors: [] });
  const config = resolveConfig(serverOptions({ context }));
  const environment = new TestEnvironment();
  const hs: Partial<HandshakeContext> = { config, environment, session: newSessionHandle() };
  const binding = await ticketBinding(config);
  const chainsOf = async (peer: AuthenticatedPeer) => {
    const negotiated: Tls13Negotiated = {
      version: TLS_1_3,
      cipherSuite: cipherSuite!,
      group: group!,
      alpnProtocol: null,
      serverName: null,
      helloRetryRequest: false,
      echAccepted: false,
      postHandshakeAuth: true,
      certificateTypes: X509_TYPES,
      peer,
      local: shownBefore([]),
      authenticatedAt: null,
      earlyData: null,
    };
    const master = EarlySecret.withoutPsk(cipherSuite!.hash).enterHandshake(null).enterMaster();
    const transcriptHash = new Uint8Array(cipherSuite!.hashLength);
    const resumption = await master.resumptionMasterSecret(transcriptHash);
    const messages = await makeTickets(hs as HandshakeContext, negotiated, resumption);
    return await Promise.all(messages.map(async (message) => {
      const { ticket } = parseNewSessionTicket(message.subarray(4));
      const content = await serverSessionsOf(context).openTicket(
        ticket,
        binding,
        environment,
        new StoreWait(),
      );
      return content?.peerChain.map((certificate) => certificate.der.toHex());
    }));
  };
  assertEquals(await chainsOf(AuthenticatedPeer.anonymous), [[], []]);
  const known = [PKI.client.cert.der.toHex()];
  const client = AuthenticatedPeer.ofSession({
    peerChain: [PKI.client.cert],
    peerRawPublicKey: null,
  });
  assertEquals(await chainsOf(client), [known, known]);
});
