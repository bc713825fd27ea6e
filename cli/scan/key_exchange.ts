// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the messages of a server's flight say of key exchange and signatures. @module */

import type { HelloAnswer } from "../net/raw_answer.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";
import { DecodeError } from "../../ssl/wire/decode_error.ts";
import { Reader } from "../../ssl/wire/reader.ts";
import { suiteName } from "../explain/names.ts";
import { traitsOf } from "./suite_traits.ts";

/** How a server exchanges keys, and signs. */
export interface KeyExchange {
  /** The code point of the group; `null` for none, and of Diffie-Hellman's primes. */
  readonly group: number | null;
  /** How many bits the prime of Diffie-Hellman has, or the modulus of EXPORT's RSA. */
  readonly bits: number | null;
  /** The code point of the signature scheme; `null` for none, and before TLS 1.2. */
  readonly scheme: number | null;
}

const NONE: KeyExchange = { group: null, bits: null, scheme: null };

/** The `ECCurveType` of a curve that has a number (RFC 8422, Section 5.4). */
const NAMED_CURVE = 3;

/** Returns the message of a type in a flight; `undefined` if there is none. */
export function messageOf(
  { messages }: HelloAnswer,
  type: number,
): Uint8Array<ArrayBuffer> | undefined {
  return messages.find((message) => message.type === type)?.body;
}

/**
 * Reads the ServerKeyExchange of TLS 1.2 and before, or TLS 1.3's CertificateVerify.
 *
 * @returns What they say; `null` if they are malformed.
 */
export function keyExchangeOf(answer: HelloAnswer): KeyExchange | null {
  const { hello } = answer;
  try {
    if (hello.version >= TLS_1_3) {
      const verify = messageOf(answer, HandshakeType.certificateVerify);
      const scheme = verify === undefined ? null : new Reader(verify).u16();
      return { group: hello.group, bits: null, scheme };
    }
    const body = messageOf(answer, HandshakeType.serverKeyExchange);
    if (body === undefined) return NONE;
    return readServerKeyExchange(new Reader(body), hello.cipherSuite, hello.version);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function readServerKeyExchange(reader: Reader, suite: number, version: number): KeyExchange {
  const { keyExchange, isSigned } = traitsOf(suiteName(suite));
  // RFC 4279, Section 2: the hint comes first
  if (/PSK/.test(keyExchange)) reader.vector16();
  let [group, bits]: [number | null, number | null] = [null, null];
  if (/^ECDHE|^ECDH_anon/.test(keyExchange)) {
    if (reader.u8() !== NAMED_CURVE) return NONE;
    group = reader.u16();
    reader.vector8();
  } else if (/^DHE|^DH_anon/.test(keyExchange)) {
    bits = bitsOf(reader.vector16());
    reader.vector16();
    reader.vector16();
  } else if (/^RSA_EXPORT/.test(keyExchange)) {
    bits = bitsOf(reader.vector16());
  } else return NONE;
  const hasScheme = isSigned && version === TLS_1_2;
  return { group, bits, scheme: hasScheme ? reader.u16() : null };
}

/** How many bits a number has. */
function bitsOf(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : 8 * (bytes.length - first) - Math.clz32(bytes[first]!) + 24;
}
