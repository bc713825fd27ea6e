// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Early data with openssl and GnuTLS, in both roles.

import { assertEquals, assertMatch } from "@std/assert";
import { NssContext } from "@nss/nss/pkcs11";
import {
  getChannelInfo,
  importFD,
  type ImportOptions,
  readEarlyData,
  type SslSocket,
  writeEarlyData,
} from "@nss/nss/ssl";
import { gnutls } from "../support/peers/gnutls.ts";
import { openssl } from "../support/peers/openssl.ts";
import { run, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";

const EARLY = "early bytes\n";
const LATE = "late bytes\n";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A server program: its arguments, and what it writes once it listens. */
interface ServerProgram {
  readonly command: string;
  readonly args: (port: number, files: Files) => readonly string[];
  readonly ready: RegExp;
}

interface Files {
  readonly chain: string;
  readonly key: string;
}

const SERVERS: readonly ServerProgram[] = [
  {
    command: "openssl",
    // deno-fmt-ignore
    args: (port, { chain, key }) => ["s_server", "-accept", `127.0.0.1:${port}`, "-cert", chain,
      "-cert_chain", chain, "-key", key, "-early_data", "-max_early_data", "2000"],
    ready: /ACCEPT/,
  },
  {
    command: "gnutls-serv",
    // deno-fmt-ignore
    args: (port, { chain, key }) => ["--port", `${port}`, "--x509certfile", chain, "--x509keyfile",
      key, "--echo", "--earlydata", "--maxearlydata", "2000", "--disable-client-cert"],
    ready: /listening on IPv4[^]*done/,
  },
];

const PEERS = { openssl, "gnutls-serv": gnutls, "gnutls-cli": gnutls };

async function test(
  program: string,
  title: string,
  fn: () => Promise<void>,
): Promise<void> {
  const found = await PEERS[program === "openssl" ? "openssl" : "gnutls-cli"].available();
  if (found.ok) Deno.test(title, fn);
  else skip(title, found.reason);
}

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function files(): Promise<Files & { readonly folder: string }> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  const folder = await Deno.makeTempDir({ dir: pki.directory });
  await Deno.writeTextFile(`${folder}/chain.pem`, leaf.chain);
  await Deno.writeTextFile(`${folder}/key.pem`, leaf.key);
  return { folder, chain: `${folder}/chain.pem`, key: `${folder}/key.pem` };
}

/** Reads until the text has come. */
async function readUntil(socket: SslSocket, text: string): Promise<string> {
  const buffer = new Uint8Array(1024);
  let seen = "";
  while (!seen.includes(text)) {
    const count = await socket.read(buffer);
    if (count === null) break;
    seen += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return seen;
}

for (const { command, args, ready } of SERVERS) {
  await test(command, `writeEarlyData() is accepted by ${command}`, async () => {
    const { root } = await testPki();
    const port = freePort();
    await using process = spawn(command, { args: args(port, await files()), interactive: true });
    await process.waitFor((p) => ready.exec(p.output));
    const context = new NssContext({ trustAnchors: [] });
    const connect = async () =>
      importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
        hostname: "localhost",
        caCerts: [root],
        context,
        groups: ["x25519"],
        handshakeTimeout: 10_000,
      });
    {
      const socket = await connect();
      assertEquals((await writeEarlyData(socket, bytesOf(EARLY))).outcome, "no-session");
      await socket.write(bytesOf(LATE));
      // The tickets come before what is written back.
      await process.write(LATE);
      await readUntil(socket, LATE);
      await socket.close();
    }
    const socket = await connect();
    const { outcome } = await writeEarlyData(socket, bytesOf(EARLY));
    assertEquals(outcome, "accepted", process.output);
    await socket.write(bytesOf(LATE));
    if (command === "openssl") {
      // What it reads goes out past what it prints.
      await process.waitFor((p) => p.output.includes(EARLY) ? p : null);
      await process.waitFor(/^Early data received:$/m);
    } else assertEquals(await readUntil(socket, LATE), LATE); // it echoes no early data
    assertEquals(getChannelInfo(socket).earlyDataLength, EARLY.length);
    await socket.close();
  });
}

