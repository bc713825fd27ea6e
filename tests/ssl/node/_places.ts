// Copyright 2026 the NSS for Deno authors. MIT license.

/** Where software of Node's takes a part of ours, by types: no place needs a cast. @module */

import type { SslListener } from "@nss/nss";
import { createAgent, serve, serveNode } from "@nss/nss/http";
import {
  connect,
  createSecureContext,
  createServer,
  fromNodeServer,
  fromNodeStream,
  Server,
  TLSSocket,
  toNodeSocket,
} from "@nss/nss/node";
import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { SecureClientSessionOptions } from "node:http2";
import type { Agent, RequestOptions } from "node:https";
import type net from "node:net";
import type { Duplex } from "node:stream";
import type tls from "node:tls";

type Connection = ReturnType<typeof fromNodeStream>;
type HttpUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What is ours, each as what Node's types call for. */
export const PLACES: readonly [
  createConnection: typeof net.createConnection, // ws
  connect: typeof tls.connect, // node:tls itself
  createSecureContext: typeof tls.createSecureContext,
  createServer: typeof tls.createServer,
  http2: SecureClientSessionOptions["createConnection"],
  agent: (options: Parameters<typeof createAgent>[0]) => Agent & RequestOptions["agent"],
  socket: (socket: Parameters<typeof toNodeSocket>[0]) => tls.TLSSocket & net.Socket & Duplex,
  TLSSocket: new (stream: net.Socket) => tls.TLSSocket,
  Server: new () => tls.Server & net.Server,
  fromStream: (stream: Duplex | net.Socket | tls.TLSSocket) => Connection,
  fromServer: (server: net.Server) => ReturnType<typeof fromNodeServer>,
  serveNode: (listener: SslListener, server: HttpServer) => ReturnType<typeof serveNode>,
  serve: (listener: SslListener, onUpgrade: HttpUpgrade) => ReturnType<typeof serve>,
] = [
  connect,
  connect,
  createSecureContext,
  createServer,
  () => connect({ port: 443 }),
  createAgent,
  toNodeSocket,
  TLSSocket,
  Server,
  fromNodeStream,
  fromNodeServer,
  serveNode,
  (listener, onUpgrade) => serve(listener, () => new Response(), { onUpgrade }),
];
