// Copyright 2026 the NSS for Deno authors. MIT license.

/** Our form of Node's `tls` against Node's own, OpenSSL and curl. @module */

import { once } from "node:events";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nss/nss/node";
import { OPENSSL_NAMES } from "../support/peers/peer.ts";
import { programVersion, run, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";
import { type PemIdentity, PEMS, TestClient, TestServer, within } from "../ssl/node/_node_peers.ts";

const directory = await Deno.makeTempDir({ prefix: "nss_node_tls_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = `${directory}/${name}`;
  await Deno.writeTextFile(path, text);
  return path;
}

async function files(name: string, { cert, key }: PemIdentity) {
  return { cert: await file(`${name}.pem`, cert), key: await file(`${name}.key`, key) };
}

const caFile = await file("root.pem", PEMS.root.cert);
const serverFiles = await files("server", PEMS.server);
const clientFiles = await files("client", PEMS.client);

/** A server of `node:tls` that says what it sees, a line of JSON each. */
const NODE_SERVER = `
const tls = require("node:tls"), fs = require("node:fs");
const [cert, key, ca] = process.argv.slice(1, 4).map((name) => fs.readFileSync(name));
const options = JSON.parse(process.argv[4]);
const server = tls.createServer({ cert, key, ca, ...options }, (socket) => {
  console.log(JSON.stringify({
    authorized: socket.authorized, servername: socket.servername, alpn: socket.alpnProtocol,
    protocol: socket.getProtocol(), cipher: socket.getCipher().name, reused: socket.isSessionReused(),
    subject: socket.getPeerCertificate().subject && socket.getPeerCertificate().subject.CN,
    sigalgs: socket.getSharedSigalgs(),
  }));
  // Ended at once, Node's socket sends no close_notify in TLS 1.3
  setTimeout(() => socket.end("hello"), 20);
});
server.on("tlsClientError", (error) => console.log(JSON.stringify({ error: error.code })));
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
`;

const NODE_CLIENT = `
const tls = require("node:tls"), fs = require("node:fs");
const [ca, cert, key] = process.argv.slice(1, 4).map((name) => fs.readFileSync(name));
const { own, ...options } = JSON.parse(process.argv[4]);
const socket = tls.connect({ host: "127.0.0.1", servername: "localhost", ca, ...own && { cert, key },
  ...options });
let text = "";
socket.on("data", (data) => text += data);
socket.on("error", (error) => console.log(JSON.stringify({ error: error.code })));
socket.on("secureConnect", () => console.log(JSON.stringify({
  authorized: socket.authorized, alpn: socket.alpnProtocol, protocol: socket.getProtocol(),
  cipher: socket.getCipher().name })));
socket.on("close", () => console.log(JSON.stringify({ text })));
`;

const node = await programVersion("node", ["--version"], /^v(\d+\.\S+)/m);
if ("reason" in node) skip("connect() and createServer() with node:tls", node.reason);
else {
  Deno.test("connect: node:tls's server sees what the options say", async () => {
    const options = { requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["a", "b"] };
    await using server = spawn("node", {
      args: [
        "-e",
        NODE_SERVER,
        serverFiles.cert,
        serverFiles.key,
        caFile,
        JSON.stringify(options),
      ],
    });
    const lines = () => server.stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line));
    const { port } = await server.waitFor(() => lines()[0]);
    const open = (more: object) =>
      new TestClient(
        connect({ host: "127.0.0.1", port, servername: "localhost", ca: PEMS.root.cert, ...more }),
      );
    const { cert, key } = PEMS.client;
    const sessions: Uint8Array[] = [];
    const first = open({ cert, key, ALPNProtocols: ["b"], sigalgs: "ECDSA+SHA256" });
    first.socket.on("session", (session) => sessions.push(session));
    assertEquals(await first.finish(), "hello");
    const suite = "ECDHE-ECDSA-AES256-GCM-SHA384";
    assertEquals(await open({ maxVersion: "TLSv1.2", ciphers: suite }).finish(), "hello");
    const resumed = open({
      cert,
      key,
      ALPNProtocols: ["b"],
      sigalgs: "ECDSA+SHA256",
      session: sessions[0],
    });
    await resumed.finish();
    assert(resumed.socket.isSessionReused());
    assertEquals(
      (await open({ ca: PEMS.otherRoot.cert }).failure()).code,
      "SELF_SIGNED_CERT_IN_CHAIN", // OpenSSL sends the root of its option ca, too
    );
    const seen = await server.waitFor(() => lines().length > 4 ? lines().slice(1) : null);
    const common = { servername: "localhost", reused: false };
    assertEquals(seen[0], {
      ...common,
      authorized: true,
      alpn: "b",
      protocol: "TLSv1.3",
      cipher: seen[0].cipher,
      subject: "client",
      sigalgs: ["ECDSA+SHA256"],
    });
    assertEquals(
      [seen[1].authorized, seen[1].alpn, seen[1].protocol, seen[1].cipher],
      [false, false, "TLSv1.2", suite],
    );
    assertEquals([seen[2].reused, seen[2].authorized], [true, true]);
    assertEquals(seen[3].error, "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA");
  });

  Deno.test("createServer: node:tls's client sees what the options say", async () => {
    const ca = PEMS.root.cert;
    await using server = await TestServer.start({
      requestCert: true,
      rejectUnauthorized: false,
      ca,
      ALPNProtocols: ["x", "y"],
    });
    const peer = async (options: object) => {
      const { stdout } = await run("node", {
        args: [
          "-e",
          NODE_CLIENT,
          caFile,
          clientFiles.cert,
          clientFiles.key,
          JSON.stringify({ port: server.port, ...options }),
        ],
      });
      return stdout.trim().split("\n").map((line) => JSON.parse(line));
    };
    assertEquals(
      await peer({ own: true, ALPNProtocols: ["y", "x"], ciphers: "TLS_AES_128_GCM_SHA256" }),
      [
        { authorized: true, alpn: "x", protocol: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" },
        { text: "hello" },
      ],
    );
    const suite = "ECDHE-ECDSA-CHACHA20-POLY1305";
    assertEquals(await peer({ maxVersion: "TLSv1.2", ciphers: suite }), [
      { authorized: true, alpn: false, protocol: "TLSv1.2", cipher: suite },
      { text: "hello" },
    ]);
    assertEquals(server.sockets.map(({ authorized }) => authorized), [true, false]);
    const [refusal] = await peer({ servername: "other.test" });
    assertEquals(refusal.error, "ERR_TLS_CERT_ALTNAME_INVALID");
  });
}

const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);
if ("reason" in openssl) skip("connect() and createServer() with OpenSSL", openssl.reason);
else {
  Deno.test("connect: openssl s_server with each key, an encrypted one of our own", async () => {
    const pki = await testPki();
    for (const type of ["ecdsa-p256", "rsa", "ed25519"] as const) {
      const leaf = pki.leaf("server", type);
      const { port } = await freePort();
      await using server = spawn("openssl", {
        args: [
          "s_server",
          "-accept",
          `127.0.0.1:${port}`,
          "-cert",
          leaf.chainFile,
          "-cert_chain",
          leaf.chainFile,
          "-key",
          leaf.keyFile,
          "-www",
        ],
      });
      await server.waitFor(/ACCEPT/);
      const client = new TestClient(
        connect({ host: "127.0.0.1", port, servername: "localhost", ca: pki.root }),
      );
      client.socket.write("GET / HTTP/1.0\r\n\r\n");
      assertMatch(await client.finish(), /HTTP\/1.0 200 ok/);
      assert(client.socket.authorized);
    }
  });

  Deno.test("createServer: openssl s_client resumes sessions of TLS 1.2 by newSession and resumeSession", async () => {
    await using server = await TestServer.start({ maxVersion: "TLSv1.2" }, (socket) => {
      socket.write("hello");
      socket.resume();
    });
    const store = new Map<string, Uint8Array>();
    const seen: string[] = [];
    server.server.on("newSession", (id, data, done) => {
      seen.push("new");
      store.set(id.toString("hex"), data);
      setTimeout(done, 1);
    });
    server.server.on("resumeSession", (id, done) => {
      seen.push("resume");
      setTimeout(() => done(null, store.get(id.toString("hex"))), 1);
    });
    const session = `${directory}/session.pem`;
    const client = async (...more: readonly string[]) => {
      const { stdout } = await run("openssl", {
        args: [
          "s_client",
          "-connect",
          `127.0.0.1:${server.port}`,
          "-servername",
          "localhost",
          "-CAfile",
          caFile,
          "-no_ticket",
          "-tls1_2",
          ...more,
        ],
      });
      return /^(New|Reused), /m.exec(stdout)?.[1];
    };
    assertEquals(await client("-sess_out", session), "New");
    assertEquals(await client("-sess_in", session), "Reused");
    store.clear();
    assertEquals(await client("-sess_in", session), "New");
    assertEquals(seen, ["new", "resume", "resume", "new"]);
    server.server.removeAllListeners("newSession").removeAllListeners("resumeSession");
  });
}

