// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A connection of TLS 1.2 apart from its handshake's messages: renegotiation that is declined,
 * warnings, records as they may and may not be, closure, exporters, the key log.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { exportKeyingMaterial } from "../../ssl/nss/export_keying_material.ts";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import { MAX_EMPTY_RECORDS, MAX_WARNING_ALERTS } from "../../ssl/engine/flood_limits.ts";
import { SslError } from "../../ssl/base/errors.ts";
import { MasterSecret } from "../../ssl/crypto/master_secret.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import { type Alert, alertCode, type AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { frame } from "./_filters.ts";
import {
  assertCutOff,
  assertFromPeer,
  assertLocal,
  connected,
  failureOf,
  join,
  type JoinOptions,
  onMessage,
  outcomeOf,
  pattern,
  pingPong,
  readAll,
  readExactly,
  shake,
} from "./_support.ts";
import {
  BOTH_VERSIONS,
  ONLY_TLS12,
  ONLY_TLS13,
  SUITE,
  type Tapped,
  tapped,
  tappedAndConnected,
  tls12,
} from "./_tls12.ts";

const T = HandshakeType;
const ROLES = ["client", "server"] as const;
/** What an end sends that wants to renegotiate (RFC 5246, Section 7.4.1). */
const REQUESTS = { client: T.clientHello, server: T.helloRequest } as const;

const other = (role: Role): Role => role === "client" ? "server" : "client";
const handshake = (message: Uint8Array<ArrayBuffer>) => ({
  type: ContentType.handshake,
  fragment: message,
});
const data = (...bytes: number[]) => ({
  type: ContentType.applicationData,
  fragment: new Uint8Array(bytes),
});
const alert = (level: number, name: AlertName | number) => ({
  type: ContentType.alert,
  fragment: new Uint8Array([level, typeof name === "number" ? name : alertCode(name)]),
});

/** A ClientHello that a client was heard to send, without the keys of the moment. */
function helloHeard(joined: Tapped): Uint8Array<ArrayBuffer> {
  return joined.tap.records[0]!.fragment;
}

/** Notes the alerts that reach an end. */
function noteAlertsTo(role: Role, alerts: string[]): JoinOptions {
  return {
    [role]: {
      alertReceivedCallback: (_: unknown, { level, description }: Alert) => {
        alerts.push(`${level} ${description}`);
      },
    },
  };
}

