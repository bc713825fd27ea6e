// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { NssContext } from "../../pkcs11/context.ts";
import { resolveConfig } from "../../ssl/config.ts";
import type { ImportOptions } from "../../ssl/import_options.ts";
import { serverSessionsOf } from "../../ssl/session_cache/server.ts";
import {
  TICKET_LIFETIME,
  ticketBinding,
  type TicketContent,
  TicketKeys,
} from "../../ssl/session_ticket.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { PKI, serverOptions, TestEnvironment } from "./_support.ts";

const LIFETIME = TICKET_LIFETIME * 1000;
const BINDING = new Uint8Array([1, 2, 3]);

function contentAt(now: number): TicketContent {
  return {
    version: TLS_1_3,
    cipherSuite: 0x1301,
    createdAt: now,
    authenticatedAt: now - 5,
    psk: new Uint8Array(32).fill(7),
    alpnProtocol: "h2",
    serverName: "server.test",
    peerChain: [PKI.client.cert, PKI.root.cert],
    localCredential: 258,
  };
}

Deno.test("TicketKeys.open() gives back what seal() took", async () => {
  const environment = new TestEnvironment();
  const keys = new TicketKeys();
  const full = contentAt(environment.now());
  const bare = { ...full, alpnProtocol: null, serverName: null, peerChain: [] };
  for (const content of [full, bare]) {
    const ticket = (await keys.seal(content, BINDING, environment))!;
    const opened = await keys.open(ticket, BINDING, environment);
    const { peerChain, ...rest } = opened!;
    const { peerChain: expected, ...expectedRest } = content;
    assertEquals(rest, expectedRest);
    assertEquals(peerChain.map(({ der }) => der), expected.map(({ der }) => der));
  }
});

Deno.test("TicketKeys.seal() makes each ticket another one, and hides what is in it", async () => {
  const environment = new TestEnvironment();
  const keys = new TicketKeys();
  const content = contentAt(environment.now());
  const [a, b] = [
    (await keys.seal(content, BINDING, environment))!,
    (await keys.seal(content, BINDING, environment))!,
  ];
  assertNotEquals(a, b);
  const text = new TextDecoder("latin1").decode(a);
  for (const secret of ["server.test", "\x07\x07\x07\x07"]) {
    assertEquals(text.includes(secret), false);
  }
});

Deno.test("TicketKeys.open() finds nothing in a ticket of which any byte is altered, or that is cut", async () => {
  const environment = new TestEnvironment();
  const keys = new TicketKeys();
  const ticket = (await keys.seal(
    { ...contentAt(environment.now()), peerChain: [] },
    BINDING,
    environment,
  ))!;
  for (let i = 0; i < ticket.length; i++) {
    const altered = ticket.slice();
    altered[i]! ^= 1;
    assertEquals(await keys.open(altered, BINDING, environment), null, `byte ${i}`);
  }
  for (const length of [0, 1, 16, 27, 28, ticket.length - 1]) {
    assertEquals(await keys.open(ticket.slice(0, length), BINDING, environment), null);
  }
  assertNotEquals(await keys.open(ticket, BINDING, environment), null);
});

Deno.test("TicketKeys.open() finds nothing under another binding, or of other keys", async () => {
  const environment = new TestEnvironment();
  const keys = new TicketKeys();
  const ticket = (await keys.seal(contentAt(environment.now()), BINDING, environment))!;
  assertEquals(await keys.open(ticket, new Uint8Array([1, 2]), environment), null);
  assertEquals(await new TicketKeys().open(ticket, BINDING, environment), null);
});

Deno.test("TicketKeys.open() takes a ticket for its lifetime and no longer, nor before it was made", async () => {
  const start = Date.now();
  for (
    const [age, good] of [[-1, false], [0, true], [LIFETIME, true], [LIFETIME + 1, false]] as const
  ) {
    const environment = new TestEnvironment(start);
    const keys = new TicketKeys();
    const ticket = (await keys.seal(contentAt(start), BINDING, environment))!;
    environment.advance(age);
    assertEquals(await keys.open(ticket, BINDING, environment) !== null, good, `age ${age}`);
  }
});

Deno.test("TicketKeys seals under a new key after a lifetime, and opens under the one before it", async () => {
  const environment = new TestEnvironment();
  const keys = new TicketKeys();
  const seal = async () => (await keys.seal(contentAt(environment.now()), BINDING, environment))!;
  const keyName = (ticket: Uint8Array) => ticket.slice(0, 16);
  const first = await seal();
  environment.advance(LIFETIME - 1);
  const late = await seal();
  assertEquals(keyName(late), keyName(first));
  environment.advance(1);
  const renewed = await seal();
  assertNotEquals(keyName(renewed), keyName(first));
  assertNotEquals(await keys.open(late, BINDING, environment), null);
  environment.advance(LIFETIME);
  await seal(); // the third key: the first one is gone
  assertEquals(await keys.open(late, BINDING, environment), null);
  assertNotEquals(await keys.open(renewed, BINDING, environment), null);
});

Deno.test("TicketKeys makes one key for all who ask at once", async () => {
  const environment = new TestEnvironment();
  const keys = new TicketKeys();
  const content = contentAt(environment.now());
  const tickets = await Promise.all(
    Array.from({ length: 5 }, () => keys.seal(content, BINDING, environment)),
  );
  assertEquals(new Set(tickets.map((ticket) => ticket!.slice(0, 16).join())).size, 1);
});

Deno.test("serverSessionsOf() are each context's own", () => {
  const [a, b] = [new NssContext(), new NssContext()];
  assertStrictEquals(serverSessionsOf(a), serverSessionsOf(a));
  assertEquals(serverSessionsOf(a) === serverSessionsOf(b), false);
});

Deno.test("ticketBinding() differs where anything differs that a session must not leave", async () => {
  const variants: readonly ImportOptions[] = [
    {},
    { certificates: [PKI.otherServer.credential] },
    { certificates: [PKI.server.credential, PKI.otherServer.credential] },
    { clientAuth: "request" },
    { clientAuth: "require" },
    { caCerts: [PKI.otherRoot.cert] },
    { authCertificate: () => {} },
    { badCert: () => true },
    { sniSocketConfig: () => undefined },
  ];
  const binding = async (options: ImportOptions) =>
    (await ticketBinding(resolveConfig(serverOptions(options)))).toHex();
  const bindings = await Promise.all(variants.map(binding));
  assertEquals(new Set(bindings).size, variants.length);
  assertEquals(await binding({}), bindings[0]);
});
