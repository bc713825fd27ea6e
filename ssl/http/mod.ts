// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * HTTP over TLS that knows who is calling: a server in the form of `Deno.serve`, and agents of
 * `node:https` and undici for clients. `node:http` and `node:http2` parse it.
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
