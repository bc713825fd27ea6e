// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "../config/config.ts";
import type { Environment } from "../base/environment.ts";
import type { PeerIdentity } from "../base/session_cache.ts";
import type { StoreWait } from "./attempt.ts";
import { portableKey, RecentTexts, SERVER_SETTINGS, serverHookIdentity } from "./identity.ts";
import { decodeText, encodeText, readPeer, writePeer } from "./session_codec.ts";
import { readTime, writeTime } from "../wire/time.ts";
import { KEY_NAME_LENGTH, OwnTicketKeyring, type TicketKeyring } from "./ticket_keyring.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/** The default ticket lifetime in seconds, as in NSS; RFC 8446, Section 4.6.1, allows a week. */
export const TICKET_LIFETIME = 2 * 24 * 60 * 60;
/**
 * The maximum length in bytes of a ticket that is sent, or kept by a client; a session whose client
 * certificate chain is longer gets no ticket.
 */
export const MAX_TICKET_LENGTH = 16384;

/**
 * A session of a server, as its tickets and its cache contain it; the client has neither
 * certificates nor a raw public key without authentication.
 */
export interface TicketContent extends PeerIdentity {
  /** The protocol version. */
  readonly version: number;
  /** The ID of the cipher suite. */
  readonly cipherSuite: number;
  /** The creation time, in milliseconds since 1970. */
  readonly createdAt: number;
  /** The time of the full handshake that it derives from, in milliseconds since 1970. */
  readonly authenticatedAt: number;
  /** The secret: the PSK in TLS 1.3, the master secret in TLS 1.2. */
  readonly psk: Uint8Array<ArrayBuffer>;
  /** The host name in server_name; `null` for none. */
  readonly serverName: string | null;
  /** The index, among the configured credentials, of the chain that the server has sent. */
  readonly localCredential: number;
  /** The full handshake that it derives from. */
  readonly origin: SessionOrigin;
  /** The entry that its resumption takes, where it may be resumed once. */
  readonly once?: OnceEntry;
  /** What a ticket says that allows early data. */
  readonly early?: EarlyTicket;
}

/** What all sessions that derive from one full handshake have in common. */
export interface SessionOrigin {
  /** Its random name, by which they are forgotten. */
  readonly family: Uint8Array<ArrayBuffer>;
  /** The list of what is forgotten that was known then; `null` if there was none. */
  readonly known: KnownList | null;
}

/** Which list of what is forgotten a process has known. */
export interface KnownList {
  /** Its generation. */
  readonly generation: number;
  /** The epoch of its store; `null` if there is no store, or it cannot tell. */
  readonly epoch: string | null;
}

/** An entry in a store that is taken by what may happen once. */
export interface OnceEntry {
  /** Its random name. */
  readonly id: Uint8Array<ArrayBuffer>;
  /** The epoch of the store, read before the entry was written. */
  readonly epoch: string;
}

/** The length in bytes of the random names of sessions and entries. */
export const NAME_LENGTH = 16;

/** What a ticket says that allows early data. */
export interface EarlyTicket {
  /** The entry whose taking authorizes the early data. */
  readonly entry: OnceEntry;
  /** The `ticket_age_add` of its NewSessionTicket. */
  readonly ageAdd: number;
  /** The maximum of early data in bytes. */
  readonly maxEarlyData: number;
  /** The application protocol of the connection; `null` if none. */
  readonly alpnProtocol: string | null;
}

const IV_LENGTH = 12;

/**
 * The maximum time in milliseconds by which the clock of a process that shares sessions may be off:
 * two of them may differ by twice as much.
 */
export const MAX_CLOCK_SKEW = 60 * 60 * 1000;

/** Seals and opens a server's tickets (RFC 5077, Section 4) with the keys of a keyring. */
export class TicketKeys {
  readonly #keyring: TicketKeyring;
  /** The lifetime in seconds of tickets. */
  readonly lifetime: number;
  readonly #clockTolerance: number;

