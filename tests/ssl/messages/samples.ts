// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ErrorName } from "../../../cert/base/errors.ts";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import type { MessageKind } from "../../../ssl/extensions/registry.ts";
import { supportedVersionsServerHello } from "../../../ssl/extensions/supported_versions.ts";
import type { AlertName } from "../../../ssl/tables/alert_descriptions.ts";
import { encodeCertificate, parseCertificate } from "../../../ssl/messages/certificate.ts";
import {
  encodeCertificateRequest,
  parseCertificateRequest,
} from "../../../ssl/messages/certificate_request.ts";
import {
  encodeCertificateStatus,
  parseCertificateStatus,
} from "../../../ssl/messages/certificate_status.ts";
import {
  encodeCertificateVerify,
  parseCertificateVerify,
} from "../../../ssl/messages/certificate_verify.ts";
import {
  type ClientHello,
  encodeClientHello,
  parseClientHello,
} from "../../../ssl/messages/client_hello.ts";
import {
  encodeClientKeyExchange,
  parseClientKeyExchange,
} from "../../../ssl/messages/client_key_exchange.ts";
import {
  encodeEncryptedExtensions,
  parseEncryptedExtensions,
} from "../../../ssl/messages/encrypted_extensions.ts";
import {
  encodeEndOfEarlyData,
  parseEndOfEarlyData,
} from "../../../ssl/messages/end_of_early_data.ts";
import { encodeFinished, parseFinished } from "../../../ssl/messages/finished.ts";
import {
  encodeHelloRequest,
  encodeServerHelloDone,
  parseHelloRequest,
  parseServerHelloDone,
} from "../../../ssl/messages/empty_messages.ts";
import { encodeKeyUpdate, parseKeyUpdate } from "../../../ssl/messages/key_update.ts";
import {
  encodeNewSessionTicket,
  parseNewSessionTicket,
} from "../../../ssl/messages/new_session_ticket.ts";
import {
  encodePskClientKeyExchange,
  encodePskServerKeyExchange,
  parsePskClientKeyExchange,
  parsePskServerKeyExchange,
} from "../../../ssl/messages/psk_key_exchange.ts";
import {
  encodeServerHello,
  HELLO_RETRY_REQUEST_RANDOM,
  parseServerHello,
  type ServerHello,
} from "../../../ssl/messages/server_hello.ts";
import {
  encodeServerKeyExchange,
  parseServerKeyExchange,
} from "../../../ssl/messages/server_key_exchange.ts";
import {
  encodeTls12Certificate,
  parseTls12Certificate,
} from "../../../ssl/messages/tls12_certificate.ts";
import {
  encodeTls12CertificateRequest,
  parseTls12CertificateRequest,
} from "../../../ssl/messages/tls12_certificate_request.ts";
import {
  encodeTls12NewSessionTicket,
  parseTls12NewSessionTicket,
} from "../../../ssl/messages/tls12_new_session_ticket.ts";
import { TLS_1_2, TLS_1_3 } from "../../../ssl/tables/versions.ts";
import { extensionSamples } from "../extensions/samples.ts";
import type { Random } from "../wire/random.ts";

/** One kind of message with values to try it with; the type of the values is hidden. */
export interface MessageSample {
  readonly name: string;
  /** The error for bytes that do not parse. */
  readonly error: ErrorName;
  /** The alert for bytes that do not parse. */
  readonly alert: AlertName;
  readonly values: readonly unknown[];
  /** The encodings of the values. */
  readonly bodies: readonly Uint8Array<ArrayBuffer>[];
  parse(body: Uint8Array<ArrayBuffer>): unknown;
  encode(value: unknown): Uint8Array<ArrayBuffer>;
}

/** A ClientHello with some random fields. */
export function clientHello(
  random: Random,
  extensions: ExtensionBlock | undefined,
): ClientHello {
  return {
    legacyVersion: TLS_1_2,
    random: random.bytes(32),
    legacySessionId: random.bytes(random.pick([0, 1, 32])),
    cipherSuites: random.list(1, 20, () => random.below(0x10000)),
    legacyCompressionMethods: random.bytes(random.pick([1, 2, 255])),
    extensions,
  };
}

/** A ServerHello with some random fields. */
export function serverHello(
  random: Random,
  extensions: ExtensionBlock | undefined,
): ServerHello {
  return {
    isHelloRetryRequest: false,
    legacyVersion: TLS_1_2,
    random: random.bytes(32),
    legacySessionIdEcho: random.bytes(random.pick([0, 1, 32])),
    cipherSuite: random.below(0x10000),
    legacyCompressionMethod: random.below(256),
    extensions,
  };
}

/**
 * A block of all the extensions that a message may have, or a random part of them, and an unknown
 * one.
 */
export function extensionBlock(random: Random, kind: MessageKind, share = 1): ExtensionBlock {
  const samples = extensionSamples(random)
    .filter(({ kinds }) => kinds.includes(kind))
    .filter(() => random.below(100) < 100 * share);
  const block = new ExtensionBlock();
  if (kind === "ServerHello" && !samples.some(({ name }) => name === "supported_versions")) {
    block.add(supportedVersionsServerHello, TLS_1_3);
  }
  block.addBody(0x0a0a, random.bytes(random.below(5)));
  // pre_shared_key must be the last one.
  samples.sort((a, b) => Number(a.name === "pre_shared_key") - Number(b.name === "pre_shared_key"));
  for (const sample of samples) sample.addTo(block, random.below(sample.values.length));
  return block;
}

