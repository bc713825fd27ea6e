// Copyright 2026 the NSS for Deno authors. MIT license.

import type { PeerSpec } from "../process/commands.ts";
import type { Settings } from "./measure.ts";

/** Names that the tables and the chart know. */
export const OURS = "@nss/nss";
export const BEFORE = "@nss/nss before";
export const RECORDS = "bare records";
export const CALLS = "its WebCrypto calls";
export const CALLS_AND_IO = "its calls and I/O";
export const DENO = "Deno";
export const NODE_ON_DENO = "node:tls on Deno";
export const NODE = "node:tls on Node";
export const SUBTLS = "subtls";
export const LEMON = "lemon-tls";
export const RECLAIM = "@reclaimprotocol/tls";
export const TCP = "TCP";

/** A stack at one end. */
export interface Contender {
  readonly who: string;
  readonly spec: PeerSpec;
}

const RIVALS: Readonly<Record<string, PeerSpec>> = {
  [DENO]: { peer: "native" },
  [NODE_ON_DENO]: { peer: "nodeTls" },
  [NODE]: { peer: "nodeTls", runtime: "node" },
  [SUBTLS]: { peer: "subtls" },
  [LEMON]: { peer: "lemon" },
  [RECLAIM]: { peer: "reclaim" },
};

/** This package, and the other checkout of it. */
export function ours({ tree }: Settings, options: Partial<PeerSpec> = {}): Contender[] {
  const own: Contender = { who: OURS, spec: { ...options, peer: "nss" } };
  return tree === null ? [own] : [own, { who: BEFORE, spec: { ...own.spec, tree } }];
}

/** Other stacks, in the order of the tables. */
export function rivals(
  settings: Settings,
  names: readonly string[],
  options: Partial<PeerSpec> = {},
): Contender[] {
  return names.filter((who) => who !== NODE || settings.hasNode)
    .map((who) => ({ who, spec: { ...RIVALS[who]!, ...options } }));
}

/**
 * The server of handshakes and small messages. Deno's own leaves Nagle's algorithm on, whose 40 ms
 * would hide all else.
 */
export function referenceServer({ hasNode }: Settings): PeerSpec {
  return { peer: "nodeTls", runtime: hasNode ? "node" : "deno" };
}

/**
 * The server of resumed handshakes: it gives a new ticket on each connection, of which a client of
 * TLS 1.3 uses each once. Node's gives none where a session was resumed.
 */
export const SESSION_SERVER: PeerSpec = { peer: "nss" };
