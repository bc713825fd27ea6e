// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesOf } from "../../cert/base/bytes.ts";
import {
  isBytes,
  isEither,
  isInteger,
  isLike,
  isOneOf,
  type Shape,
} from "../../cert/base/options.ts";
import type { AntiReplayContext, EarlyDataStore } from "../base/anti_replay.ts";
import { SslError } from "../base/errors.ts";
import type { SessionStore } from "../base/session_store.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { change } from "../config/config.ts";
import { configBeforeStart, configOf, configToChange } from "../config/config_registry.ts";
import { isMilliseconds, requireSslArgs, takeSslOptions } from "../config/option_values.ts";
import { MAX_EARLY_DATA } from "../config/settings.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import { type EarlyDataResult, sendEarlyData } from "../connection/send_early_data.ts";
import { exportKeyingMaterial } from "../crypto/export_keying_material.ts";
import { ClientEarlyData } from "../handshake/client/tls13/early_data.ts";
import { DEFAULT_ANTI_REPLAY_WINDOW, MemoryEarlyDataStore } from "../session/anti_replay.ts";
import type { Configurable } from "./configurable.ts";
import { requireExport } from "./export_keying_material.ts";

/**
 * The options of {@linkcode writeEarlyData}.
 *
 * @category Sessions
 */
export interface EarlyDataOptions {
  /**
   * What becomes of refused bytes: `"report"` (default) returns them, `"resend"` sends them after
   * the handshake, if that has the same application protocol and TLS 1.3.
   */
  ifRefused?: "report" | "resend";
}

const EARLY_DATA_SHAPE: Shape<EarlyDataOptions> = { ifRefused: isOneOf(["report", "resend"]) };

/**
 * Sends bytes with the first flight of the handshake, before the server has answered (0-RTT): they
 * save a round trip, and **may be replayed**. Whoever records them can send them to the server
 * again, and they are not forward secret: send what is harmless twice, such as a GET.
 *
 * Call it before anything else on the socket. Bytes go early where the socket resumes a session
 * that allows it; what the session has no room for is sent after the handshake, if the server has
 * accepted the rest. Later writes come after these bytes.
 *
 * @param socket The client socket, whose handshake has not begun.
 * @param bytes The bytes, not to be changed until the promise settles.
 * @param options Whether refused bytes are sent again; see {@linkcode EarlyDataOptions}.
 * @returns What has become of them, when the handshake is complete.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun, `SEC_ERROR_INVALID_ARGS`
 * on a server; or the error that ended the connection.
 *
 * @example Usage
 * ```ts
 * import { createCertificate, generateKeyPair } from "@nss/nss";
 * import { importFD, writeEarlyData } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const outcomes: string[] = [];
 * for (let i = 0; i < 2; i++) {
 *   const up = new TransformStream<Uint8Array>();
 *   const down = new TransformStream<Uint8Array>();
 *   const server = importFD({ readable: up.readable, writable: down.writable }, {
 *     role: "server",
 *     certificates: [{ cert, key: keys.privateKey }],
 *     maxEarlyData: 16384,
 *   });
 *   const client = importFD({ readable: down.readable, writable: up.writable }, {
 *     hostname: "localhost",
 *     caCerts: [cert],
 *   });
 *   const buffer = new Uint8Array(16);
 *   const request = new TextEncoder().encode("GET / HTTP/1.1\\r\\n");
 *   const [{ outcome }] = await Promise.all([
 *     writeEarlyData(client, request, { ifRefused: "resend" }),
 *     server.read(buffer),
 *   ]);
 *   outcomes.push(outcome);
 *   await Promise.all([server.write(buffer), client.read(buffer)]); // and a session ticket
 *   await Promise.all([client.close(), server.close()]);
 * }
 * assertEquals(outcomes, ["no-session", "accepted"]);
 * ```
 *
 * @category Sessions
 */
export async function writeEarlyData(
  socket: SslSocket,
  bytes: Uint8Array,
  options: EarlyDataOptions = {},
): Promise<EarlyDataResult> {
  const attempt = "Cannot write early data";
  requireSslArgs(attempt, isBytes(bytes, "bytes"));
  const { ifRefused } = takeSslOptions(attempt, options, EARLY_DATA_SHAPE);
  if (configOf(socket).role !== "client") {
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `${attempt}: only a client sends it; a server writes early by the option halfRttData`,
    );
  }
  const data = bytesOf(bytes)!;
  const copy = data.buffer instanceof ArrayBuffer
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  const early = new ClientEarlyData();
  return await connectionOf(socket).writeFirst(
    early,
    (parts) => sendEarlyData(copy, early, ifRefused === "resend", parts),
  );
}

