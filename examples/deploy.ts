// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * A script for Deno Deploy: tells whether a mail server is up, over IMAP with TLS on its port 993.
 * It needs no file, no environment, no system call and no library: whom to trust and the sessions
 * are in Deno KV, so that the next isolate resumes what this one has begun. `fetch` gets to HTTPS
 * alone, and `Deno.connectTls` neither takes its trust from a database nor keeps sessions from one
 * run to the next.
 *
 *     deno run --unstable-kv examples/deploy.ts import "$(cat ca.pem)"
 *     deno run --unstable-kv --allow-net examples/deploy.ts check imap.example.com 993
 *     deno run --unstable-kv --allow-net examples/deploy.ts
 *
 * The first command trusts an authority, which is asked for once; the second looks once, by hand.
 * Without arguments, as on Deno Deploy, it answers each request with what it has found; elsewhere
 * than on Deploy, which has addresses of its own, it listens on 127.0.0.1 alone. Whoever can write
 * to the store decides whom to trust: on Deploy that is the application.
 *
 * @module
 */

import {
  configClientSessionCache,
  importCert,
  importFD,
  NssContext,
  type SslSocket,
} from "@nss/nss";
import { openKvToken } from "@nss/nss/pkcs11/kv-token";
import { openKvSessionCache } from "@nss/nss/ssl/kv-session-cache";
import { clean, portOf, run } from "./_program.ts";

const TARGET = { hostname: "imap.example.com", port: 993 };
/** How long a server may take to shake hands, and to say something, in seconds. */
const PATIENCE = 10;

const kv = await Deno.openKv();
const token = await openKvToken({ kv });
// Nothing but the store says whom to trust: the platform's roots would need more permissions.
const context = new NssContext({ token, trustAnchors: [] });
configClientSessionCache({ context, cache: await openKvSessionCache({ kv }) });

/** Connects to a server, and tells what was negotiated and the first line that it says. */
async function check({ hostname, port }: typeof TARGET, patience: number) {
  await using socket = importFD(await Deno.connect({ hostname, port }), {
    hostname,
    context,
    handshakeTimeout: patience * 1000,
  });
  const { version, cipherSuite, resumed } = await socket.handshake();
  const greeting = await readGreeting(socket, patience);
  return { hostname, port, version, cipherSuite, resumed, greeting };
}

/** Reads the first line that a server says. */
async function readGreeting(socket: SslSocket, patience: number): Promise<string> {
  const buffer = new Uint8Array(1024);
  let isSilent = false;
  const timer = setTimeout(() => {
    isSilent = true;
    socket.close();
  }, patience * 1000);
  try {
    const length = await socket.read(buffer);
    if (length === null) throw new Error("The server has closed the connection without a word");
    return new TextDecoder().decode(buffer.subarray(0, length)).split("\r\n", 1)[0]!;
  } catch (error) {
    throw isSilent ? new Error(`The server has said nothing for ${patience} s`) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** What a check finds, or why it does not. */
async function report(target: typeof TARGET, patience = PATIENCE): Promise<object> {
  try {
    return await check(target, patience);
  } catch (error) {
    // Of TLS, or of the connection before it: a server that is not there is what one wants to know
    if (!(error instanceof Error)) throw error;
    return { ...target, error: error.name, message: error.message };
  }
}

async function main(): Promise<void> {
  const [command, ...args] = Deno.args;
  if (command === "import") {
    if (args[0] === undefined) throw new Error("Cannot import: the certificate's PEM is needed");
    const { certificate } = await importCert(token.certificates, args[0], { trust: "C,," });
    console.log(clean(`Trusted for servers: ${certificate.subject}`));
  } else if (command === "check") {
    const [hostname = TARGET.hostname, port = String(TARGET.port), seconds = PATIENCE] = args;
    const found = await report({ hostname, port: portOf(port) }, Number(seconds));
    console.log(JSON.stringify(found));
    if ("error" in found) Deno.exit(1);
  } else if (command === undefined) {
    Deno.serve({
      hostname: "127.0.0.1",
      onListen: ({ hostname, port }) => console.log(`Listening on http://${hostname}:${port}/`),
    }, async () => Response.json(await report(TARGET)));
  } else {
    console.log("Usage: deploy.ts [import PEM | check host [port [seconds]]]");
    Deno.exit(command === "--help" ? 0 : 2);
  }
  if (command !== undefined) kv.close();
}

if (import.meta.main) await run(main);
