// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../../base/errors.ts";
import type { ExporterMasterSecret } from "../../../crypto/expanded_secrets.ts";
import { parseEndOfEarlyData } from "../../../messages/end_of_early_data.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { CipherSpec, type RecordProtection } from "../../../record/cipher_spec.ts";
import type { AcceptedSession } from "../../../session/accept_session.ts";
import { takeAuthorization } from "../../../session/anti_replay.ts";
import type { EarlyTicket } from "../../../session/session_ticket.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import type { EarlyRead } from "../../early_data.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { Tls13Agreement } from "../../negotiated.ts";
import { logSecret } from "../../log_secret.ts";

/** Early data that this server has accepted, and the protection of its records. */
export interface AcceptedEarlyData {
  readonly read: EarlyRead;
  readonly spec: RecordProtection;
}

/**
 * Decides about early data, and derives its keys (RFC 8446, Section 4.2.10): the session's version,
 * suite, application protocol and host name must be those of this handshake, and its entry is
 * taken, which is the last thing that is asked.
 *
 * @param hs The context, with the ClientHello in its transcript.
 * @param session The session that is resumed.
 * @param early What its ticket says that allows early data.
 * @param agreement What has been negotiated.
 * @param clientRandom The random of the client, for the key log.
 * @returns What has been accepted; `null` to refuse it, and go on without.
 */
export async function acceptEarlyData(
  hs: HandshakeContext,
  session: AcceptedSession,
  early: EarlyTicket,
  agreement: Tls13Agreement,
  clientRandom: Uint8Array<ArrayBuffer>,
): Promise<AcceptedEarlyData | null> {
  const { config, environment } = hs;
  const { cipherSuite, alpnProtocol } = agreement;
  const { content, earlySecret, index, obfuscatedTicketAge } = session;
  // The secret of early data is that of the first PSK. The host name is the session's already.
  const isSame = index === 0 && content.cipherSuite === cipherSuite.id &&
    early.alpnProtocol === alpnProtocol;
  if (!isSame || early.maxEarlyData > config.maxEarlyData) return null;
  const age = environment.now() - content.createdAt;
  const isAuthorized = await takeAuthorization(
    config,
    environment,
    early,
    age,
    obfuscatedTicketAge,
    hs.session.wait,
  );
  if (!isAuthorized) return null;
  const hash = await hs.transcript.digest();
  const [traffic, exporter] = await Promise.all([
    earlySecret.clientEarlyTrafficSecret(hash),
    earlySecret.earlyExporterMasterSecret(hash),
  ]);
  logSecret(config, "CLIENT_EARLY_TRAFFIC_SECRET", clientRandom, traffic);
  logSecret(config, "EARLY_EXPORTER_SECRET", clientRandom, exporter);
  const spec = await CipherSpec.create(cipherSuite, traffic);
  return { read: new ServerEarlyData(early.maxEarlyData, exporter), spec };
}

/** The count of early data that a server takes. */
class ServerEarlyData implements EarlyRead {
  readonly exporter: ExporterMasterSecret;
  readonly #limit: number;
  #received = 0;
  #left = 0;
  ended = false;

  constructor(limit: number, exporter: ExporterMasterSecret) {
    this.#limit = limit;
    this.exporter = exporter;
  }

  get received(): number {
    return this.#received;
  }

  get left(): number {
    return this.#left;
  }

  taken(length: number): void {
    this.#left = Math.max(0, this.#left - length);
  }

  count(length: number): void {
    if (this.ended) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA",
        "Cannot take application data: early data has ended, and the handshake is not complete",
      );
    }
    this.#received += length;
    this.#left += length;
    if (this.#received <= this.#limit) return;
    // RFC 8446, Section 4.2.10: "A server receiving more than max_early_data_size bytes of 0-RTT
    // data SHOULD terminate the connection with an "unexpected_message" alert."
    throw new SslError(
      "SSL_ERROR_TOO_MUCH_EARLY_DATA",
      `Cannot take early data: more than the ${this.#limit} bytes came that its ticket allows`,
    );
  }
}

/** Waits for EndOfEarlyData, while early data comes (RFC 8446, Section 4.5). */
export class ExpectEndOfEarlyData implements HandshakeState {
  readonly #read: EarlyRead;
  readonly #next: () => HandshakeState;

  /** Creates the state; `next` installs the keys of the client's flight. */
  constructor(read: EarlyRead, next: () => HandshakeState) {
    this.#read = read;
    this.#next = next;
  }

  /** Processes EndOfEarlyData. */
  handle(message: HandshakeMessage, hs: HandshakeContext): HandshakeState {
    expectMessage(message, HandshakeType.endOfEarlyData);
    parseEndOfEarlyData(message.body);
    hs.transcript.add(message.raw);
    this.#read.ended = true;
    return this.#next();
  }
}
