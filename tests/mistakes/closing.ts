// Copyright 2026 the NSS for Deno authors. MIT license.

import { importFD } from "@nss/nss";
import {
  clientOptions,
  connected,
  failureOf,
  join,
  type JoinOptions,
  serverOptions,
  shake,
  turns,
} from "../ssl/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Closing, and peers that have gone";

const BYTE = new Uint8Array(1);

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "reading to the end from a peer that closes its connection without close_notify",
    make: async () => {
      await using ends = await connected();
      ends.server[Symbol.dispose]();
      await ends.client.read(BYTE);
    },
    name: "PR_END_OF_FILE_ERROR",
    says: "Cannot read on: the connection ended without close_notify, so data may be missing; " +
      "where the protocol itself marks the end of its data, allowTruncation accepts such an end",
  },
  {
    mistake: "`write()` after `close()`",
    make: async () => {
      await using ends = await connected();
      await ends.client.close();
      await ends.client.write(BYTE);
    },
    name: "PR_BAD_DESCRIPTOR_ERROR",
    says: "Cannot use socket: it was closed",
  },
  {
    mistake: "`close()` after writing more than a peer takes that never reads",
    make: async () => {
      await using ends = await connected(UNREAD);
      const writing = failureOf(ends.client.write(new Uint8Array(1_000_000)));
      const closing = ends.client.close();
      await writing;
      await closing;
    },
    name: "PR_IO_TIMEOUT_ERROR",
    says: "Cannot send all that was written before the socket closes: " +
      "the peer has not taken it within 50 ms (closeTimeout); perhaps it does not read",
  },
  {
    mistake: "`await client.close()` over two TransformStreams, before anybody reads what it wrote",
    make: async () => {
      await using ends = await overStreams();
      await ends.client.write(BYTE);
      await ends.client.close();
    },
    name: "PR_IO_TIMEOUT_ERROR",
    says: "Cannot send all that was written before the socket closes: " +
      "the peer has not taken it within 50 ms (closeTimeout); perhaps it does not read",
  },
  {
    mistake: "a transport of streams whose sink fails after `write()` has resolved",
    make: async () => {
      await using ends = await overStreams(() => Promise.reject(new Error("disk full")));
      await ends.client.write(BYTE);
      await ends.client.close();
    },
    name: "PR_IO_ERROR",
    says: "Cannot write: the transport failed: disk full",
  },
  {
    mistake: "a client without a certificate that only writes, to a server that demands one",
    make: async () => {
      await using ends = join({ server: { clientAuth: "require" } });
      const refused = failureOf(ends.server.handshake());
      await ends.client.write(BYTE);
      await refused;
      await turns();
      await ends.client.write(BYTE);
    },
    name: "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
    says: "Peer sent alert certificate_required (116): it wants a client certificate; " +
      "give one by the certificates option or getClientAuthData. " +
      "This client sent no certificate: the option certificates has none",
  },
];

/** A server that never reads, and a client that does not wait long for it. */
const UNREAD: JoinOptions = { client: { closeTimeout: 50 }, pair: { capacity: 1024 } };

/** Joins two sockets by streams, which a function may hinder once they are connected. */
async function overStreams(hinder?: () => Promise<void>) {
  let connected = false;
  const up = new TransformStream<Uint8Array>(
    {
      async transform(chunk, controller) {
        if (connected) await hinder?.();
        controller.enqueue(chunk);
      },
    },
    undefined,
    { highWaterMark: hinder === undefined ? 0 : 10 },
  );
  const down = new TransformStream<Uint8Array>();
  const client = importFD(
    { readable: down.readable, writable: up.writable },
    clientOptions({ closeTimeout: 50 }),
  );
  const server = importFD({ readable: up.readable, writable: down.writable }, serverOptions());
  await shake({ client, server });
  connected = true;
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled([client.close(), server.close()]);
    },
  };
}
