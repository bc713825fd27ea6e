// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * One process of a cluster: `server_process.ts PORT cert.pem key.pem`. It tells its standard output
 * what there is to know, a {@linkcode Report} a line, and ends in order when its input does.
 *
 * @module
 */

import { importFD, newModel, type SslSocket } from "@nss/nss";
import { getStatistics, inheritMPServerSIDCache } from "@nss/nss/ssl";
import { reloadOnChange } from "../hot_reload.ts";
import { portOf, reason } from "../_program.ts";

/** How many of what there were. */
export type Counts = Record<string, number>;

/** What a process tells: that it serves, what it has done so far, or why it cannot serve. */
export type Report =
  | { readonly port: number }
  | { readonly counts: Counts }
  | { readonly error: string };

/** How often a process tells what it has done, in milliseconds. */
const INTERVAL = 500;
/** How long connections may go on when the process is to end, in milliseconds. */
const GRACE = 30_000;

const sockets = new Set<SslSocket>();
let [accepted, failed] = [0, 0];

function tell(report: Report): void {
  console.log(JSON.stringify(report));
}

function tellCounts(): void {
  const { handleClientHello: { hits, misses }, cacheUnavailable } = getStatistics();
  const counts = { accepted, failed, resumed: hits, full: misses, cacheUnavailable };
  tell({ counts: { ...counts, open: sockets.size } });
}

/** The application: what is read is written. */
async function serve(socket: SslSocket): Promise<void> {
  sockets.add(socket);
  accepted++;
  try {
    await socket.readable.pipeTo(socket.writable);
  } catch (error) {
    failed++;
    console.error(reason(error));
  } finally {
    sockets.delete(socket);
  }
}

async function main(port: number, certFile: string, keyFile: string): Promise<void> {
  await inheritMPServerSIDCache();
  const [cert, key] = await Promise.all([certFile, keyFile].map((f) => Deno.readTextFile(f)));
  // Before it listens, so that no connection comes that it cannot serve
  const model = newModel({ role: "server", certificates: [{ cert: cert!, key: key! }] });
  const tcp = Deno.listen({ hostname: "127.0.0.1", port, reusePort: true });
  const listener = importFD(tcp, { model });
  reloadOnChange(listener, certFile, keyFile);
  const accepting = (async () => {
    for await (const socket of listener) serve(socket);
  })();
  tell({ port: listener.addr.port });
  setInterval(tellCounts, INTERVAL);

  for await (const _ of Deno.stdin.readable) { /* only its end matters */ }
  listener.close();
  await accepting;
  const deadline = Date.now() + GRACE;
  while (sockets.size > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await Promise.allSettled([...sockets].map((socket) => socket.close()));
  tellCounts();
  Deno.exit();
}

if (import.meta.main) {
  Deno.addSignalListener("SIGINT", () => {}); // a terminal sends it to all: the parent's end counts
  const [port, certFile, keyFile] = Deno.args;
  try {
    await main(portOf(port!), certFile!, keyFile!);
  } catch (error) {
    tell({ error: reason(error) });
    Deno.exit(1);
  }
}
