// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The signals by which a server confirms that it has accepted an inner ClientHello (RFC 9849,
 * Section 7.2).
 *
 * @module
 */

import { concat } from "../../cert/base/bytes.ts";
import { encodeLabel, HASH_LENGTHS, hkdfLabel, importHkdfKey } from "../crypto/hkdf.ts";
import type { Transcript } from "../crypto/transcript.ts";
import { ECH_CONFIRMATION_LENGTH } from "../tables/extension_types.ts";
import { RANDOM_LENGTH } from "../messages/client_hello.ts";
import { HANDSHAKE_HEADER_LENGTH } from "../messages/handshake.ts";
import type { CipherSuite } from "../tables/cipher_suites.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Returns the info of the encryption under a configuration (RFC 9849, Section 6.1). */
export function echInfo(config: Bytes): Bytes {
  return concat([INFO_PREFIX, config]);
}

const INFO_PREFIX = new TextEncoder().encode("tls ech\0");

/** Where the last bytes of ServerHello.random end, behind header and legacy_version. */
const RANDOM_END = HANDSHAKE_HEADER_LENGTH + 2 + RANDOM_LENGTH;

/** The place of the confirmation in a ServerHello: the last bytes of its random. */
export const SERVER_HELLO_CONFIRMATION: number = RANDOM_END - ECH_CONFIRMATION_LENGTH;

const LABELS = {
  ServerHello: encodeLabel("ech accept confirmation"),
  HelloRetryRequest: encodeLabel("hrr ech accept confirmation"),
};

/**
 * Computes the confirmation in a ServerHello or HelloRetryRequest.
 *
 * @param transcript The transcript before the message, with the inner ClientHello, or its hash for
 * a HelloRetryRequest.
 * @param message The message.
 * @param at Where its confirmation is, whose value does not count.
 * @param innerRandom The random of the first inner ClientHello.
 */
export async function echConfirmationOf(
  kind: keyof typeof LABELS,
  { hash }: CipherSuite,
  transcript: Transcript,
  message: Bytes,
  at: number,
  innerRandom: Bytes,
): Promise<Bytes> {
  const zeroed = message.slice();
  zeroed.fill(0, at, at + ECH_CONFIRMATION_LENGTH);
  const [digest, key] = await Promise.all([
    transcript.digestWith(zeroed, hash),
    importHkdfKey(innerRandom),
  ]);
  const salt = new Uint8Array(HASH_LENGTHS[hash]);
  const info = hkdfLabel(ECH_CONFIRMATION_LENGTH, LABELS[kind], digest);
  const bits = 8 * ECH_CONFIRMATION_LENGTH;
  const params = { name: "HKDF", hash, salt, info };
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, bits));
}
