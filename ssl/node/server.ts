// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import { Buffer } from "node:buffer";
import events from "node:events";
import net from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import type tls from "node:tls";
import { isFunction, isString, kindOf, show } from "../../cert/base/options.ts";
import { defaultContext, NssContext } from "../../pkcs11/context/context.ts";
import { SslError } from "../base/errors.ts";
import type { SslModel, SslSocket } from "../base/socket_type.ts";
import type {
  AuthCertificateHook,
  BadCertHook,
  ClientHelloCallback,
  NextProtoCallback,
  SniSocketConfigHook,
} from "../config/hooks.ts";
import { type CertificateInput, toCertificates } from "../config/credential.ts";
import type { ImportOptions } from "../config/import_options.ts";
import { invalid, requireSslArgs } from "../config/option_values.ts";
import { importFD } from "../import_fd.ts";
import { configServerSessionIDCache } from "../nss/config_server_session_id_cache.ts";
import { ExtensionType } from "../tables/extension_types.ts";
import { alpnProtocolsOf } from "./alpn.ts";
import { type SecureContextOptions, warnOfTrace } from "./connect.ts";
import { DuplexConn } from "./duplex_conn.ts";
import { toNodeError } from "./node_error.ts";
import { NodeTlsSocket } from "./node_socket.ts";
import { checkPeer } from "./peer_check.ts";
import { type NodeOptions, readNodeOptions } from "./read_options.ts";
import {
  type ContextSettings,
  createSecureContext,
  refuseUnsupported,
  SecureContext,
} from "./secure_context.ts";
import { EventSessionCache } from "./session_events.ts";

/** What `SNICallback` gives: a context, by its callback. */
type SniCallback = (
  servername: string,
  done: (error: Error | null, context?: SecureContext | tls.SecureContext) => void,
) => void;

type OtherOptions = Omit<tls.TlsOptions, "key" | "SNICallback">;

/** The options of {@linkcode createServer}: Node's, those of `net.createServer` included. */
export interface ServerOptions extends OtherOptions {
  /** The private keys of the certificates in `cert`. */
  key?: SecureContextOptions["key"];
  /** Chooses the certificates by the name that the client asks for. */
  SNICallback?: SniCallback | undefined;
  /** Chooses the application protocol; `undefined` refuses the client. */
  ALPNCallback?:
    | ((offer: { servername: string; protocols: string[] }) => string | undefined)
    | undefined;
}

/** The options of `net.createServer` that sockets have before TLS. */
const TCP_OPTIONS: readonly string[] = [
  "blockList",
  "keepAlive",
  "keepAliveInitialDelay",
  "noDelay",
];

/** Node's default. */
const HANDSHAKE_TIMEOUT = 120_000;

/** A connection whose handshake may still run. */
interface Accepted {
  readonly socket: NodeTlsSocket;
  /** The context whose certificates and authorities count. */
  settings: ContextSettings;
  /** Whether the client asks for an OCSP response. */
  asksForOcsp: boolean;
  /** Why the client is not to be trusted. */
  refusal: Error | null;
}

/**
 * A server of TLS in the form of Node's `tls.Server`: it extends `net.Server`, and has the events
 * `connection`, `secureConnection`, `tlsClientError`, `keylog`, `newSession`, `resumeSession` and
 * `OCSPRequest`.
 *
 * @example Usage
 * ```ts
 * import { connect, createServer, Server } from "@nss/nss/node";
 * import { createCertificate, exportPrivateKeyPem, generateKeyPair } from "@nss/nss";
 * import { assertInstanceOf } from "@std/assert";
 * import { once } from "node:events";
 *
 * const keys = await generateKeyPair("ec-p256", { extractable: true });
 * const cert = (await createCertificate({ ...keys, dnsNames: ["localhost"] })).toPem();
 * const key = await exportPrivateKeyPem(keys.privateKey);
 *
 * const server = createServer({ cert, key }, (socket) => socket.end("hello"));
 * assertInstanceOf(server, Server);
 * await once(server.listen(0, "127.0.0.1"), "listening");
 * const address = server.address();
 * const port = typeof address === "object" && address !== null ? address.port : 0;
 *
 * const client = connect({ host: "127.0.0.1", port, servername: "localhost", ca: cert });
 * await once(client.resume(), "close");
 * await once(server.close(), "close");
 * ```
 */
export class Server extends net.Server {
  /** Whether clients are asked for a certificate. */
  readonly requestCert: boolean;
  /** Whether clients without a trusted certificate are refused, where one is asked for. */
  readonly rejectUnauthorized: boolean;
  readonly #options: NodeOptions;
  readonly #alpnProtocols: readonly string[];
  readonly #handshakeTimeout: number;
  readonly #accepted = new WeakMap<SslSocket, Accepted>();
  #settings: ContextSettings;
  #named: { readonly pattern: RegExp; readonly settings: ContextSettings }[] = [];
  #sessions: NssContext | undefined;

