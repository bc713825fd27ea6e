// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * KeyUpdate (RFC 8446, Sections 4.6.3 and 5.5): both ways, asked for, by itself at the limit, in
 * the middle of a window.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import { DEFAULT_WINDOW, MAX_WINDOW, type MessageFilter } from "../../ssl/engine/engine.ts";
import { KEY_RENEWAL_MARGIN, PEER_KEY_RENEWAL_MARGIN } from "../../ssl/engine/key_updates.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import { CIPHER_SUITES, type CipherSuite } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { frame } from "./_filters.ts";
import { concat, tappedAndConnected } from "./_record_tap.ts";
import {
  connected,
  failureOf,
  type JoinOptions,
  pattern,
  pingPong,
  readExactly,
  turns,
} from "./_support.ts";

const ROLES: readonly Role[] = ["client", "server"];
const WINDOWS = [1, 2, DEFAULT_WINDOW, MAX_WINDOW];

/** Counts the KeyUpdates that an end sends, those that ask and those that do not. */
function countUpdates(): { readonly filter: MessageFilter; readonly counts: [number, number] } {
  const counts: [number, number] = [0, 0];
  const filter: MessageFilter = ({ type, body, raw }) => {
    if (type === HandshakeType.keyUpdate) counts[body[0] as 0 | 1]++;
    return [raw];
  };
  return { filter, counts };
}

/** A suite that protects so few records under one key. */
function weakSuite(maxRecords: number): readonly CipherSuite[] {
  return [{ ...CIPHER_SUITES[0]!, maxRecords }];
}

const inRole = (
  role: Role,
  options: Pick<JoinOptions, "clientSuites" | "clientInternals">,
): JoinOptions =>
  role === "client"
    ? options
    : { serverSuites: options.clientSuites!, serverInternals: options.clientInternals! };

Deno.test("keyUpdate() renews one direction, or both where it asks for it", async () => {
  for (const role of ROLES) {
    const [own, peers] = [countUpdates(), countUpdates()];
    await using joined = await connected({
      clientInternals: { messageFilter: role === "client" ? own.filter : peers.filter },
      serverInternals: { messageFilter: role === "client" ? peers.filter : own.filter },
    });
    const [socket, peer] = role === "client"
      ? [joined.client, joined.server]
      : [joined.server, joined.client];
    await keyUpdate(socket);
    await pingPong(joined);
    assertEquals([own.counts, peers.counts], [[1, 0], [0, 0]]);
    await keyUpdate(socket, true);
    await socket.write(new Uint8Array([1]));
    await peer.read(new Uint8Array(1)); // which meets the request
    await pingPong(joined);
    assertEquals([own.counts, peers.counts], [[1, 1], [1, 0]]);
  }
});

Deno.test("keyUpdate() asks again only when the peer has met its last request (RFC 9846, Section 4.7.3)", async () => {
  for (const role of ROLES) {
    const { filter, counts } = countUpdates();
    await using joined = await connected(inRole(role, {
      clientInternals: { messageFilter: filter },
    }));
    const [socket, peer] = role === "client"
      ? [joined.client, joined.server]
      : [joined.server, joined.client];
    for (let i = 0; i < 3; i++) await keyUpdate(socket, true);
    assertEquals(counts, [2, 1]);
    await socket.write(new Uint8Array([1]));
    await peer.read(new Uint8Array(1));
    await pingPong(joined); // with the peer's KeyUpdate
    await keyUpdate(socket, true);
    assertEquals(counts, [2, 2]);
    await pingPong(joined);
  }
});

Deno.test("keyUpdate() by both ends at once, in the middle of data both ways, loses nothing", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  const size = 600_000;
  const renewals = async () => {
    for (let i = 0; i < 5; i++) {
      await Promise.all([keyUpdate(client, true), keyUpdate(server, true)]);
      await turns(1);
    }
  };
  const [atServer, atClient] = await Promise.all([
    readExactly(server, size),
    readExactly(client, size),
    client.write(pattern(size, 1)),
    server.write(pattern(size, 2)),
    renewals(),
  ]);
  assertEquals(atServer, pattern(size, 1));
  assertEquals(atClient, pattern(size, 2));
});

