// Copyright 2026 the NSS for Deno authors. MIT license.

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
import { attempt } from "./attempt.ts";
import { MemoryServerSessionCache } from "./memory_server.ts";
import type { ServerSessionCache } from "../base/server_session_cache.ts";
import { SharedTicketKeyring, type TicketKeyCache } from "./shared_ticket_keyring.ts";
import { countersOf, type SslCounters } from "./statistics.ts";

/**
 * For how many seconds a session by ID is good: "an upper limit of 24 hours is suggested" (RFC
 * 5246, Appendix F.1.4; NSS's default).
 */
export const SESSION_ID_LIFETIME = 24 * 60 * 60;
/** The most bytes of a client's certificates that a session is remembered with. */
export const MAX_SESSION_CHAIN_LENGTH = 16384;

/** How a context's server sessions are kept. */
export interface ServerSessionsOptions {
  /** Where those by ID are, and perhaps the keys of tickets. */
  readonly cache: ServerSessionCache;
  /** For how many seconds a session by ID is good. */
  readonly sessionLifetime: number;
  /** For how many seconds a ticket is good. */
  readonly ticketLifetime: number;
  /** Where failures of the cache are counted. */
  readonly counters: SslCounters;
}

/** The sessions of a context's servers: by ID in a cache, or in tickets that clients keep. */
export class ServerSessions {
  /** Where those by ID are. */
  readonly cache: ServerSessionCache;
  /** For how many seconds a ticket is good. */
  readonly ticketLifetime: number;
  readonly #sessionLifetime: number;
  readonly #counters: SslCounters;
  readonly #ticketKeys: TicketKeys;

  /** Takes how they are kept. */
  constructor({ cache, sessionLifetime, ticketLifetime, counters }: ServerSessionsOptions) {
    this.cache = cache;
    this.ticketLifetime = ticketLifetime;
    this.#sessionLifetime = sessionLifetime;
    this.#counters = counters;
    const shared = sharesTicketKeys(cache)
      ? new SharedTicketKeyring(cache, ticketLifetime, counters)
      : undefined;
    this.#ticketKeys = new TicketKeys(ticketLifetime, shared);
  }

  /** Seals a session into a ticket; `null` where there is no key, or it were too long. */
  async sealTicket(
    content: TicketContent,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const ticket = await this.#ticketKeys.seal(content, binding, environment);
    return ticket === null || ticket.length > MAX_TICKET_LENGTH ? null : ticket;
  }

  /** Opens a ticket; `null` if that is not possible. */
  async openTicket(
    ticket: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<TicketContent | null> {
    const content = await this.#ticketKeys.open(ticket, binding, environment);
    if (content === null) this.#counters.ticketParseFailures++;
    return content;
  }

  /**
   * Seals what is no session with the same keys; `binding` says what it is. `null` where there is
   * no key.
   */
  sealBytes(
    bytes: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#ticketKeys.sealBytes(bytes, binding, environment);
  }

  /** Opens what {@linkcode ServerSessions.sealBytes} has sealed; `null` if that is not possible. */
  openBytes(
    sealed: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#ticketKeys.openBytes(sealed, binding, environment);
  }

  /** Keeps a session under its ID; `binding` names what it must not leave. */
  async put(
    id: Uint8Array,
    binding: Uint8Array,
    content: TicketContent,
  ): Promise<void> {
    const chainLength = content.peerChain.reduce((sum, { der }) => sum + der.length, 0);
    if (chainLength > MAX_SESSION_CHAIN_LENGTH) return;
    // At its end a session is good still, by which a cache has forgotten it.
    const expiresAt = content.createdAt + this.#sessionLifetime * 1000 + 1;
    await attempt(
      this.cache,
      this.#counters,
      () => this.cache.put(keyOf(id, binding), encodeTicketContent(content), expiresAt),
    );
  }

  /**
   * The session of an ID; `null` if there is none, it belongs to another binding, or has expired.
   */
  async get(
    id: Uint8Array,
    binding: Uint8Array,
    environment: Environment,
  ): Promise<TicketContent | null> {
    const key = keyOf(id, binding);
    const now = environment.now();
    const bytes = await attempt(this.cache, this.#counters, () => this.cache.get(key, now));
    // A cache of the application's may give back anything.
    const content = bytes instanceof Uint8Array ? decodeTicketContent(bytes) : null;
    return content !== null && isWithin(content, this.#sessionLifetime, environment)
      ? content
      : null;
  }

  /** Forgets the session of an ID. */
  async delete(id: Uint8Array, binding: Uint8Array): Promise<void> {
    await attempt(this.cache, this.#counters, () => this.cache.delete(keyOf(id, binding)));
  }
}

function sharesTicketKeys(cache: ServerSessionCache): cache is ServerSessionCache & TicketKeyCache {
  return cache.readTicketKeys !== undefined && cache.writeTicketKeys !== undefined;
}

function keyOf(id: Uint8Array, binding: Uint8Array): string {
  return `${id.toHex()} ${binding.toHex()}`;
}

interface Entry {
  readonly sessions: ServerSessions;
  /** Whether the application has asked for it; if not, it may still. */
  readonly configured: boolean;
}

const entries = new WeakMap<NssContext, Entry>();

/** The server sessions of a context, with NSS's defaults where none are configured. */
export function serverSessionsOf(context: NssContext): ServerSessions {
  let entry = entries.get(context);
  if (entry === undefined) {
    const sessions = new ServerSessions({
      cache: new MemoryServerSessionCache(),
      sessionLifetime: SESSION_ID_LIFETIME,
      ticketLifetime: TICKET_LIFETIME,
      counters: countersOf(context),
    });
    entry = { sessions, configured: false };
    entries.set(context, entry);
  }
  return entry.sessions;
}

/** Whether the application has configured a context's server sessions. */
export function areServerSessionsConfigured(context: NssContext): boolean {
  return entries.get(context)?.configured ?? false;
}

/** Configures a context's server sessions: those so far are forgotten. */
export function setServerSessions(context: NssContext, sessions: ServerSessions): void {
  entries.set(context, { sessions, configured: true });
}

/**
 * Forgets a context's server sessions and their configuration, and lets go of what they have open.
 */
export async function closeServerSessions(context: NssContext): Promise<void> {
  const entry = entries.get(context);
  entries.delete(context);
  await entry?.sessions.cache.close?.();
}
