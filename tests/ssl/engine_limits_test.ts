// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Every number that bounds the peer, at n and at n + 1.
 *
 * @module
 */

import { assertEquals, assertGreater } from "@std/assert";
import type { ErrorName } from "../../cert/base/errors.ts";
import {
  DATA_PER_MESSAGE,
  MAX_EMPTY_RECORDS,
  MAX_KEY_UPDATES,
  MAX_NEW_SESSION_TICKETS,
  MAX_WARNING_ALERTS,
} from "../../ssl/engine/flood_limits.ts";
import { MAX_OUTPUT_LENGTH, WriteHalf } from "../../ssl/engine/write_half.ts";
import { MAX_CHAIN_LENGTH } from "../../ssl/authentication/authenticate_peer.ts";
import { MAX_HANDSHAKE_SIZE } from "../../ssl/messages/handshake.ts";
import {
  MAX_CIPHERTEXT_LENGTH,
  MAX_PLAINTEXT_LENGTH,
  RECORD_HEADER_LENGTH,
} from "../../ssl/record/header.ts";
import type { AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { TLS_1_2 } from "../../ssl/tables/versions.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { frame } from "./_filters.ts";
import { type RecordTap, type RecordToSend, tapped, tappedAndConnected } from "./_record_tap.ts";
import {
  assertFails,
  assertFromPeer,
  assertLocal,
  closeAll,
  connected,
  failureOf,
  outcomeOf,
  pattern,
  pingPong,
  PKI,
  readExactly,
  serverOptions,
  shake,
  socketOver,
  TestEnvironment,
  turns,
} from "./_support.ts";

const DATA: RecordToSend = { type: ContentType.applicationData, fragment: new Uint8Array([9]) };
const EMPTY: RecordToSend = { type: ContentType.applicationData, fragment: new Uint8Array(0) };
const USER_CANCELED: RecordToSend = { type: ContentType.alert, fragment: new Uint8Array([1, 90]) };
const CCS: RecordToSend = {
  type: ContentType.changeCipherSpec,
  fragment: new Uint8Array([1]),
  clear: true,
};

/**
 * Sends records of its own to a connected server, then data; the data arrives, or the error is this
 * one.
 */
async function afterwards(
  send: (tap: RecordTap) => Promise<void>,
  failure: readonly [ErrorName, AlertName] | null,
): Promise<void> {
  await using joined = await tappedAndConnected("client");
  const { tap, client, server } = joined;
  await send(tap);
  if (failure === null) {
    await tap.send(DATA);
    assertEquals(await readExactly(server, 1), DATA.fragment);
  } else {
    assertLocal(await failureOf(server.read(new Uint8Array(1))), ...failure);
    assertFromPeer(await failureOf(client.read(new Uint8Array(1))), failure[1]);
  }
}

const times = (count: number, record: RecordToSend) => Array<RecordToSend>(count).fill(record);

Deno.test("MAX_EMPTY_RECORDS may follow each other, one more may not", async () => {
  const failure = ["SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", "unexpected_message"] as const;
  await afterwards((tap) => tap.send(...times(MAX_EMPTY_RECORDS, EMPTY)), null);
  await afterwards((tap) => tap.send(...times(MAX_EMPTY_RECORDS + 1, EMPTY)), failure);
  // Padding does not make an empty record full.
  const padded = times(MAX_EMPTY_RECORDS + 1, { ...EMPTY, padding: 100 });
  await afterwards((tap) => tap.send(...padded), failure);
});

Deno.test("MAX_EMPTY_RECORDS count from the last data on", async () => {
  await using joined = await tappedAndConnected("client");
  const { tap, server } = joined;
  for (let i = 0; i < 3; i++) {
    await tap.send(...times(MAX_EMPTY_RECORDS, EMPTY), DATA);
    assertEquals(await readExactly(server, 1), DATA.fragment);
  }
});

Deno.test("MAX_WARNING_ALERTS may follow each other, one more may not", async () => {
  await afterwards((tap) => tap.send(...times(MAX_WARNING_ALERTS, USER_CANCELED)), null);
  await afterwards(
    (tap) => tap.send(...times(MAX_WARNING_ALERTS + 1, USER_CANCELED)),
    ["SSL_ERROR_RX_UNEXPECTED_ALERT", "unexpected_message"],
  );
});

Deno.test("MAX_KEY_UPDATES may follow each other, one more may not", async () => {
  const send = (count: number) => async (tap: RecordTap) => {
    const keyUpdate = frame(HandshakeType.keyUpdate, [0]);
    for (let i = 0; i < count; i++) {
      await tap.send({ type: ContentType.handshake, fragment: keyUpdate });
      await tap.renewKeys();
    }
  };
  await afterwards(send(MAX_KEY_UPDATES), null);
  await using joined = await tappedAndConnected("client");
  await send(MAX_KEY_UPDATES + 1)(joined.tap);
  const error = await failureOf(joined.server.read(new Uint8Array(1)));
  assertLocal(error, "SSL_ERROR_TOO_MANY_KEY_UPDATES", "unexpected_message");
  // With enough data between them there is no end to them.
  await using patient = await tappedAndConnected("client");
  const data = pattern(DATA_PER_MESSAGE * MAX_KEY_UPDATES / 4);
  for (let i = 0; i < 3; i++) {
    await send(MAX_KEY_UPDATES)(patient.tap);
    const record = { ...DATA, fragment: data };
    await patient.tap.send(record, record, record, record);
    assertEquals((await readExactly(patient.server, 4 * data.length)).length, 4 * data.length);
  }
});

Deno.test("KeyUpdate and one byte in turn come to MAX_KEY_UPDATES", async () => {
  const environment = new TestEnvironment(); // time stands still
  await using joined = await tappedAndConnected("client", { serverInternals: { environment } });
  const { tap, server } = joined;
  const fragment = frame(HandshakeType.keyUpdate, [0]);
  for (let i = 0; i < MAX_KEY_UPDATES; i++) {
    await tap.send({ type: ContentType.handshake, fragment });
    await tap.renewKeys();
    await tap.send(DATA);
    assertEquals(await readExactly(server, 1), DATA.fragment);
  }
  await tap.send({ type: ContentType.handshake, fragment });
  const error = await failureOf(server.read(new Uint8Array(1)));
  assertLocal(error, "SSL_ERROR_TOO_MANY_KEY_UPDATES", "unexpected_message");
});

Deno.test("MAX_NEW_SESSION_TICKETS may follow each other, one more may not", async () => {
  const ticket = frame(HandshakeType.newSessionTicket, [
    ...[0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7],
    ...[0, 0],
  ]);
  const tickets = (count: number) =>
    times(count, { type: ContentType.handshake, fragment: ticket });
  await using joined = await tappedAndConnected("server", { server: { sessionTickets: false } });
  const { tap, client } = joined;
  // With enough data between them there is no end to them.
  const data = pattern(DATA_PER_MESSAGE * MAX_NEW_SESSION_TICKETS / 4);
  for (let i = 0; i < 3; i++) {
    await tap.send(...tickets(MAX_NEW_SESSION_TICKETS), ...times(4, { ...DATA, fragment: data }));
    assertEquals((await readExactly(client, 4 * data.length)).length, 4 * data.length);
  }
  await tap.send(...tickets(MAX_NEW_SESSION_TICKETS + 1));
  assertLocal(
    await failureOf(client.read(new Uint8Array(1))),
    "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET",
    "unexpected_message",
  );
});

Deno.test("MAX_EMPTY_RECORDS bound change_cipher_spec in the handshake, for both ends", async () => {
  for (const role of ["client", "server"] as const) {
    for (const extra of [0, 1]) {
      await using joined = tapped(role);
      joined.tap.rewrite = (record) =>
        record.type === ContentType.changeCipherSpec
          ? times(MAX_EMPTY_RECORDS + extra, CCS)
          : [record];
      const outcomes = await Promise.all(
        extra === 0 ? [shake(joined)] : [outcomeOf(joined.client), outcomeOf(joined.server)],
      );
      if (extra === 0) {
        await pingPong(joined);
        continue;
      }
      const [own, other] = role === "server" ? outcomes : outcomes.toReversed();
      assertLocal(own, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", "unexpected_message");
      assertFromPeer(other, "unexpected_message");
    }
  }
});

Deno.test("MAX_HANDSHAKE_SIZE bounds a message before it is kept", async () => {
  for (const extra of [0, 1]) {
    await using joined = await tappedAndConnected("server");
    const { tap, client } = joined;
    const ticket = MAX_HANDSHAKE_SIZE + extra - 13;
    const message = frame(HandshakeType.newSessionTicket, [
      ...[0, 0, 0, 9, 0, 0, 0, 0, 0, ticket >> 8, ticket & 0xff],
      ...pattern(ticket),
      ...[0, 0],
    ]);
    // The header alone is enough to refuse it.
    const end = extra === 0 ? message.length : 4;
    for (let at = 0; at < end; at += MAX_PLAINTEXT_LENGTH) {
      const fragment = message.slice(at, Math.min(at + MAX_PLAINTEXT_LENGTH, end));
      await tap.send({ type: ContentType.handshake, fragment });
    }
    if (extra === 0) {
      await tap.send(DATA);
      assertEquals(await readExactly(client, 1), DATA.fragment);
    } else {
      const error = await failureOf(client.read(new Uint8Array(1)));
      assertLocal(error, "SSL_ERROR_RX_MALFORMED_HANDSHAKE", "decode_error");
    }
  }
});

Deno.test("MAX_CHAIN_LENGTH certificates are looked at, one more is refused", async () => {
  const chainOf = (length: number) => ({
    certificates: [{
      ...PKI.server.credential,
      chain: Array(length - 1).fill(PKI.root.cert),
    }],
  });
  await using joined = await connected({ server: chainOf(MAX_CHAIN_LENGTH) });
  const { peerCertificates } = await joined.client.handshake();
  assertEquals(peerCertificates.length, MAX_CHAIN_LENGTH);
  await assertFails({ server: chainOf(MAX_CHAIN_LENGTH + 1) }, {
    at: "client",
    error: "SSL_ERROR_BAD_CERTIFICATE",
    alert: "bad_certificate",
  });
});

Deno.test("MAX_PLAINTEXT_LENGTH bounds content and padding together (RFC 8446, Section 5.4)", async () => {
  const full = MAX_PLAINTEXT_LENGTH;
  for (
    const [content, padding, good] of [
      [full, 0, true],
      [full - 1, 1, true],
      [100, full - 100, true],
      [full, 1, false],
      [100, full - 99, false],
      [full + 1, 0, false],
    ] as const
  ) {
    await using joined = await tappedAndConnected("client");
    const { tap, server } = joined;
    await tap.send({ type: ContentType.applicationData, fragment: pattern(content), padding });
    if (good) {
      assertEquals(await readExactly(server, content), pattern(content));
    } else {
      const error = await failureOf(server.read(new Uint8Array(1)));
      assertLocal(error, "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow");
    }
  }
});

Deno.test("MAX_CIPHERTEXT_LENGTH bounds a protected record by its header (RFC 8446, Section 5.2)", async () => {
  for (const extra of [0, 1]) {
    await using joined = await tappedAndConnected("client");
    const { tap, server } = joined;
    const length = MAX_CIPHERTEXT_LENGTH + extra;
    const header = new Uint8Array([23, 3, 3, length >> 8, length & 0xff]);
    await tap.sendBytes(header); // without a byte of the rest
    if (extra === 0) await tap.sendBytes(new Uint8Array(length));
    const error = await failureOf(server.read(new Uint8Array(1)));
    if (extra === 0) assertLocal(error, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
    else assertLocal(error, "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow");
  }
});

Deno.test("MAX_PLAINTEXT_LENGTH bounds a record in clear by its header (RFC 8446, Section 5.1)", async () => {
  for (const extra of [0, 1]) {
    const [a, b] = memoryPair();
    const server = socketOver(a, serverOptions());
    const handshake = failureOf(server.handshake());
    const length = MAX_PLAINTEXT_LENGTH + extra;
    await b.write(new Uint8Array([22, 3, 1, length >> 8, length & 0xff]));
    if (extra === 0) await b.write(new Uint8Array(length));
    const error = await handshake;
    if (extra === 0) {
      assertLocal(error, "SSL_ERROR_RX_UNEXPECTED_HELLO_REQUEST", "unexpected_message");
    } else assertLocal(error, "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow");
    b.close();
    await closeAll(server);
  }
});

Deno.test("MAX_OUTPUT_LENGTH bytes leave in one transport write, what is more leaves with the next", async () => {
  const full = RECORD_HEADER_LENGTH + MAX_PLAINTEXT_LENGTH;
  const room = MAX_OUTPUT_LENGTH - 16 * full - RECORD_HEADER_LENGTH;
  for (const extra of [0, 1]) {
    const half = new WriteHalf(TLS_1_2);
    const write = (length: number) =>
      half.writeRecord(ContentType.applicationData, new Uint8Array(length));
    for (let i = 0; i < 16; i++) write(MAX_PLAINTEXT_LENGTH);
    write(room + extra);
    await turns(1); // by which all are sealed
    const lengths = [];
    for (let i = 0; i < 3 && !half.empty; i++) lengths.push((await half.take())!.length);
    const apart = [16 * full, RECORD_HEADER_LENGTH + room + 1];
    assertEquals(lengths, extra === 0 ? [MAX_OUTPUT_LENGTH] : apart);
  }
});

Deno.test("A record too short for its tag is refused", async () => {
  for (const length of [0, 1, 16]) {
    await using joined = await tappedAndConnected("client");
    await joined.tap.sendBytes(new Uint8Array([23, 3, 3, 0, length, ...new Uint8Array(length)]));
    const error = await failureOf(joined.server.read(new Uint8Array(1)));
    assertLocal(error, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
  }
  assertGreater(MAX_CIPHERTEXT_LENGTH, MAX_PLAINTEXT_LENGTH);
});
