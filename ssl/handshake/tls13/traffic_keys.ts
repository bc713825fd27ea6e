// Copyright 2026 the NSS for Deno authors. MIT license.

import { encodeKeyUpdate, parseKeyUpdate } from "../../messages/key_update.ts";
import { encodeHandshake, type HandshakeMessage } from "../../messages/handshake.ts";
import { CipherSpec } from "../../record/cipher_spec.ts";
import type { CipherSuite } from "../../tables/cipher_suites.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import type { ConnectionKeys, HandshakeOutput } from "../output.ts";
import type { ExporterMasterSecret, TrafficSecret } from "../../crypto/expanded_secrets.ts";
import { exportKeyingMaterial } from "../../crypto/export_keying_material.ts";

/**
 * The application keys of a connection: how they are renewed (RFC 8446, Section 7.2) and exported
 * from.
 */
export class TrafficKeys implements ConnectionKeys {
  /** TLS 1.3 has KeyUpdate. */
  readonly renewable = true;
  readonly #suite: CipherSuite;
  readonly #exporterMasterSecret: ExporterMasterSecret;
  #read: TrafficSecret;
  #write: TrafficSecret;
  /** The last use of the write secret: the next one starts from where it ends. */
  #writeRenewal: Promise<void> = Promise.resolve();

  /** Takes the secrets that the connection starts with. */
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

  /** Takes the peer's KeyUpdate: what comes after it is under its next key. */
  async receive(message: HandshakeMessage, output: HandshakeOutput): Promise<void> {
    const { requestUpdate } = parseKeyUpdate(message.body);
    this.#read = await this.#read.next();
    output.installReadSpec(await CipherSpec.create(this.#suite, this.#read));
    output.emit({ kind: "keyUpdate", requestUpdate });
  }

  /** The secret of what the peer sends. */
  get read(): TrafficSecret {
    return this.#read;
  }

  /** Does what depends on the write secret, while nobody renews it. */
  withWriteSecret<T>(action: (secret: TrafficSecret) => Promise<T>): Promise<T> {
    const done = this.#writeRenewal.then(() => action(this.#write));
    this.#writeRenewal = done.then(() => {}, () => {});
    return done;
  }

  /** Sends a KeyUpdate under the current write key and goes on under the next one. */
  renewWriteKey(requestUpdate: boolean, output: HandshakeOutput): Promise<void> {
    return this.withWriteSecret(async (secret) => {
      const next = await secret.next();
      const spec = await CipherSpec.create(this.#suite, next);
      this.#write = next;
      // Nothing may come between the message and the change of keys: no await from here.
      output.sendMessage(
        encodeHandshake(HandshakeType.keyUpdate, encodeKeyUpdate({ requestUpdate })),
      );
      output.installWriteSpec(spec);
    });
  }

  /** Derives bytes that both ends know and nobody else (RFC 8446, Section 7.5). */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array<ArrayBuffer> | null,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return exportKeyingMaterial(this.#exporterMasterSecret, label, context, length);
  }
}