async function freePort(): Promise<{ readonly port: number }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return await Promise.resolve({ port: listener.addr.port });
}

const curl = await programVersion("curl", ["--version"], /^curl (\S+)/m);
if ("reason" in curl) skip("createServer() with curl", curl.reason);
else {
  Deno.test("createServer: curl gets a page of node:http, keeps the connection, and shows a certificate", async () => {
    const http = await import("node:http");
    const web = http.createServer((request, response) => response.end(`you asked ${request.url}`));
    // Else Deno's closes after each answer
    Object.defineProperty(web, "listening", { value: true });
    await using server = await TestServer.start(
      { requestCert: true, ca: PEMS.root.cert, ALPNProtocols: ["http/1.1"] },
      (socket) => web.emit("connection", socket),
    );
    const url = `https://localhost:${server.port}`;
    const { stdout, code } = await run("curl", {
      args: [
        "-sS",
        "--resolve",
        `localhost:${server.port}:127.0.0.1`,
        "--cacert",
        caFile,
        "--cert",
        clientFiles.cert,
        "--key",
        clientFiles.key,
        `${url}/a`,
        `${url}/b`,
      ],
    });
    assertEquals([code, stdout], [0, "you asked /ayou asked /b"]);
    assertEquals(server.sockets.length, 1);
    const failed = await run("curl", { args: ["-sS", "--cacert", caFile, `${url}/a`] });
    assert(failed.code !== 0);
    web.close();
  });
}

Deno.test("connect: all suites of TLS 1.2 by OpenSSL's names, AES-CBC by name alone", async () => {
  for (const [identity, auth] of [[PEMS.server, "ECDSA"], [PEMS.rsaServer, "RSA"]] as const) {
    const { cert, key } = identity;
    const names = Object.values(OPENSSL_NAMES).filter((name) => name.includes(`-${auth}-`));
    assert(names.length > 5);
    await using server = await TestServer.start({ cert, key, ciphers: names.join(":") });
    for (const ciphers of names) {
      const client = server.connect({ ciphers, maxVersion: "TLSv1.2" });
      const secure = once(client.socket, "secureConnect");
      await within(secure);
      assertEquals(client.socket.getCipher().name, ciphers);
      await client.finish();
    }
  }
});
