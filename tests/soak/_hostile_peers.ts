// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Clients that mean the server no good, each in a way of its own.
 *
 * @module
 */

import { importFD, type SslSocket } from "@nss/nss";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { frame } from "../ssl/_filters.ts";
import { RawClient } from "../ssl/_raw_client.ts";
import { RawTls12Client } from "../ssl/_raw_tls12_client.ts";
import { plainRecord, RecordTap, type RecordToSend } from "../ssl/_record_tap.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import type { Load, PeerKind } from "./_load.ts";
import type { Outcome } from "./_load_server.ts";
import type { ResettableConn } from "./_resettable_conn.ts";

/** More than any limit on what may follow each other. */
export const FLOOD = 200;

/** A record that takes its time: at a byte a second, more than any idle timeout. */
const DATA: RecordToSend = {
  type: ContentType.applicationData,
  fragment: new Uint8Array(16_384),
};

/** What a flood consists of. */
export const FLOODS = {
  empty: { type: ContentType.applicationData, fragment: new Uint8Array(0) },
  warning: { type: ContentType.alert, fragment: new Uint8Array([1, 90]) },
  keyUpdate: { type: ContentType.handshake, fragment: frame(HandshakeType.keyUpdate, [1]) },
} as const satisfies Record<string, RecordToSend>;

/** Reads whatever comes, to the end of it. */
async function drain(conn: ConnLike): Promise<void> {
  const buffer = new Uint8Array(4096);
  while (await conn.read(buffer) !== null);
}

async function writeAll(conn: ConnLike, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}

/** Sends bytes one by one, with rests between, for as long as the other end has them. */
async function drip(load: Load, conn: ConnLike, bytes: Uint8Array): Promise<void> {
  let ended = false;
  const end = drain(conn).finally(() => ended = true);
  end.catch(() => {}); // awaited below
  for (let at = 0; at < bytes.length && !ended && !load.isOver; at++) {
    await writeAll(conn, bytes.subarray(at, at + 1));
    await load.rest(load.times.drip);
  }
  await end;
}

/** A ClientHello in its record. */
async function hello(client: RawClient): Promise<Uint8Array<ArrayBuffer>> {
  return plainRecord(ContentType.handshake, await client.hello());
}

/** What makes a connection. */
type Connect<C> = (load: Load, kind: PeerKind) => Promise<C>;

const inOrder: Connect<Deno.TcpConn> = (load, kind) => load.connect(kind);
const toReset: Connect<ResettableConn> = (load, kind) => load.connectResettable(kind);

/** A kind of peers that do something with a connection. */
function peer<C extends ConnLike<Deno.NetAddr>>(
  connect: Connect<C>,
  name: string,
  share: number,
  outcome: Outcome,
  trick: (conn: C, load: Load) => Promise<void>,
): PeerKind {
  return {
    name,
    share,
    outcome,
    hostile: true,
    meet: async (load, kind) => {
      const conn = await connect(load, kind);
      try {
        await trick(conn, load);
      } finally {
        load.close(conn);
      }
    },
  };
}

/** What a peer has that was honest so far. */
interface Traitor<C> {
  readonly tap: RecordTap;
  readonly client: SslSocket;
  readonly conn: C;
  readonly load: Load;
}

/** A kind of peers that behave until they are connected, and a while longer. */
function traitor<C extends ConnLike<Deno.NetAddr>>(
  connect: Connect<C>,
  name: string,
  share: number,
  outcome: Outcome,
  trick: (traitor: Traitor<C>) => Promise<void>,
): PeerKind {
  return peer(connect, name, share, outcome, async (conn, load) => {
    const tap = new RecordTap(conn, "client");
    const client = importFD(tap, {
      hostname: "localhost",
      caCerts: [load.certificate],
      cipherSuites: ["TLS_AES_128_GCM_SHA256"],
      keyLog: tap.keyLog,
    });
    try {
      await load.shake(() => client.handshake());
      await client.write(new Uint8Array(1));
      await client.read(new Uint8Array(1));
      await load.restSome();
      await trick({ tap, client, conn, load });
    } finally {
      client[Symbol.dispose]();
    }
  });
}

/** Sends a flood, then waits for the end. */
function flooder(name: string, share: number, outcome: Outcome, flood: RecordToSend): PeerKind {
  return traitor(inOrder, name, share, outcome, async ({ tap, conn }) => {
    for (let i = 0; i < FLOOD; i++) {
      await tap.send(flood);
      if (flood === FLOODS.keyUpdate) await tap.renewKeys();
    }
    await drain(conn);
  });
}

