// Copyright 2026 the NSS for Deno authors. MIT license.

// This module uses node: modules, as the driver does.

import { Buffer } from "node:buffer";
import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { nginx } from "./servers/nginx.ts";

type Bytes = Uint8Array;
type Done = (error: Error | null, answer?: Bytes) => void;

interface Client {
  makeUnaryRequest(
    path: string,
    serialize: (value: Bytes) => Bytes,
    deserialize: (bytes: Bytes) => Bytes,
    argument: Bytes,
    options: { readonly deadline: number },
    done: Done,
  ): unknown;
  close(): void;
}

interface Recipe {
  openGrpc(address: string, ca: string, cert?: string, key?: string): Client;
}

interface Call {
  readonly request: Bytes;
  readonly metadata: { get(name: string): readonly string[] };
}

interface Library {
  readonly Server: new () => {
    addService(definition: object, handlers: object): void;
    bindAsync(address: string, credentials: unknown, done: (error: Error | null) => void): void;
    forceShutdown(): void;
  };
  readonly ServerCredentials: { createInsecure(): unknown };
}

/** The driver calls methods of Buffer's on what it is given. */
const same = (bytes: Bytes): Bytes => Buffer.from(bytes);
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

/** A service in the clear that says who the client is, or sends what it is asked for. */
async function serve(port: number): Promise<AsyncDisposable> {
  const library = "npm:@grpc/grpc-js@1.14.7";
  const { default: { Server, ServerCredentials } }: { default: Library } = await import(library);
  const server = new Server();
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
    call({ request, metadata }: Call, done: Done) {
      const length = Number(decoder.decode(request.subarray(0, 20)));
      const who = metadata.get("x-client")[0] ?? "";
      done(null, length > 0 ? new Uint8Array(length) : encoder.encode(`${who} ${request.length}`));
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(
      `127.0.0.1:${port}`,
      ServerCredentials.createInsecure(),
      (error) => error ? reject(error) : resolve(),
    );
  });
  return {
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
      await Promise.resolve();
    },
  };
}

await testDriver({
  driver: "grpc",
  server: nginx(),
  identity: "CN=alice",
  withoutCertificate: "RESOURCE_EXHAUSTED",
  reconnects: true,
  behind: serve,
  async open({ host, port, ca, cert, key }: Target) {
    const { openGrpc } = await loadRecipe<Recipe>("grpc.ts");
    const client = openGrpc(`${host}:${port}`, ca, cert, key);
    const call = (request: Bytes): Promise<Bytes> =>
      new Promise((resolve, reject) =>
        client.makeUnaryRequest(
          "/echo.Echo/Call",
          same,
          same,
          request,
          { deadline: Date.now() + 15_000 },
          (error, answer) => error || !answer ? reject(error) : resolve(answer),
        )
      );
    const told = async (request: Bytes) => decoder.decode(await call(request));
    return {
      ask: () => told(encoder.encode("who")),
      async fetch(length) {
        let count = 0;
        const piece = encoder.encode(String(1 << 20));
        while (count < length) count += (await call(piece)).length;
        return count;
      },
      async send(length) {
        const request = new Uint8Array(length - 100).fill(0x78);
        return Number((await told(request)).split(" ")[1]) + 100;
      },
      close: () => client.close(),
    };
  },
});