Deno.test("keyUpdate() several times at once renews so many times", async () => {
  const { filter, counts } = countUpdates();
  await using joined = await connected({ clientInternals: { messageFilter: filter } });
  await Promise.all([1, 2, 3].map(() => keyUpdate(joined.client)));
  await pingPong(joined);
  assertEquals(counts, [3, 0]);
});

Deno.test("SslEngine answers requests that come while nothing can leave by one KeyUpdate (RFC 8446, Section 4.6.3)", async () => {
  const { filter, counts } = countUpdates();
  let gate = Promise.resolve();
  await using joined = await tappedAndConnected("client", {
    serverInternals: { messageFilter: filter },
    wrapServer: (conn) => ({
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: (p) => conn.read(p),
      write: async (p) => {
        await gate;
        return await conn.write(p);
      },
      close: () => conn.close(),
    }),
  });
  const { tap, client, server } = joined;
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  const request = { type: ContentType.handshake, fragment: frame(HandshakeType.keyUpdate, [1]) };
  for (let i = 0; i < 20; i++) {
    await tap.send(request);
    await tap.renewKeys();
  }
  await tap.send({ type: ContentType.applicationData, fragment: new Uint8Array([7]) });
  assertEquals(await readExactly(server, 1), new Uint8Array([7]));
  resolve();
  await server.write(new Uint8Array([1]));
  assertEquals(await readExactly(client, 1), new Uint8Array([1]));
  assertEquals(counts, [1, 0]);
});

Deno.test("SslEngine answers a KeyUpdate before its next application data, and not without any", async () => {
  const { filter, counts } = countUpdates();
  await using joined = await tappedAndConnected("client", {
    serverInternals: { messageFilter: filter },
  });
  const { tap, client, server } = joined;
  const ask = async () => {
    const request = { type: ContentType.handshake, fragment: frame(HandshakeType.keyUpdate, [1]) };
    await tap.send(request);
    await tap.renewKeys();
    await tap.send({ type: ContentType.applicationData, fragment: new Uint8Array([7]) });
    assertEquals(await readExactly(server, 1), new Uint8Array([7]));
  };
  for (let i = 0; i < 3; i++) await ask();
  assertEquals(counts, [0, 0]);
  await server.write(new Uint8Array([1]));
  assertEquals(counts, [1, 0]);
  await server.write(new Uint8Array([2]));
  assertEquals(await readExactly(client, 2), new Uint8Array([1, 2]));
  assertEquals(counts, [1, 0]); // nothing is owed any more
  await ask();
  await keyUpdate(server); // which is an answer as good as any
  await server.write(new Uint8Array([3]));
  assertEquals(await readExactly(client, 1), new Uint8Array([3]));
  assertEquals(counts, [2, 0]);
});

for (const window of WINDOWS) {
  Deno.test(`SslEngine opens a window of ${window} again after each KeyUpdate in it`, async () => {
    await using joined = await tappedAndConnected("client", {
      serverInternals: { window },
      clientInternals: { window },
    });
    const { tap, server } = joined;
    const update = { type: ContentType.handshake, fragment: frame(HandshakeType.keyUpdate, [0]) };
    const parts: Uint8Array[] = [];
    const expected: Uint8Array[] = [];
    for (let i = 0; i < 25; i++) {
      const fragment = pattern(10 + i, i);
      expected.push(fragment);
      parts.push(await tap.seal({ type: ContentType.applicationData, fragment }));
      // Where it comes in the window is another place each time; twice in a row, too.
      for (const every of [3, 7]) {
        if (i % every !== 0) continue;
        parts.push(await tap.seal(update));
        await tap.renewKeys();
      }
    }
    await tap.sendBytes(concat(parts)); // one chunk
    const whole = concat(expected);
    assertEquals(await readExactly(server, whole.length), whole);
    assertEquals(
      (await failureOf(
        server.handshake().then(() => server.closeWrite()).then(() =>
          server.write(new Uint8Array(1))
        ),
      )).name,
      "PR_SOCKET_SHUTDOWN_ERROR",
    );
  });

  Deno.test(`SslEngine with a window of ${window} finds a bad record behind good ones and a KeyUpdate`, async () => {
    await using joined = await tappedAndConnected("client", { serverInternals: { window } });
    const { tap, server } = joined;
    const good = await tap.seal({ type: ContentType.applicationData, fragment: pattern(30) });
    const update = await tap.seal({
      type: ContentType.handshake,
      fragment: frame(HandshakeType.keyUpdate, [0]),
    });
    const underOldKey = await tap.seal({
      type: ContentType.applicationData,
      fragment: pattern(30),
    });
    await tap.sendBytes(concat([good, update, underOldKey]));
    assertEquals(await readExactly(server, 30), pattern(30));
    assertEquals((await failureOf(server.read(new Uint8Array(1)))).name, "SSL_ERROR_BAD_MAC_READ");
  });
}