  /**
   * Creates the keys of tickets.
   *
   * @param lifetime The lifetime in seconds of tickets.
   * @param keyring The keyring; by default a new one.
   * @param clockTolerance By how many milliseconds the clocks of those who have the keys may
   * differ.
   */
  constructor(
    lifetime: number = TICKET_LIFETIME,
    keyring?: TicketKeyring,
    clockTolerance: number = 0,
  ) {
    this.lifetime = lifetime;
    this.#keyring = keyring ?? new OwnTicketKeyring(lifetime);
    this.#clockTolerance = clockTolerance;
  }

  /** Has a keyring in a store look after its keys: the store has another epoch. */
  onNewEpoch(): void {
    this.#keyring.onNewEpoch?.();
  }

  /**
   * Seals a session into a ticket, which opens under the same binding only; returns `null` if there
   * is no key.
   */
  async seal(
    content: TicketContent,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
    wait?: StoreWait,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const encoded = encodeTicketContent(content);
    const sealed = await this.sealBytes(encoded, binding, environment, wait);
    encoded.fill(0);
    return sealed;
  }

  /** Seals any bytes; returns `null` if there is no key. */
  async sealBytes(
    bytes: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
    wait?: StoreWait,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const current = await this.#keyring.current(environment, wait);
    if (current === null) return null;
    const iv = environment.random(IV_LENGTH);
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: binding },
      current.key,
      bytes,
    );
    return new Writer().bytes(current.name).bytes(iv).bytes(new Uint8Array(sealed)).finish();
  }

  /**
   * Opens a ticket; returns `null` if its key is unknown, it was altered, has another binding, or
   * has expired.
   */
  async open(
    ticket: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
    wait?: StoreWait,
  ): Promise<TicketContent | null> {
    const opened = await this.openBytes(ticket, binding, environment, wait);
    const content = opened && decodeTicketContent(opened);
    const isGood = content !== null &&
      isWithin(content, this.lifetime, environment, this.#clockTolerance);
    return isGood ? content : null;
  }

  /**
   * Opens sealed bytes; returns `null` if their key is unknown, they were altered, or have another
   * binding.
   */
  async openBytes(
    ticket: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
    wait?: StoreWait,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    if (ticket.length < KEY_NAME_LENGTH + IV_LENGTH) return null;
    const name = ticket.subarray(0, KEY_NAME_LENGTH);
    const found = await this.#keyring.find(name, environment, wait);
    if (found === null) return null;
    const iv = ticket.subarray(KEY_NAME_LENGTH, KEY_NAME_LENGTH + IV_LENGTH);
    const sealed = ticket.subarray(KEY_NAME_LENGTH + IV_LENGTH);
    const opened = await crypto.subtle
      .decrypt({ name: "AES-GCM", iv, additionalData: binding }, found.key, sealed)
      .catch(() => null);
    return opened && new Uint8Array(opened);
  }
}

/**
 * Returns whether a session was created at most `lifetime` seconds ago, and not in the future, if
 * the clock of who created it differs by no more than `clockTolerance` milliseconds.
 */
export function isWithin(
  { createdAt }: TicketContent,
  lifetime: number,
  environment: Environment,
  clockTolerance: number,
): boolean {
  const age = environment.now() - createdAt;
  return age >= -clockTolerance && age <= lifetime * 1000 + clockTolerance;
}

type Binding = Promise<Uint8Array<ArrayBuffer>>;

/** The bindings of configurations; that of a handshake does not change. */
const BINDINGS = new WeakMap<SslConfig, Binding>();

/** The maximum memory in bytes of the settings whose bindings are known; most servers have one. */
export const MAX_BINDINGS_COST = 2 ** 20;

/** The bindings of settings: each handshake of a server needs that of its own configuration. */
const BINDINGS_OF_SETTINGS = new RecentTexts<Binding>(MAX_BINDINGS_COST);

/**
 * Returns what a server's sessions are bound to: its certificates, and the settings that decide
 * about those of clients. A ticket opens under this binding only, so that a session is not used for
 * another host or under another trust.
 *
 * @returns The binding, shared by all callers: they must not modify it.
 */
