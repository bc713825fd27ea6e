// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type tls from "node:tls";
import { kindOf, show } from "../../cert/base/options.ts";
import { defaultContext, NssContext } from "../../pkcs11/context/context.ts";
import { SslError } from "../base/errors.ts";
import type { SslModel, SslSocket } from "../base/socket_type.ts";
import { type CertificateInput, toCertificates } from "../config/credential.ts";
import type {
  AuthCertificateHook,
  BadCertHook,
  ClientHelloCallback,
  NextProtoCallback,
  SniSocketConfigHook,
} from "../config/hooks.ts";
import type { ImportOptions } from "../config/import_options.ts";
import { invalid } from "../config/option_values.ts";
import { importFD } from "../import_fd.ts";
import { configServerSessionIDCache } from "../nss/config_server_session_id_cache.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import { alpnProtocolsOf } from "./alpn.ts";
import { warnOfTrace } from "./client.ts";
import { DuplexConn } from "./duplex_conn.ts";
import { checkPeer } from "./peer_check.ts";
import type { Prepared } from "./prepared.ts";
import { serverPsk } from "./psk.ts";
import type { NodeOptions } from "./read_options.ts";
import {
  type ContextSettings,
  createSecureContext,
  refuseUnsupported,
  SecureContext,
  toSecureContext,
} from "./secure_context.ts";
import { EventSessionCache } from "./session_events.ts";

/** Node's default. */
const HANDSHAKE_TIMEOUT = 120_000;

/** A connection whose handshake may still run. */
interface Accepted {
  socket: tls.TLSSocket | null;
  /** The context whose certificates and authorities count. */
  settings: ContextSettings;
  /** Whether the client asks for an OCSP response. */
  asksForOcsp: boolean;
  /** Why the client is not to be trusted. */
  refusal: Error | null;
}

/**
 * Prepares sockets of servers, and decides for them: which certificates they show, whom they trust.
 */
export class Acceptor {
  /** Whether clients are asked for a certificate. */
  readonly requestCert: boolean;
  /** Whether clients without a trusted certificate are refused, where one is asked for. */
  readonly rejectUnauthorized: boolean;
  readonly #options: NodeOptions;
  readonly #server: EventEmitter;
  readonly #alpnProtocols: readonly string[];
  readonly #handshakeTimeout: number;
  readonly #psk: ImportOptions;
  readonly #accepted = new WeakMap<SslSocket, Accepted>();
  #settings: ContextSettings;
  #named: { readonly pattern: RegExp; readonly settings: ContextSettings }[] = [];
  #sessions: NssContext | undefined;
  readonly #sessionCache: EventSessionCache;
  /** The key of tickets that an option has given, and the one that is used. */
  #optionKey: Uint8Array<ArrayBuffer> | undefined;
  #ticketKey: Uint8Array<ArrayBuffer> | undefined;