for (const role of ROLES) {
  Deno.test(`SslEngine declines a ${role}'s request to renegotiate by a warning, and goes on`, async () => {
    const alerts: string[] = [];
    await using joined = await tappedAndConnected(role, noteAlertsTo(role, alerts));
    const request = role === "client" ? helloHeard(joined) : frame(T.helloRequest, []);
    for (let i = 0; i < MAX_WARNING_ALERTS; i++) {
      await joined.tap.send(handshake(request));
    }
    await joined.tap.send(data(7));
    assertEquals(await readExactly(joined[other(role)], 1), new Uint8Array([7]));
    await joined[other(role)].write(new Uint8Array([8]));
    assertEquals(await readExactly(joined[role], 1), new Uint8Array([8]));
    await pingPong(joined);
    assertEquals(alerts, Array(MAX_WARNING_ALERTS).fill("warning no_renegotiation"));
  });

  Deno.test(`SslEngine declines in fragments what comes in fragments (${role})`, async () => {
    const alerts: string[] = [];
    await using joined = await tappedAndConnected(role, noteAlertsTo(role, alerts));
    const request = frame(REQUESTS[role], role === "client" ? new Uint8Array(100) : []);
    for (const byte of request) await joined.tap.send(handshake(new Uint8Array([byte])));
    await pingPong(joined);
    await pingPong(joined); // a client reads the request after it has written its ping
    assertEquals(alerts, ["warning no_renegotiation"]);
  });

  Deno.test(`SslEngine bears no flood of requests to renegotiate (${role})`, async () => {
    for (
      const [count, survives] of [[MAX_EMPTY_RECORDS, true], [
        MAX_EMPTY_RECORDS + 1,
        false,
      ]] as const
    ) {
      await using joined = tapped(role);
      await shake(joined);
      const request = handshake(frame(REQUESTS[role], []));
      const end = joined[other(role)];
      await joined.tap.send(...Array(count).fill(request), data(7));
      if (survives) assertEquals(await readExactly(end, 1), new Uint8Array([7]));
      else {
        assertLocal(
          await failureOf(end.read(new Uint8Array(1))),
          "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
          "unexpected_message",
        );
      }
    }
  });

  Deno.test(`SslEngine takes no other message of TLS 1.2 after the handshake (${role})`, async () => {
    const types = [...Object.values(T), 99].filter((type) => type !== REQUESTS[role]);
    for (const type of types) {
      await using joined = await tappedAndConnected(role);
      await joined.tap.send(handshake(frame(type, [])));
      const error = await failureOf(joined[other(role)].read(new Uint8Array(1)));
      assertLocal(error, error.name, "unexpected_message");
      assertFromPeer(await failureOf(joined[role].read(new Uint8Array(1))), "unexpected_message");
    }
  });

  Deno.test(`SslEngine of TLS 1.2 takes warnings as warnings, up to a number in a row (${role})`, async () => {
    for (
      const name of [
        "user_canceled",
        "no_renegotiation",
        "unrecognized_name",
        "unknown_ca",
      ] as const
    ) {
      await using joined = await tappedAndConnected(role);
      const end = joined[other(role)];
      for (let i = 0; i < 3; i++) {
        await joined.tap.send(...Array(MAX_WARNING_ALERTS).fill(alert(1, name)), data(i));
        assertEquals(await readExactly(end, 1), new Uint8Array([i]));
      }
      await joined.tap.send(...Array(MAX_WARNING_ALERTS + 1).fill(alert(1, name)));
      assertLocal(
        await failureOf(end.read(new Uint8Array(1))),
        "SSL_ERROR_RX_UNEXPECTED_ALERT",
        "unexpected_message",
      );
    }
  });

  Deno.test(`SslEngine of TLS 1.2 ends at a fatal alert, whatever it is (${role})`, async () => {
    for (const name of ["user_canceled", "no_renegotiation", "internal_error"] as const) {
      await using joined = await tappedAndConnected(role);
      await joined.tap.send(alert(2, name));
      assertFromPeer(await failureOf(joined[other(role)].read(new Uint8Array(1))), name);
    }
    // Neither a warning nor fatal: no end knows what is meant (RFC 5246, Section 7.2).
    for (const level of [0, 3]) {
      await using joined = await tappedAndConnected(role);
      await joined.tap.send(alert(level, "unknown_ca"));
      assertFromPeer(await failureOf(joined[other(role)].read(new Uint8Array(1))), "unknown_ca");
    }
  });

  Deno.test(`SslEngine of TLS 1.2 takes warnings during the handshake, too (${role})`, async () => {
    for (
      const [count, survives] of [[MAX_WARNING_ALERTS, true], [
        MAX_WARNING_ALERTS + 1,
        false,
      ]] as const
    ) {
      for (const encrypted of [false, true]) {
        await using joined = tapped(role);
        let first = true;
        joined.tap.rewrite = (record) => {
          if (record.encrypted !== encrypted || !first) return [record];
          first = false;
          return [...Array(count).fill(alert(1, "unrecognized_name")), record];
        };
        if (survives) {
          await shake(joined);
          continue;
        }
        const [client, server] = await Promise.all([
          outcomeOf(joined.client),
          outcomeOf(joined.server),
        ]);
        const found = role === "client" ? server : client;
        assertLocal(found, "SSL_ERROR_RX_UNEXPECTED_ALERT", "unexpected_message");
      }
    }
  });

  Deno.test(`SslEngine of TLS 1.2 bears empty records, up to a number in a row (${role})`, async () => {
    await using joined = await tappedAndConnected(role);
    const end = joined[other(role)];
    // As OpenSSL sent before each record against BEAST.
    for (let i = 0; i < 100; i++) await joined.tap.send(data(), data(i));
    assertEquals((await readExactly(end, 100)).length, 100);
    await joined.tap.send(...Array(MAX_EMPTY_RECORDS).fill(data()), data(1));
    assertEquals(await readExactly(end, 1), new Uint8Array([1]));
    await joined.tap.send(...Array(MAX_EMPTY_RECORDS + 1).fill(data()));
    assertLocal(
      await failureOf(end.read(new Uint8Array(1))),
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      "unexpected_message",
    );
  });

  Deno.test(`SslEngine of TLS 1.2 bears no empty handshake message fragments nor alerts (${role})`, async () => {
    for (const type of [ContentType.handshake, ContentType.alert]) {
      await using joined = await tappedAndConnected(role);
      await joined.tap.send({ type, fragment: new Uint8Array(0) });
      // RFC 5246, Section 6.2.1: they MUST NOT be sent.
      const error = await failureOf(joined[other(role)].read(new Uint8Array(1)));
      assertLocal(error, error.name, "unexpected_message");
    }
  });

  Deno.test(`SslEngine of TLS 1.2 refuses records in clear once they are encrypted, and altered or replayed ones (${role})`, async () => {
    const bad = async (send: (joined: Tapped) => Promise<void>) => {
      await using joined = await tappedAndConnected(role);
      await send(joined);
      const end = joined[other(role)];
      assertLocal(await failureOf(readAll(end)), "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
      assertFromPeer(await failureOf(joined[role].read(new Uint8Array(1))), "bad_record_mac");
    };
    for (
      const record of [
        data(1),
        alert(1, "close_notify"),
        alert(2, "internal_error"),
        handshake(frame(REQUESTS[role], [])),
      ]
    ) {
      await bad((joined) => joined.tap.send({ ...record, clear: true }));
    }
    // The sequence number is in what is authenticated, and so are type, version and length.
    await bad(async ({ tap }) => {
      const record = await tap.seal(data(1));
      await tap.sendBytes(record);
      await tap.sendBytes(record);
    });
    await bad(async ({ tap }) => {
      await tap.seal(data(1));
      await tap.send(data(2));
    });
    for (const at of [0, 2, 5, 13, -1]) {
      await bad(async ({ tap }) => {
        const record = await tap.seal(data(1, 2, 3));
        record[at < 0 ? record.length + at : at]! ^= 1;
        if (at === 0) record[0] = ContentType.alert;
        await tap.sendBytes(record);
      });
    }
  });

  Deno.test(`SslEngine of TLS 1.2 takes 2^14 bytes in a record, and none of more than 2^14+2048 as sealed (${role})`, async () => {
    await using joined = await tappedAndConnected(role);
    const end = joined[other(role)];
    const most = pattern(2 ** 14);
    await joined.tap.send({ type: ContentType.applicationData, fragment: most });
    assertEquals(await readExactly(end, most.length), most);
    // RFC 5246, Section 6.2.3, judged by the header alone.
    const length = 2 ** 14 + 2048 + 1;
    await joined.tap.sendBytes(new Uint8Array([23, 3, 3, length >> 8, length & 0xff]));
    assertLocal(
      await failureOf(end.read(new Uint8Array(1))),
      "SSL_ERROR_RX_RECORD_TOO_LONG",
      "record_overflow",
    );
  });

  Deno.test(`SslSocket of TLS 1.2 tells an end from a truncation (${role})`, async () => {
    await using closed = await tappedAndConnected(role);
    await closed[role].close();
    assertEquals(await closed[other(role)].read(new Uint8Array(1)), null);
    await using cut = await tappedAndConnected(role);
    await cut.tap.closeWrite();
    assertCutOff(await failureOf(cut[other(role)].read(new Uint8Array(1))));
    await using forged = await tappedAndConnected(role);
    // In clear it is anybody's.
    await forged.tap.send({ ...alert(1, "close_notify"), clear: true });
    assertLocal(
      await failureOf(forged[other(role)].read(new Uint8Array(1))),
      "SSL_ERROR_BAD_MAC_READ",
      "bad_record_mac",
    );
  });

  Deno.test(`keyUpdate() is not of TLS 1.2 (${role})`, async () => {
    await using joined = await connected(tls12());
    const error = await assertRejects(() => keyUpdate(joined[role]), SslError);
    assertEquals(error.name, "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION");
    await pingPong(joined); // the connection is none the worse for it
  });
}

Deno.test("SslEngine as client bears warnings before ServerHello where TLS 1.2 may be chosen (RFC 6066, Section 3)", async () => {
  const rows = [[ONLY_TLS12, true], [BOTH_VERSIONS, true], [ONLY_TLS13, false]] as const;
  for (const [versions, survives] of rows) {
    const warn = new Uint8Array([21, 3, 3, 0, 2, 1, alertCode("unrecognized_name")]);
    let sent = false;
    await using joined = join({
      client: { versions },
      server: { versions: BOTH_VERSIONS },
      wrapServer: (conn) => ({
        get localAddr() {
          return conn.localAddr;
        },
        get remoteAddr() {
          return conn.remoteAddr;
        },
        read: (p) => conn.read(p),
        close: () => conn.close(),
        write: async (p) => {
          if (!sent) {
            sent = true;
            await conn.write(warn);
          }
          return await conn.write(p);
        },
      }),
    });
    if (survives) await shake(joined);
    else {
      const [client] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
      assertFromPeer(client, "unrecognized_name");
    }
  }
});

Deno.test("exportKeyingMaterial() gives both ends of TLS 1.2 the same, and other bytes without a context than with an empty one", async () => {
  let line = "";
  const randoms: Uint8Array<ArrayBuffer>[] = [];
  await using joined = await connected(tls12({
    client: { versions: ONLY_TLS12, keyLog: (text) => void (line = text) },
    serverInternals: {
      messageFilter: onMessage(T.serverHello, (raw) => {
        randoms.push(raw.slice(6, 38));
        return [raw];
      }),
    },
  }));
  const { client, server } = joined;
  const none = await exportKeyingMaterial(client, "EXPORTER-Test", 40);
  const empty = await exportKeyingMaterial(client, "EXPORTER-Test", 40, new Uint8Array(0));
  const some = await exportKeyingMaterial(client, "EXPORTER-Test", 40, new Uint8Array([1]));
  assertEquals(new Set([none, empty, some].map((bytes) => bytes.toHex())).size, 3);
  assertEquals(await exportKeyingMaterial(server, "EXPORTER-Test", 40), none);
  assertEquals(await exportKeyingMaterial(server, "EXPORTER-Test", 40, new Uint8Array(0)), empty);
  assertNotEquals(await exportKeyingMaterial(server, "EXPORTER-Other", 40), none);
  // RFC 5705, Section 4, from what the key log tells.
  const [, clientRandom, master] = line.split(" ").map((part) =>
    /_/.test(part) ? new Uint8Array(0) : Uint8Array.fromHex(part)
  );
  const { prf } = await MasterSecret.of(SUITE, master!);
  const seed = new Uint8Array([...clientRandom!, ...randoms[0]!]);
  assertEquals(await prf.expand("EXPORTER-Test", seed, 40), none);
  assertEquals(await prf.expand("EXPORTER-Test", new Uint8Array([...seed, 0, 0]), 40), empty);
  assertEquals(await prf.expand("EXPORTER-Test", new Uint8Array([...seed, 0, 1, 1]), 40), some);
});

Deno.test("keyLog hook hears one line of TLS 1.2 at each end, the same, in NSS's format", async () => {
  const lines: Record<Role, string[]> = { client: [], server: [] };
  await using joined = await connected(tls12({
    client: { versions: ONLY_TLS12, keyLog: (line) => void lines.client.push(line) },
    server: { versions: ONLY_TLS12, keyLog: (line) => void lines.server.push(line) },
  }));
  await pingPong(joined);
  assertEquals(lines.client.length, 1);
  assertEquals(lines.client, lines.server);
  assert(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/.test(lines.client[0]!), lines.client[0]);
});

for (const role of ROLES) {
  Deno.test(`keyLog hook that throws ends the handshake of TLS 1.2 as a hook's error (${role})`, async () => {
    const cause = new Error("disk full");
    const keyLog = () => {
      throw cause;
    };
    await using joined = join(tls12({ [role]: { versions: ONLY_TLS12, keyLog } }));
    const [client, server] = await Promise.all([
      outcomeOf(joined.client),
      outcomeOf(joined.server),
    ]);
    const error = role === "client" ? client : server;
    assertLocal(error, "SSL_ERROR_APP_CALLBACK_ERROR", "internal_error");
    assertEquals(error.cause, cause);
  });
}

Deno.test("SslSocket of TLS 1.2 moves much data in both directions at once, in every bulk cipher", async () => {
  const suites = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
  ] as const;
  const bytes = pattern(300_001);
  for (const suite of suites) {
    const options: JoinOptions = tls12({
      client: { versions: ONLY_TLS12, cipherSuites: [suite] },
      server: { versions: ONLY_TLS12, cipherSuites: [suite] },
    });
    for (const pair of [{}, { chunking: { seed: 3, max: 5000 } }]) {
      await using joined = await connected({ ...options, pair });
      const { client, server } = joined;
      const write = async (end: typeof client) => {
        for (let sent = 0; sent < bytes.length;) sent += await end.write(bytes.subarray(sent));
      };
      const [got, gotToo] = await Promise.all([
        readExactly(client, bytes.length),
        readExactly(server, bytes.length),
        write(client),
        write(server),
      ]);
      assertEquals(got, bytes);
      assertEquals(gotToo, bytes);
    }
  }
});
