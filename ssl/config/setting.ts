// Copyright 2026 the NSS for Deno authors. MIT license.

import { isFunction } from "../../cert/base/options.ts";
import type { SslConfig } from "./config.ts";
import type { ImportOptions, Role } from "./import_options.ts";
import type { KeyPart } from "./key_part.ts";
import { taking } from "./option_values.ts";

/** A row of the table of settings. */
export interface Setting<T> {
  /** A sentence of documentation, which `docs/options.md` shows. */
  readonly doc: string;
  /** Returns the default. */
  readonly initial: () => T;
  /** The option of `importFD` that sets it; `null` if none. */
  readonly option: keyof ImportOptions | null;
  /** The function, or the NSS option in capitals, that sets it; `null` if only `option` does. */
  readonly verb: string | null;
  /** The role in which it has an effect. */
  readonly role: Role | "both";
  /**
   * How another configuration affects it, by `reconfigFD` or the SNI hook. `"socket"`: not at all.
   * Otherwise the other configuration replaces it if it has been set there.
   */
  readonly owner: "socket" | "chosen by name" | "hook";
  /**
   * How it binds sessions. `"trust"`: it decides whom the ends trust, and a server's sessions are
   * bound to it. `"negotiation"`: it decides what is negotiated, and a client's sessions outside
   * the process are bound to it. A client's sessions in memory are bound to either.
   */
  readonly sessions: "trust" | "negotiation" | "both" | "none";
  /** Returns its part of session keys; `null` for `keyPart` of its value. */
  readonly key: ((config: SslConfig) => KeyPart) | null;
  /** Converts the option's value to the setting; `undefined` leaves the setting unchanged. */
  readonly take: ((value: unknown, option: string, config: SslConfig) => T | undefined) | null;
}

/** The columns of a row that differ from the defaults below. */
type RowOptions<T> = Pick<Setting<T>, "doc"> & Partial<Omit<Setting<T>, "doc" | "initial">>;

/** Returns a row with its default, and the columns that differ from those of most rows. */
export function row<T>(initial: () => T, options: RowOptions<T>): Setting<T> {
  return {
    initial,
    option: null,
    verb: null,
    role: "both",
    owner: "chosen by name",
    sessions: "none",
    key: null,
    take: null,
    ...options,
  };
}

/** Returns the row of a hook or callback. */
export function hook<T>(options: RowOptions<T | null>): Setting<T | null> {
  return row<T | null>(() => null, { ...options, owner: "hook", take: taking<T>(isFunction) });
}
