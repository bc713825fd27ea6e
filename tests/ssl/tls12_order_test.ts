// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The legal orders of TLS 1.2's messages as arrays: what RFC 5246, Section 7.3, RFC 5077 and RFC
 * 6066 let an end receive, change_cipher_spec included. They are the oracle, not the
 * implementation: whatever no order allows at a place is refused there as an unexpected_message. A
 * change_cipher_spec out of turn was CVE-2014-0224.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType, handshakeTypeName } from "../../ssl/tables/handshake_types.ts";
import { frame } from "./_filters.ts";
import {
  assertFromPeer,
  assertLocal,
  join,
  type JoinOptions,
  outcomeOf,
  PKI,
  session,
  shake,
} from "./_support.ts";
import {
  Acquaintance,
  BOTH_VERSIONS,
  ONLY_TLS12,
  SUITE,
  type Tapped,
  tapped,
  tls12,
} from "./_tls12.ts";

const T = HandshakeType;
/** Stands in the orders for change_cipher_spec, which is no handshake message. */
const CCS = -1;

/** Every type that a message can have here, and one that no RFC knows. */
const TYPES: readonly number[] = [...Object.values(T), 99];

/** One legal order of what an end receives, with a handshake in which it happens. */
interface Order {
  readonly name: string;
  readonly receiver: Role;
  readonly order: readonly number[];
  /** Types that are legal at a place besides the order's next. */
  readonly alsoLegal?: Readonly<Record<number, readonly number[]>>;
  /** The places at which this order is tried; those of an order before it are left out. */
  readonly from: number;
  readonly options: () => Promise<JoinOptions>;
}

const full = () => Promise.resolve(tls12());
const withoutTickets = () =>
  Promise.resolve(tls12({ server: { versions: ONLY_TLS12, sessionTickets: false } }));
const auth = () =>
  Promise.resolve(tls12({
    client: { versions: ONLY_TLS12, certificates: [PKI.client.credential] },
    server: { versions: ONLY_TLS12, clientAuth: "require" },
  }));
const noCertificate = () =>
  Promise.resolve(tls12({ server: { versions: ONLY_TLS12, clientAuth: "request" } }));
const stapled = () =>
  Promise.resolve(tls12({
    client: { versions: ONLY_TLS12, ocspStapling: true, authCertificate: () => true },
    server: {
      versions: ONLY_TLS12,
      certificates: [{ ...PKI.server.credential, ocsp: new Uint8Array([1, 2, 3]) }],
    },
  }));
const resumed = async () => {
  const two = new Acquaintance();
  const options = two.with({});
  await session(options);
  return options;
};

const ORDERS: readonly Order[] = [
  {
    name: "full handshake",
    receiver: "client",
    order: [
      T.serverHello,
      T.certificate,
      T.serverKeyExchange,
      T.serverHelloDone,
      T.newSessionTicket,
      CCS,
      T.finished,
    ],
    alsoLegal: { 3: [T.certificateRequest] },
    from: 0,
    options: full,
  },
  {
    name: "no ticket",
    receiver: "client",
    order: [
      T.serverHello,
      T.certificate,
      T.serverKeyExchange,
      T.serverHelloDone,
      CCS,
      T.finished,
    ],
    from: 4,
    options: withoutTickets,
  },
  {
    name: "client authentication",
    receiver: "client",
    order: [
      T.serverHello,
      T.certificate,
      T.serverKeyExchange,
      T.certificateRequest,
      T.serverHelloDone,
      T.newSessionTicket,
      CCS,
      T.finished,
    ],
    from: 4,
    options: auth,
  },
  {
    name: "OCSP response",
    receiver: "client",
    order: [
      T.serverHello,
      T.certificate,
      T.certificateStatus,
      T.serverKeyExchange,
      T.serverHelloDone,
      T.newSessionTicket,
      CCS,
      T.finished,
    ],
    // RFC 6066, Section 8: a server may leave it out all the same.
    alsoLegal: { 2: [T.serverKeyExchange], 4: [T.certificateRequest] },
    from: 2,
    options: stapled,
  },
  {
    name: "resumption",
    receiver: "client",
    order: [T.serverHello, T.newSessionTicket, CCS, T.finished],
    from: 1,
    options: resumed,
  },
  {
    name: "full handshake",
    receiver: "server",
    order: [T.clientHello, T.clientKeyExchange, CCS, T.finished],
    from: 0,
    options: full,
  },
  {
    name: "client authentication",
    receiver: "server",
    order: [
      T.clientHello,
      T.certificate,
      T.clientKeyExchange,
      T.certificateVerify,
      CCS,
      T.finished,
    ],
    from: 1,
    options: auth,
  },
  {
    name: "client without certificate",
    receiver: "server",
    order: [T.clientHello, T.certificate, T.clientKeyExchange, CCS, T.finished],
    from: 2,
    options: noCertificate,
  },
  {
    name: "resumption",
    receiver: "server",
    order: [T.clientHello, CCS, T.finished],
    from: 1,
    options: resumed,
  },
];

