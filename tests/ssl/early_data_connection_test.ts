// Copyright 2026 the NSS for Deno authors. MIT license.

/** Early data between the two ends of this package (RFC 8446, Section 4.2.10). @module */

import { assertEquals, assertInstanceOf, assertNotEquals, assertRejects } from "@std/assert";
import { SslError } from "../../ssl/base/errors.ts";
import type { EarlyDataOutcome } from "../../ssl/handshake/early_data.ts";
import {
  exportEarlyKeyingMaterial,
  readEarlyData,
  writeEarlyData,
} from "../../ssl/nss/early_data.ts";
import { getChannelInfo, getPreliminaryChannelInfo } from "../../ssl/nss/get_channel_info.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { type Home, home, LIMIT, REQUEST } from "./_early_data.ts";
import {
  closeAll,
  failureOf,
  type JoinOptions,
  pattern,
  ping,
  pingPong,
  readAll,
  readExactly,
  shake,
  turns,
} from "./_support.ts";

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

/** Resumes with early data; returns what became of it, and checks that the connection works. */
async function resume(at: Home, options: JoinOptions = {}): Promise<EarlyDataOutcome> {
  await using joined = at.join(options);
  const { client, server } = joined;
  const [{ outcome, refused, resent }] = await Promise.all([
    writeEarlyData(client, REQUEST),
    server.handshake(),
  ]);
  const isAccepted = outcome === "accepted";
  assertEquals([refused.length, resent], [isAccepted ? 0 : REQUEST.length, false]);
  assertEquals(getChannelInfo(server).earlyDataAccepted, isAccepted);
  if (isAccepted) assertEquals(await readExactly(server, REQUEST.length), REQUEST);
  await pingPong(joined);
  return outcome;
}

