// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Explains the ClientHello of SSL 2.0, in which old clients offer later versions (RFC 5246,
 * Appendix E.2).
 *
 * @module
 */

import { type Field, FieldReader, hex, lengthAndHex, wholeField } from "./field.ts";
import { listOf } from "./lists.ts";
import { namedSuite, namedVersion, suiteName } from "./names.ts";

/** The cipher kinds of SSL 2.0, all of which are broken. */
const KINDS: Readonly<Record<number, string>> = {
  0x010080: "SSL_CK_RC4_128_WITH_MD5",
  0x020080: "SSL_CK_RC4_128_EXPORT40_WITH_MD5",
  0x030080: "SSL_CK_RC2_128_CBC_WITH_MD5",
  0x040080: "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5",
  0x050080: "SSL_CK_IDEA_128_CBC_WITH_MD5",
  0x060040: "SSL_CK_DES_64_CBC_WITH_MD5",
  0x0700c0: "SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
};

const CLIENT_HELLO = 1;

/** The longest ClientHello that is waited for, in bytes: SSL 2.0 had few suites. */
const MAX_LENGTH = 1024;

/**
 * Whether bytes begin like a ClientHello of SSL 2.0: with a length whose top bit is set, the type,
 * and a version. Fewer bytes than that may go on so.
 */
export function looksLikeSsl2(bytes: Uint8Array): boolean {
  const [high = 0x80, low = 0, type = CLIENT_HELLO, major = 3] = bytes;
  return high >= 0x80 && (high << 8 | low) - 0x8000 <= MAX_LENGTH && type === CLIENT_HELLO &&
    (major === 0 || major === 3);
}

/** The length of such a ClientHello with its header; at least two bytes are there. */
export function ssl2Length([high, low]: Uint8Array): number {
  return 2 + ((high! & 0x7f) << 8 | low!);
}

/** Explains such a ClientHello, or as much of it as is there. */
export function explainSsl2(bytes: Uint8Array<ArrayBuffer>): Field {
  const fields = new FieldReader(bytes);
  const lengths = { ciphers: 0, session: 0, challenge: 0 };
  fields.add("length", "", (reader) => `${reader.u16() & 0x7fff}`);
  fields.add("msg_type", "", (reader) => reader.u8() === CLIENT_HELLO ? "client_hello" : "other");
  fields.add("version", "the highest version that the client takes", (reader) => {
    const version = reader.u16();
    return version === 2 ? { value: "SSL 2.0", mark: "weak" } : namedVersion(version).name;
  });
  fields.add("cipher_spec_length", "", (reader) => `${lengths.ciphers = reader.u16()}`);
  fields.add("session_id_length", "", (reader) => `${lengths.session = reader.u16()}`);
  fields.add("challenge_length", "", (reader) => `${lengths.challenge = reader.u16()}`);
  fields.add(
    "cipher_specs",
    "suites of three bytes; those that begin with 0 are of SSL 3.0 and " +
      "later",
    (reader) =>
      listOf(fields.within(reader.bytes(lengths.ciphers)), "cipher_spec", (r) => {
        const kind = r.u24();
        if (kind > 0xffff) return { value: KINDS[kind] ?? `0x${kind.toString(16)}`, mark: "weak" };
        return { value: suiteName(kind), mark: namedSuite(kind).mark };
      }),
  );
  fields.add("session_id", "", (reader) => hex(reader.bytes(lengths.session)));
  fields.add(
    "challenge",
    "random bytes",
    (reader) => lengthAndHex(reader.bytes(lengths.challenge)),
  );
  return wholeField(bytes, {
    name: "ClientHello of SSL 2.0",
    value: "the form of 1995; servers of today do not take it",
    text: "some old clients offer SSL 3.0 or TLS 1.0 in it",
    mark: "weak",
    fields: fields.finish(),
  });
}
