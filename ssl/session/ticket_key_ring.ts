// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The ticket keys that several processes share: a ring in a store, of which one key seals, the next
 * one is known to all before it does, and older ones open until their last ticket has expired.
 *
 * The only clock is the store's: the row {@linkcode TURN} lasts for one rotation. Whoever finds it
 * gone first writes it anew, with the number of the generation that is due; whoever then finds a
 * ring of an earlier generation puts the next key into it. So a process whose clock is wrong, or
 * that stops between the two, does no harm, and an answer of the store that was lost is made up for
 * by the next read. Times of a process are compared with times of the same process only.
 *
 * @module
 */

import { bytesEqual } from "../../cert/base/bytes.ts";
import type { Environment } from "../base/environment.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { attempt, type StoreCounters, StoreWait } from "./attempt.ts";
import { attemptTogether } from "./attempt_together.ts";
import { requiredTicketKeys } from "./shared_limits.ts";
import type { SealedRow, SealedRows } from "./sealed_rows.ts";
import { KEY_NAME_LENGTH, type TicketKey, type TicketKeyring } from "./ticket_keyring.ts";

/** The version of the ring's format. */
const FORM = 1;
/** The key length in bytes of AES-256. */
const KEY_LENGTH = 32;
/** The maximum number of attempts if others write at the same time; one race is rare. */
const MAX_RACES = 4;
/**
 * The minimum interval in milliseconds between reads for unknown keys: clients that send tickets
 * with unknown keys must not keep the store busy.
 */
export const MIN_READ_INTERVAL = 100;
/** The maximum interval in milliseconds between reads of a ring that is used. */
const MAX_READ_INTERVAL = 60_000;
/** How often a ring is read at least while one of its keys seals. */
const READS_PER_ROTATION = 8;

/**
 * How many rotations at most happen between two reads: a key that has no more of them left may be
 * missing because its time is over.
 */
const MAX_MISSED_ROTATIONS = 2;

/** A key of the ring as its row has it. */
interface RingRecord {
  readonly name: Uint8Array<ArrayBuffer>;
  readonly secret: Uint8Array<ArrayBuffer>;
  /** After how many rotations it is gone. */
  readonly left: number;
}

/** A key of the ring. */
interface RingKey extends TicketKey, RingRecord {}

/** The keys, newest first: the next one, the one that seals, and those that only open. */
interface Ring {
  /** The number of rotations so far. */
  readonly generation: number;
  readonly keys: readonly RingKey[];
}

/** The options of a ring. */
export interface TicketKeyRingOptions {
  /** The rows of the store. */
  readonly rows: SealedRows;
  /** The lifetime in seconds of tickets. */
  readonly lifetime: number;
  /** The time in seconds for which a key seals. */
  readonly rotation: number;
  /** The counters of failures of the store. */
  readonly counters: StoreCounters;
  /** Called where the store has lost its rows, to put back others that all processes need. */
  readonly onLoss?: () => Promise<void>;
}

/** The ring of ticket keys of one process, as it was last read. */
export class TicketKeyRing implements TicketKeyring {
  readonly #options: TicketKeyRingOptions;
  /** The time for which a key seals, in milliseconds. */
  readonly #rotation: number;
  readonly #maxKeys: number;
  readonly #interval: number;
  /** The names of the rows: processes with other limits have other ones. */
  readonly #ringRow: string;
  readonly #turnRow: string;
  #ring: Ring | null = null;
  /** When it was last read, tried to be read, and to be renewed, by this process's clock. */
  #readAt = -Infinity;
  #triedAt = -Infinity;
  #renewedAt = -Infinity;
  #renewing: Promise<void> | null = null;
  #reading: Promise<void> | null = null;

  /** Creates a ring, which is read when it is first used. */
  constructor(options: TicketKeyRingOptions) {
    const { lifetime, rotation } = options;
    this.#options = options;
    this.#rotation = rotation * 1000;
    this.#maxKeys = requiredTicketKeys(lifetime, rotation);
    this.#interval = Math.min(this.#rotation / READS_PER_ROTATION, MAX_READ_INTERVAL);
    this.#ringRow = `ticket keys ${lifetime} ${rotation}`;
    this.#turnRow = `ticket keys' turn ${lifetime} ${rotation}`;
  }

