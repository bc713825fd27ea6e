// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Records as peers may send them and as they may not, under the right keys: padding, fragments,
 * alerts, change_cipher_spec.
 *
 * @module
 */

import { assertEquals, assertInstanceOf } from "@std/assert";
import type { ErrorName } from "../../cert/base/errors.ts";
import { errorFromAlert } from "../../ssl/base/alerts.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import { ALERT_DESCRIPTIONS, type AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { frame } from "./_filters.ts";
import {
  concat,
  plainRecord,
  type RecordTap,
  type RecordToSend,
  type Rewrite,
  tapped,
  tappedAndConnected,
} from "./_record_tap.ts";
import {
  assertCutOff,
  assertFromPeer,
  assertLocal,
  clientOptions,
  closeAll,
  failureOf,
  outcomeOf,
  pattern,
  pingPong,
  readAll,
  readExactly,
  serverOptions,
  shake,
  socketOver,
  turns,
} from "./_support.ts";

const ROLES: readonly Role[] = ["client", "server"];
const UNEXPECTED = "unexpected_message";
const BYTE = new Uint8Array([9]);

const data = (fragment: Uint8Array<ArrayBuffer>, padding = 0): RecordToSend => ({
  type: ContentType.applicationData,
  fragment,
  padding,
});
const alert = (...bytes: readonly number[]): RecordToSend => ({
  type: ContentType.alert,
  fragment: new Uint8Array(bytes),
});
const handshake = (fragment: Uint8Array<ArrayBuffer>): RecordToSend => ({
  type: ContentType.handshake,
  fragment,
});
const changeCipherSpec = (...bytes: readonly number[]): RecordToSend => ({
  type: ContentType.changeCipherSpec,
  fragment: new Uint8Array(bytes),
  clear: true,
});
const KEY_UPDATE = frame(HandshakeType.keyUpdate, [0]);

Deno.test("SslEngine takes records with any padding", async () => {
  for (const role of ROLES) {
    await using joined = await tappedAndConnected(role);
    const peer = role === "client" ? joined.server : joined.client;
    for (const padding of [0, 1, 2, 255, 256, 16383]) {
      await joined.tap.send(data(BYTE, padding));
      assertEquals(await readExactly(peer, 1), BYTE);
    }
    // Content that looks like padding and like a content type is content.
    const tricky = new Uint8Array([0, 0, 23, 22, 0, 0]);
    await joined.tap.send(data(tricky, 3));
    assertEquals(await readExactly(peer, 6), tricky);
  }
});

Deno.test("SslEngine takes padded handshake messages and alerts", async () => {
  for (const role of ROLES) {
    const joined = tapped(role);
    joined.tap.rewrite = (record) => [{ ...record, padding: 77 }];
    await shake(joined);
    await pingPong(joined);
    const [own, peer] = role === "client"
      ? [joined.client, joined.server]
      : [joined.server, joined.client];
    await own.close();
    assertEquals(await peer.read(new Uint8Array(1)), null);
    await closeAll(peer);
  }
});

/** What handshake records may look like on the wire. */
const CUTS: Readonly<Record<string, (size: number) => number[]>> = {
  "one byte each": (size) => Array(size).fill(1),
  "headers apart from bodies": (size) => [4, size - 4].filter((part) => part > 0),
  "the last byte alone": (size) => [size - 1, 1].filter((part) => part > 0),
};

for (const [name, cut] of Object.entries(CUTS)) {
  Deno.test(`SslEngine takes handshake messages in fragments: ${name}`, async () => {
    for (const role of ROLES) {
      await using joined = tapped(role, { server: { clientAuth: "request" } });
      joined.tap.rewrite = (record) => {
        if (record.type !== ContentType.handshake) return [record];
        let at = 0;
        return cut(record.fragment.length).map((size) => {
          const fragment = record.fragment.slice(at, at += size);
          return { type: record.type, fragment };
        });
      };
      await shake(joined);
      await pingPong(joined);
    }
  });
}

Deno.test("SslEngine takes each message in a record of its own", async () => {
  await using joined = tapped("server", { server: { clientAuth: "request" } });
  joined.tap.rewrite = (record) => {
    if (record.type !== ContentType.handshake) return [record];
    return messagesOf(record.fragment).map((fragment) => ({ ...record, fragment }));
  };
  await shake(joined);
  await pingPong(joined);
});

/** Cuts a flight into its messages. */
function messagesOf(flight: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < flight.length;) {
    const size = 4 + (flight[at + 1]! << 16 | flight[at + 2]! << 8 | flight[at + 3]!);
    messages.push(flight.slice(at, at += size));
  }
  return messages;
}

