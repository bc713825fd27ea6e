// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss client`: who a server is, what was negotiated and why, and what is wrong. @module */

import { NssError } from "../cert/base/errors.ts";
import { type Args, type Option, UsageError } from "./base/args.ts";
import type { Command, Outcome } from "./base/command.ts";
import { Unreachable } from "./base/fail.ts";
import { readBytes } from "./base/files.ts";
import type { Io } from "./base/io.ts";
import { Waiting } from "./base/waiting.ts";
import { TIMEOUT_OPTION, timeoutOf, where } from "./net/connect.ts";
import { CT_LOGS_OPTION, readCtLogs } from "./net/ct_logs.ts";
import { explainLoss } from "./net/failure.ts";
import { askOldVersion } from "./net/old_version.ts";
import { pipe } from "./net/pipe.ts";
import { PlainTextError } from "./net/plain_text.ts";
import { type Report, REPORT_MEMBERS, reportOf, reportWithout } from "./net/report.ts";
import { flightLines, reportText, verdictLine } from "./net/report_text.ts";
import { REVOCATION_OPTION, revocationOf } from "./net/revocation.ts";
import { STARTTLS, STARTTLS_NAMES, STARTTLS_OPTION } from "./net/starttls.ts";
import { NAME_OPTION, readTarget } from "./net/target.ts";
import {
  IDENTITY_OPTIONS,
  readCrls,
  readTrust,
  TLS_OPTIONS,
  tlsOptions,
  type Trust,
  TRUST_OPTIONS,
} from "./net/tls_options.ts";
import { drain, isLate, type Visit, visit, type VisitOptions } from "./net/visit.ts";

/** How long the server may take to give tickets, or to refuse the client, in milliseconds. */
const PATIENCE = 1000;

const OPTIONS: readonly Option[] = [
  NAME_OPTION,
  STARTTLS_OPTION,
  ...TRUST_OPTIONS,
  REVOCATION_OPTION,
  ...IDENTITY_OPTIONS,
  ...TLS_OPTIONS,
  { name: "trace", text: "print what each message of each flight says" },
  CT_LOGS_OPTION,
  {
    name: "early-data",
    value: "FILE",
    text: "send a file as early data of the second connection, which somebody may send again: " +
      "only what does no harm twice, as a GET",
    example: "request.txt",
  },
  { name: "no-resume", text: "make no second connection to resume the session" },
  {
    name: "key-log",
    value: "FILE",
    text: "append the secrets of the connection, with which Wireshark decrypts it",
    example: "keys.log",
  },
  {
    name: "pipe",
    text: "send standard input to the server, and what it sends to standard output, till it ends " +
      "the connection, as netcat does",
  },
  {
    name: "half-close",
    needs: ["pipe"],
    text:
      "with --pipe: tell the server when standard input ends; some wait for that, others then " +
      "drop what they have still to send",
  },
  {
    name: "insecure",
    needs: ["pipe", "cert", "p12"],
    text: "with --pipe or a client certificate: go on although the server is not good",
  },
  TIMEOUT_OPTION,
];

async function optionsOf(args: Args, trust: Trust, io: Io): Promise<VisitOptions> {
  const starttls = args.choice("starttls", STARTTLS_NAMES) ?? null;
  const port = starttls === null ? 443 : STARTTLS[starttls].port;
  const target = readTarget(args.positional[0]!, port);
  return {
    target,
    hostname: args.one("name") ?? target.hostname,
    starttls,
    timeout: timeoutOf(args),
    tls: tlsOptions(args),
    trust,
    revocation: revocationOf(args, await readCrls(args, trust, io)),
    insecure: args.has("insecure"),
  };
}

async function run(args: Args, io: Io): Promise<Outcome> {
  await using trust = await readTrust(args, io);
  const options = await optionsOf(args, trust, io);
  const logs = await readCtLogs(args, io);
  const early = await readEarlyData(args, io);
  const waiting = new Waiting(io.err);
  let seen;
  try {
    seen = await waiting.for(`Waiting for ${where(options.target)}`, visit(options));
  } catch (error) {
    if (!(error instanceof PlainTextError)) throw error;
    return await tell(reportWithout(options, error), args, io);
  }
  await logKeys(args, seen);
  if (args.has("pipe")) return await pipeThrough(seen, options, args, io);
  await drain(seen, options.starttls, PATIENCE);
  await seen.socket.close();
  const again = await waiting.for("Resuming the session", resume(seen, options, args, early));
  const oldVersion = await waiting.for("Asking for old versions", askOldVersion(seen, options));
  const report = await reportOf(seen, options, { again, oldVersion, logs, now: new Date() });
  const outcome = await tell(report, args, io);
  return isLate(seen) ? "unreachable" : outcome;
}

