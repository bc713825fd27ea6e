// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * When a server of TLS 1.3 sends its tickets: where its client reads them, and never where they
 * would lie unread at a client that only writes.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { frame } from "./_filters.ts";
import { tappedAndConnected } from "./_record_tap.ts";
import {
  closeAll,
  type Ends,
  join,
  pattern,
  pingPong,
  readAll,
  readExactly,
  shake,
  turns,
} from "./_support.ts";

/** What a server that never writes does when its client has written all. */
const SILENT: Readonly<Record<string, (server: Ends["server"]) => Promise<unknown>>> = {
  "close()": (server) => server.close(),
  "closeWrite()": (server) => server.closeWrite(),
  "the end of writable": (server) => server.writable.close(),
};

for (const [way, end] of Object.entries(SILENT)) {
  Deno.test(`a server of TLS 1.3 that never writes hands out tickets before the close_notify of ${way}`, async () => {
    const context = () => ({ context: new NssContext({ trustAnchors: [] }) });
    const [client, server] = [context(), context()];
    for (const resumed of [false, true]) {
      const ends = join({ client, server });
      const [info] = await shake(ends);
      assertEquals(info.resumed, resumed);
      await ends.client.write(pattern(100));
      await ends.client.closeWrite();
      assertEquals(await readAll(ends.server), pattern(100));
      await end(ends.server);
      assertEquals(await readAll(ends.client), new Uint8Array(0));
      await closeAll(ends.client, ends.server);
    }
  });
}

Deno.test("a server of TLS 1.3 sends no ticket while its client may be writing, not even with an empty write or its close_notify", async () => {
  let sent = 0;
  const counting = (conn: ConnLike<Deno.NetAddr>): ConnLike<Deno.NetAddr> => ({
    localAddr: conn.localAddr,
    remoteAddr: conn.remoteAddr,
    read: (p) => conn.read(p),
    write: (p) => (sent += p.length, conn.write(p)),
    close: () => conn.close(),
  });
  await using joined = join({ wrapServer: counting });
  const { client, server } = joined;
  await shake(joined);
  sent = 0;
  await client.write(pattern(100));
  await readExactly(server, 100);
  await server.write(new Uint8Array(0));
  await turns();
  assertEquals(sent, 0);
  await server.close();
  assertEquals(sent, 5 + 2 + 1 + 16); // the close_notify
});

Deno.test("a client without sessions ignores tickets that it did not ask for (RFC 9846, Section 4.7.1)", async () => {
  await using joined = await tappedAndConnected("server", {
    client: { sessionTickets: false },
    server: { sessionTickets: false },
  });
  const { tap, client } = joined;
  const ticket = [...[0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7], ...[0, 0]];
  const fragment = frame(HandshakeType.newSessionTicket, ticket);
  await tap.send(
    { type: ContentType.handshake, fragment },
    { type: ContentType.handshake, fragment },
    { type: ContentType.applicationData, fragment: pattern(10) },
  );
  assertEquals(await readExactly(client, 10), pattern(10));
  await pingPong(joined);
});

Deno.test("a server of TLS 1.3 sends its tickets before its first application data, once", async () => {
  let sent = 0;
  await using joined = join({
    wrapServer: (conn) => ({
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: (p) => conn.read(p),
      write: (p) => (sent += p.length, conn.write(p)),
      close: () => conn.close(),
    }),
  });
  const { client, server } = joined;
  await shake(joined);
  const lengths: number[] = [];
  for (let i = 0; i < 2; i++) {
    sent = 0;
    await server.write(pattern(1));
    await readExactly(client, 1);
    lengths.push(sent);
  }
  const record = 5 + 1 + 1 + 16;
  assertEquals(lengths[1], record);
  assert(lengths[0]! > record + 200);
});
