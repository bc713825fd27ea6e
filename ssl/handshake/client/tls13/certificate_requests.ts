// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../../base/errors.ts";
import { parseCertificateRequest } from "../../../messages/certificate_request.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { sendFinished } from "../../tls13/finished.ts";
import type { HandshakeContext } from "../../handshake.ts";
import type { TrafficKeys } from "../../tls13/traffic_keys.ts";
import type { Tls13Negotiated } from "../../negotiated.ts";
import { show } from "../../progress.ts";
import { clientAuthRequest } from "./client_auth_request.ts";
import { sendClientCertificate } from "./send_certificate.ts";

/**
 * How many certificates a server may ask for in one connection; each costs a signature, and perhaps
 * somebody a question.
 */
export const MAX_CERTIFICATE_REQUESTS = 32;

/** A server's requests to see a certificate after the handshake (RFC 8446, Section 4.6.2). */
export class CertificateRequests {
  readonly #contexts = new Set<string>();

  /**
   * Answers a CertificateRequest: Certificate, CertificateVerify where there is something to show,
   * Finished.
   *
   * @param negotiated What the connection has negotiated so far.
   * @returns What it has negotiated by now: this end is who it has shown itself to be.
   */
  async answer(
    message: HandshakeMessage,
    hs: HandshakeContext,
    keys: TrafficKeys,
    negotiated: Tls13Negotiated,
  ): Promise<Tls13Negotiated> {
    const request = parseCertificateRequest(message.body);
    const context = request.certificateRequestContext.slice();
    this.#remember(context);
    const wanted = clientAuthRequest(request);
    // What is signed is the handshake and this exchange, and no exchange before it.
    const transcript = hs.transcript.snapshot();
    transcript.add(message.raw);
    // RFC 8446, Section 4.6.2: the messages MUST appear consecutively, so they leave when all of
    // them are made.
    const answer: Uint8Array<ArrayBuffer>[] = [];
    const output = {
      ...hs.output,
      sendMessage: (made: Uint8Array<ArrayBuffer>) => void answer.push(made),
    };
    const { credentials, getClientAuthData } = hs.latestConfig();
    // From here on the connection, and what may be resumed of it, is that of who is shown now.
    hs.config = { ...hs.config, credentials, getClientAuthData };
    const exchange: HandshakeContext = { ...hs, transcript, output };
    const local = await sendClientCertificate(exchange, wanted, negotiated.local, context);
    const answered = { ...negotiated, local };
    await keys.withWriteSecret(async (secret) => {
      await sendFinished(exchange, secret);
      show(hs, { localChain: local.chain });
      hs.output.emit({ kind: "shown", negotiated: answered });
      for (const made of answer) hs.output.sendMessage(made);
    });
    transcript.forget();
    return answered;
  }

  /**
   * RFC 8446, Section 4.3.2: a context MUST be unique within the connection, and the handshake's
   * own is empty.
   */
  #remember(context: Uint8Array<ArrayBuffer>): void {
    const name = context.toHex();
    if (name === "" || this.#contexts.has(name)) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
        "Cannot take CertificateRequest: its context is that of another one",
        { fault: "value" },
      );
    }
    if (this.#contexts.size >= MAX_CERTIFICATE_REQUESTS) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST",
        `Cannot take CertificateRequest: it is the server's ${MAX_CERTIFICATE_REQUESTS + 1}th`,
      );
    }
    this.#contexts.add(name);
  }
}