/** Reads what `--early-data` names, before anybody is connected to. */
async function readEarlyData(
  args: Args,
  io: Io,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = args.one("early-data");
  if (path === undefined) return undefined;
  if (args.has("no-resume")) throw new UsageError("Cannot take --early-data with --no-resume");
  if (args.has("pipe")) throw new UsageError("Cannot take --early-data with --pipe");
  return await readBytes(path, io);
}

/** Tries to resume the session on a second connection. */
async function resume(
  seen: Visit,
  options: VisitOptions,
  args: Args,
  early: Uint8Array<ArrayBuffer> | undefined,
): Promise<Visit | null> {
  if (seen.token === null || seen.error !== null || args.has("no-resume")) return null;
  try {
    const again = await visit(options, seen.token, early);
    await drain(again, options.starttls, PATIENCE);
    await again.socket.close();
    await logKeys(args, again);
    return again;
  } catch (error) {
    // A server that takes one connection only is no worse for it
    if (error instanceof Unreachable || error instanceof PlainTextError) return null;
    throw error;
  }
}

async function logKeys(args: Args, { keyLog }: Visit): Promise<void> {
  const path = args.one("key-log");
  if (path === undefined || keyLog.length === 0) return;
  await Deno.writeTextFile(path, `${keyLog.join("\n")}\n`, { append: true, mode: 0o600 });
}

async function tell(report: Report, args: Args, { out }: Io): Promise<Outcome> {
  await out.line(
    args.has("json") ? JSON.stringify(report) : reportText(report, out, args.has("trace")),
  );
  return report.good ? "good" : "negative";
}

async function pipeThrough(
  seen: Visit,
  options: VisitOptions,
  args: Args,
  io: Io,
): Promise<Outcome> {
  const more = { again: null, oldVersion: null, logs: null, now: new Date() };
  const report = await reportOf(seen, options, more);
  if (!report.good && (seen.info === null || !options.insecure)) {
    await io.err.line(reportText(report, io.err, args.has("trace")));
    await seen.socket.close();
    return isLate(seen) ? "unreachable" : "negative";
  }
  await io.err.line(verdictLine(report, io.err));
  if (args.has("trace")) await io.err.line(flightLines(report.flights, io.err, true).join("\n"));
  seen.conn.stop();
  try {
    await pipe(seen.socket, io, args.has("half-close"));
    await seen.socket.close();
    return "good";
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    const { says, cause, cure } = explainLoss(error, seen);
    await io.err.line(`${says}: ${cause}; ${cure} (${error.name})`);
    await seen.socket.close();
    return "negative";
  }
}

/** The command. */
export const COMMANDS: readonly Command[] = [{
  name: "client",
  args: "HOST[:PORT]",
  text: "Connect to a server, and show who it is, what was negotiated and why, and what is wrong",
  more: [
    "Nothing is sent to the server but the handshake, unless --pipe is given. A server whose " +
    "certificate is not good is looked at to the end, and gets neither data nor a client " +
    "certificate. A second connection tries to resume the session, and early data without a byte " +
    "in it, which nobody can replay (--early-data sends some); where a handshake fails as with an " +
    "old server, others ask which old version it has.",
  ],
  options: OPTIONS,
  json: REPORT_MEMBERS,
  examples: [
    { line: "client example.com", text: "who is it, is it good, what was negotiated and why" },
    { line: "client mail.example.com --starttls smtp", text: "a mail server, on port 587" },
    { line: "client 10.0.0.7:8443 --name app.internal --ca root.pem", text: "a private authority" },
    { line: "client example.com --trace", text: "what each message of the handshake says" },
    { line: "client example.com --versions 1.2", text: "does it have TLS 1.2 still?" },
    {
      line: "client api.example.com --p12 me.p12 --pipe < request",
      text: "send a request with a client certificate",
    },
  ],
  run,
}];
