// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "./errors.ts";

/**
 * The error of a client whose encrypted hello the server could not decrypt (RFC 9849, Section
 * 6.1.6). The server has been authenticated as the public name of the configuration, so that what
 * it says can be relied on: it gives other configurations (`SSL_ERROR_ECH_RETRY_WITH_ECH`), with
 * which a new connection may be tried once, or has none (`SSL_ERROR_ECH_RETRY_WITHOUT_ECH`), and
 * then the application decides whether to connect without.
 *
 * @category Errors
 */
export class EchRejectedError extends SslError {
  /** The server's present `ECHConfigList`, for a new connection; `null` for none. */
  readonly retryConfigs: Uint8Array<ArrayBuffer> | null;

  private constructor(
    name: "SSL_ERROR_ECH_RETRY_WITH_ECH" | "SSL_ERROR_ECH_RETRY_WITHOUT_ECH",
    message: string,
    retryConfigs: Uint8Array<ArrayBuffer> | null,
  ) {
    super(name, message);
    this.retryConfigs = retryConfigs;
  }

  /**
   * Creates the error.
   *
   * @param publicName The public name, as which the server has been authenticated.
   * @param retryConfigs The server's `ECHConfigList`, if it has one that can be used.
   * @returns The error.
   */
  static of(publicName: string, retryConfigs: Uint8Array<ArrayBuffer> | null): EchRejectedError {
    const failed = "Cannot hide ClientHello: the server, which has shown that it is " +
      `${publicName}, could not decrypt it, and `;
    return retryConfigs === null
      ? new EchRejectedError(
        "SSL_ERROR_ECH_RETRY_WITHOUT_ECH",
        `${failed}gives no configuration that can be used: it has turned Encrypted Client Hello ` +
          "off; a connection without the option echConfigList shows the host name",
        null,
      )
      : new EchRejectedError(
        "SSL_ERROR_ECH_RETRY_WITH_ECH",
        `${failed}gives other configurations: connect again with the retryConfigs of this error ` +
          "as the option echConfigList, once",
        retryConfigs,
      );
  }
}
