// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import { Buffer } from "node:buffer";
import net from "node:net";
import process from "node:process";
import { Duplex } from "node:stream";
import type tls from "node:tls";
import { type Check, isFunction, isInstance, kindOf } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import type { SslModel, SslSocket } from "../base/socket_type.ts";
import type { ImportOptions } from "../config/import_options.ts";
import { normalizeHostname } from "../config/host_name.ts";
import { invalid } from "../config/option_values.ts";
import { importFD } from "../import_fd.ts";
import { setResumptionToken } from "../nss/resumption_token.ts";
import { alpnProtocolsOf } from "./alpn.ts";
import { checkStream, DuplexConn } from "./duplex_conn.ts";
import { connected, openTcp } from "./open_tcp.ts";
import { checkPeer } from "./peer_check.ts";
import type { Prepared } from "./prepared.ts";
import { clientPsk } from "./psk.ts";
import { inputOf, type NodeOptions } from "./read_options.ts";
import {
  createSecureContext,
  refuseUnsupported,
  SecureContext,
  toSecureContext,
} from "./secure_context.ts";

/** The options of `net.connect` that count where no socket is given. */
const TCP_OPTIONS: readonly string[] = [
  "autoSelectFamily",
  "autoSelectFamilyAttemptTimeout",
  "family",
  "hints",
  "host",
  "keepAlive",
  "keepAliveInitialDelay",
  "localAddress",
  "localPort",
  "lookup",
  "noDelay",
  "path",
  "port",
];

/** The events of a socket that is being connected, which Node's TLS sockets have, too. */
const TCP_EVENTS: readonly string[] = [
  "lookup",
  "connectionAttempt",
  "connectionAttemptFailed",
  "connectionAttemptTimeout",
];

/**
 * Reads the options of a client's socket.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for the first one that is wrong.
 */
export function prepareClient(options: NodeOptions): Prepared {
  const given = options.get("socket");
  const importOptions = clientOptions(options);
  const session = sessionOf(options);
  // As in Node, a given socket says itself whether it may be half open
  const allowHalfOpen = given instanceof Duplex
    ? given.allowHalfOpen
    : options.boolean("allowHalfOpen");
  const open = given === undefined ? tcpOpener(options) : takeOver(given);
  let refusal: Error | null = null;
  const onread = given === undefined ? readerInto(options.get("onread")) : null;
  const timeout = given === undefined ? options.number("timeout") : undefined;
  const signal = options.get("signal");
  const bound = Promise.withResolvers<tls.TLSSocket>();
  return {
    source: async (aborted): Promise<SslSocket> => {
      const socket = await bound.promise;
      const conn = await open(socket, aborted);
      try {
        const { model, hooks } = importOptions;
        const ssl = importFD(conn, {
          model: await model,
          ...hooks(socket, (error) => refusal = error),
        });
        offerSession(ssl, session);
        return ssl;
      } catch (error) {
        conn.close();
        throw error;
      }
    },
    options: {
      isServer: false,
      authorizationError: () => refusal,
      allowHalfOpen,
      highWaterMark: options.number("highWaterMark"),
      signal: signal instanceof AbortSignal ? signal : undefined,
    },
    bind: (socket) => {
      bound.resolve(socket);
      if (timeout) socket.setTimeout(timeout);
      onread?.(socket);
    },
  };
}

/** What a client's socket of ours is made with. */
interface ClientImport {
  readonly model: SslModel | Promise<SslModel>;
  /** Returns the options of a single connection. */
  hooks(socket: tls.TLSSocket, report: (refusal: Error | null) => void): ImportOptions;
}

function clientOptions(options: NodeOptions): ClientImport {
  refuseUnsupported(options);
  options.check("signal", optional(isInstance(AbortSignal)));
  options.check("checkServerIdentity", optional(isFunction));
  warnOfTrace(options);
  const context = options.has("secureContext")
    ? toSecureContext(options.get("secureContext"), "secureContext")
    : createSecureContext(options);
  const settings = SecureContext.settingsOf(context);
  const rejects = options.boolean("rejectUnauthorized") ?? true;
  const asksForOcsp = options.boolean("requestOCSP") ?? false;
  const alpnProtocols = alpnProtocolsOf(options);
  const names = namesOf(options);
  const check = options.function("checkServerIdentity");
  const psk = clientPsk(options, rejects);
  const [noDelay, allowTruncation] = ["noDelay", "allowTruncation"].map((name) =>
    options.boolean(name)
  );
  return {
    model: settings.model,
    hooks: (socket, report) => ({
      role: "client",
      ...psk(socket),
      ...names.sni !== null && { hostname: names.sni },
      ...alpnProtocols.length > 0 && { alpnProtocols },
      ...noDelay !== undefined && { noDelay },
      ...allowTruncation !== undefined && { allowTruncation },
      ...asksForOcsp && { ocspStapling: true },
      // In place of the cache: Node resumes only what the option `session` gives
      resumptionTokenCallback: keepNothing,
      authCertificate: async (_ssl, peer) => {
        const hostname = names.hostname ?? dialledAddress(options) ?? "localhost";
        const refusal = await checkPeer(peer, settings, { hostname, check });
        report(refusal?.shown ?? null);
        if (refusal !== null && rejects) throw refusal;
        return true;
      },
    }),
  };
}