export function ticketBinding(config: SslConfig): Promise<Uint8Array<ArrayBuffer>> {
  let binding = BINDINGS.get(config);
  if (binding === undefined) {
    const key = [portableKey(config, SERVER_SETTINGS), serverHookIdentity(config)];
    binding = bindingOf(JSON.stringify(key));
    BINDINGS.set(config, binding);
    binding.catch(() => BINDINGS.delete(config)); // the next handshake tries again
  }
  return binding;
}

function bindingOf(settings: string): Binding {
  let binding = BINDINGS_OF_SETTINGS.get(settings);
  if (binding === undefined) {
    binding = crypto.subtle.digest("SHA-256", new TextEncoder().encode(settings))
      .then((digest) => new Uint8Array(digest));
    BINDINGS_OF_SETTINGS.set(settings, binding);
    binding.catch(() => BINDINGS_OF_SETTINGS.delete(settings));
  }
  return binding;
}

/** Which optional parts a session has. */
const HAS_LIST = 1;
const HAS_ENTRY = 2;
const HAS_EARLY = 4;

/** Encodes a session. */
export function encodeTicketContent(content: TicketContent): Uint8Array<ArrayBuffer> {
  const { origin: { family, known }, once, early } = content;
  const w = new Writer().u16(content.version).u16(content.cipherSuite);
  writeTime(w, content.createdAt);
  writeTime(w, content.authenticatedAt);
  w.vector8(content.psk).vector16(encodeText(content.serverName));
  writePeer(w, content);
  w.u16(content.localCredential).fixed(family, NAME_LENGTH);
  w.u8((known ? HAS_LIST : 0) | (once ? HAS_ENTRY : 0) | (early ? HAS_EARLY : 0));
  if (known !== null) {
    writeTime(w, known.generation);
    w.vector16(encodeText(known.epoch));
  }
  if (once !== undefined) writeEntry(w, once);
  if (early !== undefined) {
    writeEntry(w, early.entry);
    w.u32(early.ageAdd).u32(early.maxEarlyData).vector8(encodeText(early.alpnProtocol));
  }
  return w.finish();
}

function writeEntry(w: Writer, { id, epoch }: OnceEntry): void {
  w.fixed(id, NAME_LENGTH).vector16(encodeText(epoch));
}

/** Decodes a session; returns `null` if the bytes do not have the format of this version. */
export function decodeTicketContent(bytes: Uint8Array<ArrayBuffer>): TicketContent | null {
  try {
    return readContent(new Reader(bytes));
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function readContent(r: Reader): TicketContent {
  const content = {
    version: r.u16(),
    cipherSuite: r.u16(),
    createdAt: readTime(r),
    authenticatedAt: readTime(r),
    psk: r.vector8(),
    serverName: decodeText(r.vector16()),
    ...readPeer(r),
    localCredential: r.u16(),
  };
  const family = r.bytes(NAME_LENGTH);
  const parts = r.u8();
  if (parts > (HAS_LIST | HAS_ENTRY | HAS_EARLY)) throw new DecodeError("it has unknown parts");
  const known = parts & HAS_LIST
    ? { generation: readTime(r), epoch: decodeText(r.vector16()) }
    : null;
  const once = parts & HAS_ENTRY ? readEntry(r) : null;
  const early = parts & HAS_EARLY ? readEarly(r) : null;
  r.finish();
  return { ...content, origin: { family, known }, ...(once && { once }), ...(early && { early }) };
}

function readEntry(r: Reader): OnceEntry {
  return { id: r.bytes(NAME_LENGTH), epoch: decodeText(r.vector16()) ?? "" };
}

function readEarly(r: Reader): EarlyTicket {
  return {
    entry: readEntry(r),
    ageAdd: r.u32(),
    maxEarlyData: r.u32(),
    alpnProtocol: decodeText(r.vector8()),
  };
}
