// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ExtensionBlock } from "../extensions/extension_block.ts";
import { recordSizeLimit } from "../extensions/record_size_limit.ts";
import { MAX_PLAINTEXT_LENGTH } from "../record/header.ts";
import { TLS_1_3 } from "../tables/versions.ts";
import type { HandshakeContext } from "./handshake.ts";

/** The limit that an end may name, which in TLS 1.3 counts the inner content type (RFC 8449, Section 4). */
export function ownRecordSizeLimit(
  { recordSizeLimit }: { recordSizeLimit: number },
  version: number,
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
): void {
  const limit = hello?.get(recordSizeLimit);
  if (limit === undefined) return;
  const own = ownRecordSizeLimit(hs.config, hs.negotiated.version);
  answer.add(recordSizeLimit, own);
  hs.output.limitRecords(limit, own);
}

/** A client takes the server's answer to its limit. */
export function takeRecordSizeLimit(
  hs: HandshakeContext,
  answer: ExtensionBlock | undefined,
): void {
  const limit = answer?.get(recordSizeLimit);
  if (limit === undefined) return;
  hs.output.limitRecords(limit, ownRecordSizeLimit(hs.config, hs.negotiated.version));
}
