// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

/**
 * A socket of ours as a `tls.TLSSocket` of Node's: the class behind `toNodeSocket()`, and behind
 * `connect()` and `createServer()`.
 *
 * The contract for those that build on {@linkcode NodeTlsSocket}:
 *
 * - It is made of a {@linkcode SocketSource}: an `SslSocket` that is connected already, or a
 *   function that gives one. The function is called in the next tick, so that listeners can be
 *   added; until its promise resolves the socket is `connecting`, and then emits `connect` and
 *   `ready`. A rejection destroys the socket with that error, as it is unless it is one of ours.
 *   The signal that it is passed aborts when the socket is destroyed first: what comes then is
 *   closed.
 * - The handshake begins by itself, a tick later at the earliest. Then come `OCSPResponse` (on a
 *   client that has asked for one), on a client `secureConnect` and `session`, and `secure`;
 *   nothing is read before, and writes wait.
 * - Hooks are those of the `SslSocket`. Listeners of `keylog` that are there when the handshake
 *   begins are told besides its hook; `session` costs nothing, and can be added at any time.
 * - `end()` sends close_notify, and `finish` means that it is on its way. `destroy()` sends none,
 *   unless `finish` has come before: what has been cut off is not to look complete. An end of the
 *   peer without close_notify is an error, unless the `SslSocket` allows it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { X509Certificate } from "node:crypto";
import process from "node:process";
import tls from "node:tls";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { change, type SslConfig } from "../config/config.ts";
import { configOf } from "../config/config_registry.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import { observeHandshakes } from "../connection/socket_hooks.ts";
import type { SslEngine } from "../engine/engine.ts";
import { keyLogCallback } from "../nss/hooks.ts";
import { optionSet } from "../nss/option_set.ts";
import { setURL } from "../nss/peer_names.ts";
import { setResumptionToken } from "../nss/resumption_token.ts";
import { TLS_1_2 } from "../tables/versions.ts";
import { ADDRESSES } from "./addresses.ts";
import { certificateObject, toX509 } from "./certificates.ts";
import { codedError, nodeCode } from "./node_error.ts";
import { type NodeSocketOptions, NodeStream, type SocketSource } from "./node_stream.ts";
import { cipherOf, ephemeralKeyInfo, exportAtOnce, sigalgNames } from "./tls_facts.ts";

export type { NodeSocketOptions, SocketSource };

/** A buffer on memory that is not shared. */
type OwnBuffer = Buffer<ArrayBuffer>;

/** A `tls.TLSSocket` over a socket of ours. */
export class NodeTlsSocket extends NodeStream {
  readonly encrypted = true as const;
  authorized = false;
  /** In Node a code or `null`, although the types say otherwise. */
  declare authorizationError: Error;
  alpnProtocol: string | false | null = null;
  servername: string | false | null = null;
  readonly #options: NodeSocketOptions;
  #isServer: boolean;
  #finished: { readonly client?: OwnBuffer; readonly server?: OwnBuffer } = {};
  #peerSchemes: readonly SignatureScheme[] = [];
  #certificateError: SslError | null = null;
  #session: { readonly ticket: OwnBuffer; readonly encode: () => Uint8Array<ArrayBuffer> } | null =
    null;
  /** Whether a session has come that nobody has been told of. */
  #hasNewSession = false;

  constructor(source: SocketSource, options: NodeSocketOptions = {}) {
    super(options);
    this.#options = options;
    this.#isServer = options.isServer ?? false;
    this.#setAuthorizationError(null);
    this.start(source);
  }

  /** What has been negotiated; `null` before the handshake is complete. */
  get channelInfo(): ChannelInfo | null {
    return this.#engine?.channelInfo ?? null;
  }

  getProtocol(): string | null {
    return this.#liveEngine?.channelInfo.version ?? null;
  }

  getCipher(): tls.CipherNameAndProtocol;
  // In Node, undefined before the handshake, although the types say otherwise.
  getCipher(): tls.CipherNameAndProtocol | undefined {
    return this.#liveEngine === null ? undefined : cipherOf(this.#liveEngine);
  }

