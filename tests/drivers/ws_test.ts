// Copyright 2026 the NSS for Deno authors. MIT license.

import { firstError, loadRecipe, type Target, testDriver } from "./_driver.ts";
import { nginx } from "./servers/nginx.ts";

interface WebSocket {
  send(data: string | Uint8Array): void;
  terminate(): void;
  readonly readyState: number;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "open" | "close", listener: () => void): unknown;
  once(event: "message", listener: (data: Uint8Array) => void): unknown;
}

interface Recipe {
  openWebSocket(url: string, ca: string, cert?: string, key?: string): WebSocket;
}

interface Accepted {
  send(data: string | Uint8Array): void;
  on(event: "message", listener: (data: Uint8Array) => void): unknown;
}

interface Library {
  readonly WebSocketServer: new (options: object) => {
    on(
      event: "connection",
      listener: (
        socket: Accepted,
        request: { readonly headers: { readonly [name: string]: string } },
      ) => void,
    ): unknown;
    once(event: "listening", listener: () => void): unknown;
    readonly clients: Iterable<WebSocket>;
    close(listener: () => void): void;
  };
}

/** A server that says who the client is, and how long a message was. */
async function serve(port: number): Promise<AsyncDisposable> {
  const library = "npm:ws@8.23.0";
  const { WebSocketServer }: Library = await import(library);
  const server = new WebSocketServer({ port, host: "127.0.0.1", maxPayload: 1 << 27 });
  server.on("connection", (socket, { headers }) => {
    socket.on("message", (data) => {
      const text = new TextDecoder().decode(data);
      if (text === "who") socket.send(headers["x-client"]!);
      else if (text.startsWith("get ")) socket.send(new Uint8Array(Number(text.slice(4))));
      else socket.send(String(data.length));
    });
  });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  return {
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

await testDriver({
  driver: "ws",
  server: nginx(),
  withoutCertificate: "Unexpected server response: 400",
  identity: "CN=alice",
  behind: serve,
  async open({ host, port, ca, cert, key }: Target) {
    const { openWebSocket } = await loadRecipe<Recipe>("ws.ts");
    const socket = openWebSocket(`wss://${host}:${port}/ws`, ca, cert, key);
    const failed = firstError(socket);
    const opened = new Promise<void>((resolve) => socket.once("open", resolve));
    const closed = new Promise<never>((_, reject) =>
      socket.once("close", () => reject(new Error("the connection is closed")))
    );
    closed.catch(() => {});
    const ask = async (text: string): Promise<Uint8Array> => {
      await Promise.race([opened, failed]);
      const answer = new Promise<Uint8Array>((resolve) => socket.once("message", resolve));
      socket.send(text);
      return await Promise.race([answer, closed, failed]);
    };
    return {
      ask: async () => new TextDecoder().decode(await ask("who")),
      fetch: async (length) => (await ask(`get ${length}`)).length,
      send: async (length) => Number(new TextDecoder().decode(await ask("x".repeat(length)))),
      async close() {
        socket.terminate();
        if (socket.readyState !== 3) await closed.catch(() => {});
      },
    };
  },
});