/** A message of one kind with nothing but these extensions, ready to be parsed. */
export interface Carrier {
  readonly error: ErrorName;
  encode(block: ExtensionBlock): Uint8Array<ArrayBuffer>;
  /** Parses the message and gives its extensions. */
  parse(body: Uint8Array<ArrayBuffer>): ExtensionBlock | undefined;
}

/** What carries extensions of each kind. */
export function carriers(random: Random): Readonly<Record<MessageKind, Carrier>> {
  const hello = (helloRandom: Uint8Array<ArrayBuffer>): Carrier => ({
    error: "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
    encode: (extensions) =>
      encodeServerHello({ ...serverHello(random, extensions), random: helloRandom }),
    parse: (body) => parseServerHello(body).extensions,
  });
  return {
    ClientHello: {
      error: "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO",
      encode: (extensions) => encodeClientHello(clientHello(random, extensions)),
      parse: (body) => parseClientHello(body).extensions,
    },
    ServerHello: hello(random.bytes(32)),
    Tls12ServerHello: hello(random.bytes(32)),
    HelloRetryRequest: {
      ...hello(HELLO_RETRY_REQUEST_RANDOM),
      error: "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST",
    },
    EncryptedExtensions: {
      error: "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
      encode: (extensions) => encodeEncryptedExtensions({ extensions }),
      parse: (body) => parseEncryptedExtensions(body).extensions,
    },
    CertificateRequest: {
      error: "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
      encode: (extensions) =>
        encodeCertificateRequest({ certificateRequestContext: random.bytes(3), extensions }),
      parse: (body) => parseCertificateRequest(body).extensions,
    },
    CertificateEntry: {
      error: "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
      encode: (extensions) =>
        encodeCertificate({
          certificateRequestContext: new Uint8Array(),
          certificateList: [{ certData: random.bytes(9), extensions }],
        }),
      parse: (body) => parseCertificate(body).certificateList[0]!.extensions,
    },
    NewSessionTicket: {
      error: "SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET",
      encode: (extensions) => encodeNewSessionTicket({ ...ticket(random), extensions }),
      parse: (body) => parseNewSessionTicket(body).extensions,
    },
  };
}

/** Every message, with fixed values and random ones. */
export function messageSamples(random: Random): MessageSample[] {
  const none = () => new ExtensionBlock();
  const certificate = (min: number, max: number) => ({
    certificateRequestContext: random.bytes(random.pick([0, 1, 255])),
    certificateList: random.list(min, max, () => ({
      certData: random.bytes(random.integer(1, 800)),
      extensions: random.pick([none(), extensionBlock(random, "CertificateEntry", 0.5)]),
    })),
  });
  return [
    sample(
      "ClientHello",
      "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO",
      parseClientHello,
      encodeClientHello,
      [
        clientHello(random, undefined),
        clientHello(random, none()),
        clientHello(random, extensionBlock(random, "ClientHello")),
        clientHello(random, extensionBlock(random, "ClientHello", 0.3)),
      ],
    ),
    sample(
      "ServerHello",
      "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
      parseServerHello,
      encodeServerHello,
      [
        serverHello(random, undefined),
        serverHello(random, none()),
        serverHello(random, extensionBlock(random, "ServerHello")),
        serverHello(random, extensionBlock(random, "Tls12ServerHello")),
      ],
    ),
    sample(
      "HelloRetryRequest",
      "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST",
      parseServerHello,
      encodeServerHello,
      [{
        ...serverHello(random, extensionBlock(random, "HelloRetryRequest")),
        random: HELLO_RETRY_REQUEST_RANDOM,
        isHelloRetryRequest: true,
      }],
    ),
    sample(
      "EncryptedExtensions",
      "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
      parseEncryptedExtensions,
      encodeEncryptedExtensions,
      [
        { extensions: none() },
        { extensions: extensionBlock(random, "EncryptedExtensions") },
        { extensions: extensionBlock(random, "EncryptedExtensions", 0.5) },
      ],
    ),
    sample(
      "CertificateRequest",
      "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
      parseCertificateRequest,
      encodeCertificateRequest,
      [0, 1, 255].map((length) => ({
        certificateRequestContext: random.bytes(length),
        extensions: extensionBlock(random, "CertificateRequest", 0.7),
      })),
    ),
    sample(
      "Certificate",
      "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
      parseCertificate,
      encodeCertificate,
      [
        certificate(0, 0),
        certificate(1, 1),
        certificate(2, 4),
      ],
    ),
    sample(
      "CertificateVerify",
      "SSL_ERROR_RX_MALFORMED_CERT_VERIFY",
      parseCertificateVerify,
      encodeCertificateVerify,
      [0, 1, 71, 512].map((length) => ({
        algorithm: random.below(0x10000),
        signature: random.bytes(length),
      })),
    ),
    sample("Finished", "SSL_ERROR_RX_MALFORMED_FINISHED", parseFinished, encodeFinished, [
      { verifyData: random.bytes(32) },
      { verifyData: random.bytes(48) },
    ]),
    sample(
      "NewSessionTicket",
      "SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET",
      parseNewSessionTicket,
      encodeNewSessionTicket,
      [
        { ...ticket(random), extensions: none() },
        { ...ticket(random), extensions: extensionBlock(random, "NewSessionTicket") },
      ],
    ),
    sample("KeyUpdate", "SSL_ERROR_RX_MALFORMED_KEY_UPDATE", parseKeyUpdate, encodeKeyUpdate, [
      { requestUpdate: false },
      { requestUpdate: true },
    ]),
    sample(
      "EndOfEarlyData",
      "SSL_ERROR_RX_MALFORMED_END_OF_EARLY_DATA",
      parseEndOfEarlyData,
      encodeEndOfEarlyData,
      [undefined],
    ),
    ...tls12Samples(random),
  ];
}