  getEphemeralKeyInfo(): tls.EphemeralKeyInfo | object | null {
    if (this.#isServer || this.destroyed) return null;
    return this.#engine === null ? {} : ephemeralKeyInfo(this.#engine.channelInfo);
  }

  getSharedSigalgs(): string[] {
    const own = this.#config?.signatureSchemes ?? [];
    const peers = this.#peerSchemes;
    const [order, allowed] = this.#isServer ? [own, peers] : [peers, own];
    return sigalgNames(order.filter((scheme) => allowed.includes(scheme)));
  }

  getPeerCertificate(detailed: true): tls.DetailedPeerCertificate;
  getPeerCertificate(detailed?: false): tls.PeerCertificate;
  getPeerCertificate(detailed?: boolean): tls.PeerCertificate | tls.DetailedPeerCertificate;
  getPeerCertificate(detailed?: boolean): tls.PeerCertificate | Record<string, never> | null {
    if (this.destroyed) return null;
    const anchors = this.#config?.trustAnchors ?? [];
    return certificateObject(this.channelInfo?.peerCertificates ?? [], detailed, anchors);
  }

  getCertificate(): tls.PeerCertificate | object | null {
    if (this.destroyed) return null;
    return certificateObject(this.channelInfo?.localCertificates ?? []);
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    return toX509(this.#liveEngine?.channelInfo.peerCertificates[0]);
  }

  getX509Certificate(): X509Certificate | undefined {
    return toX509(this.#liveEngine?.channelInfo.localCertificates[0]);
  }

  /** Undefined in TLS 1.3 if the handshake had begun before this socket was made. */
  getFinished(): OwnBuffer | undefined {
    return this.#finishedOf(this.#isServer ? "server" : "client");
  }

  /** Undefined in TLS 1.3 if the handshake had begun before this socket was made. */
  getPeerFinished(): OwnBuffer | undefined {
    return this.#finishedOf(this.#isServer ? "client" : "server");
  }

  /** The session for `connect()`'s option `session`: the bytes of a resumption token. */
  getSession(): OwnBuffer | undefined {
    return this.#session === null ? undefined : Buffer.from(this.#session.encode());
  }

  getTLSTicket(): OwnBuffer | undefined {
    const ticket = this.#session?.ticket;
    return ticket === undefined || ticket.length === 0 ? undefined : ticket;
  }

  isSessionReused(): boolean {
    return this.channelInfo?.resumed ?? false;
  }

  exportKeyingMaterial(length: number, label: string, context?: Buffer): OwnBuffer {
    const engine = this.#liveEngine;
    if (engine !== null) return exportAtOnce(engine, length, label, context);
    throw codedError(
      new Error(
        "Cannot export keying material: the handshake is not complete; wait for secureConnect, or " +
          "secure on a server",
      ),
      "ERR_TLS_INVALID_STATE",
    );
  }

  setServername(name: string): void {
    if (this.#isServer) {
      throw codedError(
        new Error("Cannot set server name: this is the server"),
        "ERR_TLS_SNI_FROM_SERVER",
      );
    }
    this.#configure((socket) => setURL(socket, name));
  }

  setSession(session: string | Buffer): void {
    const token = typeof session === "string" ? Buffer.from(session, "latin1") : session;
    this.#configure((socket) => setResumptionToken(socket, token));
  }

  /**
   * Renegotiates in TLS 1.2; in TLS 1.3 a server may ask for the client's certificate.
   *
   * @returns Whether it has begun; `undefined` if the socket is destroyed.
   */
  renegotiate(
    options: { rejectUnauthorized?: boolean | undefined; requestCert?: boolean | undefined },
    callback: (error: Error | null) => void = () => {},
  ): undefined | boolean {
    const socket = this.sslSocket;
    if (this.destroyed) return undefined;
    const later = (error: Error | null) => process.nextTick(callback, error);
    if (socket === null) {
      later(codedError(new Error("Cannot renegotiate: not connected"), "ERR_TLS_INVALID_STATE"));
      return false;
    }
    const { requestCert, rejectUnauthorized } = options;
    if (this.#isServer && requestCert !== undefined) {
      optionSet(socket, "REQUEST_CERTIFICATE", requestCert);
    }
    if (this.#isServer && rejectUnauthorized !== undefined) {
      optionSet(socket, "REQUIRE_CERTIFICATE", rejectUnauthorized ? "ALWAYS" : "NEVER");
    }
    connectionOf(socket).reHandshake({ full: true }, {}).then(
      (info) => {
        this.#settle(info);
        process.nextTick(() => {
          this.emit("secure");
          callback(null);
        });
      },
      (error) => later(this.inNode(error)),
    );
    return true;
  }

  /** Declines renegotiations from now on. */
  disableRenegotiation(): void {
    // Also during a handshake, which has the settings of its start.
    this.withSocket((socket) => change(configOf(socket), { renegotiation: "NEVER" }));
  }

  /** Not here: a server chooses its certificate in the hook `sniSocketConfig`. */
  setKeyCert(): void {
    throw codedError(
      new Error(
        "Cannot set certificate: the handshake is under way; choose it by SNICallback, or by the " +
          "hook sniSocketConfig",
      ),
      "ERR_METHOD_NOT_IMPLEMENTED",
    );
  }

  /** Always `false`: the length of records is negotiated (RFC 8449), and not set. */
  setMaxSendFragment(_size: number): boolean {
    return false;
  }

  /** Says how to look at a connection instead. */
  enableTrace(): void {
    process.emitWarning(
      "enableTrace() prints nothing here; the keylog event lets Wireshark show the messages",
    );
  }

  /** Configures the socket of ours, before its handshake. */
  #configure(action: (socket: SslSocket) => void): void {
    this.withSocket((socket) => {
      try {
        action(socket);
      } catch (error) {
        throw this.inNode(error);
      }
    });
  }

  get #config(): SslConfig | null {
    return this.sslSocket === null ? null : configOf(this.sslSocket);
  }

  /** The engine of a complete handshake. */
  get #engine(): SslEngine | null {
    const engine = this.sslSocket === null ? null : connectionOf(this.sslSocket).engine;
    return engine?.connected ? engine : null;
  }