  /**
   * Creates a server.
   *
   * @param options Node's options.
   * @param listener Added as a listener of `secureConnection`.
   */
  constructor(
    options?: ServerOptions | null | ((socket: NodeTlsSocket) => void),
    listener?: (socket: NodeTlsSocket) => void,
  ) {
    const own = readNodeOptions(typeof options === "function" ? undefined : options);
    super({
      ...own.pick(TCP_OPTIONS),
      // What this says is the TLS socket's, whose records come on until its own end
      allowHalfOpen: true,
    });
    refuseUnsupported(own);
    warnOfTrace(own);
    this.requestCert = own.boolean("requestCert") ?? false;
    this.rejectUnauthorized = own.boolean("rejectUnauthorized") ?? true;
    for (const name of ["SNICallback", "ALPNCallback"]) own.function(name);
    this.#alpnProtocols = alpnProtocolsOf(own);
    if (own.has("ALPNCallback") && own.has("ALPNProtocols")) {
      throw invalid("ALPNCallback", "ALPNProtocols excludes it; one of them decides");
    }
    this.#handshakeTimeout = own.number("handshakeTimeout") || HANDSHAKE_TIMEOUT;
    this.#options = own;
    this.#settings = this.#use(createSecureContext(own));
    const onSecure = typeof options === "function" ? options : listener;
    if (onSecure !== undefined) {
      requireSslArgs("Cannot create server", isFunction(onSecure, "the listener"));
      this.on("secureConnection", onSecure);
    }
    this.on("connection", (stream: Duplex) => this.#accept(stream));
  }

  /**
   * Adds a context for a host name.
   *
   * @param hostname The name; `*` stands for one label.
   * @param context The context, or the options of one. Its certificates count, and its authorities
   * where it has any; everything else stays the server's.
   */
  addContext(hostname: string, context: SecureContext | SecureContextOptions): void {
    requireSslArgs("Cannot add context", isString(hostname, "hostname"));
    if (hostname === "") throw invalid("hostname", "it is empty");
    const made = context instanceof SecureContext ? context : createSecureContext(context);
    const escaped = hostname.replace(/[.^$+?\-\\[\]{}()|]/g, "\\$&").replaceAll("*", "[^.]*");
    const pattern = new RegExp(`^${escaped}$`, "i");
    // The one added last counts
    this.#named.unshift({ pattern, settings: SecureContext.settingsOf(made) });
  }

  /**
   * Replaces the certificates and other settings of {@linkcode createSecureContext}; connections
   * that are there keep theirs.
   *
   * @param options The options.
   */
  setSecureContext(options: SecureContextOptions): void {
    if (typeof options !== "object" || options === null) {
      throw invalid("options", `they are ${kindOf(options)}, not an object`);
    }
    this.#settings = this.#use(createSecureContext(options));
    this.#sessions = undefined;
  }

  /**
   * Always throws: the keys of tickets are not shown.
   *
   * @throws {SslError} `SEC_ERROR_INVALID_ARGS`.
   */
  getTicketKeys(): never {
    throw noTicketKeys("get");
  }

  /**
   * Always throws: the keys of tickets cannot be set in Node's form yet.
   *
   * @param _keys The keys.
   * @throws {SslError} `SEC_ERROR_INVALID_ARGS`.
   */
  setTicketKeys(_keys: ArrayBufferView): never {
    throw noTicketKeys("set");
  }

  /** Destroys the connection whose asynchronous listener has failed, if `captureRejections` is on. */
  override [events.captureRejectionSymbol](error: Error, _event: string | symbol, socket: unknown): void {
    if (socket instanceof NodeTlsSocket) socket.destroy(error);
    else this.emit("error", error);
  }

  /** Takes a context, whose keys may still be decrypted. */
  #use(context: SecureContext): ContextSettings {
    const settings = SecureContext.settingsOf(context);
    if (settings.model instanceof Promise) {
      settings.model.catch((error) =>
        process.nextTick(() => this.emit("error", toNodeError(error)))
      );
    }
    return settings;
  }

