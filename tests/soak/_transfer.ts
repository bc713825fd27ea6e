// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.
// This module uses node:

/**
 * Moves bytes through a loopback pair of sockets, both ways at once, and prints what it has cost
 * and what has come out. A program of its own, so that the memory measured is that of the transfer
 * alone.
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { createCertificate, generateKeyPair, importFD, type SslSocket } from "../../mod.ts";

/** How the bytes go through. */
export type Way = "read and write" | "streams" | "TLS in TLS";

/** What comes of it. */
export interface Outcome {
  /** The most memory at once. */
  readonly peakRss: number;
  /** The memory before the first byte. */
  readonly startRss: number;
  /** The SHA-256 of what the client sent, and of what the server got. */
  readonly up: readonly [sent: string, received: string];
  /** The SHA-256 of what the server sent, and of what the client got. */
  readonly down: readonly [sent: string, received: string];
  /** How many bytes arrived at each end. */
  readonly received: readonly [server: number, client: number];
}

const SAMPLING_INTERVAL = 50;
/**
 * Longer than what is in flight, and no multiple of a record: no two records near each other are
 * alike.
 */
const PATTERN_LENGTH = (1 << 20) + 4099;
const READ_LENGTH = 1 << 16;
/** Of various lengths, on both sides of a record's. */
const WRITE_LENGTHS: readonly number[] = [1, 16384, 100_000, 16385, 65536, 777, 200_000, 5000];

/** What one end sends: slices of a random pattern, which an error of order or length would show. */
function* chunks(total: number): Generator<Uint8Array<ArrayBuffer>> {
  const pattern = new Uint8Array(PATTERN_LENGTH);
  for (let at = 0; at < pattern.length; at += 65536) {
    crypto.getRandomValues(pattern.subarray(at, at + 65536));
  }
  for (let sent = 0, i = 0; sent < total; i++) {
    const start = sent % (PATTERN_LENGTH - 200_000);
    const chunk = pattern.subarray(
      start,
      start + Math.min(WRITE_LENGTHS[i % WRITE_LENGTHS.length]!, total - sent),
    );
    sent += chunk.length;
    yield chunk;
  }
}

async function newHash(): Promise<Hash> {
  const { createHash } = await import("node:crypto"); // WebCrypto has no incremental digest
  return createHash("sha256");
}

async function send(socket: SslSocket, total: number, way: Way): Promise<string> {
  const hash = await newHash();
  if (way === "streams") {
    const writer = socket.writable.getWriter();
    for (const chunk of chunks(total)) {
      hash.update(chunk);
      await writer.ready;
      writer.write(chunk).catch(() => {}); // close() below reports it
    }
    await writer.close();
  } else {
    for (const chunk of chunks(total)) {
      hash.update(chunk);
      await socket.write(chunk);
    }
    await socket.closeWrite();
  }
  return hash.digest("hex");
}

async function receive(socket: SslSocket, way: Way): Promise<[digest: string, length: number]> {
  const hash = await newHash();
  let length = 0;
  if (way === "streams") {
    for await (const chunk of socket.readable) {
      hash.update(chunk);
      length += chunk.length;
    }
  } else {
    const buffer = new Uint8Array(READ_LENGTH);
    for (let count; (count = await socket.read(buffer)) !== null; length += count) {
      hash.update(buffer.subarray(0, count));
    }
  }
  return [hash.digest("hex"), length];
}

async function makePair(way: Way): Promise<[client: SslSocket, server: SslSocket]> {
  const keys = await generateKeyPair();
  const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
  const ofClient = { hostname: "localhost", caCerts: [cert] };
  const ofServer = { role: "server", certificates: [{ cert, key: keys.privateKey }] } as const;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [near, far] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const client = importFD(near, ofClient);
  const server = importFD(far, ofServer);
  return way === "TLS in TLS"
    ? [importFD(client, ofClient), importFD(server, ofServer)]
    : [client, server];
}

async function transfer(way: Way, total: number): Promise<Outcome> {
  const [client, server] = await makePair(way);
  await Promise.all([client.handshake(), server.handshake()]);
  const startRss = Deno.memoryUsage().rss;
  let peakRss = startRss;
  const sample = (): void => {
    peakRss = Math.max(peakRss, Deno.memoryUsage().rss);
  };
  const timer = setInterval(sample, SAMPLING_INTERVAL);
  const [sentUp, sentDown, [receivedUp, toServer], [receivedDown, toClient]] = await Promise.all([
    send(client, total, way),
    send(server, total, way),
    receive(server, way),
    receive(client, way),
  ]);
  sample();
  clearInterval(timer);
  await Promise.all([client.close(), server.close()]);
  return {
    peakRss,
    startRss,
    up: [sentUp, receivedUp],
    down: [sentDown, receivedDown],
    received: [toServer, toClient],
  };
}

function isWay(text: string | undefined): text is Way {
  return text === "read and write" || text === "streams" || text === "TLS in TLS";
}

if (import.meta.main) {
  const [way, total] = Deno.args;
  if (!isWay(way)) throw new RangeError(`Cannot transfer: "${way}" is no way`);
  const outcome = await transfer(way, Number(total));
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(outcome)));
}
