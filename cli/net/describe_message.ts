// Copyright 2026 the NSS for Deno authors. MIT license.

/** What handshake messages say, in words. @module */

import { NssError } from "../../cert/base/errors.ts";
import { alpnProtocol } from "../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { maxEarlyDataSize } from "../../ssl/extensions/early_data.ts";
import type { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { keyShareHelloRetryRequest, keyShareServerHello } from "../../ssl/extensions/key_share.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { supportedVersionsServerHello } from "../../ssl/extensions/supported_versions.ts";
import { parseCertificate } from "../../ssl/messages/certificate.ts";
import { parseCertificateRequest } from "../../ssl/messages/certificate_request.ts";
import { parseCertificateVerify } from "../../ssl/messages/certificate_verify.ts";
import { parseClientHello } from "../../ssl/messages/client_hello.ts";
import { parseEncryptedExtensions } from "../../ssl/messages/encrypted_extensions.ts";
import type { HandshakeMessage } from "../../ssl/messages/handshake.ts";
import { parseNewSessionTicket } from "../../ssl/messages/new_session_ticket.ts";
import { parseServerHello, type ServerHello } from "../../ssl/messages/server_hello.ts";
import { parseServerKeyExchange } from "../../ssl/messages/server_key_exchange.ts";
import { parseTls12Certificate } from "../../ssl/messages/tls12_certificate.ts";
import { parseTls12CertificateRequest } from "../../ssl/messages/tls12_certificate_request.ts";
import { parseTls12NewSessionTicket } from "../../ssl/messages/tls12_new_session_ticket.ts";
import { HandshakeType, handshakeTypeName } from "../../ssl/tables/handshake_types.ts";
import { describeVersion } from "../../ssl/tables/versions.ts";
import { count, join, safe } from "../base/text.ts";
import { extensionName, groupName, schemeName, suiteName } from "../explain/names.ts";
import { names, offerOf } from "../explain/offer.ts";

function extensionsOf(block: ExtensionBlock | undefined): string {
  const types = names(block?.types() ?? [], extensionName);
  return types.length === 0 ? "no extensions" : `extensions ${types.join(", ")}`;
}

function describeClientHello(body: Uint8Array<ArrayBuffer>): string {
  const offer = offerOf(parseClientHello(body));
  return [
    `offers ${join(offer.versions)}`,
    count(offer.cipherSuites.length, "cipher suite"),
    `groups ${offer.groups.join(", ")}`,
    ...offer.keyShares.length > 0 ? [`key shares of ${offer.keyShares.join(", ")}`] : [],
    offer.serverName === null ? "no host name" : `asks for "${safe(offer.serverName)}"`,
    ...offer.alpnProtocols.length > 0 ? [`protocols ${safe(offer.alpnProtocols.join(", "))}`] : [],
    `extensions ${offer.extensions.join(", ")}`,
  ].join("; ");
}

function describeServerHello(hello: ServerHello): string {
  const { extensions, legacyVersion, cipherSuite } = hello;
  if (hello.isHelloRetryRequest) {
    const group = extensions?.get(keyShareHelloRetryRequest);
    return group === undefined
      ? "asks the client to begin again"
      : `asks the client to begin again with a key share of ${groupName(group)}`;
  }
  const version = extensions?.get(supportedVersionsServerHello) ?? legacyVersion;
  const share = extensions?.get(keyShareServerHello);
  return [
    `chooses ${describeVersion(version)}`,
    suiteName(cipherSuite),
    ...share === undefined ? [] : [`a key share of ${groupName(share.group)}`],
    extensionsOf(extensions),
  ].join("; ");
}

function bytes(lengths: readonly number[]): string {
  return `${count(lengths.length, "certificate")} of ${join(lengths.map(String))} bytes`;
}

function describe({ type, body }: HandshakeMessage, isTls13: boolean): string {
  switch (type) {
    case HandshakeType.clientHello:
      return describeClientHello(body);
    case HandshakeType.serverHello:
      return describeServerHello(parseServerHello(body));
    case HandshakeType.encryptedExtensions: {
      const { extensions } = parseEncryptedExtensions(body);
      const chosen = extensions.get(alpnProtocol);
      const text = extensionsOf(extensions);
      return chosen === undefined ? text : `chooses the protocol ${safe(chosen)}; ${text}`;
    }
    case HandshakeType.certificate:
      return bytes(
        isTls13
          ? parseCertificate(body).certificateList.map(({ certData }) => certData.length)
          : parseTls12Certificate(body).certificateList.map(({ length }) => length),
      );
    case HandshakeType.certificateRequest: {
      const ids = isTls13
        ? parseCertificateRequest(body).extensions.get(signatureAlgorithms) ?? []
        : parseTls12CertificateRequest(body).supportedSignatureAlgorithms;
      return `wants a client certificate that signs with ${names(ids, schemeName).join(", ")}`;
    }
    case HandshakeType.certificateVerify: {
      const { algorithm, signature } = parseCertificateVerify(body);
      return `shows that it holds the key: ${schemeName(algorithm)}, ${signature.length} bytes`;
    }
    case HandshakeType.serverKeyExchange: {
      const { params, algorithm } = parseServerKeyExchange(body);
      return `a key share of ${groupName(params.namedCurve)}, signed with ${schemeName(algorithm)}`;
    }
    case HandshakeType.newSessionTicket: {
      if (!isTls13) {
        const { ticketLifetimeHint } = parseTls12NewSessionTicket(body);
        return `the session may be resumed for ${ticketLifetimeHint} s`;
      }
      const { ticketLifetime, extensions } = parseNewSessionTicket(body);
      const size = extensions.get(maxEarlyDataSize);
      return `the session may be resumed for ${ticketLifetime} s` +
        (size === undefined ? "" : `, with ${size} bytes of early data`);
    }
    case HandshakeType.finished:
      return "confirms all that was said";
    case HandshakeType.serverHelloDone:
      return "waits for the client";
    case HandshakeType.clientKeyExchange:
      return "the client's key share";
    case HandshakeType.certificateStatus:
      return "the stapled OCSP response";
    case HandshakeType.keyUpdate:
      return "new keys follow";
    default:
      return "";
  }
}

/** Returns the name of a handshake message, and what it says. */
export function describeMessage(
  message: HandshakeMessage,
  isTls13: boolean,
): { readonly name: string; readonly says: string } {
  const name = handshakeTypeName(message.type);
  try {
    return { name, says: describe(message, isTls13) };
  } catch (error) {
    if (error instanceof NssError) return { name, says: `malformed: ${safe(error.message)}` };
    throw error;
  }
}
