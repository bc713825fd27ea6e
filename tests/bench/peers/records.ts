// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { ConnLike } from "../../../ssl/connection/transports.ts";
import { importFD } from "../../../mod.ts";
import type { Peer } from "./peer.ts";
import { type DirectionKeys, RecordConn } from "./record_conn.ts";
import { openRecord, trafficKeys } from "./record_crypto.ts";

const HEADER_LENGTH = 5;
const APPLICATION_DATA = 23;

/**
 * Bare WebCrypto records: a connection of TLS 1.3 whose keys are taken over once it is connected.
 * It does what no implementation on WebCrypto can leave out, and nothing else: the ceiling of bulk
 * transfers.
 */
export const peer: Peer = {
  client({ port, root }) {
    return Promise.resolve({
      async connect() {
        const tcp = new Released(await Deno.connect({ hostname: "127.0.0.1", port }));
        const secrets = new Map<string, string>();
        const socket = importFD(tcp, {
          hostname: "localhost",
          caCerts: [root],
          cipherSuites: ["TLS_AES_128_GCM_SHA256"],
          sessionTickets: false,
          keyLog: (line) => {
            const [label, , secret] = line.split(" ");
            secrets.set(label!, secret!);
          },
        });
        await socket.handshake();
        const keys = (label: string) => trafficKeys(secrets.get(label)!);
        const write = await keys("CLIENT_TRAFFIC_SECRET_0");
        const read = await keys("SERVER_TRAFFIC_SECRET_0");
        await tcp.release(read);
        return new RecordConn(tcp, { write, read });
      },
    });
  },
};

/** A connection that a socket reads until it is connected, and then another. */
class Released implements ConnLike<Deno.Addr> {
  readonly #tcp: Deno.TcpConn;
  #seen: Uint8Array<ArrayBuffer> | null = new Uint8Array();
  #left: Uint8Array<ArrayBuffer> = new Uint8Array();
  #pending: Promise<unknown> = Promise.resolve();

  constructor(tcp: Deno.TcpConn) {
    this.#tcp = tcp;
  }

  get localAddr(): Deno.Addr {
    return this.#tcp.localAddr;
  }

  get remoteAddr(): Deno.Addr {
    return this.#tcp.remoteAddr;
  }

  setNoDelay(noDelay?: boolean): void {
    this.#tcp.setNoDelay(noDelay);
  }

  write(p: Uint8Array): Promise<number> {
    return this.#tcp.write(p);
  }

  close(): void {
    this.#tcp.close();
  }

  async read(p: Uint8Array): Promise<number | null> {
    if (this.#seen === null) return await this.#readReleased(p);
    const reading = this.#tcp.read(p);
    this.#pending = reading;
    const count = await reading;
    const bytes = p.slice(0, count ?? 0);
    if (this.#seen === null) {
      // The socket that has asked is not asked for anything any more.
      this.#left = concat(this.#left, bytes);
      return await new Promise(() => {});
    }
    this.#seen = concat(this.#seen, bytes);
    return count;
  }

  /** Ends the socket's reading: what its application would have read is next. */
  async release(keys: DirectionKeys): Promise<void> {
    const seen = this.#seen!;
    this.#seen = null;
    let at = 0;
    for (let end; (end = recordEnd(seen, at)) !== null; at = end) {
      const record = seen.slice(at, end);
      if (record[0] === APPLICATION_DATA && await openRecord(keys, 0, record) !== null) break;
    }
    this.#left = concat(seen.slice(at), this.#left);
  }

  async #readReleased(p: Uint8Array): Promise<number | null> {
    if (this.#left.length === 0) await this.#pending;
    if (this.#left.length === 0) return await this.#tcp.read(p);
    const bytes = this.#left.subarray(0, p.length);
    p.set(bytes);
    this.#left = this.#left.slice(bytes.length);
    return bytes.length;
  }
}

/** Where the record that begins here ends; `null` if it is not all there. */
function recordEnd(bytes: Uint8Array, at: number): number | null {
  if (bytes.length < at + HEADER_LENGTH) return null;
  const end = at + HEADER_LENGTH + (bytes[at + 3]! << 8 | bytes[at + 4]!);
  return end <= bytes.length ? end : null;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
