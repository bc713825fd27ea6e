// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../cert/certificate.ts";
import type { NssContext } from "../pkcs11/context.ts";
import type { SslConfig } from "./config.ts";
import type { Environment } from "./handshake/handshake.ts";
import { identityOf, trustIdentity } from "./session_cache/identity.ts";
import {
  decodeText,
  encodeText,
  readChain,
  readTime,
  writeChain,
  writeTime,
} from "./session_cache/session_codec.ts";
import { Reader } from "./wire/reader.ts";
import { Writer } from "./wire/writer.ts";

/** How long a ticket is good for, in seconds; RFC 8446, Section 4.6.1, allows a week, NSS gives two days. */
export const TICKET_LIFETIME = 2 * 24 * 60 * 60;
/** The longest ticket that is sent, or kept by a client; a longer client certificate chain goes without. */
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
}

interface TicketKey {
  readonly name: Uint8Array<ArrayBuffer>;
  readonly key: CryptoKey;
  readonly madeAt: number;
}

const KEY_NAME_LENGTH = 16;
const IV_LENGTH = 12;

/**
 * The keys that seal a server's tickets (RFC 5077, Section 4): one to seal, renewed by itself, and the one before it to
 * open what is still good.
 */
export class TicketKeys {
  #keys: Promise<readonly TicketKey[]> = Promise.resolve([]);

  /** Seals a session into a ticket; `binding` names what the session must not leave. */
  async seal(
    content: TicketContent,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const [current] = await this.#renewed(environment);
    const iv = environment.random(IV_LENGTH);
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: binding },
      current!.key,
      encodeContent(content),
    );
    return new Writer().bytes(current!.name).bytes(iv).bytes(new Uint8Array(sealed)).finish();
  }

  /** Opens a ticket; `null` if it is not one of these keys', was altered, belongs to another binding or has expired. */
  async open(
    ticket: Uint8Array<ArrayBuffer>,
    binding: Uint8Array<ArrayBuffer>,
    environment: Environment,
  ): Promise<TicketContent | null> {
    if (ticket.length < KEY_NAME_LENGTH + IV_LENGTH) return null;
    const name = ticket.subarray(0, KEY_NAME_LENGTH);
    const keys = await this.#renewed(environment);
    const found = keys.find((candidate) => candidate.name.every((byte, i) => byte === name[i]));
    if (found === undefined) return null;
    const iv = ticket.subarray(KEY_NAME_LENGTH, KEY_NAME_LENGTH + IV_LENGTH);
    const sealed = ticket.subarray(KEY_NAME_LENGTH + IV_LENGTH);
    const opened = await crypto.subtle
      .decrypt({ name: "AES-GCM", iv, additionalData: binding }, found.key, sealed)
      .catch(() => null); // not our ticket: the handshake goes on without it
    if (opened === null) return null;
    const content = decodeContent(new Uint8Array(opened));
    const age = environment.now() - content.createdAt;
    return age >= 0 && age <= TICKET_LIFETIME * 1000 ? content : null;
  }

  /** The keys, the current one first; a new one is made when the current one is as old as a ticket may get. */
  #renewed(environment: Environment): Promise<readonly TicketKey[]> {
    const kept = this.#keys;
    const renewed = kept.then(async (keys) => {
      const now = environment.now();
      const [current] = keys;
      if (current !== undefined && now - current.madeAt < TICKET_LIFETIME * 1000) return keys;
      const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
        "encrypt",
        "decrypt",
      ]);
      const made = { name: environment.random(KEY_NAME_LENGTH), key, madeAt: now };
      return current === undefined ? [made] : [made, current];
    });
    this.#keys = renewed.catch(() => kept); // the next caller tries again
    return renewed;
  }
}

const ticketKeys = new WeakMap<NssContext, TicketKeys>();

/** The ticket keys of a context. */
export function ticketKeysOf(context: NssContext): TicketKeys {
  let keys = ticketKeys.get(context);
  if (keys === undefined) {
    keys = new TicketKeys();
    ticketKeys.set(context, keys);
  }
  return keys;
}

/**
 * What a server's sessions are bound to: the certificates that it shows, and all that decides about a client's. A ticket opens
 * under this binding only, so no session reaches a host or a trust that it was not made for.
 */
export async function ticketBinding(config: SslConfig): Promise<Uint8Array<ArrayBuffer>> {
  const binding = JSON.stringify([
    config.credentials.map(({ certificate }) => certificate.der.toBase64()),
    config.clientAuth,
    trustIdentity(config),
    identityOf(config.sniSocketConfig),
  ]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(binding)));
}

function encodeContent(content: TicketContent): Uint8Array<ArrayBuffer> {
  const w = new Writer().u16(content.version).u16(content.cipherSuite);
  writeTime(w, content.createdAt);
  writeTime(w, content.authenticatedAt);
  w.vector8(content.psk)
    .vector8(encodeText(content.alpnProtocol))
    .vector16(encodeText(content.serverName));
  writeChain(w, content.peerChain);
  return w.finish();
}

function decodeContent(bytes: Uint8Array<ArrayBuffer>): TicketContent {
  const r = new Reader(bytes);
  const content = {
    version: r.u16(),
    cipherSuite: r.u16(),
    createdAt: readTime(r),
    authenticatedAt: readTime(r),
    psk: r.vector8(),
    alpnProtocol: decodeText(r.vector8()),
    serverName: decodeText(r.vector16()),
    peerChain: readChain(r),
  };
  r.finish();
  return content;
}
