// Copyright 2026 the NSS for Deno authors. MIT license.

import { concat } from "../../../cert/base/bytes.ts";
import { SslError } from "../../base/errors.ts";
import { Writer } from "../../wire/writer.ts";
import type { ConnectionKeys, ExporterSecret } from "../output.ts";
import type { MasterSecret, Randoms } from "../../crypto/master_secret.ts";

/** The keys of a TLS 1.2 connection, which only allow to export keying material. */
export class Tls12Keys implements ConnectionKeys {
  /** TLS 1.2 has no KeyUpdate. */
  readonly renewable = false;
  readonly #masterSecret: MasterSecret;
  /** Copies: the hellos, which may be long, are not kept. */
  readonly #randoms: Uint8Array<ArrayBuffer>;

  /** Creates the keys of a connection. */
  constructor(masterSecret: MasterSecret, { client, server }: Randoms) {
    this.#masterSecret = masterSecret;
    this.#randoms = concat([client, server]);
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
    const seed = new Writer().bytes(this.#randoms);
    // An empty context differs from none, because its length is included.
    if (context !== null) seed.vector16(context);
    return this.#masterSecret.prf.expand(label, seed.finish(), length);
  }

  /** Returns copies of the master secret and the randoms. */
  exporterSecret(): ExporterSecret {
    return { secret: this.#masterSecret.bytes.slice(), randoms: this.#randoms.slice() };
  }
}