/** Puts a message in the place of the n-th one that is sent. */
function insteadOf(place: number, type: number): MessageFilter {
  let sent = 0;
  return ({ raw }) => sent++ === place ? [frame(type, [])] : [raw];
}

for (const row of ORDERS) {
  const { name, receiver, order, from } = row;
  for (let place = from; place < order.length; place++) {
    // What stands in the place of change_cipher_spec is tried by the record tests below.
    if (order[place] === CCS) continue;
    const legal = [order[place]!, ...(row.alsoLegal?.[place] ?? [])];
    const prefix = order.slice(0, place).map(nameOf).join(", ") || "nothing";
    Deno.test(`SslEngine as ${receiver} of TLS 1.2 refuses what must not follow ${prefix} (${name})`, async () => {
      const illegal = TYPES.filter((type) => !legal.includes(type));
      await Promise.all(illegal.map((type) => assertUnexpected(row, place, type)));
    });
  }
}

function nameOf(type: number): string {
  return type === CCS ? "change_cipher_spec" : handshakeTypeName(type);
}

async function assertUnexpected(row: Order, place: number, type: number): Promise<void> {
  const messagesBefore = row.order.slice(0, place).filter((before) => before !== CCS).length;
  const options = await row.options();
  const internals = row.receiver === "client" ? "serverInternals" : "clientInternals";
  await using joined = join({
    ...options,
    [internals]: { ...options[internals], messageFilter: insteadOf(messagesBefore, type) },
  });
  const [receiver, sender] = row.receiver === "client"
    ? [joined.client, joined.server]
    : [joined.server, joined.client];
  const [found, told] = await Promise.all([outcomeOf(receiver), outcomeOf(sender)]);
  const what = handshakeTypeName(type);
  assert(found instanceof SslError, `${what} was taken`);
  assertLocal(found, found.name, "unexpected_message");
  assert(/^SSL_ERROR_RX_(UNEXPECTED|UNKNOWN)_/.test(found.name), `${what}: ${found.name}`);
  assertFromPeer(told, "unexpected_message");
}

/** A change_cipher_spec in front of the n-th record that an end sends. */
function ccsBefore(tapped: Tapped, place: number): void {
  let sent = 0;
  tapped.tap.rewrite = (record) =>
    sent++ === place
      ? [{ type: ContentType.changeCipherSpec, fragment: new Uint8Array([1]) }, record]
      : [record];
}

/** Both outcomes of a handshake with a tap, that of the end which receives from it first. */
async function outcomes(joined: Tapped, role: Role) {
  const both = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
  return role === "client" ? both.toReversed() : both;
}

const NO_CCS_DUE = ["SSL_ERROR_RX_UNEXPECTED_CHANGE_CIPHER", "unexpected_message"] as const;

Deno.test("SslEngine takes no change_cipher_spec of TLS 1.2 before its time (CVE-2014-0224)", async (t) => {
  // The records of each end before its change_cipher_spec; all messages of a flight are in one.
  const rows: readonly [string, Role, number, () => Promise<JoinOptions>][] = [
    ["before ClientHello", "client", 0, full],
    ["in the place of ClientKeyExchange", "client", 1, full],
    ["before a client's certificate", "client", 1, auth],
    ["before ServerHello", "server", 0, full],
    ["in the place of the promised ticket", "server", 1, full],
    ["before the ticket of a resumed session", "server", 0, resumed],
  ];
  for (const [name, role, place, options] of rows) {
    await t.step(name, async () => {
      await using joined = tapped(role, await options());
      ccsBefore(joined, place);
      const [found, told] = await outcomes(joined, role);
      assertLocal(found, ...NO_CCS_DUE);
      assertFromPeer(told, "unexpected_message");
    });
  }
});

Deno.test("SslEngine as client of both versions drops an early change_cipher_spec, and no key follows from it", async () => {
  // RFC 8446, Section 5: dropped, from the ClientHello on; the one of TLS 1.2 comes later all the
  // same.
  await using joined = tapped("server", {
    client: { versions: BOTH_VERSIONS, cipherSuites: ["TLS_AES_128_GCM_SHA256", SUITE.name] },
  });
  ccsBefore(joined, 0);
  const [client] = await shake(joined);
  assertEquals(client.version, "TLSv1.2");
});

