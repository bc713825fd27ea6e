// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Connections to Deno's own TLS, so that this package is at one end only. @module */

import type { importFD, ImportOptions, ProtocolVersion, SslSocket } from "../../mod.ts";

/** Which end is this package's, and what it is measured with. */
export interface Setup {
  readonly role: "client" | "server";
  readonly version: ProtocolVersion;
  /** The server's certificate, its authority's and its key, as PEM. */
  readonly cert: string;
  readonly root: string;
  readonly key: string;
}

const BYTE = new Uint8Array(1);
const BUFFER = new Uint8Array(4096);

/**
 * Makes what opens connections that have sent a byte each way.
 *
 * @param importSocket `importFD`, which the caller loads when it likes.
 */
export function connector(
  importSocket: typeof importFD,
  { role, version, cert, root, key }: Setup,
): () => Promise<[own: SslSocket, peer: Deno.Conn]> {
  const isClient = role === "client";
  const hostname = "localhost";
  const common = { versions: { min: version, max: version }, sessionTickets: false };
  const options: ImportOptions = isClient
    ? { hostname, caCerts: [root], ...common }
    : { role, certificates: [{ cert, key }], ...common };
  const listener = isClient
    ? Deno.listenTls({ hostname, port: 0, cert, key })
    : Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr;
  return async () => {
    const [near, far] = await Promise.all([
      isClient
        ? Deno.connect({ hostname, port })
        : Deno.connectTls({ hostname, port, caCerts: [root] }),
      listener.accept(),
    ]);
    const [inner, peer] = isClient ? [near, far] : [far, near];
    const own: SslSocket = importSocket(inner, options);
    await Promise.all([own.write(BYTE), peer.read(BUFFER)]);
    await Promise.all([peer.write(BYTE), own.read(BUFFER)]);
    const info = await own.handshake();
    if (info.version !== version) throw new Error(`Cannot measure: the version is ${info.version}`);
    return [own, peer];
  };
}
