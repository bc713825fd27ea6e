// Copyright 2026 the NSS for Deno authors. MIT license.

import { type CertificateTypes, X509_TYPES } from "../../../extensions/certificate_type.ts";
import { LazyModule } from "../../../../cert/base/lazy_module.ts";
import { SslError } from "../../../base/errors.ts";
import { alpnProtocol } from "../../../extensions/application_layer_protocol_negotiation.ts";
import type { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { parseEncryptedExtensions } from "../../../messages/encrypted_extensions.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import { ExtensionType } from "../../../tables/extension_types.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { TLS_1_3 } from "../../../tables/versions.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { OfferedPsk } from "./offered_psk.ts";
import { recordLimits } from "../../limit_records.ts";
import { refuseUnsolicited } from "../../unsolicited.ts";
import { chosenProtocol } from "../../chosen_protocol.ts";
import {
  CERTIFICATE_TYPES,
  shownBefore,
  type Tls13Agreement,
  type Tls13HelloAgreement,
} from "../../negotiated.ts";
import { show, showSession } from "../../progress.ts";
import type { ClientKeys, HandshakeKeys } from "./client_keys.ts";
import { ExpectCertificateOrRequest } from "./expect_certificate.ts";
import { ExpectServerFinished } from "./expect_finished.ts";

/** Few clients hide their hellos. */
const ECH_CONFIGS = new LazyModule("Encrypted Client Hello", () => import("../../ech_configs.ts"));

/** Waits for EncryptedExtensions (RFC 8446, Section 4.3.1). */
export class ExpectEncryptedExtensions implements HandshakeState {
  readonly #keys: HandshakeKeys;
  readonly #agreement: Tls13HelloAgreement;
  readonly #psk: Pick<OfferedPsk, "session" | "externalIdentity"> | null;

  /** Creates the state; `psk` is that of the resumed session, or an external one, or `null`. */
  constructor(
    keys: HandshakeKeys,
    agreement: Tls13HelloAgreement,
    psk: Pick<OfferedPsk, "session" | "externalIdentity"> | null,
  ) {
    this.#keys = keys;
    this.#agreement = agreement;
    this.#psk = psk;
  }

  /** Processes EncryptedExtensions. */
  handle(
    message: HandshakeMessage,
    hs: HandshakeContext,
  ): HandshakeState | Promise<HandshakeState> {
    expectMessage(message, HandshakeType.encryptedExtensions);
    const { extensions } = parseEncryptedExtensions(message.body);
    refuseUnsolicited(extensions, this.#keys.extensionTypes);
    const retryConfigs = extensions.body(ExtensionType.encryptedClientHello);
    return retryConfigs === undefined && hs.config.rawPublicKeys === null
      ? this.#take(message, extensions, X509_TYPES, hs)
      : this.#takeRare(message, extensions, retryConfigs, hs);
  }

  /** Processes the answers to what few clients offer. */
  async #takeRare(
    message: HandshakeMessage,
    extensions: ExtensionBlock,
    retryConfigs: Uint8Array<ArrayBuffer> | undefined,
    hs: HandshakeContext,
  ): Promise<HandshakeState> {
    if (retryConfigs !== undefined) {
      const { checkRetryConfigs } = ECH_CONFIGS.exports ?? await ECH_CONFIGS.load();
      // RFC 9849, Sections 6.1.6 and 6.2.1: checked in any case, used after a rejection alone.
      checkRetryConfigs(retryConfigs);
      if (hs.echRejection !== undefined) hs.echRejection.retryConfigs = retryConfigs;
    }
    if (hs.config.rawPublicKeys === null) return this.#take(message, extensions, X509_TYPES, hs);
    const { takeCertificateTypes } = CERTIFICATE_TYPES.exports ?? await CERTIFICATE_TYPES.load();
    const types = takeCertificateTypes(hs.config, extensions, this.#psk !== null);
    return this.#take(message, extensions, types, hs);
  }

  #take(
    message: HandshakeMessage,
    extensions: ExtensionBlock,
    certificateTypes: CertificateTypes,
    hs: HandshakeContext,
  ): HandshakeState {
    const protocol = chosenProtocol(extensions.get(alpnProtocol), hs.config);
    show(hs, { alpnProtocol: protocol });
    hs.output.limitRecords(recordLimits(hs.config, extensions, TLS_1_3));
    hs.transcript.add(message.raw);
    const { session = null, externalIdentity = null } = this.#psk ?? {};
    const agreement = { ...this.#agreement, alpnProtocol: protocol };
    const earlyData = this.#answerEarlyData(extensions.has(ExtensionType.earlyData), agreement, hs);
    const keys: ClientKeys = { ...this.#keys, agreement, certificateTypes, earlyData };
    if (externalIdentity !== null) {
      const unsigned = { local: shownBefore([]), authenticatedAt: null };
      const peer = AuthenticatedPeer.ofPsk(externalIdentity);
      return new ExpectServerFinished(keys, peer, unsigned, null);
    }
    if (session === null) return new ExpectCertificateOrRequest(keys);
    showSession(hs, session);
    // The server has the secret of the session, from which the keys of this message derive.
    const peer = AuthenticatedPeer.ofSession(session);
    const ownIdentity = {
      local: shownBefore(session.localChain),
      authenticatedAt: session.authenticatedAt,
    };
    return new ExpectServerFinished(keys, peer, ownIdentity, null);
  }

  /** Takes the server's answer to an offer of early data; returns what is still to be ended. */
  #answerEarlyData(
    isAccepted: boolean,
    agreement: Tls13Agreement,
    hs: HandshakeContext,
  ): ClientKeys["earlyData"] {
    const { earlyData } = this.#keys;
    if (isAccepted) {
      if (earlyData === null) {
        // RFC 8446, Section 4.2.10: only where the first PSK was chosen.
        throw new SslError(
          "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
          "Cannot take EncryptedExtensions: the server accepts early data, and not its session",
        );
      }
      earlyData.early.accept(agreement);
      return earlyData;
    }
    if (earlyData === null) return null;
    earlyData.early.refuse("refused");
    hs.output.holdFlight();
    hs.output.installWriteSpec(earlyData.clientSpec);
    return null;
  }
}
