// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import { alpnProtocol, alpnProtocols } from "./application_layer_protocol_negotiation.ts";
import { certificateAuthorities } from "./certificate_authorities.ts";
import {
  clientCertificateType,
  clientCertificateTypes,
  serverCertificateType,
  serverCertificateTypes,
} from "./certificate_type.ts";
import { cookie } from "./cookie.ts";
import { earlyData, maxEarlyDataSize } from "./early_data.ts";
import { ecPointFormats } from "./ec_point_formats.ts";
import { encryptThenMac, extendedMasterSecret, postHandshakeAuth } from "./flags.ts";
import type { ExtensionCodec } from "./extension_codec.ts";
import {
  keyShareClientHello,
  keyShareHelloRetryRequest,
  keyShareServerHello,
} from "./key_share.ts";
import { padding } from "./padding.ts";
import { preSharedKeyClientHello, preSharedKeyServerHello } from "./pre_shared_key.ts";
import { pskKeyExchangeModes } from "./psk_key_exchange_modes.ts";
import { recordSizeLimit } from "./record_size_limit.ts";
import { renegotiationInfo } from "./renegotiation_info.ts";
import { serverName, serverNameAcknowledgement } from "./server_name.ts";
import { sessionTicket, sessionTicketPromise } from "./session_ticket.ts";
import { signatureAlgorithms, signatureAlgorithmsCert } from "./signature_algorithms.ts";
import {
  signedCertificateTimestamp,
  signedCertificateTimestampList,
} from "./signed_certificate_timestamp.ts";
import { certificateStatus, statusRequest, statusRequestEmpty } from "./status_request.ts";
import { supportedGroups } from "./supported_groups.ts";
import {
  supportedVersionsClientHello,
  supportedVersionsServerHello,
} from "./supported_versions.ts";

/**
 * The messages with extensions. `ServerHello` is that of TLS 1.3; TLS 1.2's allows other
 * extensions.
 */
export const MESSAGE_KINDS = [
  "ClientHello",
  "ServerHello",
  "Tls12ServerHello",
  "HelloRetryRequest",
  "EncryptedExtensions",
  "CertificateRequest",
  "CertificateEntry",
  "NewSessionTicket",
] as const;

/** A message with extensions. */
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Stands for an extension that is allowed without a codec: its body is kept as bytes. */
const OPAQUE = "opaque";

/** The codecs of an extension in each of the messages in which it may appear. */
type Placement = { readonly [Kind in MessageKind]?: ExtensionCodec<unknown> | typeof OPAQUE };

/**
 * The extensions allowed in each message: the table of RFC 8446, Section 4.2, with those of TLS 1.2
 * and later RFCs.
 *
 * To implement an opaque extension, add a file with its codec and change its row here.
 */
