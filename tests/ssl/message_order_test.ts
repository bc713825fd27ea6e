// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The legal orders of messages as arrays: what RFC 8446, Section 2 and Appendix A, let an end
 * receive. They are the oracle, not the implementation: whatever no order allows at a place is
 * refused there as an unexpected_message (Section 4).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { ImportOptions, Role } from "../../ssl/config/import_options.ts";
import { HandshakeType, handshakeTypeName } from "../../ssl/tables/handshake_types.ts";
import { actOn, frame } from "./_filters.ts";
import {
  assertFromPeer,
  assertLocal,
  failureOf,
  join,
  type JoinOptions,
  outcomeOf,
  ping,
  PKI,
  session,
  shake,
} from "./_support.ts";

const T = HandshakeType;

/** Every type that a message can have here, and one that no RFC knows. */
const TYPES: readonly number[] = [...Object.values(T), 99];

/** One legal order of the messages that an end receives, with a handshake in which it happens. */
interface Order {
  readonly name: string;
  readonly receiver: Role;
  readonly order: readonly number[];
  /** What may follow the whole order, in any number. */
  readonly after: readonly number[];
  /** The places at which this order is tried; those of an order before it are left out. */
  readonly from: number;
  readonly options: () => Promise<JoinOptions>;
}

const AUTH_CLIENT: ImportOptions = { certificates: [PKI.client.credential] };

const full = () => Promise.resolve({});
const auth = () =>
  Promise.resolve({ client: AUTH_CLIENT, server: { clientAuth: "require" as const } });
const noCertificate = () => Promise.resolve({ server: { clientAuth: "request" as const } });
const retry = () => Promise.resolve({ server: { groups: ["secp256r1" as const] } });
const resumed = async () => {
  const options = {
    client: { context: new NssContext() },
    server: { context: new NssContext() },
  };
  await session(options);
  return options;
};

/**
 * What clients receive: Section 4's order, with the messages that Section 2 puts in brackets and
 * without.
 */
const CLIENT_AFTER = [T.newSessionTicket, T.keyUpdate];
/** What servers receive once they are connected. */
const SERVER_AFTER = [T.keyUpdate];

const ORDERS: readonly Order[] = [
  {
    name: "full handshake",
    receiver: "client",
    order: [T.serverHello, T.encryptedExtensions, T.certificate, T.certificateVerify, T.finished],
    after: CLIENT_AFTER,
    from: 0,
    options: full,
  },
  {
    name: "client authentication",
    receiver: "client",
    order: [
      T.serverHello,
      T.encryptedExtensions,
      T.certificateRequest,
      T.certificate,
      T.certificateVerify,
      T.finished,
    ],
    after: CLIENT_AFTER,
    from: 3,
    options: auth,
  },
  {
    name: "HelloRetryRequest",
    receiver: "client",
    order: [
      T.serverHello,
      T.serverHello,
      T.encryptedExtensions,
      T.certificate,
      T.certificateVerify,
      T.finished,
    ],
    after: CLIENT_AFTER,
    from: 1,
    options: retry,
  },
  {
    name: "resumption",
    receiver: "client",
    order: [T.serverHello, T.encryptedExtensions, T.finished],
    after: CLIENT_AFTER,
    from: 1,
    options: resumed,
  },
  {
    name: "full handshake",
    receiver: "server",
    order: [T.clientHello, T.finished],
    after: SERVER_AFTER,
    from: 0,
    options: full,
  },
  {
    name: "client authentication",
    receiver: "server",
    order: [T.clientHello, T.certificate, T.certificateVerify, T.finished],
    after: SERVER_AFTER,
    from: 1,
    options: auth,
  },
  {
    name: "client without certificate",
    receiver: "server",
    order: [T.clientHello, T.certificate, T.finished],
    after: SERVER_AFTER,
    from: 2,
    options: noCertificate,
  },
  {
    name: "HelloRetryRequest",
    receiver: "server",
    order: [T.clientHello, T.clientHello, T.finished],
    after: SERVER_AFTER,
    from: 1,
    options: retry,
  },
  {
    name: "resumption",
    receiver: "server",
    order: [T.clientHello, T.finished],
    after: SERVER_AFTER,
    from: 1,
    options: resumed,
  },
];

/** Places where two types are legal; all others have the order's next type alone. */
function legalAt({ name, receiver, order, after }: Order, place: number): readonly number[] {
  if (place === order.length) return after;
  const mayAsk = receiver === "client" && name !== "resumption" &&
    order[place - 1] === T.encryptedExtensions;
  return mayAsk ? [T.certificateRequest, T.certificate] : [order[place]!];
}

