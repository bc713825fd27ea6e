// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type Process, spawn } from "../support/process.ts";
import type { Times } from "./_load.ts";
import type { Greeting, Outcome, State } from "./_load_server.ts";

/** Is told how the connection of a peer's port has ended, with the error's message. */
type OnOutcome = (port: number, outcome: Outcome, message: string) => void;

/** The process of `_load_server.ts`, and what can be known of it from outside. */
export class LoadProcess implements AsyncDisposable {
  /** What it has said first. */
  readonly greeting: Greeting;
  readonly #process: Process;
  readonly #onOutcome: OnOutcome;
  readonly #reading: Promise<void>;
  #consumed = 0;
  #asked: PromiseWithResolvers<State> | null = null;
  #ended = false;

  private constructor(
    process: Process,
    greeting: Greeting,
    onOutcome: OnOutcome,
  ) {
    this.#process = process;
    this.greeting = greeting;
    this.#onOutcome = onOutcome;
    this.#consumed = process.stdout.indexOf("\n") + 1;
    this.#reading = this.#read();
  }

  /**
   * Starts the server.
   *
   * @param limits Its handshakeTimeout and closeTimeout, `null` for the library's defaults, and for
   * how many milliseconds a connection may rest.
   * @param lifetime After how many milliseconds it is ended, whatever happens.
   * @param onOutcome Is told of each connection that has ended.
   */
  static async start(
    limits: Pick<Times, "handshakeTimeout" | "closeTimeout" | "idleTimeout">,
    lifetime: number,
    onOutcome: OnOutcome,
  ): Promise<LoadProcess> {
    const program = `${import.meta.dirname}/_load_server.ts`;
    const flags = ["run", "-A", "--no-check", "--v8-flags=--expose-gc"];
    const { idleTimeout, handshakeTimeout, closeTimeout } = limits;
    const options = { handshakeTimeout, closeTimeout };
    const process = spawn(Deno.execPath(), {
      args: [...flags, program, String(idleTimeout), JSON.stringify(options)],
      interactive: true,
      timeout: lifetime,
    });
    try {
      const [line] = await process.waitFor(/^\{.*\}\n/) as RegExpExecArray;
      return new LoadProcess(process, JSON.parse(line), onOutcome);
    } catch (error) {
      await process.close();
      throw error;
    }
  }

  /** Asks the server how it is. */
  async state(): Promise<State> {
    if (this.#ended) throw this.#gone();
    this.#asked ??= Promise.withResolvers();
    const { promise } = this.#asked;
    await this.#process.write("\n");
    return await promise;
  }

  /**
   * Waits until its connections are gone.
   *
   * @param timeout How many milliseconds at most.
   * @returns How it is then, whether they are gone or not.
   */
  async settled(timeout: number): Promise<State> {
    const end = Date.now() + timeout;
    for (;;) {
      const state = await this.state();
      if (state.live === 0 || Date.now() > end) return state;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** What it has written to its standard error: nothing, unless it went wrong. */
  get complaints(): string {
    return this.#process.stderr;
  }

  /** The memory that it has from the machine, now and at most so far, in bytes. */
  rss(): { readonly now: number; readonly peak: number } {
    const status = Deno.readTextFileSync(`/proc/${this.#process.pid}/status`);
    const kib = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)![1]);
    return { now: 1024 * kib("VmRSS"), peak: 1024 * kib("VmHWM") };
  }

  /** How many TCP sockets it has, the listener among them. */
  tcpSockets(): number {
    const folder = `/proc/${this.#process.pid}`;
    const table = Deno.readTextFileSync(`${folder}/net/tcp`).trim().split("\n").slice(1);
    // proc(5): the tenth column
    const inodes = new Set(table.map((row) => row.trim().split(/\s+/)[9]!));
    const targets = [...Deno.readDirSync(`${folder}/fd`)].map(({ name }) => {
      try {
        return Deno.readLinkSync(`${folder}/fd/${name}`);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return ""; // closed meanwhile
        throw error;
      }
    });
    return targets.filter((target) => inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ""))
      .length;
  }

  /** Lets it end by itself, by the end of its input; ends it where it does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.closeInput();
    await this.#process.result().catch(() => {}); // its time was up
    await this.#process.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    for (;;) {
      try {
        await this.#process.waitFor(
          ({ stdout }) => stdout.indexOf("\n", this.#consumed) === -1 ? null : this,
          2 ** 30,
        );
      } catch {
        this.#ended = true;
        this.#asked?.reject(this.#gone());
        return;
      }
      const { stdout } = this.#process;
      const end = stdout.lastIndexOf("\n");
      const lines = stdout.slice(this.#consumed, end).split("\n");
      this.#consumed = end + 1;
      for (const line of lines) this.#take(line);
    }
  }

  #gone(): Error {
    return new Error(`Cannot ask the server: it has ended\n${this.complaints}`);
  }

  #take(line: string): void {
    if (line.startsWith("{")) {
      this.#asked?.resolve(JSON.parse(line));
      this.#asked = null;
      return;
    }
    const [port, outcome, ...words] = line.split(" ");
    this.#onOutcome(Number(port), outcome!, words.join(" "));
  }
}
