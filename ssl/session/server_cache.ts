// Copyright 2026 the NSS for Deno authors. MIT license.

import { LazyModule } from "../../cert/base/lazy_module.ts";
import { toHex } from "../../cert/base/runtime.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { Environment } from "../base/environment.ts";
import {
  decodeTicketContent,
  encodeTicketContent,
  isWithin,
  MAX_TICKET_LENGTH,
  TICKET_LIFETIME,
  type TicketContent,
  TicketKeys,
} from "./session_ticket.ts";
import {
  attempt,
  countUnreadable,
  setStorePolicy,
  STORE_TIMEOUT,
  type StorePolicy,
  type StoreWait,
} from "./attempt.ts";
import type { ForgottenSessions } from "./forgotten.ts";
import { MemoryServerSessionCache } from "./memory_server.ts";
import type { ServerSessionCache } from "../base/server_session_cache.ts";
import type { Awaitable } from "../base/session_cache.ts";
import type { SealedRows } from "./sealed_rows.ts";
import { countersOf, type SslCounters } from "./statistics.ts";
import type { TicketKeyring } from "./ticket_keyring.ts";

/**
 * The default lifetime in seconds of a session kept by ID, as in NSS: "An upper limit of 24 hours
 * is suggested" (RFC 5246, Appendix F.1.4).
 */
export const SESSION_ID_LIFETIME = 24 * 60 * 60;
/** The maximum length in bytes of the client's certificates of a session kept by ID. */
export const MAX_SESSION_CHAIN_LENGTH = 16384;

/** Few servers forget sessions, or share them. */
const FORGOTTEN = new LazyModule("the list of forgotten sessions", () => import("./forgotten.ts"));

/** The options of the server sessions of a context. */
export interface ServerSessionsOptions {
  /** The cache of sessions by ID. */
  readonly cache: ServerSessionCache;
  /** The ticket keys; by default those of this process alone. */
  readonly keyring?: TicketKeyring;
  /** What processes share in a store, if they do. */
  readonly rows?: SealedRows;
  /** By how many milliseconds the clocks of processes with these keys may differ; 0 by default. */
  readonly clockTolerance?: number;
  /** The lifetime in seconds of a session kept by ID. */
  readonly sessionLifetime: number;
  /** The lifetime in seconds of a ticket. */
  readonly ticketLifetime: number;
  /** The counters of failures of the cache. */
  readonly counters: SslCounters;
  /** Whether each session may be resumed once; not by default. */
  readonly singleUse: boolean;
  /** The number of tickets whose entries are kept; 0 for the default. */
  readonly maxTickets: number;
  /** For how many milliseconds what is known of the store's list of the forgotten counts as new. */
  readonly revocationLag: number;
  /** How long handshakes wait for stores, and who is told of faults. */
  readonly storePolicy: StorePolicy;
}

/** The server sessions of a context: by ID in a cache, or in tickets that clients keep. */
export class ServerSessions {
  /** The cache of sessions by ID. */
  readonly cache: ServerSessionCache;
  /** What processes share in a store; `null` if they share nothing. */
  readonly rows: SealedRows | null;
  /** The lifetime in seconds of a ticket. */
  readonly ticketLifetime: number;
  readonly #clockTolerance: number;
  /** Whether each session may be resumed once. */
  readonly singleUse: boolean;
  /** The number of tickets whose entries are kept; 0 for the default. */
  readonly maxTickets: number;
  /** What is forgotten; `null` if nothing is, or the store has not been asked yet. */
  #forgotten: ForgottenSessions | null = null;
  readonly #revocationLag: number;
  /** The lifetime in seconds of a session kept by ID. */
  readonly sessionLifetime: number;
  readonly #counters: SslCounters;
  readonly #ticketKeys: TicketKeys;

  /** Creates the server sessions of a context. */
  constructor(options: ServerSessionsOptions) {
    const { cache, sessionLifetime, ticketLifetime, counters, clockTolerance = 0 } = options;
    this.singleUse = options.singleUse;
    this.maxTickets = options.maxTickets;
    this.#revocationLag = options.revocationLag;
    setStorePolicy(counters, options.storePolicy);
    this.cache = cache;
    this.rows = options.rows ?? null;
    this.ticketLifetime = ticketLifetime;
    this.#clockTolerance = clockTolerance;
    this.sessionLifetime = sessionLifetime;
    this.#counters = counters;
    this.#ticketKeys = new TicketKeys(ticketLifetime, options.keyring, clockTolerance);
  }

  /**
   * The list of what is forgotten; `null` if nothing is in this process, which shares none.
   */
  get forgotten(): ForgottenSessions | null | Promise<ForgottenSessions> {
    return this.#forgotten ?? (this.rows === null ? null : this.listForgotten());
  }