Deno.test("SslEngine takes one change_cipher_spec of TLS 1.2, not two, none less", async (t) => {
  const ccs = { type: ContentType.changeCipherSpec, fragment: new Uint8Array([1]) };
  for (const role of ["client", "server"] as const) {
    await t.step(`two in clear (${role})`, async () => {
      await using joined = tapped(role);
      joined.tap.rewrite = (record) =>
        record.type === ContentType.changeCipherSpec ? [record, ccs] : [record];
      const [found, told] = await outcomes(joined, role);
      // What comes in clear now does not decrypt.
      assertLocal(found, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
      assertFromPeer(told, "bad_record_mac");
    });
    await t.step(`a second one, encrypted (${role})`, async () => {
      await using joined = tapped(role);
      joined.tap.rewrite = (record) =>
        record.encrypted ? [{ ...ccs, clear: false }, record] : [record];
      const [found, told] = await outcomes(joined, role);
      assertLocal(found, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", "unexpected_message");
      assertFromPeer(told, "unexpected_message");
    });
    await t.step(`none (${role})`, async () => {
      await using joined = tapped(role);
      joined.tap.rewrite = (record) => record.type === ContentType.changeCipherSpec ? [] : [record];
      const [found, told] = await outcomes(joined, role);
      assert(found instanceof SslError && found.origin === "local", `${found}`);
      // The encrypted Finished is no handshake message in clear.
      assert(
        /^SSL_ERROR_RX_(UNKNOWN_HANDSHAKE|UNEXPECTED_|RECORD_TOO_LONG)/.test(found.name),
        found.name,
      );
      assert(told instanceof SslError && told.origin === "peer", `${told}`);
    });
    await t.step(`none, and Finished in clear (${role})`, async () => {
      await using joined = tapped(role);
      joined.tap.rewrite = (record) => {
        if (record.type === ContentType.changeCipherSpec) return [];
        return [{ ...record, clear: true }];
      };
      const [found, told] = await outcomes(joined, role);
      assertLocal(found, "SSL_ERROR_RX_UNEXPECTED_FINISHED", "unexpected_message");
      assertFromPeer(told, "unexpected_message");
    });
    await t.step(`of another content (${role})`, async () => {
      for (const fragment of [[0], [2], [1, 1], []]) {
        await using joined = tapped(role);
        joined.tap.rewrite = (record) =>
          record.type === ContentType.changeCipherSpec
            ? [{ ...record, fragment: new Uint8Array(fragment) }]
            : [record];
        const [found, told] = await outcomes(joined, role);
        assertLocal(found, "SSL_ERROR_RX_MALFORMED_CHANGE_CIPHER", "unexpected_message");
        assertFromPeer(told, "unexpected_message");
      }
    });
    await t.step(`in the middle of a message (${role})`, async () => {
      await using joined = tapped(role);
      joined.tap.rewrite = (record) => {
        if (record.type !== ContentType.changeCipherSpec) return [record];
        // The first byte of Finished comes in clear, the rest encrypted.
        return [{ type: ContentType.handshake, fragment: new Uint8Array([20]) }, record];
      };
      const [found, told] = await outcomes(joined, role);
      assertLocal(found, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", "unexpected_message");
      assertFromPeer(told, "unexpected_message");
    });
    await t.step(`after the handshake (${role})`, async () => {
      for (const clear of [false, true]) {
        await using joined = tapped(role);
        await shake(joined);
        await joined.tap.send({ ...ccs, clear });
        const [found, told] = await outcomes(joined, role);
        if (clear) assertLocal(found, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
        else assertLocal(found, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", "unexpected_message");
        assertFromPeer(told, clear ? "bad_record_mac" : "unexpected_message");
      }
    });
  }
});

Deno.test("SslEngine reads TLS 1.2's messages in any fragments, one byte each, and all in one", async () => {
  for (const role of ["client", "server"] as const) {
    for (const size of [1, 3, 1000]) {
      for (const options of [await full(), await auth(), await resumed()]) {
        await using joined = tapped(role, options);
        joined.tap.rewrite = (record) => {
          const { fragment, type, encrypted } = record;
          if (type !== ContentType.handshake || encrypted) return [record];
          const parts = Math.ceil(fragment.length / size);
          return Array.from({ length: parts }, (_, i) => ({
            type,
            fragment: fragment.slice(i * size, (i + 1) * size),
          }));
        };
        for (const { version } of await shake(joined)) assertEquals(version, "TLSv1.2");
      }
    }
  }
});

Deno.test("SslEngine takes no application data of TLS 1.2 before the peer's Finished", async (t) => {
  const data = { type: ContentType.applicationData, fragment: new Uint8Array([1]) };
  for (const role of ["client", "server"] as const) {
    for (const [name, encrypted] of [["in clear", false], ["under its keys", true]] as const) {
      await t.step(`${name} (${role})`, async () => {
        await using joined = tapped(role);
        let first = true;
        joined.tap.rewrite = (record) => {
          if (record.encrypted !== encrypted || !first) return [record];
          first = false;
          return [data, record];
        };
        const [found, told] = await outcomes(joined, role);
        assertLocal(found, "SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA", "unexpected_message");
        assertFromPeer(told, "unexpected_message");
      });
    }
  }
});
