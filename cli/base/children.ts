// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Commands that this program has started, and that do not outlive it. @module */

import { UsageError } from "./args.ts";
import { LocalError } from "./files.ts";

/**
 * Reads a command as its words: quotes of both kinds hold a word together, and nothing else has a
 * meaning, as no shell reads it.
 *
 * @param text The command.
 * @param option Which option it is of, for the error.
 */
export function readCommand(text: string, option: string): readonly [string, ...string[]] {
  const words: string[] = [];
  const pattern = /\s*((?:[^\s"']|"[^"]*"|'[^']*')+)/gy;
  let end = 0;
  for (let match; (match = pattern.exec(text)) !== null;) {
    words.push(match[1]!.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, a, b) => a ?? b));
    end = pattern.lastIndex;
  }
  if (text.slice(end).trim() !== "") {
    throw new UsageError(`Cannot take ${option} "${text}": a quote is not closed`);
  }
  const [program, ...args] = words;
  if (program === undefined || program === "") {
    throw new UsageError(`Cannot take ${option} "${text}": there is no command in it`);
  }
  return [program, ...args];
}

/** Checks that there is a program, before somebody waits for it. */
export async function findProgram(program: string): Promise<void> {
  if (Deno.build.os === "windows") return; // where the ending may be left out
  const isPath = program.includes("/");
  const folders = isPath ? [""] : (Deno.env.get("PATH") ?? "").split(":");
  for (const folder of folders) {
    const path = isPath ? program : `${folder}/${program}`;
    const info = await Deno.stat(path).catch(() => null);
    if (info?.isFile && ((info.mode ?? 0o111) & 0o111) !== 0) return;
  }
  throw new LocalError(
    `Cannot run "${program}": there is no such program${isPath ? "" : " in the folders of PATH"}`,
  );
}

/** How long a command may take to end when it is asked to, in milliseconds. */
const PATIENCE = 1000;

const running = new Set<Child>();

/** A command that runs, with what it has started itself. */
export class Child {
  /** Its standard input. */
  readonly stdin: WritableStreamDefaultWriter<Uint8Array>;
  /** Its standard output. */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** How it ends. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly #process: Deno.ChildProcess;

  /** Starts it; its standard error is this program's. */
  constructor(
    [program, ...args]: readonly [string, ...string[]],
    env: Readonly<Record<string, string>>,
  ) {
    const isGroup = Deno.build.os !== "windows";
    this.#process = new Deno.Command(program, {
      args,
      env,
      stdin: "piped",
      stdout: "piped",
      // A group of its own, so that all of it can be ended
      detached: isGroup,
    }).spawn();
    this.stdin = this.#process.stdin.getWriter();
    this.stdout = this.#process.stdout;
    running.add(this);
    this.status = this.#process.status.finally(() => running.delete(this));
  }

  /** Ends it with what it has started: asks first. */
  async end(): Promise<void> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), PATIENCE);
    await this.status;
    clearTimeout(timer);
  }

  /** Sends a signal to it and to what it has started. */
  signal(signal: Deno.Signal): void {
    const { pid } = this.#process;
    try {
      Deno.kill(Deno.build.os === "windows" ? pid : -pid, signal);
    } catch {
      // It has ended
    }
  }
}

/** Ends all commands, because this program ends. */
export function endChildren(): void {
  for (const child of running) child.signal("SIGTERM");
}