/**
 * Reads early data of a client before the handshake is complete.
 *
 * A server that only calls `read()` needs no such care: it gets the same bytes once the client has
 * proved that it is there, and then nobody has merely replayed them; `getChannelInfo(socket)` says
 * how many came early. What this function returns may be a replay, by whoever has recorded it, to
 * this server or to another one: act on it only where that is harmless (RFC 8446, Section 8, and
 * for HTTP RFC 8470).
 *
 * @param socket The server socket, with `maxEarlyData`.
 * @param p The bytes to read into.
 * @returns The number of bytes; `null` where no more early data comes, or none was accepted.
 * @throws {SslError} The error that ended the connection; `PR_IN_PROGRESS_ERROR` while another read
 * is in progress, `SEC_ERROR_INVALID_ARGS` on a client.
 *
 * @example Usage
 * ```ts ignore
 * import { importFD, readEarlyData } from "@nss/nss/ssl";
 *
 * const server = importFD(await Deno.listen({ port: 8443 }).accept(), {
 *   role: "server",
 *   maxEarlyData: 16384,
 * });
 * const buffer = new Uint8Array(1024);
 * for (let count; (count = await readEarlyData(server, buffer)) !== null;) {
 *   console.log(`${count} bytes, perhaps replayed`);
 * }
 * ```
 *
 * @category Sessions
 */
export async function readEarlyData(socket: SslSocket, p: Uint8Array): Promise<number | null> {
  const attempt = "Cannot read early data";
  requireSslArgs(attempt, isBytes(p, "p"));
  if (configOf(socket).role !== "server") {
    throw new SslError("SEC_ERROR_INVALID_ARGS", `${attempt}: only a server gets it`);
  }
  return await connectionOf(socket).readEarly(bytesOf(p)!);
}

/**
 * Sets the maximum of early data that a server takes with the sessions that it gives out from now
 * on (`SSL_SetMaxEarlyDataSize`), like the option `maxEarlyData`.
 *
 * @param target The socket, listener or model.
 * @param size The number of bytes, at most 2^20; 0 for none.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is out of range.
 *
 * @example Usage
 * ```ts
 * import { newModel, optionGet, setMaxEarlyDataSize } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel({ role: "server" });
 * setMaxEarlyDataSize(model, 16384);
 * assertEquals(optionGet(model, "ENABLE_0RTT_DATA"), true);
 * ```
 *
 * @category Sessions
 */
export function setMaxEarlyDataSize(target: Configurable, size: number): void {
  requireSslArgs("Cannot set maxEarlyData", isInteger(0, MAX_EARLY_DATA)(size, "size"));
  change(configToChange(target), { maxEarlyData: size });
}

/**
 * The options of {@linkcode createAntiReplayContext}.
 *
 * @category Sessions
 */
export interface AntiReplayOptions {
  /**
   * The most milliseconds by which a ticket's age, as the client says it, may differ from that of
   * this server's clock; default 10,000.
   */
  window?: number;
  /**
   * The maximum of tickets with early data whose entries are kept, in memory (default 65,536) or in
   * rows of a `SessionStore` (default 1,048,576; all processes must say the same).
   */
  maxTickets?: number;
  /**
   * Where the entries of tickets are kept in place of this process's memory: a store of rows, which
   * several processes share, or one of entries alone.
   */
  store?: EarlyDataStore | SessionStore;
}

const ANTI_REPLAY_SHAPE: Shape<AntiReplayOptions> = {
  window: isMilliseconds,
  maxTickets: isInteger(1),
  store: isEither(
    "a SessionStore or an EarlyDataStore, with methods put and take",
    isLike("an EarlyDataStore", "put", "take"),
    isLike("a SessionStore", "get", "put", "replace", "epoch"),
  ),
};