function keepNothing(): void {}

interface Names {
  /** What the server's certificate must have; `null` where nobody has given a name. */
  readonly hostname: string | null;
  /** What is sent; `null` to send none. */
  readonly sni: string | null;
}

function namesOf(options: NodeOptions): Names {
  const servername = options.string("servername");
  if (servername) return { hostname: servername, sni: servername };
  const own = ofSocket(options, "_host");
  const hostname = options.string("host") || own;
  if (!hostname && options.has("socket")) return { hostname: null, sni: null };
  // As in Node, an empty name asks to send none
  const name = hostname || "localhost";
  return { hostname: name, sni: servername === "" ? null : sendableName(name) };
}

/**
 * The address that a given socket has dialled. Node checks the name `localhost` then, which any
 * server may have a certificate for.
 */
function dialledAddress(options: NodeOptions): string | null {
  return ofSocket(options, "remoteAddress");
}

function ofSocket(options: NodeOptions, member: string): string | null {
  const given = options.get("socket");
  if (typeof given !== "object" || given === null) return null;
  const value: unknown = Reflect.get(given, member);
  return typeof value === "string" && value !== "" ? value : null;
}

/** Returns a host as a name to send; `null` if it is none, such as an address with a zone. */
function sendableName(hostname: string): string | null {
  try {
    return normalizeHostname(hostname);
  } catch {
    return null;
  }
}

function sessionOf(options: NodeOptions): Uint8Array | null {
  const session = options.get("session");
  if (!session) return null;
  const input = inputOf(session, "session");
  return typeof input === "string" ? Buffer.from(input, "latin1") : input;
}

/** As in Node, a session that is no longer of use makes a full handshake. */
function offerSession(ssl: SslSocket, session: Uint8Array | null): void {
  if (session === null) return;
  try {
    setResumptionToken(ssl, session);
  } catch (error) {
    if (!(error instanceof SslError)) throw error;
    if (error.name !== "SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR") throw error;
  }
}

/** Gives a connection for a socket, which has the events of what is connecting meanwhile. */
type Opener = (socket: tls.TLSSocket, signal: AbortSignal) => Promise<DuplexConn>;

function tcpOpener(options: NodeOptions): Opener {
  const given = options.pick(TCP_OPTIONS);
  const target = "path" in given || "host" in given ? given : { ...given, host: "localhost" };
  return (socket, signal) =>
    openTcp(target, signal, (raw) => {
      for (const event of TCP_EVENTS) raw.on(event, (...args) => socket.emit(event, ...args));
    });
}

/** Takes a socket over at once, before it has emitted anything more. */
function takeOver(given: unknown): Opener {
  const duplex = checkStream("Cannot use options", given, "socket");
  const isConnecting = duplex instanceof net.Socket && duplex.connecting;
  const conn = isConnecting ? null : new DuplexConn(duplex);
  return async (socket, signal) => {
    // A stream that is gone takes a half open socket along, which keeps what is to be read
    duplex.once("close", () => {
      if (socket.readableEnded) socket.destroy();
      else socket.once("end", () => socket.destroy());
    });
    if (isConnecting) await connected(duplex, signal);
    return conn ?? new DuplexConn(duplex);
  };
}

/** Node's option `onread`: data comes in one buffer, to a callback. */
function readerInto(onread: unknown): ((socket: tls.TLSSocket) => void) | null {
  if (onread === undefined) return null;
  const members = typeof onread === "object" && onread !== null ? onread : {};
  const source: unknown = Reflect.get(members, "buffer");
  const callback: unknown = Reflect.get(members, "callback");
  if (typeof callback !== "function") {
    throw invalid("onread", "it has no function callback; it is { buffer, callback }");
  }
  const next = () => bufferOf(typeof source === "function" ? source() : source);
  if (typeof source !== "function") next();
  return (socket) =>
    socket.on("data", (data: Buffer) => {
      for (let rest: Uint8Array = data; rest.length > 0;) {
        const buffer = next();
        const piece = rest.subarray(0, buffer.length);
        buffer.set(piece);
        rest = rest.subarray(piece.length);
        if (Reflect.apply(callback, socket, [piece.length, buffer]) !== false) continue;
        socket.pause();
        if (rest.length > 0) socket.unshift(rest);
        return;
      }
    });
}

function bufferOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array && value.length > 0) return value;
  throw invalid("onread", `its buffer is ${kindOf(value)}, not a Uint8Array with room`);
}

let isTraceWarned = false;

/** Says once that there is no trace; it protects nothing, so nothing is refused. */
export function warnOfTrace(options: NodeOptions): void {
  if (options.boolean("enableTrace") !== true || isTraceWarned) return;
  isTraceWarned = true;
  process.emitWarning(
    "enableTrace prints nothing here; the keylog event lets Wireshark show the messages",
  );
}

function optional(check: Check): Check {
  return (value, name) => value === undefined ? null : check(value, name);
}
