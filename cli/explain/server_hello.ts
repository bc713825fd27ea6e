// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains a ServerHello or HelloRetryRequest. @module */

import { keyShareHelloRetryRequest, keyShareServerHello } from "../../ssl/extensions/key_share.ts";
import type { MessageKind } from "../../ssl/extensions/registry.ts";
import { supportedVersionsServerHello } from "../../ssl/extensions/supported_versions.ts";
import { RANDOM_LENGTH } from "../../ssl/messages/client_hello.ts";
import { MAX_SESSION_ID_LENGTH } from "../../ssl/messages/handshake.ts";
import { parseServerHello } from "../../ssl/messages/server_hello.ts";
import {
  DOWNGRADE_TO_TLS_1_1,
  DOWNGRADE_TO_TLS_1_2,
  hasDowngradeSentinel,
} from "../../ssl/tables/downgrade_sentinels.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { describeVersion } from "../../ssl/tables/versions.ts";
import { addExtensions } from "./extensions.ts";
import { type FieldReader, hex } from "./field.ts";
import { extensionName, groupName, namedSuite, namedVersion, suiteName } from "./names.ts";

/** Reads the fields of a ServerHello or HelloRetryRequest (RFC 8446, Sections 4.1.3 and 4.1.4). */
export function addServerHello(fields: FieldReader, isRetry: boolean): void {
  fields.add(
    "legacy_version",
    "the version that was chosen, up to TLS 1.2; since then supported_versions counts",
    (reader) => {
      const { name, mark } = namedVersion(reader.u16());
      return { value: name, mark };
    },
  );
  fields.add("random", "", (reader) => {
    const random = reader.bytes(RANDOM_LENGTH);
    return { value: hex(random), text: textOfRandom(random, isRetry) };
  });
  fields.add(
    "legacy_session_id_echo",
    "in TLS 1.3 the client's, repeated; in TLS 1.2 that of the session, which is resumed if it " +
      "is the client's",
    (reader) => hex(reader.vector8(0, MAX_SESSION_ID_LENGTH)),
  );
  fields.add("cipher_suite", "the choice among those of the client", (reader) => {
    const { name, mark, text } = namedSuite(reader.u16());
    return { value: name, mark, ...mark !== null && { text } };
  });
  fields.add(
    "legacy_compression_method",
    "null: no compression",
    (reader) => reader.u8() === 0 ? "null" : { value: "compression", mark: "weak" },
  );
  const kind = (types: ReadonlySet<number>): MessageKind =>
    isRetry
      ? "HelloRetryRequest"
      : types.has(ExtensionType.supportedVersions)
      ? "ServerHello"
      : "Tls12ServerHello";
  // RFC 5246, Section 7.4.1.3: the block may be absent
  if (fields.remaining > 0) addExtensions(fields, kind);
}

function textOfRandom(random: Uint8Array, isRetry: boolean): string {
  if (isRetry) return 'the hash of "HelloRetryRequest": by it this ServerHello is known as one';
  if (hasDowngradeSentinel(random, DOWNGRADE_TO_TLS_1_2)) {
    return 'ends with "DOWNGRD" and 1: the server has TLS 1.3; a client that has it, too, must ' +
      "end the handshake here, as somebody has tampered with its ClientHello";
  }
  if (hasDowngradeSentinel(random, DOWNGRADE_TO_TLS_1_1)) {
    return 'ends with "DOWNGRD" and 0: the server has TLS 1.2; a client that has it, too, must ' +
      "end the handshake here, as somebody has tampered with its ClientHello";
  }
  return "32 random bytes of the server";
}

/** What a ServerHello says, in short. */
export function serverHelloText(body: Uint8Array<ArrayBuffer>): string {
  const hello = parseServerHello(body);
  const { extensions, legacyVersion, cipherSuite } = hello;
  if (hello.isHelloRetryRequest) {
    const group = extensions?.get(keyShareHelloRetryRequest);
    return group === undefined
      ? "asks the client to begin again"
      : `asks the client to begin again with a key share of ${groupName(group)}`;
  }
  const version = extensions?.get(supportedVersionsServerHello) ?? legacyVersion;
  const share = extensions?.get(keyShareServerHello);
  const types = extensions?.types() ?? [];
  return [
    `chooses ${describeVersion(version)}`,
    suiteName(cipherSuite),
    ...share === undefined ? [] : [`a key share of ${groupName(share.group)}`],
    ...types.includes(ExtensionType.preSharedKey) ? ["resumes the session"] : [],
    types.length === 0 ? "no extensions" : `extensions ${types.map(extensionName).join(", ")}`,
  ].join("; ");
}