  /**
   * Reads the options of a server.
   *
   * @param options The options.
   * @param server Has the listeners of Node's events for servers.
   * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for the first option that is wrong.
   */
  constructor(options: NodeOptions, server: EventEmitter) {
    this.#server = server;
    this.#sessionCache = new EventSessionCache(server);
    refuseUnsupported(options);
    warnOfTrace(options);
    this.requestCert = options.boolean("requestCert") ?? false;
    this.rejectUnauthorized = options.boolean("rejectUnauthorized") ?? true;
    for (const name of ["SNICallback", "ALPNCallback", "pskCallback"]) options.function(name);
    for (const name of ["allowHalfOpen", "allowTruncation", "noDelay", "pauseOnConnect"]) {
      options.boolean(name);
    }
    this.#alpnProtocols = alpnProtocolsOf(options);
    if (options.has("ALPNCallback") && options.has("ALPNProtocols")) {
      throw invalid("ALPNCallback", "ALPNProtocols excludes it; one of them decides");
    }
    this.#psk = this.#pskOptions(options);
    this.#handshakeTimeout = options.number("handshakeTimeout") || HANDSHAKE_TIMEOUT;
    this.#options = options;
    this.#settings = SecureContext.settingsOf(
      options.has("secureContext")
        ? toSecureContext(options.get("secureContext"), "secureContext")
        : createSecureContext(options),
    );
    this.#ticketKey = this.#optionKey = this.#settings.ticketKeys;
  }

  /** Settles when keys and files under passwords are decrypted. */
  get ready(): SslModel | Promise<SslModel> {
    return this.#settings.model;
  }

  /** Replaces the context of later connections. */
  use(context: SecureContext): void {
    this.#settings = SecureContext.settingsOf(context);
    this.#optionKey = this.#settings.ticketKeys ?? this.#optionKey;
    this.ticketKey = this.#optionKey;
  }

  /** The key of tickets, 48 bytes; `undefined` for keys that are renewed. */
  get ticketKey(): Uint8Array<ArrayBuffer> | undefined {
    return this.#ticketKey;
  }

  set ticketKey(key: Uint8Array<ArrayBuffer> | undefined) {
    this.#ticketKey = key;
    this.#sessions = undefined; // later connections have others
  }

  /** Adds the context of a host name; the one added last counts. */
  addNamed(pattern: RegExp, context: SecureContext): void {
    this.#named.unshift({ pattern, settings: SecureContext.settingsOf(context) });
  }

  /** Prepares a socket over a stream of a client's. */
  prepare(stream: Duplex): Prepared {
    const conn = new DuplexConn(stream);
    const settings = this.#settings;
    const importOptions = this.#importOptions(settings);
    const start = (model: SslModel) => importFD(conn, { model, ...importOptions });
    const accepted: Accepted = { socket: null, settings, asksForOcsp: false, refusal: null };
    const keep = (ssl: SslSocket): SslSocket => {
      this.#accepted.set(ssl, accepted);
      return ssl;
    };
    const { model } = settings;
    return {
      source: model instanceof Promise ? async () => keep(start(await model)) : keep(start(model)),
      options: {
        isServer: true,
        allowHalfOpen: this.#options.boolean("allowHalfOpen"),
        highWaterMark: this.#options.number("highWaterMark"),
        // As in Node, a pre-shared key stands for a certificate
        authorizationError: ({ peerCertificates, pskIdentity }) =>
          accepted.refusal ?? (pskIdentity ? null : this.#absence(peerCertificates.length)),
      },
      bind: (socket) => {
        accepted.socket = socket;
        if (this.#options.boolean("pauseOnConnect")) socket.pause();
      },
    };
  }

  /** Returns Node's error of a client that was asked for a certificate and has sent none. */
  #absence(certificates: number): Error | null {
    if (!this.requestCert || certificates > 0) return null;
    return Object.assign(new Error("the client has sent no certificate"), {
      code: "UNABLE_TO_GET_ISSUER_CERT",
    });
  }

  #importOptions({ sessionTimeout }: ContextSettings): ImportOptions {
    const names = this.#named.length > 0 || this.#options.has("SNICallback");
    const staples = this.#server.listenerCount("OCSPRequest") > 0;
    const ownSessions = sessionTimeout !== undefined || this.#ticketKey !== undefined ||
      this.#server.listenerCount("newSession") > 0 ||
      this.#server.listenerCount("resumeSession") > 0;
    const [noDelay, allowTruncation] = ["noDelay", "allowTruncation"].map((name) =>
      this.#options.boolean(name)
    );
    return {
      role: "server",
      handshakeTimeout: this.#handshakeTimeout,
      clientAuth: !this.requestCert ? "none" : this.rejectUnauthorized ? "require" : "request",
      ...noDelay !== undefined && { noDelay },
      ...allowTruncation !== undefined && { allowTruncation },
      ...this.#alpnProtocols.length > 0 && { alpnProtocols: this.#alpnProtocols },
      ...this.#psk,
      ...this.#options.has("ALPNCallback") && { nextProtoCallback: this.#chooseProtocol },
      ...(names || staples) && { sniSocketConfig: this.#chooseContext },
      ...staples && { clientHelloCallback: this.#readHello },
      ...this.requestCert && { authCertificate: this.#checkClient },
      ...this.requestCert && !this.rejectUnauthorized && { badCert: tolerate },
      ...ownSessions && { context: this.#contextOfSessions(sessionTimeout) },
    };
  }

  /** Returns the options of pre-shared keys. */
  #pskOptions(options: NodeOptions): ImportOptions {
    const hint = options.string("pskIdentityHint");
    const callback = options.function("pskCallback");
    if (callback === undefined) return {};
    return {
      ...hint && { pskIdentityHint: hint },
      getExternalPsk: serverPsk(
        callback,
        (ssl) => this.#of(ssl).socket,
        async (ssl) => (await this.#of(ssl).settings.certificates).length > 0,
      ),
    };
  }

  /** Returns the context of this server's sessions; its certificates are the default context's. */
  #contextOfSessions(timeout: number | undefined): NssContext {
    if (this.#sessions !== undefined) return this.#sessions;
    const context = new NssContext({ trustAnchors: [], certSources: [defaultContext().certDB] });
    configServerSessionIDCache({
      context,
      cache: this.#sessionCache,
      ...timeout !== undefined && { timeout, ticketLifetime: timeout },
      ...this.#ticketKey && { ticketKeys: this.#ticketKey },
    });
    return this.#sessions = context;
  }

  // Each hook is one function of the server's, since sessions are bound to hooks

  readonly #checkClient: AuthCertificateHook = async (ssl, peer) => {
    const accepted = this.#of(ssl);
    const refusal = await checkPeer(peer, accepted.settings, null);
    accepted.refusal = refusal?.shown ?? null;
    if (refusal !== null) throw refusal;
    return true;
  };

  readonly #chooseProtocol: NextProtoCallback = (ssl, { serverName, alpnProtocols }) => {
    const { socket } = this.#of(ssl);
    const protocols = [...alpnProtocols];
    const choose = this.#options.function("ALPNCallback");
    const answer = choose?.call(socket, { servername: serverName ?? "", protocols });
    if (typeof answer === "string" && alpnProtocols.includes(answer)) return answer;
    throw new SslError(
      "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL",
      answer === undefined
        ? "Cannot choose application protocol: ALPNCallback has chosen none"
        : `Cannot choose application protocol: ALPNCallback returned ${show(answer)}, which is ` +
          "none of those that the client offers",
    );
  };

  readonly #readHello: ClientHelloCallback = (ssl, { extensions }) => {
    this.#of(ssl).asksForOcsp = extensions.some(({ type }) => type === ExtensionType.statusRequest);
  };

  readonly #chooseContext: SniSocketConfigHook = async (ssl, { serverName }) => {
    const accepted = this.#of(ssl);
    const named = serverName === null ? null : await this.#settingsFor(serverName, accepted.socket);
    if (named !== null) accepted.settings = named;
    const { anchors } = accepted.settings;
    const certificates = await accepted.settings.certificates;
    const [first] = certificates;
    const stapled = accepted.asksForOcsp && first !== undefined
      ? await this.#askForResponse(first.cert, accepted.settings)
      : null;
    if (named === null && stapled === null) return undefined;
    return {
      ...certificates.length > 0 && {
        certificates: certificates.map((one, i) =>
          i === 0 && stapled !== null ? { ...one, ocsp: stapled } : one
        ),
      },
      ...named !== null && anchors !== undefined && { caCerts: anchors },
    };
  };

  /** Returns the context of a name; `null` for the server's own. */
  async #settingsFor(
    serverName: string,
    socket: tls.TLSSocket | null,
  ): Promise<ContextSettings | null> {
    const callback = this.#options.function("SNICallback");
    if (callback === undefined) {
      return this.#named.find(({ pattern }) => pattern.test(serverName))?.settings ?? null;
    }
    const answer = await calledBack((done) => callback.call(socket, serverName, done));
    if (!answer) return null;
    const context: unknown = typeof answer === "object"
      ? Reflect.get(answer, "context")
      : undefined;
    if (context instanceof SecureContext) return SecureContext.settingsOf(context);
    throw invalid(
      "SNICallback",
      `it gave ${kindOf(answer)} that createSecureContext() of this module has not made`,
    );
  }

  /** Returns the OCSP response that listeners give for a certificate; `null` for none. */
  async #askForResponse(
    cert: CertificateInput,
    { intermediates, anchors }: ContextSettings,
  ): Promise<Uint8Array | null> {
    const [leaf, ...chain] = toCertificates(cert, "cert");
    const issuer = [...chain, ...intermediates, ...anchors ?? []]
      .find(({ subject }) => subject.equals(leaf!.issuer));
    const answer = await calledBack((done) => {
      const der = issuer === undefined ? null : Buffer.from(issuer.der);
      this.#server.emit("OCSPRequest", Buffer.from(leaf!.der), der, done);
    });
    if (answer === undefined || answer === null) return null;
    if (answer instanceof Uint8Array) return answer;
    throw invalid("OCSPRequest", `its listener gave ${kindOf(answer)}, not a Buffer`);
  }

  #of(ssl: SslSocket): Accepted {
    const accepted = this.#accepted.get(ssl);
    if (accepted === undefined) {
      throw new TypeError("Cannot find connection: it is another server's");
    }
    return accepted;
  }
}

const tolerate: BadCertHook = () => true;

/** Calls a function of Node's style, and returns what it gives its callback, which counts once. */
function calledBack(
  call: (done: (error?: unknown, answer?: unknown) => void) => unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, answer) => error ? reject(error) : resolve(answer));
  });
}
