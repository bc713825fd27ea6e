// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The two stacks that are measured side by side, under one face: Deno's own TLS and `importFD`.
 *
 * @module
 */

import {
  createCertificate,
  exportPrivateKeyPem,
  generateKeyPair,
  importFD,
  type KeyPairType,
  type SslSocket,
} from "../../mod.ts";

/** Whose TLS one end of a connection speaks. */
export type Stack = "Deno" | "NSS";

/** One end of a connection, of either stack. */
export type Conn = Deno.TlsConn | SslSocket<Deno.Addr>;

/**
 * What a server shows, and what a client trusts; all PEM, so that both stacks and workers take it.
 */
export interface Identity {
  /** The certificate that signed the server's. */
  readonly root: string;
  /** The server's certificate, for `localhost`. */
  readonly cert: string;
  /** The server's key. */
  readonly key: string;
}

/**
 * Makes an authority (ECDSA P-256) and under it a server's certificate with a key of the given
 * type.
 */
export async function makeIdentity(type: KeyPairType): Promise<Identity> {
  const rootKeys = await generateKeyPair();
  const root = await createCertificate({ ...rootKeys, subject: "CN=bench root", isCa: true });
  const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
  const leaf = await createCertificate({
    publicKey,
    dnsNames: ["localhost"],
    issuer: { certificate: root, privateKey: rootKeys.privateKey },
  });
  return {
    root: root.toPem(),
    cert: leaf.toPem(),
    key: await exportPrivateKeyPem(privateKey),
  };
}

/** What accepts connections, of either stack. */
export interface Listener {
  readonly port: number;
  accept(): Promise<Conn>;
  close(): void;
}

/** Listens on a free port of 127.0.0.1. */
export function listen(stack: Stack, { cert, key }: Identity): Listener {
  const address = { hostname: "127.0.0.1", port: 0 };
  if (stack === "Deno") {
    const listener = Deno.listenTls({ ...address, cert, key });
    return {
      port: listener.addr.port,
      accept: () => listener.accept(),
      close: () => listener.close(),
    };
  }
  const tcp = Deno.listen(address);
  const listener = importFD(tcp, { certificates: [{ cert, key }] });
  return {
    port: tcp.addr.port,
    accept: () => listener.accept(),
    close: () => listener.close(),
  };
}

/** How {@linkcode makeConnector} connects. */
export interface ConnectorOptions {
  /** Whether sessions are kept and resumed; default `false`. */
  readonly resume?: boolean;
}

/** Connects to a server whose identity the client knows; the handshake is left to the first use. */
export function makeConnector(
  stack: Stack,
  { root }: Identity,
  port: number,
  { resume = false }: ConnectorOptions = {},
): () => Promise<Conn> {
  if (stack === "Deno") {
    return () => Deno.connectTls({ hostname: "localhost", port, caCerts: [root] });
  }
  const options = { hostname: "localhost", caCerts: [root], sessionTickets: resume };
  return async () => importFD(await Deno.connect({ hostname: "127.0.0.1", port }), options);
}

/** Reads until a number of bytes have come. */
export async function readExactly(
  conn: Conn,
  length: number,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<void> {
  for (let left = length; left > 0;) {
    const count = await conn.read(left < buffer.length ? buffer.subarray(0, left) : buffer);
    if (count === null) throw new Error("Cannot read on: the connection ended");
    left -= count;
  }
}

/** Writes all bytes. */
export async function writeAll(conn: Conn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    offset += await conn.write(offset === 0 ? bytes : bytes.subarray(offset));
  }
}
