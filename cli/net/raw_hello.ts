// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * ClientHellos that no client of this package sends: of any version, with any suites, groups and
 * extensions.
 *
 * @module
 */

import { encodeClientHello } from "../../ssl/messages/client_hello.ts";
import { encodeHandshake, HANDSHAKE_HEADER_LENGTH } from "../../ssl/messages/handshake.ts";
import { alpnProtocols } from "../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { ecPointFormats } from "../../ssl/extensions/ec_point_formats.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { keyShareClientHello, type KeyShareEntry } from "../../ssl/extensions/key_share.ts";
import { pskKeyExchangeModes } from "../../ssl/extensions/psk_key_exchange_modes.ts";
import { serverName } from "../../ssl/extensions/server_name.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { supportedGroups } from "../../ssl/extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../ssl/extensions/supported_versions.ts";
import { MAX_PLAINTEXT_LENGTH } from "../../ssl/record/header.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { SSL_3_0, TLS_1_0, TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";
import { Writer } from "../../ssl/wire/writer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a ClientHello offers. */
export interface RawHello {
  /** The newest version that is offered; with TLS 1.3, the only one. */
  readonly version: number;
  /** The code points of the cipher suites. */
  readonly cipherSuites: readonly number[];
  /** The name that is asked for; `null` for none. */
  readonly hostname: string | null;
  /** The code points of the groups; none leaves the extension away. */
  readonly groups: readonly number[];
  /** The code points of the signature schemes; none leaves the extension away. */
  readonly schemes: readonly number[];
  /** TLS 1.3's key shares; none asks the server which group it wants. */
  readonly shares?: readonly KeyShareEntry[];
  /** The application protocols; none leaves the extension away. */
  readonly alpnProtocols?: readonly string[];
  /** All of TLS 1.3's versions, where there are more than one. */
  readonly supportedVersions?: readonly number[];
  /** Another version for the field that TLS 1.2 and before go by. */
  readonly legacyVersion?: number;
  /** The methods of compression, in place of none. */
  readonly compressionMethods?: readonly number[];
  /** Extensions besides, by their type; an empty one of `session_ticket` asks for a ticket. */
  readonly extensions?: readonly (readonly [type: number, body: Bytes])[];
  /** To which length the message is padded, with its header (RFC 7685). */
  readonly length?: number;
}

function extensionsOf(hello: RawHello): ExtensionBlock {
  const { version, hostname, groups, schemes, shares = [] } = hello;
  const block = new ExtensionBlock();
  if (hostname !== null) block.add(serverName, hostname);
  if (groups.length > 0) block.add(supportedGroups, groups);
  if (version < TLS_1_3) block.add(ecPointFormats, [0]);
  if (schemes.length > 0 && version >= TLS_1_2) block.add(signatureAlgorithms, schemes);
  const { alpnProtocols: protocols = [] } = hello;
  if (protocols.length > 0) block.add(alpnProtocols, protocols);
  if (version >= TLS_1_3) {
    block.add(supportedVersionsClientHello, hello.supportedVersions ?? [version])
      .add(pskKeyExchangeModes, [1])
      .add(keyShareClientHello, shares);
  }
  for (const [type, body] of hello.extensions ?? []) block.addBody(type, body);
  return block;
}

/** The name that a ClientHello may ask for: addresses are not sent (RFC 6066, Section 3). */
export function nameToAsk(hostname: string): string | null {
  return /^[a-z0-9_.-]*[a-z][a-z0-9-]*$/i.test(hostname) ? hostname : null;
}

/** The bytes that are sent. */
export interface EncodedHello {
  /** The message with its header, as the transcript has it. */
  readonly message: Bytes;
  /** Its records. */
  readonly records: Bytes;
}

function messageOf(hello: RawHello, extensions: ExtensionBlock): Bytes {
  const { version, cipherSuites, compressionMethods = [0] } = hello;
  const isTls13 = version >= TLS_1_3;
  return encodeHandshake(
    HandshakeType.clientHello,
    encodeClientHello({
      legacyVersion: hello.legacyVersion ?? Math.min(version, TLS_1_2),
      random: crypto.getRandomValues(new Uint8Array(32)),
      legacySessionId: isTls13 ? crypto.getRandomValues(new Uint8Array(32)) : new Uint8Array(0),
      cipherSuites,
      legacyCompressionMethods: Uint8Array.from(compressionMethods),
      // SSL 3.0 has none
      extensions: version === SSL_3_0 ? undefined : extensions,
    }),
  );
}

/**
 * Encodes a ClientHello.
 *
 * @param hello What it offers.
 * @param fragment The most bytes of a record.
 */
export function encodeRawHello(
  hello: RawHello,
  fragment: number = MAX_PLAINTEXT_LENGTH,
): EncodedHello {
  let message = messageOf(hello, extensionsOf(hello));
  const missing = (hello.length ?? 0) - message.length - HANDSHAKE_HEADER_LENGTH;
  if (missing >= 0) {
    const padding = [ExtensionType.padding, new Uint8Array(missing)] as const;
    const extensions = [...hello.extensions ?? [], padding];
    message = messageOf(hello, extensionsOf({ ...hello, extensions }));
  }
  const { version } = hello;
  const records = new Writer(message.length + 16);
  for (let at = 0; at < message.length; at += fragment) {
    records.u8(ContentType.handshake).u16(version === SSL_3_0 ? SSL_3_0 : TLS_1_0)
      .vector16(message.subarray(at, at + fragment));
  }
  return { message, records: records.finish() };
}
