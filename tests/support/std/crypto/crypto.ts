// Copyright 2026 the NSS for Deno authors. MIT license.

/** WebCrypto with a synchronous digest that has MD5. @module */

import { createHash } from "node:crypto";

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

/** WebCrypto with more hashes. */
export const crypto: StdCrypto = {
  subtle: {
    digestSync(algorithm, data) {
      const bytes = ArrayBuffer.isView(data)
        ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        : new Uint8Array(data);
      return new Uint8Array(
        createHash(algorithm.toLowerCase().replace("-", "")).update(bytes).digest(),
      ).buffer;
    },
  },
};
