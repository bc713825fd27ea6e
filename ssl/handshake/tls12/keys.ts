// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../base/errors.ts";
import { Writer } from "../../wire/writer.ts";
import type { ConnectionKeys } from "../output.ts";
import type { MasterSecret, Randoms } from "../../crypto/master_secret.ts";

/** What can still be done with the keys of a TLS 1.2 connection: to export from them. */
export class Tls12Keys implements ConnectionKeys {
  /** TLS 1.2 has no KeyUpdate. */
  readonly renewable = false;
  readonly #masterSecret: MasterSecret;
  readonly #randoms: Randoms;

  /** Takes the secrets of the connection. */
  constructor(masterSecret: MasterSecret, randoms: Randoms) {
    this.#masterSecret = masterSecret;
    this.#randoms = randoms;
  }

  /** Cannot. */
  renewWriteKey(): Promise<void> {
    return Promise.reject(
      new SslError(
        "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION",
        "Cannot renew keys: TLS 1.2 has no KeyUpdate",
      ),
    );
  }

  /** Derives bytes that both ends know and nobody else (RFC 5705, Section 4). */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array<ArrayBuffer> | null,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const seed = new Writer().bytes(this.#randoms.client).bytes(this.#randoms.server);
    // No context is not the same as an empty one, whose length is there.
    if (context !== null) seed.vector16(context);
    return this.#masterSecret.prf.expand(label, seed.finish(), length);
  }
}
