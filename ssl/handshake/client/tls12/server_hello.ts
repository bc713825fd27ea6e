// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../../base/errors.ts";
import { alpnProtocol } from "../../../extensions/application_layer_protocol_negotiation.ts";
import { renegotiationInfo } from "../../../extensions/renegotiation_info.ts";
import { bytesEqual } from "../../../../cert/der/der.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import type { ServerHello } from "../../../messages/server_hello.ts";
import type { Tls12ClientSession } from "../../../base/session_cache.ts";
import type { Tls12CipherSuite } from "../../../tables/cipher_suites.ts";
import {
  DOWNGRADE_TO_TLS_1_1,
  DOWNGRADE_TO_TLS_1_2,
  hasDowngradeSentinel,
} from "../../../tables/downgrade_sentinels.ts";
import { ExtensionType } from "../../../tables/extension_types.ts";
import { TLS_1_2 } from "../../../tables/versions.ts";
import { offersTls13 } from "../../../config/config.ts";
import type { HandshakeContext, HandshakeState } from "../../handshake.ts";
import { ExpectChangeCipherSpec, sendTls12Finished } from "../../tls12/finished.ts";
import { MasterSecret } from "../../../crypto/master_secret.ts";
import { type Tls12Choice, withKeys } from "../../tls12/session.ts";
import { takeRecordSizeLimit } from "../../limit_records.ts";
import {
  refuseOtherBinding,
  refuseOtherPeer,
  refuseOtherProtocol,
  serverRenegotiationInfo,
  takeRenegotiationInfo,
} from "../../tls12/renegotiation.ts";
import { refuseUnsolicited } from "../../unsolicited.ts";
import { countAnswer } from "../../../session/count_answer.ts";
import { chosenProtocol } from "../../chosen_protocol.ts";
import type { Offer } from "../client_hello.ts";
import { ExpectTls12Certificate } from "./expect_certificate.ts";
import { completeTls12, takeTls12Ticket } from "./connected.ts";

/**
 * Takes a ServerHello that chooses TLS 1.2 (RFC 5246, Section 7.4.1.3). What follows in a full handshake:
 *
 * ```text
 * ExpectTls12Certificate          <-- Certificate
 * ExpectServerKeyExchange         <-- CertificateStatus, where asked for
 *                                 <-- ServerKeyExchange
 * ExpectRequestOrDone             <-- CertificateRequest, where the server asks
 *                                 <-- ServerHelloDone
 *                                 Certificate (where asked for), ClientKeyExchange, CertificateVerify (with a certificate),
 *                                 change_cipher_spec, Finished -->
 * ExpectChangeCipherSpec          <-- NewSessionTicket (where promised), change_cipher_spec
 * ExpectTls12Finished             <-- Finished
 * ```
 *
 * Where a session is resumed, the server's change_cipher_spec and Finished come at once, and the client's follow.
 */
export async function takeTls12ServerHello(
  hs: HandshakeContext,
  message: HandshakeMessage,
  hello: ServerHello,
  offer: Offer,
): Promise<HandshakeState> {
  const { config, negotiated } = hs;
  const suite = checkHello(hs, hello, offer);
  const { extensions } = hello;
  const choice: Tls12Choice = {
    suite,
    randoms: { client: offer.random, server: hello.random },
    sessionId: hello.legacySessionIdEcho.slice(),
    extendedMasterSecret: extensions?.has(ExtensionType.extendedMasterSecret) ?? false,
    encryptThenMac: extensions?.has(ExtensionType.encryptThenMac) ?? false,
    statusDue: extensions?.has(ExtensionType.statusRequest) ?? false,
    ticketDue: extensions?.has(ExtensionType.sessionTicket) ?? false,
  };
  negotiated.version = TLS_1_2;
  negotiated.cipherSuite = suite;
  negotiated.extendedMasterSecret = choice.extendedMasterSecret;
  refuseOtherBinding(hs);
  negotiated.signedCertTimestamps =
    extensions?.body(ExtensionType.signedCertificateTimestamp)?.slice() ?? null;
  takeRecordSizeLimit(hs, extensions);
  negotiated.alpnProtocol = chosenProtocol(extensions?.get(alpnProtocol), config);
  refuseOtherProtocol(hs);
  hs.transcript.setHash(suite.hash);
  hs.transcript.add(message.raw);

  const session = offer.tls12Session;
  // RFC 5246, Section 7.4.1.3, and RFC 5077, Section 3.4: the echo says that the session is resumed.
  const echoed = hello.legacySessionIdEcho.length > 0 &&
    bytesEqual(hello.legacySessionIdEcho, offer.legacySessionId);
  countAnswer(config.context, echoed && session !== null, offer.session?.session ?? session);
  if (echoed && session === null) throw illegal("it resumes a session that was not offered");
  if (echoed && session !== null) return await resume(hs, choice, session);
  return new ExpectTls12Certificate(choice);
}

