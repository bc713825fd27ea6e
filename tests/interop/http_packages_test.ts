// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `serve()`, `serveNode()` and `createConnector()` with packages of npm, which no published file
// imports.

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { Duplex } from "node:stream";
import { importFD } from "@nss/nss";
import { createAgent, createConnector, type RequestInfo, serve, serveNode } from "@nss/nss/http";
import { createServer as createTlsServer } from "@nss/nss/node";
import { makePki } from "../examples/_pki.ts";

// Names that a type check does not follow
const HONO = "npm:hono@4.10.4";
const EXPRESS = "npm:express@5.1.0";
const WS = "npm:ws@8.18.3";
const GRPC = "npm:@grpc/grpc-js@1.14.7";
const UNDICI = "npm:undici@7.30.2";

const pki = await makePki();
const alice = await pki.client("alice");
addEventListener("unload", () => Deno.removeSync(pki.directory, { recursive: true }));

function listen() {
  return importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert: pki.server.cert, key: pki.server.key }],
    clientAuth: "request",
    caCerts: [pki.root],
  });
}

interface Undici {
  readonly Agent: new (options: object) => { close(): Promise<void> };
  readonly fetch: (url: string, options: object) => Promise<Response>;
}

Deno.test("fetch of npm's undici calls by createConnector(), HTTP/1.1 and HTTP/2", async () => {
  const { Agent, fetch }: Undici = await import(UNDICI);
  await using server = serve(
    listen(),
    async (request, { httpVersion, peerCertificates: [leaf] }) =>
      new Response(`${leaf?.subject} by HTTP/${httpVersion}: ${await request.text()}`),
  );
  const url = `https://localhost:${server.addr.port}/`;
  const options = { caCerts: [pki.root], certificates: [{ cert: alice.cert, key: alice.key }] };
  for (const [allowH2, version] of [[false, "1.1"], [true, "2"]] as const) {
    const alpn = allowH2 ? { alpnProtocols: ["h2", "http/1.1"] } : {};
    const dispatcher = new Agent({ allowH2, connect: createConnector({ ...options, ...alpn }) });
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(url, { dispatcher, method: "POST", body: `no ${i}` });
      assertEquals(await answer.text(), `CN=alice by HTTP/${version}: no ${i}`);
    }
    await dispatcher.close();
  }
  const untrusting = new Agent({ connect: createConnector({ caCerts: [alice.cert] }) });
  const error = await fetch(url, { dispatcher: untrusting }).catch((error: Error) => error);
  assert(error instanceof TypeError && error.cause instanceof Error);
  assert(error.cause.message.startsWith("Cannot verify certificate"), error.cause.message);
  await untrusting.close();
});

interface Hono {
  get(path: string, handler: (c: HonoContext) => Response): void;
  fetch(request: Request, env: unknown): Response | Promise<Response>;
}
interface HonoContext {
  readonly env: RequestInfo;
  text(text: string): Response;
}

Deno.test("serve() serves an application of npm's Hono, which is told who is calling", async () => {
  const { Hono }: { readonly Hono: new () => Hono } = await import(HONO);
  const app = new Hono();
  app.get("/who", (c) => c.text(`Hello ${c.env.peerCertificates[0]?.subject}`));
  await using server = serve(listen(), (request, info) => app.fetch(request, info));
  const connect = createConnector({
    caCerts: [pki.root],
    certificates: [{ cert: alice.cert, key: alice.key }],
  });
  const { Agent, fetch }: Undici = await import(UNDICI);
  const dispatcher = new Agent({ connect });
  const base = `https://localhost:${server.addr.port}`;
  assertEquals(await (await fetch(`${base}/who`, { dispatcher })).text(), "Hello CN=alice");
  assertEquals((await fetch(`${base}/none`, { dispatcher })).status, 404);
  await dispatcher.close();
});

interface Express extends RequestListener {
  (): void;
  get(path: string, handler: (request: ExpressRequest, response: ExpressResponse) => void): void;
}
interface ExpressRequest {
  readonly ip: string;
  readonly secure: boolean;
  readonly socket: { getPeerCertificate(): { subject?: { CN?: string } } };
}
interface ExpressResponse {
  json(value: unknown): void;
}

