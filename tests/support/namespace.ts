// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A network namespace for servers that cannot be told to listen on loopback only (gnutls-serv and
 * selfserv bind every interface): inside, loopback is all there is. Pathname Unix sockets do cross
 * network namespaces, so a small relay that lives inside joins a connection to its Unix socket with
 * a port of the inner loopback; the test process itself stays where it is and gets a plain
 * `Deno.Conn`.
 *
 * @module
 */

import { type Process, run, spawn, type SpawnOptions } from "./process.ts";

/** How to enter a new namespace here: as root, or as the root of a new user namespace. */
const WAYS: readonly (readonly string[])[] = [["--net"], ["--user", "--map-root-user", "--net"]];

let way: Promise<readonly string[] | undefined> | undefined;

async function findWay(): Promise<readonly string[] | undefined> {
  for (const args of WAYS) {
    try {
      const { code } = await run("unshare", {
        args: [...args, "--", "sh", "-c", "ip link set lo up && nsenter --version"],
        timeout: 10_000,
      });
      if (code === 0) return args;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return undefined;
    }
  }
  return undefined;
}

/**
 * Tells whether this machine lets us make a network namespace.
 *
 * @returns Nothing if it does, else the reason.
 */
export async function namespaceProblem(): Promise<string | undefined> {
  way ??= findWay();
  if (await way) return undefined;
  return "no network namespace can be made (unshare, nsenter and ip as root, or user namespaces, are needed), " +
    "and this server would listen on every interface";
}

/**
 * Makes a namespace with its relay.
 *
 * @returns The namespace; close it after the servers inside.
 * @throws {Error} If the machine does not allow it.
 */
export async function openNamespace(): Promise<Namespace> {
  way ??= findWay();
  const args = await way;
  if (!args) throw new Error(`Cannot open a network namespace: ${await namespaceProblem()}`);
  const directory = await Deno.makeTempDir({ prefix: "nss_ns_" });
  const socket = `${directory}/relay`;
  const relay = spawn("unshare", {
    args: [
      ...args,
      "--",
      "sh",
      "-c",
      'ip link set lo up && exec "$@"',
      "sh",
      Deno.execPath(),
      "run",
      "--no-config",
      "--no-lock",
      "--allow-net",
      "--allow-read",
      "--allow-write",
      `${import.meta.dirname}/namespace_relay.ts`,
      socket,
    ],
    interactive: true,
    timeout: 120_000,
  });
  try {
    await relay.waitFor(/ready/);
  } catch (error) {
    await relay.close();
    await Deno.remove(directory, { recursive: true });
    throw error;
  }
  return new Namespace(relay, directory, socket, args.includes("--user"));
}

/** A network in which loopback is all there is. */
export class Namespace implements AsyncDisposable {
  #relay: Process;
  #directory: string;
  #socket: string;
  #user: boolean;
  #closed = false;

  /** Wraps a running relay; use {@linkcode openNamespace}. */
  constructor(relay: Process, directory: string, socket: string, user: boolean) {
    this.#relay = relay;
    this.#directory = directory;
    this.#socket = socket;
    this.#user = user;
  }

  /** Starts a program inside. */
  spawn(command: string, options: SpawnOptions): Process {
    const user = this.#user ? ["--user", "--preserve-credentials"] : [];
    const enter = ["--target", String(this.#relay.pid), "--net", ...user, "--", command];
    return spawn("nsenter", { ...options, args: [...enter, ...options.args] });
  }

  /**
   * Connects to a port of the inner loopback, waiting a few seconds for its server to listen.
   *
   * @param port The port inside.
   * @returns The connection.
   */
  async connect(port: number): Promise<Deno.UnixConn> {
    const conn = await Deno.connect({ transport: "unix", path: this.#socket });
    try {
      await conn.write(Uint8Array.of(port >> 8, port & 255));
      const answer = new Uint8Array(1);
      if (await conn.read(answer) !== 1 || answer[0] !== 1) {
        throw new Error(`Cannot connect: nobody listens on port ${port} of the namespace`);
      }
      return conn;
    } catch (error) {
      conn.close();
      throw error;
    }
  }

  /** Ends the relay, and with it the namespace. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#relay.close();
    await Deno.remove(this.#directory, { recursive: true });
  }

  /** Ends the namespace. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
