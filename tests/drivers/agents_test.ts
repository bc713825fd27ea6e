// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Clients of HTTP that take an agent of `node:https`. @module */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type AgentOptions, serve } from "@nss/nss/http";
import { importFD } from "@nss/nss";
import { makePki } from "../examples/_pki.ts";
import { loadRecipe } from "./_driver.ts";

/** What both have, each in its own words. */
interface Client {
  get(url: string): Promise<string>;
  post(url: string, body: string): Promise<string>;
}

interface Axios {
  get(url: string): Promise<{ readonly data: string }>;
  post(url: string, body: string): Promise<{ readonly data: string }>;
}

interface Got {
  get(url: string, options: object): { text(): Promise<string> };
  post(url: string, options: object): { text(): Promise<string> };
}

const CLIENTS: Readonly<Record<string, (options: AgentOptions) => Promise<Client>>> = {
  async axios(options) {
    const { openAxios } = await loadRecipe<{ openAxios(options: AgentOptions): Axios }>("axios.ts");
    const axios = openAxios(options);
    return {
      get: async (url) => (await axios.get(url)).data,
      post: async (url, body) => (await axios.post(url, body)).data,
    };
  },
  async got(options) {
    const { openGot } = await loadRecipe<{ openGot(options: AgentOptions): Got }>("got.ts");
    const got = openGot(options);
    return {
      get: (url) => got.get(url, { retry: { limit: 0 } }).text(),
      post: (url, body) => got.post(url, { body }).text(),
    };
  },
};

for (const [name, open] of Object.entries(CLIENTS)) {
  Deno.test(`${name}.ts shows its certificate, keeps its connection and refuses an unknown root`, async () => {
    await using pki = await makePki();
    const { root, server: { cert, key } } = pki;
    const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
      certificates: [{ cert, key }],
      caCerts: [root],
      clientAuth: "request",
    });
    await using server = serve(listener, async (request, info) => {
      const { length } = await request.text();
      return new Response(`${info.peerCertificates[0]?.subject} ${info.remoteAddr.port} ${length}`);
    });
    const { port } = server.addr;
    const alice = await pki.client("alice");
    const agent = { caCerts: [root], certificates: [{ cert: alice.cert, key: alice.key }] };
    const it = await open(agent);
    const url = `https://localhost:${port}/`;
    const first = await it.get(url);
    assertMatch(first, /^CN=alice \d+ 0$/);
    assertEquals(await it.post(url, "x".repeat(100_000)), first.replace(/0$/, "100000"));
    const stranger = await open({ ...agent, caCerts: [] });
    await assertRejects(() => stranger.get(url), Error, "the root is not trusted");
    await server.shutdown({ grace: 0 });
  });
}
