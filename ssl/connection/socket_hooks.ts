// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import type { SslConfig } from "../config/config.ts";
import { adoptConfig, whileReconfigurable } from "../config/config_registry.ts";
import { effectiveConfig } from "../config/effective_config.ts";
import type { HandshakeObserver, HookCaller } from "../config/hook_caller.ts";
import type { SniRequest, SniSocketConfigHook } from "../config/hooks.ts";
import { resolveNamed } from "../config/resolve_config.ts";

const observers = new WeakMap<object, HandshakeObserver>();

/** Observes the handshakes of a socket; those that have begun are not. */
export function observeHandshakes(socket: SslSocket, observer: HandshakeObserver): void {
  observers.set(socket, observer);
}

/** Calls hooks with the socket; the SNI hook configures it. */
export class SocketHooks implements HookCaller {
  readonly observer: HandshakeObserver | undefined;
  readonly #socket: SslSocket;

  /** Creates the caller of a socket's hooks. */
  constructor(socket: SslSocket) {
    this.observer = observers.get(socket);
    this.#socket = socket;
  }

  call<P extends readonly unknown[], R>(
    hook: (socket: SslSocket, ...args: P) => R,
    ...args: P
  ): R {
    return hook(this.#socket, ...args);
  }

  async chooseConfig(
    hook: SniSocketConfigHook,
    config: SslConfig,
    request: SniRequest,
  ): Promise<SslConfig | "same" | "unknown"> {
    const socket = this.#socket;
    const { answer, reconfigured } = await whileReconfigurable(
      socket,
      () => hook(socket, request),
    );
    // JavaScript ignores types: only undefined keeps the configuration.
    if (answer !== undefined && !answer) return "unknown";
    if (!answer && !reconfigured) return "same";
    const chosen = resolveNamed(reconfigured ?? config, answer ?? {});
    const effective = effectiveConfig(chosen);
    adoptConfig(socket, chosen);
    return effective;
  }
}
