// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What {@linkcode spawn} takes. */
export interface SpawnOptions {
  /** The arguments. */
  readonly args: readonly string[];
  /** Environment variables beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder to run in. */
  readonly cwd?: string;
  /** What to write to the process at once. */
  readonly input?: string | Uint8Array;
  /** Whether its standard input stays open after `input`. Default: false. */
  readonly interactive?: boolean;
  /** Takes each piece of its output, and returns what is kept of it. Default: all. */
  readonly filter?: (text: string) => string;
  /** After how many milliseconds the process is killed, whatever it does. Default: 30,000. */
  readonly timeout?: number;
}

/** How much output of a process is kept; more is a runaway. */
const MAX_OUTPUT = 32 * 1024 * 1024;

const encoder = new TextEncoder();

/**
 * Starts a program. It is ended by its own id: by {@linkcode Process.close}, or when its time is
 * up.
 *
 * @param command The program.
 * @param options Its arguments, folder, environment, input and time.
 * @returns The running process.
 */
export function spawn(command: string, options: SpawnOptions): Process {
  return new Process(command, options);
}

/**
 * Runs a program to its end.
 *
 * @param command The program.
 * @param options As for {@linkcode spawn}.
 * @returns Its exit code and output.
 */
export async function run(command: string, options: SpawnOptions): Promise<ProcessResult> {
  await using process = spawn(command, options);
  return await process.result();
}

/**
 * Runs a program to its end and demands success.
 *
 * @param command The program.
 * @param args Its arguments.
 * @param options As for {@linkcode spawn}.
 * @returns What it wrote to its standard output.
 */
export async function runOk(
  command: string,
  args: readonly string[],
  options: Omit<SpawnOptions, "args"> = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, { ...options, args });
  if (code !== 0) {
    throw new Error(
      `Cannot run ${command} ${args.join(" ")}: exit code ${code}\n${stdout}${stderr}`,
    );
  }
  return stdout;
}

/**
 * Finds a program's version, which also tells whether it is there.
 *
 * @param command The program.
 * @param args What makes it print its version.
 * @param pattern What the version looks like; the first group is it.
 * @returns The version, or the reason why there is none.
 */
export async function programVersion(
  command: string,
  args: readonly string[],
  pattern: RegExp,
): Promise<{ ok: true; version: string } | { ok: false; reason: string }> {
  try {
    const { stdout, stderr } = await run(command, { args, timeout: 20_000 });
    const found = pattern.exec(stdout + stderr);
    if (found) return { ok: true, version: found[1] ?? found[0] };
    return { ok: false, reason: `${command} ${args.join(" ")} does not tell its version` };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { ok: false, reason: `no ${command} here` };
    throw error;
  }
}

/** How a process ended. */
export interface ProcessResult {
  /** Its exit code; 128 + the signal's number if one ended it. */
  readonly code: number;
  /** What it wrote to its standard output. */
  readonly stdout: string;
  /** What it wrote to its standard error. */
  readonly stderr: string;
}

/** A program that runs beside the test. */
export class Process implements AsyncDisposable {
  /** Its id. */
  readonly pid: number;
  #command: string;
  #child: Deno.ChildProcess;
  #stdout = "";
  #stderr = "";
  #all = "";
  #ended = false;
  #wake: PromiseWithResolvers<void> = Promise.withResolvers();
  #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #done: Promise<Deno.CommandStatus>;
  #timer: ReturnType<typeof setTimeout>;
  #filter: (text: string) => string;
  #timedOut = false;

