// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A client of TLS 1.2 that says what the test wants it to say, and keeps the keys that follow from
 * that: it checks nothing.
 *
 * @module
 */

import { alpnProtocols } from "../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { encryptThenMac, extendedMasterSecret } from "../../ssl/extensions/flags.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { serverName } from "../../ssl/extensions/server_name.ts";
import { sessionTicket } from "../../ssl/extensions/session_ticket.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { supportedGroups } from "../../ssl/extensions/supported_groups.ts";
import { generateKeyShare } from "../../ssl/crypto/key_exchange.ts";
import { deriveProtections } from "../../ssl/record/tls12_key_block.ts";
import { MasterSecret } from "../../ssl/crypto/master_secret.ts";
import { Transcript } from "../../ssl/crypto/transcript.ts";
import { encodeClientHello } from "../../ssl/messages/client_hello.ts";
import { encodeClientKeyExchange } from "../../ssl/messages/client_key_exchange.ts";
import {
  encodeHandshake,
  HandshakeJoiner,
  type HandshakeMessage,
} from "../../ssl/messages/handshake.ts";
import { parseServerHello, type ServerHello } from "../../ssl/messages/server_hello.ts";
import { parseServerKeyExchange } from "../../ssl/messages/server_key_exchange.ts";
import { parseTls12NewSessionTicket } from "../../ssl/messages/tls12_new_session_ticket.ts";
import type { RecordProtection } from "../../ssl/record/cipher_spec.ts";
import { Deframer } from "../../ssl/record/deframer.ts";
import { MAX_CIPHERTEXT_LENGTH_TLS12 } from "../../ssl/record/header.ts";
import { type Tls12CipherSuite, tls12CipherSuiteById } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { NAMED_GROUPS } from "../../ssl/tables/named_groups.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { plainRecord } from "./_record_tap.ts";
import { seal } from "./record/tls12_records.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a hello says. */
export interface RawHello {
  readonly suites?: readonly number[];
  readonly sessionId?: Bytes;
  readonly hostname?: string;
  readonly protocols?: readonly string[];
  /** Whether extended_master_secret is left out. */
  readonly withoutExtendedMasterSecret?: boolean;
  /** Whether encrypt_then_mac is in it. */
  readonly encryptThenMac?: boolean;
  /** A ticket; empty to ask for one; none by default. */
  readonly ticket?: Bytes;
  /** Adds extensions at the end. */
  readonly extend?: (extensions: ExtensionBlock) => void;
}

/** What a session is resumed with. */
export interface RawSession {
  readonly sessionId: Bytes;
  readonly ticket: Bytes | null;
  readonly masterSecret: Bytes;
}

/** One client. */
export class RawTls12Client {
  readonly #conn: ConnLike;
  readonly #transcript = new Transcript();
  readonly #deframer = new Deframer();
  readonly #joiner = new HandshakeJoiner();
  readonly #random = crypto.getRandomValues(new Uint8Array(32));
  #opener: RecordProtection | null = null;
  #sealer: RecordProtection | null = null;
  #encryptThenMac = false;

  constructor(conn: ConnLike) {
    this.#conn = conn;
    this.#deframer.limit = MAX_CIPHERTEXT_LENGTH_TLS12;
  }