/** What differs at the second visit, and what becomes of its early data then. */
const REFUSALS: Readonly<Record<string, readonly [EarlyDataOutcome, JoinOptions, JoinOptions?]>> = {
  "the same again": ["accepted", {}],
  "a server that takes more": ["accepted", { server: { maxEarlyData: LIMIT + 1 } }],
  "a server that takes less": ["refused", { server: { maxEarlyData: LIMIT - 1 } }],
  "a server that takes none any more": ["refused", { server: { maxEarlyData: 0 } }],
  "a ticket that allows none": ["not-allowed", {}, { server: { maxEarlyData: 0 } }],
  "a server with another protocol": ["refused", {
    client: { alpnProtocols: ["a", "b"] },
    server: { alpnProtocols: ["b"] },
  }, { client: { alpnProtocols: ["a", "b"] }, server: { alpnProtocols: ["a"] } }],
  "a server without its protocol": ["refused", { client: { alpnProtocols: ["a"] } }, {
    client: { alpnProtocols: ["a"] },
    server: { alpnProtocols: ["a"] },
  }],
  "a server with another suite of the same hash": ["refused", {
    server: { cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256"] },
  }],
  "a server with a suite of another hash": ["not-resumed", {
    server: { cipherSuites: ["TLS_AES_256_GCM_SHA384"] },
  }],
  "a server without sessions": ["not-resumed", { server: { sessionTickets: false } }],
  "a server that needs another group": ["hello-retry", { server: { groups: ["secp256r1"] } }],
  "a callback that asks for another hello": ["hello-retry", {
    server: {
      helloRetryRequestCallback: (_socket, { firstHello }) => firstHello ? "request" : "accept",
    },
  }],
  "a callback that refuses early data": ["refused", {
    server: { helloRetryRequestCallback: () => "reject-early-data" },
  }],
};

for (const [name, [outcome, second, first]] of Object.entries(REFUSALS)) {
  Deno.test(`writeEarlyData() tells what becomes of its bytes: ${outcome} with ${name}`, async () => {
    const at = home();
    await at.visit(first);
    assertEquals(await resume(at, second), outcome);
  });
}

Deno.test("writeEarlyData() sends refused bytes again where that was asked for, and never under another protocol", async () => {
  const client = { alpnProtocols: ["a", "b"] };
  for (const protocol of ["a", "b"]) {
    const at = home({}, client);
    await at.visit({ server: { alpnProtocols: ["a"] } });
    await using joined = at.join({
      server: { alpnProtocols: [protocol], maxEarlyData: 0 },
    });
    const result = writeEarlyData(joined.client, REQUEST, { ifRefused: "resend" });
    const after = joined.client.write(new Uint8Array([9]));
    await joined.server.handshake();
    const { outcome, refused, resent } = await result;
    assertEquals([outcome, resent], ["refused", protocol === "a"]);
    const expected = resent ? [...REQUEST, 9] : [9];
    assertEquals([...await readExactly(joined.server, expected.length)], expected);
    assertEquals(refused, resent ? new Uint8Array(0) : REQUEST);
    await after;
  }
});

Deno.test("writeEarlyData() without a session sends its bytes again only where one protocol is offered", async () => {
  for (const [offered, resent] of [[[], true], [["a"], true], [["a", "b"], false]] as const) {
    const at = home({ alpnProtocols: ["a"] }, { alpnProtocols: offered });
    await using joined = at.join();
    const [result] = await Promise.all([
      writeEarlyData(joined.client, REQUEST, { ifRefused: "resend" }),
      joined.server.handshake(),
    ]);
    assertEquals([result.outcome, result.resent], ["no-session", resent]);
  }
  const older = home({}, { versions: { max: "TLSv1.2" } });
  await using joined = older.join();
  const [result] = await Promise.all([
    writeEarlyData(joined.client, REQUEST, { ifRefused: "resend" }),
    joined.server.handshake(),
  ]);
  assertEquals(result, { outcome: "no-session", refused: REQUEST, resent: false });
});

Deno.test("writeEarlyData() is the first thing on a socket, and a client's", async () => {
  const { join } = home();
  await using joined = join();
  const { client, server } = joined;
  const handshakes = shake(joined);
  const again = await failureOf(writeEarlyData(client, REQUEST));
  assertEquals(again.name, "PR_IS_CONNECTED_ERROR");
  assertEquals((await failureOf(writeEarlyData(server, REQUEST))).name, "SEC_ERROR_INVALID_ARGS");
  const read = failureOf(readEarlyData(client, new Uint8Array(1)));
  assertEquals((await read).name, "SEC_ERROR_INVALID_ARGS");
  await handshakes;
  await client.close();
  assertInstanceOf(await failureOf(writeEarlyData(client, REQUEST)), SslError);
});

Deno.test("writeEarlyData() sends much, at the pace of the transport", async () => {
  const at = home({ maxEarlyData: 2 ** 20 });
  await at.visit();
  const data = pattern(2 ** 20 + 50_000);
  await using joined = at.join({ pair: { capacity: 20_000 } });
  const result = writeEarlyData(joined.client, data);
  assertEquals(await readExactly(joined.server, data.length), data);
  assertEquals((await result).outcome, "accepted");
  await pingPong(joined);
});

Deno.test("readEarlyData() stops where early data does, whatever follows", async () => {
  const at = home();
  await at.visit();
  await using joined = at.join();
  const { client, server } = joined;
  const sent = Promise.all([writeEarlyData(client, REQUEST), client.write(pattern(100))]);
  await Promise.all([server.handshake(), sent]);
  const buffer = new Uint8Array(64);
  assertEquals(await readEarlyData(server, buffer.subarray(0, 3)), 3);
  const rest = REQUEST.length - 3;
  assertEquals(await readEarlyData(server, buffer), rest);
  assertEquals(buffer.subarray(0, rest), REQUEST.subarray(3));
  assertEquals(await readEarlyData(server, buffer), null);
  assertEquals(await readExactly(server, 100), pattern(100));
});

Deno.test("readEarlyData() ends with the handshake where there is none, and with its error", async () => {
  const at = home();
  await using joined = at.join();
  const none = readEarlyData(joined.server, new Uint8Array(1));
  await joined.client.handshake();
  assertEquals(await none, null);
  await using broken = at.join();
  const failed = failureOf(readEarlyData(broken.server, new Uint8Array(1)));
  broken.client[Symbol.dispose]();
  assertEquals((await failed).name, "PR_END_OF_FILE_ERROR");
});

Deno.test("SslSocket.close() of a client that has sent early data lets it arrive, or tells", async () => {
  const at = home();
  await at.visit();
  {
    const joined = at.join();
    const result = writeEarlyData(joined.client, REQUEST);
    const closed = joined.client.close();
    assertEquals(await readAll(joined.server), REQUEST);
    assertEquals((await result).outcome, "accepted");
    await closeAll(joined.server);
    await closed;
  }
  const joined = at.join();
  const result = failureOf(writeEarlyData(joined.client, REQUEST));
  joined.client[Symbol.dispose]();
  assertInstanceOf(await result, SslError);
  await closeAll(joined.client, joined.server);
});

Deno.test("exportEarlyKeyingMaterial() gives both ends the same, and nothing where early data was refused", async () => {
  const at = home();
  await at.visit();
  await using joined = at.join();
  const { client, server } = joined;
  assertEquals(
    (await failureOf(exportEarlyKeyingMaterial(client, "EXPORTER-Test", 32))).name,
    "SSL_ERROR_FEATURE_DISABLED",
  );
  await Promise.all([writeEarlyData(client, REQUEST), server.handshake()]);
  const context = new Uint8Array([1]);
  const [ours, theirs, other] = await Promise.all([
    exportEarlyKeyingMaterial(client, "EXPORTER-Test", 32, context),
    exportEarlyKeyingMaterial(server, "EXPORTER-Test", 32, context),
    exportEarlyKeyingMaterial(server, "EXPORTER-Test", 32),
  ]);
  assertEquals(ours, theirs);
  assertNotEquals(ours, other);
  await at.visit();
  await using refused = at.join({ server: { maxEarlyData: 0 } });
  await Promise.all([writeEarlyData(refused.client, REQUEST), refused.server.handshake()]);
  for (const socket of [refused.client, refused.server]) {
    await assertRejects(() => exportEarlyKeyingMaterial(socket, "EXPORTER-Test", 32), SslError);
  }
});

Deno.test("getPreliminaryChannelInfo() says whether a client is sending early data, and how much it may", async () => {
  const at = home();
  await at.visit();
  let seen;
  await using joined = at.join({
    clientInternals: {
      messageFilter: ({ type, raw }) => {
        if (type === HandshakeType.endOfEarlyData) seen = getPreliminaryChannelInfo(joined.client);
        return [raw];
      },
    },
  });
  const { client, server } = joined;
  const buffer = new Uint8Array(100);
  const sent = writeEarlyData(client, REQUEST);
  await readEarlyData(server, buffer);
  await sent;
  const { canSendEarlyData, maxEarlyDataSize } = getPreliminaryChannelInfo(client);
  assertEquals({ canSendEarlyData, maxEarlyDataSize }, {
    canSendEarlyData: false,
    maxEarlyDataSize: 0,
  });
  assertEquals(seen !== undefined, true);
});

Deno.test("keyLogCallback() is called with the secrets of early data at both ends", async () => {
  const at = home();
  await at.visit();
  const lines: string[][] = [[], []];
  const keyLog = (end: number) => ({ keyLog: (line: string) => void lines[end]!.push(line) });
  await resume(at, { client: keyLog(0), server: keyLog(1) });
  const early = lines.map((each) => each.filter((line) => /^(CLIENT_EARLY|EARLY)_/.test(line)));
  assertEquals(early[0], early[1]);
  assertEquals(early[0]!.map((line) => line.split(" ")[0]), [
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "EARLY_EXPORTER_SECRET",
  ]);
});

Deno.test("halfRttData lets a server write before the client's Finished, and send its tickets after it", async () => {
  const banner = pattern(40_000);
  const at = home({ halfRttData: true });
  await using joined = at.join({
    // The client's Finished never comes.
    clientInternals: { messageFilter: ({ type, raw }) => type === 20 ? [] : [raw] },
  });
  const { client, server } = joined;
  const written = server.write(banner);
  assertEquals(await readExactly(client, banner.length), banner);
  assertEquals(await written, banner.length);
  assertEquals(getPreliminaryChannelInfo(server).version, "TLSv1.3");

  await using whole = at.join();
  const first = whole.server.write(banner);
  assertEquals(await readExactly(whole.client, banner.length), banner);
  await first;
  await whole.server.handshake();
  await ping(whole); // with the tickets
  assertEquals(await resume(at), "accepted");
});

Deno.test("halfRttData does nothing where the server asks for a certificate, in TLS 1.2, and for a client", async () => {
  for (
    const change of [
      { server: { clientAuth: "request" } },
      { server: { versions: { max: "TLSv1.2" } } },
    ] satisfies JoinOptions[]
  ) {
    const at = home({ halfRttData: true });
    await using joined = at.join({
      ...change,
      clientInternals: { messageFilter: ({ type, raw }) => type === 20 ? [] : [raw] },
    });
    let isWritten = false;
    const written = joined.server.write(REQUEST).then(() => isWritten = true);
    const failed = failureOf(written);
    joined.client.handshake().catch(() => {});
    await turns(50);
    assertEquals(isWritten, false);
    joined.client[Symbol.dispose]();
    await failed;
    await using whole = at.join(change);
    const all = Promise.all([whole.server.write(REQUEST), readExactly(whole.client, 18)]);
    assertEquals((await all)[1], REQUEST);
  }
});

Deno.test("SslSocket.close() of a server that has written before the client's Finished lets it arrive", async () => {
  const at = home({ halfRttData: true });
  const joined = at.join();
  const written = joined.server.write(REQUEST);
  const closed = written.then(() => joined.server.close());
  assertEquals(await readAll(joined.client), REQUEST);
  await closeAll(joined.client);
  await closed;
});
