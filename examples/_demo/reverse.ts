// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The demo's protocol, that of `openssl s_server -rev`: a line comes, and goes back reversed.
 *
 * @module
 */

/** The part of a `Deno.Conn` that a protocol needs; an `SslSocket` has it as well. */
export interface Stream {
  /** Reads some bytes; `null` at the end. */
  read(p: Uint8Array): Promise<number | null>;
  /** Writes some bytes. */
  write(p: Uint8Array): Promise<number>;
  /** Closes the connection. */
  close(): void | Promise<void>;
}

/** What the server makes of a line. */
export function reversed(line: string): string {
  return [...line].reverse().join("");
}

/** Sends a line and reads the answer, without its line end. */
export async function askForReverse(stream: Stream, line: string): Promise<string> {
  await writeLine(stream, line);
  return await readLine(stream);
}

/** Answers one line, then closes the connection. */
export async function serveReversed(stream: Stream): Promise<void> {
  try {
    await writeLine(stream, reversed(await readLine(stream)));
  } finally {
    await stream.close();
  }
}

async function writeLine(stream: Stream, line: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let sent = 0; sent < bytes.length;) sent += await stream.write(bytes.subarray(sent));
}

async function readLine(stream: Stream): Promise<string> {
  let line = "";
  for (const decoder = new TextDecoder(), buffer = new Uint8Array(1024); !line.endsWith("\n");) {
    const length = await stream.read(buffer);
    if (length === null) throw new Error("Cannot read a line: the connection has ended");
    line += decoder.decode(buffer.subarray(0, length), { stream: true });
  }
  return line.slice(0, -1);
}
