// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import type { Buffer } from "node:buffer";
import events from "node:events";
import net from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import type tls from "node:tls";
import { isFunction, isString, kindOf } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import { invalid, requireSslArgs } from "../config/option_values.ts";
import { Acceptor } from "./acceptor.ts";
import { toNodeError } from "./node_error.ts";
import type { SecureContextOptions, ServerOptions } from "./options.ts";
import { readNodeOptions } from "./read_options.ts";
import { createSecureContext, type SecureContext, toSecureContext } from "./secure_context.ts";
import { socketOf, TLSSocket } from "./tls_socket.ts";

/** The options of `net.createServer` that sockets have before TLS. */
const TCP_OPTIONS: readonly string[] = [
  "blockList",
  "keepAlive",
  "keepAliveInitialDelay",
  "noDelay",
];

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
 *
 * @category Node
 */
export class Server extends net.Server {
  readonly #acceptor: Acceptor;

  /**
   * Creates a server.
   *
   * @param options Node's options.
   * @param listener Added as a listener of `secureConnection`.
   */
  constructor(
    options?: ServerOptions | null | ((socket: TLSSocket) => void),
    listener?: (socket: TLSSocket) => void,
  ) {
    const own = readNodeOptions(typeof options === "function" ? undefined : options);
    // What the option allowHalfOpen says is the TLS socket's: records come on until its own end
    super({ ...own.pick(TCP_OPTIONS), allowHalfOpen: true });
    this.#acceptor = new Acceptor(own, this);
    const onSecure = typeof options === "function" ? options : listener;
    if (onSecure !== undefined) {
      requireSslArgs("Cannot create server", isFunction(onSecure, "the listener"));
      this.on("secureConnection", onSecure);
    }
    this.on("connection", (stream: Duplex) => this.#accept(stream));
    this.#reportBadKeys();
  }

  /** Whether clients are asked for a certificate. */
  get requestCert(): boolean {
    return this.#acceptor.requestCert;
  }

  /** Whether clients without a trusted certificate are refused, where one is asked for. */
  get rejectUnauthorized(): boolean {
    return this.#acceptor.rejectUnauthorized;
  }

  /**
   * Adds a context for a host name.
   *
   * @param hostname The name; `*` stands for one label.
   * @param context The context, or the options of one. Its certificates count, and its authorities
   * where it has any; everything else stays the server's.
   */
  addContext(
    hostname: string,
    context: SecureContext | SecureContextOptions | tls.SecureContext,
  ): void {
    requireSslArgs("Cannot add context", isString(hostname, "hostname"));
    if (hostname === "") throw invalid("hostname", "it is empty");
    const made = "context" in context
      ? toSecureContext(context, "context")
      : createSecureContext(context);
    const escaped = hostname.replace(/[.^$+?\-\\[\]{}()|]/g, "\\$&").replaceAll("*", "[^.]*");
    const pattern = new RegExp(`^${escaped}$`, "i");
    this.#acceptor.addNamed(pattern, made);
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
    this.#acceptor.use(createSecureContext(options));
    this.#reportBadKeys();
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

  /** Destroys the connection whose asynchronous listener has failed, with `captureRejections`. */
  override [events.captureRejectionSymbol](
    error: Error,
    _event: string | symbol,
    socket: unknown,
  ): void {
    if (socket instanceof TLSSocket) socket.destroy(error);
    else this.emit("error", error);
  }

  /** Keys under passwords are decrypted later; what is wrong with them is an event. */
  #reportBadKeys(): void {
    const { ready } = this.#acceptor;
    if (!(ready instanceof Promise)) return;
    ready.catch((error) => process.nextTick(() => this.emit("error", toNodeError(error))));
  }

  #accept(stream: Duplex): void {
    const socket = socketOf(this.#acceptor.prepare(stream));
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
}

function noTicketKeys(what: "get" | "set"): SslError {
  return new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot ${what} ticket keys: tickets have keys of their own, which are renewed; processes ` +
      "share them by configMPServerSIDCache(), and Node's form of them is not supported yet",
  );
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
 *
 * @category Node
 */
export function createServer(
  options?: ServerOptions | null | ((socket: TLSSocket) => void),
  secureConnectionListener?: (socket: TLSSocket) => void,
): Server {
  return new Server(options, secureConnectionListener);
}
