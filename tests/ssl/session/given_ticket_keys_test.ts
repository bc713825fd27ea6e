// Copyright 2026 the NSS for Deno authors. MIT license.

/** Ticket keys by bytes, for servers that share them without a store. @module */

import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { NssContext } from "../../../pkcs11/context/context.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { configMPServerSIDCache } from "../../../ssl/nss/config_mp_server_sid_cache.ts";
import { configServerSessionIDCache } from "../../../ssl/nss/config_server_session_id_cache.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { MAX_CLOCK_SKEW } from "../../../ssl/session/session_ticket.ts";
import { GivenTicketKeyring } from "../../../ssl/session/given_ticket_keyring.ts";
import { GIVEN_KEY_LENGTH, MAX_GIVEN_KEYS } from "../../../ssl/session/ticket_keyring.ts";
import { countSubtleCalls } from "../handshake/subtle.ts";
import { session, TestEnvironment } from "../_support.ts";

const newContext = () => new NssContext({ trustAnchors: [] });
const keyOf = (n: number, length: number = GIVEN_KEY_LENGTH) => new Uint8Array(length).fill(n);
const VERSIONS = (["TLSv1.3", "TLSv1.2"] as const).map((version) => ({
  min: version,
  max: version,
}));

function serverWith(
  ticketKeys: Uint8Array | readonly Uint8Array[],
  ticketLifetime = 0,
): NssContext {
  const context = newContext();
  configServerSessionIDCache({ context, ticketKeys, ticketLifetime });
  return context;
}

Deno.test("configServerSessionIDCache({ ticketKeys }): the first key seals, all open, in servers that share nothing else", async () => {
  for (const versions of VERSIONS) {
    const visit = async (client: NssContext, server: NssContext) => {
      const [info] = await session({
        client: { context: client, versions },
        server: { context: server, versions },
      });
      return info.resumed;
    };
    const rows: readonly [number[], number[], boolean][] = [
      [[1], [1], true],
      [[1], [2], false],
      [[1, 2], [2, 1], true],
      [[1, 2], [1], true],
      [[1, 2], [2], false],
      [[1], [2, 3, 1], true],
    ];
    for (const [sealing, opening, isResumed] of rows) {
      const client = newContext();
      const [one, two] = [sealing, opening].map((list) => serverWith(list.map((n) => keyOf(n))));
      assertEquals(await visit(client, one!), false);
      assertEquals(await visit(client, two!), isResumed, `${sealing} ${opening}`);
    }
    const client = newContext();
    assertEquals(await visit(client, serverWith(keyOf(1))), false); // one alone
    assertEquals(await visit(client, serverWith(keyOf(1))), true);
  }
});

Deno.test("configServerSessionIDCache({ ticketKeys }): all 48 bytes count, and the application's bytes are copied", async () => {
  const encrypted = async (bytes: Uint8Array) => {
    const ring = new GivenTicketKeyring([bytes.slice()]);
    const { name, key } = await ring.current();
    assertEquals([name, key.extractable, key.algorithm], [bytes.slice(0, 16), false, {
      name: "AES-GCM",
      length: 256,
    }]);
    assertEquals(await ring.find(keyOf(9, 16)), null);
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv: new Uint8Array(12) },
      (await ring.find(name))!.key,
      new Uint8Array(16),
    );
    return new Uint8Array(sealed).toHex();
  };
  const base = keyOf(1);
  const seen = new Set([await encrypted(base)]);
  for (let i = 16; i < 48; i++) seen.add(await encrypted(base.with(i, 2)));
  assertEquals(seen.size, 33);
  const given = keyOf(1);
  const [client, one] = [newContext(), serverWith(given)];
  given.fill(7);
  for (const server of [one, serverWith(keyOf(1))]) {
    const [info] = await session({ client: { context: client }, server: { context: server } });
    assertEquals(info.resumed, server !== one);
  }
});

Deno.test("configServerSessionIDCache({ ticketKeys }): derives its keys once", async () => {
  const ring = new GivenTicketKeyring([keyOf(1), keyOf(2)]);
  const counted = await countSubtleCalls(async () => {
    await Promise.all([ring.current(), ring.find(keyOf(2, 16)), ring.current()]);
    await ring.current();
  });
  assertEquals(counted.importKey, 2);
});

Deno.test("configServerSessionIDCache({ ticketKeys }) says what keys have to be", () => {
  const rows: readonly [unknown, RegExp][] = [
    ...[0, 47, 49].map((length): [unknown, RegExp] => [
      keyOf(1, length),
      new RegExp(`ticketKeys has ${length} bytes, not 48: 16 of a name and 32 of secrets$`),
    ]),
    [[keyOf(1), keyOf(2, 47)], /ticketKeys\[1\] has 47 bytes, not 48/],
    [[], /ticketKeys is empty: there has to be a key to seal with$/],
    ["x".repeat(48), /ticketKeys is a string, not a Uint8Array$/],
    [[keyOf(1), "x"], /ticketKeys\[1\] is a string, not a Uint8Array$/],
    [[keyOf(1), keyOf(2), keyOf(1).with(47, 3)], /ticketKeys\[2\] has the name of another key/],
    [null, /ticketKeys is null/],
  ];
  const configure = (ticketKeys: unknown) =>
    Reflect.apply(configServerSessionIDCache, undefined, [{ context: newContext(), ticketKeys }]);
  for (const [ticketKeys, message] of rows) {
    const error = assertThrows(() => configure(ticketKeys), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
    assertMatch(error.message, message);
  }
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => keyOf(1).with(0, n % 256).with(1, n >> 8));
  configure(many(MAX_GIVEN_KEYS));
  assertThrows(() => configure(many(MAX_GIVEN_KEYS + 1)), SslError, "257 keys, more than 256");
});

Deno.test("configMPServerSIDCache() refuses ticketKeys, since the store has the keys", async () => {
  const options = { store: new MemorySessionStore(), context: newContext(), ticketKeys: keyOf(1) };
  const error = await assertRejects(
    () => Reflect.apply(configMPServerSIDCache, undefined, [options]),
    SslError,
  );
  assertMatch(error.message, /ticketKeys exclude a store.*configServerSessionIDCache\(\)/);
});

Deno.test("configServerSessionIDCache({ ticketKeys }): clocks of the servers may differ by two hours, or by the lifetime where that is shorter", async () => {
  const hours = 2 * MAX_CLOCK_SKEW;
  const rows = [[0, hours], [60, 60_000], [7200, hours], [7199, hours - 1000]] as const;
  for (const [lifetime, tolerated] of rows) {
    for (const [skew, isResumed] of [[tolerated, true], [tolerated + 1, false]] as const) {
      const now = Date.now();
      const client = newContext();
      const visit = async (at: number) => {
        const [info] = await session({
          client: { context: client },
          server: { context: serverWith(keyOf(1), lifetime) },
          serverInternals: { environment: new TestEnvironment(at) },
        });
        return info.resumed;
      };
      assertEquals(await visit(now + skew), false);
      assertEquals(await visit(now), isResumed, `${lifetime} ${skew}`);
    }
  }
});
