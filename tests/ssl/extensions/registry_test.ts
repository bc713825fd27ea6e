// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import {
  lookupExtension,
  MESSAGE_KINDS,
  type MessageKind,
  recognisedExtensions,
} from "../../../ssl/extensions/registry.ts";
import { ExtensionType, extensionTypeName } from "../../../ssl/tables/extension_types.ts";
import { assertRefused } from "../messages/refused.ts";
import { carriers } from "../messages/samples.ts";
import { Random } from "../wire/random.ts";
import { extensionSamples } from "./samples.ts";

/**
 * How the table of RFC 8446, Section 4.2 abbreviates the messages; SH12 is TLS 1.2's ServerHello.
 */
const KINDS: Readonly<Record<string, MessageKind>> = {
  CH: "ClientHello",
  SH: "ServerHello",
  SH12: "Tls12ServerHello",
  HRR: "HelloRetryRequest",
  EE: "EncryptedExtensions",
  CR: "CertificateRequest",
  CT: "CertificateEntry",
  NST: "NewSessionTicket",
};

/** The table of RFC 8446, Section 4.2, then what other RFCs add. */
const ALLOWED: Readonly<Record<string, string>> = {
  server_name: "CH, EE, SH12",
  max_fragment_length: "CH, EE, SH12",
  status_request: "CH, CR, CT, SH12",
  supported_groups: "CH, EE, SH12",
  signature_algorithms: "CH, CR",
  use_srtp: "CH, EE, SH12",
  heartbeat: "CH, EE, SH12",
  application_layer_protocol_negotiation: "CH, EE, SH12",
  signed_certificate_timestamp: "CH, CR, CT, SH12",
  client_certificate_type: "CH, EE, SH12",
  server_certificate_type: "CH, EE, SH12",
  padding: "CH",
  key_share: "CH, SH, HRR",
  pre_shared_key: "CH, SH",
  psk_key_exchange_modes: "CH",
  early_data: "CH, EE, NST",
  cookie: "CH, HRR",
  supported_versions: "CH, SH, HRR",
  certificate_authorities: "CH, CR",
  oid_filters: "CR",
  post_handshake_auth: "CH",
  signature_algorithms_cert: "CH, CR",

  compress_certificate: "CH, CR", // RFC 8879
  record_size_limit: "CH, EE, SH12", // RFC 8449
  ec_point_formats: "CH, SH12", // RFC 8422
  encrypt_then_mac: "CH, SH12", // RFC 7366
  extended_master_secret: "CH, SH12", // RFC 7627
  session_ticket: "CH, SH12", // RFC 5077
  encrypted_client_hello: "CH, HRR, EE", // RFC 9849
  renegotiation_info: "CH, SH12", // RFC 5746
};

Deno.test("recognisedExtensions() are those of the tables", () => {
  const types = Object.values(ExtensionType).sort((a, b) => a - b);
  assertEquals(recognisedExtensions(), types);
  assertEquals(types.map(extensionTypeName).sort(), Object.keys(ALLOWED).sort());
});

Deno.test("lookupExtension() does not know an unknown extension in any message", () => {
  for (const kind of MESSAGE_KINDS) assertEquals(lookupExtension(0x0a0a, kind), "unknown");
});

Deno.test("lookupExtension() gives each codec to try to the samples", () => {
  const sampled = new Set(
    extensionSamples(new Random(0)).flatMap(({ type, kinds }) =>
      kinds.map((kind) => `${type} ${kind}`)
    ),
  );
  const registered = recognisedExtensions().flatMap((type) =>
    MESSAGE_KINDS.filter((kind) => typeof lookupExtension(type, kind) === "object")
      .map((kind) => `${type} ${kind}`)
  );
  assertEquals([...sampled].sort(), registered.sort());
});

for (const [abbreviation, kind] of Object.entries(KINDS)) {
  Deno.test(`ExtensionBlock.parse() takes in ${kind} what the RFCs allow, and refuses the others`, () => {
    const random = new Random(5);
    const samples = extensionSamples(random);
    const carrier = carriers(random)[kind];
    for (const type of recognisedExtensions()) {
      // This extension makes a TLS 1.2 ServerHello one of TLS 1.3.
      if (kind === "Tls12ServerHello" && type === ExtensionType.supportedVersions) continue;
      const name = extensionTypeName(type);
      const body = samples.find((s) => s.type === type && s.kinds.includes(kind))?.bodies[0] ??
        random.bytes(3);
      const block = new ExtensionBlock();
      if (kind === "ServerHello" && type !== ExtensionType.supportedVersions) {
        block.addBody(ExtensionType.supportedVersions, Uint8Array.of(3, 4));
      }
      block.addBody(type, body);
      const message = carrier.encode(block);
      if (ALLOWED[name]!.split(", ").includes(abbreviation)) {
        assertEquals(carrier.parse(message)?.body(type), body, name);
      } else {
        assertRefused(
          () => carrier.parse(message),
          "SSL_ERROR_EXTENSION_DISALLOWED_FOR_VERSION",
          "illegal_parameter",
          `extension ${name} must not be in it`,
        );
      }
    }
  });
}
