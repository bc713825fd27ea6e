// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { nginx } from "./servers/nginx.ts";

interface Answer {
  readonly statusCode: number;
  readonly body: {
    text(): Promise<string>;
    arrayBuffer(): Promise<ArrayBuffer>;
  };
}

interface Agent {
  request(options: object): Promise<Answer>;
  destroy(): Promise<void>;
}

interface Recipe {
  makeAgent(options: object, ca: string, cert?: string, key?: string): Agent;
}

const PAGES = nginx([
  "    location /large { root /; try_files $document_root/large =404; }",
  "    location /upload { proxy_pass http://127.0.0.1:1; }",
]);

async function open({ host, port, ca, cert, key }: Target, options: object = {}) {
  const { makeAgent } = await loadRecipe<Recipe>("undici.ts");
  const agent = makeAgent(options, ca, cert, key);
  const get = (path: string) =>
    agent.request({ origin: `https://${host}:${port}`, path, method: "GET" });
  return { agent, get };
}

await testDriver({
  driver: "undici",
  server: PAGES,
  withoutCertificate: "400",
  identity: "CN=alice",
  reconnects: true,
  async open(target) {
    const { agent, get } = await open(target);
    return {
      async ask() {
        const { statusCode, body } = await get("/client");
        const text = await body.text();
        if (statusCode !== 200) throw new Error(`the server answers ${statusCode}`);
        return text;
      },
      close: () => agent.destroy(),
    };
  },
  more: {
    "HTTP/2": async (target) => {
      const { agent, get } = await open(target, { allowH2: true });
      const answers = await Promise.all(Array.from({ length: 50 }, async () => {
        const { body } = await get("/client");
        return await body.text();
      }));
      assertEquals(new Set(answers), new Set(["CN=alice"]));
      await agent.destroy();
    },
  },
});
