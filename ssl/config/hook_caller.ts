// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import type { SslConfig } from "./config.ts";
import type { SniRequest, SniSocketConfigHook } from "./hooks.ts";

/** Calls an application's hooks for a handshake, which does not know its socket. */
export interface HookCaller {
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
