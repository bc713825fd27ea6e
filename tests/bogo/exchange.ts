// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { getChannelBinding } from "../../ssl/nss/channel_binding.ts";
import type { ChannelInfo } from "../../ssl/base/channel_info.ts";
import { exportKeyingMaterial } from "../../ssl/nss/export_keying_material.ts";
import { getChannelInfo } from "../../ssl/nss/get_channel_info.ts";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import { optionSet } from "../../ssl/nss/option_set.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { createSocket } from "../../ssl/ssl_socket.ts";
import { ConnTransport } from "../../ssl/connection/transports.ts";
import { configFor, type Observations, prepare, type Shim, type ShimConnection } from "./config.ts";
import { answerEarly, checkEarlyData, shakeEarly } from "./early_data.ts";
import { acceptPublicNames, checkEch, checkEchRejection } from "./ech.ts";
import { checkHandshake, checkProofs, expect } from "./expectations.ts";
import type { Flags } from "./flags.ts";
import { RunnerConn } from "./runner_conn.ts";

/** What the shim writes first, where it writes first. */
const INITIAL_WRITE = "hello";
/** How much the shim reads at once, unless told otherwise, so that a record takes several reads. */
const READ_SIZE = 512;
/** The sizes of `-write-different-record-sizes`: around those that are cut. */
const RECORD_SIZES = [0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769];

/**
 * One connection from its first byte to its last.
 *
 * @throws If it fails, or is not as the flags expect it.
 */
export async function runConnection(
  shim: Shim,
  flags: Flags,
  retried: Flags,
  isResumption: boolean,
): Promise<void> {
  if (isResumption) shim.advance(flags.number("-resumption-delay") ?? 0);
  const connection = await prepare(shim, flags);
  acceptPublicNames(flags);
  const conn = new RunnerConn(await connect(flags));
  const socket = createSocket(new ConnTransport(conn), configFor(shim, connection), {
    environment: shim.environment,
    messageFilter: connection.seen.messageFilter,
  });
  try {
    shim.newSessions = 0;
    await exchange(shim, conn, socket, connection, retried, isResumption);
    await socket.close();
  } catch (error) {
    checkEchRejection(error, flags);
    throw error;
  } finally {
    // What is left unread would turn the end of the connection into a reset, and lose the alert.
    await conn.drain();
  }
}

/**
 * Connects to the runner. A newer one says at which of the loopback addresses it listens, and wants
 * to be told first whose connection it is; an older one listens at either, and runs one shim a
 * port.
 */
async function connect(flags: Flags): Promise<Deno.TcpConn> {
  const port = flags.number("-port")!;
  const shimId = flags.text("-shim-id");
  if (shimId === undefined) {
    try {
      return await Deno.connect({ hostname: "::1", port });
    } catch {
      return await Deno.connect({ hostname: "127.0.0.1", port });
    }
  }
  const conn = await Deno.connect({ hostname: flags.has("-ipv6") ? "::1" : "127.0.0.1", port });
  const prefix = new DataView(new ArrayBuffer(8));
  prefix.setBigUint64(0, BigInt(shimId), true);
  await conn.write(new Uint8Array(prefix.buffer));
  return conn;
}

async function exchange(
  shim: Shim,
  conn: RunnerConn,
  socket: SslSocket,
  connection: ShimConnection,
  retried: Flags,
  isResumption: boolean,
): Promise<void> {
  const { seen } = connection;
  let { flags } = connection;
  const hello = new TextEncoder().encode(flags.has("-shim-writes-first") ? INITIAL_WRITE : "");
  const offersEarly = isResumption && flags.has("-enable-early-data") && !flags.has("-server");
  if (offersEarly) flags = await shakeEarly(socket, hello, flags, retried);
  if (flags.has("-server")) await answerEarly(socket, flags, (data) => echo(socket, data));
  if (!flags.has("-implicit-handshake")) {
    const info = await socket.handshake();
    await checkHandshake(socket, info, flags, seen, isResumption);
    checkEarlyData(socket, flags);
    checkEch(info, flags);
    if (info.version === "TLSv1.2") checkNewSession(shim, info, flags);
    if (flags.has("-no-op-extra-handshake") || flags.has("-handshake-twice")) {
      await socket.handshake();
    }
    if (flags.has("-forbid-renegotiation-after-handshake")) {
      optionSet(socket, "ENABLE_RENEGOTIATION", "NEVER");
    }
  }
  await writeSecrets(socket, flags, seen);
  if (flags.has("-write-different-record-sizes")) {
    for (const size of RECORD_SIZES) await socket.write(new Uint8Array(size).fill(0x42));
  } else {
    await converse(conn, socket, flags, offersEarly);
  }
  if (flags.has("-shim-shuts-down")) {
    await socket.closeWrite();
    if (flags.has("-check-close-notify")) {
      expect("data after close_notify", null, await socket.read(new Uint8Array(READ_SIZE)));
    }
  }
  const info = getChannelInfo(socket);
  if (info.version === "TLSv1.3") checkNewSession(shim, info, flags);
  await checkProofs(socket, info, flags);
  expect(
    "renegotiations",
    flags.number("-expect-total-renegotiations") ?? 0,
    Math.max(seen.handshakes - 1, 0),
  );
}

