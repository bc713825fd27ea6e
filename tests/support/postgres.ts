// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Debian's PostgreSQL in a temporary folder, reached by a Unix socket there. @module */

import { asNobody, giveToNobody } from "../examples/_unprivileged.ts";
import { type Process, programVersion, runOk, spawn } from "./process.ts";

function findPrograms(): string {
  const base = "/usr/lib/postgresql";
  try {
    for (const { name } of Deno.readDirSync(base)) return `${base}/${name}/bin`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return base;
}

const programs = findPrograms();

/** Whether there is a PostgreSQL here, and of which version. */
export const postgresVersion = (): ReturnType<typeof programVersion> =>
  programVersion(`${programs}/postgres`, ["--version"], /PostgreSQL\) (\S+)/);

/** A running server, whose user `test` needs no password. */
export class PostgresServer implements AsyncDisposable {
  /** The folder of its socket. */
  readonly folder: string;
  #process: Process;

  private constructor(folder: string, process: Process) {
    this.folder = folder;
    this.#process = process;
  }

  /** Makes a database, and starts a server. */
  static async start(): Promise<PostgresServer> {
    const folder = await Deno.makeTempDir({ prefix: "nss_postgres_" });
    await giveToNobody(folder);
    const [program, ...args] = asNobody(
      `${programs}/initdb`,
      ...["-D", `${folder}/data`, "-U", "test", "-A", "trust"],
      ...["--no-sync", "--locale=C", "--encoding=UTF8"],
    );
    await runOk(program!, args, { cwd: folder, timeout: 120_000 });
    return new PostgresServer(folder, await serve(folder));
  }

  /** Ends it as a crash does, and starts it again. */
  async restart(): Promise<void> {
    Deno.kill(this.#process.pid, "SIGQUIT");
    await this.#process.result();
    this.#process = await serve(this.folder);
  }

  /** Ends it, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function serve(folder: string): Promise<Process> {
  const [program, ...args] = asNobody(
    `${programs}/postgres`,
    ...["-D", `${folder}/data`, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
  );
  const process = spawn(program!, { args, cwd: folder, timeout: 600_000 });
  await process.waitFor(/database system is ready to accept connections/, 60_000);
  return process;
}
