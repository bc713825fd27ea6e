// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch } from "@std/assert";
import { type Process, type ProcessResult, run, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { runExample } from "./_example.ts";
import { type ExamplePki, makePki } from "./_pki.ts";
import { asNobody, freePort, giveToNobody } from "./_unprivileged.ts";

const PASSWORD = "a password of Alice's";

/** Where Debian keeps the programs of each version. */
async function findPrograms(): Promise<string | undefined> {
  const base = "/usr/lib/postgresql";
  try {
    for await (const { name } of Deno.readDir(base)) return `${base}/${name}/bin`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return undefined;
}

const programs = await findPrograms();

function test(title: string, fn: (programs: string) => Promise<void>): void {
  if (programs === undefined) skip(title, "no PostgreSQL here");
  else Deno.test(title, () => fn(programs));
}

/** Starts PostgreSQL with TLS, where Alice logs in by SCRAM-SHA-256, over TLS alone. */
async function startServer(
  programs: string,
  { directory, server }: ExamplePki,
): Promise<{ readonly process: Process; readonly port: number }> {
  const data = `${directory}/data`;
  const passwordFile = `${directory}/password`;
  await Deno.mkdir(data);
  await Deno.writeTextFile(passwordFile, PASSWORD);
  await Deno.chmod(server.keyFile, 0o600);
  await giveToNobody(directory, data, passwordFile, server.certFile, server.keyFile);
  const [initdb, ...initArgs] = asNobody(
    `${programs}/initdb`,
    ...["-D", data, "-U", "alice", "-A", "scram-sha-256", `--pwfile=${passwordFile}`],
    ...["--no-sync", "--locale=C", "--encoding=UTF8"],
  );
  const made = await run(initdb!, { args: initArgs });
  assertEquals(made.code, 0, made.stderr);
  const port = freePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    ssl: "on",
    ssl_cert_file: server.certFile,
    ssl_key_file: server.keyFile,
    fsync: "off",
  };
  const [postgres, ...args] = asNobody(
    `${programs}/postgres`,
    ...["-D", data, "-p", String(port)],
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  );
  const process = spawn(postgres!, { args, timeout: 60_000 });
  await process.waitFor(/database system is ready to accept connections/);
  return { process, port };
}

function ask(
  pki: ExamplePki,
  port: number,
  password: string,
  ...args: readonly string[]
): Promise<ProcessResult> {
  return runExample("postgres_channel_binding.ts", {
    permissions: [
      "--allow-net=127.0.0.1",
      `--allow-read=${pki.directory}`,
      "--allow-env=PGPASSWORD",
    ],
    args: [`postgres://alice@127.0.0.1:${port}/postgres`, pki.rootFile, ...args],
    env: { PGPASSWORD: password },
  });
}

test("postgres_channel_binding.ts logs in by SCRAM-SHA-256-PLUS, whose binding the server checks", async (programs) => {
  await using pki = await makePki();
  const { process, port } = await startServer(programs, pki);
  await using _ = process;
  const sql = "select current_user, version from pg_stat_ssl where pid = pg_backend_pid()";
  const { code, stdout, stderr } = await ask(pki, port, PASSWORD, sql);
  assertEquals([code, stdout], [0, "alice\tTLSv1.3\n"], stderr);
  assertMatch(stderr, /^Logged in over TLSv1\.3, bound to the server's certificate$/m);

  // The same login with one bit of the binding changed: the server checks what only PLUS has
  const wrong = await ask(pki, port, PASSWORD, sql, "--wrong-binding");
  assertEquals([wrong.code, wrong.stdout], [1, ""]);
  assertMatch(wrong.stderr, /^The server says: SCRAM channel binding check failed$/m);
  assertMatch(process.stderr, /FATAL: +SCRAM channel binding check failed/);

  const stranger = await ask(pki, port, "another password", sql);
  assertEquals([stranger.code, stranger.stdout], [1, ""]);
  assertMatch(stranger.stderr, /^The server says: password authentication failed/m);
});
