// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { MAX_TICKETS_PER_PEER, MemorySessionCache } from "../../ssl/session/memory_cache.ts";
import type { ClientSession } from "../../ssl/base/session_cache.ts";
import {
  TICKET_LIFETIME,
  type TicketContent,
  TicketKeys,
} from "../../ssl/session/session_ticket.ts";
import { CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { CREDENTIALS } from "./_sockets.ts";
import { type Bytes, fuzz, mutate } from "./_support.ts";

const VERSION = { version: TLS_1_3 } as const;

fuzz("TicketKeys opens its own tickets under their binding, and nothing else", 60, async (prng) => {
  const keys = new TicketKeys();
  let now = 1e12;
  const environment = { now: () => now, random: (length: number) => prng.bytes(length) };
  const entry = () => ({ id: prng.bytes(16), epoch: prng.pick(["", "a", "é".repeat(100)]) });
  const content = {
    ...VERSION,
    cipherSuite: prng.pick(CIPHER_SUITES).id,
    createdAt: now,
    authenticatedAt: now,
    psk: prng.bytes(prng.pick([32, 48])),
    serverName: prng.pick([null, "a.test"]),
    ...prng.pick([
      { peerChain: [], peerRawPublicKey: null },
      { peerChain: [CREDENTIALS.client.cert], peerRawPublicKey: null },
      { peerChain: [], peerRawPublicKey: CREDENTIALS.client.cert.subjectPublicKeyInfo },
    ]),
    localCredential: prng.integer(0, 0xffff),
    origin: {
      family: prng.bytes(16),
      known: prng.pick([null, { generation: now, epoch: prng.pick([null, "a", "é".repeat(100)]) }]),
    },
    ...(prng.pick([true, false]) && { once: entry() }),
    ...(prng.pick([true, false]) && {
      early: {
        entry: entry(),
        ageAdd: prng.integer(0, 2 ** 32 - 1),
        maxEarlyData: prng.integer(1, 2 ** 20),
        alpnProtocol: prng.pick([null, "h2"]),
      },
    }),
  } satisfies TicketContent;
  const binding = prng.bytes(32);
  const ticket = (await keys.seal(content, binding, environment))!;
  const open = (it: Bytes, under = binding) => keys.open(it, under, environment);

  now += prng.integer(0, TICKET_LIFETIME) * 1000;
  const opened = await open(ticket);
  assert(opened !== null);
  assertEquals([opened.cipherSuite, opened.createdAt], [content.cipherSuite, content.createdAt]);
  assertEquals([opened.psk, opened.serverName], [content.psk, content.serverName]);
  assertEquals([opened.early, opened.once], [content.early, content.once]);
  assertEquals(opened.origin, content.origin);
  assertEquals(opened.peerChain.map(({ der }) => der), content.peerChain.map(({ der }) => der));

  for (let times = 0; times < 8; times++) {
    const altered = mutate(prng, ticket);
    if (altered.toHex() !== ticket.toHex()) assertEquals(await open(altered), null);
  }
  const otherBinding = binding.slice();
  otherBinding[prng.integer(0, 31)]! ^= 1;
  assertEquals(await open(ticket, otherBinding), null);
  now = content.createdAt + TICKET_LIFETIME * 1000 + 1;
  assertEquals(await open(ticket), null);
});

fuzz(
  "MemorySessionCache stays in its bounds and gives each peer its own sessions once",
  60,
  (prng) => {
    const maxPeers = prng.integer(1, 5);
    const cache = new MemorySessionCache<ClientSession>(maxPeers);
    const keys = ["a", "b", "c", "d", "__proto__", "constructor", "toString"];
    const owners = new Map<ClientSession, string>();
    for (let now = 0; now < 300; now++) {
      const key = prng.pick(keys);
      switch (prng.integer(0, 9)) {
        case 0:
          cache.delete(key);
          break;
        case 1:
          if (prng.integer(0, 9) === 0) cache.clear();
          break;
        case 2:
        case 3:
        case 4: {
          const session = cache.take(key, now);
          if (session === undefined) break;
          assertEquals(owners.get(session), key);
          assert(session.expiresAt > now);
          owners.delete(session); // a second time it would be nobody's
          break;
        }
        default: {
          const session: ClientSession = {
            ...VERSION,
            ticket: prng.bytes(4),
            psk: prng.bytes(32),
            cipherSuite: CIPHER_SUITES[0]!,
            ticketAgeAdd: 0,
            maxEarlyData: 0,
            receivedAt: now,
            authenticatedAt: now,
            expiresAt: now + prng.integer(0, 50),
            alpnProtocol: null,
            peerChain: [],
            peerRawPublicKey: null,
            stapledOcspResponse: null,
            signedCertTimestamps: null,
            localChain: [],
          };
          owners.set(session, key);
          cache.put(key, session);
        }
      }
      assert(cache.size <= maxPeers);
    }
    for (const key of keys) {
      let count = 0;
      while (cache.take(key, 0) !== undefined) count++;
      assert(count <= MAX_TICKETS_PER_PEER);
    }
  },
);