/**
 * Creates what keeps early data from being replayed (`SSL_CreateAntiReplayContext`), for the
 * servers that share it. Each context (`NssContext`) has one by default.
 *
 * Early data is accepted with a ticket once: only what takes the ticket's entry in the store is
 * authorized (RFC 8446, Section 8.1). After a restart, or where the store has dropped the oldest
 * entries, early data is refused, and the handshake goes on without. NSS's `k` and `bits`, of a
 * filter that may err, have no counterpart.
 *
 * Several processes need a shared `store`: without it a process accepts early data with the tickets
 * that it has given out itself. Sessions that are shared in a store ({@linkcode
 * configMPServerSIDCache}) have their entries there by default. After a restart, a failover or a
 * restored backup of that store, early data with earlier tickets is refused (Section 8.2).
 *
 * @param options See {@linkcode AntiReplayOptions}.
 * @returns The context, for {@linkcode setAntiReplayContext}.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value.
 *
 * @example Usage
 * ```ts
 * import { createAntiReplayContext } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const { window } = createAntiReplayContext({ window: 5000 });
 * assertEquals(window, 5000);
 * ```
 *
 * @category Sessions
 */
export function createAntiReplayContext(options: AntiReplayOptions = {}): AntiReplayContext {
  const { window = DEFAULT_ANTI_REPLAY_WINDOW, maxTickets, store } = takeSslOptions(
    "Cannot create anti-replay context",
    options,
    ANTI_REPLAY_SHAPE,
  );
  return Object.freeze({
    window,
    store: store ?? new MemoryEarlyDataStore(maxTickets),
    ...(maxTickets !== undefined && { maxTickets }),
  });
}

/**
 * Sets what keeps a server's early data from being replayed (`SSL_SetAntiReplayContext`).
 *
 * @param target The socket, listener or model.
 * @param antiReplay What {@linkcode createAntiReplayContext} returned; `null` for that of the
 * `NssContext`.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is something else, `PR_IS_CONNECTED_ERROR` once
 * the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import {
 *   createAntiReplayContext,
 *   newModel,
 *   optionGet,
 *   setAntiReplayContext,
 * } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel({ role: "server", maxEarlyData: 16384 });
 * setAntiReplayContext(model, createAntiReplayContext({ window: 5000 }));
 * assertEquals(optionGet(model, "ENABLE_0RTT_DATA"), true);
 * ```
 *
 * @category Sessions
 */
export function setAntiReplayContext(
  target: Configurable,
  antiReplay: AntiReplayContext | null,
): void {
  requireSslArgs("Cannot set anti-replay context", antiReplayProblem(antiReplay));
  change(configBeforeStart(target), { antiReplay });
}

function antiReplayProblem(value: AntiReplayContext | null): string | null {
  if (value === null) return null;
  return isMilliseconds(value?.window, "window") ??
    ANTI_REPLAY_SHAPE.store(value.store, "store");
}

/**
 * Derives bytes that only the two ends know before the handshake is complete
 * (`SSL_ExportEarlyKeyingMaterial`; RFC 8446, Section 7.5). They can be replayed with the early
 * data, and so can what they protect.
 *
 * @param socket The socket: a client's that is sending early data or has had it accepted, or a
 * server's that has accepted it.
 * @param label The purpose, as registered with IANA.
 * @param length The number of bytes.
 * @param context The context value that the bytes depend on; none by default.
 * @returns The bytes.
 * @throws {SslError} `SSL_ERROR_FEATURE_DISABLED` without early data, `SEC_ERROR_INVALID_ARGS` for
 * an invalid argument.
 *
 * @example Usage
 * ```ts ignore
 * import { exportEarlyKeyingMaterial, importFD, writeEarlyData } from "@nss/nss/ssl";
 *
 * const hostname = "example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * const { outcome } = await writeEarlyData(socket, new Uint8Array([1, 2, 3]));
 * if (outcome === "accepted") await exportEarlyKeyingMaterial(socket, "EXPORTER-Example", 32);
 * ```
 *
 * @category Sessions
 */
export async function exportEarlyKeyingMaterial(
  socket: SslSocket,
  label: string,
  length: number,
  context?: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  requireExport(label, length, context);
  const early = connectionOf(socket).engine?.early;
  const exporter = early?.earlyRead?.exporter ?? early?.earlyWrite?.exporter;
  if (!exporter) {
    throw new SslError(
      "SSL_ERROR_FEATURE_DISABLED",
      "Cannot export early keying material: no early data is being sent, or has been accepted; " +
        "after the handshake use exportKeyingMaterial()",
    );
  }
  const value = context ? new Uint8Array(context) : null;
  return await exportKeyingMaterial(exporter, label, value, length);
}
