// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Servers that begin to read late: what a client has written, and closed after, lies unread, in
 * this end's kernel or in the peer's, while the server sends what it sends by itself.
 *
 * @module
 */

import { importFD, type SslSocket } from "@nss/nss";
import { type Process, programVersion, spawn } from "../process.ts";
import type { TestPki } from "../test_pki.ts";
import { openNamespace } from "../namespace.ts";
import { gnutls } from "./gnutls.ts";
import type { Availability, Version } from "./peer.ts";

/** How long a server waits in milliseconds until it reads. */
export const LATENESS = 300;

/** The byte that is sent: servers that print what comes print it as a character. */
export const BYTE = 0x7e;

/** How long a server gets in milliseconds to read one upload, and to live. */
const PATIENCE = 60_000;
const TIMEOUT = 600_000;

/** What carries the records. */
export type Carrier = "TCP" | "Unix";

/** What {@linkcode LateReader.start} takes. */
export interface LateOptions {
  readonly pki: TestPki;
  readonly version: Version;
  readonly carrier: Carrier;
}

/** A server that runs, for one connection after the other. */
export interface LateServer extends AsyncDisposable {
  /** The port of 127.0.0.1 on which it listens, if it does. */
  readonly port?: number;
  /** Connects to it. */
  connect(): Promise<Deno.Conn>;
  /**
   * Is called when a client's handshake is complete: from now on the server does not read for a
   * while. Resolves with the number of bytes that it got until the end.
   */
  receive(): Promise<number>;
}

/** A kind of server. */
export interface LateReader {
  readonly name: string;
  readonly carriers: readonly Carrier[];
  available(): Promise<Availability>;
  start(options: LateOptions): Promise<LateServer>;
}

const HERE: Availability = { ok: true, version: Deno.version.deno };

/** All kinds. */
export const LATE_READERS: readonly LateReader[] = [
  {
    name: "openssl s_server",
    carriers: ["TCP"], // OpenSSL 3.0 fails now and then to print a Unix socket's address, and ends
    available: () => programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m),
    start: startOpenssl,
  },
  {
    name: "node:tls",
    carriers: ["TCP", "Unix"],
    available: () => programVersion("node", ["--version"], /^v(\d+\.\S+)/m),
    start: startNode,
  },
  {
    name: "gnutls-serv",
    carriers: ["TCP"],
    available: () => gnutls.available(),
    start: startGnutls,
  },
  {
    name: "Deno.listenTls",
    carriers: ["TCP"],
    available: () => Promise.resolve(HERE),
    start: (options) => Promise.resolve(startNative(options)),
  },
  {
    name: "importFD",
    carriers: ["TCP", "Unix"],
    available: () => Promise.resolve(HERE),
    start: (options) => Promise.resolve(startOurs(options)),
  },
];

function leafOf({ pki }: LateOptions) {
  return pki.leaf("server", "ecdsa-p256");
}

/** A path for a Unix socket, and how to connect to either. */
function pathFor({ pki }: LateOptions): string {
  return `${pki.directory}/${crypto.randomUUID().slice(0, 8)}`;
}

const delay = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Stops a process for a while, and with it its reading. */
async function holdBack({ pid }: Process): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  await delay(LATENESS);
  Deno.kill(pid, "SIGCONT");
}

async function startOpenssl(options: LateOptions): Promise<LateServer> {
  const { version, pki } = options;
  const leaf = leafOf(options);
  let bytes = 0;
  const process = spawn("openssl", {
    // deno-fmt-ignore
    args: ["s_server", "-accept", "127.0.0.1:0", "-cert", leaf.certFile, "-key", leaf.keyFile,
      "-cert_chain", pki.intermediateFile, version === "TLSv1.3" ? "-tls1_3" : "-tls1_2"],
    interactive: true,
    timeout: TIMEOUT,
    filter: (text) => {
      const rest = text.replaceAll(String.fromCharCode(BYTE), "");
      bytes += text.length - rest.length;
      return rest;
    },
  });
  const found = await process.waitFor((p) => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(p.stdout));
  const port = Number(found[1]);
  return {
    port,
    connect: () => Deno.connect({ hostname: "127.0.0.1", port }),
    async receive() {
      bytes = 0;
      const start = process.stdout.length;
      await holdBack(process);
      await process.waitFor((p) => /^(?:DONE|ERROR)$/m.exec(p.stdout.slice(start)), PATIENCE);
      return bytes;
    },
    [Symbol.asyncDispose]: () => process.close(),
  };
}

async function startNode(options: LateOptions): Promise<LateServer> {
  const { version, carrier } = options;
  const { chain: cert, key } = leafOf(options);
  const path = pathFor(options);
  const address = carrier === "TCP" ? { host: "127.0.0.1", port: 0 } : { path };
  const process = spawn("node", {
    args: [
      `${import.meta.dirname}/late_reader.mjs`,
      JSON.stringify({ cert, key, version, address, delay: LATENESS }),
    ],
    timeout: TIMEOUT,
  });
  const lines = () => process.stdout.split("\n").slice(0, -1);
  const found = await process.waitFor((p) => /"listening":(\d+)/.exec(p.stdout));
  const port = Number(found[1]);
  return {
    port,
    connect: () => connect(carrier, port, path),
    async receive() {
      const count = lines().length;
      await process.waitFor(() => lines()[count] === undefined ? null : lines(), PATIENCE);
      return JSON.parse(lines()[count]!).bytes;
    },
    [Symbol.asyncDispose]: () => process.close(),
  };
}