/** Puts a record into the middle of each protected handshake message, or of a message in clear. */
const interrupt = (by: RecordToSend, epoch: "clear" | "handshake"): Rewrite => (record) => {
  if (record.type !== ContentType.handshake || record.epoch !== epoch) return [record];
  const { fragment } = record;
  return [{ ...record, fragment: fragment.slice(0, 10) }, by, {
    ...record,
    fragment: fragment.slice(10),
  }];
};

/** Runs a handshake in which one end's records are rewritten; the other end must find this. */
async function assertRefused(
  role: Role,
  rewrite: Rewrite,
  error: ErrorName,
  alertName: AlertName,
  prepare: (tap: RecordTap) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await using joined = tapped(role);
  joined.tap.rewrite = rewrite;
  await prepare(joined.tap);
  const outcomes = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
  const [own, other] = role === "client" ? outcomes.toReversed() : outcomes;
  assertLocal(own, error, alertName);
  assertFromPeer(other, alertName);
}

Deno.test("SslEngine refuses what interrupts a handshake message (RFC 8446, Section 5.1)", async (t) => {
  const rows: readonly [string, RecordToSend, ErrorName][] = [
    ["change_cipher_spec", changeCipherSpec(1), "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE"],
    ["a warning", alert(1, 90), "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE"],
    ["application data", data(BYTE), "SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA"],
    ["an empty fragment", handshake(new Uint8Array(0)), "SSL_ERROR_RX_UNEXPECTED_HANDSHAKE"],
  ];
  for (const [name, record, error] of rows) {
    for (const role of ROLES) {
      await t.step(`${name} (${role})`, async () => {
        await assertRefused(role, interrupt(record, "handshake"), error, UNEXPECTED);
      });
    }
  }
  await t.step("change_cipher_spec in clear", async () => {
    await assertRefused(
      "server",
      interrupt(changeCipherSpec(1), "clear"),
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      UNEXPECTED,
    );
  });
});

