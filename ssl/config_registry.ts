// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "./config.ts";
import { SslError } from "./errors.ts";

const configs = new WeakMap<object, { readonly config: SslConfig; locked: boolean }>();

/** Gives a socket, listener or model its configuration, which its setters change in place. */
export function setConfig(target: object, config: SslConfig): void {
  configs.set(target, { config, locked: false });
}

/** The configuration of a socket, listener or model. */
export function configOf(target: object): SslConfig {
  return entryOf(target).config;
}

/** Ends the time of changes: the handshake begins with what is set now. */
export function lockConfig(target: object): void {
  entryOf(target).locked = true;
}

/**
 * The configuration of a target that may still be changed.
 *
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` if the target is a socket whose handshake has begun.
 */
export function configToChange(target: object): SslConfig {
  const { config, locked } = entryOf(target);
  if (!locked) return config;
  throw new SslError("PR_IS_CONNECTED_ERROR", "Cannot configure socket: its handshake has begun");
}

function entryOf(target: object): { readonly config: SslConfig; locked: boolean } {
  const entry = configs.get(target);
  if (entry !== undefined) return entry;
  throw new SslError("PR_BAD_DESCRIPTOR_ERROR", "Cannot configure: this is no socket and no model");
}