  /** Returns the key to seal with, which is waited for where none is known. */
  async current(
    environment: Environment,
    wait: StoreWait = new StoreWait(),
  ): Promise<TicketKey | null> {
    const known = this.#sealingKey(environment.now());
    if (known === null) await this.#join(() => this.#renew(environment), wait);
    else if (this.#isDue(environment.now())) void this.#renew(environment);
    return known ?? this.#sealingKey(environment.now());
  }

  /** Returns the key of a name; reads the ring if it is unknown. */
  async find(
    name: Uint8Array,
    environment: Environment,
    wait: StoreWait = new StoreWait(),
  ): Promise<TicketKey | null> {
    const now = environment.now();
    const known = this.#named(name, now);
    if (known !== null) {
      if (this.#isDue(now)) void this.#renew(environment);
      return known;
    }
    const underWay = this.#renewing ?? this.#reading;
    if (underWay !== null) await this.#join(() => underWay, wait);
    else if (isPast(this.#triedAt, MIN_READ_INTERVAL, now)) {
      await this.#join(() => this.#readOnce(environment), wait);
    }
    return this.#named(name, now);
  }

  /** Has the next call read the ring, and put back what the store has lost. */
  onNewEpoch(): void {
    this.#renewedAt = -Infinity;
  }

  async #join(join: () => Promise<void>, wait: StoreWait): Promise<void> {
    await attemptTogether(this.#options.counters, join, wait);
  }

  /**
   * The key that seals. While the store is away, the next one takes its turn: all processes know
   * it, and keep both long enough. After that there are no tickets, because nobody would open them.
   */
  #sealingKey(now: number): RingKey | null {
    const age = this.#ageAt(now);
    if (this.#ring === null || age >= 2 * this.#rotation) return null;
    return this.#ring.keys[age < this.#rotation ? 1 : 0]!;
  }

  #named(name: Uint8Array, now: number): RingKey | null {
    if (this.#ageAt(now) >= this.#maxKeys * this.#rotation) this.#ring = null;
    return this.#ring?.keys.find((candidate) => bytesEqual(candidate.name, name)) ?? null;
  }

  /** Returns how long ago the ring was read; a clock that was set back begins anew. */
  #ageAt(now: number): number {
    if (now < this.#readAt) this.#readAt = now;
    return now - this.#readAt;
  }

  #isDue(now: number): boolean {
    return isPast(this.#renewedAt, this.#interval, now);
  }

  /** Reads the ring, once for concurrent calls. */
  #readOnce(environment: Environment): Promise<void> {
    return this.#reading ??= this.#attempt(environment, async () => {
      const { ring, isLost } = this.#merge(await this.#read(), environment.now());
      // Others need what the store has lost, too
      if (isLost) void this.#renew(environment);
      return ring;
    }).finally(() => {
      this.#reading = null;
    });
  }