function checkHello(hs: HandshakeContext, hello: ServerHello, offer: Offer): Tls12CipherSuite {
  const { config } = hs;
  // RFC 8446, Section 4.1.3: a server that could do better says so, unless somebody stands between.
  if (
    config.downgradeCheck && offersTls13(config) &&
    [DOWNGRADE_TO_TLS_1_2, DOWNGRADE_TO_TLS_1_1].some((s) => hasDowngradeSentinel(hello.random, s))
  ) {
    throw illegal("the server speaks TLS 1.3, and somebody has kept it from saying so");
  }
  if (hello.legacyCompressionMethod !== 0) throw illegal("it compresses");
  refuseUnsolicited(hello.extensions, offer.extensionTypes);
  const suite = config.tls12CipherSuites.find(({ id }) => id === hello.cipherSuite);
  if (suite === undefined) throw illegal("its cipher suite was not offered");
  const info = hello.extensions?.get(renegotiationInfo);
  takeRenegotiationInfo(hs, info, false, serverRenegotiationInfo(hs));
  if (
    config.extendedMasterSecret === "required" &&
    !hello.extensions?.has(ExtensionType.extendedMasterSecret)
  ) {
    throw new SslError(
      "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
      "Cannot take ServerHello: it has no extended master secret, which this client requires",
    );
  }
  if (suite.bulk !== "AES-CBC" && hello.extensions?.has(ExtensionType.encryptThenMac)) {
    // RFC 7366, Section 3.
    throw illegal("it answers encrypt_then_mac for a suite that has no MAC");
  }
  return suite;
}

async function resume(
  hs: HandshakeContext,
  choice: Tls12Choice,
  session: Tls12ClientSession,
): Promise<HandshakeState> {
  if (session.cipherSuite !== choice.suite) {
    throw illegal("it resumes the session with another cipher suite");
  }
  // RFC 7627, Section 5.3: both or neither.
  if (session.extendedMasterSecret !== choice.extendedMasterSecret) {
    throw new SslError(
      choice.extendedMasterSecret
        ? "SSL_ERROR_UNEXPECTED_EXTENDED_MASTER_SECRET"
        : "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
      "Cannot resume session: the extended master secret is not as it was",
    );
  }
  refuseOtherPeer(hs, session.peerChain);
  const { negotiated } = hs;
  negotiated.resumed = true;
  negotiated.authenticatedAt = session.authenticatedAt;
  negotiated.peerChain = session.peerChain;
  negotiated.stapledOcspResponse = session.stapledOcspResponse;
  negotiated.signedCertTimestamps = session.signedCertTimestamps;
  negotiated.localChain = session.localChain;
  // Good for another time, unless the server sends a new one.
  const { ticket, expiresAt } = session;
  if (ticket.length > 0) negotiated.tls12Ticket = { ticket, expiresAt };
  const masterSecret = await MasterSecret.of(choice.suite, session.masterSecret);
  const keyed = await withKeys(hs, choice, masterSecret);
  const next = async () => {
    await sendTls12Finished(hs, keyed);
    return await completeTls12(hs, keyed, session.sessionId);
  };
  return new ExpectChangeCipherSpec(
    keyed,
    next,
    choice.ticketDue ? (message) => takeTls12Ticket(hs, message) : null,
  );
}

function illegal(why: string): SslError {
  return new SslError("SSL_ERROR_RX_MALFORMED_SERVER_HELLO", `Cannot take ServerHello: ${why}`, {
    fault: "value",
  });
}
