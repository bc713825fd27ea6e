// Copyright 2026 the NSS for Deno authors. MIT license.

import { fromHex, toHex } from "../../cert/base/runtime.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { MAX_SESSION_AGE } from "../base/session_cache.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { decodeText, encodeText } from "./session_codec.ts";
import { readTime, writeTime } from "../wire/time.ts";
import { MAX_SEALED_LENGTH } from "./sealed_rows.ts";
import { MAX_CLOCK_SKEW, NAME_LENGTH, type TicketContent } from "./session_ticket.ts";

/**
 * The maximum length in bytes of the list of what is forgotten: what a row keeps, 2,398 sessions.
 */
export const MAX_FORGOTTEN_LENGTH = MAX_SEALED_LENGTH;

/** By how many milliseconds the clocks of two processes may differ. */
const CLOCK_TOLERANCE = 2 * MAX_CLOCK_SKEW;

/** For how many milliseconds an entry matters: longer than any session that it may be about. */
const ENTRY_LIFETIME = MAX_SESSION_AGE * 1000 + CLOCK_TOLERANCE;

/** Which sessions are forgotten: those that meet all that is said. */
export interface Condition {
  /** The family. */
  readonly family?: Uint8Array<ArrayBuffer>;
  /** The digest of the client's certificate. */
  readonly certificate?: Uint8Array<ArrayBuffer>;
  /** The digest of the name of an authority in the chain of the client. */
  readonly authority?: Uint8Array<ArrayBuffer>;
  /** The host name, in lower case. */
  readonly serverName?: string;
  /** Until when it was authenticated, in milliseconds since 1970. */
  readonly before?: number;
}

/** A session, as the list sees it. */
export interface Suspect {
  /** The session. */
  readonly content: TicketContent;
  /** The digests of its certificates; only asked for if the list has such. */
  readonly certificates: () => Promise<CertificateDigests>;
}

/** The digests of a client's certificates. */
export interface CertificateDigests {
  /** That of its own certificate; `null` for none. */
  readonly certificate: Uint8Array<ArrayBuffer> | null;
  /** Those of the names of the authorities in the chain, and of those that signed it. */
  readonly authorities: readonly Uint8Array<ArrayBuffer>[];
}

interface Entry {
  readonly generation: number;
  readonly condition: Condition;
}

const FORM = 1;
const HEADER_LENGTH = 1 + 8 + 8;
const GENERATION_LENGTH = 8;

/**
 * The list of what is forgotten. Each addition makes a new generation, which is later than all
 * before and at least the time: a session tells which generation it has known, so that no clock
 * decides what is forgotten.
 */
export class ForgottenList {
  /** By encoded condition, the oldest first. */
  readonly #entries = new Map<string, Entry>();
  /** Those that are not about one family alone. */
  readonly #general = new Set<string>();
  readonly #maxLength: number;
  #generation = 0;
  /** All sessions that have known no generation from this one on are forgotten. */
  #floor = 0;
  #length = HEADER_LENGTH;

  /** Creates an empty list of a maximum length in bytes. */
  constructor(maxLength: number = MAX_FORGOTTEN_LENGTH) {
    this.#maxLength = maxLength;
  }

  /** The newest generation. */
  get generation(): number {
    return this.#generation;
  }

  /** The number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Adds a condition. Without room, the oldest entries become one: all that is older is forgotten.
   *
   * @param condition The condition.
   * @param now The time in milliseconds since 1970.
   */
  add(condition: Condition, now: number): void {
    this.#generation = Math.max(this.#generation + 1, now);
    this.#set(condition, this.#generation);
    this.#raiseFloor(now);
  }

  /** Forgets all sessions: what the list was is not known any more. */
  addAll(now: number): void {
    this.#generation = Math.max(this.#generation + 1, now);
    this.#floor = this.#generation;
  }

