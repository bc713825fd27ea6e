// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { ErrorName } from "../../cert/base/errors.ts";

/** Node's codes of errors that it has, too: those of OpenSSL's verification, and of the system. */
const CODES: { readonly [name in ErrorName]?: string } = {
  PR_CONNECT_RESET_ERROR: "ECONNRESET",
  PR_END_OF_FILE_ERROR: "ECONNRESET",
  PR_IO_TIMEOUT_ERROR: "ETIMEDOUT",
  PR_OPERATION_ABORTED_ERROR: "ABORT_ERR",
  PR_SOCKET_SHUTDOWN_ERROR: "EPIPE",
  PR_BAD_DESCRIPTOR_ERROR: "ERR_SOCKET_CLOSED",
  SSL_ERROR_BAD_CERT_DOMAIN: "ERR_TLS_CERT_ALTNAME_INVALID",
  SEC_ERROR_EXPIRED_CERTIFICATE: "CERT_HAS_EXPIRED",
  SEC_ERROR_UNKNOWN_ISSUER: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  SEC_ERROR_REVOKED_CERTIFICATE: "CERT_REVOKED",
};

/** An error of ours in the form of Node's. */
export interface NodeTlsError extends Error {
  /** Node's code, or NSS's name where Node has none. */
  readonly code: string;
  /** The error of ours, with NSS's name and code, and the alert. */
  readonly cause: SslError;
}

/** Returns an error as Node's code reads it; what is no error of ours stays as it is. */
export function toNodeError(error: unknown): Error {
  if (!(error instanceof SslError)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const code = CODES[error.name] ?? error.name;
  return Object.assign(new Error(error.message, { cause: error }), { code });
}
