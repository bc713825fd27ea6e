// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SslConfig } from "../config/config.ts";
import type { Environment } from "../base/environment.ts";
import { portableKey, SERVER_SETTINGS, serverHookIdentity } from "./identity.ts";
import {
  decodeText,
  encodeText,
  readChain,
  readTime,
  writeChain,
  writeTime,
} from "./session_codec.ts";
import { KEY_NAME_LENGTH, OwnTicketKeyring, type TicketKeyring } from "./ticket_keyring.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/**
 * How long a ticket is good for, in seconds; RFC 8446, Section 4.6.1, allows a week, NSS gives two
 * days.
 */
export const TICKET_LIFETIME = 2 * 24 * 60 * 60;
/**
 * The longest ticket that is sent, or kept by a client; a longer client certificate chain goes
 * without.
 */
export const MAX_TICKET_LENGTH = 16384;

/** What a server keeps of a session, inside the ticket that the client keeps for it. */
export interface TicketContent {
  /** The protocol version's number. */
  readonly version: number;
  /** The cipher suite's number. */
  readonly cipherSuite: number;
  /** When the session was made, in milliseconds since 1970. */
  readonly createdAt: number;
  /** When the full handshake was that the session goes back to, in milliseconds since 1970. */
  readonly authenticatedAt: number;
  /** The session's secret: the PSK of TLS 1.3, the master secret of TLS 1.2. */
  readonly psk: Uint8Array<ArrayBuffer>;
  /** The application protocol; `null` for none. */
  readonly alpnProtocol: string | null;
  /** The host name that the client asked for; `null` for none. */
  readonly serverName: string | null;
  /** The client's certificates, as they were verified. */
  readonly peerChain: readonly Certificate[];
  /** Which of the configuration's certificates the server has shown, counted from 0. */
  readonly localCredential: number;
}

const IV_LENGTH = 12;

/**
 * What seals a server's tickets and opens them (RFC 5077, Section 4), with the keys of a keyring.
 */
export class TicketKeys {
  readonly #keyring: TicketKeyring;
  /** For how many seconds tickets are good. */
  readonly lifetime: number;

  /**
   * Takes where the keys come from, and for how many seconds tickets are good; by default keys of
   * this object's own.
   */
  constructor(lifetime: number = TICKET_LIFETIME, keyring?: TicketKeyring) {
    this.lifetime = lifetime;
    this.#keyring = keyring ?? new OwnTicketKeyring(lifetime);
  }

  /**
   * Seals a session into a ticket; `binding` names what the session must not leave. `null` where
   * there is no key.
   */
  async seal(
    content: TicketContent,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const encoded = encodeTicketContent(content);
    const sealed = await this.sealBytes(encoded, binding, environment);
    encoded.fill(0);
    return sealed;
  }

  /** Seals any bytes; `null` where there is no key. */
  async sealBytes(
    bytes: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const current = await this.#keyring.current(environment);
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
   * Opens a ticket; `null` if it is not one of these keys', was altered, belongs to another binding
   * or has expired.
   */
  async open(
    ticket: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<TicketContent | null> {
    const opened = await this.openBytes(ticket, binding, environment);
    const content = opened && decodeTicketContent(opened);
    return content !== null && isWithin(content, this.lifetime, environment) ? content : null;
  }

  /**
   * Opens what was sealed; `null` if it is not one of these keys', was altered, or belongs to
   * another binding.
   */
  async openBytes(
    ticket: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    if (ticket.length < KEY_NAME_LENGTH + IV_LENGTH) return null;
    const name = ticket.subarray(0, KEY_NAME_LENGTH);
    const found = await this.#keyring.find(name, environment);
    if (found === null) return null;
    const iv = ticket.subarray(KEY_NAME_LENGTH, KEY_NAME_LENGTH + IV_LENGTH);
    const sealed = ticket.subarray(KEY_NAME_LENGTH + IV_LENGTH);
    const opened = await crypto.subtle
      .decrypt({ name: "AES-GCM", iv, additionalData: binding }, found.key, sealed)
      .catch(() => null); // not our ticket: the handshake goes on without it
    return opened && new Uint8Array(opened);
  }
}

/** Whether a session has been made within so many seconds, and not in the future. */
export function isWithin(
  { createdAt }: TicketContent,
  lifetime: number,
  environment: Environment,
): boolean {
  const age = environment.now() - createdAt;
  return age >= 0 && age <= lifetime * 1000;
}

/**
 * What a server's sessions are bound to: the certificates that it shows, and all that decides about
 * a client's. A ticket opens under this binding only, so no session reaches a host or a trust that
 * it was not made for.
 */
export async function ticketBinding(config: SslConfig): Promise<Uint8Array<ArrayBuffer>> {
  const binding = JSON.stringify([
    portableKey(config, SERVER_SETTINGS),
    serverHookIdentity(config),
  ]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(binding)));
}

/** The bytes of a session. */
export function encodeTicketContent(content: TicketContent): Uint8Array<ArrayBuffer> {
  const w = new Writer().u16(content.version).u16(content.cipherSuite);
  writeTime(w, content.createdAt);
  writeTime(w, content.authenticatedAt);
  w.vector8(content.psk)
    .vector8(encodeText(content.alpnProtocol))
    .vector16(encodeText(content.serverName));
  writeChain(w, content.peerChain);
  w.u16(content.localCredential);
  return w.finish();
}

/** The session of bytes; `null` if they are none of this version of the library. */
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
    alpnProtocol: decodeText(r.vector8()),
    serverName: decodeText(r.vector16()),
    peerChain: readChain(r),
    localCredential: r.u16(),
  };
  r.finish();
  return content;
}
