// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { request } from "node:https";
import { createAgent, createConnector, serve, serveNode } from "@nss/nss/http";
import { h2get } from "../ssl/http/_h2.ts";
import { served } from "../ssl/http/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "HTTP";

/** Rejects with what `onError` is told of a response. */
async function failureOf(respond: () => Response): Promise<never> {
  const told = Promise.withResolvers<unknown>();
  await using own = served(respond, {
    onError(error) {
      told.resolve(error);
      return new Response();
    },
  });
  await using client = await own.connect();
  await client.request("GET /", "Connection: close");
  await client.rest();
  throw await told.promise;
}

const READ = new Response("once");
await READ.text();

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`serve(Deno.listen(...), handler)`, without TLS",
    make: () => serve(Object({ accept() {}, close() {} }), () => new Response()),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot serve HTTP: listener must be an SslListener: wrap it with importFD, with " +
      "certificates",
  },
  {
    mistake: "`serveNode(listener, app)` with the application in place of its server",
    make: async () => {
      await using own = served(() => new Response());
      const { listener } = own;
      serveNode(listener, Object(() => {}));
    },
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot serve HTTP: server is a function, not a server of node:http",
  },
  {
    mistake: "a handler that returns nothing",
    make: () => failureOf(() => Object(undefined).none),
    name: "TypeError",
    says: "Cannot answer request: the handler must return a Response, not undefined",
  },
  {
    mistake: "a handler that returns the same Response twice",
    make: () => failureOf(() => READ),
    name: "TypeError",
    says: "Cannot answer request: the body of the handler's Response is used already; return a " +
      "new Response for each request, or its clone()",
  },
  {
    mistake: "a Response with a Content-Length that is not its body's",
    make: () => failureOf(() => new Response("12345", { headers: { "content-length": "6" } })),
    name: "TypeError",
    says: "Cannot send response: its body has less than the 6 bytes that its field " +
      "Content-Length promises",
  },
  {
    mistake: "`requestClientCertificate()` of a request that came by HTTP/2",
    make: async () => {
      const told = Promise.withResolvers<unknown>();
      await using own = served(async (_, info) => {
        await info.requestClientCertificate().catch(told.resolve);
        return new Response();
      });
      await using client = await h2get(own.port);
      await client.get("/");
      throw await told.promise;
    },
    name: "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED",
    says: "Cannot request certificate: HTTP/2 forbids it; let this error leave the handler, and " +
      "the client is told to use HTTP/1.1 for this request, or set clientAuth on the listener",
  },
  {
    mistake: "`rejectUnauthorized: false` for one request of an agent of `createAgent()`",
    make: () =>
      new Promise((_, reject) => {
        const agent = createAgent();
        request({ host: "127.0.0.1", port: 9, agent, rejectUnauthorized: false })
          .on("error", reject);
      }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot use option rejectUnauthorized of a request: give createAgent the options of " +
      "importFD, such as caCerts or certificates, and have an agent for each set of them",
  },
  {
    mistake: "a URL of `http:` for a connector of `createConnector()`",
    make: () =>
      new Promise((_, reject) => {
        const to = { hostname: "a.test", protocol: "http:", port: "" };
        createConnector()(to, (...[error]) => reject(error));
      }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot connect: a connector of createConnector speaks TLS, and the URL begins with " +
      "http:; use https:, or another dispatcher for this URL",
  },
];
