// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ExtensionBlock } from "../extensions/extension_block.ts";
import { recordSizeLimit } from "../extensions/record_size_limit.ts";
import { MAX_PLAINTEXT_LENGTH } from "../record/header.ts";
import { type TLS_1_2, TLS_1_3 } from "../tables/versions.ts";

/** The versions, which count the limit differently. */
type Version = typeof TLS_1_2 | typeof TLS_1_3;

/**
 * The limits in bytes on the plaintext of protected records; `Infinity` for that of the protocol.
 */
export interface RecordLimits {
  /** The peer's limit, for the records of this end. */
  readonly sent: number;
  /** The limit of this end, for the peer's records. */
  readonly received: number;
}

/**
 * Returns the limit that this end sends, which in TLS 1.3 includes the inner content type
 * (RFC 8449, Section 4).
 */
export function ownRecordSizeLimit(
  { recordSizeLimit }: { recordSizeLimit: number },
  version: Version,
): number {
  return Math.min(
    recordSizeLimit,
    version === TLS_1_3 ? MAX_PLAINTEXT_LENGTH + 1 : MAX_PLAINTEXT_LENGTH,
  );
}

/**
 * Returns the limits that a handshake negotiates: both, or none if the peer sends none. Each
 * handshake negotiates them anew, for the records under its keys (RFC 8449, Section 4).
 *
 * @param config The configuration of this end.
 * @param peers The extensions of the client's hello, or of the server's answer.
 * @param version The version.
 */
export function recordLimits(
  config: { recordSizeLimit: number },
  peers: ExtensionBlock | undefined,
  version: Version,
): RecordLimits {
  const sent = peers?.get(recordSizeLimit);
  if (sent === undefined) return { sent: Infinity, received: Infinity };
  return { sent, received: ownRecordSizeLimit(config, version) };
}
