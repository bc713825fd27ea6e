// Copyright 2026 the NSS for Deno authors. MIT license.

/** Removes the protection of records of a connection that is looked at. @module */

import { NssError } from "../../cert/base/errors.ts";
import type { HandshakeMessage } from "../../ssl/messages/handshake.ts";
import type { OpenedFragment, RecordProtection } from "../../ssl/record/cipher_spec.ts";
import type { SealedRecord } from "../../ssl/record/deframer.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import type { End } from "./context.ts";
import type { KeySource } from "./key_source.ts";
import type { ObservedHandshake } from "./observed_handshake.ts";
import {
  earlyProtections,
  nextKeys,
  type Tls12Secrets,
  tls12Secrets,
  type Traffic,
  type TrafficKeys,
  trafficKeys,
} from "./observed_keys.ts";
import type { SessionMemory } from "./session_memory.ts";

/** What a record has, without its protection. */
export type Opened =
  /** Its content. */
  | OpenedFragment & { readonly encrypted: boolean }
  /** Why it stays encrypted. */
  | { readonly sealed: string };

const DIFFERS = "it does not decrypt with the secrets of the key log";

/** The keys of TLS 1.2, which both directions share. */
export class Tls12Keys {
  readonly #handshake: ObservedHandshake;
  readonly #source: KeySource;
  readonly #sessions: SessionMemory;
  #serverRandom: Uint8Array | null = null;
  #secrets: Tls12Secrets | string | null = null;

  /** Looks keys up when they are needed. */
  constructor(handshake: ObservedHandshake, source: KeySource, sessions: SessionMemory) {
    this.#handshake = handshake;
    this.#source = source;
    this.#sessions = sessions;
  }

  /** Returns the protection of an end by the last handshake, or why there is none. */
  async protection(end: End): Promise<RecordProtection | string> {
    const { server } = this.#handshake.randoms;
    // A renegotiation has another one
    if (server !== this.#serverRandom) {
      this.#serverRandom = server;
      this.#secrets = await tls12Secrets(this.#handshake, this.#source, this.#sessions);
      this.remember();
    }
    const secrets = this.#secrets!;
    return typeof secrets === "string" ? secrets : secrets.protections[end];
  }

  /** Remembers the session by the names that it has. */
  remember(): void {
    if (this.#secrets === null || typeof this.#secrets === "string") return;
    if (this.#serverRandom !== this.#handshake.randoms.server) return;
    for (const name of this.#handshake.sessions) {
      this.#sessions.add(name, this.#secrets.masterSecret);
    }
  }
}

/** One direction of a connection. */
export class Opener {
  readonly #end: End;
  readonly #handshake: ObservedHandshake;
  readonly #source: KeySource;
  readonly #tls12Keys: Tls12Keys;
  /** That of TLS 1.2 behind a ChangeCipherSpec, or why there is none. */
  #tls12: RecordProtection | string | null = null;
  #traffic: Traffic = "HANDSHAKE_TRAFFIC_SECRET";
  #keys: TrafficKeys | string | null = null;
  /** What early data may be protected with. */
  #early: readonly RecordProtection[] | string | null = null;
  #isEarlyOver: boolean;

  /** Opens what an end sends. */
  constructor(
    end: End,
    handshake: ObservedHandshake,
    source: KeySource,
    tls12Keys: Tls12Keys,
  ) {
    this.#end = end;
    this.#handshake = handshake;
    this.#source = source;
    this.#tls12Keys = tls12Keys;
    this.#isEarlyOver = end === "server";
  }

  /** Whether what was opened last is early data. */
  get isEarly(): boolean {
    return !this.#isEarlyOver && this.#handshake.offersEarlyData;
  }

  /** Opens a record, if it is protected and the keys are known. */
  async open(record: SealedRecord): Promise<Opened> {
    if (this.#tls12 !== null) {
      if (typeof this.#tls12 === "string") return { sealed: this.#tls12 };
      const opened = await attempt(this.#tls12, record);
      if (opened === null) this.#tls12 = DIFFERS;
      return opened ?? { sealed: DIFFERS };
    }
    const { type, fragment } = record;
    // RFC 8446, Section 5.1: all that is protected is called application data
    if (type !== ContentType.applicationData) return { type, fragment, encrypted: false };
    if (this.isEarly) return await this.#openEarly(record);
    return await this.#openTls13(record);
  }

  /** Takes note of a ChangeCipherSpec; returns whether it changes anything. */
  async changeCipherSpec(): Promise<boolean> {
    const { version, isTls13 } = this.#handshake;
    if (version === null || isTls13) return false;
    this.#tls12 = await this.#tls12Keys.protection(this.#end);
    return true;
  }

  /** Takes note of a message, behind which there may be other keys. */
  async heed({ type }: HandshakeMessage): Promise<void> {
    if (type === HandshakeType.endOfEarlyData) this.#isEarlyOver = true;
    if (type === HandshakeType.newSessionTicket) this.#tls12Keys.remember();
    if (this.#keys === null || typeof this.#keys === "string") return;
    if (type === HandshakeType.finished && this.#traffic === "HANDSHAKE_TRAFFIC_SECRET") {
      this.#traffic = "TRAFFIC_SECRET_0";
      this.#keys = null;
    } else if (type === HandshakeType.keyUpdate) this.#keys = await nextKeys(this.#keys);
  }

  async #openTls13(record: SealedRecord): Promise<Opened> {
    const keys = this.#keys ??= await this.#trafficKeys();
    if (typeof keys === "string") return { sealed: keys };
    const opened = await attempt(keys.protection, record);
    if (opened === null) this.#keys = DIFFERS;
    return opened ?? { sealed: DIFFERS };
  }

  async #trafficKeys(): Promise<TrafficKeys | string> {
    if (!this.#handshake.isTls13) return "no keys were agreed on before";
    return await trafficKeys(this.#handshake, this.#end, this.#traffic, this.#source);
  }

  /**
   * Opens a record that is of early data, or the first behind it: a server that refuses early data
   * skips what it cannot decrypt, and so does this.
   */
  async #openEarly(record: SealedRecord): Promise<Opened> {
    this.#early ??= await earlyProtections(this.#handshake, this.#source);
    if (typeof this.#early !== "string") {
      for (const protection of this.#early) {
        const opened = await attempt(protection, record);
        if (opened === null) continue;
        this.#early = [protection];
        return opened;
      }
    }
    if (this.#handshake.isTls13) {
      const keys = this.#keys ??= await this.#trafficKeys();
      if (typeof keys === "string") return { sealed: keys };
      const opened = await attempt(keys.protection, record);
      if (opened !== null) {
        this.#isEarlyOver = true;
        return opened;
      }
      this.#keys = { ...keys, protection: keys.protection.restart() };
    }
    return { sealed: typeof this.#early === "string" ? this.#early : `${DIFFERS} as early data` };
  }
}

/** Opens a record; `null` if it does not decrypt. */
async function attempt(
  protection: RecordProtection,
  record: SealedRecord,
): Promise<OpenedFragment & { readonly encrypted: true } | null> {
  try {
    const { type, fragment } = await protection.open(record);
    return { type, fragment, encrypted: true };
  } catch (error) {
    if (error instanceof NssError) return null;
    throw error;
  }
}
