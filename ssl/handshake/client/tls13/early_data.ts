// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Tls13ClientSession } from "../../../base/session_cache.ts";
import { SslError } from "../../../base/errors.ts";
import type { SslConfig } from "../../../config/config.ts";
import { presetsOf } from "../../../config/context_policy.ts";
import type { ExporterMasterSecret } from "../../../crypto/expanded_secrets.ts";
import { listProtocols } from "../../../extensions/application_layer_protocol_negotiation.ts";
import { encodeEndOfEarlyData } from "../../../messages/end_of_early_data.ts";
import { CipherSpec, type RecordProtection } from "../../../record/cipher_spec.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import type {
  EarlyAgreement,
  EarlyDataOutcome,
  EarlySecrets,
  EarlyWrite,
} from "../../early_data.ts";
import { type HandshakeContext, sendHandshake } from "../../handshake.ts";
import { logSecret } from "../../log_secret.ts";

/** Early data that a client sends (RFC 8446, Section 4.2.10). */
export class ClientEarlyData implements EarlyWrite {
  #outcome: EarlyDataOutcome | null = null;
  #session: Tls13ClientSession | null = null;
  #protocol: string | null | undefined;
  #sending = false;
  #exporter: ExporterMasterSecret | null = null;
  sent = 0;

  get outcome(): EarlyDataOutcome | null {
    return this.#outcome;
  }

  get sending(): boolean {
    return this.#sending;
  }

  get limit(): number {
    return this.#session?.maxEarlyData ?? 0;
  }

  get protocol(): string | null | undefined {
    return this.#protocol;
  }

  get exporter(): ExporterMasterSecret | null {
    return this.#exporter;
  }

  offer(config: SslConfig, session: Tls13ClientSession | undefined): boolean {
    if (this.#outcome !== null) return false; // a renegotiation's hello
    const obstacle = obstacleOf(config, session);
    const [only = null, ...others] = config.alpnProtocols;
    this.#session = session ?? null;
    if (session !== undefined) this.#protocol = session.alpnProtocol;
    else if (others.length === 0) this.#protocol = only;
    if (obstacle === null) return true;
    this.refuse(obstacle);
    return false;
  }

  async start(
    hs: HandshakeContext,
    secrets: EarlySecrets,
    clientRandom: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { cipherSuite } = this.#session!;
    const hash = await hs.transcript.digestWith(new Uint8Array(0), cipherSuite.hash);
    const [traffic, exporter] = await Promise.all([
      secrets.clientEarlyTrafficSecret(hash),
      secrets.earlyExporterMasterSecret(hash),
    ]);
    logSecret(hs.config, "CLIENT_EARLY_TRAFFIC_SECRET", clientRandom, traffic);
    logSecret(hs.config, "EARLY_EXPORTER_SECRET", clientRandom, exporter);
    const spec = await CipherSpec.create(cipherSuite, traffic);
    // RFC 8446, Appendix D.4: with early data it comes behind the first ClientHello.
    if (hs.config.compatMode) hs.output.sendChangeCipherSpec();
    hs.output.installWriteSpec(spec);
    this.#exporter = exporter;
    this.#sending = true;
  }

  refuse(outcome: EarlyDataOutcome): void {
    this.#outcome = outcome;
    this.#sending = false;
    this.#exporter = null;
  }

  accept({ cipherSuite, alpnProtocol }: EarlyAgreement): void {
    const session = this.#session!;
    // RFC 8446, Section 4.2.10: the server accepts it only under the parameters of the session.
    if (cipherSuite.id !== session.cipherSuite.id) throw otherThan("cipher suite");
    if (alpnProtocol !== session.alpnProtocol) {
      throw otherThan(
        `application protocol (${name(alpnProtocol)} in place of ${name(session.alpnProtocol)})`,
      );
    }
    this.#outcome = "accepted";
  }

  end(hs: HandshakeContext, next: RecordProtection): void {
    this.#sending = false;
    // In one piece with the flight behind it.
    hs.output.holdFlight();
    sendHandshake(hs, HandshakeType.endOfEarlyData, encodeEndOfEarlyData());
    hs.output.installWriteSpec(next);
  }
}

/** Returns why no early data can be sent with a session; `null` if nothing prevents it. */
function obstacleOf(
  config: SslConfig,
  session: Tls13ClientSession | undefined,
): EarlyDataOutcome | null {
  if (presetsOf(config).some(({ forbidsEarlyData }) => forbidsEarlyData)) return "forbidden";
  if (session === undefined) return "no-session";
  if (session.maxEarlyData === 0) return "not-allowed";
  const { alpnProtocol, cipherSuite } = session;
  const offersProtocol = alpnProtocol === null || config.alpnProtocols.includes(alpnProtocol);
  return offersProtocol && config.cipherSuites.some(({ id }) => id === cipherSuite.id)
    ? null
    : "not-offered";
}

function otherThan(what: string): SslError {
  return new SslError(
    "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
    `Cannot take EncryptedExtensions: the server accepts early data under another ${what} than ` +
      "that of the session, as no correct server does",
    { fault: "value" },
  );
}

function name(protocol: string | null): string {
  return protocol === null ? "none" : listProtocols([protocol]);
}