/**
 * A client is given a session: in TLS 1.2 by the end of the handshake, in TLS 1.3 with the data
 * that it reads.
 */
function checkNewSession(shim: Shim, info: ChannelInfo, flags: Flags): void {
  // What stands by override, or is not bound to its handshake, is no session to keep.
  if (flags.has("-server") || info.badCertAccepted || !info.extendedMasterSecret) return;
  if (info.version === "TLSv1.3" && flags.has("-shim-shuts-down")) return; // it reads nothing
  if (flags.has("-expect-no-session")) expect("new sessions", 0, shim.newSessions);
  else {
    expect("new session", true, shim.newSessions > 0);
    const wanted = flags.has("-expect-ticket-supports-early-data");
    if (info.version === "TLSv1.3") {
      expect("a ticket for early data", wanted, shim.maxEarlyData > 0);
    }
  }
}

/** Tells the runner what only the two ends know. */
async function writeSecrets(socket: SslSocket, flags: Flags, seen: Observations): Promise<void> {
  const length = flags.number("-export-keying-material") ?? 0;
  if (length > 0) {
    const context = flags.has("-use-export-context")
      ? new TextEncoder().encode(flags.text("-export-context") ?? "")
      : undefined;
    await socket.write(
      await exportKeyingMaterial(socket, flags.text("-export-label") ?? "", length, context),
    );
  }
  if (flags.has("-export-traffic-secrets")) {
    const own = flags.has("-server") ? "SERVER" : "CLIENT";
    const peers = flags.has("-server") ? "CLIENT" : "SERVER";
    const read = secretOf(seen, `${peers}_TRAFFIC_SECRET_0`);
    await socket.write(new Uint8Array([read.length & 0xff, read.length >> 8]));
    await socket.write(read);
    await socket.write(secretOf(seen, `${own}_TRAFFIC_SECRET_0`));
  }
  if (flags.has("-tls-unique")) await socket.write(await getChannelBinding(socket, "tls-unique"));
}

function secretOf({ keyLog }: Observations, label: string): Uint8Array<ArrayBuffer> {
  const line = keyLog.find((line) => line.startsWith(`${label} `));
  return Uint8Array.fromHex(line?.split(" ").at(-1) ?? "");
}

/** Echoes what comes with all bits turned, until the peer ends. */
async function converse(
  conn: RunnerConn,
  socket: SslSocket,
  flags: Flags,
  hasWritten: boolean,
): Promise<void> {
  const hello = new TextEncoder().encode(flags.text("-shim-initial-write") ?? INITIAL_WRITE);
  let unfinished: Promise<number> | null = null;
  if (hasWritten) {
    // before the handshake
  } else if (flags.has("-read-with-unfinished-write")) {
    await socket.handshake();
    conn.holdWrites();
    unfinished = socket.write(hello);
  } else if (flags.has("-shim-writes-first")) {
    const times = flags.number("-repeat-shim-initial-write") ?? 1;
    for (let i = 0; i < times; i++) await socket.write(hello);
  }
  if (flags.has("-shim-shuts-down")) return;
  const buffer = new Uint8Array(flags.number("-read-size") ?? READ_SIZE);
  const updateFirst = flags.has("-key-update-before-read");
  for (;;) {
    if (updateFirst) await keyUpdate(socket);
    const count = await socket.read(buffer);
    if (count === null) return;
    conn.releaseWrites();
    await unfinished;
    if (flags.has("-use-exporter-between-reads")) {
      await exportKeyingMaterial(socket, "EXPORTER", 1);
    }
    if (flags.has("-key-update")) await keyUpdate(socket);
    await echo(socket, buffer.subarray(0, count));
  }
}

async function echo(socket: SslSocket, data: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let i = 0; i < data.length; i++) data[i]! ^= 0xff;
  await socket.write(data);
}