  /** As Node, which forgets what has been negotiated with the handle. */
  get #liveEngine(): SslEngine | null {
    return this.destroyed ? null : this.#engine;
  }

  protected override onSocket(socket: SslSocket): void {
    this.#isServer = configOf(socket).role === "server";
    observeHandshakes(socket, {
      finished: (sender, verifyData) => {
        this.#finished = { ...this.#finished, [sender]: Buffer.from(verifyData) };
      },
      peerSchemes: (schemes) => {
        this.#peerSchemes = schemes;
      },
      session: ({ ticket }, encode) => {
        this.#session = { ticket: Buffer.from(ticket), encode };
        this.#hasNewSession = true;
        process.nextTick(() => this.#emitSession());
      },
      certificateError: (error) => {
        this.#certificateError ??= error;
      },
    });
    if (this.#engine !== null) this.#settle(this.#engine.channelInfo);
  }

  protected override beforeHandshake(socket: SslSocket): void {
    if (this.listenerCount("keylog") === 0) return;
    const { keyLog } = configOf(socket);
    keyLogCallback(socket, (line) => {
      keyLog?.(line);
      process.nextTick(() => this.emit("keylog", Buffer.from(`${line}\n`), this));
    });
  }

  protected override onHandshake(info: ChannelInfo): void {
    this.#settle(info);
    if (this.#config?.ocspStapling && !this.#isServer) {
      const response = this.#engine?.visible.stapledOcspResponse ?? null;
      this.emit("OCSPResponse", response && Buffer.from(response));
    }
    if (!this.#isServer && !this.destroyed) this.emit("secureConnect");
    this.#emitSession();
    if (!this.destroyed) this.emit("secure"); // in Node, it is what emits the others
  }

  /** Tells of a new session, after the handshake. */
  #emitSession(): void {
    if (!this.#hasNewSession || this.secureConnecting || this.destroyed) return;
    this.#hasNewSession = false;
    if (this.listenerCount("session") > 0) this.emit("session", this.getSession());
  }

  /** Sets the properties that Node sets when a handshake is complete. */
  #settle(info: ChannelInfo): void {
    this.alpnProtocol = info.alpnProtocol ?? false;
    this.servername = info.serverName ?? false;
    const { authorizationError = (info) => this.#refusal(info) } = this.#options;
    const refusal = authorizationError(info);
    this.#setAuthorizationError(refusal);
    const isKnown = info.peerCertificates.length > 0 || info.peerRawPublicKey !== null ||
      info.pskIdentity !== null;
    this.authorized = refusal === null && isKnown;
  }

  #refusal({ badCertAccepted, peerCertificates: chain, pskIdentity }: ChannelInfo): Error | null {
    if (badCertAccepted) {
      const error = this.#certificateError;
      const code = error === null ? "CERT_UNTRUSTED" : nodeCode(error, { chain });
      return codedError(new Error(error?.message ?? "The hook badCert has accepted it"), code);
    }
    const isAsked = this.#isServer && this.#config?.clientAuth !== "none";
    if (!isAsked || chain.length > 0 || pskIdentity !== null) return null;
    return codedError(
      new Error("The client has sent no certificate"),
      "UNABLE_TO_GET_ISSUER_CERT", // what OpenSSL says
    );
  }

  #setAuthorizationError(error: Error | null): void {
    const code = error !== null && "code" in error ? error.code : error?.message ?? null;
    Object.assign(this, { authorizationError: code });
  }

  #finishedOf(sender: "client" | "server"): OwnBuffer | undefined {
    const negotiated = this.#engine?.negotiated;
    if (negotiated?.version === TLS_1_2) return Buffer.from(negotiated.verifyData[sender]);
    return this.#finished[sender];
  }
}

// net.Socket's getters ask a handle; TypeScript takes them for properties, which a class cannot
// override with getters.
const GETTERS: { readonly [name: string]: (socket: NodeTlsSocket) => unknown } = {
  bytesRead: ({ counts }) => counts.read,
  bytesWritten: ({ counts }) => counts.written,
  bufferSize: ({ writableLength }) => writableLength,
  pending: ({ connecting }) => connecting,
  ...ADDRESSES,
};
for (const [name, get] of Object.entries(GETTERS)) {
  Object.defineProperty(NodeTlsSocket.prototype, name, {
    get(this: NodeTlsSocket) {
      return get(this);
    },
    set() {}, // Bun's constructor of net.Socket assigns some
    configurable: true,
  });
}

// Drivers ask for `instanceof tls.TLSSocket`. Its constructor would open a handle; that of
// net.Socket, which stays the class's parent, does not.
Object.setPrototypeOf(NodeStream.prototype, tls.TLSSocket.prototype);
