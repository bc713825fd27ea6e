// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../base/errors.ts";
import { Writer } from "../../wire/writer.ts";
import type { ConnectionKeys } from "../output.ts";
import type { MasterSecret, Randoms } from "../../crypto/master_secret.ts";

/** The keys of a TLS 1.2 connection, which only allow to export keying material. */
export class Tls12Keys implements ConnectionKeys {
  /** TLS 1.2 has no KeyUpdate. */
  readonly renewable = false;
  readonly #masterSecret: MasterSecret;
  readonly #randoms: Randoms;

  /** Creates the keys of a connection. */
  constructor(masterSecret: MasterSecret, randoms: Randoms) {
    this.#masterSecret = masterSecret;
    this.#randoms = randoms;
  }

  /** Rejects. */
  renewWriteKey(): Promise<void> {
    return Promise.reject(
      new SslError(
        "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION",
        "Cannot renew keys: TLS 1.2 has no KeyUpdate",
      ),
    );
  }

  /** Exports keying material (RFC 5705, Section 4). */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array<ArrayBuffer> | null,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const seed = new Writer().bytes(this.#randoms.client).bytes(this.#randoms.server);
    // An empty context differs from none, because its length is included.
    if (context !== null) seed.vector16(context);
    return this.#masterSecret.prf.expand(label, seed.finish(), length);
  }
}
