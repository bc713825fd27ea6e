// Copyright 2026 the NSS for Deno authors. MIT license.

import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { nats } from "./servers/nats.ts";

interface Nats {
  subscribe(subject: string, options: {
    readonly callback: (error: Error | null, message: { respond(data: Uint8Array): void }) => void;
  }): unknown;
  request(subject: string, data: Uint8Array, options: { readonly timeout: number }): Promise<{
    readonly data: Uint8Array;
  }>;
  close(): Promise<void>;
}

interface Recipe {
  openNats(options: object, ca: string, cert?: string, key?: string): Promise<Nats>;
}

await testDriver({
  driver: "natsTransport",
  withoutCertificate: "imeout",
  server: nats,
  identity: "hello",
  reconnects: true,
  async open({ host, port, ca, cert, key }: Target) {
    const { openNats } = await loadRecipe<Recipe>("nats_transport.ts");
    const subject = crypto.randomUUID();
    let opened: Promise<Nats> | undefined;
    const open = async () => {
      const options = {
        servers: `${host}:${port}`,
        reconnectTimeWait: 200,
        maxReconnectAttempts: -1,
        timeout: 12_000,
        resolve: false,
      };
      const client = await openNats(options, ca, cert, key);
      client.subscribe(subject, {
        callback: (_, message) => message.respond(new TextEncoder().encode("hello")),
      });
      return client;
    };
    const ask = async (data: Uint8Array) => {
      const { request } = { request: await (opened ??= open()) };
      return (await request.request(subject, data, { timeout: 6000 })).data;
    };
    return {
      ask: async () => new TextDecoder().decode(await ask(new Uint8Array(1))),
      close: async () => await (await opened?.catch(() => undefined))?.close(),
    };
  },
});
