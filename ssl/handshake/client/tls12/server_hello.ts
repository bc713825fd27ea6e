// Copyright 2026 the NSS for Deno authors. MIT license.

import { X509_TYPES } from "../../../extensions/certificate_type.ts";
import { LazyModule } from "../../../../cert/base/lazy_module.ts";
import { SslError } from "../../../base/errors.ts";
import { alpnProtocol } from "../../../extensions/application_layer_protocol_negotiation.ts";
import { renegotiationInfo } from "../../../extensions/renegotiation_info.ts";
import { bytesEqual } from "../../../../cert/base/bytes.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import type { ServerHello } from "../../../messages/server_hello.ts";
import type { ClientSession, Tls12ClientSession } from "../../../base/session_cache.ts";
import {
  DOWNGRADE_TO_TLS_1_1,
  DOWNGRADE_TO_TLS_1_2,
  hasDowngradeSentinel,
} from "../../../tables/downgrade_sentinels.ts";
import { ExtensionType } from "../../../tables/extension_types.ts";
import { TLS_1_2 } from "../../../tables/versions.ts";
import { offersTls13 } from "../../../config/config.ts";
import type { HandshakeContext, HandshakeState } from "../../handshake.ts";
import {
  type AfterFinished,
  expectTls12Finished,
  ExpectTls12Ticket,
  sendTls12Finished,
} from "../../tls12/finished.ts";
import { MasterSecret } from "../../../crypto/master_secret.ts";
import { type Tls12Choice, withKeys } from "../../tls12/session.ts";
import { recordLimits } from "../../limit_records.ts";
import {
  refuseOtherBinding,
  refuseOtherPeer,
  refuseWeakerMac,
  serverRenegotiationInfo,
  takeRenegotiationInfo,
} from "../../tls12/renegotiation.ts";
import { refuseUnsolicited } from "../../unsolicited.ts";
import { countAnswer } from "../../../session/count_answer.ts";
import { chosenProtocol } from "../../chosen_protocol.ts";
import { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import {
  CERTIFICATE_TYPES,
  shownBefore,
  type Tls12Agreement,
  type Tls12Negotiated,
} from "../../negotiated.ts";
import { show, showSession } from "../../progress.ts";
import { ExpectTls12Certificate } from "./expect_certificate.ts";
import { completeTls12 } from "./connected.ts";
import { takeTls12Ticket, type Tls12Ticket } from "./session.ts";

/** Few clients have pre-shared keys. */
const PSK = new LazyModule("a client's pre-shared keys of TLS 1.2", () => import("./psk.ts"));

/** The contents of a ClientHello that the answer of a TLS 1.2 server is checked against. */
export interface Tls12Offer {
  readonly random: Uint8Array<ArrayBuffer>;
  readonly legacySessionId: Uint8Array<ArrayBuffer>;
  /** The offered PSKs of TLS 1.3. */
  readonly psks: readonly { readonly session: ClientSession | null }[];
  /** The offered TLS 1.2 session. */
  readonly tls12Session: Tls12ClientSession | null;
  /** The types of the extensions, the only ones that the server may answer. */
  readonly extensionTypes: readonly number[];
}

/**
 * Processes a ServerHello that selects TLS 1.2 (RFC 5246, Section 7.4.1.3). A full handshake
 * continues:
 *
 * ```text
 * ExpectTls12Certificate          <-- Certificate
 * ExpectCertificateStatus         <-- CertificateStatus (if announced, optional)
 * ExpectServerKeyExchange         <-- ServerKeyExchange
 * ExpectRequestOrDone             <-- CertificateRequest (optional)
 *                                 <-- ServerHelloDone
 *                                 Certificate (if requested), ClientKeyExchange,
 *                                 CertificateVerify (with a certificate),
 *                                 change_cipher_spec, Finished -->
 * ExpectTls12Ticket               <-- NewSessionTicket (if announced)
 * ExpectChangeCipherSpec          <-- change_cipher_spec
 * ExpectTls12Finished             <-- Finished
 * ```
 *
 * With an external pre-shared key there is neither certificate nor request (`psk.ts`). If a session
 * is resumed, the server's change_cipher_spec and Finished follow, and then the client's.
 */
export async function takeTls12ServerHello(
  hs: HandshakeContext,
  message: HandshakeMessage,
  hello: ServerHello,
  offer: Tls12Offer,
): Promise<HandshakeState> {
  const { config } = hs;
  const { cipherSuite, secureRenegotiation } = checkHello(hs, hello, offer);
  const { extensions } = hello;
  const has = (type: number) => extensions?.has(type) ?? false;
  show(hs, { version: TLS_1_2, cipherSuite });
  const bindsSecret = has(ExtensionType.extendedMasterSecret);
  refuseOtherBinding(hs, bindsSecret);
  const session = offer.tls12Session;
  // RFC 5246, Section 7.4.1.3, and RFC 5077, Section 3.4: the echo means that the session is
  // resumed.
  const echoed = hello.legacySessionIdEcho.length > 0 &&
    bytesEqual(hello.legacySessionIdEcho, offer.legacySessionId);
  const types = config.rawPublicKeys === null
    ? null
    : CERTIFICATE_TYPES.exports ?? await CERTIFICATE_TYPES.load();
  const certificateTypes = types?.takeCertificateTypes(config, extensions, echoed) ?? X509_TYPES;
  if (certificateTypes.rawServer) types?.refuseProofsOfKey(extensions);
  const signedCertTimestamps =
    extensions?.body(ExtensionType.signedCertificateTimestamp)?.slice() ?? null;
  show(hs, { signedCertTimestamps });
  const bindsRecords = has(ExtensionType.encryptThenMac);
  refuseWeakerMac(hs, cipherSuite, bindsRecords);
  // A renegotiation does not offer it, and keeps what there is.
  const protocol = hs.established === null
    ? chosenProtocol(extensions?.get(alpnProtocol), config)
    : hs.established.negotiated.alpnProtocol;
  show(hs, { alpnProtocol: protocol });
  const choice: Tls12Choice = {
    agreement: {
      version: TLS_1_2,
      cipherSuite,
      alpnProtocol: protocol,
      serverName: config.hostname,
      extendedMasterSecret: bindsSecret,
      encryptThenMac: bindsRecords,
      secureRenegotiation,
    },
    randoms: { client: offer.random, server: hello.random },
    sessionId: hello.legacySessionIdEcho.slice(),
    recordLimits: recordLimits(config, extensions, TLS_1_2),
    certificateTypes,
    statusDue: has(ExtensionType.statusRequest),
    ticketDue: has(ExtensionType.sessionTicket),
  };
  hs.transcript.setHash(cipherSuite.hash);
  hs.transcript.add(message.raw);

  countAnswer(config.context, echoed && session !== null, offer.psks[0]?.session ?? session);
  if (echoed && session === null) throw illegal("it resumes a session that was not offered");
  if (echoed && session !== null) return await resume(hs, choice, session);
  if (cipherSuite.auth !== "psk") return new ExpectTls12Certificate(choice, signedCertTimestamps);
  const { ExpectPskServerKeyExchange } = PSK.exports ?? await PSK.load();
  return new ExpectPskServerKeyExchange(choice);
}

function checkHello(
  hs: HandshakeContext,
  hello: ServerHello,
  offer: Tls12Offer,
): Pick<Tls12Agreement, "cipherSuite" | "secureRenegotiation"> {
  const { config } = hs;
  // RFC 8446, Section 4.1.3: the sentinel of a server that supports TLS 1.3 reveals a downgrade.
  if (
    config.downgradeCheck && offersTls13(config) &&
    [DOWNGRADE_TO_TLS_1_2, DOWNGRADE_TO_TLS_1_1].some((s) => hasDowngradeSentinel(hello.random, s))
  ) {
    throw illegal("the server speaks TLS 1.3, and somebody has kept it from saying so");
  }
  if (hello.legacyCompressionMethod !== 0) throw illegal("it compresses");
  refuseUnsolicited(hello.extensions, offer.extensionTypes);
  const cipherSuite = config.tls12CipherSuites.find(({ id }) => id === hello.cipherSuite);
  if (cipherSuite === undefined) throw illegal("its cipher suite was not offered");
  const info = hello.extensions?.get(renegotiationInfo);
  const secureRenegotiation = takeRenegotiationInfo(
    hs,
    info,
    false,
    serverRenegotiationInfo(hs),
  );
  if (
    config.extendedMasterSecret === "required" &&
    !hello.extensions?.has(ExtensionType.extendedMasterSecret)
  ) {
    throw new SslError(
      "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
      "Cannot take ServerHello: it has no extended master secret, which this client requires",
    );
  }
  if (cipherSuite.bulk !== "AES-CBC" && hello.extensions?.has(ExtensionType.encryptThenMac)) {
    // RFC 7366, Section 3.
    throw illegal("it answers encrypt_then_mac for a suite that has no MAC");
  }
  return { cipherSuite, secureRenegotiation };
}

async function resume(
  hs: HandshakeContext,
  choice: Tls12Choice,
  session: Tls12ClientSession,
): Promise<HandshakeState> {
  if (session.cipherSuite !== choice.agreement.cipherSuite) {
    throw illegal("it resumes the session with another cipher suite");
  }
  // RFC 7627, Section 5.3: both handshakes use it, or neither.
  if (session.extendedMasterSecret !== choice.agreement.extendedMasterSecret) {
    throw new SslError(
      choice.agreement.extendedMasterSecret
        ? "SSL_ERROR_UNEXPECTED_EXTENDED_MASTER_SECRET"
        : "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
      "Cannot resume session: the extended master secret is not as it was",
    );
  }
  refuseOtherPeer(hs, session);
  showSession(hs, session);
  const masterSecret = await MasterSecret.of(choice.agreement.cipherSuite, session.masterSecret);
  const keyed = withKeys(hs, choice, masterSecret);
  const { sessionId, expiresAt } = session;
  const complete = (ticket: Tls12Ticket | null): AfterFinished => async (hs, server) => {
    const client = await sendTls12Finished(hs, keyed);
    const negotiated: Tls12Negotiated = {
      ...choice.agreement,
      group: null,
      // The server's Finished has proved that it has the secret of the session.
      peer: AuthenticatedPeer.ofSession(session),
      local: shownBefore(session.localChain),
      authenticatedAt: session.authenticatedAt,
      verifyData: { client, server },
    };
    return await completeTls12(hs, keyed, negotiated, { sessionId, ticket });
  };
  // The ticket may be used again, unless the server sends a new one.
  const kept = session.ticket.length > 0 ? { ticket: session.ticket, expiresAt } : null;
  return choice.ticketDue
    ? new ExpectTls12Ticket(keyed, (message) => complete(takeTls12Ticket(hs, message) ?? kept))
    : expectTls12Finished(hs, keyed, complete(kept));
}

function illegal(why: string): SslError {
  return new SslError("SSL_ERROR_RX_MALFORMED_SERVER_HELLO", `Cannot take ServerHello: ${why}`, {
    fault: "value",
  });
}
