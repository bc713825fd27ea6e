// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "./config.ts";
import { SslError } from "../base/errors.ts";

interface Entry {
  readonly config: SslConfig;
  /** Whether a handshake is in progress, which uses the settings of its start. */
  locked: boolean;
  /** Whether a handshake has started: role and host name are final. */
  started: boolean;
  /** The state of the SNI hook, and whether it has reconfigured the socket. */
  sniHook: "idle" | "running" | "reconfigured";
}

const configs = new WeakMap<object, Entry>();

/**
 * Registers the configuration of a socket, listener or model, which its setters change in place.
 */
export function setConfig(target: object, config: SslConfig): void {
  configs.set(target, { config, locked: false, started: false, sniHook: "idle" });
}

/** Returns the configuration of a socket, listener or model. */
export function configOf(target: object): SslConfig {
  return entryOf(target).config;
}

/** Forbids changes: a handshake starts with the current settings. */
export function lockConfig(target: object): void {
  const entry = entryOf(target);
  entry.locked = entry.started = true;
}

/** Allows changes again: the handshake is complete, and changes apply to the next one. */
export function unlockConfig(target: object): void {
  entryOf(target).locked = false;
}

/**
 * Returns the configuration of a target in order to change it.
 *
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` if the target is a socket whose handshake is in
 * progress.
 */
export function configToChange(target: object): SslConfig {
  const { config, locked } = entryOf(target);
  if (!locked) return config;
  throw new SslError(
    "PR_IS_CONNECTED_ERROR",
    "Cannot configure socket: a handshake is in progress, with the settings of its start; " +
      "change them before it or after it",
  );
}

/**
 * Returns the configuration of a target in order to change what the first handshake makes final:
 * its role and host name.
 *
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` if the target is a socket whose handshake has begun.
 */
export function configBeforeStart(target: object): SslConfig {
  const { config, started } = entryOf(target);
  if (!started) return config;
  throw new SslError(
    "PR_IS_CONNECTED_ERROR",
    "Cannot configure socket: its first handshake has begun; this may only be set before it, " +
      "as by an option of importFD",
  );
}

/**
 * Returns the configuration of a socket in order to reconfigure it: before the handshake, and while
 * the SNI hook runs.
 *
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` at any other time.
 */
export function configToReconfigure(target: object): SslConfig {
  const entry = entryOf(target);
  if (entry.sniHook === "idle") return configBeforeStart(target);
  entry.sniHook = "reconfigured";
  return entry.config;
}

/** Calls the SNI hook; returns its answer, and the configuration if the hook has changed it. */
export async function whileReconfigurable<T>(
  target: object,
  ask: () => T | Promise<T>,
): Promise<{ readonly answer: T; readonly reconfigured: SslConfig | null }> {
  const entry = configs.get(target);
  if (entry === undefined) return { answer: await ask(), reconfigured: null };
  entry.sniHook = "running";
  try {
    const answer = await ask();
    return { answer, reconfigured: isReconfigured(entry) ? entry.config : null };
  } finally {
    entry.sniHook = "idle";
  }
}

/** Makes the configuration that an SNI hook has chosen the socket's own. */
export function adoptConfig(target: object, chosen: SslConfig): void {
  const config = configs.get(target)?.config;
  if (config !== undefined) Object.assign(config, chosen);
}

/** A function, because TypeScript does not see that the hook may change the state. */
function isReconfigured({ sniHook }: Entry): boolean {
  return sniHook === "reconfigured";
}

function entryOf(target: object): Entry {
  const entry = configs.get(target);
  if (entry !== undefined) return entry;
  throw new SslError(
    "PR_BAD_DESCRIPTOR_ERROR",
    "Cannot configure: this is neither a socket nor a listener nor a model",
  );
}
