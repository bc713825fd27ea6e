// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains handshake messages. @module */

import { NssError } from "../../cert/base/errors.ts";
import { stateOf } from "../../cert/base/printable.ts";
import { HANDSHAKE_HEADER_LENGTH } from "../../ssl/messages/handshake.ts";
import { hasHelloRetryRequestRandom } from "../../ssl/messages/server_hello.ts";
import { HandshakeType, handshakeTypeName } from "../../ssl/tables/handshake_types.ts";
import { safe } from "../base/text.ts";
import { addCertificate, addCertificateStatus, addCompressedCertificate } from "./certificate.ts";
import { addCertificateRequest } from "./certificate_request.ts";
import { addClientHello, clientHelloText } from "./client_hello.ts";
import type { MessageContext } from "./context.ts";
import { addExtensions } from "./extensions.ts";
import { type Field, FieldReader, isMalformed, lengthAndHex, wholeField } from "./field.ts";
import { addClientKeyExchange, addServerKeyExchange, addSignature } from "./key_exchange.ts";
import {
  addFinished,
  addKeyUpdate,
  addNewSessionTicket,
  addNextProtocol,
} from "./other_messages.ts";
import { addServerHello, serverHelloText } from "./server_hello.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A kind of message. */
interface Kind {
  /** What the message is for. */
  readonly text: string;
  /** Reads its fields. */
  readonly add: (fields: FieldReader, context: MessageContext) => void;
  /** What it says, in short; of its fields, where there is nothing better. */
  readonly says: (fields: readonly Field[], body: Bytes, context: MessageContext) => string;
}

const nothing = (): void => {};

/** The values of some fields, where they are there. */
const valuesOf = (fields: readonly Field[], ...names: readonly string[]): string =>
  names.flatMap((name) => fields.find((field) => field.name === name)?.value ?? []).join("; ");

function partsOf(fields: readonly Field[], name: string): readonly Field[] {
  return fields.find((field) => field.name === name)?.fields ?? [];
}

const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [HandshakeType.helloRequest, {
    text: "the server asks the client to begin a new handshake (renegotiation)",
    add: nothing,
    says: () => "asks for a renegotiation",
  }],
  [HandshakeType.clientHello, {
    text: "what the client can do, and what it wants",
    add: addClientHello,
    says: (_, body) => clientHelloText(body),
  }],
  [HandshakeType.serverHello, {
    text: "what the server has chosen of it",
    add: (fields) => addServerHello(fields, false),
    says: (_, body) => serverHelloText(body),
  }],
  [HandshakeType.newSessionTicket, {
    text: "with this the client may resume the session later, without certificates",
    add: addNewSessionTicket,
    says: (fields) => {
      const early = valuesOf(partsOf(fields, "extensions"), "early_data");
      return `the session may be resumed for ${
        valuesOf(fields, "ticket_lifetime", "ticket_lifetime_hint")
      }${early === "" ? "" : `, with early data: ${early}`}`;
    },
  }],
  [HandshakeType.endOfEarlyData, {
    text: "the early data has ended; the keys of the handshake follow",
    add: nothing,
    says: () => "no more early data",
  }],
  [HandshakeType.encryptedExtensions, {
    text: "the server's answers to extensions, which nobody else shall read",
    add: (fields) => addExtensions(fields, "EncryptedExtensions"),
    says: (fields) => {
      const extensions = partsOf(fields, "extensions");
      const chosen = valuesOf(extensions, "application_layer_protocol_negotiation");
      const text = extensions.length === 0
        ? "no extensions"
        : `extensions ${valuesOf(fields, "extensions")}`;
      return chosen === "" ? text : `chooses the protocol ${chosen}; ${text}`;
    },
  }],
  [HandshakeType.certificate, {
    text: "who the end is: its certificate, and those that lead to an authority",
    add: addCertificate,
    says: (fields) => valuesOf(fields, "certificate_list", "public_key"),
  }],
  [HandshakeType.serverKeyExchange, {
    text: "the server's part of the key exchange, up to TLS 1.2",
    add: addServerKeyExchange,
    says: (fields) => {
      const share = valuesOf(fields, "namedcurve", "dh_p", "psk_identity_hint", "N", "params");
      const scheme = valuesOf(fields, "algorithm");
      return `a key share of ${share}${scheme === "" ? "" : `, signed with ${scheme}`}`;
    },
  }],
  [HandshakeType.certificateRequest, {
    text: "the server wants to know who the client is",
    add: addCertificateRequest,
    says: (fields) => {
      const schemes = valuesOf(
        [...fields, ...partsOf(fields, "extensions")],
        "supported_signature_algorithms",
        "signature_algorithms",
      );
      return `wants a client certificate${schemes === "" ? "" : ` that signs with ${schemes}`}`;
    },
  }],
  [HandshakeType.serverHelloDone, {
    text: "the server's flight has ended",
    add: nothing,
    says: () => "waits for the client",
  }],
  [HandshakeType.certificateVerify, {
    text: "a signature over all messages before: the end has the key of its certificate",
    add: (fields, context) => addSignature(fields, context, "by the key of the certificate"),
    says: (fields) => `shows that it holds the key: ${valuesOf(fields, "algorithm", "signature")}`,
  }],
  [HandshakeType.clientKeyExchange, {
    text: "the client's part of the key exchange, up to TLS 1.2",
    add: addClientKeyExchange,
    says: (fields) =>
      fields.some(({ name }) => name === "encrypted_premaster_secret")
        ? "the secret, encrypted to the server's key: no forward secrecy"
        : "the client's key share",
  }],
  [HandshakeType.finished, {
    text: "the end of the handshake in this direction",
    add: addFinished,
    says: () => "confirms all that was said",
  }],
  [HandshakeType.certificateStatus, {
    text: "what the authority says of the server's certificate",
    add: addCertificateStatus,
    says: () => "the stapled OCSP response",
  }],
  [HandshakeType.keyUpdate, {
    text: "the sender's next records have new keys",
    add: addKeyUpdate,
    says: (fields) =>
      valuesOf(fields, "request_update").startsWith("update_requested")
        ? "new keys follow, and the other end shall change its own"
        : "new keys follow",
  }],
  [HandshakeType.compressedCertificate, {
    text: "a Certificate message, compressed",
    add: addCompressedCertificate,
    says: (fields) => valuesOf(fields, "algorithm", "uncompressed_length"),
  }],
  [HandshakeType.nextProtocol, {
    text: "the protocol that the client has chosen (NPN, before ALPN)",
    add: addNextProtocol,
    says: (fields) => valuesOf(fields, "selected_protocol"),
  }],
]);

