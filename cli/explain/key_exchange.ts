// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Explains the messages of the key exchange up to TLS 1.2, whose form the cipher suite decides.
 *
 * @module
 */

import { NAMED_CURVE } from "../../ssl/messages/server_key_exchange.ts";
import { DecodeError } from "../../ssl/wire/decode_error.ts";
import type { Reader } from "../../ssl/wire/reader.ts";
import { safe } from "../base/text.ts";
import { isOld, type MessageContext } from "./context.ts";
import { type Content, type FieldReader, lengthAndHex } from "./field.ts";
import { contentOf, namedGroup, namedScheme, suiteName } from "./names.ts";

/** How keys are exchanged, and who signs, by the name of a suite. */
interface KeyExchange {
  readonly kind: "ECDHE" | "DHE" | "RSA" | "SRP" | "PSK" | null;
  /** Whether an identity of a pre-shared key goes along. */
  readonly hasPsk: boolean;
  /** Whether the server signs its parameters. */
  readonly isSigned: boolean;
}

function keyExchangeOf({ cipherSuite }: MessageContext): KeyExchange {
  // Without a ServerHello, most likely it is the usual one
  const name = cipherSuite === null ? "TLS_ECDHE_RSA_WITH_" : suiteName(cipherSuite);
  const words = /^TLS_(\w+?)_WITH_/.exec(name)?.[1]?.split("_") ?? [];
  const has = (...some: readonly string[]) => some.some((word) => words.includes(word));
  const kind = has("ECDHE", "ECDH", "ECCPWD")
    ? "ECDHE"
    : has("DHE", "DH")
    ? "DHE"
    : has("SRP")
    ? "SRP"
    : has("RSA")
    ? "RSA"
    : has("PSK")
    ? "PSK"
    : null;
  const hasPsk = has("PSK");
  return {
    kind,
    hasPsk,
    isSigned: !hasPsk && !has("anon") && (kind !== "SRP" || words.length > 2),
  };
}

const octets = (reader: Reader, min = 1): string => lengthAndHex(reader.vector16(min));

/** The shortest prime that is not weak, in bits (RFC 9325, Section 4.1). */
const MIN_PRIME = 2048;

function prime(reader: Reader): Content {
  const bytes = reader.vector16(1);
  const first = bytes.findIndex((byte) => byte !== 0);
  const bits = first < 0 ? 0 : 8 * (bytes.length - first) - (Math.clz32(bytes[first]!) - 24);
  const value = `${bits} bits: ${lengthAndHex(bytes)}`;
  return bits < MIN_PRIME
    ? { value, mark: "weak", text: `shorter than ${MIN_PRIME} bits, and can be broken (Logjam)` }
    : { value };
}

/** Reads the fields of a ServerKeyExchange (RFC 5246, Section 7.4.3; RFC 8422, Section 5.4). */
export function addServerKeyExchange(fields: FieldReader, context: MessageContext): void {
  const { kind, hasPsk, isSigned } = keyExchangeOf(context);
  if (hasPsk) fields.add("psk_identity_hint", "", (reader) => text(reader.vector16()));
  switch (kind) {
    case "ECDHE":
      fields.add("curve_type", "", (reader) => {
        const type = reader.u8();
        if (type !== NAMED_CURVE) {
          throw new DecodeError(`a curve of type ${type} is not named, which RFC 8422 forbids`);
        }
        return "named_curve";
      });
      fields.add(
        "namedcurve",
        "the group that the server has chosen",
        (reader) => contentOf(namedGroup(reader.u16())),
      );
      fields.add(
        "public",
        "the server's key share, of this connection only",
        (reader) => lengthAndHex(reader.vector8(1)),
      );
      break;
    case "DHE":
      fields.add("dh_p", "the prime of the finite field", prime);
      fields.add("dh_g", "the generator", octets);
      fields.add("dh_Ys", "the server's key share", octets);
      break;
    case "RSA":
      if (hasPsk) return;
      fields.add("rsa_modulus", "a short key of its own, as export suites had it", prime);
      fields.add("rsa_exponent", "", octets);
      break;
    case "SRP":
      fields.add("N", "", prime);
      fields.add("g", "", octets);
      fields.add("s", "the salt of the password", (reader) => lengthAndHex(reader.vector8(1)));
      fields.add("B", "the server's key share", octets);
      break;
    case "PSK":
      return;
    default:
      fields.add(
        "params",
        "in a form that is not known here",
        (reader) => lengthAndHex(reader.rest()),
      );
      return;
  }
  if (isSigned) addSignature(fields, context, "signed by the key of the server's certificate");
}

/** Reads a `digitally-signed` struct (RFC 5246, Section 4.7), which names no scheme before 1.2. */
export function addSignature(fields: FieldReader, context: MessageContext, text: string): void {
  if (!isOld(context)) {
    fields.add("algorithm", "how it is signed", (reader) => contentOf(namedScheme(reader.u16())));
  }
  fields.add("signature", text, (reader) => lengthAndHex(reader.vector16()));
}

/** Reads the fields of a ClientKeyExchange (RFC 5246, Section 7.4.7; RFC 8422, Section 5.7). */
export function addClientKeyExchange(fields: FieldReader, context: MessageContext): void {
  const { kind, hasPsk } = keyExchangeOf(context);
  if (hasPsk) {
    fields.add("psk_identity", "which key the client has", (reader) => text(reader.vector16()));
  }
  switch (kind) {
    case "ECDHE":
      fields.add(
        "ecdh_Yc",
        "the client's key share, of this connection only",
        (reader) => lengthAndHex(reader.vector8(1)),
      );
      break;
    case "DHE":
      fields.add("dh_Yc", "the client's key share", octets);
      break;
    case "RSA":
      fields.add(
        "encrypted_premaster_secret",
        "the secret of the connection, encrypted to the key of the server's certificate: who " +
          "gets that key some day decrypts what was recorded",
        octets,
      );
      break;
    case "SRP":
      fields.add("A", "the client's key share", octets);
      break;
    case "PSK":
      break;
    default:
      fields.add(
        "params",
        "in a form that is not known here",
        (reader) => lengthAndHex(reader.rest()),
      );
  }
}

function text(bytes: Uint8Array): string {
  return bytes.length === 0 ? "empty" : `"${safe(new TextDecoder().decode(bytes), 100)}"`;
}
