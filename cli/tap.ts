// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss tap`: a proxy that shows what goes over a connection, decoded and explained. @module */

import type { Args, Option } from "./base/args.ts";
import type { Command, Outcome } from "./base/command.ts";
import { Unreachable } from "./base/fail.ts";
import type { Io } from "./base/io.ts";
import { NO_KEYS } from "./explain/key_source.ts";
import { SessionMemory } from "./explain/session_memory.ts";
import { connect, where } from "./net/connect.ts";
import { closeOnce, forward } from "./net/forwarding.ts";
import { KeyLogFile } from "./net/key_log_file.ts";
import { JsonTapPrinter, TAP_MEMBERS } from "./net/tap_events.ts";
import type { TapPrinter } from "./net/tap_printer.ts";
import { TextTapPrinter } from "./net/tap_text.ts";
import { Tapped } from "./net/tapped.ts";
import { readListenAddress, readTarget, type Target } from "./net/target.ts";

/** How long the target may take to answer, in milliseconds. */
const PATIENCE = 10_000;

/** The most connections at the same time: others wait to be let in. */
export const MAX_OPEN = 256;

const OPTIONS: readonly Option[] = [
  {
    name: "key-log",
    value: "FILE",
    text: "decrypt with the secrets that client or server writes there (SSLKEYLOGFILE)",
    example: "keys.log",
  },
  { name: "hex", text: "show the bytes of each message, too, decrypted where that can be" },
  { name: "data", text: "show the application's data, where it is decrypted" },
  { name: "brief", text: "a line for each message, without its fields" },
  { name: "connections", value: "N", text: "end after so many connections", example: "1" },
];

/** What the connections share. */
interface Tap {
  readonly target: Target;
  readonly keyLog: KeyLogFile | null;
  readonly sessions: SessionMemory;
  readonly printer: TapPrinter;
}

/** Taps one connection; returns whether the target was reached. */
async function tapOne(client: Deno.TcpConn, connection: number, tap: Tap): Promise<boolean> {
  const { target, keyLog, sessions, printer } = tap;
  const { hostname, port } = client.remoteAddr;
  const address = where({ hostname, port });
  let server;
  try {
    server = await connect(target, PATIENCE);
  } catch (error) {
    closeOnce(client);
    if (!(error instanceof Unreachable)) throw error;
    await printer.passage(connection, { event: "failed", client: address, error: error.message });
    return false;
  }
  const tapped = new Tapped(
    (isUrgent) => keyLog?.connection(isUrgent) ?? NO_KEYS,
    sessions,
    (seen) => printer.seen(connection, seen),
  );
  try {
    await printer.passage(connection, {
      event: "opened",
      client: address,
      target: where(target),
      time: new Date().toISOString(),
    });
    await Promise.race([forward({ client, server }, tapped), tapped.failure]);
  } finally {
    closeOnce(client);
    closeOnce(server);
  }
  await tapped.finish();
  await printer.passage(connection, { event: "ended" });
  return true;
}

async function tapAll(listener: Deno.TcpListener, max: number, tap: Tap): Promise<boolean> {
  const running = new Set<Promise<void>>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // it is raced below
  let reachedAll = true;
  for (let number = 1; number <= max; number++) {
    const client = await Promise.race([listener.accept(), failed.promise]);
    const tapped = tapOne(client, number, tap)
      .then((reached) => void (reachedAll &&= reached), failed.reject)
      .finally(() => running.delete(tapped));
    running.add(tapped);
    if (running.size >= MAX_OPEN) await Promise.race([...running, failed.promise]);
  }
  listener.close();
  await Promise.race([Promise.all(running), failed.promise]);
  return reachedAll;
}

async function run(args: Args, io: Io): Promise<Outcome> {
  const [listen = "", to = ""] = args.positional;
  const address = readListenAddress(listen);
  const target = readTarget(to, 443);
  const path = args.one("key-log");
  const max = args.number("connections") ?? Infinity;
  const options = { brief: args.has("brief"), data: args.has("data"), hex: args.has("hex") };
  const keyLog = path === undefined ? null : new KeyLogFile(path);
  // Before anybody connects: it may be a folder, or of another user
  await keyLog?.read();
  using listener = Deno.listen(address);
  const { hostname, port } = listener.addr;
  await io.err.line(
    `Listening on ${where({ hostname, port })} for ${where(target)}; Ctrl-C ends it`,
  );
  const printer = args.has("json")
    ? new JsonTapPrinter(io.out, options)
    : new TextTapPrinter(io.out, options);
  return await tapAll(listener, max, { target, keyLog, sessions: new SessionMemory(), printer })
    ? "good"
    : "unreachable";
}

/** The command. */
export const COMMANDS: readonly Command[] = [{
  name: "tap",
  args: "LISTEN TARGET",
  text: "Show each record and message of TLS that goes to a server and back, explained",
  more: [
    "Clients connect to LISTEN, a PORT of this machine (0 for any) or ADDRESS:PORT, and reach " +
    "TARGET, HOST or HOST:PORT, through it. Nothing is changed on the way, so certificates are " +
    "the server's own: a client that checks its name has to be told it, as with curl " +
    "--connect-to. What a field is for is said once, where it comes first.",
    "With --key-log what is encrypted is shown, too, in TLS 1.3 and 1.2: have the client or the " +
    "server write the file (openssl -keylogfile, nss client --key-log; curl, browsers and " +
    "GnuTLS by the variable SSLKEYLOGFILE). It may grow while this runs. Who has it reads all, " +
    "passwords as well: with --data they are on the screen.",
    "Plain text before TLS (STARTTLS) is shown as text.",
  ],
  options: OPTIONS,
  examples: [
    {
      line: "tap 8443 example.com",
      text: "then: curl --connect-to example.com:443:127.0.0.1:8443 https://example.com/",
    },
    {
      line: "tap 8443 localhost:4433 --key-log keys.log --data",
      text: "decrypted; then: SSLKEYLOGFILE=keys.log curl -k https://localhost:8443/",
    },
    { line: "tap 2525 mail.example:25 --brief", text: "SMTP with STARTTLS, in short" },
    { line: "tap 0 localhost:4433 --connections 1 --json", text: "for programs" },
  ],
  json: TAP_MEMBERS,
  hasEvents: true,
  run,
}];