const REGISTRY: ReadonlyMap<number, Placement> = new Map<number, Placement>([
  [ExtensionType.serverName, {
    ClientHello: serverName,
    EncryptedExtensions: serverNameAcknowledgement,
    Tls12ServerHello: serverNameAcknowledgement,
  }],
  [ExtensionType.maxFragmentLength, {
    ClientHello: OPAQUE,
    EncryptedExtensions: OPAQUE,
    Tls12ServerHello: OPAQUE,
  }],
  [ExtensionType.statusRequest, {
    ClientHello: statusRequest,
    CertificateRequest: statusRequestEmpty,
    CertificateEntry: certificateStatus,
    Tls12ServerHello: statusRequestEmpty,
  }],
  [ExtensionType.supportedGroups, {
    ClientHello: supportedGroups,
    EncryptedExtensions: supportedGroups,
    // Not allowed by RFC 8422, but sent by some servers; it is ignored.
    Tls12ServerHello: OPAQUE,
  }],
  [ExtensionType.ecPointFormats, { ClientHello: ecPointFormats, Tls12ServerHello: ecPointFormats }],
  [ExtensionType.signatureAlgorithms, {
    ClientHello: signatureAlgorithms,
    CertificateRequest: signatureAlgorithms,
  }],
  [ExtensionType.useSrtp, {
    ClientHello: OPAQUE,
    EncryptedExtensions: OPAQUE,
    Tls12ServerHello: OPAQUE,
  }],
  [ExtensionType.heartbeat, {
    ClientHello: OPAQUE,
    EncryptedExtensions: OPAQUE,
    Tls12ServerHello: OPAQUE,
  }],
  [ExtensionType.applicationLayerProtocolNegotiation, {
    ClientHello: alpnProtocols,
    EncryptedExtensions: alpnProtocol,
    Tls12ServerHello: alpnProtocol,
  }],
  [ExtensionType.signedCertificateTimestamp, {
    ClientHello: signedCertificateTimestamp,
    CertificateRequest: signedCertificateTimestamp,
    CertificateEntry: signedCertificateTimestampList,
    Tls12ServerHello: signedCertificateTimestampList,
  }],
  [ExtensionType.clientCertificateType, {
    ClientHello: clientCertificateTypes,
    EncryptedExtensions: clientCertificateType,
    Tls12ServerHello: clientCertificateType,
  }],
  [ExtensionType.serverCertificateType, {
    ClientHello: serverCertificateTypes,
    EncryptedExtensions: serverCertificateType,
    Tls12ServerHello: serverCertificateType,
  }],
  [ExtensionType.padding, { ClientHello: padding }],
  [ExtensionType.encryptThenMac, { ClientHello: encryptThenMac, Tls12ServerHello: encryptThenMac }],
  [ExtensionType.extendedMasterSecret, {
    ClientHello: extendedMasterSecret,
    Tls12ServerHello: extendedMasterSecret,
  }],
  // RFC 8879, Section 3.
  [ExtensionType.compressCertificate, { ClientHello: OPAQUE, CertificateRequest: OPAQUE }],
  // RFC 8449, Section 4.
  [ExtensionType.recordSizeLimit, {
    ClientHello: recordSizeLimit,
    EncryptedExtensions: recordSizeLimit,
    Tls12ServerHello: recordSizeLimit,
  }],
  [ExtensionType.sessionTicket, {
    ClientHello: sessionTicket,
    Tls12ServerHello: sessionTicketPromise,
  }],
  [ExtensionType.preSharedKey, {
    ClientHello: preSharedKeyClientHello,
    ServerHello: preSharedKeyServerHello,
  }],
  [ExtensionType.earlyData, {
    ClientHello: earlyData,
    EncryptedExtensions: earlyData,
    NewSessionTicket: maxEarlyDataSize,
  }],
  [ExtensionType.supportedVersions, {
    ClientHello: supportedVersionsClientHello,
    ServerHello: supportedVersionsServerHello,
    HelloRetryRequest: supportedVersionsServerHello,
  }],
  [ExtensionType.cookie, { ClientHello: cookie, HelloRetryRequest: cookie }],
  [ExtensionType.pskKeyExchangeModes, { ClientHello: pskKeyExchangeModes }],
  [ExtensionType.certificateAuthorities, {
    ClientHello: certificateAuthorities,
    CertificateRequest: certificateAuthorities,
  }],
  [ExtensionType.oidFilters, { CertificateRequest: OPAQUE }],
  [ExtensionType.postHandshakeAuth, { ClientHello: postHandshakeAuth }],
  [ExtensionType.signatureAlgorithmsCert, {
    ClientHello: signatureAlgorithmsCert,
    CertificateRequest: signatureAlgorithmsCert,
  }],
  [ExtensionType.keyShare, {
    ClientHello: keyShareClientHello,
    ServerHello: keyShareServerHello,
    HelloRetryRequest: keyShareHelloRetryRequest,
  }],
  // RFC 9849, Section 5; servers without keys ignore it, malformed or not. The answers are checked
  // by clients that have offered it.
  [ExtensionType.encryptedClientHello, {
    ClientHello: OPAQUE,
    HelloRetryRequest: OPAQUE,
    EncryptedExtensions: OPAQUE,
  }],
  [ExtensionType.renegotiationInfo, {
    ClientHello: renegotiationInfo,
    Tls12ServerHello: renegotiationInfo,
  }],
]);

/** The result of {@linkcode lookupExtension}. */
export type Lookup =
  /** The codec of an allowed extension. */
  | ExtensionCodec<unknown>
  /** An allowed extension without a codec. */
  | "opaque"
  /** A recognised extension that is not allowed in the message. */
  | "disallowed"
  /** An unknown extension. */
  | "unknown";

/**
 * Looks up an extension in a message.
 *
 * @param type The `ExtensionType`.
 * @param kind The message.
 * @returns Its codec, or why there is none.
 */
export function lookupExtension(type: number, kind: MessageKind): Lookup {
  const placement = REGISTRY.get(type);
  if (placement === undefined) return "unknown";
  return placement[kind] ?? "disallowed";
}

/**
 * Returns the types of the recognised extensions.
 *
 * @returns The types, in ascending order.
 */
export function recognisedExtensions(): number[] {
  return [...REGISTRY.keys()].sort((a, b) => a - b);
}