const RETRY: Kind = {
  text: "the server wants another ClientHello, most often with a key share of another group",
  add: (fields) => addServerHello(fields, true),
  says: (_, body) => serverHelloText(body),
};

const UNKNOWN: Kind = {
  text: "no message that is known here",
  add: (fields) => fields.add("body", "", (reader) => lengthAndHex(reader.rest(), 32)),
  says: (fields) => valuesOf(fields, "body"),
};

/** `client_hello` is `ClientHello`, as the RFC calls the struct. */
function structName(type: number): string {
  const name = handshakeTypeName(type);
  return name.includes(" ")
    ? name
    : name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Explains a handshake message; no bytes make it throw.
 *
 * @param raw The message with its header of four bytes.
 * @param context What was negotiated before it.
 * @returns A field of the struct's name, as `ClientHello`, whose value is a summary and whose
 * fields are those of the message, in their order on the wire.
 */
export function explainHandshake(raw: Bytes, context: MessageContext): Field {
  const [type] = raw;
  if (type === undefined || raw.length < HANDSHAKE_HEADER_LENGTH) {
    return wholeField(raw, {
      name: "handshake message",
      value: `malformed: ${lengthAndHex(raw)}`,
      mark: "malformed",
    });
  }
  const body = raw.subarray(HANDSHAKE_HEADER_LENGTH);
  const isRetry = type === HandshakeType.serverHello && hasHelloRetryRequestRandom(body);
  const kind = isRetry ? RETRY : KINDS.get(type) ?? UNKNOWN;
  const reader = new FieldReader(body, raw);
  kind.add(reader, context);
  const fields = reader.finish();
  const malformed = fields.find(isMalformed);
  return wholeField(raw, {
    name: isRetry ? "HelloRetryRequest" : structName(type),
    value: malformed === undefined
      ? summary(kind, fields, body, context)
      : `malformed in ${malformed.name}`,
    text: kind.text,
    mark: malformed !== undefined ? "malformed" : kind === UNKNOWN ? "unknown" : null,
    fields,
  });
}

/** The codecs of whole messages are stricter than those of their fields. */
function summary(kind: Kind, fields: readonly Field[], body: Bytes, context: MessageContext) {
  try {
    return kind.says(fields, body, context);
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    return `malformed: ${safe(stateOf(error))}`;
  }
}

/**
 * Explains a ClientHello; see {@linkcode explainHandshake}.
 *
 * @param raw The message with its header of four bytes.
 */
export function explainClientHello(raw: Bytes): Field {
  return explainHandshake(raw, { version: null, cipherSuite: null, sender: "client" });
}