Deno.test("serveNode() serves an application of npm's Express, which is told who is calling", async () => {
  const { default: express }: { readonly default: () => Express } = await import(EXPRESS);
  const app = express();
  app.get("/who", (request, response) => {
    const { ip, secure, socket } = request;
    response.json([ip, secure, socket.getPeerCertificate().subject?.CN]);
  });
  await using server = serveNode(listen(), createServer(app));
  const agent = createAgent({
    caCerts: [pki.root],
    certificates: [{ cert: alice.cert, key: alice.key }],
  });
  const { get } = await import("node:https");
  const answers = await Array.fromAsync([1, 2], () =>
    new Promise<string>((resolve, reject) => {
      const url = `https://localhost:${server.addr.port}/who`;
      get(url, { agent }, async (response) => {
        resolve((await response.setEncoding("utf8").toArray()).join(""));
      }).on("error", reject);
    }));
  agent.destroy();
  for (const text of answers) assertEquals(JSON.parse(text), ["127.0.0.1", true, "alice"]);
});

interface Ws {
  readonly WebSocketServer: new (options: { readonly noServer: true }) => {
    handleUpgrade(
      request: unknown,
      socket: unknown,
      head: unknown,
      done: (ws: Socket) => void,
    ): void;
  };
  readonly WebSocket: new (url: string, options: object) => Socket;
}
interface Socket {
  on(event: string, listener: (data: { toString(): string }) => void): void;
  send(text: string): void;
  close(): void;
}

Deno.test("onUpgrade hands a WebSocket to npm's ws, whose client calls by createAgent()", async () => {
  const { WebSocketServer, WebSocket }: Ws = await import(WS);
  const sockets = new WebSocketServer({ noServer: true });
  await using server = serve(listen(), () => new Response("no WebSocket", { status: 426 }), {
    onUpgrade(request, socket, head, { peerCertificates: [leaf] }) {
      sockets.handleUpgrade(request, socket, head, (ws) => {
        ws.on("message", (data) => ws.send(`${leaf?.subject}: ${data}`));
      });
    },
  });
  const agent = createAgent({
    caCerts: [pki.root],
    certificates: [{ cert: alice.cert, key: alice.key }],
  });
  const ws = new WebSocket(`wss://localhost:${server.addr.port}/`, { agent });
  const heard = Promise.withResolvers<string>();
  ws.on("error", (error) => heard.reject(error));
  ws.on("open", () => ws.send("hello"));
  ws.on("message", (data) => heard.resolve(data.toString()));
  assertEquals(await heard.promise, "CN=alice: hello");
  const closed = new Promise<void>((resolve) => ws.on("close", () => resolve()));
  ws.close();
  await closed;
  agent.destroy();
});

interface GrpcServer {
  addService(definition: object, handlers: object): void;
  createConnectionInjector(credentials: unknown): { injectConnection(connection: Duplex): void };
  forceShutdown(): void;
}
interface Grpc {
  readonly Server: new () => GrpcServer;
  readonly ServerCredentials: { createInsecure(): unknown };
  readonly Client: new (address: string, credentials: unknown) => {
    makeUnaryRequest(
      path: string,
      serialize: (value: Buffer) => Buffer,
      deserialize: (bytes: Buffer) => Buffer,
      argument: Buffer,
      options: { readonly deadline: number },
      done: (error: Error | null, answer?: Buffer) => void,
    ): unknown;
    close(): void;
  };
  readonly credentials: { createSsl(root: Buffer): unknown };
}

Deno.test("createServer() gives its connections to a server of npm's grpc-js, whose client is Node's", async () => {
  const { default: grpc }: { readonly default: Grpc } = await import(GRPC);
  const same = (bytes: Buffer): Buffer => Buffer.from(bytes);
  const server = new grpc.Server();
  const method = {
    path: "/echo.Echo/Call",
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService({ call: method }, {
    call(
      { request }: { readonly request: Buffer },
      done: (error: Error | null, answer: Buffer) => void,
    ) {
      done(null, Buffer.from(`heard ${request.length}`));
    },
  });
  // It speaks HTTP/2 in the clear, over connections that are decrypted already
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const { cert, key } = pki.server;
  const tls = createTlsServer(
    { cert, key, ALPNProtocols: ["h2"] },
    (socket) => injector.injectConnection(socket),
  );
  tls.listen(0, "127.0.0.1");
  await once(tls, "listening");
  const address = tls.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = new grpc.Client(
    `localhost:${port}`,
    grpc.credentials.createSsl(Buffer.from(pki.root)),
  );
  const call = (argument: Buffer) =>
    new Promise<string>((resolve, reject) => {
      const options = { deadline: Date.now() + 20_000 };
      client.makeUnaryRequest("/echo.Echo/Call", same, same, argument, options, (error, answer) => {
        if (error) reject(error);
        else resolve(String(answer));
      });
    });
  assertEquals(await call(Buffer.from("hello")), "heard 5");
  assertEquals(await call(Buffer.alloc(100_000)), "heard 100000");
  client.close();
  server.forceShutdown();
  await new Promise((resolve) => tls.close(resolve));
});
