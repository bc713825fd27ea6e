// Copyright 2026 the NSS for Deno authors. MIT license.

/** Handshakes after the first one, in both versions, and `forceHandshake()`. */

import { assert, assertEquals } from "@std/assert";
import {
  authCertificateHook,
  dataPending,
  forceHandshake,
  getChannelInfo,
  handshakeCallback,
  keyUpdate,
  localCertificate,
  optionSet,
  peerCertificate,
  reHandshake,
  type SslSocket,
} from "@nss/nss";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { MAX_KEPT_APPLICATION_DATA } from "../../ssl/connection/pump.ts";
import { connectionOf } from "../../ssl/connection/connection_registry.ts";
import {
  assertFromPeer,
  assertLocal,
  failureOf,
  IMPATIENCE,
  join,
  makeIdentity,
  pingPong,
  PKI,
  readExactly,
  turns,
} from "./_support.ts";
import { connectedIn, deaf, willing } from "./_re_handshake.ts";

/** The most that one read from the transport adds to what is kept. */
const CHUNK = 8 * (16384 + 256 + 5);

/** The memory that unread data takes. */
function keptBy(socket: SslSocket): number {
  return connectionOf(socket).connectedEngine.pendingCost;
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`reHandshake() lets a server ask for a certificate when it needs one (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    await pingPong(joined);
    assertEquals([peerCertificate(server), localCertificate(client)], [null, null]);
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = readExactly(client, 1);
    const info = await reHandshake(server);
    assertEquals(await server.handshake(), info);
    assertEquals(info.peerCertificates[0], PKI.client.cert);
    assertEquals(peerCertificate(server), PKI.client.cert);
    assertEquals(getChannelInfo(server).version, version);
    await server.write(new Uint8Array([9]));
    assertEquals(await reading, new Uint8Array([9]));
    assertEquals(localCertificate(client), PKI.client.cert);
    await pingPong(joined);
  });

  Deno.test(`reHandshake() tells the handshake callback of what has changed (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    const seen: (string | undefined)[] = [];
    handshakeCallback(server, async (_socket, { peerCertificates }) => {
      await Promise.resolve();
      seen.push(String(peerCertificates[0]?.subject));
    });
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = client.read(new Uint8Array(1));
    await reHandshake(server);
    assertEquals(seen, [String(PKI.client.cert.subject)]);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() keeps application data that crosses it (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const sent = new Uint8Array(300_000).fill(5);
    const [, , received, answer] = await Promise.all([
      reHandshake(server),
      client.write(sent),
      readExactly(server, sent.length),
      readExactly(client, sent.length),
      server.write(sent),
    ]);
    assertEquals([received, answer], [sent, sent]);
    assertEquals(peerCertificate(server), PKI.client.cert);
  });

  Deno.test(`reHandshake() keeps so much application data that nobody reads, and no more (${version})`, async () => {
    const ears = deaf();
    await using joined = await connectedIn(version, ears);
    const { client, server } = joined;
    ears.close();
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const sent = new Uint8Array(4 * MAX_KEPT_APPLICATION_DATA).fill(7);
    const writing = client.write(sent);
    let kept = 0;
    const asked = reHandshake(server);
    for (let turn = 0, same = 0; same < 20 && turn < 10_000; turn++) {
      await turns(1);
      same = keptBy(server) > kept || kept <= MAX_KEPT_APPLICATION_DATA ? 0 : same + 1;
      kept = keptBy(server);
    }
    assert(
      kept > MAX_KEPT_APPLICATION_DATA && kept <= MAX_KEPT_APPLICATION_DATA + CHUNK,
      `${kept - MAX_KEPT_APPLICATION_DATA}`,
    );
    assert(dataPending(server) > 0.95 * kept);
    ears.open();
    const reading = client.read(new Uint8Array(1));
    assertEquals(await readExactly(server, sent.length), sent);
    await Promise.all([writing, asked]);
    assertEquals(peerCertificate(server), PKI.client.cert);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() goes on by itself when what was kept has been read (${version})`, async () => {
    const ears = deaf();
    await using joined = await connectedIn(version, ears);
    const { client, server } = joined;
    ears.close();
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const sent = new Uint8Array(1.5 * MAX_KEPT_APPLICATION_DATA).fill(7);
    const writing = client.write(sent);
    const asked = reHandshake(server);
    while (keptBy(server) <= MAX_KEPT_APPLICATION_DATA) await turns(1);
    ears.open();
    const reading = client.read(new Uint8Array(1));
    const kept = await server.read(new Uint8Array(sent.length));
    await Promise.all([writing, asked]); // though nobody reads the rest
    assertEquals(await readExactly(server, sent.length - kept!), sent.subarray(kept!));
    assertEquals(peerCertificate(server), PKI.client.cert);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() insists on a certificate where that is configured (${version})`, async () => {
    await using joined = await connectedIn(version, { client: willing() });
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    optionSet(server, "REQUIRE_CERTIFICATE", "ALWAYS");
    const reading = failureOf(client.read(new Uint8Array(1)));
    const error = await failureOf(reHandshake(server));
    const alert = version === "TLSv1.2" ? "handshake_failure" : "certificate_required";
    assertLocal(error, "SSL_ERROR_NO_CERTIFICATE", alert);
    assertFromPeer(await reading, alert);
    assertEquals(peerCertificate(server), null);
  });

  Deno.test(`reHandshake() goes on without a certificate where none is required (${version})`, async () => {
    await using joined = await connectedIn(version, { client: willing() });
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    optionSet(server, "REQUIRE_CERTIFICATE", "NEVER");
    const reading = client.read(new Uint8Array(1));
    assertEquals((await reHandshake(server)).peerCertificates, []);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() refuses a client whose certificate is not trusted (${version})`, async () => {
    const stranger = await makeIdentity({ subject: "CN=Stranger" }, PKI.otherRoot);
    await using joined = await connectedIn(version, {
      client: willing({ getClientAuthData: () => stranger.credential }),
    });
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = failureOf(client.read(new Uint8Array(1)));
    const error = await failureOf(reHandshake(server));
    assertLocal(error, "SEC_ERROR_UNKNOWN_ISSUER", "unknown_ca");
    assertFromPeer(await reading, "unknown_ca");
    assertEquals(peerCertificate(server), null);
  });

  Deno.test(`reHandshake() asks the hooks that are set by then (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    authCertificateHook(server, () => false);
    const reading = failureOf(client.read(new Uint8Array(1)));
    assertLocal(
      await failureOf(reHandshake(server)),
      "SSL_ERROR_BAD_CERTIFICATE",
      "bad_certificate",
    );
    assertFromPeer(await reading, "bad_certificate");
  });

  Deno.test(`reHandshake() can be asked twice, each time for another certificate (${version})`, async () => {
    const other = await makeIdentity({ subject: "CN=Other Client" }, PKI.root);
    const shown = [PKI.client, other];
    await using joined = await connectedIn(version, {
      client: willing({ getClientAuthData: () => shown.shift()!.credential }),
    });
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = client.read(new Uint8Array(1));
    assertEquals((await reHandshake(server)).peerCertificates[0], PKI.client.cert);
    assertEquals((await reHandshake(server)).peerCertificates[0], other.cert);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() gives up waiting for a client that does not answer, and the connection goes on (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const late = failureOf(reHandshake(server, true, { timeout: IMPATIENCE }));
    assertEquals((await late).name, "PR_IO_TIMEOUT_ERROR");
    const controller = new AbortController();
    const aborted = failureOf(reHandshake(server, true, { signal: controller.signal }));
    controller.abort();
    const expected = version === "TLSv1.2"
      ? "PR_OPERATION_ABORTED_ERROR"
      : "SSL_ERROR_HANDSHAKE_NOT_COMPLETED"; // the request before is still to be answered
    assertEquals((await aborted).name, expected);
    const told = Promise.withResolvers<Certificate | undefined>();
    handshakeCallback(server, (_, { peerCertificates }) => told.resolve(peerCertificates[0]));
    // The client answers with what it reads next.
    const reading = readExactly(client, 1);
    await server.write(new Uint8Array([3]));
    assertEquals(await reading, new Uint8Array([3]));
    await client.write(new Uint8Array([4]));
    assertEquals(await readExactly(server, 1), new Uint8Array([4]));
    assertEquals(peerCertificate(server), PKI.client.cert);
    assertEquals(await told.promise, PKI.client.cert); // late as it is
  });

  Deno.test(`reHandshake() does not wait for ever for a handshake callback (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    const controller = new AbortController();
    handshakeCallback(server, () => {
      controller.abort();
      return new Promise(() => {});
    });
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = failureOf(client.read(new Uint8Array(1)));
    const { signal } = controller;
    const aborted = await failureOf(reHandshake(server, true, { signal }));
    assertEquals(aborted.name, "PR_OPERATION_ABORTED_ERROR");
    assertEquals(await failureOf(server.write(new Uint8Array(1))), aborted);
    await reading;
  });

  Deno.test(`reHandshake() needs a complete handshake (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const first = reHandshake(server);
    const second = await failureOf(reHandshake(server));
    assertEquals(second.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
    const reading = client.read(new Uint8Array(1));
    await first;
    await server.write(new Uint8Array(1));
    await reading;
  });
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`a client that does not answer keeps nobody from writing and closing (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    const asked = failureOf(reHandshake(server));
    if (version === "TLSv1.3") await keyUpdate(server);
    await server.write(new Uint8Array([1]));
    await server.closeWrite();
    await server.close();
    assertEquals((await asked).name, "PR_BAD_DESCRIPTOR_ERROR");
    assertEquals(await readExactly(client, 1), new Uint8Array([1]));
  });
}

Deno.test("reHandshake() rejects before the first handshake", async () => {
  await using joined = join();
  const error = await failureOf(reHandshake(joined.client));
  assertEquals(error.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
});

Deno.test("forceHandshake() waits for the handshake that is under way, after the first one, too", async () => {
  await using joined = await connectedIn("TLSv1.2");
  const { client, server } = joined;
  optionSet(server, "REQUEST_CERTIFICATE", true);
  const asked = reHandshake(server);
  await Promise.resolve();
  const forced = forceHandshake(server);
  const reading = client.read(new Uint8Array(1));
  await asked;
  await server.write(new Uint8Array(1));
  await reading;
  assertEquals((await forced).peerCertificates[0], PKI.client.cert);
});

Deno.test("forceHandshake() gives up in time, or when it is told to, and with it the connection", async () => {
  for (
    const [bounds, name] of [
      [{ timeout: IMPATIENCE }, "PR_IO_TIMEOUT_ERROR"],
      [{ signal: AbortSignal.abort("enough") }, "PR_OPERATION_ABORTED_ERROR"],
    ] as const
  ) {
    await using joined = join();
    assertEquals((await failureOf(forceHandshake(joined.client, bounds))).name, name);
    assertEquals((await failureOf(joined.client.handshake())).name, name);
  }
});

Deno.test("forceHandshake() of a complete handshake takes no time", async () => {
  await using joined = await connectedIn("TLSv1.2");
  const { version } = await forceHandshake(joined.client, { signal: AbortSignal.abort() });
  assertEquals(version, "TLSv1.2");
  await pingPong(joined);
});
