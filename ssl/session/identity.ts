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
/** The maximum number of long texts kept: more lists of authorities than a program has. */
const REMEMBERED_TEXTS = 64;

/** The numbers of long texts, least recently used first. */
const texts = new Map<string, number>();

/**
 * Returns a text, or a unique number for it if it is long, such as a list of authorities. A text
 * that has been dropped gets another number, so that sessions under the old one are not found.
 */
export function shorten(text: string): string | number {
  if (text.length <= SHORT_TEXT_LENGTH) return text;
  const number = texts.get(text) ?? ++lastIdentity;
  texts.delete(text);
  texts.set(text, number);
  if (texts.size > REMEMBERED_TEXTS) {
    const [leastRecent] = texts.keys();
    texts.delete(leastRecent!);
  }
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
