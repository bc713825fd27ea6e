// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../../../cert/base/runtime.ts";
import { SslError } from "../../../base/errors.ts";
import { MAX_KEPT_TRANSCRIPT } from "../../../crypto/transcript.ts";
import { parseCertificateRequest } from "../../../messages/certificate_request.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { sendFinished } from "../../tls13/finished.ts";
import type { HandshakeContext } from "../../handshake.ts";
import type { RecordProtection } from "../../../record/cipher_spec.ts";
import type { RecordLimits } from "../../limit_records.ts";
import type { HandshakeEvent, HandshakeOutput } from "../../output.ts";
import type { TrafficKeys } from "../../tls13/traffic_keys.ts";
import type { Tls13Negotiated } from "../../negotiated.ts";
import { show } from "../../progress.ts";
import { clientAuthRequest } from "./client_auth_request.ts";
import { sendClientCertificate } from "./send_certificate.ts";

/**
 * The maximum number of post-handshake CertificateRequests on a connection; each costs a signature,
 * and perhaps a question to the user.
 */
export const MAX_CERTIFICATE_REQUESTS = 32;

/** The post-handshake CertificateRequests of a connection (RFC 8446, Section 4.6.2). */
export class CertificateRequests {
  /** `null` before the first, as most servers send none. */
  #contexts: Set<string> | null = null;

  /**
   * Answers a CertificateRequest with Certificate, CertificateVerify unless that is empty, and
   * Finished.
   *
   * @param message The CertificateRequest.
   * @param hs The context of the connection.
   * @param keys The traffic keys.
   * @param negotiated The result of the handshake.
   * @returns The result, with the new authentication of this end.
   */
  async answer(
    message: HandshakeMessage,
    hs: HandshakeContext,
    keys: TrafficKeys,
    negotiated: Tls13Negotiated,
  ): Promise<Tls13Negotiated> {
    const request = parseCertificateRequest(message.body);
    const context = request.certificateRequestContext.slice();
    this.#checkContext(context);
    const authRequest = clientAuthRequest(request, hs.config);
    // The transcript is that of the handshake and this exchange, without earlier exchanges.
    const transcript = hs.transcript.snapshot();
    if (transcript === null) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST",
        "Cannot take CertificateRequest: the handshake before it was longer than the " +
          `${MAX_KEPT_TRANSCRIPT} bytes that are kept for it`,
      );
    }
    transcript.add(message.raw);
    // RFC 8446, Section 4.6.2: the messages MUST be consecutive, so that they are sent when all of
    // them are complete.
    const output = new HeldMessages(hs.output);
    const { credentials, rawPublicKeys, getClientAuthData } = hs.latestConfig();
    // The connection, and sessions kept of it, belong to the new identity from now on.
    hs.config = { ...hs.config, credentials, rawPublicKeys, getClientAuthData };
    const exchange: HandshakeContext = { ...hs, transcript, output };
    const { local: before, certificateTypes: { rawClient } } = negotiated;
    const local = await sendClientCertificate(exchange, authRequest, rawClient, before, context);
    const answered = { ...negotiated, local };
    await keys.withWriteSecret(async (secret) => {
      await sendFinished(exchange, secret);
      show(hs, { localChain: local.chain, noCertificate: exchange.progress.noCertificate });
      hs.output.emit({ kind: "shown", negotiated: answered });
      for (const made of output.messages) hs.output.sendMessage(made);
    });
    transcript.forget();
    return answered;
  }

  /**
   * Checks that a context is new: it MUST be unique within the connection (RFC 8446, Section
   * 4.3.2), and that of the handshake is empty.
   */
  #checkContext(context: Uint8Array<ArrayBuffer>): void {
    const name = toHex(context);
    const contexts = this.#contexts ??= new Set();
    if (name === "" || contexts.has(name)) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
        "Cannot take CertificateRequest: its context is that of another one",
        { fault: "value" },
      );
    }
    if (contexts.size >= MAX_CERTIFICATE_REQUESTS) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST",
        `Cannot take CertificateRequest: it is the server's ${MAX_CERTIFICATE_REQUESTS + 1}th`,
      );
    }
    contexts.add(name);
  }
}

/** An output that keeps messages. */
class HeldMessages implements HandshakeOutput {
  /** The messages. */
  readonly messages: Uint8Array<ArrayBuffer>[] = [];
  readonly #output: HandshakeOutput;

  /** Creates an output that passes on all else. */
  constructor(output: HandshakeOutput) {
    this.#output = output;
  }

  sendMessage(message: Uint8Array<ArrayBuffer>): void {
    this.messages.push(message);
  }

  holdFlight(): void {
    this.#output.holdFlight();
  }

  sendFlight(): void {
    this.#output.sendFlight();
  }

  sendChangeCipherSpec(): void {
    this.#output.sendChangeCipherSpec();
  }

  limitRecords(limits: Partial<RecordLimits>): void {
    this.#output.limitRecords(limits);
  }

  installReadSpec(spec: RecordProtection): void {
    this.#output.installReadSpec(spec);
  }

  installWriteSpec(spec: RecordProtection): void {
    this.#output.installWriteSpec(spec);
  }

  emit(event: HandshakeEvent): void {
    this.#output.emit(event);
  }
}
