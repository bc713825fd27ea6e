// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the bodies of extensions say: read by this package's codecs, where it has one. @module */

import {
  alpnProtocol,
  alpnProtocols,
} from "../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { certificateAuthorities } from "../../ssl/extensions/certificate_authorities.ts";
import {
  clientCertificateType,
  clientCertificateTypes,
  serverCertificateType,
  serverCertificateTypes,
} from "../../ssl/extensions/certificate_type.ts";
import { cookie } from "../../ssl/extensions/cookie.ts";
import { earlyData, maxEarlyDataSize } from "../../ssl/extensions/early_data.ts";
import { ecPointFormats } from "../../ssl/extensions/ec_point_formats.ts";
import { parseEchConfigList } from "../../ssl/extensions/ech_config_list.ts";
import { parseEchClientHello } from "../../ssl/extensions/encrypted_client_hello.ts";
import type { ExtensionCodec } from "../../ssl/extensions/extension_codec.ts";
import {
  encryptThenMac,
  extendedMasterSecret,
  postHandshakeAuth,
} from "../../ssl/extensions/flags.ts";
import {
  keyShareClientHello,
  keyShareHelloRetryRequest,
  keyShareServerHello,
} from "../../ssl/extensions/key_share.ts";
import { padding } from "../../ssl/extensions/padding.ts";
import {
  preSharedKeyClientHello,
  preSharedKeyServerHello,
} from "../../ssl/extensions/pre_shared_key.ts";
import { pskKeyExchangeModes } from "../../ssl/extensions/psk_key_exchange_modes.ts";
import { recordSizeLimit } from "../../ssl/extensions/record_size_limit.ts";
import { lookupExtension, type MessageKind } from "../../ssl/extensions/registry.ts";
import { renegotiationInfo } from "../../ssl/extensions/renegotiation_info.ts";
import { serverName, serverNameAcknowledgement } from "../../ssl/extensions/server_name.ts";
import { sessionTicket, sessionTicketPromise } from "../../ssl/extensions/session_ticket.ts";
import {
  signatureAlgorithms,
  signatureAlgorithmsCert,
} from "../../ssl/extensions/signature_algorithms.ts";
import {
  signedCertificateTimestamp,
  signedCertificateTimestampList,
} from "../../ssl/extensions/signed_certificate_timestamp.ts";
import {
  certificateStatus,
  statusRequest,
  statusRequestEmpty,
} from "../../ssl/extensions/status_request.ts";
import { supportedGroups } from "../../ssl/extensions/supported_groups.ts";
import {
  supportedVersionsClientHello,
  supportedVersionsServerHello,
} from "../../ssl/extensions/supported_versions.ts";
import { ECH_CONFIRMATION_LENGTH, ExtensionType } from "../../ssl/tables/extension_types.ts";
import { DecodeError } from "../../ssl/wire/decode_error.ts";
import { Reader } from "../../ssl/wire/reader.ts";
import { count, safe } from "../base/text.ts";
import { authorities } from "./authorities.ts";
import { type Content, type FieldReader, hex, hex16, lengthAndHex, MAX_LISTED } from "./field.ts";
import { COMPRESSIONS, listOf, nameOfNumber } from "./lists.ts";
import { contentOf, type Named, namedGroup, namedScheme, namedVersion } from "./names.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Says what a body has; `fields` makes readers of its parts. */
type Show<T> = (value: T, body: Bytes, fields: FieldReader) => string | Content;

/** Says what a body has that no codec of this package reads. */
type Explain = (reader: Reader, fields: FieldReader, kind: MessageKind) => string | Content;

/** A row of {@linkcode SHOWN}. */
function shown<T>(
  codec: ExtensionCodec<T>,
  show: Show<T>,
): readonly [ExtensionCodec<unknown>, Show<unknown>] {
  return [codec, show as Show<unknown>];
}

/** The content of a vector at the beginning of a body, which a codec has read already. */
function vectorOf(body: Bytes, lengthBytes: 1 | 2): Bytes {
  const reader = new Reader(body);
  return lengthBytes === 1 ? reader.vector8() : reader.vector16();
}

/** A list of `uint16` behind a length of one byte or two. */
const numbers =
  (lengthBytes: 1 | 2, item: string, named: (id: number) => Named): Show<unknown> =>
  (_, body, fields) =>
    listOf(
      fields.within(vectorOf(body, lengthBytes)),
      item,
      (reader) => contentOf(named(reader.u16())),
    );

/** A list of bytes behind a length of one byte. */
const octets = (item: string, names: readonly string[]): Show<unknown> => (_, body, fields) =>
  listOf(fields.within(vectorOf(body, 1)), item, (reader) => nameOfNumber(reader.u8(), names));

