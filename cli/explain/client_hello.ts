// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains a ClientHello, field by field in their order on the wire. @module */

import { parseClientHello, RANDOM_LENGTH } from "../../ssl/messages/client_hello.ts";
import { MAX_SESSION_ID_LENGTH } from "../../ssl/messages/handshake.ts";
import { count, join, safe } from "../base/text.ts";
import { addExtensions } from "./extensions.ts";
import { type FieldReader, hex } from "./field.ts";
import { listOf } from "./lists.ts";
import { contentOf, namedSuite, namedVersion } from "./names.ts";
import { offerOf } from "./offer.ts";

/** Reads the fields of a ClientHello (RFC 8446, Section 4.1.2). */
export function addClientHello(fields: FieldReader): void {
  fields.add(
    "legacy_version",
    "the highest version that the client takes; since TLS 1.3 it is that of TLS 1.2 for ever, " +
      "and supported_versions counts",
    (reader) => namedVersion(reader.u16()).name,
  );
  fields.add(
    "random",
    "32 random bytes, so that no two handshakes are alike",
    (reader) => hex(reader.bytes(RANDOM_LENGTH)),
  );
  fields.add("legacy_session_id", "", (reader) => {
    const id = reader.vector8(0, MAX_SESSION_ID_LENGTH);
    return id.length === 0
      ? { value: "empty", text: "no session of TLS 1.2 is asked for by its ID" }
      : {
        value: hex(id),
        text: "a session of TLS 1.2 to be resumed; in TLS 1.3 bytes without meaning, which make " +
          "the handshake look like a resumption to middleboxes",
      };
  });
  fields.add(
    "cipher_suites",
    "how records may be encrypted, and up to TLS 1.2 how keys are exchanged and who signs; " +
      "the preferred ones first",
    (reader) =>
      listOf(
        fields.within(reader.vector16(2, 0xfffe)),
        "cipher_suite",
        (r) => contentOf(namedSuite(r.u16())),
      ),
  );
  fields.add(
    "legacy_compression_methods",
    "null alone: compression before encryption gives secrets away (CRIME)",
    (reader) =>
      listOf(fields.within(reader.vector8(1)), "method", (r) => {
        const method = r.u8();
        if (method === 0) return "null";
        if (method === 1) return { value: "deflate", mark: "weak" };
        return { value: `${method}`, mark: "unknown" };
      }),
  );
  // RFC 5246, Section 7.4.1.2: the block may be absent
  if (fields.remaining > 0) addExtensions(fields, "ClientHello");
}

/** What a ClientHello says, in short. */
export function clientHelloText(body: Uint8Array<ArrayBuffer>): string {
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
