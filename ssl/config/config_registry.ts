// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "./config.ts";
import { SslError } from "../base/errors.ts";

interface Entry {
  readonly config: SslConfig;
  /** Whether a handshake is under way, which goes by what was set when it began. */
  locked: boolean;
  /** Whether there was a handshake: who the ends are is settled. */
  started: boolean;
  /** Whether the name hook is being asked, and what it has done to the configuration. */
  naming: "no" | "asked" | "reconfigured";
}

const configs = new WeakMap<object, Entry>();

/** Gives a socket, listener or model its configuration, which its setters change in place. */
export function setConfig(target: object, config: SslConfig): void {
  configs.set(target, { config, locked: false, started: false, naming: "no" });
}

/** The configuration of a socket, listener or model. */
export function configOf(target: object): SslConfig {
  return entryOf(target).config;
}

/** Ends the time of changes: the handshake begins with what is set now. */
export function lockConfig(target: object): void {
  const entry = entryOf(target);
  entry.locked = entry.started = true;
}

/** The handshake is complete: what is changed from here on counts for the next one, should there be any. */
export function unlockConfig(target: object): void {
  entryOf(target).locked = false;
}

/**
 * The configuration of a target that may be changed now.
 *
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` if the target is a socket in the middle of its handshake.
 */
export function configToChange(target: object): SslConfig {
  const { config, locked } = entryOf(target);
  if (!locked) return config;
  throw new SslError("PR_IS_CONNECTED_ERROR", "Cannot configure socket: its handshake has begun");
}

/**
 * The configuration of a target, to change what is settled by the first handshake: which end it is, and whom it talks to.
 *
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` if the target is a socket whose handshake has begun.
 */
export function configBeforeStart(target: object): SslConfig {
  const { config, started } = entryOf(target);
  if (!started) return config;
  throw new SslError("PR_IS_CONNECTED_ERROR", "Cannot configure socket: its handshake has begun");
}

/**
 * The configuration of a socket that is to be reconfigured: before its handshake, and while the name hook is being asked.
 *
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` at any other time.
 */
export function configToReconfigure(target: object): SslConfig {
  const entry = entryOf(target);
  if (entry.naming === "no") return configBeforeStart(target);
  entry.naming = "reconfigured";
  return entry.config;
}

/** Asks the name hook; says what it returned, and the configuration if it has changed that. */
export async function whileReconfigurable<T>(
  target: object,
  ask: () => T | Promise<T>,
): Promise<{ readonly answer: T; readonly reconfigured: SslConfig | null }> {
  const entry = configs.get(target);
  if (entry === undefined) return { answer: await ask(), reconfigured: null };
  entry.naming = "asked";
  try {
    const answer = await ask();
    return { answer, reconfigured: isReconfigured(entry) ? entry.config : null };
  } finally {
    entry.naming = "no";
  }
}

/** Keeps what a name hook has chosen: from here on it is the socket's own. */
export function adoptConfig(target: object, chosen: SslConfig): void {
  const config = configs.get(target)?.config;
  if (config !== undefined) Object.assign(config, chosen);
}

/** A function, since TypeScript does not see that the hook may have changed it meanwhile. */
function isReconfigured({ naming }: Entry): boolean {
  return naming === "reconfigured";
}

function entryOf(target: object): Entry {
  const entry = configs.get(target);
  if (entry !== undefined) return entry;
  throw new SslError("PR_BAD_DESCRIPTOR_ERROR", "Cannot configure: this is no socket and no model");
}
