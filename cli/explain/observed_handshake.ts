// Copyright 2026 the NSS for Deno authors. MIT license.

/** What who looks on knows of a handshake: enough to decode and to decrypt what follows. @module */

import { toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import {
  clientCertificateType,
  serverCertificateType,
} from "../../ssl/extensions/certificate_type.ts";
import type { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { sessionTicket } from "../../ssl/extensions/session_ticket.ts";
import { supportedVersionsServerHello } from "../../ssl/extensions/supported_versions.ts";
import { parseClientHello } from "../../ssl/messages/client_hello.ts";
import { parseEncryptedExtensions } from "../../ssl/messages/encrypted_extensions.ts";
import type { HandshakeMessage } from "../../ssl/messages/handshake.ts";
import { parseServerHello } from "../../ssl/messages/server_hello.ts";
import { parseTls12NewSessionTicket } from "../../ssl/messages/tls12_new_session_ticket.ts";
import { ExtensionType, RAW_PUBLIC_KEY } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import type { End, MessageContext } from "./context.ts";
import { sessionName } from "./session_memory.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The two hellos and what follows of them; a renegotiation begins it anew. */
export class ObservedHandshake {
  /** The negotiated version; `null` before the ServerHello. */
  version: number | null = null;
  /** The negotiated cipher suite; `null` before the ServerHello. */
  cipherSuite: number | null = null;
  /** The `random`s of the hellos; empty before these. */
  randoms: { client: Bytes; server: Bytes } = {
    client: new Uint8Array(0),
    server: new Uint8Array(0),
  };
  /** The suites that the client offers. */
  offeredSuites: readonly number[] = [];
  /** Whether the client sends early data behind its ClientHello. */
  offersEarlyData = false;
  /** Whether CBC suites compute the MAC over the ciphertext (RFC 7366). */
  encryptThenMac = false;
  /** The names of the sessions of TLS 1.2 that the client wants to resume. */
  readonly offeredSessions = new Set<string>();
  /** The names of the session that is made or resumed. */
  readonly sessions = new Set<string>();
  /** Whether the server resumes one of them. */
  isResumed = false;
  #offeredId = "";
  readonly #rawKeys = new Set<End>();

  /** The client's `random`, by which a key log names the connection. */
  get clientRandom(): string {
    return toHex(this.randoms.client);
  }

  /** Whether TLS 1.3 was negotiated. */
  get isTls13(): boolean {
    return this.version === TLS_1_3;
  }

  /** What the messages of an end are decoded with. */
  contextOf(sender: End): MessageContext {
    const { version, cipherSuite } = this;
    return { version, cipherSuite, sender, rawKeys: this.#rawKeys };
  }

  /** Takes note of a message; one that is malformed says nothing. */
  heed({ type, body }: HandshakeMessage): void {
    try {
      if (type === HandshakeType.clientHello) this.#heedClientHello(body);
      if (type === HandshakeType.serverHello) this.#heedServerHello(body);
      if (type === HandshakeType.newSessionTicket && !this.isTls13) {
        const { ticket } = parseTls12NewSessionTicket(body);
        if (ticket.length > 0) this.sessions.add(sessionName(ticket));
      }
      if (type === HandshakeType.encryptedExtensions) {
        this.#heedTypes(parseEncryptedExtensions(body).extensions);
      }
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
    }
  }

  #heedClientHello(body: Bytes): void {
    const { random, legacySessionId, cipherSuites, extensions } = parseClientHello(body);
    this.randoms = { client: random.slice(), server: new Uint8Array(0) };
    this.offeredSuites = cipherSuites;
    this.offersEarlyData = extensions?.has(ExtensionType.earlyData) ?? false;
    this.#rawKeys.clear();
    this.offeredSessions.clear();
    this.#offeredId = sessionName(legacySessionId);
    for (const one of [legacySessionId, extensions?.get(sessionTicket)]) {
      if (one !== undefined && one.length > 0) this.offeredSessions.add(sessionName(one));
    }
  }

  #heedServerHello(body: Bytes): void {
    const hello = parseServerHello(body);
    const { random, legacyVersion, cipherSuite, extensions, isHelloRetryRequest } = hello;
    // RFC 8446, Section 4.1.2: the second ClientHello offers no early data
    if (isHelloRetryRequest) this.offersEarlyData = false;
    const isTls13 = extensions?.has(ExtensionType.supportedVersions) ?? false;
    this.version = isTls13 ? extensions!.get(supportedVersionsServerHello)! : legacyVersion;
    this.cipherSuite = cipherSuite;
    if (isHelloRetryRequest) return;
    this.randoms = { client: this.randoms.client, server: random.slice() };
    const id = sessionName(hello.legacySessionIdEcho);
    // RFC 5077, Section 3.4: a client that shows a ticket sees by its ID whether it is taken
    this.isResumed = id !== "" && id === this.#offeredId;
    this.sessions.clear();
    if (id !== "") this.sessions.add(id);
    this.encryptThenMac = extensions?.has(ExtensionType.encryptThenMac) ?? false;
    if (!isTls13 && extensions !== undefined) this.#heedTypes(extensions);
  }

  #heedTypes(extensions: ExtensionBlock): void {
    if (extensions.get(clientCertificateType) === RAW_PUBLIC_KEY) this.#rawKeys.add("client");
    if (extensions.get(serverCertificateType) === RAW_PUBLIC_KEY) this.#rawKeys.add("server");
  }
}
