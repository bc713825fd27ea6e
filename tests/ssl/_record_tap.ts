// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A hand on one end's records under their right keys: the key log of an honest socket opens what it
 * sends, the test changes, drops and adds records, and they leave sealed anew. The handshake's
 * transcript stays as the honest end has it.
 *
 * The sealing is the test's own, not the library's, so that a mistake in one of them shows.
 *
 * @module
 */

import type { Role } from "../../ssl/config/import_options.ts";
import { TrafficSecret } from "../../ssl/crypto/expanded_secrets.ts";
import { HandshakeJoiner } from "../../ssl/messages/handshake.ts";
import { CipherSpec } from "../../ssl/record/cipher_spec.ts";
import { Deframer } from "../../ssl/record/deframer.ts";
import { MAX_CIPHERTEXT_LENGTH } from "../../ssl/record/header.ts";
import { CIPHER_SUITES, type CipherSuite } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { join, type Joined, type JoinOptions, shake } from "./_support.ts";

/** A record as the honest end meant it. */
export interface TappedRecord {
  /** The true content type. */
  readonly type: number;
  /** The content. */
  readonly fragment: Uint8Array<ArrayBuffer>;
  /** Which keys protect it. */
  readonly epoch: "clear" | "handshake" | "application";
}

/** A record to send. */
export interface RecordToSend {
  /** The true content type. */
  readonly type: number;
  /** The content. */
  readonly fragment: Uint8Array<ArrayBuffer>;
  /** Whether it goes in clear whatever keys there are. */
  readonly clear?: boolean;
  /** How many zeros follow the content type. */
  readonly padding?: number;
}

/** What leaves in the place of a record. */
export type Rewrite = (record: TappedRecord) => readonly RecordToSend[];

/** A record in clear as it stands on the wire. */
export function plainRecord(type: number, fragment: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = fragment;
  return new Uint8Array([type, 3, 3, length >> 8, length & 0xff, ...fragment]);
}

/** Seals records by RFC 8446, Section 5.2, without any of the library's checks. */
export class RawSealer {
  readonly #aead: CipherSuite["aead"];
  readonly #key: CryptoKey;
  readonly #iv: Uint8Array<ArrayBuffer>;
  #sequence = 0;

  constructor(aead: CipherSuite["aead"], key: CryptoKey, iv: Uint8Array<ArrayBuffer>) {
    this.#aead = aead;
    this.#key = key;
    this.#iv = iv;
  }

  /** Derives key and iv of a traffic secret. */
  static async create(suite: CipherSuite, secret: TrafficSecret): Promise<RawSealer> {
    const { key, iv } = await secret.keyAndIv(suite);
    return new RawSealer(suite.aead, key, iv);
  }

  /** A whole record, header included. */
  async seal(
    type: number,
    fragment: Uint8Array<ArrayBuffer>,
    padding = 0,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const inner = new Uint8Array(fragment.length + 1 + padding);
    inner.set(fragment);
    inner[fragment.length] = type;
    const length = inner.length + 16;
    const header = new Uint8Array([23, 3, 3, length >> 8, length & 0xff]);
    const iv = this.#iv.slice();
    for (let i = 0, rest = this.#sequence++; rest > 0; i++, rest = Math.floor(rest / 256)) {
      iv[11 - i]! ^= rest % 256;
    }
    const params = { name: this.#aead, iv, additionalData: header };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(params, this.#key, inner));
    const record = new Uint8Array(5 + sealed.length);
    record.set(header);
    record.set(sealed, 5);
    return record;
  }
}

/** A connection that rewrites the records that an honest socket writes to it. */
export class RecordTap implements ConnLike<Deno.NetAddr> {
  /** What replaces each record; as it is, while nothing else is set. */
  rewrite: Rewrite = (record) => [record];
  /** Every record that the honest end meant to send. */
  readonly records: TappedRecord[] = [];
  readonly #conn: ConnLike<Deno.NetAddr>;
  readonly #label: string;
  readonly #suite: CipherSuite;
  readonly #secrets = new Map<string, string>();
  readonly #deframer = new Deframer();
  readonly #joiner = new HandshakeJoiner();
  #epoch: TappedRecord["epoch"] = "clear";
  #finished = false;
  #opener: CipherSpec | null = null;
  #sealer: RawSealer | null = null;
  #secret: TrafficSecret | null = null;

  /**
   * Taps what the end of this role writes; that end must use this suite and
   * {@linkcode RecordTap.keyLog}.
   */
  constructor(conn: ConnLike<Deno.NetAddr>, role: Role, suite: CipherSuite = CIPHER_SUITES[0]!) {
    this.#conn = conn;
    this.#label = role.toUpperCase();
    this.#suite = suite;
    this.#deframer.limit = MAX_CIPHERTEXT_LENGTH;
  }

