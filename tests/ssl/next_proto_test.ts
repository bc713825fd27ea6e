// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { alpnProtocols } from "../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { getNextProto, newModel, setNextProtoNego, SslError } from "@nss/nss/ssl";
import { join, shake } from "./_support.ts";
import { keepHellos } from "./_hello.ts";

Deno.test("setNextProtoNego() offers protocols in their order; the server's order decides", async () => {
  const hellos = keepHellos();
  await using joined = join({ clientInternals: hellos });
  setNextProtoNego(joined.client, ["a", "b", "c"]);
  setNextProtoNego(joined.server, ["c", "b"]);
  await shake(joined);
  assertEquals(hellos.sent[0]!.extensions!.get(alpnProtocols), ["a", "b", "c"]);
  assertEquals(getNextProto(joined.client), { state: "SELECTED", protocol: "c" });
  assertEquals(getNextProto(joined.server), { state: "SELECTED", protocol: "c" });
});

Deno.test("setNextProtoNego() with no protocols turns it off", async () => {
  const hellos = keepHellos();
  const alpn = { alpnProtocols: ["h2"] };
  await using joined = join({ client: alpn, server: alpn, clientInternals: hellos });
  setNextProtoNego(joined.client, []);
  await shake(joined);
  assertEquals(hellos.sent[0]!.extensions!.get(alpnProtocols), undefined);
  assertEquals(getNextProto(joined.client).state, "NO_SUPPORT");
});

Deno.test("setNextProtoNego() refuses names of no length, or of too much", () => {
  for (const protocol of ["", "x".repeat(256)]) {
    const error = assertThrows(() => setNextProtoNego(newModel(), [protocol]), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("getNextProto() is nothing before the handshake, or where the peer does not speak of it", async () => {
  await using joined = join({ client: { alpnProtocols: ["h2"] } });
  assertEquals(getNextProto(joined.client), { state: "NO_SUPPORT", protocol: null });
  await shake(joined);
  assertEquals(getNextProto(joined.client), { state: "NO_SUPPORT", protocol: null });
});
