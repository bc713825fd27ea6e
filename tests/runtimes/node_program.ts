// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.
// deno-lint-ignore-file no-console no-process-global

/**
 * The checks as a program of Node, Bun or Deno: `node node_program.js peers.json` prints a line of
 * JSON when it listens as a server, and one with the results at its end.
 *
 * @module
 */

import { type ConnLike, importFD, importPrivateKey } from "@nss/nss";
import { fromNodeStream } from "@nss/nss/node";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { type Peers, runChecks } from "./checks.ts";
import { NODE_CHECKS } from "./http_checks.ts";

async function connectTo(port: number): Promise<ConnLike> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return fromNodeStream(socket);
}

/** Serves `openssl s_client`, which sends a line and wants it back, so many times. */
async function serve(peers: Peers, clients: number): Promise<string[]> {
  const key = await importPrivateKey(peers.server.key);
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  console.log(JSON.stringify({ port: Object(server.address()).port }));
  const seen: string[] = [];
  for (let i = 0; i < clients; i++) {
    const [socket] = await once(server, "connection");
    const tls = importFD(fromNodeStream(socket), {
      role: "server",
      certificates: [{ cert: peers.server.chain, key }],
      clientAuth: "require",
      caCerts: [peers.root],
    });
    const { version, peerCertificates } = await tls.handshake();
    const buffer = new Uint8Array(4096);
    for (let count; (count = await tls.read(buffer)) !== null;) {
      await tls.write(buffer.slice(0, count));
    }
    await tls.close();
    seen.push(`${version} ${peerCertificates[0]?.subject.commonName}`);
  }
  server.close();
  return seen;
}

/** What others rely on: after our calls it is as it was. */
const emitWarning = Object.getOwnPropertyDescriptor(process, "emitWarning");
const warnings: string[] = [];
process.on("warning", (warning) => warnings.push(String(warning)));
const listeners = process.listenerCount("warning");

const peers: Peers = JSON.parse(await readFile(process.argv[2]!, "utf8"));
const environment = { peers, connect: connectTo };
const results = [
  ...await runChecks(environment),
  ...await runChecks(environment, NODE_CHECKS),
];
const served = await serve(peers, 2);

process.emitWarning("a warning of the application", "ExperimentalWarning");
await new Promise((resolve) => setTimeout(resolve, 10));
const untouched = listeners === process.listenerCount("warning") &&
  emitWarning?.value === Object.getOwnPropertyDescriptor(process, "emitWarning")?.value;
console.log(JSON.stringify({ results, served, warnings, untouched }));
