// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** WebCrypto with a synchronous digest that has MD5. @module */

import { type Hash, md5, sha1, sha256, sha384, sha512 } from "./_hashes.ts";

/** The digests that this project asks for. */
export type StdDigestAlgorithm = "MD5" | "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** What {@linkcode crypto} has in `subtle`, as far as this project uses it. */
export interface StdSubtleCrypto {
  /** Computes a digest at once. */
  digestSync(algorithm: StdDigestAlgorithm, data: BufferSource): ArrayBuffer;
}

/** What {@linkcode crypto} has, as far as this project uses it. */
export interface StdCrypto {
  /** The operations. */
  readonly subtle: StdSubtleCrypto;
}

const PLAIN: Readonly<Record<StdDigestAlgorithm, Hash>> = {
  "MD5": md5,
  "SHA-1": sha1,
  "SHA-256": sha256,
  "SHA-384": sha384,
  "SHA-512": sha512,
};

/** Node's hashes, which only our own tests use: under Deno, where millions of digests are made. */
const native = "Deno" in globalThis ? await import("node:crypto") : null;

/** WebCrypto with more hashes. */
export const crypto: StdCrypto = {
  subtle: {
    digestSync(algorithm, data) {
      const bytes = ArrayBuffer.isView(data)
        ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        : new Uint8Array(data);
      if (native === null) return PLAIN[algorithm](new Uint8Array(bytes)).buffer;
      const name = algorithm.toLowerCase().replace("-", "");
      // Without an object of a hash, which costs as much as the digest, and more to collect
      return new Uint8Array(native.hash(name, bytes, "buffer")).buffer;
    },
  },
};
