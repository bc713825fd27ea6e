// Copyright 2026 the NSS for Deno authors. MIT license.

/** Which extensions and other features a server answers. @module */

import { alpnProtocol } from "../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { parseEchConfigList } from "../../ssl/extensions/ech_config_list.ts";
import { encodeEchOuter } from "../../ssl/extensions/encrypted_client_hello.ts";
import { alertCode } from "../../ssl/tables/alert_descriptions.ts";
import { TLS_FALLBACK_SCSV } from "../../ssl/tables/cipher_suites.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { DecodeError } from "../../ssl/wire/decode_error.ts";
import { Reader } from "../../ssl/wire/reader.ts";
import { safe } from "../base/text.ts";
import type { HelloAnswer } from "../net/raw_answer.ts";
import { enumerate, type Enumeration } from "./enumerate.ts";
import { messageOf } from "./key_exchange.ts";
import { NoAnswer } from "./pace.ts";
import type { Prober, Question } from "./prober.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Extensions = NonNullable<Question["extensions"]>;

/** The extension of NPN, which ALPN has replaced. */
const NEXT_PROTOCOL = 13172;
/** The extension of delegated credentials (RFC 9345). */
const DELEGATED_CREDENTIAL = 34;
const EMPTY: Bytes = new Uint8Array(0);

/** `status_request`: OCSP, from any responder, without extensions. */
const STATUS_REQUEST = [ExtensionType.statusRequest, Uint8Array.of(1, 0, 0, 0, 0)] as const;

/** All that TLS 1.2 and before can answer. */
const OLD_EXTENSIONS: Extensions = [
  [ExtensionType.maxFragmentLength, Uint8Array.of(4)],
  STATUS_REQUEST,
  [ExtensionType.heartbeat, Uint8Array.of(1)],
  [ExtensionType.signedCertificateTimestamp, EMPTY],
  [ExtensionType.encryptThenMac, EMPTY],
  [ExtensionType.extendedMasterSecret, EMPTY],
  [ExtensionType.sessionTicket, EMPTY],
  [NEXT_PROTOCOL, EMPTY],
  [ExtensionType.renegotiationInfo, Uint8Array.of(0)],
];

/** All that TLS 1.3 can answer. */
const TLS13_EXTENSIONS: Extensions = [
  STATUS_REQUEST,
  [ExtensionType.signedCertificateTimestamp, EMPTY],
  [ExtensionType.recordSizeLimit, Uint8Array.of(0x40, 0x01)],
  [DELEGATED_CREDENTIAL, Uint8Array.of(0, 2, 4, 3)],
];

/** The algorithms of `compress_certificate`: zlib, brotli and zstd (RFC 8879). */
const COMPRESS_CERTIFICATE = [
  ExtensionType.compressCertificate,
  Uint8Array.of(6, 0, 1, 0, 2, 0, 3),
] as const;

/** Asks with all extensions that there are; the answers are kept by the prober. */
export async function probeExtensions(prober: Prober, question: Question): Promise<void> {
  const isTls13 = question.shareOf !== undefined;
  await prober.ask({ ...question, extensions: isTls13 ? TLS13_EXTENSIONS : OLD_EXTENSIONS });
}

/** Whether TLS 1.3 compresses its certificates. */
export async function probeCertificateCompression(
  prober: Prober,
  question: Question,
): Promise<boolean> {
  const answer = await prober.ask({ ...question, extensions: [COMPRESS_CERTIFICATE] });
  return answer.kind === "hello" &&
    messageOf(answer, HandshakeType.compressedCertificate) !== undefined;
}

/** The extensions of EncryptedExtensions; none if there is no such message. */
function encryptedExtensions(answer: HelloAnswer): ReadonlyMap<number, Bytes> {
  const body = messageOf(answer, HandshakeType.encryptedExtensions);
  return body === undefined ? new Map() : readExtensions(new Reader(body));
}

