// Copyright 2026 the NSS for Deno authors. MIT license.

import type { PrivateKey, SignatureScheme } from "../../../../cert/certificate/private_key.ts";
import type { Credential } from "../../../config/credential.ts";
import { SslError } from "../../../base/errors.ts";
import { alpnProtocol } from "../../../extensions/application_layer_protocol_negotiation.ts";
import { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { keyShareServerHello } from "../../../extensions/key_share.ts";
import { preSharedKeyServerHello } from "../../../extensions/pre_shared_key.ts";
import { PSK_DHE_KE, pskKeyExchangeModes } from "../../../extensions/psk_key_exchange_modes.ts";
import { supportedVersionsServerHello } from "../../../extensions/supported_versions.ts";
import { encodeEncryptedExtensions } from "../../../messages/encrypted_extensions.ts";
import { encodeServerHello } from "../../../messages/server_hello.ts";
import { CipherSpec } from "../../../record/cipher_spec.ts";
import type { CipherSuite } from "../../../tables/cipher_suites.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import type { NamedGroup } from "../../../tables/named_groups.ts";
import { TLS_1_2, TLS_1_3 } from "../../../tables/versions.ts";
import { chooseScheme, sendCertificateVerify } from "../../../authentication/certificate_verify.ts";
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
import { answerRecordSizeLimit } from "../../limit_records.ts";
import { sendCertificate } from "../../tls13/send_certificate.ts";
import { sendCertificateRequest } from "./send_certificate_request.ts";
import { byHostName } from "../../../authentication/by_host_name.ts";
import { type AcceptedSession, shownChain } from "../../../session/accept_session.ts";
import { ExpectClientCertificate } from "./expect_certificate.ts";
import { ExpectClientFinished, type ServerKeys } from "./expect_finished.ts";

/** What the server has chosen from the client's offer. */
export interface Choice {
  readonly clientRandom: Uint8Array<ArrayBuffer>;
  readonly legacySessionId: Uint8Array<ArrayBuffer>;
  /** The extensions of the ClientHello. */
  readonly extensions: ExtensionBlock;
  /** The schemes that the client accepts. */
  readonly signatureSchemes: readonly SignatureScheme[];
  readonly cipherSuite: CipherSuite;
  readonly group: NamedGroup;
  /** The client's share of the group. */
  readonly keyShare: Uint8Array<ArrayBuffer>;
  readonly session: AcceptedSession | null;
}

interface Signer {
  readonly credential: Credential;
  readonly key: PrivateKey;
  readonly scheme: SignatureScheme;
}

/** Sends everything from ServerHello to Finished (RFC 8446, Section 2). */
export async function sendServerFlight(
  hs: HandshakeContext,
  choice: Choice,
): Promise<HandshakeState> {
  const { session } = choice;
  // Before anything is sent, so that a server without a fitting certificate refuses in clear words.
  const signer = session === null ? await chooseSigner(hs, choice) : null;
  const handshakeSecret = await sendServerHello(hs, choice);
  const { client, server } = await installHandshakeKeys(hs, choice, handshakeSecret);
  sendEncryptedExtensions(hs, choice.extensions);
  const asksForCertificate = session === null && hs.config.clientAuth !== "none";
  if (asksForCertificate) sendCertificateRequest(hs);
  if (signer !== null) {
    sendCertificate(hs, signer.credential, choice.extensions);
    hs.negotiated.localChain = signer.credential.chain;
    await sendCertificateVerify(hs, signer.key, signer.scheme);
  }
  await sendFinished(hs, server);
  const keys = await installApplicationKeys(hs, choice, handshakeSecret, client);
  if (session !== null) {
    hs.negotiated.resumed = true;
    hs.negotiated.authenticatedAt = session.content.authenticatedAt;
    hs.negotiated.peerChain = session.content.peerChain;
    hs.negotiated.localChain = shownChain(hs, session.content);
  }
  const next = new ExpectClientFinished(keys);
  return asksForCertificate ? new ExpectClientCertificate(new Uint8Array(0), next) : next;
}

async function sendServerHello(hs: HandshakeContext, choice: Choice): Promise<HandshakeSecret> {
  const { cipherSuite, group, session, legacySessionId } = choice;
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
  // RFC 8446, Appendix D.4: only clients with a session ID want it.
  if (legacySessionId.length > 0) hs.output.sendChangeCipherSpec();
  const earlySecret = session?.earlySecret ?? EarlySecret.withoutPsk(cipherSuite.hash);
  return earlySecret.enterHandshake(sharedSecret);
}

async function installHandshakeKeys(
  hs: HandshakeContext,
  { cipherSuite, clientRandom }: Choice,
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

function sendEncryptedExtensions(hs: HandshakeContext, hello: ExtensionBlock): void {
  const extensions = new ExtensionBlock();
  answerRecordSizeLimit(hs, hello, extensions);
  const { alpnProtocol: protocol } = hs.negotiated;
  if (protocol !== null) extensions.add(alpnProtocol, protocol);
  sendHandshake(
    hs,
    HandshakeType.encryptedExtensions,
    encodeEncryptedExtensions({ extensions }),
  );
}

async function installApplicationKeys(
  hs: HandshakeContext,
  { cipherSuite, clientRandom, extensions }: Choice,
  handshakeSecret: HandshakeSecret,
  clientHandshakeSecret: TrafficSecret,
): Promise<ServerKeys> {
  const masterSecret = handshakeSecret.enterMaster();
  const { client, server, exporterMasterSecret } = await applicationTrafficSecrets(
    hs,
    masterSecret,
    clientRandom,
  );
  hs.output.installWriteSpec(await CipherSpec.create(cipherSuite, server));
  return {
    cipherSuite,
    masterSecret,
    clientHandshakeSecret,
    read: client,
    write: server,
    exporterMasterSecret,
    mayResume: extensions.get(pskKeyExchangeModes)?.includes(PSK_DHE_KE) ?? false,
  };
}

/** The first certificate for the host name whose key signs in a way that the client accepts. */
async function chooseSigner(hs: HandshakeContext, choice: Choice): Promise<Signer> {
  const { credentials, signatureSchemes } = hs.config;
  if (credentials.length === 0) {
    throw new SslError(
      "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
      "Cannot complete handshake: this server has no certificate; give the option certificates",
    );
  }
  for (const credential of byHostName(credentials, hs.negotiated.serverName)) {
    const key = await credential.privateKey();
    const scheme = chooseScheme(key, signatureSchemes, choice.signatureSchemes);
    if (scheme !== undefined) return { credential, key, scheme };
  }
  throw new SslError(
    "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM",
    "Cannot agree on a signature scheme: no key of this server signs as the client accepts",
  );
}
