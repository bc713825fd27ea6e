// Copyright 2026 the NSS for Deno authors. MIT license.

/** What settings add to the keys of sessions, as their table says. @module */

import type { SettingName, SslConfig } from "../config/config.ts";
import type { KeyPart } from "../config/key_part.ts";
import { keyOfSetting, SETTING_NAMES, SETTINGS } from "../config/settings.ts";

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A number that tells one function from another for as long as the process runs; 0 for `null`. */
export function identityOf(value: object | null): number {
  if (value === null) return 0;
  let identity = identities.get(value);
  if (identity === undefined) {
    identity = ++lastIdentity;
    identities.set(value, identity);
  }
  return identity;
}

/** Longer texts are remembered once, and not in every key that they are part of. */
const SHORT_TEXT_LENGTH = 4096;
/** How many long texts are remembered: as many lists of authorities as one program may have. */
const REMEMBERED_TEXTS = 64;

/** In order of use, the longest unused first. */
const texts = new Map<string, number>();

/**
 * A text, or the number that stands for it if it is long, as a list of authorities is: two that
 * differ never have the same. One that was forgotten gets another number, so that what was kept
 * under the old one is not found any more.
 */
export function shorten(text: string): string | number {
  if (text.length <= SHORT_TEXT_LENGTH) return text;
  const number = texts.get(text) ?? ++lastIdentity;
  texts.delete(text);
  texts.set(text, number);
  if (texts.size > REMEMBERED_TEXTS) {
    const [longestUnused] = texts.keys();
    texts.delete(longestUnused!);
  }
  return number;
}

/** The settings that the sessions of one end are bound to, for what they do to them. */
function settingsFor(
  role: "client" | "server",
  effect: "trust" | "negotiation" | "any",
): readonly SettingName[] {
  return SETTING_NAMES.filter((name) => {
    const { role: heeds, sessions } = SETTINGS[name];
    if (heeds !== role && heeds !== "both") return false;
    return sessions === effect || sessions === "both" || (effect === "any" && sessions !== "none");
  });
}

/** What a client's sessions are bound to in memory, where nothing is judged again. */
export const CLIENT_SETTINGS: readonly SettingName[] = settingsFor("client", "any");

/**
 * What a client's sessions are bound to outside the process: whom to trust is judged again where
 * they come back.
 */
export const TOKEN_SETTINGS: readonly SettingName[] = settingsFor("client", "negotiation");

/** What a server's sessions are bound to: with the same clients it negotiates anew. */
export const SERVER_SETTINGS: readonly SettingName[] = settingsFor("server", "trust");

/** Settings as values for a key that stays in this process: hooks are told apart by identity. */
export function localKey(config: SslConfig, names: readonly SettingName[]): readonly unknown[] {
  return names.map((name) => valueOf(keyOfSetting(config, name), identityOf));
}

/**
 * Settings as values that mean the same in another process: of hooks only whether there are any.
 */
export function portableKey(config: SslConfig, names: readonly SettingName[]): readonly unknown[] {
  return names.map((name) => valueOf(keyOfSetting(config, name), () => true));
}

function valueOf(part: KeyPart, nameObject: (object: object) => unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  return "object" in part ? nameObject(part.object) : part.map((each) => valueOf(each, nameObject));
}

/** The objects in a part of a key. */
function objectsIn(part: KeyPart): readonly object[] {
  if (typeof part !== "object" || part === null) return [];
  return "object" in part ? [part.object] : part.flatMap(objectsIn);
}

let process: string | undefined;

/** A name of this process that no other one has. */
function processName(): string {
  return process ??= crypto.randomUUID();
}

/**
 * What decides about a server's clients and is no plain value: hooks, and the context that says
 * whom to trust where the configuration does not. Sessions may be shared with other processes,
 * which know none of it: it keeps them in this process, unless the application says by a name that
 * it is the same elsewhere.
 */
export function serverHookIdentity(config: SslConfig): unknown {
  const objects = SERVER_SETTINGS.map((name) => objectsIn(keyOfSetting(config, name)));
  if (config.sessionIdContext !== null) {
    return [config.sessionIdContext, objects.map(({ length }) => length)];
  }
  if (objects.every(({ length }) => length === 0)) return null;
  return [processName(), objects.map((list) => list.map(identityOf))];
}
