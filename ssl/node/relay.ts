// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import { once } from "node:events";
import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { isString } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { takeSslOptions } from "../config/option_values.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import { NodeTlsSocket } from "./node_socket.ts";

/**
 * The options of {@linkcode relay}.
 *
 * @category Node
 */
export interface RelayOptions {
  /** Where the socket's own folder is made; default that of temporary files. */
  readonly folder?: string;
}

/**
 * A Unix socket in front of a TLS connection, made by {@linkcode relay}.
 *
 * @category Node
 */
export interface Relay extends AsyncDisposable {
  /** The path to connect to, once. */
  readonly path: string;

  /**
   * Settles when the connection is closed and the Unix socket removed: resolves if both sides have
   * ended, or {@linkcode Relay.close} has been called, and rejects with what has failed.
   */
  readonly closed: Promise<void>;

  /**
   * Ends both sides after what has been passed on, and removes the Unix socket.
   *
   * @throws {Error} What has failed before, as {@linkcode Relay.closed}.
   */
  close(): Promise<void>;

  /** Closes it like `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The most bytes of a path of a Unix socket: those of macOS; Linux has four more. */
export const SOCKET_PATH_LENGTH = 103;

/**
 * Offers a TLS connection as a Unix socket, for software that can only connect by itself: it
 * connects to {@linkcode Relay.path} in plain text.
 *
 * The socket is in a new folder of mode 0700, so that no other user can connect. It is for one
 * connection: with the first, socket and folder are removed, and a second one is refused. An end is
 * passed on in both directions, by close_notify on the side of TLS; so is a failure, but Unix
 * sockets have no reset: who has connected sees an end where the TLS connection was cut off, and
 * {@linkcode Relay.closed} tells what it was. A process that is killed before anybody has
 * connected leaves the folder behind.
 *
 * Windows has no such folders: there it rejects. In Deno it needs `--allow-net` for all addresses,
 * as its own is not known before, and `--allow-read` and `--allow-write` for the folder; without
 * the option `folder`, it also needs `--allow-env`.
 *
 * @param socket The connection, which the relay then owns, and closes if it cannot be offered.
 * @param options Where the folder is made.
 * @returns The relay, when the handshake is complete.
 * @throws {SslError} If the handshake fails; `PR_OPERATION_NOT_SUPPORTED_ERROR` on Windows;
 * `PR_NAME_TOO_LONG_ERROR` if the path would be longer than 103 bytes, which is the most that
 * systems take; `SEC_ERROR_INVALID_ARGS` for an unknown option; `PR_BAD_DESCRIPTOR_ERROR` if the
 * socket was not made by `importFD`.
 *
 * @example npm's redis
 * ```ts ignore
 * import { importFD } from "@nss/nss";
 * import { relay } from "@nss/nss/node";
 * import type { EventEmitter } from "node:events";
 *
 * // npm:redis's
 * declare const createClient: (options: object) => EventEmitter & { connect(): Promise<unknown> };
 * const hostname = "redis.example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 6380 }), { hostname });
 * await using tunnel = await relay(socket);
 * const client = createClient({ socket: { path: tunnel.path, reconnectStrategy: false } });
 * tunnel.closed.catch((error) => client.emit("error", error)); // why Redis hung up
 * await client.connect();
 * ```
 *
 * @category Node
 */
export async function relay(socket: SslSocket, options: RelayOptions = {}): Promise<Relay> {
  connectionOf(socket); // refuses what is none of ours
  const own = takeSslOptions<RelayOptions>("Cannot relay", options, { folder: isString });
  try {
    return await startRelay(socket, own);
  } catch (error) {
    await socket.close().catch(() => {}); // not the first error
    throw error;
  }
}

/** The folders that there are: one listener removes them all, as Node warns of eleven. */
const folders = new Set<string>();

const removeAllNow = () => folders.forEach((one) => rmSync(one, { recursive: true, force: true }));

/** Makes a folder that does not outlast the program. */
async function makeFolder(parent: string): Promise<string> {
  await stat(parent); // without the right to read, it could not be removed
  const folder = await mkdtemp(join(parent, "nss-"));
  if (folders.size === 0) process.once("exit", removeAllNow);
  folders.add(folder);
  return folder;
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  folders.delete(folder);
  if (folders.size === 0) process.removeListener("exit", removeAllNow);
}

async function startRelay(
  socket: SslSocket,
  { folder: parent = tmpdir() }: RelayOptions,
): Promise<Relay> {
  if (process.platform === "win32") {
    throw new SslError(
      "PR_OPERATION_NOT_SUPPORTED_ERROR",
      "Cannot relay: Windows has no folder that only this user can enter; " +
        "use toNodeSocket() with a driver that takes a socket",
    );
  }
  await socket.handshake();
  const folder = await makeFolder(parent);
  const path = join(folder, "socket");
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  try {
    await chmod(folder, 0o700);
    checkLength(path);
    server.listen(path);
    await once(server, "listening");
  } catch (error) {
    await removeFolder(folder).catch(() => {}); // not the first error
    throw error;
  }

  const inside = new NodeTlsSocket(socket, { allowHalfOpen: true }).on("error", () => {});
  const outside: Socket[] = []; // one at the most
  let passing: Promise<unknown> = Promise.resolve();
  let failure: Error | null = null;
  let isClosing = false;
  const fail = (error: Error) => {
    failure ??= inside.errored ?? error;
    inside.destroy();
  };
  const stopListening = () => {
    server.close();
    return removeFolder(folder);
  };
  let stopped: Promise<void> | null = null;
  server.on("error", fail);
  server.on("connection", (connection) => {
    connection.on("error", () => {}); // pipeline() tells of it
    if (outside.length > 0 || isClosing) return void connection.destroy();
    outside.push(connection);
    stopped = stopListening();
    stopped.catch(fail);
    passing = Promise.all([pipeline(connection, inside), pipeline(inside, connection)])
      .catch((error) => {
        if (!isClosing) fail(error);
      });
  });

  const closed = (async () => {
    await new Promise<void>((resolve) => inside.once("close", () => resolve()));
    outside[0]?.destroySoon();
    await (stopped ?? stopListening());
    await passing;
    failure ??= isClosing ? null : inside.errored;
    if (failure !== null) throw failure;
  })();
  closed.catch(() => {}); // who asks is told
  const close = async () => {
    isClosing = true;
    inside.destroySoon();
    await closed;
  };
  return { path, closed, close, [Symbol.asyncDispose]: close };
}

function checkLength(path: string): void {
  const { length } = new TextEncoder().encode(path);
  if (length <= SOCKET_PATH_LENGTH) return;
  throw new SslError(
    "PR_NAME_TOO_LONG_ERROR",
    `Cannot relay: the path of the Unix socket has more than the ${SOCKET_PATH_LENGTH} bytes ` +
      "that systems take; name a shorter one by the option folder",
  );
}
