// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Runs `nss tap` in this process, while peers connect through it. @module */

import { type Io, Output } from "../../cli/base/io.ts";
import type { Outcome } from "../../cli/base/command.ts";
import type { TapEvent } from "../../cli/net/tap_events.ts";
import { runCommandLine } from "../../cli/run.ts";

/** A running tap. */
export interface RunningTap {
  /** The port at which it listens. */
  readonly port: number;
  /** What it has printed. */
  readonly output: () => string;
  /** Resolves when it has printed something. */
  waitFor(pattern: RegExp): Promise<void>;
  /** How it ends. */
  readonly outcome: Promise<Outcome>;
}

/** How it is run. */
export interface TapRunOptions {
  /** The columns of its terminal; without it the output is no terminal. */
  readonly columns?: number;
  /** Is called before something is printed, and may fail. */
  readonly onWrite?: () => Promise<void>;
}

/** Starts a tap for a port of 127.0.0.1. */
export async function startTap(
  target: number,
  args: readonly string[],
  { columns, onWrite = async () => {} }: TapRunOptions = {},
): Promise<RunningTap> {
  const terminal = columns === undefined ? null : { columns, colours: false };
  const decoder = new TextDecoder();
  let text = "";
  let wake = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<number>();
  const out = new Output(async (bytes) => {
    await onWrite();
    text += decoder.decode(bytes, { stream: true });
    wake.resolve();
    wake = Promise.withResolvers();
    return bytes.length;
  }, terminal);
  const err = new Output((bytes) => {
    const said = new TextDecoder().decode(bytes);
    const port = /^Listening on 127\.0\.0\.1:(\d+)/.exec(said);
    if (port !== null) listening.resolve(Number(port[1]));
    else listening.reject(new Error(said));
    return Promise.resolve(bytes.length);
  }, null);
  const io: Io = { in: new Blob([]).stream(), out, err };
  const outcome = runCommandLine(["tap", "0", `127.0.0.1:${target}`, ...args], io);
  return {
    port: await listening.promise,
    output: () => text,
    waitFor: async (pattern) => {
      while (!pattern.test(text)) await wake.promise;
    },
    outcome,
  };
}

/** The events of a tap with `--json`. */
export function eventsOf({ output }: RunningTap): TapEvent[] {
  return output().trimEnd().split("\n").map((line) => JSON.parse(line));
}
