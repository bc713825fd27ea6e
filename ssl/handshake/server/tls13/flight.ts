// Copyright 2026 the NSS for Deno authors. MIT license.

import { LazyModule } from "../../../../cert/base/lazy_module.ts";
import type { SignatureScheme } from "../../../../cert/certificate/private_key.ts";
import { alpnProtocol } from "../../../extensions/application_layer_protocol_negotiation.ts";
import { certificateAuthorities } from "../../../extensions/certificate_authorities.ts";
import { earlyData } from "../../../extensions/early_data.ts";
import { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { keyShareServerHello } from "../../../extensions/key_share.ts";
import { preSharedKeyServerHello } from "../../../extensions/pre_shared_key.ts";
import { PSK_DHE_KE, pskKeyExchangeModes } from "../../../extensions/psk_key_exchange_modes.ts";
import { recordSizeLimit } from "../../../extensions/record_size_limit.ts";
import { serverNameAcknowledgement } from "../../../extensions/server_name.ts";
import { supportedVersionsServerHello } from "../../../extensions/supported_versions.ts";
import { encodeEncryptedExtensions } from "../../../messages/encrypted_extensions.ts";
import { encodeServerHello } from "../../../messages/server_hello.ts";
import { ExtensionType, RAW_PUBLIC_KEY } from "../../../tables/extension_types.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { TLS_1_2, TLS_1_3 } from "../../../tables/versions.ts";
import { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import { chooseServerSigner, type ServerSigner } from "../../../authentication/choose_signer.ts";
import {
  CERTIFICATE_TYPES,
  negotiatesTypes,
  shownBefore,
  shownBy,
  type Tls13Agreement,
} from "../../negotiated.ts";
import {
  type CertificateTypes,
  clientCertificateType,
  serverCertificateType,
  X509_TYPES,
} from "../../../extensions/certificate_type.ts";
import { show } from "../../progress.ts";
import { sendFinished } from "../../tls13/finished.ts";
import {
  type HandshakeContext,
  type HandshakeState,
  prepareHandshake,
  sendHandshake,
} from "../../handshake.ts";
import type { KeyShareResponse } from "../../../crypto/key_exchange.ts";
import type { TrafficSecret } from "../../../crypto/expanded_secrets.ts";
import { EarlySecret, type HandshakeSecret } from "../../../crypto/key_schedule.ts";
import { deriveApplicationKeys, deriveHandshakeKeys } from "../../tls13/derive_keys.ts";
import type { NextState } from "../../tls13/expect_certificate_verify.ts";
import { recordLimits } from "../../limit_records.ts";
import { prepareCertificate, signHandshake } from "../../tls13/send_certificate.ts";
import { prepareCertificateRequest } from "./send_certificate_request.ts";
import { type AcceptedSession, shownChain } from "../../../session/accept_session.ts";
import type { AcceptedExternalPsk } from "./external_psk.ts";
import type { AcceptedEarlyData } from "./early_data.ts";
import type { ServerEch } from "./ech.ts";
import { ExpectClientCertificate } from "./expect_certificate.ts";
import { ExpectClientFinished, foreseeFinished, type ServerKeys } from "./expect_finished.ts";

/** Few servers take early data. */
export const EARLY_DATA = new LazyModule("early data", () => import("./early_data.ts"));

/** What the server has selected from the client's offer. */
export interface Choice {
  readonly agreement: Tls13Agreement;
  readonly clientRandom: Uint8Array<ArrayBuffer>;
  readonly legacySessionId: Uint8Array<ArrayBuffer>;
  /** Whether the host name has chosen the configuration. */
  readonly nameChoseConfig: boolean;
  /** The extensions of the ClientHello. */
  readonly extensions: ExtensionBlock;
  /** What was made of an encrypted ClientHello; `null` if there is none. */
  readonly ech: ServerEch | null;
  /** The schemes that the client accepts. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /** The server's share of the group, and the shared secret; `null` with psk_ke. */
  readonly keyExchange: Promise<KeyShareResponse> | null;
  readonly session: AcceptedSession | null;
  readonly externalPsk: AcceptedExternalPsk | null;
  /** The early data that has been accepted; `null` for none. */
  readonly early: AcceptedEarlyData | null;
}

/**
 * Sends everything from ServerHello to Finished (RFC 8446, Section 2). The handshake is signed
 * while the keys are derived under which the signature is sent.
 */
export async function sendServerFlight(
  hs: HandshakeContext,
  choice: Choice,
): Promise<HandshakeState> {
  const { agreement, clientRandom, session, externalPsk, early } = choice;
  const { cipherSuite } = agreement;
  const { config } = hs;
  // Before anything is sent, so that the alert of a server without a suitable certificate is not
  // encrypted.
  const bySecret = session !== null || externalPsk !== null;
  const types = negotiatesTypes(config, choice.extensions)
    ? CERTIFICATE_TYPES.exports ?? await CERTIFICATE_TYPES.load()
    : null;
  const signer = !bySecret
    ? await chooseServerSigner(
      config,
      agreement.serverName,
      choice.signatureSchemes,
      choice.extensions.get(certificateAuthorities) ?? [],
      types?.typesForServer(config, choice.extensions) ?? null,
    )
    : null;
  // RFC 8446, Section 4.3.2: a server that authenticates by a PSK must not request a certificate.
  const mayAsk = !bySecret && config.clientAuth !== "none";
  const clientType = mayAsk || agreement.postHandshakeAuth
    ? types === null
      ? false
      : types.chooseClientType(config, choice.extensions, mayAsk && config.clientAuth === "require")
    : null;
  const rawServer = signer !== null && signer.credential.rawPublicKey !== null;
  const certificateTypes = rawServer || clientType
    ? { rawServer, rawClient: clientType ?? false }
    : X509_TYPES;
  hs.output.holdFlight();
  const handshakeSecret = await sendServerHello(hs, choice);
  const derived = deriveHandshakeKeys(hs, cipherSuite, handshakeSecret, clientRandom);
  derived.catch(() => {}); // awaited below
  const flight = [prepareEncryptedExtensions(hs, choice, signer, certificateTypes)];
  const requestsCertificate = mayAsk && clientType !== null;
  if (requestsCertificate) flight.push(prepareCertificateRequest(hs));
  let signature: Promise<Uint8Array<ArrayBuffer>> | null = null;
  if (signer !== null) {
    flight.push(prepareCertificate(hs, signer.credential, choice.extensions));
    show(hs, { localChain: signer.credential.chain });
    signature = signHandshake(hs, signer);
    signature.catch(() => {}); // awaited below
  }
  const { client, server, clientSpec, serverSpec } = await derived;
  hs.output.installReadSpec(early?.spec ?? clientSpec);
  hs.output.installWriteSpec(serverSpec);
  for (const message of flight) hs.output.sendMessage(message);
  if (signature !== null) {
    sendHandshake(hs, HandshakeType.certificateVerify, await signature);
  }
  await sendFinished(hs, server);
  hs.output.sendFlight();
  const keys = await installApplicationKeys(hs, choice, certificateTypes, handshakeSecret, client);
  if (session !== null) {
    const { peerChain, peerRawPublicKey, authenticatedAt } = session.content;
    const localChain = shownChain(config, session.content);
    show(hs, { peerChain, peerRawPublicKey, localChain });
    // The client's binder has proved that it has the secret of the session.
    const peer = AuthenticatedPeer.ofSession(session.content);
    const ownIdentity = { local: shownBefore(localChain), authenticatedAt };
    if (early !== null) {
      const { ExpectEndOfEarlyData } = EARLY_DATA.exports ?? await EARLY_DATA.load();
      return new ExpectEndOfEarlyData(early.read, () => {
        hs.output.installReadSpec(clientSpec);
        hs.output.limitRecords(recordLimits(config, choice.extensions, TLS_1_3));
        return new ExpectClientFinished(keys, peer, ownIdentity, foreseeFinished(hs, keys));
      });
    }
    return new ExpectClientFinished(keys, peer, ownIdentity, foreseeFinished(hs, keys));
  }
  const local = signer === null ? shownBefore([]) : shownBy(signer);
  const ownIdentity = { local, authenticatedAt: null };
  if (!requestsCertificate) {
    const peer = externalPsk === null
      ? AuthenticatedPeer.anonymous
      : AuthenticatedPeer.ofPsk(externalPsk.identity);
    return new ExpectClientFinished(keys, peer, ownIdentity, foreseeFinished(hs, keys));
  }
  const next: NextState = (peer) => new ExpectClientFinished(keys, peer, ownIdentity, null);
  const { rawClient } = certificateTypes;
  return new ExpectClientCertificate(new Uint8Array(0), rawClient, next);
}

/** What there is of psk_ke, which has no key exchange. */
const NO_EXCHANGE = { serverShare: new Uint8Array(0), sharedSecret: null };

async function sendServerHello(hs: HandshakeContext, choice: Choice): Promise<HandshakeSecret> {
  const { legacySessionId, ech } = choice;
  const psk = choice.session ?? choice.externalPsk;
  const { cipherSuite, group } = choice.agreement;
  const { serverShare, sharedSecret } = await choice.keyExchange ?? NO_EXCHANGE;
  const extensions = new ExtensionBlock().add(supportedVersionsServerHello, TLS_1_3);
  if (group !== null) {
    extensions.add(keyShareServerHello, { group: group.id, keyExchange: serverShare });
  }
  if (psk !== null) extensions.add(preSharedKeyServerHello, psk.index);
  const body = encodeServerHello({
    legacyVersion: TLS_1_2,
    random: hs.environment.random(32),
    legacySessionIdEcho: legacySessionId,
    cipherSuite: cipherSuite.id,
    legacyCompressionMethod: 0,
    extensions,
  });
  const confirmed = ech === null ? body : await ech.confirm(hs, cipherSuite, body);
  sendHandshake(hs, HandshakeType.serverHello, confirmed);
  // RFC 8446, Appendix D.4: only if the client has sent a session ID.
  if (legacySessionId.length > 0) hs.output.sendChangeCipherSpec();
  const earlySecret = psk?.earlySecret ?? EarlySecret.withoutPsk(cipherSuite.hash);
  return earlySecret.enterHandshake(sharedSecret);
}

function prepareEncryptedExtensions(
  hs: HandshakeContext,
  { agreement, extensions: hello, nameChoseConfig, early, ech }: Choice,
  signer: ServerSigner | null,
  certificateTypes: CertificateTypes,
): Uint8Array<ArrayBuffer> {
  const extensions = new ExtensionBlock();
  // RFC 6066, Section 3: where the name has guided the choice, but never with a resumed session.
  if (signer !== null && (nameChoseConfig || signer.byName)) {
    extensions.add(serverNameAcknowledgement, true);
  }
  const limits = recordLimits(hs.config, hello, TLS_1_3);
  if (hello.has(ExtensionType.recordSizeLimit)) extensions.add(recordSizeLimit, limits.received);
  // Clients do not know the limit yet when they send early data.
  hs.output.limitRecords(early === null ? limits : { sent: limits.sent });
  // RFC 7250, Section 4.2: what is X.509 needs no answer.
  if (certificateTypes.rawClient) extensions.add(clientCertificateType, RAW_PUBLIC_KEY);
  if (certificateTypes.rawServer) extensions.add(serverCertificateType, RAW_PUBLIC_KEY);
  const { alpnProtocol: protocol } = agreement;
  if (protocol !== null) extensions.add(alpnProtocol, protocol);
  if (early !== null) extensions.add(earlyData, true);
  ech?.addRetryConfigs(extensions);
  return prepareHandshake(
    hs,
    HandshakeType.encryptedExtensions,
    encodeEncryptedExtensions({ extensions }),
  );
}

async function installApplicationKeys(
  hs: HandshakeContext,
  { agreement, clientRandom, extensions }: Choice,
  certificateTypes: CertificateTypes,
  handshakeSecret: HandshakeSecret,
  clientHandshakeSecret: TrafficSecret,
): Promise<ServerKeys> {
  const masterSecret = handshakeSecret.enterMaster();
  const { cipherSuite } = agreement;
  const application = await deriveApplicationKeys(hs, cipherSuite, masterSecret, clientRandom);
  hs.output.installWriteSpec(application.serverSpec);
  if (hs.config.halfRttData && hs.config.clientAuth === "none") {
    hs.output.emit({ kind: "writable" });
  }
  return {
    agreement,
    certificateTypes,
    masterSecret,
    clientHandshakeSecret,
    application,
    mayResume: extensions.get(pskKeyExchangeModes)?.includes(PSK_DHE_KE) ?? false,
  };
}
