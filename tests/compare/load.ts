// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Stack, StackName } from "./stack.ts";

/** The stacks, by name. Each is loaded only in the processes that speak it. */
const LOADERS: Readonly<Record<StackName, () => Promise<{ stack: Stack }>>> = {
  native: () => import("./stacks/native.ts"),
  node_tls: () => import("./stacks/node_tls.ts"),
  lemon: () => import("./stacks/lemon.ts"),
  subtls: () => import("./stacks/subtls.ts"),
  nss: () => import("./stacks/nss.ts"),
};

/** Loads a stack. */
export async function loadStack(name: StackName): Promise<Stack> {
  return (await LOADERS[name]()).stack;
}