  /** For the `keyLog` option of the honest end. */
  readonly keyLog = (line: string): void => {
    const [label, , secret] = line.split(" ");
    this.#secrets.set(label!, secret!);
  };

  get localAddr(): Deno.NetAddr {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#conn.remoteAddr;
  }

  read(p: Uint8Array): Promise<number | null> {
    return this.#conn.read(p);
  }

  close(): void {
    this.#conn.close();
  }

  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite?.();
  }

  async write(p: Uint8Array): Promise<number> {
    this.#deframer.push(p.slice());
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let sealed; (sealed = this.#deframer.next()) !== null;) {
      await this.#catchUp();
      const encrypted = sealed.type === ContentType.applicationData;
      if (encrypted && this.#epoch === "clear") await this.#enter("handshake");
      const { type, fragment } = encrypted ? await this.#opener!.open(sealed) : sealed;
      const record = { type, fragment, epoch: encrypted ? this.#epoch : "clear" } as const;
      this.records.push(record);
      for (const changed of this.rewrite(record)) {
        parts.push(await this.#seal({ ...changed, clear: changed.clear ?? !encrypted }));
      }
      if (type === ContentType.handshake) await this.#follow(fragment);
    }
    for (const part of parts) await this.sendBytes(part);
    return p.length;
  }

  /** Sends records of the test's own under the keys of the moment, in one piece. */
  async send(...records: readonly RecordToSend[]): Promise<void> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (const record of records) parts.push(await this.#seal(record));
    await this.sendBytes(concat(parts));
  }

  /** A record as it would leave now; it takes a sequence number. */
  seal(record: RecordToSend): Promise<Uint8Array<ArrayBuffer>> {
    return this.#seal(record);
  }

  /** Sends bytes as they are. */
  async sendBytes(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#conn.write(bytes.subarray(sent));
    }
  }

  /** Goes on under the next application keys, as after a KeyUpdate of the test's own. */
  async renewKeys(): Promise<void> {
    await this.#catchUp();
    this.#secret = await this.#secret!.next();
    this.#sealer = await RawSealer.create(this.#suite, this.#secret);
  }

  async #seal(record: RecordToSend): Promise<Uint8Array<ArrayBuffer>> {
    const { type, fragment, clear = false, padding } = record;
    await this.#catchUp();
    return clear || this.#sealer === null
      ? plainRecord(type, fragment)
      : await this.#sealer.seal(type, fragment, padding);
  }

  /** Goes on under the keys of application data, which exist some time after Finished has left. */
  async #catchUp(): Promise<void> {
    if (this.#finished && this.#epoch === "handshake") await this.#enter("application");
  }

  async #follow(fragment: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#joiner.push(fragment);
    for (let message; (message = this.#joiner.next()) !== null;) {
      if (message.type === HandshakeType.finished) this.#finished = true;
      if (message.type === HandshakeType.keyUpdate) await this.#use(await this.#secret!.next());
    }
  }

  async #enter(epoch: "handshake" | "application"): Promise<void> {
    this.#epoch = epoch;
    const label = epoch === "handshake" ? "HANDSHAKE_TRAFFIC_SECRET" : "TRAFFIC_SECRET_0";
    const secret = this.#secrets.get(`${this.#label}_${label}`);
    if (secret === undefined) throw new Error(`Cannot tap: the key log lacks ${label}`);
    await this.#use(new TrafficSecret(this.#suite.hash, Uint8Array.fromHex(secret)));
  }

  async #use(secret: TrafficSecret): Promise<void> {
    this.#secret = secret;
    this.#opener = await CipherSpec.create(this.#suite, secret);
    this.#sealer = await RawSealer.create(this.#suite, secret);
  }
}

/** Joins bytes. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Joins a client and a server; what the end of this role sends passes a tap. */
export function tapped(
  role: Role,
  options: JoinOptions = {},
): Joined & { readonly tap: RecordTap } {
  let tap: RecordTap | undefined;
  const wrap = (conn: ConnLike<Deno.NetAddr>) => tap = new RecordTap(conn, role);
  const keyLog = (line: string) => tap!.keyLog(line);
  const joined = join({
    ...options,
    client: { cipherSuites: [CIPHER_SUITES[0]!.name], ...options.client },
    [role]: { cipherSuites: [CIPHER_SUITES[0]!.name], ...options[role], keyLog },
    [role === "client" ? "wrapClient" : "wrapServer"]: wrap,
  });
  return { ...joined, tap: tap! };
}

/** As {@linkcode tapped}, with the handshake complete. */
export async function tappedAndConnected(
  role: Role,
  options: JoinOptions = {},
): Promise<Joined & { readonly tap: RecordTap }> {
  const joined = tapped(role, options);
  await shake(joined);
  return joined;
}
