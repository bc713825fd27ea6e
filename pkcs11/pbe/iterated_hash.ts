// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HashName } from "../../cert/certificate/private_key.ts";

// PKCS#12 derives its keys by hashing a hash up to a million times (RFC 7292, Appendix B.2).
// WebCrypto has no such function, and each of its digests costs a thread hop of 30 us: 600,000
// iterations, which is what pk12util writes, would take 18 s. @std/crypto computes them where they
// are asked for; it is loaded when a file wants it.

/** How many iterations run before other work gets its turn: some milliseconds. */
const SLICE = 5_000;

/**
 * Hashes a hash again and again.
 *
 * @param hash The hash function.
 * @param digest The first hash; those between it and the last one are overwritten.
 * @param times How often it is hashed.
 * @returns The last hash.
 */
export async function iterateHash(
  hash: HashName,
  digest: Uint8Array<ArrayBuffer>,
  times: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { crypto } = await import("@std/crypto/crypto");
  let last = digest;
  for (let left = times; left > 0; left -= SLICE) {
    if (left !== times) await turn();
    for (let i = Math.min(left, SLICE); i > 0; i--) {
      const next = new Uint8Array(crypto.subtle.digestSync(hash, last));
      if (last !== digest) last.fill(0);
      last = next;
    }
  }
  return last;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