for (const role of ROLES) {
  Deno.test(`SslEngine renews its write key before the AEAD limit (${role})`, async () => {
    const { filter, counts } = countUpdates();
    // Fewer, and the keys of the other direction would have to be renewed at once.
    const maxRecords = PEER_KEY_RENEWAL_MARGIN + 10;
    await using joined = await connected(inRole(role, {
      clientSuites: weakSuite(maxRecords),
      clientInternals: { messageFilter: filter },
    }));
    const [own, peer] = role === "client"
      ? [joined.client, joined.server]
      : [joined.server, joined.client];
    const write = async (count: number) => {
      for (let i = 0; i < count; i++) await own.write(new Uint8Array(1));
      await readExactly(peer, count);
    };
    // A server's tickets take the first of its records.
    await write(maxRecords - KEY_RENEWAL_MARGIN - (role === "server" ? 2 : 1));
    assertEquals(counts, [0, 0]);
    await write(1);
    await write(10); // which waits for the new key
    assertEquals(counts, [1, 0]);
  });

  Deno.test(`SslEngine asks the peer to renew its key before the AEAD limit (${role})`, async () => {
    for (const [records, requests] of [[9, 0], [10, 1]] as const) {
      const own = countUpdates();
      await using joined = await connected(inRole(role, {
        clientSuites: weakSuite(PEER_KEY_RENEWAL_MARGIN + 10),
        clientInternals: { messageFilter: own.filter },
      }));
      const [socket, peer] = role === "client"
        ? [joined.client, joined.server]
        : [joined.server, joined.client];
      const tickets = role === "client" ? 1 : 0;
      for (let i = 0; i < records - tickets; i++) {
        await peer.write(new Uint8Array([i]));
        assertEquals(await readExactly(socket, 1), new Uint8Array([i]));
      }
      await socket.write(new Uint8Array(1)); // which waits for the new key
      await readExactly(peer, 1);
      assertEquals(own.counts, [0, requests], `${records} records`);
      await pingPong(joined);
    }
  });
}

Deno.test("SslEngine asks a peer that goes on under its old key once, and anew under the next key", async () => {
  const { filter, counts } = countUpdates();
  await using joined = await tappedAndConnected("client", {
    serverSuites: weakSuite(PEER_KEY_RENEWAL_MARGIN + 10),
    serverInternals: { messageFilter: filter },
  });
  const { tap, server } = joined;
  for (let key = 1; key <= 2; key++) {
    for (let i = 0; i < 20; i++) {
      await tap.send({ type: ContentType.applicationData, fragment: new Uint8Array([i]) });
      assertEquals(await readExactly(server, 1), new Uint8Array([i]));
    }
    await turns();
    assertEquals(counts, [0, key]);
    await tap.send({
      type: ContentType.handshake,
      fragment: frame(HandshakeType.keyUpdate, [0]),
    });
    await tap.renewKeys();
  }
});

Deno.test("SslEngine renews keys in the middle of one large write", async () => {
  for (const window of WINDOWS) {
    const { filter, counts } = countUpdates();
    await using joined = await connected({
      clientSuites: weakSuite(KEY_RENEWAL_MARGIN + 20),
      clientInternals: { messageFilter: filter, window },
      serverInternals: { window },
    });
    const size = 16384 * 100;
    const [received] = await Promise.all([
      readExactly(joined.server, size),
      joined.client.write(pattern(size)),
    ]);
    assertEquals(received, pattern(size));
    assert(counts[0] >= 3, `${counts}`);
  }
});
