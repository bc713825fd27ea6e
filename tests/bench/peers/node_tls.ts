// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

import { type TlsModule, tlsModulePeer } from "./node_socket.ts";

/** `node:tls`: OpenSSL in Node, rustls in Deno. */
export const peer = tlsModulePeer(async (): Promise<TlsModule> => {
  const { connect, createServer } = await import("node:tls");
  return {
    connect: ({ session, ...options }) =>
      connect({ ...options, ...(session && { session: Buffer.from(session) }) }),
    createServer,
  };
});
