// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Peer } from "./peer.ts";

/** The stacks, by name. Each is loaded only in the processes that speak it. */
const PEERS = {
  nss: () => import("./nss.ts"),
  native: () => import("./native.ts"),
  tcp: () => import("./tcp.ts"),
  records: () => import("./records.ts"),
  nodeTls: () => import("./node_tls.ts"),
  lemon: () => import("./lemon.ts"),
  reclaim: () => import("./reclaim.ts"),
  subtls: () => import("./subtls.ts"),
} satisfies Record<string, () => Promise<{ peer: Peer }>>;

/** The name of a stack. */
export type PeerName = keyof typeof PEERS;

/** Loads a stack. */
export async function loadPeer(name: PeerName): Promise<Peer> {
  return (await PEERS[name]()).peer;
}
