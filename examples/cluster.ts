// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * An echo server of several processes behind one port, on Linux. They resume each other's sessions;
 * whichever ends by itself is started again; renewed certificates are shown as soon as their files
 * have changed.
 *
 *     deno run --unstable-kv --allow-run=deno --allow-read=sessions --allow-write=sessions \
 *       examples/cluster.ts 8443 certs/cert.pem certs/key.pem sessions/cache.kv 4
 *
 * Its signals: SIGHUP restarts the processes one by one, and their connections may end first;
 * SIGUSR1 prints what all of them have done; SIGTERM ends them in order. In a restart, connections
 * that a process has not accepted yet are reset, unless the kernel hands them to another process:
 *
 *     sysctl -w net.ipv4.tcp_migrate_req=1
 *
 * Who may run Deno may do everything, so the process that is started here talks to nobody; those
 * that meet strangers have the permissions in `_cluster/supervisor.ts`. For many machines, share
 * the sessions by a store instead of a file: docs/scaling.md.
 *
 * @module
 */

import { configMPServerSIDCache, shutdownServerSessionIDCache } from "@nss/nss";
import { requirePortSharing, Supervisor } from "./_cluster/supervisor.ts";
import { portOf, run } from "./_program.ts";

async function main(): Promise<void> {
  const [port, certFile, keyFile, sessions, count = "2"] = Deno.args;
  if (!port || !certFile || !keyFile || !sessions || !(Number(count) >= 1)) {
    console.log("Usage: cluster.ts PORT cert.pem key.pem sessions.kv [processes]");
    Deno.exit(port === "--help" ? 0 : 2);
  }
  requirePortSharing();
  const orders = { port: portOf(port), certFile, keyFile, sessions };
  const inheritance = await configMPServerSIDCache({ path: sessions });
  const supervisor = new Supervisor({ ...orders, inheritance });
  await supervisor.start(Number(count));
  console.log(`Listening on 127.0.0.1:${supervisor.port}`);

  const ended = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGHUP", () => supervisor.restart());
  Deno.addSignalListener("SIGUSR1", () => console.log(supervisor.summary()));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => ended.resolve());
  }
  await ended.promise;
  await supervisor.stop();
  console.log(supervisor.summary());
  await shutdownServerSessionIDCache();
  Deno.exit();
}

if (import.meta.main) await run(main);
