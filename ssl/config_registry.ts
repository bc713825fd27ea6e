// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "./config.ts";
import { SslError } from "./errors.ts";

interface Entry {
  readonly config: SslConfig;
  locked: boolean;
  /** Whether the name hook is being asked, and what it has done to the configuration. */
  naming: "no" | "asked" | "reconfigured";
}

const configs = new WeakMap<object, Entry>();

/** Gives a socket, listener or model its configuration, which its setters change in place. */
export function setConfig(target: object, config: SslConfig): void {
  configs.set(target, { config, locked: false, naming: "no" });
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

/**
 * The configuration of a socket that is to be reconfigured: as long as it may be changed, and while the name hook is being asked.
 *
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` at any other time.
 */
export function configToReconfigure(target: object): SslConfig {
  const entry = entryOf(target);
  if (entry.naming === "no") return configToChange(target);
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

/** A function, since TypeScript does not see that the hook may have changed it meanwhile. */
function isReconfigured({ naming }: Entry): boolean {
  return naming === "reconfigured";
}

function entryOf(target: object): Entry {
  const entry = configs.get(target);
  if (entry !== undefined) return entry;
  throw new SslError("PR_BAD_DESCRIPTOR_ERROR", "Cannot configure: this is no socket and no model");
}
