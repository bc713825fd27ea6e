// Copyright 2026 the NSS for Deno authors. MIT license.

import { alpnProtocol } from "../../../extensions/application_layer_protocol_negotiation.ts";
import { parseEncryptedExtensions } from "../../../messages/encrypted_extensions.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import type { ClientSession } from "../../../base/session_cache.ts";
import type { CipherSuite } from "../../../tables/cipher_suites.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { TrafficSecret } from "../../../crypto/expanded_secrets.ts";
import type { MasterSecret } from "../../../crypto/key_schedule.ts";
import { takeRecordSizeLimit } from "../../limit_records.ts";
import { refuseUnsolicited } from "../../unsolicited.ts";
import { chosenProtocol } from "../../chosen_protocol.ts";
import { ExpectCertificateOrRequest } from "./expect_certificate.ts";
import { ExpectServerFinished } from "./expect_finished.ts";

/** What a client knows once the server has chosen. */
export interface ClientKeys {
  readonly cipherSuite: CipherSuite;
  readonly clientRandom: Uint8Array<ArrayBuffer>;
  /** The extensions of the ClientHello. */
  readonly extensionTypes: readonly number[];
  readonly masterSecret: MasterSecret;
  readonly clientSecret: TrafficSecret;
  readonly serverSecret: TrafficSecret;
  /** The session that is being resumed. */
  readonly session: ClientSession | null;
}

/** Waits for the server's answers that are not for everybody's eyes (RFC 8446, Section 4.3.1). */
export class ExpectEncryptedExtensions implements HandshakeState {
  readonly #keys: ClientKeys;

  /** Takes what is known. */
  constructor(keys: ClientKeys) {
    this.#keys = keys;
  }

  /** Takes EncryptedExtensions. */
  handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.encryptedExtensions);
    const { extensions } = parseEncryptedExtensions(message.body);
    refuseUnsolicited(extensions, this.#keys.extensionTypes);
    hs.negotiated.alpnProtocol = chosenProtocol(extensions.get(alpnProtocol), hs.config);
    takeRecordSizeLimit(hs, extensions);
    hs.transcript.add(message.raw);
    const { session } = this.#keys;
    if (session === null) return Promise.resolve(new ExpectCertificateOrRequest(this.#keys));
    hs.negotiated.authenticatedAt = session.authenticatedAt;
    hs.negotiated.peerChain = session.peerChain;
    hs.negotiated.stapledOcspResponse = session.stapledOcspResponse;
    hs.negotiated.signedCertTimestamps = session.signedCertTimestamps;
    hs.negotiated.localChain = session.localChain;
    return Promise.resolve(new ExpectServerFinished(this.#keys, null));
  }
}
