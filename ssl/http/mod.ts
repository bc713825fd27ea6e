// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * HTTP over TLS that knows who is calling: a server in the form of `Deno.serve`, and agents of
 * `node:https` and undici for clients. `node:http` and `node:http2` parse it.
 *
 * ```ts
 * import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { serve } from "@nss/nss/http";
 * import { assertMatch } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
 *   certificates: [{ cert, key: keys.privateKey }],
 *   clientAuth: "request",
 *   caCerts: [cert],
 * });
 * const { port } = listener.addr as Deno.NetAddr;
 * const server = serve(listener, (_request, { peerCertificates: [caller] }) => {
 *   return new Response(`hello ${caller?.subject.commonName ?? "stranger"}`);
 * });
 *
 * await using client = importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * const request = "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n";
 * await client.write(new TextEncoder().encode(request));
 * assertMatch(await new Response(client.readable).text(), /hello stranger$/);
 * await server.shutdown();
 * ```
 *
 * - {@linkcode serve} answers by a handler of `Request` and `Response`, as frameworks have it;
 *   {@linkcode RequestInfo} tells it who is calling. WebSockets come by
 *   {@linkcode ServeOptions.onUpgrade}.
 * - {@linkcode serveNode} feeds a server of `node:http`, such as that of Express.
 * - {@linkcode createAgent} is for requests of `node:https`, {@linkcode createConnector} for npm's
 *   undici, whose `fetch` then uses it.
 *
 * `docs/http.md` says what a client gets where something fails, and how floods are bounded.
 *
 * @module
 */

export { type AgentOptions, createAgent } from "./create_agent.ts";
export { type Connector, type ConnectorOptions, createConnector } from "./create_connector.ts";
export type { ClientOptions, Destination } from "./open_socket.ts";
export type { ServeHandler } from "./exchange.ts";
export type { CertificateRequestOptions, RequestInfo } from "./request_info.ts";
export { serve, type ServeOptions, type UpgradeHandler } from "./serve.ts";
export {
  type ConnectionOptions,
  type HttpServer,
  serveNode,
  type ShutdownOptions,
} from "./serve_node.ts";
