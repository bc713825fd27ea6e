// Copyright 2026 the NSS for Deno authors. MIT license.

/** Connections of this package with itself, recorded on the wire with their key logs. @module */

import { NssContext } from "@nss/nss/pkcs11";
import { importFD, type ImportOptions, type SslSocket } from "@nss/nss/ssl";
import { Conversation, type Item } from "../../cli/explain/conversation.ts";
import type { End } from "../../cli/explain/context.ts";
import { type KeySource, NO_KEYS, Secrets } from "../../cli/explain/key_source.ts";
import { SessionMemory } from "../../cli/explain/session_memory.ts";
import { type Chunk, RecordedConn } from "../../cli/net/recorded_conn.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { testPki } from "../support/test_pki.ts";

/** A connection as it went over the wire. */
export interface Capture {
  /** The bytes. */
  readonly chunks: readonly Chunk[];
  /** The client's key log. */
  readonly keyLog: readonly string[];
}

/** How the ends are, and what they do. */
export interface CaptureOptions {
  /** Options of the client; without them it has no session of another. */
  readonly client?: ImportOptions;
  /** Options of the server. */
  readonly server?: ImportOptions;
  /** What they do when both are there; else the client writes and the server answers. */
  readonly act?: (client: SslSocket, server: SslSocket) => Promise<void>;
}

/** The client says "ping", the server "pong". */
export async function pingPong(client: SslSocket, server: SslSocket): Promise<void> {
  const buffer = new Uint8Array(16);
  await Promise.all([client.write(new TextEncoder().encode("ping")), server.read(buffer)]);
  await Promise.all([server.write(new TextEncoder().encode("pong")), client.read(buffer)]);
}

/** Records a connection to its end. */
export async function capture(
  { client = { context: new NssContext({ trustAnchors: [] }) }, server = {}, act = pingPong }:
    CaptureOptions = {},
): Promise<Capture> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  const [a, b] = memoryPair();
  const recorded = new RecordedConn(a);
  const keyLog: string[] = [];
  const clientSocket = importFD(recorded, {
    hostname: "localhost",
    caCerts: [pki.root],
    keyLog: (line) => void keyLog.push(line),
    ...client,
  });
  const serverSocket = importFD(b, {
    role: "server",
    certificates: [{ cert: leaf.chain, key: leaf.key }],
    ...server,
  });
  await act(clientSocket, serverSocket);
  await Promise.all([clientSocket.close(), serverSocket.close()]);
  return { chunks: recorded.chunks, keyLog };
}

/** The secrets of a key log. */
export function secretsOf({ keyLog }: Capture): Secrets {
  const secrets = new Secrets();
  keyLog.forEach((line) => secrets.add(line));
  return secrets;
}

/** What was sent, with the end that has sent it. */
export type Sent = Item & { readonly from: End };

/** Reads a capture; `cut` cuts what is read at once. */
export async function itemsOf(
  { chunks }: Pick<Capture, "chunks">,
  keys: KeySource = NO_KEYS,
  cut: (bytes: Uint8Array<ArrayBuffer>) => readonly Uint8Array<ArrayBuffer>[] = (one) => [one],
  sessions: SessionMemory = new SessionMemory(),
): Promise<Sent[]> {
  const conversation = new Conversation(keys, sessions);
  const items: Sent[] = [];
  for (const { way, bytes } of chunks) {
    const from = way === "sent" ? "client" : "server";
    for (const part of cut(bytes)) {
      for await (const item of conversation.items(from, part)) items.push({ ...item, from });
    }
  }
  for (const from of ["client", "server"] as const) {
    for (const item of conversation.finish(from)) items.push({ ...item, from });
  }
  return items;
}

/** The names of messages, without records: `client: client_hello`. */
export function namesOf(items: readonly Sent[]): string[] {
  return items.filter(({ name }) => name !== "record")
    .map(({ from, name, sealed }) => `${from}: ${sealed ? "sealed " : ""}${name}`);
}
