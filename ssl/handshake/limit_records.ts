// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ExtensionBlock } from "../extensions/extension_block.ts";
import { recordSizeLimit } from "../extensions/record_size_limit.ts";
import { MAX_PLAINTEXT_LENGTH } from "../record/header.ts";
import { type TLS_1_2, TLS_1_3 } from "../tables/versions.ts";
import type { HandshakeContext } from "./handshake.ts";

/** The version decides what the limit counts. */
type Version = typeof TLS_1_2 | typeof TLS_1_3;

/**
 * The limit that an end may name, which in TLS 1.3 counts the inner content type (RFC 8449, Section
 * 4).
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

/** A server answers the client's limit with its own, and both keep to them from here on. */
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

/** A client takes the server's answer to its limit. */
export function takeRecordSizeLimit(
  hs: HandshakeContext,
  answer: ExtensionBlock | undefined,
  version: Version,
): void {
  const limit = answer?.get(recordSizeLimit);
  if (limit === undefined) return;
  hs.output.limitRecords(limit, ownRecordSizeLimit(hs.config, version));
}
