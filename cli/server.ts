// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss server`: TLS for tests: echo, files, a command for each connection, a page. @module */

import { importLazily } from "../cert/base/lazy_module.ts";
import { createCertificate } from "../cert/mod.ts";
import { generateKeyPair } from "../pkcs11/mod.ts";
import { type CertificateOptions, importFD, type ImportOptions } from "../ssl/mod.ts";
import { type Args, type Option, UsageError } from "./base/args.ts";
import type { Command, Outcome } from "./base/command.ts";
import { findProgram, readCommand } from "./base/children.ts";
import { failureOf } from "./base/fail.ts";
import { LocalError, writeFile } from "./base/files.ts";
import type { Io } from "./base/io.ts";
import { FORMAT, jsonLine } from "./base/reporting.ts";
import { join, safe } from "./base/text.ts";
import { INSPECTION_MEMBERS } from "./inspect/inspection_members.ts";
import { isUnknownName } from "./net/connect.ts";
import { environmentOf, execute, failureOfCommand } from "./net/execute.ts";
import { describeClient, echo, serveAll, type Use } from "./net/serve_connections.ts";
import { serveFile } from "./net/serve_file.ts";
import type { Target } from "./net/target.ts";
import {
  IDENTITY_OPTIONS,
  readPairs,
  readTrust,
  TLS_OPTIONS,
  tlsOptions,
  TRUST_OPTIONS,
} from "./net/tls_options.ts";

const CLIENT_AUTH = ["none", "request", "require"] as const;

const OPTIONS: readonly Option[] = [
  { name: "port", value: "PORT", text: "where to listen (4433); 0 for any", example: "8443" },
  { name: "address", value: "ADDRESS", text: "on which address (127.0.0.1)", example: "0.0.0.0" },
  { name: "files", value: "DIR", text: "serve the files of a folder by HTTP", example: "public" },
  {
    name: "exec",
    value: "COMMAND",
    text: "run a command for each connection, whose standard input and output it is",
    example: "cat",
  },
  {
    name: "inspect",
    text: "serve each visitor a page that shows its own handshake, and explains it",
  },
  ...IDENTITY_OPTIONS.map((option) =>
    option.name === "cert"
      ? { ...option, text: `${option.text} (repeatable, for several names; each with its --key)` }
      : option
  ),
  {
    name: "self-signed",
    value: "NAME,...",
    text:
      "make a certificate for these names that nobody trusts yet; without --cert, for localhost",
    example: "localhost,app.test",
  },
  {
    name: "out",
    value: "FILE",
    text: "where to write that certificate, for the --ca of clients",
    example: "server.pem",
  },
  {
    name: "client-auth",
    value: "HOW",
    text: "whether clients are asked for a certificate, which --ca or --db must vouch for",
    words: CLIENT_AUTH,
  },
  ...TRUST_OPTIONS.filter(({ name }) => name !== "crl").map((option) =>
    option.name === "ca" ? { ...option, needs: ["client-auth"] } : option
  ),
  ...TLS_OPTIONS,
  {
    name: "connections",
    value: "N",
    text: "end after so many connections; not with --files",
    example: "1",
  },
];

async function selfSigned(args: Args, io: Io): Promise<CertificateOptions> {
  const names = args.list("self-signed");
  if (args.has("self-signed") && names.length === 0) {
    throw new UsageError("Cannot take --self-signed: it names nobody, as localhost");
  }
  const dnsNames = names.length > 0 ? names : ["localhost"];
  const keys = await generateKeyPair();
  const cert = await createCertificate({
    ...keys,
    // curl refuses a certificate whose issuer has no name
    subject: `CN=${dnsNames[0]!.replaceAll(/[^\w.-]/g, "-")}`,
    dnsNames,
    days: 30,
  });
  const out = args.one("out");
  if (out !== undefined) await writeFile(out, cert.toPem(), io.out);
  await io.err.line(
    `The certificate for ${safe(dnsNames.join(", "))} is new and ` +
      `self-signed: ${
        out === undefined
          ? "--out writes it for the --ca of clients"
          : `clients trust it by --ca ${safe(out)}`
      }`,
  );
  return { cert, key: keys.privateKey };
}

