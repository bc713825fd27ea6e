// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A server that refuses an upload early: it reads the head of the request, answers, and closes,
 * while the client is still sending.
 *
 * @module
 */

import { importFD } from "@nss/nss";
import { programVersion, run, spawn } from "../process.ts";
import type { TestPki } from "../test_pki.ts";
import type { Availability, Version } from "./peer.ts";

/** The length of the upload. */
export const UPLOAD = 16 << 20;

const BODY = "x".repeat(1000);

/** The answer, which must arrive whole. */
export const ANSWER = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n" +
  `Content-Length: ${BODY.length}\r\n\r\n${BODY}`;

const HEAD = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${UPLOAD}\r\n\r\n`;

/** A server that answers early. */
export interface EarlyServer extends AsyncDisposable {
  readonly port: number;
  /** What has gone wrong, a line each. */
  problems(): string;
}

/** What both ends are told. */
export interface EarlyOptions {
  readonly pki: TestPki;
  readonly version: Version;
}

/** A kind of server. */
export interface EarlyServerKind {
  readonly name: string;
  available(): Promise<Availability>;
  start(options: EarlyOptions): Promise<EarlyServer>;
}

/** A kind of client; `upload` returns what it got for an answer, or why it got none. */
export interface EarlyClientKind {
  readonly name: string;
  available(): Promise<Availability>;
  upload(options: EarlyOptions, port: number): Promise<string>;
}

const HERE: Availability = { ok: true, version: Deno.version.deno };

/** The clients. */
export const EARLY_CLIENTS = {
  ours: {
    name: "importFD, which reads and writes at once",
    available: () => Promise.resolve(HERE),
    async upload(options, port) {
      const socket = await connectOurs(options, port);
      const sending = send(socket).catch(() => {}); // it is cut off
      const answer = await readAnswer(socket);
      socket[Symbol.dispose]();
      await sending;
      return answer;
    },
  },
  oursLate: {
    name: "importFD, which reads when it can write no more",
    available: () => Promise.resolve(HERE),
    async upload(options, port) {
      const socket = await connectOurs(options, port);
      await send(socket).catch(() => {});
      const answer = await readAnswer(socket);
      await socket.close().catch(() => {});
      return answer;
    },
  },
  curl: {
    name: "curl",
    available: () => programVersion("curl", ["--version"], /^curl (\S+)/m),
    async upload({ pki, version }, port) {
      const file = `${pki.directory}/upload.bin`;
      await Deno.writeFile(file, new Uint8Array(UPLOAD));
      const { stdout, stderr } = await run("curl", {
        // deno-fmt-ignore
        args: ["-sS", "--cacert", pki.rootFile, "-H", "Expect:", "--data-binary", `@${file}`, "-i",
          version === "TLSv1.3" ? "--tlsv1.3" : "--tls-max", ...(version === "TLSv1.3" ? [] : ["1.2"]),
          "--max-time", "20", `https://localhost:${port}/`],
      });
      return stdout + stderr;
    },
  },
  node: {
    name: "node:tls",
    available: () => programVersion("node", ["--version"], /^v(\d+\.\S+)/m),
    async upload(options, port) {
      const { stdout } = await runNode("client", options, port);
      return JSON.parse(stdout).answer;
    },
  },
} as const satisfies Record<string, EarlyClientKind>;

/** The servers. */
export const EARLY_SERVERS = {
  ours: {
    name: "importFD",
    available: () => Promise.resolve(HERE),
    start: startOurs,
  },
  node: {
    name: "node:tls",
    available: () => programVersion("node", ["--version"], /^v(\d+\.\S+)/m),
    async start(options) {
      const process = spawn("node", { args: nodeArgs("server", options, 0), timeout: 600_000 });
      const found = await process.waitFor((p) => /"listening":(\d+)/.exec(p.stdout));
      return {
        port: Number(found[1]),
        problems: () => process.stderr,
        [Symbol.asyncDispose]: () => process.close(),
      };
    },
  },
} as const satisfies Record<string, EarlyServerKind>;

function nodeArgs(role: string, { pki, version }: EarlyOptions, port: number): string[] {
  const { chain: cert, key } = pki.leaf("server", "ecdsa-p256");
  return [
    `${import.meta.dirname}/early_answer.mjs`,
    JSON.stringify({
      role,
      cert,
      key,
      ca: pki.root,
      version,
      port,
      head: HEAD,
      answer: ANSWER,
      upload: UPLOAD,
    }),
  ];
}

async function runNode(role: string, options: EarlyOptions, port: number) {
  return await run("node", { args: nodeArgs(role, options, port) });
}

async function connectOurs({ pki, version }: EarlyOptions, port: number) {
  return importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
    hostname: "localhost",
    caCerts: [pki.root],
    versions: { min: version, max: version },
  });
}

type OurSocket = Awaited<ReturnType<typeof connectOurs>>;

async function send(socket: OurSocket): Promise<void> {
  await socket.write(new TextEncoder().encode(HEAD));
  const chunk = new Uint8Array(65536);
  for (let sent = 0; sent < UPLOAD; sent += chunk.length) await socket.write(chunk);
}

async function readAnswer(socket: OurSocket): Promise<string> {
  let answer = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(16384);
  try {
    for (let count; (count = await socket.read(buffer)) !== null;) {
      answer += decoder.decode(buffer.subarray(0, count));
      if (answer.length >= ANSWER.length) break;
    }
  } catch (error) {
    answer += error instanceof Error ? `${error.name} ${error.message}` : String(error);
  }
  return answer;
}

// deno-lint-ignore require-await
async function startOurs({ pki, version }: EarlyOptions): Promise<EarlyServer> {
  const { chain: cert, key } = pki.leaf("server", "ecdsa-p256");
  const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listener = importFD(tcp, {
    certificates: [{ cert, key }],
    versions: { min: version, max: version },
    closeTimeout: 20_000,
  });
  let problems = "";
  const serving = (async () => {
    for await (const socket of listener) {
      const serve = async () => {
        await socket.read(new Uint8Array(1000));
        await socket.write(new TextEncoder().encode(ANSWER));
        await socket.close();
      };
      serve().catch((error) => problems += `${error}\n`);
    }
  })();
  return {
    port: tcp.addr.port,
    problems: () => problems,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}
