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
  sendVerifyData(hs, await ownVerifyData(hs, secret));
}

/** Returns the verify_data of this end's Finished after the messages so far. */
export async function ownVerifyData(
  hs: HandshakeContext,
  secret: TrafficSecret,
): Promise<Uint8Array<ArrayBuffer>> {
  return await secret.finishedMac(await hs.transcript.digest());
}

/** Sends Finished with its verify_data. */
export function sendVerifyData(
  hs: HandshakeContext,
  verifyData: Uint8Array<ArrayBuffer>,
): void {
  sendHandshake(hs, HandshakeType.finished, encodeFinished({ verifyData }));
  hs.hooks.observer?.finished(hs.config.role, verifyData);
}

/**
 * Adds the peer's Finished to the transcript, and verifies it.
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
  const transcriptHash = hs.transcript.digest();
  // Before the first await, so that what follows in the transcript need not wait for the MAC.
  hs.transcript.add(message.raw);
  if (!(await secret.verifyFinished(await transcriptHash, verifyData))) throw wrongFinished();
  observePeerFinished(hs, verifyData);
}

/** Tells the observer, if there is one, of a Finished of the peer's that has been verified. */
export function observePeerFinished(
  { hooks, config }: HandshakeContext,
  verifyData: Uint8Array<ArrayBuffer>,
): void {
  hooks.observer?.finished(config.role === "client" ? "server" : "client", verifyData);
}

/**
 * Waits for a peer and for its Finished, both of which are being verified: a refused certificate is
 * the better error.
 *
 * @returns The peer, and what its Finished gives.
 */
export async function peerAndFinished<P, F>(
  peer: P | Promise<P>,
  finished: Promise<F>,
): Promise<readonly [peer: P, finished: F]> {
  finished.catch(() => {}); // awaited below
  return [await peer, await finished];
}

/** Creates the error of a Finished that does not match the transcript. */
export function wrongFinished(): SslError {
  return new SslError(
    "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    "Cannot take Finished: the peer has seen another handshake than this end",
  );
}