  /** Starts the process; use {@linkcode spawn}. */
  constructor(command: string, options: SpawnOptions) {
    this.#command = `${command} ${options.args.join(" ")}`;
    const { input, interactive = false, timeout = 30_000, filter = (text) => text } = options;
    this.#filter = filter;
    const piped = interactive || input !== undefined;
    this.#child = new Deno.Command(command, {
      args: [...options.args],
      stdin: piped ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
      ...(options.env ? { env: { ...options.env } } : {}),
      ...(options.cwd ? { cwd: options.cwd } : {}),
    }).spawn();
    this.pid = this.#child.pid;
    if (piped) this.#stdin = this.#child.stdin.getWriter();
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#kill("SIGKILL");
    }, timeout);
    const readers = [this.#child.stdout.getReader(), this.#child.stderr.getReader()] as const;
    // A grandchild that outlives the process may hold its output open: nobody waits for that.
    let linger: ReturnType<typeof setTimeout> | undefined;
    const status = this.#child.status.then((status) => {
      linger = setTimeout(() => readers.forEach((reader) => reader.cancel()), 1000);
      return status;
    });
    this.#done = Promise.all([
      status,
      this.#drain(readers[0], (text) => this.#stdout += text),
      this.#drain(readers[1], (text) => this.#stderr += text),
    ]).then(async ([status]) => {
      clearTimeout(linger);
      clearTimeout(this.#timer);
      this.#ended = true;
      this.#changed();
      await this.closeInput();
      return status;
    });
    // The first write may be larger than the pipe, so nobody waits for it here.
    const start = async (): Promise<void> => {
      if (input !== undefined) await this.write(input);
      if (!interactive) await this.closeInput();
    };
    if (piped) start().catch(() => {});
  }

  async #drain(
    reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
    add: (text: string) => void,
  ): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const text = this.#filter(decoder.decode(value, { stream: true }));
      add(text);
      this.#all += text;
      this.#changed();
      if (this.#all.length > MAX_OUTPUT) this.#kill("SIGKILL");
    }
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #tail(): string {
    return this.#all.length > 4000 ? `...${this.#all.slice(-4000)}` : this.#all;
  }

  /** What it has written so far, standard output and standard error as they came. */
  get output(): string {
    return this.#all;
  }

  /** What it has written to its standard output so far. */
  get stdout(): string {
    return this.#stdout;
  }

  /** What it has written to its standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Writes to its standard input. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#stdin === undefined) throw new Error(`Cannot write to ${this.#command}: no input`);
    await this.#stdin.write(typeof data === "string" ? encoder.encode(data) : data);
  }

  /** Ends its standard input. */
  async closeInput(): Promise<void> {
    const stdin = this.#stdin;
    this.#stdin = undefined;
    // A process that ended first has closed the pipe, which is no failure of the test.
    await stdin?.close().catch(() => {});
  }

  /**
   * Waits until the output satisfies a condition.
   *
   * @param what What is waited for: a pattern, or a function of this process that gives `null` or
   * `undefined` till then.
   * @param timeout How many milliseconds at most.
   * @returns What the pattern matched or the function gave.
   */
  async waitFor<T extends object>(
    what: RegExp | ((process: Process) => T | null | undefined),
    timeout = 10_000,
  ): Promise<T | RegExpExecArray> {
    const look = (): T | RegExpExecArray | null | undefined =>
      what instanceof RegExp ? what.exec(this.#all) : what(this);
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(deadline.resolve, timeout);
    let late = false;
    deadline.promise.then(() => late = true);
    try {
      for (;;) {
        const wake = this.#wake.promise;
        const found = look();
        if (found) return found;
        if (this.#ended || late) {
          throw new Error(
            `Cannot find ${what} in the output of ${this.#command}: ` +
              `${
                this.#ended ? "it ended" : `it did not come within ${timeout} ms`
              }\n${this.#tail()}`,
          );
        }
        await Promise.race([wake, deadline.promise]);
      }
    } finally {
      clearTimeout(timer);
      deadline.resolve();
    }
  }

  /**
   * Waits for its end, which comes with its timeout at the latest.
   *
   * @returns Its exit code and output.
   */
  async result(): Promise<ProcessResult> {
    const { code } = await this.#done;
    if (this.#timedOut) {
      throw new Error(`Cannot finish ${this.#command}: its time is up\n${this.#tail()}`);
    }
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }

  /** Ends the process: asks first, and kills it where it has not ended a second later. */
  async close(): Promise<void> {
    if (!this.#ended) {
      await this.closeInput();
      this.#kill("SIGTERM");
      const timer = setTimeout(() => this.#kill("SIGKILL"), 1000);
      await this.#done;
      clearTimeout(timer);
    }
    await this.#done;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
