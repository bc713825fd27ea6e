// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the benchmark says to its processes, and they to it: a line of JSON each. @module */

import type { PeerName } from "../peers/all.ts";
import type { Identity, PeerOptions, Target } from "../peers/peer.ts";

/** The stack that a process speaks. */
export interface PeerSpec extends PeerOptions {
  readonly peer: PeerName;
  /** Default: `deno`. */
  readonly runtime?: "deno" | "node";
}

/** What a process is asked to do. */
export type Command =
  /** Listen; gives `port`. */
  | { readonly do: "listen"; readonly identity: Identity }
  /** Be a client of this server from now on. */
  | { readonly do: "target"; readonly target: Target }
  /** Connect, for so many milliseconds, in so many lanes at once; gives `count`. */
  | {
    readonly do: "connect";
    readonly ms: number;
    readonly lanes: number;
    readonly handshake: "full" | "resumed";
    /** Whether a byte goes there and back on each connection. */
    readonly echo: boolean;
  }
  /** Move bytes over one connection, for about so many milliseconds; gives `count`, of bytes. */
  | { readonly do: "receive" | "send"; readonly ms: number }
  /** Send a byte there and back, for so many milliseconds; gives `count` and `median`. */
  | { readonly do: "ping"; readonly ms: number }
  /** Nothing: the answer tells what has been used so far. */
  | { readonly do: "nothing" };

/** What a process answers. */
export type Answer = Done | { readonly failed: string };

/** What a command gave and cost. */
export interface Done {
  /** How many there were, where a command says of what. */
  readonly count: number;
  /** How long it took. */
  readonly ms: number;
  /** The CPU time of the whole process since its start, in microseconds. */
  readonly cpu: number;
  /** The CPU time that the command took, in microseconds. */
  readonly spent: number;
  /** The memory of the process, in bytes. */
  readonly rss: number;
  readonly port?: number;
  /** In milliseconds. */
  readonly median?: number;
}
