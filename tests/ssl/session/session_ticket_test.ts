// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { NssContext } from "../../../pkcs11/context/context.ts";
import { serverSessionsOf } from "../../../ssl/session/server_cache.ts";
import {
  decodeTicketContent,
  encodeTicketContent,
  MAX_BINDINGS_COST,
  TICKET_LIFETIME,
  ticketBinding,
  type TicketContent,
  TicketKeys,
} from "../../../ssl/session/session_ticket.ts";
import { OwnTicketKeyring } from "../../../ssl/session/ticket_keyring.ts";
import { TLS_1_3 } from "../../../ssl/tables/versions.ts";
import { resolveConfig } from "../../../ssl/config/resolve_config.ts";
import { PKI, serverOptions, TestEnvironment } from "../_support.ts";
import { countSubtleCalls } from "../handshake/subtle.ts";
import { StoreWait } from "../../../ssl/session/attempt.ts";

const LIFETIME = TICKET_LIFETIME * 1000;
const BINDING = new Uint8Array([1, 2, 3]);

function contentAt(now: number): TicketContent {
  return {
    version: TLS_1_3,
    cipherSuite: 0x1301,
    createdAt: now,
    authenticatedAt: now - 5,
    psk: new Uint8Array(32).fill(7),
    serverName: "server.test",
    peerChain: [PKI.client.cert, PKI.root.cert],
    peerRawPublicKey: null,
    localCredential: 258,
    origin: { family: new Uint8Array(16).fill(9), known: null },
  };
}

Deno.test("TicketKeys.open() gives back what seal() took", async () => {
  const environment = new TestEnvironment();
  const keys = new TicketKeys();
  const full = contentAt(environment.now());
  const bare = { ...full, serverName: null, peerChain: [] };
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

Deno.test("OwnTicketKeyring makes keys of AES-256 with names of 16 bytes, which do not leave it", async () => {
  const { name, key } = await new OwnTicketKeyring(1).current(new TestEnvironment());
  const { length } = key.algorithm as AesKeyAlgorithm;
  assertEquals([name.length, length, key.extractable], [16, 256, false]);
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

Deno.test("TicketKeys does not look for the key of a ticket that is too short for a name and a nonce", async () => {
  const environment = new TestEnvironment();
  let looked = 0;
  const keyring = {
    current: () => Promise.resolve(null),
    find: () => {
      looked++;
      return Promise.resolve(null);
    },
  };
  const keys = new TicketKeys(TICKET_LIFETIME, keyring);
  for (const [length, expected] of [[27, 0], [28, 1]] as const) {
    assertEquals(await keys.open(new Uint8Array(length), BINDING, environment), null);
    assertEquals(looked, expected);
  }
  assertEquals(await keys.seal(contentAt(environment.now()), BINDING, environment), null);
});

Deno.test("ServerSessions.sealTicket() makes tickets of up to 16,384 bytes, as clients keep them", async () => {
  const environment = new TestEnvironment();
  const sessions = serverSessionsOf(new NssContext());
  const seal = (nameLength: number) => {
    const serverName = "x".repeat(nameLength);
    return sessions.sealTicket(
      { ...contentAt(5), serverName },
      BINDING,
      environment,
      new StoreWait(),
    );
  };
  const longest = 16_384 - (await seal(0))!.length;
  assertEquals((await seal(longest))?.length, 16_384);
  assertEquals(await seal(longest + 1), null);
});

Deno.test("decodeTicketContent() takes what encodeTicketContent() makes of any time that a Date can tell, and no other", () => {
  const last = 8.64e15;
  for (const field of ["createdAt", "authenticatedAt"] as const) {
    for (const [time, read] of [[0, 0], [1.9, 1], [2 ** 32, 2 ** 32], [last, last]] as const) {
      const bytes = encodeTicketContent({ ...contentAt(5), [field]: time });
      assertEquals(decodeTicketContent(bytes)?.[field], read);
    }
    const late = encodeTicketContent({ ...contentAt(5), [field]: last + 1 });
    assertEquals(decodeTicketContent(late), null);
  }
});

Deno.test("decodeTicketContent() takes nothing that is cut, goes on, is no UTF-8 or no certificate", () => {
  const content = contentAt(5);
  const bytes = encodeTicketContent(content);
  const entry = { id: new Uint8Array(16).fill(3), epoch: "an epoch" };
  const full: TicketContent = {
    ...content,
    origin: { ...content.origin, known: { generation: 7, epoch: "another" } },
    once: entry,
    early: { entry, ageAdd: 1, maxEarlyData: 2, alpnProtocol: "h2" },
  };
  for (const each of [bytes, encodeTicketContent(full)]) {
    for (let length = 0; length < each.length; length++) {
      assertEquals(decodeTicketContent(each.slice(0, length)), null);
    }
    assertEquals(decodeTicketContent(new Uint8Array([...each, 0])), null);
  }
  assertEquals(decodeTicketContent(encodeTicketContent(full))?.early, full.early);
  assertEquals(decodeTicketContent(bytes.with(-1, 8)), null); // parts of another version
  const text = bytes.indexOf("s".charCodeAt(0)); // of "server.test"
  assertEquals(decodeTicketContent(bytes.with(text, 0xff)), null);
  const peerChain = [{ der: new Uint8Array(10) } as Certificate];
  assertEquals(decodeTicketContent(encodeTicketContent({ ...content, peerChain })), null);
});

Deno.test("decodeTicketContent() gives a text back to the letter", () => {
  for (const serverName of ["\ufeffa", "\u00e9", null]) {
    const bytes = encodeTicketContent({ ...contentAt(5), serverName });
    assertEquals(decodeTicketContent(bytes)?.serverName, serverName);
  }
});

/** How often ticketBinding() hashes for new configurations with these names, in turn. */
async function hashesFor(names: readonly string[]): Promise<number> {
  const counted = await countSubtleCalls(async () => {
    for (const sessionIdContext of names) {
      await ticketBinding(resolveConfig(serverOptions({ sessionIdContext })));
    }
  });
  return counted.all ?? 0;
}

Deno.test("ticketBinding() hashes the settings of connections once, until others of 1 MiB have been used", async () => {
  assertEquals(await hashesFor(["one", "one", "one"]), 1);
  // A long text is one of many
  const long = (length: number) => (_: unknown, i: number) => `${i}`.padStart(length, "x");
  const half = Array.from({ length: 4 }, long(MAX_BINDINGS_COST / 64));
  assertEquals(await hashesFor([...half, "one", ...half]), 4);
  const whole = Array.from({ length: 40 }, long(MAX_BINDINGS_COST / 64 + 1));
  assertEquals(await hashesFor([...whole, "one"]), 41);
  // What is too long to be kept is hashed each time
  const longest = "y".repeat(MAX_BINDINGS_COST / 2);
  assertEquals(await hashesFor([longest, longest]), 2);
});

Deno.test("ticketBinding() hashes the settings of one connection once, however long they are", async () => {
  const config = resolveConfig(serverOptions({ sessionIdContext: "z".repeat(MAX_BINDINGS_COST) }));
  const counted = await countSubtleCalls(async () => {
    for (let i = 0; i < 3; i++) await ticketBinding(config);
  });
  assertEquals(counted.all, 1);
});
