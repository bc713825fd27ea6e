// Copyright 2026 the NSS for Deno authors. MIT license.

/** Runs the program in this process. @module */

import { concat } from "../../cert/base/bytes.ts";
import { EXIT_CODES } from "../../cli/base/command.ts";
import { type Io, Output } from "../../cli/base/io.ts";
import { runCommandLine } from "../../cli/run.ts";

/** What came of it. */
export interface Result {
  /** The exit code. */
  readonly code: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
}

/** How it is run. */
export interface RunOptions {
  /** The columns of the terminal; without it the output is no terminal. */
  readonly columns?: number;
  /** Whether the terminal has colours. */
  readonly colours?: boolean;
  /** Standard input. */
  readonly input?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** A command line that runs. */
export interface Running {
  /** What comes of it. */
  readonly result: Promise<Result>;
  /** The bytes of standard output so far. */
  readonly outBytes: () => Uint8Array<ArrayBuffer>;
  /** Waits until a pattern matches standard error. */
  readonly waitFor: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** Starts a command line. */
export function startNss(args: readonly string[], options: RunOptions = {}): Running {
  const { columns, colours = false, input = "" } = options;
  const terminal = columns === undefined ? null : { columns, colours };
  const written: Record<"out" | "err", Uint8Array[]> = { out: [], err: [] };
  let wake = Promise.withResolvers<void>();
  let hasEnded = false;
  const awaken = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const output = (which: "out" | "err") =>
    new Output((bytes) => {
      written[which].push(bytes.slice());
      awaken();
      return Promise.resolve(bytes.length);
    }, terminal);
  const io: Io = {
    in: input instanceof ReadableStream ? input : new Blob([input]).stream(),
    out: output("out"),
    err: output("err"),
  };
  const textOf = (which: "out" | "err") => new TextDecoder().decode(concat(written[which]));
  const result = runCommandLine(args, io).then((outcome) => ({
    code: EXIT_CODES[outcome][0],
    out: textOf("out"),
    err: textOf("err"),
  })).finally(() => {
    hasEnded = true;
    awaken();
  });
  result.catch(() => {}); // whoever waits for it is told
  return {
    result,
    outBytes: () => concat(written.out),
    waitFor: async (pattern) => {
      for (;;) {
        const woken = wake.promise;
        const text = textOf("err");
        const found = pattern.exec(text);
        if (found !== null) return found;
        if (hasEnded) throw new Error(`Cannot find ${pattern} in: ${text}`);
        await woken;
      }
    },
  };
}

/** Runs a command line to its end. */
export async function runNss(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return await startNss(args, options).result;
}

/** A server of ours that runs in this process till it has served some connections. */
export async function startNssServer(
  connections: number,
  ...args: readonly string[]
): Promise<Running & { readonly port: number }> {
  const ended = ["--connections", `${connections}`];
  const running = startNss(["server", "--port", "0", ...ended, ...args]);
  const [, port] = await running.waitFor(/Listening on 127\.0\.0\.1:(\d+)/);
  return { ...running, port: Number(port) };
}

/** Standard error of a terminal, without the lines that tell what is waited for. */
export function withoutWaiting(err: string): string {
  // deno-lint-ignore no-control-regex
  return err.replaceAll(/\r\x1b\[K[^\r\n]*/g, "");
}
