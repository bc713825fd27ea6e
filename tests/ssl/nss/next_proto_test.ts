// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { alpnProtocols } from "../../../ssl/extensions/application_layer_protocol_negotiation.ts";
import {
  getNextProto,
  newModel,
  optionSet,
  setNextProtoCallback,
  setNextProtoNego,
  SslError,
} from "@nss/nss/ssl";
import { assertFails, connected, HOSTNAME, join, shake, turns } from "../_support.ts";
import { keepHellos } from "../_hello.ts";

Deno.test("setNextProtoNego() offers protocols in their order; the server's order decides", async () => {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const hellos = keepHellos();
    const client = { versions: { min: version, max: version } };
    await using joined = join({ client, clientInternals: hellos });
    setNextProtoNego(joined.client, ["a", "b", "c"]);
    setNextProtoNego(joined.server, ["c", "b"]);
    await shake(joined);
    assertEquals(hellos.sent[0]!.extensions!.get(alpnProtocols), ["a", "b", "c"]);
    assertEquals(getNextProto(joined.client), { state: "SELECTED", protocol: "c" });
    assertEquals(getNextProto(joined.server), { state: "SELECTED", protocol: "c" });
  }
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

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  const versions = { min: version, max: version };
  const client = { versions, alpnProtocols: ["a", "b", "c"] };

  Deno.test(`setNextProtoCallback() chooses among what the client offers, at once or later (${version})`, async () => {
    const seen: unknown[] = [];
    for (const answer of ["b", turns(3).then(() => "b")]) {
      await using joined = join({ client, server: { alpnProtocols: ["a"] } });
      setNextProtoCallback(joined.server, (socket, request) => {
        seen.push([socket === joined.server, request]);
        return answer;
      });
      await shake(joined);
      const expected = { state: "SELECTED", protocol: "b" } as const;
      assertEquals([getNextProto(joined.client), getNextProto(joined.server)], [
        expected,
        expected,
      ]);
    }
    const call = [true, { serverName: HOSTNAME, alpnProtocols: client.alpnProtocols }];
    assertEquals(seen, [call, call]);
  });

  Deno.test(`setNextProtoCallback() may leave the choice to the list, or choose none (${version})`, async () => {
    for (const [answer, protocol] of [[undefined, "c"], [null, null]] as const) {
      await using joined = await connected({
        client,
        server: { alpnProtocols: ["c"], nextProtoCallback: () => answer },
      });
      assertEquals(getNextProto(joined.client).protocol, protocol);
    }
  });

  Deno.test(`setNextProtoCallback() that throws, or chooses what was not offered, ends the handshake (${version})`, async () => {
    const cause = new Error("no route");
    const callbackError = {
      at: "server",
      error: "SSL_ERROR_APP_CALLBACK_ERROR",
      alert: "internal_error",
    } as const;
    const error = await assertFails(
      { client, server: { nextProtoCallback: () => Promise.reject(cause) } },
      callbackError,
    );
    assertStrictEquals(error.cause, cause);
    await assertFails({ client, server: { nextProtoCallback: () => "d" } }, callbackError);
    await assertFails(
      {
        client,
        server: {
          nextProtoCallback: () => {
            throw new SslError("SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL");
          },
        },
      },
      {
        at: "server",
        error: "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL",
        alert: "no_application_protocol",
      },
    );
  });

  Deno.test(`setNextProtoCallback() is not asked where there is nothing to choose (${version})`, async () => {
    let calls = 0;
    const model = newModel({ nextProtoCallback: () => (calls++, "a") });
    {
      await using joined = await connected({ client: { versions }, server: { model } });
      assertEquals(getNextProto(joined.server).protocol, null);
    }
    optionSet(model, "ENABLE_ALPN", false);
    await using joined = await connected({ client, server: { model } });
    assertEquals([getNextProto(joined.server).protocol, calls], [null, 0]);
  });
}
