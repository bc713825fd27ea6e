// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { adoptConfig, whileReconfigurable } from "../config/config_registry.ts";
import { effectiveConfig } from "../config/effective_config.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import { resolveNamed } from "../config/resolve_config.ts";

/** Returns a caller of hooks that passes them the socket; the SNI hook configures it. */
export function socketHooks(socket: SslSocket): HookCaller {
  return {
    call: (hook, ...args) => hook(socket, ...args),
    chooseConfig: async (hook, config, request) => {
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
    },
  };
}