  #accept(stream: Duplex): void {
    const conn = new DuplexConn(stream);
    const settings = this.#settings;
    const importOptions = this.#importOptions(settings);
    const start = (model: SslModel): SslSocket => {
      const ssl = importFD(conn, { model, ...importOptions });
      this.#accepted.set(ssl, accepted);
      return ssl;
    };
    const { model } = settings;
    const isReady = !(model instanceof Promise);
    const socket: NodeTlsSocket = new NodeTlsSocket(
      isReady ? importFD(conn, { model, ...importOptions }) : async () => start(await model),
      {
        isServer: true,
        allowHalfOpen: this.#options.boolean("allowHalfOpen"),
        highWaterMark: this.#options.number("highWaterMark"),
        authorizationError: ({ peerCertificates }) =>
          accepted.refusal ?? this.#absence(peerCertificates.length),
      },
    );
    const accepted: Accepted = { socket, settings, asksForOcsp: false, refusal: null };
    if (socket.sslSocket !== null) this.#accepted.set(socket.sslSocket, accepted);
    if (this.#options.boolean("pauseOnConnect")) socket.pause();
    this.#forward(socket);
  }

  /** Emits the server's events for those of a socket. */
  #forward(socket: NodeTlsSocket): void {
    let isSettled = false; // whether the handshake is complete, or has failed
    const fail = (error: Error) => {
      if (isSettled) return;
      isSettled = true;
      this.emit("tlsClientError", error, socket);
    };
    socket.once("secure", () => {
      isSettled = true;
      this.emit("secureConnection", socket);
    });
    // As in Node it stays: a client that vanishes must not end the process
    socket.on("error", fail);
    socket.once("close", () => {
      fail(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }));
    });
    if (this.listenerCount("keylog") === 0) return;
    socket.on("keylog", (line: Buffer) => this.emit("keylog", line, socket));
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
    const staples = this.listenerCount("OCSPRequest") > 0;
    const ownSessions = sessionTimeout !== undefined || this.listenerCount("newSession") > 0 ||
      this.listenerCount("resumeSession") > 0;
    const noDelay = this.#options.boolean("noDelay");
    return {
      role: "server",
      handshakeTimeout: this.#handshakeTimeout,
      clientAuth: !this.requestCert ? "none" : this.rejectUnauthorized ? "require" : "request",
      ...noDelay !== undefined && { noDelay },
      ...this.#alpnProtocols.length > 0 && { alpnProtocols: this.#alpnProtocols },
      ...this.#options.has("ALPNCallback") && { nextProtoCallback: this.#chooseProtocol },
      ...(names || staples) && { sniSocketConfig: this.#chooseContext },
      ...staples && { clientHelloCallback: this.#readHello },
      ...this.requestCert && { authCertificate: this.#checkClient },
      ...this.requestCert && !this.rejectUnauthorized && { badCert: tolerate },
      ...ownSessions && { context: this.#contextOfSessions(sessionTimeout) },
    };
  }

  /** Returns the context of this server's sessions, whose certificates are the default context's. */
  #contextOfSessions(timeout: number | undefined): NssContext {
    if (this.#sessions !== undefined) return this.#sessions;
    const context = new NssContext({ trustAnchors: [], certSources: [defaultContext().certDB] });
    configServerSessionIDCache({
      context,
      cache: new EventSessionCache(this),
      ...timeout !== undefined && { timeout, ticketLifetime: timeout },
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
  async #settingsFor(serverName: string, socket: NodeTlsSocket): Promise<ContextSettings | null> {
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
      this.emit("OCSPRequest", Buffer.from(leaf!.der), der, done);
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

function noTicketKeys(what: "get" | "set"): SslError {
  return new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot ${what} ticket keys: tickets have keys of their own, which are renewed; processes ` +
      "share them by configMPServerSIDCache(), and Node's form of them is not supported yet",
  );
}

/** Calls a function of Node's style, and returns what it gives its callback, which counts once. */
function calledBack(
  call: (done: (error?: unknown, answer?: unknown) => void) => unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, answer) => error ? reject(error) : resolve(answer));
  });
}

/**
 * Creates a server, in the form of Node's `tls.createServer`.
 *
 * Certificates, keys and names are checked at once; a key under a password and a PKCS#12 file are
 * decrypted afterwards, and what is wrong with them is an `error` event of the server. What is
 * different from Node's is in the table of `docs/node.md`.
 *
 * @param options Node's options.
 * @param secureConnectionListener Added as a listener of `secureConnection`.
 * @returns The server, which does not listen yet.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an invalid value, one that is not supported, or a
 * name that is one slip away from one that protects.
 *
 * @example Usage
 * ```ts ignore
 * import { createServer } from "@nss/nss/node";
 *
 * const [cert, key] = ["cert.pem", "key.pem"].map((name) => Deno.readTextFileSync(name));
 * createServer({ cert, key }, (socket) => socket.end("hello")).listen(8443, "127.0.0.1");
 * ```
 */
export function createServer(
  options?: ServerOptions | null | ((socket: NodeTlsSocket) => void),
  secureConnectionListener?: (socket: NodeTlsSocket) => void,
): Server {
  return new Server(options, secureConnectionListener);
}
