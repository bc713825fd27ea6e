// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch } from "@std/assert";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";
import { importFD } from "@nss/nss";
import { createAgent, serve } from "@nss/nss/http";
import { createServer, fromNodeStream } from "@nss/nss/node";
import { makePki } from "../examples/_pki.ts";
import { loadRecipe } from "./_driver.ts";

interface Agent {
  request(options: object): Promise<{ readonly body: { text(): Promise<string> } }>;
  destroy(): Promise<void>;
}

interface Recipe {
  makeAgent(options: object, ca: string, cert?: string, key?: string): Agent;
}

const LOGIN = `Basic ${btoa("user:secret")}`;

/** An HTTP proxy for CONNECT that wants a password, with TLS or without. */
async function startProxy(tls: { cert: string; key: string } | null) {
  const asked: string[] = [];
  const open = new Set<Duplex>();
  const parser = http.createServer();
  parser.on("connect", (request, client: Duplex) => {
    asked.push(request.url ?? "");
    if (request.headers["proxy-authorization"] !== LOGIN) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const server = net.connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      server.pipe(client).pipe(server);
    });
    for (const one of [server, client]) {
      open.add(one);
      one.on("error", () => {}).on("close", () => open.delete(one));
    }
  });
  const listening = tls === null
    ? parser
    : createServer(tls, (socket) => parser.emit("connection", socket));
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const address = listening.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    asked,
    port,
    async [Symbol.asyncDispose]() {
      for (const one of open) one.destroy();
      parser.closeAllConnections();
      await new Promise((resolve) => listening.close(resolve));
    },
  };
}

async function start(withTls: boolean) {
  const pki = await makePki();
  const alice = await pki.client("alice");
  const { cert, key } = pki.server;
  const server = serve(
    importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
      certificates: [{ cert, key }],
      caCerts: [pki.root],
      clientAuth: "request",
    }),
    (_, { peerCertificates: [leaf] }) => new Response(`${leaf?.subject ?? "somebody"}`),
  );
  const proxy = await startProxy(withTls ? { cert, key } : null);
  return {
    pki,
    alice,
    proxy,
    port: server.addr.port,
    proxyUrl: (login = "user:secret@") =>
      `http${withTls ? "s" : ""}://${login}localhost:${proxy.port}`,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server.shutdown({ grace: 1000 });
      await pki[Symbol.asyncDispose]();
    },
  };
}

const messageOf = (error: Error): string => `${error.message} ${error.cause}`;

for (const withTls of [false, true]) {
  const title = `a proxy ${withTls ? "with TLS" : "in the clear"}`;

  Deno.test(`proxy.ts calls through ${title}, and past it where NO_PROXY says so`, async () => {
    await using own = await start(withTls);
    const { makeAgent } = await loadRecipe<Recipe>("proxy.ts");
    const origin = `https://localhost:${own.port}`;
    const call = async (options: object, ca = own.pki.root) => {
      const agent = makeAgent(options, ca, own.alice.cert, own.alice.key);
      try {
        const { body } = await agent.request({ origin, path: "/", method: "GET" });
        return await body.text();
      } catch (error) {
        return messageOf(error as Error);
      } finally {
        await agent.destroy();
      }
    };
    const httpsProxy = own.proxyUrl();
    assertEquals(await call({ httpsProxy }), "CN=alice");
    assertEquals(own.proxy.asked, [`localhost:${own.port}`]);
    assertEquals(await call({ httpsProxy, noProxy: "localhost" }), "CN=alice");
    assertEquals(own.proxy.asked.length, 1);
    assertMatch(await call({ httpsProxy: own.proxyUrl("user:wrong@") }), /407/);
    assertMatch(await call({ httpsProxy }, own.alice.cert), /Cannot verify certificate/);
  });

  Deno.test(`createAgent() calls through ${title} by its option connect`, async () => {
    await using own = await start(withTls);
    const outer = withTls ? createAgent({ caCerts: [own.pki.root] }) : undefined;
    const { request } = withTls ? await import("node:https") : http;
    const agent = (caCerts: string[]) =>
      createAgent({
        caCerts,
        async connect({ hostname, port }, signal) {
          const { hostname: host, port: through } = new URL(own.proxyUrl());
          const call = request({
            host,
            port: through,
            method: "CONNECT",
            path: `${hostname}:${port}`,
            headers: { "proxy-authorization": LOGIN },
            signal,
            ...outer && { agent: outer },
          }).end();
          const [, stream] = await once(call, "connect");
          return fromNodeStream(stream);
        },
      });
    const get = async (caCerts: string[]) => {
      const used = agent(caCerts);
      const answer = Promise.withResolvers<string>();
      const { get } = await import("node:https");
      get(`https://localhost:${own.port}/`, { agent: used }, async (response) => {
        answer.resolve((await response.setEncoding("utf8").toArray()).join(""));
      }).on("error", answer.reject);
      return await answer.promise.catch(messageOf).finally(() => used.destroy());
    };
    assertEquals(await get([own.pki.root]), "somebody");
    assertMatch(await get([own.alice.cert]), /Cannot verify certificate/);
    assertEquals(own.proxy.asked, Array(2).fill(`localhost:${own.port}`));
    outer?.destroy();
  });
}
