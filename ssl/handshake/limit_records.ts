// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ExtensionBlock } from "../extensions/extension_block.ts";
import { recordSizeLimit } from "../extensions/record_size_limit.ts";
import { MAX_PLAINTEXT_LENGTH } from "../record/header.ts";
import { type TLS_1_2, TLS_1_3 } from "../tables/versions.ts";
import type { HandshakeContext } from "./handshake.ts";

/** The versions, which count the limit differently. */
type Version = typeof TLS_1_2 | typeof TLS_1_3;

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

/** Answers the client's limit with that of the server, and applies both. */
export function answerRecordSizeLimit(
  hs: HandshakeContext,
  hello: ExtensionBlock | undefined,
  answer: ExtensionBlock,
  version: Version,
): void {
  const limit = hello?.get(recordSizeLimit);
  if (limit === undefined) return;
  const own = ownRecordSizeLimit(hs.config, version);
  answer.add(recordSizeLimit, own);
  hs.output.limitRecords(limit, own);
}

/** Applies the limits of a client, if the server has answered with its own. */
export function takeRecordSizeLimit(
  hs: HandshakeContext,
  answer: ExtensionBlock | undefined,
  version: Version,
): void {
  const limit = answer?.get(recordSizeLimit);
  if (limit === undefined) return;
  hs.output.limitRecords(limit, ownRecordSizeLimit(hs.config, version));
}