/** Every message that only TLS 1.2 has, or has otherwise. */
function tls12Samples(random: Random): MessageSample[] {
  const opaque = (min: number, max: number) => random.bytes(random.integer(min, max));
  return [
    sample(
      "ServerKeyExchange",
      "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
      parseServerKeyExchange,
      encodeServerKeyExchange,
      [1, 32, 65, 255].map((length) => ({
        params: { namedCurve: random.below(0x10000), point: random.bytes(length) },
        algorithm: random.below(0x10000),
        signature: opaque(0, 256),
      })),
    ),
    sample(
      "ClientKeyExchange",
      "SSL_ERROR_RX_MALFORMED_CLIENT_KEY_EXCH",
      parseClientKeyExchange,
      encodeClientKeyExchange,
      [1, 32, 65, 255].map((length) => ({ point: random.bytes(length) })),
    ),
    sample(
      "ServerKeyExchange",
      "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
      parsePskServerKeyExchange,
      encodePskServerKeyExchange,
      [1, 32, 65, 255].map((length) => ({
        identityHint: opaque(0, 64),
        params: { namedCurve: random.below(0x10000), point: random.bytes(length) },
      })),
    ),
    sample(
      "ClientKeyExchange",
      "SSL_ERROR_RX_MALFORMED_CLIENT_KEY_EXCH",
      parsePskClientKeyExchange,
      encodePskClientKeyExchange,
      [1, 32, 65, 255].map((length) => ({
        identity: opaque(0, 64),
        point: random.bytes(length),
      })),
    ),
    sample(
      "Tls12Certificate",
      "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
      parseTls12Certificate,
      encodeTls12Certificate,
      [0, 1, 3].map((count) => ({
        certificateList: random.list(count, count, () => opaque(1, 800)),
      })),
    ),
    sample(
      "Tls12CertificateRequest",
      "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
      parseTls12CertificateRequest,
      encodeTls12CertificateRequest,
      [0, 1, 5].map((count) => ({
        certificateTypes: [...random.bytes(random.pick([1, 2, 255]))],
        supportedSignatureAlgorithms: random.list(1, 20, () => random.below(0x10000)),
        certificateAuthorities: random.list(count, count, () => opaque(1, 100)),
      })),
    ),
    sample(
      "ServerHelloDone",
      "SSL_ERROR_RX_MALFORMED_HELLO_DONE",
      parseServerHelloDone,
      encodeServerHelloDone,
      [undefined],
    ),
    sample(
      "HelloRequest",
      "SSL_ERROR_RX_MALFORMED_HELLO_REQUEST",
      parseHelloRequest,
      encodeHelloRequest,
      [undefined],
    ),
    sample(
      "CertificateStatus",
      "SSL_ERROR_BAD_CERT_STATUS_RESPONSE_ALERT",
      parseCertificateStatus,
      encodeCertificateStatus,
      [{ ocspResponse: opaque(1, 1) }, { ocspResponse: opaque(300, 2000) }],
      "decode_error",
    ),
    sample(
      "Tls12NewSessionTicket",
      "SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET",
      parseTls12NewSessionTicket,
      encodeTls12NewSessionTicket,
      [0, 1, 200].map((length) => ({
        ticketLifetimeHint: random.below(2 ** 32),
        ticket: random.bytes(length),
      })),
    ),
  ];
}

function ticket(random: Random) {
  return {
    ticketLifetime: random.below(2 ** 32),
    ticketAgeAdd: random.below(2 ** 32),
    ticketNonce: random.bytes(random.pick([0, 8, 255])),
    ticket: random.bytes(random.integer(1, 300)),
  };
}

function sample<T>(
  name: string,
  error: ErrorName,
  parse: (body: Uint8Array<ArrayBuffer>) => T,
  encode: (value: T) => Uint8Array<ArrayBuffer>,
  values: readonly T[],
  alert: AlertName = "decode_error",
): MessageSample {
  return {
    name,
    error,
    alert,
    values,
    bodies: values.map((value) => encode(value)),
    parse: (body) => parse(body),
    encode: (value) => encode(value as T),
  };
}
