// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionBlock } from "../../extensions/extension_block.ts";

/**
 * The extensions in an order that differs from connection to connection, so that nobody comes to
 * rely on one. Both hellos of a connection have the same, as it hangs on their random, which is
 * public.
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

/**
 * Numbers that are close together, far apart (the finalizer of MurmurHash3); it keeps no secret.
 */
function scatter(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
