// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import type { SslConfig } from "./config.ts";
import type { SniRequest, SniSocketConfigHook } from "./hooks.ts";

/** How a handshake asks an application's hooks. It is bound to the socket above, so that no handshake knows one. */
export interface HookCaller {
  /** Calls a hook with the socket in front of its other arguments. */
  call<P extends readonly unknown[], R>(
    hook: (socket: SslSocket, ...args: P) => R,
    ...args: P
  ): R;

  /**
   * Asks the name hook; what it chooses is the socket's own from here on.
   *
   * @param hook The hook.
   * @param config The configuration so far.
   * @param request What the client wants.
   * @returns What policy leaves of the configuration that it chose, `"same"` where it keeps the one so far, `"unknown"` where it has none
   * for that name.
   */
  chooseConfig(
    hook: SniSocketConfigHook,
    config: SslConfig,
    request: SniRequest,
  ): Promise<SslConfig | "same" | "unknown">;
}
