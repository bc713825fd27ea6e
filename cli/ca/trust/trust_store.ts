// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A place where programs look up which authorities to trust. @module */

import type { Certificate } from "../../../cert/mod.ts";
import type { Args } from "../../base/args.ts";
import type { Io } from "../../base/io.ts";

/** Whose stores there are. */
export const STORE_KINDS = ["system", "firefox", "chromium"] as const;

/** Whose store it is. */
export type StoreKind = typeof STORE_KINDS[number];

/** An authority that is to be trusted, or no more. */
export interface Trusted {
  /** What it is called. */
  readonly name: string;
  /** Its certificate. */
  readonly certificate: Certificate;
  /** The file that has it. */
  readonly file: string;
}

/**
 * What a store has of an authority: `known` is its certificate without trust; `unknown` where only
 * the system's own program could tell.
 */
export type Held = "trusted" | "known" | "absent" | "unknown";

/** Where programs look up which authorities to trust. */
export interface TrustStore {
  /** Whose it is. */
  readonly kind: StoreKind;
  /** Where it is: a folder, or in words. */
  readonly where: string;
  /** What else is to be known of it. */
  readonly note: string | null;
  /** Looks whether the authority is there. */
  readonly holds: (trusted: Trusted, args: Args, io: Io) => Promise<Held>;
  /** What adding or removing it does, in sentences. */
  readonly steps: (trusted: Trusted, adds: boolean) => Promise<readonly string[]>;
  /** Adds or removes it. */
  readonly change: (trusted: Trusted, adds: boolean, args: Args, io: Io) => Promise<void>;
}

/** A store that cannot be used, and why. */
export interface NoStore {
  /** Whose it would be. */
  readonly kind: StoreKind;
  /** Where it would be. */
  readonly where: string;
  /** Why it is none, and what would help. */
  readonly missing: string;
}

/** Where stores are looked for. */
export interface Places {
  /** Which system it is. */
  readonly os: typeof Deno.build.os;
  /** The root of the file system, without a final slash: `""`. */
  readonly root: string;
  /** The user's folder; `null` if nobody says which it is. */
  readonly home: string | null;
}
