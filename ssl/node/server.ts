// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import { Buffer } from "node:buffer";
import events from "node:events";
import net from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import type tls from "node:tls";
import { isFunction, isString, kindOf } from "../../cert/base/options.ts";
import { invalid, requireSslArgs } from "../config/option_values.ts";
import { Acceptor } from "./acceptor.ts";
import { codedError, toNodeError } from "./node_error.ts";
import type { SecureContextOptions, ServerOptions } from "./options.ts";
import { readNodeOptions } from "./read_options.ts";
import {
  bytesOfView,
  createSecureContext,
  type SecureContext,
  toSecureContext,
} from "./secure_context.ts";
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
   * Returns the key of the server's tickets, which another server takes by
   * {@linkcode Server.setTicketKeys} or the option `ticketKeys`: both then resume each other's
   * sessions. Without this call, or a key that was given, keys are renewed by themselves; from then
   * on this key stays, and earlier tickets do not open.
   *
   * @returns A copy, 48 bytes, which are secret.
   */
  getTicketKeys(): Buffer<ArrayBuffer> {
    const key = this.#acceptor.ticketKey ??= crypto.getRandomValues(new Uint8Array(48));
    return Buffer.from(key);
  }

  /**
   * Replaces the key of the tickets of later connections, which is not renewed.
   *
   * @param keys The key, 48 bytes; the tickets are this package's, and not OpenSSL's.
   * @throws {TypeError} With Node's code `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`.
   */
  setTicketKeys(keys: ArrayBufferView): void {
    if (!ArrayBuffer.isView(keys)) {
      throw codedError(
        new TypeError(`Cannot set ticket keys: they are ${kindOf(keys)}, not a Buffer of 48 bytes`),
        "ERR_INVALID_ARG_TYPE",
      );
    }
    if (keys.byteLength !== 48) {
      throw codedError(
        new TypeError(
          "Session ticket keys must be a 48-byte buffer: these are " +
            `${keys.byteLength} bytes; crypto.randomBytes(48) makes some`,
        ),
        "ERR_INVALID_ARG_VALUE",
      );
    }
    this.#acceptor.ticketKey = bytesOfView(keys);
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