const CERTIFICATE_TYPES = ["X.509 certificate", "OpenPGP", "raw public key"];
const POINT_FORMATS = ["uncompressed", "ansiX962_compressed_prime", "ansiX962_compressed_char2"];
const PSK_MODES = [
  "psk_ke: no new key exchange, so no forward secrecy",
  "psk_dhe_ke: with a new key exchange",
];
/** RFC 6066, Section 4. */
const FRAGMENT_LENGTHS = { 1: "512 bytes", 2: "1024 bytes", 3: "2048 bytes", 4: "4096 bytes" };
/** RFC 6520, Section 2. */
const HEARTBEAT_MODES = {
  1: "the peer may send requests",
  2: "the peer must not send requests",
};

/** What is said of each codec's value. */
export const SHOWN: ReadonlyMap<ExtensionCodec<unknown>, Show<unknown>> = new Map([
  shown(serverName, (name) => name === null ? "no host name" : `"${safe(name)}"`),
  shown(serverNameAcknowledgement, () => "the server has used the name"),
  shown(statusRequest, ({ statusType }) => statusType === null ? "of an unknown type" : "OCSP"),
  shown(statusRequestEmpty, () => ""),
  shown(certificateStatus, ({ length }) => `an OCSP response of ${count(length, "byte")}`),
  shown(supportedGroups, numbers(2, "group", namedGroup)),
  shown(ecPointFormats, octets("format", POINT_FORMATS)),
  shown(signatureAlgorithms, numbers(2, "scheme", namedScheme)),
  shown(signatureAlgorithmsCert, numbers(2, "scheme", namedScheme)),
  shown(alpnProtocols, (_, body, fields) => protocols(body, fields)),
  shown(alpnProtocol, (_, body, fields) => protocols(body, fields)),
  shown(signedCertificateTimestamp, () => "asked for"),
  shown(signedCertificateTimestampList, ({ length }) => count(length, "timestamp")),
  shown(clientCertificateTypes, octets("type", CERTIFICATE_TYPES)),
  shown(serverCertificateTypes, octets("type", CERTIFICATE_TYPES)),
  shown(clientCertificateType, (type) => nameOfNumber(type, CERTIFICATE_TYPES)),
  shown(serverCertificateType, (type) => nameOfNumber(type, CERTIFICATE_TYPES)),
  shown(padding, ({ length }) => count(length, "byte")),
  shown(encryptThenMac, () => ""),
  shown(extendedMasterSecret, () => ""),
  shown(recordSizeLimit, (limit) => count(limit, "byte")),
  shown(
    sessionTicket,
    (ticket) => ticket.length === 0 ? "empty: a new one is taken" : lengthAndHex(ticket),
  ),
  shown(sessionTicketPromise, () => "a ticket will follow"),
  shown(preSharedKeyClientHello, (_, body, fields) => offeredPsks(body, fields)),
  shown(preSharedKeyServerHello, (index) => ({
    value: `the offered key ${index}`,
    text: "the session is resumed, or a key agreed on elsewhere is used",
  })),
  shown(earlyData, () => ""),
  shown(maxEarlyDataSize, (size) => `at most ${count(size, "byte")}`),
  shown(supportedVersionsClientHello, numbers(1, "version", namedVersion)),
  shown(supportedVersionsServerHello, (version) => contentOf(namedVersion(version))),
  shown(cookie, (bytes) => lengthAndHex(bytes)),
  shown(pskKeyExchangeModes, octets("mode", PSK_MODES)),
  shown(certificateAuthorities, (_, body, fields) => authorities(vectorOf(body, 2), fields)),
  shown(postHandshakeAuth, () => ""),
  shown(
    keyShareClientHello,
    (_, body, fields) => listOf(fields.within(vectorOf(body, 2)), "key_share", keyShare),
  ),
  shown(keyShareServerHello, (_, body) => ({
    ...keyShare(new Reader(body)),
    text: "the server's public key for the key exchange",
  })),
  shown(keyShareHelloRetryRequest, (group) => ({
    ...contentOf(namedGroup(group)),
    text: "the group of which the server wants a key share",
  })),
  shown(renegotiationInfo, (bytes) => bytes.length === 0 ? "empty" : lengthAndHex(bytes)),
]);

