// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { SslError } from "../base/errors.ts";
import type { ClientSession } from "../base/session_cache.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { SslConfig } from "./config.ts";
import type { SniRequest, SniSocketConfigHook } from "./hooks.ts";

/**
 * Told of what a handshake does not keep. What it throws is a failure of the handshake; it must not
 * change what it is given.
 */
export interface HandshakeObserver {
  /** A Finished of TLS 1.3 has been sent, or has come and been verified. */
  finished(sender: "client" | "server", verifyData: Uint8Array<ArrayBuffer>): void;
  /** The peer has named the signature schemes that it accepts, in its order. */
  peerSchemes(schemes: readonly SignatureScheme[]): void;
  /** A client has been given a session; `encode` returns the token of it. */
  session(session: ClientSession, encode: () => Uint8Array<ArrayBuffer>): void;
  /** The bad-certificate hook is asked whether it accepts a certificate in spite of this. */
  certificateError(error: SslError): void;
}

/** Calls an application's hooks for a handshake, which does not know its socket. */
export interface HookCaller {
  /** Told of what the handshake does not keep; seldom there. */
  readonly observer?: HandshakeObserver | undefined;

  /** Calls a hook with the socket as first argument. */
  call<P extends readonly unknown[], R>(
    hook: (socket: SslSocket, ...args: P) => R,
    ...args: P
  ): R;

  /**
   * Calls the SNI hook; the configuration that it chooses becomes the socket's own.
   *
   * @param hook The hook.
   * @param config The current configuration.
   * @param request The request of the client.
   * @returns The effective configuration that it chose, `"same"` if it keeps the current one,
   * `"unknown"` if it has none for that name.
   */
  chooseConfig(
    hook: SniSocketConfigHook,
    config: SslConfig,
    request: SniRequest,
  ): Promise<SslConfig | "same" | "unknown">;
}
