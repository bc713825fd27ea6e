// Copyright 2026 the NSS for Deno authors. MIT license.

/** The settings that sessions are bound to, as the table of settings says. @module */

import type { SettingName, SslConfig } from "../config/config.ts";
import type { KeyPart } from "../config/key_part.ts";
import { keyOfSetting, SETTING_NAMES, SETTINGS } from "../config/settings.ts";

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** Returns a number that identifies an object within this process; 0 for `null`. */
export function identityOf(value: object | null): number {
  if (value === null) return 0;
  let identity = identities.get(value);
  if (identity === undefined) {
    identity = ++lastIdentity;
    identities.set(value, identity);
  }
  return identity;
}

/** The maximum length of a text that keys contain as it is. */
const SHORT_TEXT_LENGTH = 4096;

/** What an entry takes in bytes beside its text, each character of which takes up to two. */
export const ENTRY_COST = 256;

/** What is known of texts, within a bound of memory: the longest unused are dropped. */
export class RecentTexts<V> {
  /** Least recently used first. */
  readonly #values = new Map<string, V>();
  readonly #maxCost: number;
  #cost = 0;

  /**
   * Creates an empty list.
   *
   * @param maxCost The maximum memory in bytes; a text that alone takes more is not kept.
   */
  constructor(maxCost: number) {
    this.#maxCost = maxCost;
  }

  /** Returns the value of a text, which counts as its use. */
  get(text: string): V | undefined {
    const value = this.#values.get(text);
    if (value !== undefined) {
      this.#values.delete(text);
      this.#values.set(text, value);
    }
    return value;
  }

  /** Keeps the value of a text. */
  set(text: string, value: V): void {
    this.delete(text);
    if (costOf(text) > this.#maxCost) return;
    this.#values.set(text, value);
    this.#cost += costOf(text);
    for (const oldest of this.#values.keys()) {
      if (this.#cost <= this.#maxCost) break;
      this.delete(oldest);
    }
  }

  /** Forgets a text. */
  delete(text: string): void {
    if (this.#values.delete(text)) this.#cost -= costOf(text);
  }
}

function costOf(text: string): number {
  return ENTRY_COST + 2 * text.length;
}

/** The maximum memory in bytes of long texts: more lists of authorities than a program has. */
export const MAX_TEXTS_COST = 2 ** 23;

/** The numbers of long texts. */
const TEXTS = new RecentTexts<number>(MAX_TEXTS_COST);

/**
 * Returns a text, or a unique number for it if it is long, such as a list of authorities. A text
 * that has been dropped gets another number, so that sessions under the old one are not found.
 */
export function shorten(text: string): string | number {
  if (text.length <= SHORT_TEXT_LENGTH) return text;
  let number = TEXTS.get(text);
  if (number === undefined) TEXTS.set(text, number = ++lastIdentity);
  return number;
}

/** Returns the settings of one role that have an effect on its sessions. */
function settingsFor(
  role: "client" | "server",
  effect: "trust" | "negotiation" | "any",
): readonly SettingName[] {
  return SETTING_NAMES.filter((name) => {
    const { role: appliesTo, sessions } = SETTINGS[name];
    if (appliesTo !== role && appliesTo !== "both") return false;
    return sessions === effect || sessions === "both" || (effect === "any" && sessions !== "none");
  });
}

/** The settings that a client's sessions in memory are bound to; these are not verified again. */
export const CLIENT_SETTINGS: readonly SettingName[] = settingsFor("client", "any");

/**
 * The settings that a client's sessions outside of the process are bound to; their certificates are
 * verified again when they are used.
 */
export const TOKEN_SETTINGS: readonly SettingName[] = settingsFor("client", "negotiation");

/** The settings that a server's sessions are bound to; the rest is negotiated again. */
export const SERVER_SETTINGS: readonly SettingName[] = settingsFor("server", "trust");

/** The lines of arrays, which configurations share. */
const arrayLines = new WeakMap<readonly KeyPart[], string | number>();

/**
 * Returns settings as a key within this process, where hooks differ by identity: a line for each,
 * since JSON has no line break.
 */
export function localKey(config: SslConfig, names: readonly SettingName[]): string {
  return names.map((name) => lineOf(keyOfSetting(config, name))).join("\n");
}

function lineOf(part: KeyPart): string | number {
  if (typeof part !== "object" || part === null) return shorten(JSON.stringify(part));
  if ("object" in part) return identityOf(part.object);
  let line = arrayLines.get(part);
  if (line === undefined) {
    line = shorten(JSON.stringify(valueOf(part, identityOf)));
    arrayLines.set(part, line);
  }
  return line;
}

/** Returns settings as values that are valid in other processes: only the presence of hooks. */
export function portableKey(config: SslConfig, names: readonly SettingName[]): readonly unknown[] {
  return names.map((name) => valueOf(keyOfSetting(config, name), () => true));
}

function valueOf(part: KeyPart, nameObject: (object: object) => unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  return "object" in part ? nameObject(part.object) : part.map((each) => valueOf(each, nameObject));
}

/** Returns the objects in a part of a key. */
function objectsIn(part: KeyPart): readonly object[] {
  if (typeof part !== "object" || part === null) return [];
  return "object" in part ? [part.object] : part.flatMap(objectsIn);
}

let process: string | undefined;

/** Returns a unique name of this process. */
function processName(): string {
  return process ??= crypto.randomUUID();
}

/**
 * Returns what identifies the objects that decide about a server's clients: hooks, and the context
 * whose trust applies if the configuration names none. Sessions may be shared with other processes,
 * which cannot compare objects: this binds them to the process, unless the application asserts by
 * `sessionIdContext` that the objects are equivalent elsewhere.
 */
export function serverHookIdentity(config: SslConfig): unknown {
  const objects = SERVER_SETTINGS.map((name) => objectsIn(keyOfSetting(config, name)));
  if (config.sessionIdContext !== null) {
    return [config.sessionIdContext, objects.map(({ length }) => length)];
  }
  if (objects.every(({ length }) => length === 0)) return null;
  return [processName(), objects.map((list) => list.map(identityOf))];
}