/** The bodies that this package keeps as bytes, and those of extensions that it does not know. */
const EXPLAINED: ReadonlyMap<number, Explain> = new Map<number, Explain>([
  [ExtensionType.maxFragmentLength, (reader) => nameOfNumber(reader.u8(), FRAGMENT_LENGTHS)],
  [
    ExtensionType.supportedGroups,
    (reader, fields) =>
      listOf(fields.within(reader.vector16()), "group", (r) => contentOf(namedGroup(r.u16()))),
  ],
  [ExtensionType.useSrtp, (reader, fields) => {
    const profiles = fields.within(reader.vector16(2));
    reader.vector8();
    return listOf(profiles, "profile", (r) => hex16(r.u16()));
  }],
  [ExtensionType.heartbeat, (reader) => nameOfNumber(reader.u8(), HEARTBEAT_MODES)],
  [
    ExtensionType.compressCertificate,
    (reader, fields) =>
      listOf(
        fields.within(reader.vector8(2)),
        "algorithm",
        (r) => nameOfNumber(r.u16(), COMPRESSIONS),
      ),
  ],
  [
    ExtensionType.encryptedClientHello,
    (reader, _, kind) => encryptedClientHello(reader.rest(), kind),
  ],
  // delegated_credential: RFC 9345, Section 4.1.1
  [
    34,
    (reader, fields) =>
      listOf(fields.within(reader.vector16(2)), "scheme", (r) => contentOf(namedScheme(r.u16()))),
  ],
  // application_settings, as browsers send it
  [17_513, (reader, fields) => protocols(reader.rest(), fields)],
  [17_613, (reader, fields) => protocols(reader.rest(), fields)],
]);

function protocols(body: Bytes, fields: FieldReader): Content {
  const reader = new Reader(body);
  const list = fields.within(reader.vector16(2));
  reader.finish();
  return listOf(list, "protocol", (r) => protocol(r.vector8(1)));
}

function protocol(bytes: Bytes): Content {
  const isGrease = bytes.length === 2 && bytes[0] === bytes[1] && (bytes[0]! & 15) === 10;
  return isGrease
    ? { value: `GREASE ${hex(bytes)}`, mark: "grease" }
    : { value: safe(new TextDecoder().decode(bytes), 60) };
}

/** RFC 8446, Section 4.2.8. */
function keyShare(reader: Reader): Content {
  const { name, mark, text } = namedGroup(reader.u16());
  return { value: `${name} (${count(reader.vector16(1).length, "byte")})`, mark, text };
}

function offeredPsks(body: Bytes, parent: FieldReader): Content {
  const fields = parent.within(body);
  fields.add("identities", "tickets of earlier connections, or names of keys", (reader) => {
    const list = fields.within(reader.vector16(7));
    return listOf(list, "identity", (r) => {
      const identity = r.vector16(1);
      return `${lengthAndHex(identity)}, obfuscated age ${r.u32()} ms`;
    });
  });
  fields.add("binders", "each shows that the client has the key of its identity", (reader) => {
    const list = fields.within(reader.vector16(33));
    return listOf(list, "binder", (r) => lengthAndHex(r.vector8(32)));
  });
  const all = fields.finish();
  const [identities] = all;
  return { value: `offers ${count(identities?.fields.length ?? 0, "key")}`, fields: all };
}

/** RFC 9849, Section 5. */
function encryptedClientHello(body: Bytes, kind: MessageKind): Content {
  if (kind === "HelloRetryRequest") {
    if (body.length !== ECH_CONFIRMATION_LENGTH) {
      throw new DecodeError(`a confirmation of ${count(body.length, "byte")} is none`);
    }
    return { value: `confirmation ${hex(body)}`, text: "whether the server has decrypted it" };
  }
  if (kind === "EncryptedExtensions") {
    const names = parseEchConfigList(body).slice(0, MAX_LISTED)
      .map(({ contents }) => contents === null ? "of another version" : safe(contents.publicName));
    return { value: `keys to try again with: ${names.join(", ")}` };
  }
  const outer = parseEchClientHello(body);
  if (outer === "inner") return { value: "inner", text: "this is the decrypted ClientHello" };
  const { configId, enc, payload } = outer;
  return {
    value: `configuration ${configId}, encapsulated key of ${count(enc.length, "byte")}, ` +
      `payload of ${count(payload.length, "byte")}`,
  };
}

/**
 * Says what the body of an extension has.
 *
 * @param type The `ExtensionType`.
 * @param kind In which message it is.
 * @param body The body.
 * @param parent The reader of the extension.
 */
export function explainBody(
  type: number,
  kind: MessageKind,
  body: Bytes,
  parent: FieldReader,
): Content {
  const fields = parent.within(body);
  fields.add("body", "", (reader) => {
    const codec = lookupExtension(type, kind);
    const show = typeof codec === "string" ? undefined : SHOWN.get(codec);
    if (typeof codec !== "string" && show !== undefined) {
      return show(codec.parse(reader), body, fields);
    }
    const explain = EXPLAINED.get(type);
    if (explain !== undefined) return explain(reader, fields, kind);
    reader.rest();
    return { value: lengthAndHex(body, 16), ...codec === "unknown" && { mark: "unknown" } };
  });
  const [field, excess] = fields.finish();
  // An empty body is read, too
  if (field === undefined) return { value: "" };
  const { value, mark, text, isList, fields: parts } = field;
  return {
    value,
    ...text !== "" && { text },
    ...mark !== null && { mark },
    ...excess === undefined ? { fields: parts, isList } : {
      fields: [...parts, excess],
      mark: "malformed",
    },
  };
}
