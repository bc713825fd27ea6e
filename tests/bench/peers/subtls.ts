// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { connectTcp, writeAll } from "./deno_conn.ts";
import { type Peer, type PeerConn, READ_LENGTH } from "./peer.ts";

/** What is used of the package. */
export interface Subtls {
  readonly TrustedCert: { databaseFromPEM(pem: string): Promise<object> };
  readonly LazyReadFunctionReadQueue: new (
    read: () => Promise<Uint8Array | undefined>,
  ) => { read(length: number): Promise<Uint8Array | undefined> };
  startTls(
    hostname: string,
    roots: object,
    read: (length: number) => Promise<Uint8Array | undefined>,
    write: (bytes: Uint8Array<ArrayBuffer>) => void,
  ): Promise<{
    read(): Promise<Uint8Array | undefined>;
    write(bytes: Uint8Array): Promise<void>;
  }>;
}

/** A name that is no import which a type check follows. */
const PACKAGE = "npm:subtls@0.5.0";

/** A TLS 1.3 client on WebCrypto: P-256 and AES-128-GCM alone. */
export const peer: Peer = {
  async client({ port, root }) {
    const { LazyReadFunctionReadQueue, startTls, TrustedCert }: Subtls = await import(PACKAGE);
    const roots = await TrustedCert.databaseFromPEM(root);
    return {
      async connect(): Promise<PeerConn> {
        const tcp = await connectTcp(port);
        // The package does not wait for its writes: they are kept in order here, and waited for.
        let written: Promise<void> = Promise.resolve();
        const write = (bytes: Uint8Array<ArrayBuffer>) => {
          written = written.then(() => writeAll(tcp, bytes));
          written.catch(() => {});
        };
        const queue = new LazyReadFunctionReadQueue(async () => {
          const buffer = new Uint8Array(READ_LENGTH);
          const count = await tcp.read(buffer);
          return count === null ? undefined : buffer.subarray(0, count);
        });
        const tls = await startTls("localhost", roots, queue.read.bind(queue), write);
        return {
          resumed: false,
          read: async () => await tls.read() ?? null,
          async write(bytes) {
            await tls.write(bytes);
            await written;
          },
          close: () => Promise.resolve(tcp.close()),
        };
      },
    };
  },
};
