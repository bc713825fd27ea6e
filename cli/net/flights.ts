// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The flights of a handshake: what was recorded of a connection, decrypted with the secrets of its
 * own key log.
 *
 * @module
 */

import { Conversation, type Item } from "../explain/conversation.ts";
import { Secrets } from "../explain/key_source.ts";
import type { Chunk } from "./recorded_conn.ts";

/** A message of a flight. */
export interface FlightItem {
  /** Its name, as `client_hello` or `alert`. */
  readonly name: string;
  /** How many bytes it has. */
  readonly length: number;
  /** Whether it was encrypted. */
  readonly encrypted: boolean;
  /** What it says, in words. */
  readonly says: string;
}

/** What one end has sent before the other one answered. */
export interface Flight {
  /** Which way it went. */
  readonly way: Chunk["way"];
  /** When its first byte went, in milliseconds since the first byte of all. */
  readonly at: number;
  /** How many bytes it has, with the headers of its records. */
  readonly bytes: number;
  /** Its messages. */
  readonly items: readonly FlightItem[];
}

function flightItem({ name, length, encrypted, sealed, field }: Item): FlightItem {
  return { name, length, encrypted, says: sealed ? "encrypted" : field.value };
}

/**
 * Reads what was recorded.
 *
 * @param chunks What went over the connection.
 * @param keyLog The lines of its key log.
 * @param isServer Whether this end, which has sent and received, is the server.
 * @returns The flights, in their order.
 */
export async function flightsOf(
  chunks: readonly Chunk[],
  keyLog: readonly string[],
  isServer = false,
): Promise<Flight[]> {
  const secrets = new Secrets();
  keyLog.forEach((line) => secrets.add(line));
  const conversation = new Conversation(secrets);
  const flights: { way: Chunk["way"]; at: number; bytes: number; items: FlightItem[] }[] = [];
  const begin = chunks[0]?.at ?? 0;
  const end = (way: Chunk["way"]) => (way === "sent") === isServer ? "server" : "client";
  for (const { way, at, bytes } of chunks) {
    const items: FlightItem[] = [];
    for await (const item of conversation.items(end(way), bytes)) {
      if (item.name !== "record") items.push(flightItem(item));
    }
    const last = flights.at(-1);
    if (last?.way === way) {
      last.bytes += bytes.length;
      last.items.push(...items);
    } else flights.push({ way, at: at - begin, bytes: bytes.length, items });
  }
  return flights;
}
