// Copyright 2026 the NSS for Deno authors. MIT license.

/** Early data between the two ends of this package (RFC 8446, Section 4.2.10). @module */

import { assertEquals } from "@std/assert";
import { readEarlyData, writeEarlyData } from "../../ssl/nss/early_data.ts";
import { getChannelInfo } from "../../ssl/nss/get_channel_info.ts";
import { home, LIMIT, REQUEST } from "./_early_data.ts";
import { closeAll, pattern, pingPong, readExactly, shake } from "./_support.ts";

Deno.test("writeEarlyData() sends bytes that a server reads before the handshake is complete", async () => {
  const { visit, join } = home();
  await visit();
  let held = false;
  await using joined = join({
    // Without the client's last flight the handshake is never complete.
    clientInternals: {
      messageFilter: ({ type, raw }) => {
        if (type === 20) held = true;
        return type === 20 ? [] : [raw];
      },
    },
  });
  const { client, server } = joined;
  const result = writeEarlyData(client, REQUEST);
  const buffer = new Uint8Array(100);
  const count = await readEarlyData(server, buffer);
  assertEquals(buffer.subarray(0, count!), REQUEST);
  assertEquals((await result).outcome, "accepted");
  assertEquals(held, true);
  assertEquals(await readEarlyData(server, buffer), null);
});

Deno.test("SslSocket.read() returns early data after the handshake, and getChannelInfo() says how much it is", async () => {
  const { visit, join } = home();
  await visit();
  await using joined = join();
  const { client, server } = joined;
  const result = writeEarlyData(client, REQUEST);
  const more = client.write(new Uint8Array([1, 2, 3]));
  assertEquals(await readExactly(server, REQUEST.length), REQUEST);
  assertEquals(await result, { outcome: "accepted", refused: new Uint8Array(0), resent: false });
  for (const socket of [client, server]) {
    const { earlyDataAccepted, earlyDataLength, resumed } = getChannelInfo(socket);
    assertEquals({ earlyDataAccepted, earlyDataLength, resumed }, {
      earlyDataAccepted: true,
      earlyDataLength: REQUEST.length,
      resumed: true,
    });
  }
  assertEquals(await readExactly(server, 3), new Uint8Array([1, 2, 3]));
  await more;
  await pingPong(joined);
});

Deno.test("writeEarlyData() sends what the session has no room for after the handshake", async () => {
  for (const length of [LIMIT - 1, LIMIT, LIMIT + 1, 100_000]) {
    const { visit, join } = home();
    await visit();
    await using joined = join();
    const { client, server } = joined;
    const data = pattern(length);
    const result = writeEarlyData(client, data);
    assertEquals(await readExactly(server, length), data);
    assertEquals((await result).outcome, "accepted");
    assertEquals(getChannelInfo(server).earlyDataLength, Math.min(LIMIT, length));
    await pingPong(joined);
  }
});

Deno.test("writeEarlyData() reports the bytes that no session allows, or sends them where that was asked for", async () => {
  for (const ifRefused of ["report", "resend"] as const) {
    const { join } = home();
    await using joined = join();
    const { client, server } = joined;
    const [result] = await Promise.all([
      writeEarlyData(client, REQUEST, { ifRefused }),
      server.handshake(),
    ]);
    const resent = ifRefused === "resend";
    const refused = resent ? new Uint8Array(0) : REQUEST;
    assertEquals(result, { outcome: "no-session", refused, resent });
    if (resent) assertEquals(await readExactly(server, REQUEST.length), REQUEST);
    await pingPong(joined);
    await closeAll(client, server);
  }
});

Deno.test("a server accepts a ticket's early data once", async () => {
  const { visit, join } = home();
  await visit();
  const token = new Map<string, Uint8Array>();
  await using first = join();
  const [one] = await Promise.all([writeEarlyData(first.client, REQUEST), shake(first)]);
  assertEquals([one.outcome, token.size], ["accepted", 0]);
});
