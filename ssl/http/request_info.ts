// Copyright 2026 the NSS for Deno authors. MIT license.

import { deferred } from "../../cert/base/runtime.ts";
import type { Shape } from "../../cert/base/options.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { isMilliseconds, takeSslOptions } from "../config/option_values.ts";
import { configOf } from "../config/config_registry.ts";
import { SslError } from "../base/errors.ts";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { peerCertificateChain } from "../nss/certificates.ts";
import { getChannelInfo } from "../nss/get_channel_info.ts";
import { reHandshake } from "../nss/handshake.ts";
import { optionSet } from "../nss/option_set.ts";

/**
 * The most bytes of a request's body that are kept while its client is asked for a certificate: it
 * may send all of the body before it answers.
 */
export const MAX_BODY_AHEAD = 2 ** 20;

/**
 * The options of `requestClientCertificate()`.
 *
 * @category HTTP
 */
export interface CertificateRequestOptions {
  /** The milliseconds that the client may take; default the option `handshakeTimeout`. */
  readonly timeout?: number;
}

/**
 * What a handler knows about a request besides the request: who is calling, over which connection.
 *
 * @typeParam A The type of the connection's addresses.
 *
 * @category HTTP
 */
export interface RequestInfo<A = unknown> {
  /** The address of the client, which no header can change. */
  readonly remoteAddr: A;
  /** The address that the client has connected to. */
  readonly localAddr: A;
  /**
   * The client's certificates, leaf first, which the server has authenticated; empty if it has
   * presented none.
   */
  readonly peerCertificates: readonly Certificate[];
  /** What the handshake has negotiated. */
  readonly channelInfo: ChannelInfo;
  /** The version of HTTP. */
  readonly httpVersion: "1.0" | "1.1" | "2";

  /**
   * Asks the client for a certificate, if it has presented none: in TLS 1.3 by post-handshake
   * authentication, in TLS 1.2 by renegotiation. Later requests on the connection have it, too.
   *
   * Call it before the body is read. A client may send its whole body before it answers: up to 1
   * MiB of that is kept meanwhile.
   *
   * HTTP/2 forbids both (RFC 9113, Section 9.2). Let its error leave the handler: the request is
   * then reset with HTTP_1_1_REQUIRED, upon which browsers and curl send it again by HTTP/1.1.
   *
   * @param options See {@linkcode CertificateRequestOptions}.
   * @returns The client's certificates, leaf first; empty if it has presented none.
   * @throws {SslError} `SSL_ERROR_RENEGOTIATION_NOT_ALLOWED` on HTTP/2, and in TLS 1.2 without RFC
   * 5746 and RFC 7627; `SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION` if a client of TLS 1.3
   * cannot be asked, as browsers cannot; `PR_BUFFER_OVERFLOW_ERROR` if the client sends more than 1
   * MiB before it answers, which is answered by status 413 if the error leaves the handler;
   * `PR_IO_TIMEOUT_ERROR` if the client does not answer in time; an error about the certificate if
   * it is not accepted, which ends the connection.
   */
  requestClientCertificate(options?: CertificateRequestOptions): Promise<readonly Certificate[]>;
}

/** How a request is answered whose handler has failed with an error of ours. */
export type FailureAnswer = "HTTP_1_1_REQUIRED" | 413;

const answers = new WeakMap<object, FailureAnswer>();

/** Returns how a request is answered whose handler has failed with an error of ours, if it is. */
export function answerTo(error: unknown): FailureAnswer | undefined {
  return typeof error === "object" && error !== null ? answers.get(error) : undefined;
}

const REQUEST_OPTIONS: Shape<CertificateRequestOptions> = { timeout: isMilliseconds };

/** The body of a request, as far as a request for a certificate has to do with it. */
export interface BodyAhead {
  /** Reads ahead; returns a function that ends that. */
  readAhead(limit: number, overflow: () => void): () => void;
}

/** Creates the information about a request. */
export function createRequestInfo<A>(
  socket: SslSocket<A>,
  httpVersion: RequestInfo["httpVersion"],
  body: BodyAhead | null,
): RequestInfo<A> {
  return new SocketRequestInfo(socket, httpVersion, body);
}

class SocketRequestInfo<A> implements RequestInfo<A> {
  readonly httpVersion: RequestInfo["httpVersion"];
  readonly #socket: SslSocket<A>;
  readonly #body: BodyAhead | null;

  constructor(
    socket: SslSocket<A>,
    httpVersion: RequestInfo["httpVersion"],
    body: BodyAhead | null,
  ) {
    this.#socket = socket;
    this.httpVersion = httpVersion;
    this.#body = body;
  }

  get remoteAddr(): A {
    return this.#socket.remoteAddr;
  }

  get localAddr(): A {
    return this.#socket.localAddr;
  }

  get peerCertificates(): readonly Certificate[] {
    return peerCertificateChain(this.#socket);
  }

  get channelInfo(): ChannelInfo {
    return getChannelInfo(this.#socket);
  }

  async requestClientCertificate(
    options: CertificateRequestOptions = {},
  ): Promise<readonly Certificate[]> {
    const bounds = takeSslOptions("Cannot request certificate", options, REQUEST_OPTIONS);
    if (this.peerCertificates.length > 0) return this.peerCertificates;
    if (this.httpVersion === "2") throw failure("HTTP_1_1_REQUIRED", http1Required());
    const { promise: overflowed, reject } = deferred<never>();
    const stop = this.#body?.readAhead(MAX_BODY_AHEAD, () => reject(failure(413, tooMuch())));
    try {
      // A client without one is not refused, unless the application has said so.
      if (!configOf(this.#socket).chosen.has("requireCertificate")) {
        optionSet(this.#socket, "REQUIRE_CERTIFICATE", "NEVER");
      }
      optionSet(this.#socket, "REQUEST_CERTIFICATE", true);
      await Promise.race([reHandshake(this.#socket, true, bounds), overflowed]);
    } finally {
      stop?.();
    }
    return this.peerCertificates;
  }
}

function failure(answer: FailureAnswer, error: SslError): SslError {
  answers.set(error, answer);
  return error;
}

function http1Required(): SslError {
  return new SslError(
    "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED",
    "Cannot request certificate: HTTP/2 forbids it; let this error leave the handler, and the " +
      "client is told to use HTTP/1.1 for this request, or set clientAuth on the listener",
  );
}

function tooMuch(): SslError {
  return new SslError(
    "PR_BUFFER_OVERFLOW_ERROR",
    `Cannot request certificate: the client has sent more than ${MAX_BODY_AHEAD} bytes of the ` +
      "request's body and has not answered; ask before large uploads, by a request without a body",
  );
}
