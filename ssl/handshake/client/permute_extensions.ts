// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../../extensions/extension_block.ts";

/**
 * Returns the extensions in an order that differs between connections, so that peers do not rely on
 * one. It derives from the client random, which is public, so that both ClientHellos have the same.
 */
export function permuteExtensions(
  extensions: ExtensionBlock,
  random: Uint8Array<ArrayBuffer>,
): ExtensionBlock {
  const seed = new DataView(random.buffer, random.byteOffset).getUint32(random.length - 4);
  const permuted = new ExtensionBlock();
  const order = new Map(extensions.types().map((type) => [type, scatter(seed ^ type)]));
  for (const [type] of [...order].toSorted(([, a], [, b]) => a - b)) {
    permuted.addBody(type, extensions.body(type)!);
  }
  return permuted;
}

/** Hashes a number (the finalizer of MurmurHash3), without security. */
function scatter(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
