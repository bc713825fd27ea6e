// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a message depends on besides its bytes. @module */

import { TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";

/** An end of a connection. */
export type End = "client" | "server";

/** What was negotiated before a message, as far as it is known. */
export interface MessageContext {
  /** The `ProtocolVersion`; `null` before the ServerHello. */
  readonly version: number | null;
  /** The code point of the cipher suite; `null` before the ServerHello. */
  readonly cipherSuite: number | null;
  /** Which end sends the message. */
  readonly sender: End;
  /** The ends that show a raw public key in place of certificates (RFC 7250). */
  readonly rawKeys?: ReadonlySet<End>;
}

/** Whether a message is of TLS 1.3. */
export function isTls13({ version }: MessageContext): boolean {
  return version === TLS_1_3;
}

/** Whether signatures do not say how they were made, as before TLS 1.2. */
export function isOld({ version }: MessageContext): boolean {
  return version !== null && version < TLS_1_2;
}
