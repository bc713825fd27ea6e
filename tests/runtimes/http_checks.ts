// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/** What must work in each runtime that has Node's modules: HTTP, and drivers' sockets. @module */

import { createCertificate, exportPrivateKeyPem, generateKeyPair, importFD } from "@nss/nss";
import { createAgent, createConnector, serve, serveNode } from "@nss/nss/http";
import { fromNodeServer, fromNodeStream } from "@nss/nss/node";
import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type Agent, request } from "node:https";
import { connect, createServer, type Socket } from "node:net";
import { connect as connectNodeTls } from "node:tls";
import { type Check, demand } from "./checks.ts";

function deferred<T>() {
  let [resolve, reject]: [(value: T) => void, (reason: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((...settle) => [resolve, reject] = settle);
  return { promise, resolve, reject };
}

const keys = generateKeyPair("ec-p256", { extractable: true });

/** A server's certificate, which is trusted as it is, as PEM with its key. */
const identity = keys.then(async (pair) => {
  const cert = await createCertificate({ ...pair, dnsNames: ["localhost"] });
  return { cert: cert.toPem(), key: await exportPrivateKeyPem(pair.privateKey) };
});

async function listen() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { cert, key } = await identity;
  const listener = importFD(fromNodeServer(server), {
    certificates: [{ cert, key }],
    caCerts: [cert],
  });
  return { listener, ca: cert, port: Number(Object(listener.addr).port) };
}

const LENGTH = 300_000;

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}

function ask(port: number, options: { readonly agent?: Agent; readonly ca?: string }) {
  const { promise, resolve, reject } = deferred<string>();
  const url = `https://localhost:${port}/path`;
  request(url, { ...options, method: "POST" }, (response: IncomingMessage) => {
    textOf(response).then((text) => resolve(`${response.statusCode} ${text}`), reject);
  }).on("error", reject).end("x".repeat(LENGTH));
  return promise;
}

function askHttp2(port: number, socket: Socket): Promise<string> {
  const { promise, resolve, reject } = deferred<string>();
  const authority = `localhost:${port}`;
  const session = connectHttp2(`https://${authority}`, { createConnection: () => socket });
  session.on("error", reject);
  const stream = session.request({ ":method": "POST", ":path": "/path" });
  textOf(stream.setEncoding("utf8")).then(resolve, reject).finally(() => session.close());
  stream.on("error", reject).end("x".repeat(LENGTH));
  return promise;
}

/** `serve()` for the runtime's own clients, and for ours, over both versions of HTTP. */
async function serves(): Promise<string> {
  const { listener, ca, port } = await listen();
  const server = serve(listener, async (incoming, { httpVersion, remoteAddr }) => {
    const { length } = await incoming.text();
    return new Response([httpVersion, incoming.method, length, remoteAddr.transport].join());
  });
  const agent = createAgent({ caCerts: [ca] });
  const connector = createConnector({ caCerts: [ca], alpnProtocols: ["h2"] });
  const { promise, resolve, reject } = deferred<Socket>();
  connector(
    { hostname: "localhost", protocol: "https:", port: String(port) },
    (error, socket) => error === null ? resolve(socket) : reject(error),
  );
  const native = connectNodeTls({ port, host: "localhost", ca, ALPNProtocols: ["h2"] });
  await once(native, "secureConnect");
  const answers = [
    await ask(port, { agent }),
    await ask(port, { ca }),
    await askHttp2(port, await promise),
    await askHttp2(port, native),
  ];
  agent.destroy();
  await server.shutdown({ grace: 5000 });
  const [one, two] = ["1.1", "2"].map((version) => `${version},POST,${LENGTH},tcp`);
  const wanted = [`200 ${one}`, `200 ${one}`, two, two];
  demand(String(answers) === String(wanted), `the answers are ${answers.join(" | ")}`);
  return "yes";
}

/** `serveNode()`, with a server of the runtime's. */
async function servesNode(): Promise<string> {
  const { listener, ca, port } = await listen();
  const server = serveNode(
    listener,
    createHttp((incoming, response) => {
      textOf(incoming).then((text) => response.end(String(text.length)));
    }),
  );
  const answer = await ask(port, { ca });
  await server.shutdown({ grace: 5000 });
  demand(answer === `200 ${LENGTH}`, `the answer is ${answer}`);
  return "yes";
}

async function failure(action: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await action;
  } catch (error) {
    return Object(error);
  }
  throw new Error("nothing failed");
}

/** What an agent tells: a certificate that is not trusted, a port on which nobody listens. */
async function agentErrors(): Promise<string> {
  const { listener, port } = await listen();
  const server = serve(listener, () => new Response());
  const agent = createAgent({ caCerts: [] });
  const refused = await failure(ask(port, { agent }));
  demand(refused.code === "DEPTH_ZERO_SELF_SIGNED_CERT", `the first error is ${refused.code}`);
  demand(Object(refused.cause).name === "SEC_ERROR_UNKNOWN_ISSUER", `its cause: ${refused.cause}`);
  await server.shutdown({ grace: 5000 });
  const nobody = await failure(ask(port, { agent }));
  demand(nobody.code === "ECONNREFUSED", `the second error is ${nobody.code}`);
  agent.destroy();
  return "yes";
}

/** What a peer has sent before it hung up under a write. */
async function lastWords(): Promise<string> {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect(Object(server.address()).port, "127.0.0.1");
  const [[far]] = await Promise.all([once(server, "connection"), once(near, "connect")]);
  far.on("error", () => {});
  const conn = fromNodeStream(near);
  await conn.write(new Uint8Array(100)); // unread, so that the peer's end is a reset
  await new Promise((resolve) => setTimeout(resolve, 20));
  far.write("alert");
  far.destroy();
  const error = await failure((async () => {
    for (;;) await conn.write(new Uint8Array(65_536));
  })());
  const buffer = new Uint8Array(100);
  const count = await conn.read(buffer);
  conn.close();
  server.close();
  demand(error.code === "EPIPE" || error.code === "ECONNRESET", `the error is ${error.code}`);
  demand(count === 5, `${count} bytes were read`);
  return "yes";
}

/** The checks, by their names in the table. */
export const NODE_CHECKS: ReadonlyMap<string, Check> = new Map([
  ["serve(), for clients of the runtime's own and ours, HTTP/1.1 and HTTP/2", serves],
  ["serveNode()", servesNode],
  ["createAgent() tells what has failed", agentErrors],
  ["an alert is read of a server that hangs up under a write", lastWords],
]);
