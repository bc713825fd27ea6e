// Copyright 2026 the NSS for Deno authors. MIT license.

import { encodeKeyUpdate, parseKeyUpdate } from "../messages/key_update.ts";
import { encodeHandshake, type HandshakeMessage } from "../messages/handshake.ts";
import { CipherSpec } from "../record/cipher_spec.ts";
import type { CipherSuite } from "../tables/cipher_suites.ts";
import { HandshakeType } from "../tables/handshake_types.ts";
import type { ConnectionKeys } from "./connection_keys.ts";
import type { HandshakeOutput } from "./handshake.ts";
import {
  type ExporterMasterSecret,
  exportKeyingMaterial,
  type TrafficSecret,
} from "./key_schedule.ts";

/** The application keys of a connection: how they are renewed (RFC 8446, Section 7.2) and exported from. */
export class TrafficKeys implements ConnectionKeys {
  /** TLS 1.3 has KeyUpdate. */
  readonly renewable = true;
  readonly #suite: CipherSuite;
  readonly #exporterMasterSecret: ExporterMasterSecret;
  #read: TrafficSecret;
  #write: TrafficSecret;
  /** The last renewal of the write key: the next one starts from where it ends. */
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

  /** Sends a KeyUpdate under the current write key and goes on under the next one. */
  renewWriteKey(requestUpdate: boolean, output: HandshakeOutput): Promise<void> {
    const renewal = this.#writeRenewal.then(async () => {
      const next = await this.#write.next();
      const spec = await CipherSpec.create(this.#suite, next);
      this.#write = next;
      // Nothing may come between the message and the change of keys: no await from here.
      output.sendMessage(
        encodeHandshake(HandshakeType.keyUpdate, encodeKeyUpdate({ requestUpdate })),
      );
      output.installWriteSpec(spec);
    });
    this.#writeRenewal = renewal.catch(() => {});
    return renewal;
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
