// Copyright 2026 the NSS for Deno authors. MIT license.

/** Standard input and output, connected to a socket as netcat does. @module */

import { printable } from "../../cert/base/printable.ts";
import type { SslSocket } from "../../ssl/mod.ts";
import type { Io } from "../base/io.ts";

/**
 * Sends standard input to the peer, and what it sends to standard output, till the peer ends.
 *
 * @param socket The connection.
 * @param io Standard input and output.
 * @param halfCloses Whether the end of standard input is told to the peer. Many servers drop what
 * they have still to send when it is, and those of TLS 1.2 must (RFC 5246, Section 7.2.1).
 */
export async function pipe(socket: SslSocket, io: Io, halfCloses: boolean): Promise<void> {
  const up = sendInput(socket, io, halfCloses);
  up.catch(() => {}); // a peer that takes no more may say why, or ends
  await receiveOutput(socket, io);
}

async function sendInput(socket: SslSocket, io: Io, halfCloses: boolean): Promise<void> {
  for await (const chunk of io.in) {
    for (let sent = 0; sent < chunk.length;) sent += await socket.write(chunk.subarray(sent));
  }
  if (halfCloses) await socket.closeWrite();
}

async function receiveOutput(socket: SslSocket, { out }: Io): Promise<void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(16_384);
  for (let length; (length = await socket.read(buffer)) !== null;) {
    const bytes = buffer.subarray(0, length);
    // A file gets what the peer has sent; a terminal could be steered by it
    await out.write(
      out.isTerminal ? printableLines(decoder.decode(bytes, { stream: true })) : bytes,
    );
  }
}

/** Escapes a text of several lines, which may have tabs. */
export function printableLines(text: string): string {
  return text.split(/(\r?\n|\t)/).map((part, i) => i % 2 === 0 ? printable(part) : part).join("");
}
