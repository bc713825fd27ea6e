// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SignatureScheme } from "../../../../cert/certificate/private_key.ts";
import { alpnProtocol } from "../../../extensions/application_layer_protocol_negotiation.ts";
import { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { keyShareServerHello } from "../../../extensions/key_share.ts";
import { preSharedKeyServerHello } from "../../../extensions/pre_shared_key.ts";
import { PSK_DHE_KE, pskKeyExchangeModes } from "../../../extensions/psk_key_exchange_modes.ts";
import { recordSizeLimit } from "../../../extensions/record_size_limit.ts";
import { serverNameAcknowledgement } from "../../../extensions/server_name.ts";
import { supportedVersionsServerHello } from "../../../extensions/supported_versions.ts";
import { encodeEncryptedExtensions } from "../../../messages/encrypted_extensions.ts";
import { encodeServerHello } from "../../../messages/server_hello.ts";
import { CipherSpec } from "../../../record/cipher_spec.ts";
import { ExtensionType } from "../../../tables/extension_types.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { TLS_1_2, TLS_1_3 } from "../../../tables/versions.ts";
import { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import { chooseServerSigner, type ServerSigner } from "../../../authentication/choose_signer.ts";
import { shownBefore, shownBy, type Tls13Agreement } from "../../negotiated.ts";
import { show } from "../../progress.ts";
import { sendFinished } from "../../tls13/finished.ts";
import { type HandshakeContext, type HandshakeState, sendHandshake } from "../../handshake.ts";
import { respondToKeyShare } from "../../../crypto/key_exchange.ts";
import type { TrafficSecret } from "../../../crypto/expanded_secrets.ts";
import { EarlySecret, type HandshakeSecret } from "../../../crypto/key_schedule.ts";
import {
  applicationTrafficSecrets,
  handshakeTrafficSecrets,
  type TrafficSecrets,
} from "../../tls13/traffic_secrets.ts";
import { recordLimits } from "../../limit_records.ts";
import { sendCertificateAndVerify } from "../../tls13/send_certificate.ts";
import { sendCertificateRequest } from "./send_certificate_request.ts";
import { type AcceptedSession, shownChain } from "../../../session/accept_session.ts";
import { ExpectClientCertificate } from "./expect_certificate.ts";
import { ExpectClientFinished, type ServerKeys } from "./expect_finished.ts";

/** What the server has selected from the client's offer. */
export interface Choice {
  readonly agreement: Tls13Agreement;
  readonly clientRandom: Uint8Array<ArrayBuffer>;
  readonly legacySessionId: Uint8Array<ArrayBuffer>;
  /** Whether the host name has chosen the configuration. */
  readonly nameChoseConfig: boolean;
  /** The extensions of the ClientHello. */
  readonly extensions: ExtensionBlock;
  /** The schemes that the client accepts. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /** The client's share of the group. */
  readonly keyShare: Uint8Array<ArrayBuffer>;
  readonly session: AcceptedSession | null;
}

/** Sends everything from ServerHello to Finished (RFC 8446, Section 2). */
export async function sendServerFlight(
  hs: HandshakeContext,
  choice: Choice,
): Promise<HandshakeState> {
  const { agreement, session } = choice;
  const { config } = hs;
  // Before anything is sent, so that the alert of a server without a suitable certificate is not
  // encrypted.
  const signer = session === null
    ? await chooseServerSigner(config, agreement.serverName, choice.signatureSchemes)
    : null;
  const handshakeSecret = await sendServerHello(hs, choice);
  const { client, server } = await installHandshakeKeys(hs, choice, handshakeSecret);
  sendEncryptedExtensions(hs, choice, signer);
  const requestsCertificate = session === null && config.clientAuth !== "none";
  if (requestsCertificate) sendCertificateRequest(hs);
  if (signer !== null) await sendCertificateAndVerify(hs, signer, choice.extensions);
  await sendFinished(hs, server);
  const keys = await installApplicationKeys(hs, choice, handshakeSecret, client);
  if (session !== null) {
    const { peerChain, authenticatedAt } = session.content;
    const localChain = shownChain(config, session.content);
    show(hs, { peerChain, localChain });
    return new ExpectClientFinished(keys, {
      // The client's binder has proved that it has the secret of the session.
      peer: AuthenticatedPeer.ofSession(session.content),
      local: shownBefore(localChain),
      authenticatedAt,
    });
  }
  const local = signer === null ? shownBefore([]) : shownBy(signer);
  const next = (peer: AuthenticatedPeer) =>
    new ExpectClientFinished(keys, { peer, local, authenticatedAt: null });
  return requestsCertificate
    ? new ExpectClientCertificate(new Uint8Array(0), next)
    : next(AuthenticatedPeer.anonymous);
}

async function sendServerHello(hs: HandshakeContext, choice: Choice): Promise<HandshakeSecret> {
  const { session, legacySessionId } = choice;
  const { cipherSuite, group } = choice.agreement;
  const { serverShare, sharedSecret } = await respondToKeyShare(group, choice.keyShare);
  const extensions = new ExtensionBlock()
    .add(supportedVersionsServerHello, TLS_1_3)
    .add(keyShareServerHello, { group: group.id, keyExchange: serverShare });
  if (session !== null) extensions.add(preSharedKeyServerHello, session.index);
  sendHandshake(
    hs,
    HandshakeType.serverHello,
    encodeServerHello({
      legacyVersion: TLS_1_2,
      random: hs.environment.random(32),
      legacySessionIdEcho: legacySessionId,
      cipherSuite: cipherSuite.id,
      legacyCompressionMethod: 0,
      extensions,
    }),
  );
  // RFC 8446, Appendix D.4: only if the client has sent a session ID.
  if (legacySessionId.length > 0) hs.output.sendChangeCipherSpec();
  const earlySecret = session?.earlySecret ?? EarlySecret.withoutPsk(cipherSuite.hash);
  return earlySecret.enterHandshake(sharedSecret);
}

async function installHandshakeKeys(
  hs: HandshakeContext,
  { agreement: { cipherSuite }, clientRandom }: Choice,
  handshakeSecret: HandshakeSecret,
): Promise<TrafficSecrets> {
  const secrets = await handshakeTrafficSecrets(hs, handshakeSecret, clientRandom);
  const [readSpec, writeSpec] = await Promise.all([
    CipherSpec.create(cipherSuite, secrets.client),
    CipherSpec.create(cipherSuite, secrets.server),
  ]);
  hs.output.installReadSpec(readSpec);
  hs.output.installWriteSpec(writeSpec);
  return secrets;
}

function sendEncryptedExtensions(
  hs: HandshakeContext,
  { agreement, extensions: hello, nameChoseConfig }: Choice,
  signer: ServerSigner | null,
): void {
  const extensions = new ExtensionBlock();
  // RFC 6066, Section 3: where the name has guided the choice, but never with a resumed session.
  if (signer !== null && (nameChoseConfig || signer.byName)) {
    extensions.add(serverNameAcknowledgement, true);
  }
  const limits = recordLimits(hs.config, hello, TLS_1_3);
  if (hello.has(ExtensionType.recordSizeLimit)) extensions.add(recordSizeLimit, limits.received);
  hs.output.limitRecords(limits);
  const { alpnProtocol: protocol } = agreement;
  if (protocol !== null) extensions.add(alpnProtocol, protocol);
  sendHandshake(
    hs,
    HandshakeType.encryptedExtensions,
    encodeEncryptedExtensions({ extensions }),
  );
}

async function installApplicationKeys(
  hs: HandshakeContext,
  { agreement, clientRandom, extensions }: Choice,
  handshakeSecret: HandshakeSecret,
  clientHandshakeSecret: TrafficSecret,
): Promise<ServerKeys> {
  const masterSecret = handshakeSecret.enterMaster();
  const { client, server, exporterMasterSecret } = await applicationTrafficSecrets(
    hs,
    masterSecret,
    clientRandom,
  );
  hs.output.installWriteSpec(await CipherSpec.create(agreement.cipherSuite, server));
  return {
    agreement,
    masterSecret,
    clientHandshakeSecret,
    read: client,
    write: server,
    exporterMasterSecret,
    mayResume: extensions.get(pskKeyExchangeModes)?.includes(PSK_DHE_KE) ?? false,
  };
}
