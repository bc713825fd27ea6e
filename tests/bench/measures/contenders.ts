// Copyright 2026 the NSS for Deno authors. MIT license.

import type { PeerSpec } from "../process/commands.ts";
import type { Settings } from "./settings.ts";

/** A stack at one end. */
export interface Contender {
  readonly who: string;
  readonly spec: PeerSpec;
}

/** This package, and the other checkout of it. */
export function ours(
  { tree }: Settings,
  options: Partial<PeerSpec> = {},
): Contender[] {
  const before = tree === null ? [] : [{
    who: "@nss/nss before",
    spec: { ...options, peer: "nss", tree } as const,
  }];
  return [{ who: "@nss/nss", spec: { ...options, peer: "nss" } }, ...before];
}

/** All that can be a client. */
export function clients(settings: Settings): Contender[] {
  return [
    ...ours(settings),
    { who: "Deno", spec: { peer: "native" } },
    { who: "subtls", spec: { peer: "subtls" } },
    { who: "TCP", spec: { peer: "tcp" } },
  ];
}
