// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  alpnProtocol,
  alpnProtocols,
} from "../../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { certificateAuthorities } from "../../../ssl/extensions/certificate_authorities.ts";
import {
  clientCertificateType,
  clientCertificateTypes,
  serverCertificateType,
  serverCertificateTypes,
} from "../../../ssl/extensions/certificate_type.ts";
import { cookie } from "../../../ssl/extensions/cookie.ts";
import { earlyData, maxEarlyDataSize } from "../../../ssl/extensions/early_data.ts";
import { ecPointFormats } from "../../../ssl/extensions/ec_point_formats.ts";
import {
  encryptThenMac,
  extendedMasterSecret,
  postHandshakeAuth,
} from "../../../ssl/extensions/flags.ts";
import type { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import type { ExtensionCodec } from "../../../ssl/extensions/extension_codec.ts";
import {
  keyShareClientHello,
  keyShareHelloRetryRequest,
  keyShareServerHello,
} from "../../../ssl/extensions/key_share.ts";
import { padding } from "../../../ssl/extensions/padding.ts";
import {
  preSharedKeyClientHello,
  preSharedKeyServerHello,
} from "../../../ssl/extensions/pre_shared_key.ts";
import { pskKeyExchangeModes } from "../../../ssl/extensions/psk_key_exchange_modes.ts";
import { recordSizeLimit } from "../../../ssl/extensions/record_size_limit.ts";
import type { MessageKind } from "../../../ssl/extensions/registry.ts";
import { renegotiationInfo } from "../../../ssl/extensions/renegotiation_info.ts";
import { serverName, serverNameAcknowledgement } from "../../../ssl/extensions/server_name.ts";
import { sessionTicket, sessionTicketPromise } from "../../../ssl/extensions/session_ticket.ts";
import {
  signatureAlgorithms,
  signatureAlgorithmsCert,
} from "../../../ssl/extensions/signature_algorithms.ts";
import {
  signedCertificateTimestamp,
  signedCertificateTimestampList,
} from "../../../ssl/extensions/signed_certificate_timestamp.ts";
import {
  certificateStatus,
  statusRequest,
  statusRequestEmpty,
} from "../../../ssl/extensions/status_request.ts";
import { supportedGroups } from "../../../ssl/extensions/supported_groups.ts";
import {
  supportedVersionsClientHello,
  supportedVersionsServerHello,
} from "../../../ssl/extensions/supported_versions.ts";
import { Reader } from "../../../ssl/wire/reader.ts";
import { Writer } from "../../../ssl/wire/writer.ts";
import type { Random } from "../wire/random.ts";

/** One codec with values to try it with; the type of the values is hidden. */
export interface ExtensionSample {
  readonly type: number;
  readonly name: string;
  readonly kinds: readonly MessageKind[];
  /** The encodings of the values. */
  readonly bodies: readonly Uint8Array<ArrayBuffer>[];
  readonly values: readonly unknown[];
  /** Reads a body to its end. */
  parse(body: Uint8Array<ArrayBuffer>): unknown;
  /** Writes what was read. */
  encode(value: unknown): Uint8Array<ArrayBuffer>;
  /** Adds the value to a block, and gets it from one. */
  addTo(block: ExtensionBlock, index: number): void;
  getFrom(block: ExtensionBlock): unknown;
}

/** Every codec, with fixed values and random ones. */
export function extensionSamples(random: Random): ExtensionSample[] {
  const u16s = () => random.list(1, 20, () => random.below(0x10000));
  const opaque = (min: number, max: number) => random.bytes(random.integer(min, max));
  const entry = () => ({ group: random.below(0x10000), keyExchange: opaque(1, 200) });
  const psks = () => {
    const identities = random.list(1, 4, () => ({
      identity: opaque(1, 200),
      obfuscatedTicketAge: random.below(2 ** 32),
    }));
    return { identities, binders: identities.map(() => opaque(32, 64)) };
  };
  const uniqueGroups =
    () => [...new Map(random.list(0, 5, entry).map((e) => [e.group, e])).values()];
  const CH: MessageKind[] = ["ClientHello"];
  const EE: MessageKind[] = ["EncryptedExtensions"];
  const HELLOS: MessageKind[] = ["ClientHello", "Tls12ServerHello"];
  return [
    sample(serverName, CH, ["example.com", "xn--bcher-kva.example", "a".repeat(255), "::1"]),
    sample(serverNameAcknowledgement, [...EE, "Tls12ServerHello"], [true]),
    sample(statusRequest, CH, [
      { statusType: 1, responderIds: [], requestExtensions: new Uint8Array() },
      {
        statusType: 1,
        responderIds: random.list(1, 3, () => opaque(1, 30)),
        requestExtensions: opaque(1, 9),
      },
    ]),
    sample(statusRequestEmpty, ["CertificateRequest", "Tls12ServerHello"], [true]),
    sample(certificateStatus, ["CertificateEntry"], [opaque(1, 1), opaque(300, 2000)]),
    sample(supportedGroups, ["ClientHello", "EncryptedExtensions"], [[0x1d], u16s(), u16s()]),
    sample(signatureAlgorithms, ["ClientHello", "CertificateRequest"], [[0x0804], u16s()]),
    sample(signatureAlgorithmsCert, ["ClientHello", "CertificateRequest"], [[0x0804], u16s()]),
    sample(alpnProtocols, CH, [["h2", "http/1.1"], ["x".repeat(255)], ["ünïcode", "\ufeffbom"]]),
    sample(alpnProtocol, [...EE, "Tls12ServerHello"], ["h2", "x".repeat(255)]),
    sample(signedCertificateTimestamp, ["ClientHello", "CertificateRequest"], [true]),
    sample(signedCertificateTimestampList, ["CertificateEntry", "Tls12ServerHello"], [
      [opaque(1, 1)],
      random.list(1, 4, () => opaque(1, 120)),
    ]),
    sample(clientCertificateTypes, CH, [[2], [2, 0], [...random.bytes(255)]]),
    sample(clientCertificateType, [...EE, "Tls12ServerHello"], [0, 2, 255]),
    sample(serverCertificateTypes, CH, [[2], [2, 0], [...random.bytes(255)]]),
    sample(serverCertificateType, [...EE, "Tls12ServerHello"], [0, 2, 255]),
    sample(padding, CH, [new Uint8Array(), new Uint8Array(100), opaque(1, 50)]),
    sample(recordSizeLimit, [...CH, ...EE, "Tls12ServerHello"], [64, 16385, 65535]),
    sample(preSharedKeyClientHello, CH, [psks(), psks(), psks()]),
    sample(preSharedKeyServerHello, ["ServerHello"], [0, 1, 65535]),
    sample(earlyData, [...CH, ...EE], [true]),
    sample(maxEarlyDataSize, ["NewSessionTicket"], [0, 16384, 2 ** 32 - 1]),
    sample(supportedVersionsClientHello, CH, [[0x0304, 0x0303], Array(127).fill(0x7a7a)]),
    sample(supportedVersionsServerHello, ["ServerHello", "HelloRetryRequest"], [0x0304]),
    sample(cookie, ["ClientHello", "HelloRetryRequest"], [opaque(1, 1), opaque(2, 400)]),
    sample(pskKeyExchangeModes, CH, [[1], [0, 1], [...random.bytes(255)]]),
    sample(certificateAuthorities, ["ClientHello", "CertificateRequest"], [
      [opaque(1, 1)],
      random.list(1, 5, () => opaque(1, 100)),
    ]),
    sample(postHandshakeAuth, CH, [true]),
    sample(keyShareClientHello, CH, [[], [entry()], uniqueGroups()]),
    sample(keyShareServerHello, ["ServerHello"], [entry(), entry()]),
    sample(keyShareHelloRetryRequest, ["HelloRetryRequest"], [0x0017, 0xffff]),
    sample(ecPointFormats, HELLOS, [[0], [0, 1, 2], [...random.bytes(254), 0]]),
    sample(encryptThenMac, HELLOS, [true]),
    sample(extendedMasterSecret, HELLOS, [true]),
    sample(sessionTicket, CH, [new Uint8Array(), opaque(1, 1), opaque(100, 300)]),
    sample(sessionTicketPromise, ["Tls12ServerHello"], [true]),
    sample(renegotiationInfo, HELLOS, [new Uint8Array(), opaque(12, 24), opaque(255, 255)]),
  ];
}

/** The encoding of one value. */
export function encodeWith<T>(codec: ExtensionCodec<T>, value: T): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  codec.encode(writer, value);
  return writer.finish();
}

/** The value of a body that is read to its end. */
export function parseWith<T>(codec: ExtensionCodec<T>, body: Uint8Array<ArrayBuffer>): T {
  const reader = new Reader(body);
  const value = codec.parse(reader);
  reader.finish();
  return value;
}

function sample<T>(
  codec: ExtensionCodec<T>,
  kinds: readonly MessageKind[],
  values: readonly T[],
): ExtensionSample {
  return {
    type: codec.type,
    name: codec.name,
    kinds,
    values,
    bodies: values.map((value) => encodeWith(codec, value)),
    parse: (body) => parseWith(codec, body),
    encode: (value) => encodeWith(codec, value as T),
    addTo: (block, index) => void block.add(codec, values[index]!),
    getFrom: (block) => block.get(codec),
  };
}
