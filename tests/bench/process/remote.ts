// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { fileURLToPath } from "node:url";
import { type Process, spawn } from "../../support/process.ts";
import type { Answer, Command, Done, PeerSpec } from "./commands.ts";
import { bundle } from "./bundle.ts";

/** How long a process may live, whatever happens. */
const LIFETIME = 900_000;
/** How long an answer may take, beside the time that was asked for. */
const PATIENCE = 60_000;

/** Where the two processes of a connection run. */
export type Place =
  /** Each on a core of its own, which is the least noisy. */
  | "pinned"
  /** Both on all cores, as programs do. */
  | "shared";

const CORES = { client: "1", server: "0" } as const;

/** A process of the benchmark. */
export class Remote implements AsyncDisposable {
  readonly #process: Process;
  #read = 0;

  private constructor(process: Process) {
    this.#process = process;
  }

  /** Starts a process that speaks a stack. */
  static async start(
    spec: PeerSpec,
    role: "client" | "server",
    place: Place,
  ): Promise<Remote> {
    const command = spec.runtime === "node" ? await nodeCommand() : denoCommand(spec);
    command.push(JSON.stringify(spec));
    if (place === "pinned") command.unshift("taskset", "-c", CORES[role]);
    const [program, ...args] = command;
    return new Remote(spawn(program!, { args, interactive: true, timeout: LIFETIME }));
  }

  /**
   * Has the process do something.
   *
   * @throws If it cannot, if it ends, or if it does not answer in time.
   */
  async ask(command: Command): Promise<Done> {
    await this.#process.write(`${JSON.stringify(command)}\n`);
    const line = await this.#line(PATIENCE + 4 * expectedTime(command));
    if (line === null) throw new Error(`no answer to "${command.do}" ${this.#lastWords()}`);
    const answer: Answer = JSON.parse(line);
    if ("failed" in answer) throw new Error(answer.failed);
    return answer;
  }

  /** The next line that the process says; `null` if it ends, or says none in time. */
  async #line(timeout: number): Promise<string | null> {
    const from = this.#read;
    const next = ({ stdout }: Process) => {
      const end = stdout.indexOf("\n", from);
      return end < 0 ? null : [stdout.slice(from, end)];
    };
    const [line] = await this.#process.waitFor(next, timeout).catch(() => [null]);
    if (line === null || line === undefined) return null;
    this.#read = from + line.length + 1;
    return line;
  }

  #lastWords(): string {
    const said = this.#process.stderr.trim().split("\n").at(-1);
    return said ? `but "${said}"` : "in time";
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.close();
  }
}

/** How long a command should take, in milliseconds. */
function expectedTime(command: Command): number {
  if ("ms" in command) return command.ms;
  if (command.do === "keep") return 20 * command.count;
  return command.do === "prepare" ? 10_000 : 0;
}

const WORKER = new URL("worker.ts", import.meta.url);

function denoCommand({ tree }: PeerSpec): string[] {
  const config = tree === undefined
    ? fileURLToPath(new URL("../../../deno.json", import.meta.url))
    : `${tree}/deno.json`;
  const flags = ["-A", "--no-check", "--v8-flags=--expose-gc", "--config", config];
  return [Deno.execPath(), "run", ...flags, fileURLToPath(WORKER)];
}

async function nodeCommand(): Promise<string[]> {
  return ["node", "--expose-gc", await bundle(WORKER)];
}
