// Copyright 2026 the NSS for Deno authors. MIT license.

import { importFD, type ImportOptions } from "@nss/nss";
import { withoutAlgorithms } from "../support/lacking_webcrypto.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "What a runtime's WebCrypto lacks";

/** A handshake on Node 22, which cannot be asked what it has, and has none of this. */
function onNode22(options: ImportOptions): Promise<unknown> {
  const { readable, writable } = new TransformStream<Uint8Array>();
  return withoutAlgorithms(
    null,
    () => importFD({ readable, writable }, { hostname: "localhost", ...options }).handshake(),
  );
}

const cure = "; enable another, or use a runtime that has it";

/** The rows. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "On Node 22 no other group than `X25519MLKEM768`",
    make: () => onNode22({ groups: ["X25519MLKEM768"] }),
    name: "SSL_ERROR_SSL_DISABLED",
    says: "Cannot start handshake: no key exchange group is left that is enabled, allowed by " +
      `policy and supported here: this runtime's WebCrypto lacks X25519MLKEM768${cure}`,
  },
  {
    mistake: "On Node 22 no other suites than those of ChaCha20",
    make: () =>
      onNode22({
        cipherSuites: [
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        ],
      }),
    name: "SSL_ERROR_SSL_DISABLED",
    says:
      "Cannot start handshake: no cipher suite is left that is enabled, allowed by policy and " +
      "supported here: this runtime's WebCrypto lacks TLS_CHACHA20_POLY1305_SHA256, " +
      `TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256${cure}`,
  },
  {
    mistake: "On Node 22 no other signature scheme than `mldsa65`",
    make: () => onNode22({ signatureSchemes: ["mldsa65"] }),
    name: "SSL_ERROR_SSL_DISABLED",
    says:
      "Cannot start handshake: no signature scheme is left that is enabled, allowed by policy " +
      `and supported here: this runtime's WebCrypto lacks mldsa65${cure}`,
  },
];