/** Serves two connections of a client; returns what each sent early, and what in all. */
async function serveTwice(
  listener: Deno.TcpListener,
  options: ImportOptions = {},
): Promise<readonly { readonly early: string; readonly rest: string }[]> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  const context = new NssContext({ trustAnchors: [] });
  const seen = [];
  for (let i = 0; i < 2; i++) {
    const socket = importFD(await listener.accept(), {
      role: "server",
      certificates: [{ cert: leaf.chain, key: leaf.key }],
      context,
      groups: ["x25519"],
      maxEarlyData: 2000,
      halfRttData: true,
      allowTruncation: true,
      handshakeTimeout: 10_000,
      ...options,
    });
    const buffer = new Uint8Array(1024);
    let early = "";
    for (let count; (count = await readEarlyData(socket, buffer)) !== null;) {
      const piece = buffer.slice(0, count);
      early += new TextDecoder().decode(piece);
      await socket.write(piece); // before the client's Finished
    }
    await socket.handshake();
    await socket.write(bytesOf(LATE)); // and the tickets
    const rest = await readUntil(socket, LATE).catch((error) => String(error));
    seen.push({ early, rest });
    await socket.close().catch(() => {});
  }
  return seen;
}

await test("openssl", "readEarlyData() takes that of openssl s_client, once", async () => {
  const pki = await testPki();
  const { folder } = await files();
  await Deno.writeTextFile(`${folder}/early`, EARLY);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = serveTwice(listener);
  const connect = async (extra: readonly string[]): Promise<string> => {
    await using process = spawn("openssl", {
      // deno-fmt-ignore
      args: ["s_client", "-connect", `127.0.0.1:${listener.addr.port}`, "-servername", "localhost",
        "-CAfile", pki.rootFile, "-tls1_3", ...extra],
      interactive: true,
    });
    await process.waitFor((p) => p.output.includes(LATE) ? p : null);
    await process.write(LATE);
    await process.closeInput();
    await process.result();
    return process.output;
  };
  await connect(["-sess_out", `${folder}/session`]);
  const output = await connect(["-sess_in", `${folder}/session`, "-early_data", `${folder}/early`]);
  assertMatch(output, /Early data was accepted/);
  assertEquals((await serving).map(({ early }) => early), ["", EARLY]);
  assertEquals(output.includes(EARLY), true, "the answer that went before its Finished");
  // The same flight, again: its ticket's entry has been taken.
  const again = serveTwice(listener);
  const refused = await connect([
    "-sess_in",
    `${folder}/session`,
    "-early_data",
    `${folder}/early`,
  ]);
  assertMatch(refused, /Early data was (rejected|not sent)/);
  await connect([]);
  assertEquals((await again).map(({ early }) => early), ["", ""]);
});

await test("gnutls-cli", "readEarlyData() takes that of gnutls-cli", async () => {
  const pki = await testPki();
  const { folder } = await files();
  await Deno.writeTextFile(`${folder}/early`, EARLY);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  // It waits 50 ms for a ticket, and may go on without on a busy machine.
  for (let tries = 0;; tries++) {
    const serving = serveTwice(listener);
    const { stdout, stderr } = await run("gnutls-cli", {
      // deno-fmt-ignore
      args: ["--x509cafile", pki.rootFile, "--sni-hostname", "localhost", "--verify-hostname",
        "localhost", "--resume", "--earlydata", `${folder}/early`, "--port",
        `${listener.addr.port}`, "127.0.0.1"],
      input: LATE,
    });
    const early = (await serving).map(({ early }) => early);
    if (early[1] === "" && tries < 10) continue;
    assertEquals(early, ["", EARLY], stdout + stderr);
    return;
  }
});