function readExtensions(reader: Reader): ReadonlyMap<number, Bytes> {
  const extensions = new Map<number, Bytes>();
  try {
    const block = reader.reader16();
    while (block.remaining > 0) extensions.set(block.u16(), block.vector16());
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  return extensions;
}

/** The extensions of TLS 1.3's first certificate. */
export function certificateExtensions(answer: HelloAnswer): ReadonlyMap<number, Bytes> {
  const body = messageOf(answer, HandshakeType.certificate);
  if (body === undefined || messageOf(answer, HandshakeType.encryptedExtensions) === undefined) {
    return new Map();
  }
  try {
    const reader = new Reader(body);
    reader.vector8();
    const list = reader.reader24();
    list.vector24(1);
    return readExtensions(list);
  } catch (error) {
    if (error instanceof DecodeError) return new Map();
    throw error;
  }
}

/** All extensions of an answer, by their type. */
export function extensionsOf(answer: HelloAnswer): ReadonlyMap<number, Bytes> {
  return new Map([
    ...answer.hello.extensions,
    ...encryptedExtensions(answer),
    ...certificateExtensions(answer),
  ]);
}

/** Whether a server compresses what it sends, offered DEFLATE. */
export async function probeCompression(prober: Prober, question: Question): Promise<boolean> {
  const answer = await prober.ask({ ...question, compressionMethods: [1, 0] });
  return answer.kind === "hello" && answer.hello.compressionMethod !== 0;
}

/** Whether a server encrypts before the MAC, offered suites of CBC alone. */
export async function probeEncryptThenMac(prober: Prober, question: Question): Promise<boolean> {
  const extensions: Extensions = [[ExtensionType.encryptThenMac, EMPTY]];
  const answer = await prober.ask({ ...question, extensions });
  return answer.kind === "hello" && answer.hello.extensions.has(ExtensionType.encryptThenMac);
}

/** Whether a server refuses a client that says it has fallen back to an older version. */
export async function probeFallback(prober: Prober, question: Question): Promise<boolean> {
  const answer = await prober.ask({
    ...question,
    cipherSuites: [...question.cipherSuites, TLS_FALLBACK_SCSV],
  });
  return answer.kind === "alert" && answer.description === alertCode("inappropriate_fallback");
}

/** IANA's "TLS Application-Layer Protocol Negotiation (ALPN) Protocol IDs", without GREASE. */
// deno-fmt-ignore
const PROTOCOLS: readonly string[] = [
  "h2", "http/1.1", "h3", "http/1.0", "http/0.9", "spdy/3", "spdy/2", "spdy/1", "h2c",
  "acme-tls/1", "ftp", "imap", "pop3", "managesieve", "nntp", "nnsp", "xmpp-client", "xmpp-server",
  "irc", "mqtt", "coap", "co", "dot", "doq", "ntske/1", "sunrpc", "smb", "tds/8.0", "postgresql",
  "sip/2", "stun.turn", "stun.nat-discovery", "webrtc", "c-webrtc", "dicom", "radius/1.0",
  "radius/1.1",
];

/** Finds the application protocols. */
export async function probeAlpn(
  prober: Prober,
  question: Question,
  keep: (so: Enumeration<string>) => void,
): Promise<Enumeration<string>> {
  const choose = async (alpnProtocols: readonly string[]): Promise<string | null> => {
    const answer = await prober.ask({ ...question, alpnProtocols });
    if (answer.kind !== "hello") return null;
    if (answer.rest === "unread") throw new NoAnswer("the server's flight could not be read");
    const body = extensionsOf(answer).get(ExtensionType.applicationLayerProtocolNegotiation);
    try {
      return body === undefined ? null : alpnProtocol.parse(new Reader(body));
    } catch (error) {
      if (error instanceof DecodeError) return null;
      throw error;
    }
  };
  return await enumerate([PROTOCOLS], choose, keep);
}

/**
 * Sends an extension of ECH that means nothing, as browsers do (RFC 9849, Section 6.2): a server
 * that has ECH answers it with its configurations.
 *
 * @returns Their public names; `null` if there are none.
 */
export async function probeEch(
  prober: Prober,
  question: Question,
): Promise<readonly string[] | null> {
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const body = encodeEchOuter({
    cipherSuite: { kdf: 1, aead: 1 },
    configId: random(1)[0]!,
    enc: random(32),
    payload: random(208),
  });
  const answer = await prober.ask({
    ...question,
    extensions: [[ExtensionType.encryptedClientHello, body]],
  });
  if (answer.kind !== "hello") throw new NoAnswer("the server refuses the extension of ECH");
  const found = encryptedExtensions(answer).get(ExtensionType.encryptedClientHello);
  if (found === undefined) return null;
  try {
    return parseEchConfigList(found).map(({ contents }) => safe(contents?.publicName ?? "?"));
  } catch (error) {
    if (error instanceof DecodeError) return ["(malformed)"];
    throw error;
  }
}
