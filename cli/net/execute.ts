// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A command for a connection, whose standard input and output it is. @module */

import type { ChannelInfo, SslSocket } from "../../ssl/mod.ts";
import { Child } from "../base/children.ts";
import { inTime } from "../../cert/base/runtime.ts";

/** How long a peer may take to end the connection after the command has, in milliseconds. */
const PATIENCE = 1000;

/** What a command is told of the connection, by the names that Apache's mod_ssl has. */
export function environmentOf(
  { version, cipherSuite, serverName, peerCertificates }: ChannelInfo,
  { hostname, port }: Deno.NetAddr,
): Record<string, string> {
  const [client] = peerCertificates;
  return {
    REMOTE_ADDR: hostname,
    REMOTE_PORT: `${port}`,
    SSL_PROTOCOL: version,
    SSL_CIPHER: cipherSuite,
    SSL_TLS_SNI: serverName ?? "",
    SSL_CLIENT_VERIFY: client === undefined ? "NONE" : "SUCCESS",
    SSL_CLIENT_S_DN: client === undefined ? "" : String(client.subject).replaceAll("\0", ""),
    SSL_CLIENT_CERT: client === undefined ? "" : client.toPem(),
  };
}

/**
 * Runs a command: what the peer sends is its input, its output goes to the peer. When its output
 * ends, so does the connection; where the connection fails, the command is ended. One that reads on
 * after the peer has ended its part has as long as it likes.
 *
 * @param command The command's words.
 * @param socket The connection, whose handshake is done.
 * @param env What is added to the environment.
 * @returns How the command ended.
 * @throws {NssError} If the connection fails.
 */
export async function execute(
  command: readonly [string, ...string[]],
  socket: SslSocket,
  env: Readonly<Record<string, string>>,
): Promise<Deno.CommandStatus> {
  const child = new Child(command, env);
  const up = feed(socket, child);
  // A peer that is gone wants no output, and the command may wait for input for ever
  const gone = up.then(() => new Promise<never>(() => {}));
  try {
    await Promise.race([drainTo(socket, child), gone]);
    await socket.closeWrite();
    // What is unread when a connection is closed resets it, and the peer may lose the output
    await inTime(up, PATIENCE, () => new Error("late")).catch(() => {});
    return await child.status;
  } catch (error) {
    await child.end();
    throw error;
  }
}

/** Gives the command what the peer sends; a command that does not read it is left without. */
async function feed(socket: SslSocket, { stdin }: Child): Promise<void> {
  const buffer = new Uint8Array(16_384);
  let isRead = true;
  const give = async (write: () => Promise<void>): Promise<void> => {
    if (!isRead) return;
    try {
      await write();
    } catch {
      isRead = false; // its input is closed
    }
  };
  for (let length; (length = await socket.read(buffer)) !== null;) {
    const bytes = buffer.slice(0, length);
    await give(() => stdin.write(bytes));
  }
  await give(() => stdin.close());
}

async function drainTo(socket: SslSocket, { stdout }: Child): Promise<void> {
  for await (const chunk of stdout) {
    for (let sent = 0; sent < chunk.length;) sent += await socket.write(chunk.subarray(sent));
  }
}

/** Whether a command has failed, and how. */
export function failureOfCommand({ code, signal }: Deno.CommandStatus): string | null {
  if (signal !== null) return `the command was ended by ${signal}`;
  return code === 0 ? null : `the command has ended with exit code ${code}`;
}
