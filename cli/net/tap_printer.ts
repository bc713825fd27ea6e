// Copyright 2026 the NSS for Deno authors. MIT license.

/** How a tap tells what it has seen. @module */

import type { Seen } from "./tapped.ts";

/** How much is told. */
export interface TapOptions {
  /** A line for each message, without its fields. */
  readonly brief: boolean;
  /** The application's data. */
  readonly data: boolean;
  /** The bytes of each message. */
  readonly hex: boolean;
}

/** What happens to a connection as a whole. */
export type Passage =
  /** It was accepted, and the target reached. */
  | {
    readonly event: "opened";
    readonly client: string;
    readonly target: string;
    readonly time: string;
  }
  /** The target was not reached. */
  | { readonly event: "failed"; readonly client: string; readonly error: string }
  /** Both directions have ended. */
  | { readonly event: "ended" };

/** Tells of connections. */
export interface TapPrinter {
  /** Tells what happens to a connection as a whole. */
  passage(connection: number, passage: Passage): Promise<void>;
  /** Tells what went over it. */
  seen(connection: number, seen: Seen): Promise<void>;
}