/** Runs the command of `--exec`. */
async function commandOf(text: string, args: Args): Promise<Use> {
  const command = readCommand(text, "--exec");
  await findProgram(command[0]);
  // The password is for this program
  const secret = args.one("password-env");
  const hidden = secret === undefined ? {} : { [secret]: "" };
  return async (socket, info) => {
    const env = { ...environmentOf(info, socket.remoteAddr), ...hidden };
    return failureOfCommand(await execute(command, socket, env));
  };
}

/** Tells programs where it listens. */
async function tellListening(
  hostname: string,
  port: number,
  door: string,
  args: Args,
  io: Io,
): Promise<void> {
  if (!args.has("json")) return;
  await io.out.line(jsonLine({ format: 1, event: "listening", hostname, port, door }));
}

/** Serves the page of `--inspect`, until the process is ended. */
async function inspectAll(
  tls: ImportOptions,
  { hostname, port }: { readonly hostname: string; readonly port: number },
  args: Args,
  io: Io,
): Promise<void> {
  const { serveInspection } = await importLazily(
    "the page of --inspect",
    () => import("./inspect/serve_inspection.ts"),
  );
  const server = await serveInspection({
    hostname,
    port,
    tls,
    onAnswer: ({ method, path, status, door, info: { channelInfo } }) =>
      io.err.line(`${door}: ${method} ${safe(path)} ${status}: ${describeClient(channelInfo)}`),
    onFailure: (error, door) => io.err.line(`${door}: ${failureOf(error).says}`),
  });
  for (const [door, number] of server.ports) await tellListening(hostname, number, door, args, io);
  await io.err.line(
    [...server.ports].map(([door, number]) =>
      door === "main"
        ? `Listening on ${hostname}:${number}; Ctrl-C ends it\n` +
          `Look at https://${pageHost(hostname)}:${number}/ in a browser, or by curl -k; other ` +
          "handshakes are on other ports, to which the page leads:"
        : `  ${number}  ${door}`
    ).join("\n"),
  );
  await server.finished;
}

/** The host by which a browser on this machine reaches an address. */
function pageHost(address: string): string {
  if (address.includes(":")) return address === "::" ? "[::1]" : `[${address}]`;
  return address === "127.0.0.1" || address === "0.0.0.0" ? "localhost" : address;
}

async function checkFolder(path: string): Promise<void> {
  const info = await Deno.stat(path).catch(() => null);
  if (info?.isDirectory) return;
  throw new LocalError(
    `Cannot serve "${path}": ${info === null ? "there is no such folder" : "it is no folder"}`,
  );
}

function listen(where: Target): Deno.TcpListener {
  try {
    return Deno.listen(where);
  } catch (error) {
    if (!isUnknownName(error)) throw error;
    throw new LocalError(
      `Cannot listen: no address has the name "${where.hostname}"; 127.0.0.1 is this machine's own`,
      { cause: error },
    );
  }
}

/** Refuses what does not go together. */
function checkModes(args: Args): void {
  const modes = ["files", "exec", "inspect"].filter((name) => args.has(name));
  if (modes.length > 1) {
    throw new UsageError(`Cannot take ${join(modes.map((name) => `--${name}`))} at once`);
  }
  if (args.has("connections") && (args.has("files") || args.has("inspect"))) {
    throw new UsageError(
      `Cannot take --connections with --${modes[0]}: a browser opens as many as it likes`,
    );
  }
  if ((args.has("self-signed") || args.has("out")) && (args.has("cert") || args.has("p12"))) {
    throw new UsageError(
      "Cannot take --self-signed or --out with --cert or --p12: a certificate is given, so none is made",
    );
  }
}

