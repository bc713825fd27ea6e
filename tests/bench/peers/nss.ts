// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { ConnLike } from "../../../ssl/connection/transports.ts";
import { DenoConn } from "./deno_conn.ts";
import type { Client, Identity, Peer, PeerConn, PeerOptions, Server, Target } from "./peer.ts";

type Nss = typeof import("../../../mod.ts");

/** Gives what stands between the socket and its connection. */
type Tap = (conn: Deno.TcpConn) => ConnLike<Deno.NetAddr>;

async function tapOf({ tapped = false }: PeerOptions): Promise<Tap> {
  if (!tapped) return (conn) => conn;
  const { TappedConn } = await import("./recorder.ts");
  return (conn) => new TappedConn(conn);
}

function load({ tree }: PeerOptions): Promise<Nss> {
  const root = tree === undefined ? new URL("../../../", import.meta.url) : `file://${tree}/`;
  return import(new URL("mod.ts", root).href);
}

function versions({ version }: PeerOptions) {
  if (version === undefined) return {};
  const one = version === "1.2" ? "TLSv1.2" : "TLSv1.3";
  return { versions: { min: one, max: one } } as const;
}

async function client({ port, root }: Target, options: PeerOptions): Promise<Client> {
  const tap = await tapOf(options);
  const { importFD } = await load(options);
  const common = { hostname: "localhost", caCerts: [root], ...versions(options) };
  let connections = 0;
  return {
    async connect(handshake): Promise<PeerConn> {
      const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
      // The cache is in use in both cases, but nothing is found by a name of its own.
      const peerId = handshake === "full" ? `peer ${connections++}` : "peer";
      const socket = importFD(tap(tcp), { ...common, peerId });
      const { resumed } = await socket.handshake();
      return new DenoConn(socket, { ...options, resumed });
    },
  };
}

async function server({ cert, key }: Identity, options: PeerOptions): Promise<Server> {
  const tap = await tapOf(options);
  const { importFD } = await load(options);
  const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const common = { certificates: [{ cert, key }], ...versions(options) };
  const listener = importFD({
    accept: async () => tap(await tcp.accept()),
    close: () => tcp.close(),
    addr: tcp.addr,
  }, common);
  return {
    port: tcp.addr.port,
    accept: async () => new DenoConn(await listener.accept(), options),
  };
}

/** This package. */
export const peer: Peer = { client, server };