/** It prints each record that it decrypts, among much else. */
async function startGnutls(options: LateOptions): Promise<LateServer> {
  const { version } = options;
  const leaf = leafOf(options);
  const port = 4433;
  let bytes = 0;
  let ends = 0;
  let line = "";
  const namespace = await openNamespace();
  const process = namespace.spawn("gnutls-serv", {
    // deno-fmt-ignore
    args: ["-d", "5", "--echo", "--port", String(port), "--disable-client-cert",
      "--priority", `NORMAL:-VERS-ALL:+VERS-${version.replace("v", "")}`,
      "--x509certfile", leaf.chainFile, "--x509keyfile", leaf.keyFile],
    timeout: TIMEOUT,
    filter: (text) => {
      const lines = (line + text).split("\n");
      line = lines.pop() ?? "";
      for (const line of lines) {
        const [, length] = /Decrypted Packet.* Application Data.* length: (\d+)/.exec(line) ?? [];
        bytes += Number(length ?? 0);
        if (/Close notify - was received|non-properly terminated/.test(line)) ends++;
      }
      return "";
    },
  });
  return {
    connect: () => namespace.connect(port),
    async receive() {
      bytes = 0;
      const before = ends;
      await holdBack(process);
      await process.waitFor((p) => ends > before ? p : null, PATIENCE);
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      await process.close();
      await namespace.close();
    },
  };
}

async function connect(carrier: Carrier, port: number, path: string): Promise<Deno.Conn> {
  return carrier === "TCP"
    ? await Deno.connect({ hostname: "127.0.0.1", port })
    : await Deno.connect({ transport: "unix", path });
}

function startNative(options: LateOptions): LateServer {
  const { chain: cert, key } = leafOf(options);
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  return serveInProcess(
    () => Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener,
  );
}

function startOurs(options: LateOptions): LateServer {
  const { chain: cert, key } = leafOf(options);
  const path = pathFor(options);
  const transport = options.carrier === "TCP"
    ? Deno.listen({ hostname: "127.0.0.1", port: 0 })
    : Deno.listen({ transport: "unix", path });
  const listener = importFD<Deno.Addr>(transport, { certificates: [{ cert, key }] });
  const port = "port" in transport.addr ? transport.addr.port : 0;
  return serveInProcess(() => connect(options.carrier, port, path), listener);
}

/** What both stacks of this process have. */
interface Accepted {
  handshake(): Promise<unknown>;
  read(p: Uint8Array): Promise<number | null>;
  close(): void | Promise<void>;
}

function serveInProcess(
  connect: () => Promise<Deno.Conn>,
  listener: { accept(): Promise<Accepted>; close(): void },
): LateServer {
  let socket: Promise<Accepted> | undefined;
  return {
    async connect() {
      socket = listener.accept().then(async (socket) => {
        await socket.handshake();
        return socket;
      });
      socket.catch(() => {}); // receive() reports it
      return await connect();
    },
    async receive() {
      if (socket === undefined) throw new Error("Cannot receive: there is no connection");
      const accepted = await socket;
      await delay(LATENESS);
      let bytes = 0;
      try {
        const buffer = new Uint8Array(65536);
        for (let count; (count = await accepted.read(buffer)) !== null;) bytes += count;
      } catch {
        return bytes; // cut off
      } finally {
        await accepted.close();
      }
      return bytes;
    },
    // deno-lint-ignore require-await
    async [Symbol.asyncDispose]() {
      listener.close();
    },
  };
}

/** The ways to end an upload. */
export const ENDINGS: Readonly<Record<string, (socket: SslSocket, data: Uint8Array) => unknown>> = {
  "close()": async (socket, data) => {
    await socket.write(data);
    await socket.close();
  },
  "await using": async (socket, data) => {
    await using held = socket;
    await held.write(data);
  },
  "the end of writable": async (socket, data) => {
    await new Blob([data.slice()]).stream().pipeTo(socket.writable);
    await socket.close();
  },
};

/**
 * Uploads to a late reader, and closes at once.
 *
 * @returns The number of bytes that it got.
 */
export async function uploadAndClose(
  server: LateServer,
  options: LateOptions,
  length: number,
  end: (socket: SslSocket, data: Uint8Array) => unknown = ENDINGS["close()"]!,
): Promise<number> {
  const { pki, version } = options;
  const socket = importFD(await server.connect(), {
    hostname: "localhost",
    caCerts: [pki.root],
    versions: { min: version, max: version },
    closeTimeout: 60_000,
  });
  await socket.handshake();
  const received = server.receive();
  await end(socket, new Uint8Array(length).fill(BYTE));
  return await received;
}
