// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the benchmark says to its processes, and they to it: a line of JSON each. @module */

import type { PeerName } from "../peers/all.ts";
import type { Identity, PeerOptions, Target } from "../peers/peer.ts";
import type { Script } from "../peers/recorder.ts";
import type { TaskName } from "./tasks.ts";

/** The stack that a process speaks. */
export interface PeerSpec extends PeerOptions {
  /** None, for a process that runs tasks or plays back a script. */
  readonly peer?: PeerName;
  /** Default: `deno`. */
  readonly runtime?: "deno" | "node";
  /** Whether the process watches its event loop, which costs it something. */
  readonly watch?: boolean;
}

/** Whether handshakes resume a session, and what goes over the connections. */
export interface Visit {
  readonly handshake: "full" | "resumed";
  /** Whether a byte goes there and back. */
  readonly echo: boolean;
}

/** What a process is asked to do; times are in milliseconds. */
export type Command =
  /** Listen; gives `port`. */
  | { readonly do: "listen"; readonly identity: Identity }
  /** Be a client of this server from now on. */
  | { readonly do: "target"; readonly target: Target }
  /** Connect and close for some time and so often at least, in lanes; `count` is how often. */
  | {
    readonly do: "connect";
    readonly ms: number;
    readonly least?: number;
    readonly lanes: number;
    readonly visit: Visit;
  }
  /** Move bytes for about some time; `count` is how many. */
  | { readonly do: "receive" | "send"; readonly ms: number }
  /** Send a byte there and back for some time. Gives `times`. */
  | { readonly do: "ping"; readonly ms: number }
  /** Open so many more connections and keep them; what is kept waits for data. */
  | { readonly do: "keep"; readonly count: number }
  /** Receive over all that is kept at once; `count` is how many bytes. */
  | { readonly do: "receiveKept"; readonly ms: number }
  /** Ask for 16 KiB over one kept connection after the other, in some lanes. Gives `times`. */
  | { readonly do: "requestKept"; readonly ms: number; readonly lanes: number }
  /** Collect garbage, so that the memory can be told. */
  | { readonly do: "settle" }
  /** Record the next connection; `recorded` ends that, and gives `script`. */
  | { readonly do: "record" }
  | { readonly do: "recorded" }
  /** Repeat what was recorded for some time: the calls, and with a port the I/O. */
  | { readonly do: "replay"; readonly ms: number; readonly port?: number }
  /** Repeat what was recorded on each connection that comes; gives `port`. */
  | { readonly do: "replayServer" }
  /** Be the peer of what is repeated: a server, which gives `port`, or for some time a client. */
  | { readonly do: "playServer"; readonly script: Script }
  | {
    readonly do: "playClient";
    readonly script: Script;
    readonly port: number;
    readonly ms: number;
  }
  /** Get ready for a task, or do it; `count` is how often it was done. */
  | { readonly do: "prepare" | "task"; readonly task: TaskName }
  /** Nothing: the answer tells what has been used so far. */
  | { readonly do: "nothing" };

/** What a process answers. */
export type Answer = Done | { readonly failed: string };

/** What a command gave and cost. */
export interface Done {
  /** How many there were, where a command says of what. */
  readonly count: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** The CPU time of the whole process since its start, in microseconds. */
  readonly cpu: number;
  /** The CPU time that the command took, in microseconds. */
  readonly spent: number;
  /** The memory of the process, in bytes. */
  readonly rss: number;
  /**
   * The longest time for which the event loop ran nothing else, since the last answer, in
   * milliseconds; 0 without \`watch\`.
   */
  readonly block: number;
  readonly port?: number;
  /** How long each took, in order of length, in milliseconds. */
  readonly times?: Times;
  readonly script?: Script;
}

/** How long single actions took, in milliseconds. */
export interface Times {
  readonly median: number;
  readonly p99: number;
}