  /** Sends a ClientHello. */
  async hello(options: RawHello = {}): Promise<void> {
    const { suites = [0xc02b], sessionId = new Uint8Array(0), hostname, protocols, ticket } =
      options;
    const extensions = new ExtensionBlock()
      .add(supportedGroups, [0x001d, 0x0017])
      .add(signatureAlgorithms, [0x0403, 0x0401]);
    if (hostname !== undefined) extensions.add(serverName, hostname);
    if (protocols !== undefined) extensions.add(alpnProtocols, protocols);
    if (!options.withoutExtendedMasterSecret) extensions.add(extendedMasterSecret, true);
    if (options.encryptThenMac) extensions.add(encryptThenMac, true);
    if (ticket !== undefined) extensions.add(sessionTicket, ticket);
    options.extend?.(extensions);
    await this.#sendHandshake(
      HandshakeType.clientHello,
      encodeClientHello({
        legacyVersion: 0x0303,
        random: this.#random,
        legacySessionId: sessionId,
        cipherSuites: suites,
        legacyCompressionMethods: new Uint8Array(1),
        extensions,
      }),
    );
  }

  /** A full handshake. */
  async handshake(options: RawHello = {}): Promise<RawSession & { readonly hello: ServerHello }> {
    await this.hello(options);
    const hello = await this.#takeServerHello();
    const suite = tls12CipherSuiteById(hello.cipherSuite)!;
    let share: { readonly namedCurve: number; readonly point: Bytes } | undefined;
    for (;;) {
      const { type, body } = await this.#take();
      if (type === HandshakeType.serverKeyExchange) share = parseServerKeyExchange(body).params;
      if (type === HandshakeType.serverHelloDone) break;
    }
    const own = await generateKeyShare(NAMED_GROUPS.find(({ id }) => id === share!.namedCurve)!);
    const premasterSecret = await own.complete(share!.point);
    await this.#sendHandshake(
      HandshakeType.clientKeyExchange,
      encodeClientKeyExchange({ point: own.publicKey }),
    );
    const randoms = { client: this.#random, server: hello.random };
    const bound = hello.extensions?.has(ExtensionType.extendedMasterSecret);
    const master = await MasterSecret.derive(
      suite,
      premasterSecret,
      randoms,
      bound ? this.#transcript : null,
    );
    const keys = await this.#keys(suite, master, hello);
    await this.#sendFinished(master, keys.client);
    const ticket = await this.#takeFinished(keys.server);
    const sessionId = hello.legacySessionIdEcho.slice();
    return { hello, sessionId, ticket, masterSecret: master.bytes };
  }

  /** Resumes a session; fails where the server does not. */
  async resume(
    session: RawSession,
    options: RawHello = {},
  ): Promise<RawSession & { readonly hello: ServerHello }> {
    const sessionId = session.ticket === null ? session.sessionId : new Uint8Array(32).fill(7);
    await this.hello({
      sessionId,
      ...(session.ticket === null ? {} : { ticket: session.ticket }),
      ...options,
    });
    const hello = await this.#takeServerHello();
    const suite = tls12CipherSuiteById(hello.cipherSuite)!;
    const master = await MasterSecret.of(suite, session.masterSecret);
    const keys = await this.#keys(suite, master, hello);
    const ticket = await this.#takeFinished(keys.server);
    await this.#sendFinished(master, keys.client);
    return { ...session, hello, ticket: ticket ?? session.ticket };
  }

  /** Whether the server, offered a session, goes on with a full handshake. */
  async isRefused(session: RawSession, options: RawHello = {}): Promise<boolean> {
    const sessionId = session.ticket === null ? session.sessionId : new Uint8Array(32).fill(7);
    await this.hello({
      sessionId,
      ...(session.ticket === null ? {} : { ticket: session.ticket }),
      ...options,
    });
    const { legacySessionIdEcho } = await this.#takeServerHello();
    const { type } = await this.#take();
    const echoed = legacySessionIdEcho.length > 0 &&
      legacySessionIdEcho.every((byte, i) => byte === sessionId[i]);
    return !echoed && type === HandshakeType.certificate;
  }

  /** Sends a record under the keys of the moment. */
  async send(type: number, fragment: Bytes): Promise<void> {
    const sealed = this.#sealer === null ? fragment : await seal(this.#sealer, type, fragment);
    await this.#conn.write(plainRecord(type, sealed));
  }

  async #keys(suite: Tls12CipherSuite, { prf }: MasterSecret, hello: ServerHello) {
    this.#encryptThenMac = hello.extensions?.has(ExtensionType.encryptThenMac) ?? false;
    return await deriveProtections(suite, prf, this.#random, hello.random, {
      encryptThenMac: this.#encryptThenMac,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    });
  }

  async #takeServerHello(): Promise<ServerHello> {
    const hello = parseServerHello((await this.#take()).body);
    this.#transcript.setHash(tls12CipherSuiteById(hello.cipherSuite)!.hash);
    return hello;
  }

  async #sendFinished(master: MasterSecret, protection: RecordProtection): Promise<void> {
    const verifyData = await master.verifyData("client", await this.#transcript.digest());
    await this.send(ContentType.changeCipherSpec, new Uint8Array([1]));
    this.#sealer = protection;
    await this.#sendHandshake(HandshakeType.finished, verifyData);
  }

  /** Takes NewSessionTicket, where it comes, and Finished. */
  async #takeFinished(protection: RecordProtection): Promise<Bytes | null> {
    let ticket: Bytes | null = null;
    for (;;) {
      const { type, body } = await this.#take(protection);
      if (type === HandshakeType.newSessionTicket) {
        ticket = parseTls12NewSessionTicket(body).ticket.slice();
      }
      if (type === HandshakeType.finished) return ticket;
    }
  }

  async #sendHandshake(type: number, body: Bytes): Promise<void> {
    const message = encodeHandshake(type, body);
    this.#transcript.add(message);
    await this.send(ContentType.handshake, message);
  }

  async #take(next: RecordProtection | null = null): Promise<HandshakeMessage> {
    for (;;) {
      const message = this.#joiner.next();
      if (message !== null) {
        this.#transcript.add(message.raw);
        return { ...message, body: message.body.slice() };
      }
      const sealed = this.#deframer.next();
      if (sealed === null) {
        const buffer = new Uint8Array(65536);
        const count = await this.#conn.read(buffer);
        if (count === null) throw new Error("Cannot go on: the server is gone");
        this.#deframer.push(buffer.slice(0, count));
        continue;
      }
      const { type, fragment } = this.#opener === null ? sealed : await this.#opener.open(sealed);
      if (type === ContentType.changeCipherSpec) {
        this.#opener = next;
        continue;
      }
      if (type !== ContentType.handshake) throw new Error(`Cannot go on: ${type}, ${fragment}`);
      this.#joiner.push(fragment.slice());
    }
  }
}
