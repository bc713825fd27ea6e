// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The flights of a handshake: what was recorded of a connection, decrypted with the secrets of its
 * own key log.
 *
 * @module
 */

import { fromHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import { TrafficSecret } from "../../ssl/crypto/expanded_secrets.ts";
import { supportedVersionsServerHello } from "../../ssl/extensions/supported_versions.ts";
import { HandshakeJoiner, type HandshakeMessage } from "../../ssl/messages/handshake.ts";
import { parseServerHello } from "../../ssl/messages/server_hello.ts";
import { CipherSpec, type RecordProtection } from "../../ssl/record/cipher_spec.ts";
import { Deframer, type SealedRecord } from "../../ssl/record/deframer.ts";
import { alertName } from "../../ssl/tables/alert_descriptions.ts";
import { type CipherSuite, cipherSuiteById } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { describeMessage } from "./describe_message.ts";
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

/** The limit of a protected record (RFC 8446, Section 5.2; RFC 5246 has more). */
const MAX_FRAGMENT = 2 ** 14 + 2048;

/** What both directions know of the handshake. */
interface Known {
  /** The suite of TLS 1.3; `null` in TLS 1.2 and before. */
  suite: CipherSuite | null;
  /** The secrets, by their label. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** One direction of a connection. */
class Direction {
  readonly #known: Known;
  readonly #side: "CLIENT" | "SERVER";
  readonly #deframer = new Deframer();
  readonly #joiner = new HandshakeJoiner();
  #protection: RecordProtection | null = null;
  #secret: TrafficSecret | null = null;
  /** TLS 1.2's records are encrypted behind the ChangeCipherSpec. */
  #isSealed = false;
  #isBroken = false;

  constructor(known: Known, side: "CLIENT" | "SERVER") {
    this.#known = known;
    this.#side = side;
    this.#deframer.limit = MAX_FRAGMENT;
  }

  /** Reads bytes. */
  async items(bytes: Uint8Array<ArrayBuffer>): Promise<FlightItem[]> {
    if (this.#isBroken) return [noTls(bytes)];
    const items: FlightItem[] = [];
    this.#deframer.push(bytes);
    try {
      for (let record; (record = this.#deframer.next()) !== null;) {
        items.push(...await this.#read(record));
      }
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      this.#isBroken = true;
      items.push(noTls(bytes));
    }
    return items;
  }

  async #read(record: SealedRecord): Promise<FlightItem[]> {
    const { type, fragment } = record;
    if (type === ContentType.changeCipherSpec) {
      this.#isSealed = this.#known.suite === null;
      const says = this.#isSealed
        ? "what follows is encrypted"
        : "has no meaning in TLS 1.3; old middleboxes want it";
      return [{ name: "change_cipher_spec", length: fragment.length, encrypted: false, says }];
    }
    if (this.#isSealed) return [sealed(type, fragment)];
    if (type !== ContentType.applicationData) return await this.#content(type, fragment, false);
    this.#protection ??= await this.#protect("HANDSHAKE_TRAFFIC_SECRET");
    if (this.#protection === null) return [sealed(type, fragment)];
    const opened = await this.#protection.open(record);
    return await this.#content(opened.type, opened.fragment, true);
  }

  async #protect(label: string): Promise<RecordProtection | null> {
    const { suite, secrets } = this.#known;
    const secret = secrets.get(`${this.#side}_${label}`);
    if (suite === null || secret === undefined) return null;
    this.#secret = new TrafficSecret(suite.hash, fromHex(secret));
    return await CipherSpec.create(suite, this.#secret);
  }

  async #content(
    type: number,
    fragment: Uint8Array<ArrayBuffer>,
    encrypted: boolean,
  ): Promise<FlightItem[]> {
    if (type === ContentType.alert) {
      const name = alertName(fragment[1] ?? 0) ?? `${fragment[1]}`;
      const says = fragment[0] === 2 || name !== "close_notify"
        ? `${name}: the handshake ends`
        : `${name}: no more is sent`;
      return [{ name: "alert", length: fragment.length, encrypted, says }];
    }
    if (type !== ContentType.handshake) {
      const says = "data of the application";
      return [{ name: "application_data", length: fragment.length, encrypted, says }];
    }
    const items: FlightItem[] = [];
    this.#joiner.push(fragment);
    for (let message; (message = this.#joiner.next()) !== null;) {
      items.push({
        ...describeMessage(message, this.#known.suite !== null),
        length: message.raw.length,
        encrypted,
      });
      await this.#heed(message);
    }
    return items;
  }

  /** Changes keys where a message does so. */
  async #heed({ type, body }: HandshakeMessage): Promise<void> {
    if (type === HandshakeType.serverHello) {
      // A HelloRetryRequest names the suite already, and the ServerHello keeps to it
      const { extensions, cipherSuite } = parseServerHello(body);
      const isTls13 = extensions?.get(supportedVersionsServerHello) === TLS_1_3;
      if (isTls13) this.#known.suite = cipherSuiteById(cipherSuite) ?? null;
    }
    if (this.#protection === null) return;
    if (type === HandshakeType.finished) {
      this.#protection = await this.#protect("TRAFFIC_SECRET_0");
    }
    const { suite } = this.#known;
    if (type === HandshakeType.keyUpdate && this.#secret !== null && suite !== null) {
      this.#secret = await this.#secret.next();
      this.#protection = await CipherSpec.create(suite, this.#secret);
    }
  }
}

function sealed(type: number, fragment: Uint8Array): FlightItem {
  const name = type === ContentType.handshake
    ? "finished"
    : type === ContentType.alert
    ? "alert"
    : "application_data";
  return { name, length: fragment.length, encrypted: true, says: "encrypted" };
}

function noTls({ length }: Uint8Array): FlightItem {
  return { name: "bytes", length, encrypted: false, says: "no record of TLS" };
}

/**
 * Reads what was recorded.
 *
 * @param chunks What went over the connection of a client.
 * @param keyLog The lines of its key log.
 * @returns The flights, in their order.
 */
export async function flightsOf(
  chunks: readonly Chunk[],
  keyLog: readonly string[],
): Promise<Flight[]> {
  const secrets = new Map(keyLog.map((line) => {
    const [label = "", , secret = ""] = line.split(" ");
    return [label, secret];
  }));
  const known: Known = { suite: null, secrets };
  const directions = {
    sent: new Direction(known, "CLIENT"),
    received: new Direction(known, "SERVER"),
  };
  const flights: { way: Chunk["way"]; at: number; bytes: number; items: FlightItem[] }[] = [];
  const begin = chunks[0]?.at ?? 0;
  for (const { way, at, bytes } of chunks) {
    const items = await directions[way].items(bytes);
    const last = flights.at(-1);
    if (last?.way === way) {
      last.bytes += bytes.length;
      last.items.push(...items);
    } else flights.push({ way, at: at - begin, bytes: bytes.length, items });
  }
  return flights;
}
