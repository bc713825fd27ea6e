// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../base/errors.ts";
import { encodeFinished, parseFinished } from "../../messages/finished.ts";
import type { HandshakeMessage } from "../../messages/handshake.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import type { CipherSuite } from "../../tables/cipher_suites.ts";
import { type HandshakeContext, sendHandshake } from "../handshake.ts";
import type { TrafficSecret } from "../../crypto/expanded_secrets.ts";

/** Sends Finished, a MAC over the transcript (RFC 8446, Section 4.4.4). */
export async function sendFinished(hs: HandshakeContext, secret: TrafficSecret): Promise<void> {
  const verifyData = await secret.finishedMac(await hs.transcript.digest());
  sendHandshake(hs, HandshakeType.finished, encodeFinished({ verifyData }));
}

/**
 * Verifies the peer's Finished and adds it to the transcript.
 *
 * @throws {SslError} `SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE` if it does not match the transcript,
 * `SSL_ERROR_RX_MALFORMED_FINISHED` if its length is not that of the hash.
 */
export async function verifyPeerFinished(
  hs: HandshakeContext,
  message: HandshakeMessage,
  { hashLength }: CipherSuite,
  secret: TrafficSecret,
): Promise<void> {
  const { verifyData } = parseFinished(message.body, hashLength);
  if (!(await secret.verifyFinished(await hs.transcript.digest(), verifyData))) {
    throw new SslError(
      "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
      "Cannot take Finished: the peer has seen another handshake than this end",
    );
  }
  hs.transcript.add(message.raw);
}
