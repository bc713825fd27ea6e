// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

import { assertEquals } from "@std/assert";
import { duplexPair } from "node:stream";
import { importFD } from "../../../ssl/import_fd.ts";
import { fromNodeStream } from "../../../ssl/node/from_node_stream.ts";
import { clientOptions, serverOptions } from "../_support.ts";

Deno.test("fromNodeStream() closes after the peer, where Duplex.toWeb() throws what nothing catches", async () => {
  const uncaught: unknown[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.push(event.error);
  };
  addEventListener("error", onError);
  try {
    const [near, far] = duplexPair();
    const client = importFD(fromNodeStream(near), clientOptions());
    const server = importFD(fromNodeStream(far), serverOptions());
    await Promise.all([client.handshake(), server.handshake()]);
    // As a net.Socket ends itself upon the peer's end, here when close_notify has been written
    const write = near.write.bind(near);
    const writeAndEnd = (chunk: unknown, ...rest: []) => {
      const hasRoom = write(chunk, ...rest);
      near.end();
      return hasRoom;
    };
    Object.assign(near, { write: writeAndEnd });
    await Promise.all([client.close(), server.close()]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    removeEventListener("error", onError);
  }
  assertEquals(uncaught, []);
});
