// Copyright 2026 the NSS for Deno authors. MIT license.

import { encodeKeyUpdate, parseKeyUpdate } from "../../messages/key_update.ts";
import { encodeHandshake, type HandshakeMessage } from "../../messages/handshake.ts";
import { CipherSpec } from "../../record/cipher_spec.ts";
import type { CipherSuite } from "../../tables/cipher_suites.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import type { ConnectionKeys, ExporterSecret, HandshakeOutput } from "../output.ts";
import type { ExporterMasterSecret, TrafficSecret } from "../../crypto/expanded_secrets.ts";
import { exportKeyingMaterial } from "../../crypto/export_keying_material.ts";

/**
 * The application traffic keys of a connection, which can be renewed (RFC 8446, Section 7.2), and
 * the exporter.
 */
export class TrafficKeys implements ConnectionKeys {
  /** TLS 1.3 has KeyUpdate. */
  readonly renewable = true;
  readonly #suite: CipherSuite;
  readonly #exporterMasterSecret: ExporterMasterSecret;
  #read: TrafficSecret;
  #write: TrafficSecret;
  /** Settles after the last use of the write secret: uses happen one after the other. */
  #writeRenewal: Promise<void> = Promise.resolve();

  /** Creates the keys from the first application secrets. */
  constructor(
    suite: CipherSuite,
    secrets: {
      readonly read: TrafficSecret;
      readonly write: TrafficSecret;
      readonly exporterMasterSecret: ExporterMasterSecret;
    },
  ) {
    this.#suite = suite;
    this.#read = secrets.read;
    this.#write = secrets.write;
    this.#exporterMasterSecret = secrets.exporterMasterSecret;
  }

  /** Processes the peer's KeyUpdate, and installs its next key. */
  async receive(message: HandshakeMessage, output: HandshakeOutput): Promise<void> {
    const { requestUpdate } = parseKeyUpdate(message.body);
    this.#read = await this.#read.next();
    output.installReadSpec(await CipherSpec.create(this.#suite, this.#read));
    output.emit({ kind: "keyUpdate", requestUpdate });
  }

  /** The traffic secret of the peer. */
  get read(): TrafficSecret {
    return this.#read;
  }

  /** Runs an action on the write secret, which is not renewed meanwhile. */
  withWriteSecret<T>(action: (secret: TrafficSecret) => Promise<T>): Promise<T> {
    const done = this.#writeRenewal.then(() => action(this.#write));
    this.#writeRenewal = done.then(() => {}, () => {});
    return done;
  }

  /** Sends a KeyUpdate under the current write key, and installs the next one. */
  renewWriteKey(requestUpdate: boolean, output: HandshakeOutput): Promise<void> {
    return this.withWriteSecret(async (secret) => {
      const next = await secret.next();
      const spec = await CipherSpec.create(this.#suite, next);
      this.#write = next;
      // No await from here: no record may be sent between the message and the change of keys.
      output.sendMessage(
        encodeHandshake(HandshakeType.keyUpdate, encodeKeyUpdate({ requestUpdate })),
      );
      output.installWriteSpec(spec);
    });
  }

  /** Exports keying material (RFC 8446, Section 7.5). */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array<ArrayBuffer> | null,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return exportKeyingMaterial(this.#exporterMasterSecret, label, context, length);
  }

  /** Returns a copy of the exporter master secret. */
  exporterSecret(): ExporterSecret {
    return { secret: this.#exporterMasterSecret.bytesForKeyLog(), randoms: null };
  }
}