  /** Adds what another list has; returns whether that one lacks any of this. */
  merge(other: ForgottenList, now: number): boolean {
    const lacks = this.#floor > other.#floor ||
      [...this.#entries].some(([key, { generation }]) =>
        generation > other.#floor && generation > (other.#entries.get(key)?.generation ?? 0)
      );
    this.#generation = Math.max(this.#generation, other.#generation);
    this.#floor = Math.max(this.#floor, other.#floor);
    const all = [...this.#entries.values(), ...other.#entries.values()]
      .toSorted((a, b) => a.generation - b.generation);
    for (const { condition, generation } of all) this.#set(condition, generation);
    this.#raiseFloor(now);
    return lacks;
  }

  /** Returns whether a session is forgotten. */
  async has({ content, certificates }: Suspect): Promise<boolean> {
    const { family, known } = content.origin;
    const generation = known?.generation ?? 0;
    if (generation < this.#floor) return true;
    if (this.#entries.has(keyOf({ family }))) return true;
    for (const key of this.#general) {
      const entry = this.#entries.get(key)!;
      if (generation >= entry.generation) continue;
      if (isMet(entry.condition, content) && await isOf(entry.condition, certificates)) return true;
    }
    return false;
  }

  #set(condition: Condition, generation: number): void {
    const key = keyOf(condition);
    const before = this.#entries.get(key);
    if (before !== undefined && before.generation > generation) return;
    this.#delete(key); // so that the newest are last
    this.#entries.set(key, { generation, condition });
    if (condition.family === undefined) this.#general.add(key);
    this.#length += GENERATION_LENGTH + key.length / 2;
  }

  #delete(key: string): void {
    if (!this.#entries.delete(key)) return;
    this.#general.delete(key);
    this.#length -= GENERATION_LENGTH + key.length / 2;
  }

  /**
   * Replaces the oldest entries by the floor: those of which no session is left, and those for
   * which there is no room. A clock that is wrong makes that more, never less.
   */
  #raiseFloor(now: number): void {
    for (const [key, { generation }] of this.#entries) {
      const isOver = generation <= this.#floor || generation < now - ENTRY_LIFETIME;
      if (!isOver && this.#length <= this.#maxLength) break;
      this.#floor = Math.max(this.#floor, generation);
      this.#delete(key);
    }
  }

  /** Encodes the list. */
  encode(): Uint8Array<ArrayBuffer> {
    const w = new Writer().u8(FORM);
    writeTime(w, this.#generation);
    writeTime(w, this.#floor);
    for (const [key, { generation }] of this.#entries) {
      writeTime(w, generation);
      w.bytes(fromHex(key));
    }
    return w.finish();
  }

  /** Decodes a list; returns `null` if the bytes do not have the format of this version. */
  static decode(bytes: Uint8Array<ArrayBuffer>): ForgottenList | null {
    try {
      const r = new Reader(bytes);
      if (r.u8() !== FORM) return null;
      const list = new ForgottenList();
      list.#generation = readTime(r);
      list.#floor = readTime(r);
      while (r.remaining > 0) {
        const generation = readTime(r);
        list.#set(readCondition(r), generation);
      }
      return list;
    } catch (error) {
      if (error instanceof DecodeError) return null;
      throw error;
    }
  }
}

const HAS_FAMILY = 1;
const HAS_CERTIFICATE = 2;
const HAS_AUTHORITY = 4;
const HAS_SERVER_NAME = 8;
const HAS_BEFORE = 16;
const ALL_MEMBERS = 31;

/** Encodes a condition. */
function keyOf({ family, certificate, authority, serverName, before }: Condition): string {
  const w = new Writer().u8(
    (family ? HAS_FAMILY : 0) | (certificate ? HAS_CERTIFICATE : 0) |
      (authority ? HAS_AUTHORITY : 0) | (serverName === undefined ? 0 : HAS_SERVER_NAME) |
      (before === undefined ? 0 : HAS_BEFORE),
  );
  for (const name of [family, certificate, authority]) {
    if (name !== undefined) w.fixed(name, NAME_LENGTH);
  }
  if (serverName !== undefined) w.vector16(encodeText(serverName));
  if (before !== undefined) writeTime(w, before);
  return toHex(w.finish());
}

function readCondition(r: Reader): Condition {
  const members = r.u8();
  if (members > ALL_MEMBERS) throw new DecodeError("it has unknown members");
  const name = () => r.bytes(NAME_LENGTH).slice();
  return {
    ...(members & HAS_FAMILY && { family: name() }),
    ...(members & HAS_CERTIFICATE && { certificate: name() }),
    ...(members & HAS_AUTHORITY && { authority: name() }),
    ...(members & HAS_SERVER_NAME && { serverName: decodeText(r.vector16()) ?? "" }),
    ...(members & HAS_BEFORE && { before: readTime(r) }),
  };
}

function isMet({ family, serverName, before }: Condition, content: TicketContent): boolean {
  return (family === undefined || toHex(family) === toHex(content.origin.family)) &&
    (serverName === undefined || serverName === content.serverName?.toLowerCase()) &&
    // The clock of the server that has authenticated the client may be ahead
    (before === undefined || content.authenticatedAt < before + CLOCK_TOLERANCE);
}

async function isOf(
  { certificate, authority }: Condition,
  digests: () => Promise<CertificateDigests>,
): Promise<boolean> {
  if (certificate === undefined && authority === undefined) return true;
  const own = await digests();
  const isSame = (a: Uint8Array, b: Uint8Array) => toHex(a) === toHex(b);
  return (certificate === undefined ||
    own.certificate !== null && isSame(own.certificate, certificate)) &&
    (authority === undefined || own.authorities.some((other) => isSame(other, authority)));
}

const known = new WeakMap<Certificate, Promise<Uint8Array<ArrayBuffer>>>();

/** Returns the digest by which a certificate is forgotten: of what a CRL says of it, too. */
export async function certificateDigest(
  { issuer, serialNumber }: Pick<Certificate, "issuer" | "serialNumber">,
): Promise<Uint8Array<ArrayBuffer>> {
  return await digestOf(`certificate ${toHex(serialNumber)} ${issuer.key}`);
}

/** Returns the digest by which an authority is forgotten. */
export async function authorityDigest(
  { subject }: Pick<Certificate, "subject">,
): Promise<Uint8Array<ArrayBuffer>> {
  return await digestOf(`authority ${subject.key}`);
}

/** Returns the digests of a client's certificates. */
export async function digestsOf(chain: readonly Certificate[]): Promise<CertificateDigests> {
  const [own, ...authorities] = chain;
  if (own === undefined) return { certificate: null, authorities: [] };
  let certificate = known.get(own);
  if (certificate === undefined) {
    certificate = certificateDigest(own);
    known.set(own, certificate);
  }
  const names = new Map(
    [...authorities.map(({ subject }) => subject), ...chain.map(({ issuer }) => issuer)]
      .map((name) => [name.key, name] as const),
  );
  const digests = [...names.values()].map((subject) => authorityDigest({ subject }));
  return { certificate: await certificate, authorities: await Promise.all(digests) };
}

async function digestOf(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest, 0, NAME_LENGTH);
}