/** The hostile clients. */
export const HOSTILE_PEERS: readonly PeerKind[] = [
  peer(inOrder, "half a ClientHello", 4, "PR_IO_TIMEOUT_ERROR", async (conn) => {
    const bytes = await hello(new RawClient(conn));
    await writeAll(conn, bytes.subarray(0, bytes.length / 2));
    await drain(conn);
  }),
  peer(inOrder, "a ClientHello and no more", 3, "PR_IO_TIMEOUT_ERROR", async (conn) => {
    await writeAll(conn, await hello(new RawClient(conn)));
    await drain(conn);
  }),
  peer(inOrder, "no Finished", 3, "PR_IO_TIMEOUT_ERROR", async (conn, load) => {
    const client = new RawClient(conn);
    await load.shake(async () => {
      await writeAll(conn, await hello(client));
      await client.takeServerHello();
    });
    await drain(conn);
  }),
  peer(inOrder, "a ClientHello byte by byte", 3, "PR_IO_TIMEOUT_ERROR", async (conn, load) => {
    await drip(load, conn, await hello(new RawClient(conn)));
  }),
  traitor(inOrder, "a record byte by byte", 3, "idle", async ({ tap, conn, load }) => {
    await drip(load, conn, await tap.seal(DATA));
  }),
  traitor(inOrder, "who never reads", 1, "idle", async ({ client }) => {
    for (;;) await client.write(new Uint8Array(16_384));
  }),
  peer(toReset, "a reset in the handshake", 2, "PR_CONNECT_RESET_ERROR", async (conn, load) => {
    const client = new RawClient(conn);
    await load.shake(async () => {
      await writeAll(conn, await hello(client));
      await client.takeServerHello();
    });
    await load.restSome();
    conn.reset();
  }),
  traitor(
    toReset,
    "a reset in a record",
    2,
    "PR_CONNECT_RESET_ERROR",
    async ({ tap, conn, load }) => {
      const record = await tap.seal(DATA);
      await writeAll(conn, record.subarray(0, record.length / 2));
      await load.restSome(); // a reset takes along what has not arrived
      conn.reset();
    },
  ),
  traitor(inOrder, "an end in a record", 2, "PR_END_OF_FILE_ERROR", async ({ tap, conn }) => {
    const record = await tap.seal(DATA);
    await writeAll(conn, record.subarray(0, record.length / 2));
    await conn.closeWrite();
    await drain(conn);
  }),
  flooder("a flood of KeyUpdates", 2, "SSL_ERROR_TOO_MANY_KEY_UPDATES", FLOODS.keyUpdate),
  flooder("a flood of empty records", 2, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", FLOODS.empty),
  flooder("a flood of warnings", 2, "SSL_ERROR_RX_UNEXPECTED_ALERT", FLOODS.warning),
  peer(
    inOrder,
    "a flood of renegotiations",
    2,
    "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
    async (conn, load) => {
      const client = new RawTls12Client(conn);
      await load.shake(() => client.handshake());
      await load.restSome();
      const again = (await new RawClient(conn).hello()).slice();
      for (let i = 0; i < FLOOD; i++) await client.send(ContentType.handshake, again);
      await drain(conn);
    },
  ),
  peer(
    inOrder,
    "a flood of change_cipher_spec",
    2,
    "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
    async (conn, load) => {
      await load.restSome();
      await writeAll(conn, await hello(new RawClient(conn)));
      const changeCipherSpec = plainRecord(ContentType.changeCipherSpec, new Uint8Array([1]));
      for (let i = 0; i < FLOOD; i++) await writeAll(conn, changeCipherSpec);
      await drain(conn);
    },
  ),
  peer(
    inOrder,
    "an endless ClientHello",
    1,
    "SSL_ERROR_RX_MALFORMED_HANDSHAKE",
    async (conn, load) => {
      await load.restSome();
      const start = new Uint8Array([HandshakeType.clientHello, 1, 0, 0]);
      await writeAll(conn, plainRecord(ContentType.handshake, start));
      await drain(conn);
    },
  ),
  peer(inOrder, "another protocol", 1, "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE", async (conn, load) => {
    await load.restSome();
    await writeAll(conn, new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    await drain(conn);
  }),
];
