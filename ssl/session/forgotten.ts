// Copyright 2026 the NSS for Deno authors. MIT license.

import { inTime } from "../../cert/base/runtime.ts";
import { isKnown, MAX_SESSION_AGE } from "../base/session_cache.ts";
import { SslError } from "../base/errors.ts";
import { attempt, refuse, type StoreCounters, StoreWait } from "./attempt.ts";
import { attemptTogether } from "./attempt_together.ts";
import {
  type Condition,
  digestsOf,
  ForgottenList,
  MAX_FORGOTTEN_LENGTH,
} from "./forgotten_list.ts";
import type { SealedRow, SealedRows } from "./sealed_rows.ts";
import type { KnownList, TicketContent } from "./session_ticket.ts";

/** The time in milliseconds that a call that forgets sessions waits for the store. */
export const FORGET_TIMEOUT = 5000;
/** The maximum length of the list of one process, some 80,000 sessions. */
export const MAX_OWN_FORGOTTEN_LENGTH = 2 ** 21;

const ROW = "forgotten";
/** How often a change is tried if other processes change the list at the same time. */
const MAX_RACES = 50;
/** The lifetime of the row: longer than any session that it may be about. */
const ROW_LIFETIME = 2 * MAX_SESSION_AGE * 1000;

/** What sessions of a context are forgotten on. */
export interface ForgottenOptions {
  /** The rows of the store that several processes share; `null` for the memory of this one. */
  readonly rows: SealedRows | null;
  /** The counters of the context. */
  readonly counters: StoreCounters;
  /** For how many milliseconds a list that was read counts as the newest. */
  readonly lag: number;
  /** Called where the store has another epoch than before: it may have lost rows. */
  readonly onNewEpoch?: (() => void) | undefined;
  /** The time in milliseconds, of a clock that nobody sets. */
  readonly clock?: () => number;
}

/** Which sessions of servers are forgotten: by this process, or by all that share a store. */
export class ForgottenSessions {
  readonly #rows: SealedRows | null;
  readonly #counters: StoreCounters;
  readonly #lag: number;
  readonly #onNewEpoch: (() => void) | undefined;
  readonly #clock: () => number;
  readonly #list: ForgottenList;
  #epoch: string | null = null;
  #known: KnownList | null = null;
  #readAt = -Infinity;
  #reading: Promise<boolean> | null = null;
  /** Whether the last read failed. */
  #isAway = false;

  /** Creates an empty list. */
  constructor({ rows, counters, lag, onNewEpoch, clock }: ForgottenOptions) {
    this.#rows = rows;
    this.#counters = counters;
    this.#lag = lag;
    this.#onNewEpoch = onNewEpoch;
    this.#clock = clock ?? (() => performance.now());
    this.#list = new ForgottenList(rows === null ? MAX_OWN_FORGOTTEN_LENGTH : MAX_FORGOTTEN_LENGTH);
  }

  /** What a session that begins now knows. */
  get known(): KnownList {
    const { generation } = this.#list;
    if (this.#known?.generation !== generation || this.#known.epoch !== this.#epoch) {
      this.#known = { generation, epoch: this.#epoch };
    }
    return this.#known;
  }

  /**
   * Reads the list unless that was done within the last `revocationLag`.
   *
   * @returns Whether the list is that new.
   */
  refresh(wait: StoreWait): boolean | Promise<boolean> {
    const rows = this.#rows;
    if (rows === null || this.#clock() - this.#readAt < this.#lag) return true;
    return this.#refresh(rows, wait);
  }

  async #refresh(rows: SealedRows, wait: StoreWait): Promise<boolean> {
    // One handshake finds out for all whether the store is back
    if (this.#isAway && this.#reading !== null) {
      refuse(this.#counters);
      return false;
    }
    const join = () =>
      this.#reading ??= this.#read(rows).finally(() => {
        this.#reading = null;
      });
    return await attemptTogether(this.#counters, join, wait) === true;
  }

  async #read(rows: SealedRows): Promise<boolean> {
    const wait = new StoreWait();
    const started = this.#clock();
    const read = await attempt(rows.store, this.#counters, async () => {
      const row = await rows.read(ROW);
      const epoch: unknown = await rows.store.epoch(await rows.nameOf(ROW));
      return { row, epoch: typeof epoch === "string" ? epoch : null };
    }, wait);
    this.#isAway = read === null;
    if (read === null) return false;
    const list = listIn(rows, read.row);
    if (list === null) return false;
    const isNewEpoch = this.#readAt !== -Infinity && read.epoch !== this.#epoch;
    this.#epoch = read.epoch;
    this.#readAt = started;
    if (isNewEpoch) this.#onNewEpoch?.();
    // The store has been set back, or has lost the row: what is known here is put there again
    if (this.#list.merge(list, Date.now())) {
      const content = this.#list.encode();
      const put = () => rows.replace(ROW, read.row, content, ROW_LIFETIME);
      await attempt(rows.store, this.#counters, put, wait);
    }
    return true;
  }

  /** Returns whether a session must not be resumed. */
  async refuses(content: TicketContent, wait: StoreWait): Promise<boolean> {
    const isFresh = await this.refresh(wait);
    if (this.#rows !== null && isKnown(content)) {
      // Since a store was set back, it may lack what was forgotten before
      if (!isFresh || content.origin.known?.epoch !== this.#epoch) return true;
    }
    return await this.#list.has({ content, certificates: () => digestsOf(content.peerChain) });
  }

  /**
   * Forgets sessions.
   *
   * @throws {SslError} `SEC_ERROR_IO` if the store fails or does not answer; this process has
   * forgotten them all the same.
   */
  async forget(condition: Condition): Promise<void> {
    this.#list.add(condition, Date.now());
    if (this.#rows === null) return;
    const late = () => new Error(`the session store has not answered for ${FORGET_TIMEOUT} ms`);
    try {
      await inTime(this.#share(this.#rows), FORGET_TIMEOUT, late);
    } catch (cause) {
      throw new SslError(
        "SEC_ERROR_IO",
        "Cannot forget sessions everywhere: the session store failed or did not answer; this " +
          "process has forgotten them, others may still resume them; call again when it is back",
        { cause },
      );
    }
  }

  /** Puts the list into the store, with what others have put there. */
  async #share(rows: SealedRows): Promise<void> {
    for (let races = 0; races < MAX_RACES; races++) {
      const row = await rows.read(ROW);
      const list = listIn(rows, row);
      // What the row has said cannot be read, and may have been anything
      if (list === null) this.#list.addAll(Date.now());
      else this.#list.merge(list, Date.now());
      if (await rows.replace(ROW, row, this.#list.encode(), ROW_LIFETIME)) return;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    }
    throw new Error("other processes have changed the list each time");
  }
}

/** Returns the list in a row, empty if there is none; `null` if it cannot be read. */
function listIn(rows: SealedRows, row: SealedRow): ForgottenList | null {
  return row.stored === null ? new ForgottenList() : rows.decode(row, ForgottenList.decode);
}
