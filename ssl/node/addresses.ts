// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import type { AddressInfo } from "node:net";

/** An address in Node's form; empty if a transport has none, as a Unix socket's. */
export type NodeAddress = AddressInfo | Record<string, never>;

/** Returns an address of Deno's in Node's form. */
export function nodeAddress(address: unknown): NodeAddress {
  if (typeof address !== "object" || address === null) return {};
  if (!("hostname" in address) || !("port" in address)) return {};
  const { hostname, port } = address;
  if (typeof hostname !== "string" || typeof port !== "number") return {};
  return { address: hostname, port, family: hostname.includes(":") ? "IPv6" : "IPv4" };
}

interface Addressed {
  address(): NodeAddress;
  readonly peerAddress: NodeAddress;
}

/** The properties of a socket that are parts of its addresses. */
export const ADDRESSES: { readonly [name: string]: (socket: Addressed) => unknown } = {
  localAddress: (socket) => socket.address().address,
  localPort: (socket) => socket.address().port,
  localFamily: (socket) => socket.address().family,
  remoteAddress: (socket) => socket.peerAddress.address,
  remotePort: (socket) => socket.peerAddress.port,
  remoteFamily: (socket) => socket.peerAddress.family,
};
