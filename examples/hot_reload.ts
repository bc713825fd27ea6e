// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * An echo server whose certificate is renewed under it: whenever the files change, new connections
 * see the new certificate, and nobody who is connected is disturbed. `Deno.listenTls` reads its
 * certificate once (denoland/deno#9110).
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=certs examples/hot_reload.ts 8443 \
 *       certs/cert.pem certs/key.pem
 *
 * A client with a session of the old certificate's shakes hands in full, and sees the new one.
 *
 * @module
 */

import {
  configServerCert,
  importFD,
  NssError,
  parseCertificatesPem,
  type SslListener,
  type SslSocket,
} from "@nss/nss";
import { portOf, reason, run } from "./_program.ts";

/** How long the files must have been left alone: those who renew write one after the other. */
const QUIET = 100;

/** Reads both files and gives them to the listener; says whether they go together. */
async function load(listener: SslListener, certFile: string, keyFile: string): Promise<boolean> {
  try {
    const [cert, key] = await Promise.all([certFile, keyFile].map((f) => Deno.readTextFile(f)));
    await configServerCert(listener, cert!, key!);
    const { serialNumber, notAfter } = parseCertificatesPem(cert!)[0]!;
    console.log(`Serving ${serialNumber.toHex()}, good until ${notAfter.toISOString()}`);
    return true;
  } catch (error) {
    // Half renewed, or gone for a moment: what was served goes on being served
    if (!(error instanceof NssError || error instanceof Deno.errors.NotFound)) throw error;
    console.error(`Cannot load certificate: ${reason(error)}`);
    return false;
  }
}

/**
 * Loads the files again whenever something has happened in their folders and been over for a while.
 */
export async function reloadOnChange(
  listener: SslListener,
  certFile: string,
  keyFile: string,
): Promise<void> {
  // Not the files themselves: whoever renews well puts other files in their place
  const folders = [certFile, keyFile].map((file) => file.replace(/[^/]*$/, "") || ".");
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const { kind } of Deno.watchFs([...new Set(folders)])) {
    if (kind === "access") continue;
    clearTimeout(timer);
    timer = setTimeout(() => load(listener, certFile, keyFile), QUIET);
  }
}

async function echo(socket: SslSocket): Promise<void> {
  await socket.readable.pipeTo(socket.writable);
}

async function main(): Promise<void> {
  const [port, certFile, keyFile] = Deno.args;
  if (port === undefined || certFile === undefined || keyFile === undefined) {
    console.log("Usage: hot_reload.ts PORT cert.pem key.pem");
    Deno.exit(port === "--help" ? 0 : 2);
  }
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: portOf(port) }));
  if (!(await load(listener, certFile, keyFile))) Deno.exit(1);
  reloadOnChange(listener, certFile, keyFile);
  console.log(`Listening on 127.0.0.1:${listener.addr.port}`);
  for await (const socket of listener) {
    echo(socket).catch((error) => console.error(reason(error)));
  }
}

if (import.meta.main) await run(main);
