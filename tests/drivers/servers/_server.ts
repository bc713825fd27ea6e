// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Servers of Debian's: each runs on free ports of 127.0.0.1, in a temporary folder, as somebody
 * without rights, and ends by its process's id.
 *
 * @module
 */

import { asNobody, freePort, giveToNobody } from "../../examples/_unprivileged.ts";
import { type Process, programVersion, run, spawn } from "../../support/process.ts";
import type { DriverPki, Identity } from "../_pki.ts";

/** Where a server finds its files, and its ports. */
export interface Place {
  /** Its folder, which is its own. */
  readonly folder: string;
  /** The file with the root that clients must have a certificate of. */
  readonly caFile: string;
  /** The file with its certificate. */
  readonly certFile: string;
  /** The file with its key. */
  readonly keyFile: string;
  /** Its ports; the first is the one that drivers get. */
  readonly ports: readonly [number, number];
}

/** A command and its arguments. */
export type Command = readonly [command: string, ...args: string[]];

/** How a server is run. It must ask its clients for a certificate and refuse those without. */
export interface ServerProgram {
  /** What people call it. */
  readonly name: string;
  /** Debian's package. */
  readonly package: string;
  /** What tells its version, which is the pattern's first group. */
  readonly version: readonly [command: string, args: readonly string[], pattern: RegExp];
  /** Writes its files, once; returns what makes its data, if anything. */
  readonly prepare: (place: Place) => Promise<Command | void>;
  /** What starts it, in the foreground. */
  readonly command: (place: Place) => Command;
  /** What it writes when it is ready; by default it is when it listens. */
  readonly ready?: RegExp;
  /** Starts as root, and gives up its rights by itself; its settings are in the file `conf`. */
  readonly asRoot?: boolean;
}

/** A running server. */
export interface Server extends AsyncDisposable {
  readonly place: Place;
  readonly port: number;
  /** All that it has written. */
  readonly output: string;
  /** Ends it. */
  stop(): Promise<void>;
  /** Starts it again, with another certificate if that is given. */
  start(identity?: Identity): Promise<void>;
}

/** Tells the version of a server, or why there is none. */
export async function serverVersion(program: ServerProgram): ReturnType<typeof programVersion> {
  if (program.asRoot && Deno.uid() !== 0) {
    return { ok: false, reason: `${program.name} starts as root only` };
  }
  return await programVersion(...program.version);
}

/** Starts a server. */
export async function startServer(program: ServerProgram, pki: DriverPki): Promise<Server> {
  const folder = await Deno.makeTempDir({ prefix: "nss_drivers_" });
  const place: Place = {
    folder,
    caFile: `${folder}/ca.pem`,
    certFile: `${folder}/server.pem`,
    keyFile: `${folder}/server-key.pem`,
    ports: [freePort(), freePort()],
  };
  const drop = ([command, ...args]: Command): [string, string[]] => {
    if (program.asRoot) return [command, args];
    const [first, ...rest] = asNobody(command, ...args);
    return [first!, rest];
  };
  let process: Process | undefined;
  let output = "";
  const stop = async () => {
    if (process === undefined) return;
    const children = await descendants(process.pid);
    await process.close();
    // Who serves a connection may outlive who took it
    for (const { pid, started } of children) {
      if (started !== "" && await startOf(pid) === started) kill(pid);
    }
    output += process.output;
    process = undefined;
  };
  const remove = () => Deno.remove(folder, { recursive: true });
  const start = async (identity: Identity) => {
    await Deno.writeTextFile(place.certFile, identity.cert);
    await Deno.writeTextFile(place.keyFile, identity.key);
    const [command, args] = drop(program.command(place));
    process = spawn(command, { args, cwd: folder, timeout: 300_000 });
    if (program.ready) await process.waitFor(program.ready, 60_000);
    else await listening(process, place.ports[0]);
  };
  try {
    await Deno.writeTextFile(place.caFile, pki.root);
    for (const file of [place.certFile, place.keyFile]) {
      await Deno.writeTextFile(file, "", { mode: 0o600 });
    }
    const setUp = await program.prepare(place);
    await giveToNobody(...await everythingIn(folder));
    // Who starts as root believes only what is root's
    if (program.asRoot) await Deno.chown(`${folder}/conf`, 0, 0);
    if (setUp) {
      const [command, args] = drop(setUp);
      const { code, stdout, stderr } = await run(command, { args, cwd: folder, timeout: 120_000 });
      if (code !== 0) throw new Error(`Cannot set up ${program.name}: ${stdout}${stderr}`);
    }
    await start(pki.server);
  } catch (error) {
    await stop();
    await remove();
    throw error;
  }
  return {
    place,
    port: place.ports[0],
    get output() {
      return output + (process?.output ?? "");
    },
    stop,
    start: async (identity = pki.server) => {
      await stop();
      await start(identity);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await remove();
    },
  };
}

/** Waits until somebody listens on a port. */
export async function listening(process: Process, port: number): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (tries === 600) {
        throw new Error(`The server does not listen: ${process.output}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended since
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

interface Child {
  readonly pid: number;
  /** When it was started; another process of this number was started later. */
  readonly started: string;
}

/** The processes that a process has started, and those that they have. */
async function descendants(parent: number): Promise<Child[]> {
  const children = new Map<number, number[]>();
  for await (const { name } of Deno.readDir("/proc")) {
    const [, of] = /^\d+$/.test(name) ? await statOf(Number(name)) : [];
    if (of !== undefined) {
      children.set(Number(of), [...children.get(Number(of)) ?? [], Number(name)]);
    }
  }
  const found: Child[] = [];
  const visit = async (pid: number): Promise<void> => {
    for (const child of children.get(pid) ?? []) {
      found.push({ pid: child, started: await startOf(child) });
      await visit(child);
    }
  };
  await visit(parent);
  return found;
}

/** When a process was started; "" where there is none. */
async function startOf(pid: number): Promise<string> {
  return (await statOf(pid))[19] ?? "";
}

/** The fields of a process's state, its name and what is before that left out (proc(5)). */
async function statOf(pid: number): Promise<string[]> {
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

async function everythingIn(folder: string): Promise<string[]> {
  const found = [folder];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await everythingIn(path));
    else found.push(path);
  }
  return found;
}

/** Writes a file of lines into the folder of a server; returns its path. */
export async function writeLines(
  { folder }: Place,
  name: string,
  lines: readonly string[],
): Promise<string> {
  const path = `${folder}/${name}`;
  await Deno.writeTextFile(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}