  /** Reads the ring and rotates it if that is due, once for concurrent calls. */
  #renew(environment: Environment): Promise<void> {
    if (this.#renewing === null) this.#renewedAt = environment.now();
    return this.#renewing ??= this.#attempt(environment, async () => {
      for (let races = 0; races < MAX_RACES; races++) {
        const ring = await this.#tryToRenew(environment);
        if (ring !== null) return ring;
      }
      return null;
    }).finally(() => {
      this.#renewing = null;
    });
  }

  async #attempt(environment: Environment, read: () => Promise<Ring | null>): Promise<void> {
    const { rows, counters } = this.#options;
    const startedAt = this.#triedAt = environment.now();
    const ring = await attempt(rows.store, counters, read);
    if (ring === null) return;
    this.#ring = ring;
    this.#readAt = startedAt;
  }

  /** Returns the ring; `null` if another process has written at the same time. */
  async #tryToRenew(environment: Environment): Promise<Ring | null> {
    const { rows, onLoss } = this.#options;
    const row = await rows.read(this.#ringRow);
    const { ring, isLost } = this.#merge(await this.#read(row), environment.now());
    const due = await this.#takeTurn((ring?.generation ?? 0) + 1);
    if (due === null) return null;
    if (isLost) await onLoss?.();
    const isDue = ring === null || due > ring.generation;
    if (!isDue && !isLost) return ring;
    const next = isDue ? await this.#rotated(ring, due, environment) : ring;
    const isWritten = await rows.replace(
      this.#ringRow,
      row,
      encodeRing(next),
      this.#maxKeys * this.#rotation,
    );
    return isWritten ? next : null;
  }

  /**
   * Returns the ring of the store with the keys that it has lost, because it was emptied or is that
   * of an earlier time: who has just read them knows them. The later ring goes on sealing.
   */
  #merge(found: Ring | null, now: number): { ring: Ring | null; isLost: boolean } {
    const known = this.#ageAt(now) < this.#rotation ? this.#ring : null;
    if (found === null || known === null) return { ring: found ?? known, isLost: found === null };
    const isMissing = without(found.keys);
    if (!known.keys.some((key) => key.left > MAX_MISSED_ROTATIONS && isMissing(key))) {
      return { ring: found, isLost: false };
    }
    const [first, second] = found.generation < known.generation ? [known, found] : [found, known];
    const others = second.keys.filter(without(first.keys)).toSorted((a, b) => b.left - a.left);
    const keys = [...first.keys, ...others].slice(0, 2 * this.#maxKeys);
    return { ring: { generation: first.generation, keys }, isLost: true };
  }

  /**
   * Returns the generation that is due, which is the next one where a rotation is over; `null` if
   * another process has just said so.
   */
  async #takeTurn(next: number): Promise<number | null> {
    const { rows } = this.#options;
    const row = await rows.read(this.#turnRow);
    const turned = rows.decode(row, decodeTurn);
    if (turned !== null) return turned;
    const turn = new Writer().u32(next).finish();
    return await rows.replace(this.#turnRow, row, turn, this.#rotation) ? next : null;
  }

  async #rotated(ring: Ring | null, generation: number, environment: Environment): Promise<Ring> {
    const left = this.#maxKeys;
    const make = (left: number) =>
      importKey({
        name: environment.random(KEY_NAME_LENGTH),
        secret: environment.random(KEY_LENGTH),
        left,
      });
    const older = ring?.keys.map((key) => ({ ...key, left: key.left - 1 })) ??
      [await make(left - 1)];
    return { generation, keys: [await make(left), ...older.filter((key) => key.left > 0)] };
  }

  /** Decodes a row, by default that of the store, and imports the keys that are new. */
  async #read(row?: SealedRow): Promise<Ring | null> {
    const { rows } = this.#options;
    const read = row ?? await rows.read(this.#ringRow);
    const decoded = rows.decode(read, decodeRing);
    read.content?.fill(0); // what is known keeps copies
    if (decoded === null) return null;
    const keys = await Promise.all(decoded.keys.map((record) => {
      const known = this.#ring?.keys.find(({ name }) => bytesEqual(name, record.name));
      return known !== undefined && bytesEqual(known.secret, record.secret)
        ? { ...known, left: record.left }
        : importKey(record);
    }));
    return { generation: decoded.generation, keys };
  }
}

/** Returns a filter for the keys that are not among these. */
function without(keys: readonly RingKey[]): (key: RingKey) => boolean {
  return ({ name }) => !keys.some((key) => bytesEqual(key.name, name));
}

/** Returns whether an interval is over; one of a clock that was set back is. */
function isPast(last: number, interval: number, now: number): boolean {
  return now - last >= interval || now < last;
}

async function importKey(record: RingRecord): Promise<RingKey> {
  const key = await crypto.subtle.importKey("raw", record.secret, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  return { ...record, key };
}

function encodeRing({ generation, keys }: Ring): Uint8Array<ArrayBuffer> {
  const w = new Writer().u8(FORM).u32(generation);
  for (const { name, secret, left } of keys) w.u16(left).bytes(name).bytes(secret);
  return w.finish();
}

/** Decodes the generation that is due. */
function decodeTurn(bytes: Uint8Array<ArrayBuffer>): number {
  const r = new Reader(bytes);
  const generation = r.u32();
  r.finish();
  return generation;
}

/** Decodes a ring; `null` if it is of another form. */
export function decodeRing(
  bytes: Uint8Array<ArrayBuffer>,
): { readonly generation: number; readonly keys: readonly RingRecord[] } | null {
  try {
    const r = new Reader(bytes);
    if (r.u8() !== FORM) return null;
    const generation = r.u32();
    const keys = r.list((entry) => ({
      left: entry.u16(),
      name: entry.bytes(KEY_NAME_LENGTH).slice(),
      secret: entry.bytes(KEY_LENGTH).slice(),
    }));
    return keys.length < 2 ? null : { generation, keys };
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