/** Puts a message in the place of the n-th one that is sent. */
function insteadOf(place: number, type: number): MessageFilter {
  let sent = 0;
  return ({ raw }) => sent++ === place ? [frame(type, [])] : [raw];
}

for (const row of ORDERS) {
  const { name, receiver, order, from } = row;
  for (let place = from; place <= order.length; place++) {
    const legal = legalAt(row, place);
    const prefix = order.slice(0, place).map(handshakeTypeName).join(", ") || "nothing";
    Deno.test(`SslEngine as ${receiver} refuses what must not follow ${prefix} (${name})`, async () => {
      const illegal = TYPES.filter((type) => !legal.includes(type));
      await Promise.all(illegal.map((type) => assertUnexpected(row, place, type)));
    });
  }
}

async function assertUnexpected(row: Order, place: number, type: number): Promise<void> {
  const filter = insteadOf(place, type);
  const options = await row.options();
  await using joined = join({
    ...options,
    [row.receiver === "client" ? "serverInternals" : "clientInternals"]: { messageFilter: filter },
  });
  const [receiver, sender] = row.receiver === "client"
    ? [joined.client, joined.server]
    : [joined.server, joined.client];
  if (place === row.order.length) {
    await shake(joined);
    await keyUpdate(sender); // in whose place the message goes
  }
  const [found, told] = await Promise.all([outcomeOf(receiver), outcomeOf(sender)]);
  const what = handshakeTypeName(type);
  assert(found instanceof SslError, `${what} was taken`);
  assertLocal(found, found.name, "unexpected_message");
  assert(/^SSL_ERROR_RX_(UNEXPECTED|UNKNOWN)_/.test(found.name), `${what}: ${found.name}`);
  assertFromPeer(told, "unexpected_message");
}

Deno.test("SslEngine takes what may follow the handshake, in any number and order", async () => {
  for (const action of ["duplicate", "drop"] as const) {
    await using joined = join({
      serverInternals: { messageFilter: actOn(T.newSessionTicket, 0, action) },
    });
    await shake(joined);
    await ping(joined);
    await keyUpdate(joined.server);
    await ping(joined);
    await keyUpdate(joined.client, true);
    await joined.client.write(new Uint8Array([1]));
    assertEquals(await joined.server.read(new Uint8Array(8)), 1);
  }
});

Deno.test("SslEngine says what is wrong with NewSessionTicket and KeyUpdate", async (t) => {
  const cut = { edit: (body: Uint8Array<ArrayBuffer>) => body.slice(0, -1) };
  const long = { edit: (body: Uint8Array<ArrayBuffer>) => new Uint8Array([...body, 0]) };
  const rows = [
    [
      "NewSessionTicket truncated",
      T.newSessionTicket,
      cut,
      "SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET",
      "decode_error",
    ],
    [
      "NewSessionTicket with a byte more",
      T.newSessionTicket,
      long,
      "SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET",
      "decode_error",
    ],
    ["KeyUpdate truncated", T.keyUpdate, cut, "SSL_ERROR_RX_MALFORMED_KEY_UPDATE", "decode_error"],
    [
      "KeyUpdate with a byte more",
      T.keyUpdate,
      long,
      "SSL_ERROR_RX_MALFORMED_KEY_UPDATE",
      "decode_error",
    ],
    // RFC 8446, Section 4.6.3: any other value is an illegal_parameter.
    [
      "KeyUpdate that asks for 2",
      T.keyUpdate,
      { edit: () => new Uint8Array([2]) },
      "SSL_ERROR_RX_MALFORMED_KEY_UPDATE",
      "illegal_parameter",
    ],
    // RFC 8446, Section 5.1: what was sent behind it in the same record spans the change of keys.
    [
      "KeyUpdate duplicated in one record",
      T.keyUpdate,
      "duplicate",
      "SSL_ERROR_RX_UNEXPECTED_HANDSHAKE",
      "unexpected_message",
    ],
    // The sender has new keys, and the receiver does not know.
    ["KeyUpdate dropped", T.keyUpdate, "drop", "SSL_ERROR_BAD_MAC_READ", "bad_record_mac"],
  ] as const;
  for (const [name, type, action, error, alert] of rows) {
    await t.step(name, async () => {
      await using joined = join({ serverInternals: { messageFilter: actOn(type, 0, action) } });
      await shake(joined);
      if (type === T.keyUpdate) await keyUpdate(joined.server);
      await joined.server.write(new Uint8Array([1]));
      assertLocal(await failureOf(joined.client.read(new Uint8Array(1))), error, alert);
      assertFromPeer(await failureOf(joined.server.read(new Uint8Array(1))), alert);
    });
  }
});