Deno.test("SslEngine refuses data in the middle of a message after the handshake, too", async () => {
  await using joined = await tappedAndConnected("client");
  await joined.tap.send(handshake(KEY_UPDATE.slice(0, 3)), data(BYTE));
  const error = await failureOf(joined.server.read(new Uint8Array(1)));
  assertLocal(error, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", UNEXPECTED);
});

Deno.test("SslEngine refuses messages that span a change of keys (RFC 8446, Section 5.1)", async (t) => {
  const withByte: (epoch: string) => Rewrite = (epoch) => (record) => {
    if (record.type !== ContentType.handshake || record.epoch !== epoch) return [record];
    return [{ ...record, fragment: concat([record.fragment, new Uint8Array([8])]) }];
  };
  const UNALIGNED = "SSL_ERROR_RX_UNEXPECTED_HANDSHAKE";
  await t.step(
    "ServerHello",
    () => assertRefused("server", withByte("clear"), UNALIGNED, UNEXPECTED),
  );
  await t.step(
    "the server's Finished",
    () => assertRefused("server", withByte("handshake"), UNALIGNED, UNEXPECTED),
  );
  await t.step(
    "ClientHello",
    () =>
      assertRefused(
        "client",
        withByte("clear"),
        "SSL_ERROR_RX_UNEXPECTED_ENCRYPTED_EXTENSIONS",
        UNEXPECTED,
      ),
  );
  await t.step(
    "the client's Finished",
    () => assertRefused("client", withByte("handshake"), UNALIGNED, UNEXPECTED),
  );
  await t.step("KeyUpdate", async () => {
    await using joined = await tappedAndConnected("client");
    await joined.tap.send(handshake(concat([KEY_UPDATE, KEY_UPDATE.subarray(0, 1)])));
    assertLocal(await failureOf(joined.server.read(new Uint8Array(1))), UNALIGNED, UNEXPECTED);
  });
});

Deno.test("SslEngine tolerates change_cipher_spec in the handshake and nowhere else (RFC 8446, Section 5)", async (t) => {
  const before = (record: RecordToSend, ...epochs: string[]): Rewrite => (it) =>
    epochs.includes(it.epoch) && it.type === ContentType.handshake ? [record, it] : [it];
  const ccs = changeCipherSpec(1);
  for (const role of ROLES) {
    await t.step(`between any two records (${role})`, async () => {
      await using joined = tapped(role);
      // RFC 8446, Appendix D.4: not before the first ClientHello.
      joined.tap.rewrite = before(ccs, "handshake", ...(role === "server" ? ["clear"] : []));
      await shake(joined);
      await pingPong(joined);
    });
    for (const bytes of [[2], [1, 1], [], [0]]) {
      await t.step(`not as ${JSON.stringify(bytes)} (${role})`, () =>
        assertRefused(
          role,
          before(changeCipherSpec(...bytes), "handshake"),
          "SSL_ERROR_RX_MALFORMED_CHANGE_CIPHER",
          UNEXPECTED,
        ));
    }
    await t.step(`not protected (${role})`, () =>
      assertRefused(
        role,
        before({ ...ccs, clear: false }, "handshake"),
        "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
        UNEXPECTED,
      ));
    await t.step(`not after the handshake (${role})`, async () => {
      await using joined = await tappedAndConnected(role);
      await joined.tap.send(ccs);
      const [own, peer] = role === "client"
        ? [joined.server, joined.client]
        : [joined.client, joined.server];
      assertLocal(
        await failureOf(own.read(new Uint8Array(1))),
        "SSL_ERROR_RX_UNEXPECTED_CHANGE_CIPHER",
        UNEXPECTED,
      );
      assertFromPeer(await failureOf(peer.read(new Uint8Array(1))), UNEXPECTED);
    });
  }
  await t.step("not before the first ClientHello", () =>
    assertRefused(
      "client",
      (record) => [record],
      "SSL_ERROR_RX_UNEXPECTED_CHANGE_CIPHER",
      UNEXPECTED,
      (tap) => tap.send(ccs),
    ));
});

Deno.test("SslEngine refuses records in clear once they are encrypted", async (t) => {
  const rows: readonly [string, RecordToSend, ErrorName, AlertName][] = [
    [
      "an alert",
      { ...alert(2, 40), clear: true },
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      UNEXPECTED,
    ],
    [
      "close_notify",
      { ...alert(1, 0), clear: true },
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      UNEXPECTED,
    ],
    [
      "a handshake message",
      { ...handshake(KEY_UPDATE), clear: true },
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      UNEXPECTED,
    ],
    [
      "data",
      { ...data(new Uint8Array(100)), clear: true },
      "SSL_ERROR_BAD_MAC_READ",
      "bad_record_mac",
    ],
  ];
  for (const [name, record, error, alertName] of rows) {
    await t.step(name, async () => {
      await using joined = await tappedAndConnected("client");
      await joined.tap.send(data(BYTE), record);
      assertEquals(await readExactly(joined.server, 1), BYTE); // what came before is good
      assertLocal(await failureOf(joined.server.read(new Uint8Array(1))), error, alertName);
      assertFromPeer(await failureOf(joined.client.read(new Uint8Array(1))), alertName);
    });
  }
});

Deno.test("SslEngine refuses records of types that have no place in a connection", async () => {
  const rows: readonly [number, boolean, ErrorName][] = [
    [24, true, "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE"], // RFC 6520's heartbeat
    [0, true, "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE"],
    [24, false, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE"],
    [99, false, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE"],
  ];
  for (const [type, clear, error] of rows) {
    await using joined = await tappedAndConnected("client");
    await joined.tap.send({ type, fragment: BYTE, clear });
    assertLocal(await failureOf(joined.server.read(new Uint8Array(1))), error, UNEXPECTED);
  }
  // RFC 8446, Section 5.4: a record that is all padding has no type.
  await using joined = await tappedAndConnected("client");
  await joined.tap.send({ type: 0, fragment: new Uint8Array(0), padding: 5 });
  const error = await failureOf(joined.server.read(new Uint8Array(1)));
  assertLocal(error, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", UNEXPECTED);
});

Deno.test("SslEngine refuses records that were replayed, left out or altered", async (t) => {
  const changes: Readonly<Record<string, (a: Uint8Array, b: Uint8Array) => Uint8Array[]>> = {
    replayed: (a, b) => [a, a, b],
    "left out": (_, b) => [b],
    reordered: (a, b) => [b, a],
    altered: (a, b) => {
      a[20]! ^= 1;
      return [a, b];
    },
    "with an altered version": (a, b) => {
      a[2]! ^= 1;
      return [a, b];
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    await t.step(name, async () => {
      await using joined = await tappedAndConnected("client");
      const { tap, server } = joined;
      const [a, b] = [await tap.seal(data(pattern(50))), await tap.seal(data(pattern(60)))];
      await tap.sendBytes(concat(change(a, b)));
      const error = await failureOf(readAll(server));
      assertLocal(error, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
    });
  }
});

Deno.test("SslEngine turns every alert of the peer into its error, and answers none", async (t) => {
  const closing = ["close_notify", "user_canceled"];
  for (const [name, code] of [...Object.entries(ALERT_DESCRIPTIONS), ["unknown", 255] as const]) {
    if (closing.includes(name)) continue;
    await t.step(name, async () => {
      // RFC 8446, Section 6: the level says nothing.
      for (const level of [1, 2]) {
        await using joined = await tappedAndConnected("client");
        await joined.tap.send(alert(level, code));
        const error = await failureOf(joined.server.read(new Uint8Array(1)));
        const expected = errorFromAlert(code);
        assertEquals([error.name, error.origin, error.alert, error.message], [
          expected.name,
          "peer",
          null,
          expected.message,
        ]);
        assertCutOff(await failureOf(joined.client.read(new Uint8Array(1))));
      }
    });
  }
});

Deno.test("SslEngine takes alerts in clear in the handshake, in both roles", async () => {
  for (const role of ROLES) {
    const [a, b] = memoryPair();
    const socket = socketOver(a, role === "client" ? clientOptions() : serverOptions());
    const failed = failureOf(socket.handshake());
    await turns(2);
    await b.write(plainRecord(ContentType.alert, new Uint8Array([2, 40])));
    assertFromPeer(await failed, "handshake_failure");
    b.close();
    await socket.close();
  }
});

Deno.test("SslEngine takes an alert in clear from a peer that could not read the hello", async () => {
  await using joined = tapped("client");
  // The client fails in EncryptedExtensions' place, and has no keys to say so.
  joined.tap.rewrite = (record) =>
    record.epoch === "handshake" ? [{ ...alert(2, 50), clear: true }] : [record];
  const [, server] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
  assertFromPeer(server, "decode_error");
});

Deno.test("SslEngine refuses alerts that are none", async () => {
  const rows: readonly [readonly number[], ErrorName, AlertName][] = [
    [[2], "SSL_ERROR_RX_MALFORMED_ALERT", "decode_error"],
    [[2, 40, 0], "SSL_ERROR_RX_MALFORMED_ALERT", "decode_error"],
    // RFC 8446, Section 5.1: one to a record
    [[1, 0, 1, 0], "SSL_ERROR_RX_MALFORMED_ALERT", "decode_error"],
    // RFC 8446, Section 5.4: zero-length Alert records are answered with unexpected_message.
    [[], "SSL_ERROR_RX_UNEXPECTED_ALERT", "unexpected_message"],
  ];
  for (const [bytes, error, alertName] of rows) {
    await using joined = await tappedAndConnected("client");
    await joined.tap.send(alert(...bytes));
    assertLocal(await failureOf(joined.server.read(new Uint8Array(1))), error, alertName);
    assertFromPeer(await failureOf(joined.client.read(new Uint8Array(1))), alertName);
  }
});

Deno.test("SslEngine takes user_canceled for what it announces: a close_notify", async () => {
  await using joined = await tappedAndConnected("client");
  await joined.tap.send(alert(1, 90), data(BYTE), alert(1, 0));
  assertEquals(await readAll(joined.server), BYTE);

  await using early = tapped("client");
  early.tap.rewrite = (record) => record.epoch === "clear" ? [record] : [alert(1, 90), alert(1, 0)];
  const [, server] = await Promise.all([outcomeOf(early.client), outcomeOf(early.server)]);
  assertInstanceOf(server, SslError);
  assertEquals([server.name, server.origin, server.alert], ["PR_END_OF_FILE_ERROR", "peer", null]);
});

Deno.test("SslEngine refuses application data before the handshake is complete", async () => {
  for (const role of ROLES) {
    for (const fragment of [BYTE, new Uint8Array(0)]) {
      await assertRefused(
        role,
        (record) => record.epoch === "handshake" ? [data(fragment), record] : [record],
        "SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA",
        UNEXPECTED,
      );
    }
  }
});

Deno.test("SslEngine says in plain words that the peer speaks another protocol", async () => {
  const rows: readonly [Role, string | Uint8Array, ErrorName, RegExp][] = [
    ["client", "HTTP/1.1 400 Bad Request\r\n", "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE", /HTTP response/],
    ["client", "220 mail.test ESMTP\r\n", "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE", /STARTTLS/],
    ["server", "GET / HTTP/1.1\r\n", "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE", /HTTP request/],
    [
      "server",
      new Uint8Array([0x80, 0x2e, 1, 3, 1, 0, 0]),
      "SSL_ERROR_UNSUPPORTED_VERSION",
      /SSL 2\.0/,
    ],
  ];
  for (const [role, bytes, name, message] of rows) {
    const [a, b] = memoryPair();
    const socket = socketOver(a, role === "client" ? clientOptions() : serverOptions());
    const failed = failureOf(socket.handshake());
    await b.write(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    const error = await failed;
    assertEquals([error.name, message.test(error.message)], [name, true], error.message);
    b.close();
    await socket.close();
  }
});