  /** Returns the list of what is forgotten, empty at first. */
  async listForgotten(): Promise<ForgottenSessions> {
    const { ForgottenSessions } = FORGOTTEN.exports ?? await FORGOTTEN.load();
    return this.#forgotten ??= new ForgottenSessions({
      rows: this.rows,
      counters: this.#counters,
      lag: this.#revocationLag,
      onNewEpoch: () => this.#ticketKeys.onNewEpoch(),
    });
  }

  /** Seals a session into a ticket; returns `null` if there is no key, or it is too long. */
  async sealTicket(
    content: TicketContent,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
    wait: StoreWait,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const ticket = await this.#ticketKeys.seal(content, binding, environment, wait);
    return ticket === null || ticket.length > MAX_TICKET_LENGTH ? null : ticket;
  }

  /** Opens a ticket; returns `null` if that is not possible. */
  async openTicket(
    ticket: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
    wait: StoreWait,
  ): Promise<TicketContent | null> {
    const content = await this.#ticketKeys.open(ticket, binding, environment, wait);
    if (content === null) this.#counters.ticketParseFailures++;
    return content;
  }

  /**
   * Seals data other than a session with the same keys; `binding` identifies its purpose. Returns
   * `null` if there is no key.
   */
  sealBytes(
    bytes: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
    wait: StoreWait,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#ticketKeys.sealBytes(bytes, binding, environment, wait);
  }

  /** Opens the result of {@linkcode ServerSessions.sealBytes}; `null` if that is not possible. */
  openBytes(
    sealed: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
    wait: StoreWait,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#ticketKeys.openBytes(sealed, binding, environment, wait);
  }

  /** Keeps a session by its ID, for use under the same binding only. */
  async put(
    id: Uint8Array,
    binding: Uint8Array,
    content: TicketContent,
    wait: StoreWait,
  ): Promise<void> {
    const chainLength = content.peerChain.reduce((sum, { der }) => sum + der.length, 0);
    if (chainLength > MAX_SESSION_CHAIN_LENGTH) return;
    // A session is valid up to and including its last millisecond; a cache drops it at expiresAt.
    const expiresAt = content.createdAt + this.sessionLifetime * 1000 + 1;
    const put = () => this.cache.put(keyOf(id, binding), encodeTicketContent(content), expiresAt);
    await this.#attempt(put, wait);
  }

  /** Returns the session of an ID; `null` if it has expired or there is none under this binding. */
  async get(
    id: Uint8Array,
    binding: Uint8Array,
    environment: Environment,
    wait: StoreWait,
  ): Promise<TicketContent | null> {
    const key = keyOf(id, binding);
    const now = environment.now();
    const bytes = await this.#attempt(() => this.cache.get(key, now), wait);
    if (bytes === null || bytes === undefined) return null;
    // The application's cache may return any value.
    const content = bytes instanceof Uint8Array ? decodeTicketContent(bytes) : null;
    if (content === null) countUnreadable(this.#counters);
    const isGood = content !== null &&
      isWithin(content, this.sessionLifetime, environment, this.#clockTolerance);
    return isGood ? content : null;
  }

  /** Removes the session of an ID. */
  async delete(id: Uint8Array, binding: Uint8Array): Promise<void> {
    await this.#attempt(() => this.cache.delete(keyOf(id, binding)));
  }

  #attempt<T>(run: () => Awaitable<T>, wait?: StoreWait): Promise<T | null> {
    return attempt(this.rows?.store ?? this.cache, this.#counters, run, wait);
  }
}

function keyOf(id: Uint8Array, binding: Uint8Array): string {
  return `${toHex(id)} ${toHex(binding)}`;
}

interface Entry {
  readonly sessions: ServerSessions;
  /** Whether the application has configured it, which it may do once. */
  readonly configured: boolean;
}

const entries = new WeakMap<NssContext, Entry>();

/** Returns the server sessions of a context, with NSS's defaults if none are configured. */
export function serverSessionsOf(context: NssContext): ServerSessions {
  let entry = entries.get(context);
  if (entry === undefined) {
    const sessions = new ServerSessions({
      cache: new MemoryServerSessionCache(),
      sessionLifetime: SESSION_ID_LIFETIME,
      ticketLifetime: TICKET_LIFETIME,
      counters: countersOf(context),
      singleUse: false,
      maxTickets: 0,
      revocationLag: 0,
      storePolicy: { timeout: STORE_TIMEOUT },
    });
    entry = { sessions, configured: false };
    entries.set(context, entry);
  }
  return entry.sessions;
}

/** Returns whether the application has configured the server sessions of a context. */
export function areServerSessionsConfigured(context: NssContext): boolean {
  return entries.get(context)?.configured ?? false;
}

/** Configures the server sessions of a context, and drops the previous ones. */
export function setServerSessions(context: NssContext, sessions: ServerSessions): void {
  entries.set(context, { sessions, configured: true });
}

/** Drops the server sessions of a context and their configuration, and closes their cache. */
export async function closeServerSessions(context: NssContext): Promise<void> {
  const entry = entries.get(context);
  entries.delete(context);
  await entry?.sessions.cache.close?.();
}
