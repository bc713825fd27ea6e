// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ClientAuthRequest } from "../../../config/hooks.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { CipherSpec } from "../../../record/cipher_spec.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import { sendFinished, verifyPeerFinished } from "../../tls13/finished.ts";
import { applicationTrafficSecrets } from "../../tls13/traffic_secrets.ts";
import { TrafficKeys } from "../../tls13/traffic_keys.ts";
import { ClientConnected } from "./connected.ts";
import type { Identities, Tls13Negotiated } from "../../negotiated.ts";
import type { ClientKeys } from "./client_keys.ts";
import { sendClientCertificate } from "./send_certificate.ts";

/** Waits for the server's Finished, and completes the handshake (RFC 8446, Section 4.4.4). */
export class ExpectServerFinished implements HandshakeState {
  readonly #keys: ClientKeys;
  readonly #identities: Identities;
  readonly #request: ClientAuthRequest | null;

  /** Creates the state; `request` is the server's CertificateRequest, or `null`. */
  constructor(keys: ClientKeys, identities: Identities, request: ClientAuthRequest | null) {
    this.#keys = keys;
    this.#identities = identities;
    this.#request = request;
  }

  /** Processes Finished, and sends the client's last flight. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.finished);
    const { agreement, masterSecret, clientRandom, clientSecret, serverSecret } = this.#keys;
    const { cipherSuite } = agreement;
    await verifyPeerFinished(hs, message, cipherSuite, serverSecret);

    const { client, server, exporterMasterSecret } = await applicationTrafficSecrets(
      hs,
      masterSecret,
      clientRandom,
    );
    const [readSpec, writeSpec] = await Promise.all([
      CipherSpec.create(cipherSuite, server),
      CipherSpec.create(cipherSuite, client),
    ]);
    hs.output.installReadSpec(readSpec);

    const local = this.#request === null
      ? this.#identities.local
      : await sendClientCertificate(hs, this.#request, this.#identities.local);
    await sendFinished(hs, clientSecret);
    hs.output.installWriteSpec(writeSpec);

    const secrets = { read: server, write: client, exporterMasterSecret };
    const keys = new TrafficKeys(cipherSuite, secrets);
    const resumption = masterSecret.resumptionMasterSecret(await hs.transcript.digest());
    resumption.catch(() => {}); // awaited for the first ticket
    masterSecret.forget();
    if (hs.config.postHandshakeAuth) hs.transcript.keep();
    else hs.transcript.forget();
    const negotiated: Tls13Negotiated = { ...agreement, ...this.#identities, local };
    hs.output.emit({ kind: "connected", negotiated, keys, tickets: NO_TICKETS });
    return new ClientConnected(negotiated, keys, resumption);
  }
}

/** A client sends none. */
const NO_TICKETS = Promise.resolve([]);
