// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A client-facing server of split mode (RFC 9849, Section 7.1), which this package has for tests
 * alone: it decrypts ClientHellos, and forwards all else as it is.
 *
 * @module
 */

import { concat } from "../../cert/base/bytes.ts";
import type { EchKey } from "../../ssl/config/ech_key.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { type HpkeContext, setupHpkeReceiver } from "../../ssl/crypto/hpke.ts";
import { parseEchClientHello } from "../../ssl/extensions/encrypted_client_hello.ts";
import { echInfo } from "../../ssl/handshake/ech_confirmation.ts";
import { readEchKey } from "../../ssl/handshake/ech_configs.ts";
import { parseClientHello } from "../../ssl/messages/client_hello.ts";
import { decodeClientHelloInner } from "../../ssl/messages/client_hello_inner.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { plainRecord } from "./_record_tap.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Forwards a client's connection to back ends: each ClientHello to the next one. */
export class ClientFacing {
  readonly #key: EchKey;
  readonly #client: ConnLike;
  readonly #backEnds: readonly ConnLike[];
  #context: HpkeContext | null = null;
  #hellos = 0;

  constructor(key: EchKey, client: ConnLike, backEnds: readonly ConnLike[]) {
    this.#key = key;
    this.#client = client;
    this.#backEnds = backEnds;
  }

  /** Forwards until both ends have closed. */
  async run(): Promise<void> {
    const down = this.#backEnds.map((backEnd) => this.#forward(backEnd, this.#client));
    let left: Bytes = new Uint8Array(0);
    for (let piece; (piece = await readSome(this.#client)) !== null;) {
      left = concat([left, piece]);
      for (let end; (end = recordEnd(left)) !== null; left = left.slice(end)) {
        await this.#take(left.slice(0, end));
      }
    }
    this.#backEnds.forEach((backEnd) => backEnd.close());
    await Promise.all(down);
  }

  async #take(record: Bytes): Promise<void> {
    const isHello = record[0] === ContentType.handshake &&
      record[5] === HandshakeType.clientHello;
    if (isHello) this.#hellos++;
    const to = this.#backEnds[Math.min(this.#hellos, this.#backEnds.length) - 1]!;
    const sent = isHello
      ? plainRecord(ContentType.handshake, await this.#reveal(record.slice(9)))
      : record;
    await to.write(sent);
  }

  async #reveal(body: Bytes): Promise<Bytes> {
    const hello = parseClientHello(body);
    const sent = parseEchClientHello(hello.extensions!.body(ExtensionType.encryptedClientHello)!);
    if (sent === "inner") throw new Error("Cannot decrypt: the hello is an inner one");
    const { config, privateKey } = this.#key;
    const { contents: { kem, publicKey } } = readEchKey(config, privateKey);
    const pair = { publicKey, privateKey };
    const suite = { kem, ...sent.cipherSuite };
    this.#context ??= await setupHpkeReceiver(suite, pair, sent.enc, echInfo(config));
    const aad = body.slice();
    const at = sent.payload.byteOffset - body.byteOffset;
    aad.fill(0, at, at + sent.payload.length);
    const inner = decodeClientHelloInner(await this.#context.open(aad, sent.payload), hello);
    return encodeHandshake(HandshakeType.clientHello, inner.body);
  }

  async #forward(from: ConnLike, to: ConnLike): Promise<void> {
    for (let piece; (piece = await readSome(from)) !== null;) await to.write(piece);
  }
}

async function readSome(conn: ConnLike): Promise<Bytes | null> {
  const buffer = new Uint8Array(20_000);
  const count = await conn.read(buffer).catch(() => null);
  return count === null ? null : buffer.slice(0, count);
}

function recordEnd(bytes: Bytes): number | null {
  if (bytes.length < 5) return null;
  const end = 5 + new DataView(bytes.buffer, bytes.byteOffset).getUint16(3);
  return bytes.length < end ? null : end;
}