async function run(args: Args, io: Io): Promise<Outcome> {
  checkModes(args);
  const [files, command] = [args.one("files"), args.one("exec")];
  const clientAuth = args.choice("client-auth", CLIENT_AUTH) ?? "none";
  if (clientAuth !== "none" && !args.has("ca") && !args.has("db")) {
    throw new UsageError(
      `Cannot take --client-auth ${clientAuth}: say by --ca or --db which authorities vouch for clients`,
    );
  }
  const where = {
    hostname: args.one("address") ?? "127.0.0.1",
    port: args.number("port", 65_535) ?? 4433,
  };
  const connections = args.number("connections", undefined, 1) ?? Infinity;
  if (files !== undefined) await checkFolder(files);
  const use = command === undefined ? null : await commandOf(command, args);
  await using trust = await readTrust(args, io);
  const pairs = await readPairs(args, trust, io);
  const certificates = pairs.length > 0 ? pairs : [await selfSigned(args, io)];
  const tls: ImportOptions = {
    ...tlsOptions(args),
    ...files !== undefined && !args.has("alpn") && { alpnProtocols: ["h2", "http/1.1"] },
    ...args.has("inspect") && !args.has("alpn") && { alpnProtocols: ["http/1.1"] },
    certificates,
    clientAuth,
    context: trust.context,
    ...trust.caCerts !== null && { caCerts: trust.caCerts },
  };
  if (args.has("inspect")) {
    await inspectAll(tls, where, args, io);
    return "good";
  }
  const listener = listen(where);
  const secured = importFD(listener, tls);
  const { hostname, port } = listener.addr;
  await tellListening(hostname, port, "main", args, io);
  await io.err.line(`Listening on ${hostname}:${port}; Ctrl-C ends it`);
  if (files !== undefined) {
    const { serve } = await importLazily("HTTP", () => import("../ssl/http/mod.ts"));
    const server = serve(secured, async (request, { channelInfo }) => {
      const response = await serveFile(files, request);
      await io.err.line(
        `${request.method} ${safe(new URL(request.url).pathname)} ${response.status}: ${
          describeClient(channelInfo)
        }`,
      );
      return response;
    });
    await server.finished;
    return "good";
  }
  await serveAll(secured, use ?? echo, connections, io);
  return "good";
}

/** The command. */
export const COMMANDS: readonly Command[] = [{
  name: "server",
  args: "",
  text:
    "Serve TLS: send back what comes, static files, what a command says, or the handshake itself",
  more: [
    "Each connection is told of on standard error: what was negotiated, who the client is, or why " +
    "it failed. A certificate is chosen by the name that the client asks for.",
    "--inspect shows visitors their own handshake: what their client has sent, field by field, " +
    "what was negotiated and why, and what a better client would have sent. Browsers get a page, " +
    "which needs no script, curl gets text, and /json is for programs. Further ports, which are " +
    "told at the start, take other handshakes: one version only, other groups, a client " +
    "certificate, early data. Nothing is stored.",
    "The words of --exec are separated by spaces, quotes hold them together, and no shell reads " +
    "them. The command finds REMOTE_ADDR, REMOTE_PORT, SSL_PROTOCOL, SSL_CIPHER, SSL_TLS_SNI, " +
    "SSL_CLIENT_VERIFY (NONE or SUCCESS), SSL_CLIENT_S_DN and SSL_CLIENT_CERT in its " +
    "environment. It is ended where the connection fails, or this program ends.",
  ],
  options: OPTIONS,
  examples: [
    {
      line: "server --self-signed localhost --out server.pem",
      text: "echo; then: nss client localhost:4433 --ca server.pem",
    },
    {
      line: "server --files public --cert www.pem --key www.key --port 8443",
      text: "a folder by HTTP",
    },
    { line: "server --cert a.pem --key a.key --cert b.pem --key b.key", text: "two names" },
    {
      line: "server --inspect --port 8443",
      text: "then open https://localhost:8443/ in a browser, or: curl -k https://localhost:8443/",
    },
    {
      line: "server --client-auth require --ca clients.pem --exec date",
      text: "only for those who have a certificate",
    },
  ],
  json: {
    ...FORMAT,
    event: "listening: connections are taken from now on",
    hostname: "the address",
    port: "the port",
    door: "main, or which other handshakes a port of --inspect takes",
  },
  hasEvents: true,
  answers: {
    where: "--inspect answers /json",
    members: INSPECTION_MEMBERS,
  },
  run,
}];
