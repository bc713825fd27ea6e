// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * TLS over a Unix socket, where `Deno.startTls` takes TCP connections only (denoland/deno#20594): a
 * server that answers with the time, and a client that asks for it.
 *
 *     deno run --allow-net=unix:/tmp/clock --allow-read=/tmp/clock,cert.pem,key.pem \
 *       --allow-write=/tmp/clock \
 *       examples/unix_socket.ts serve /tmp/clock cert.pem key.pem
 *     deno run --allow-net=unix:/tmp/clock --allow-read=/tmp/clock,ca.pem \
 *       --allow-write=/tmp/clock \
 *       examples/unix_socket.ts ask /tmp/clock ca.pem
 *
 * @module
 */

import { type CertificateOptions, importFD } from "@nss/nss";
import { toText } from "@std/streams/to-text";
import { clean, reason, run } from "./_program.ts";

/** The name in the server's certificate: a path is none. */
const HOSTNAME = "localhost";

/** Tells each client the time. */
async function serveClock(path: string, certificate: CertificateOptions): Promise<void> {
  const listener = importFD(Deno.listen({ transport: "unix", path }), {
    certificates: [certificate],
  });
  console.log(`Listening on ${listener.addr.path}`);
  for await (const socket of listener) {
    socket.write(new TextEncoder().encode(`${new Date().toISOString()}\n`))
      .then(() => socket.close())
      .catch((error) => console.error(reason(error)));
  }
}

/** Asks a server for the time. */
async function askClock(path: string, ca: string): Promise<string> {
  await using socket = importFD(await Deno.connect({ transport: "unix", path }), {
    hostname: HOSTNAME,
    caCerts: [ca],
  });
  return (await toText(socket.readable)).trim();
}

async function main(): Promise<void> {
  const [verb, path, ...files] = Deno.args;
  const [first, key] = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  if (verb === "serve" && path && first && key) await serveClock(path, { cert: first, key });
  else if (verb === "ask" && path && first) console.log(clean(await askClock(path, first)));
  else {
    console.log(
      "Usage: unix_socket.ts serve PATH cert.pem key.pem | unix_socket.ts ask PATH ca.pem",
    );
    Deno.exit(verb === "--help" ? 0 : 2);
  }
}

if (import.meta.main) await run(main);
