// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What the benchmark asks of a TLS stack, whether it runs in Deno or in Node.
 *
 * @module
 */

/** One end of a connection whose handshake is complete. */
export interface PeerConn {
  /** Whether the handshake resumed a session. */
  readonly resumed: boolean;
  /** Gives the next bytes, valid until the next call; `null` at the end. */
  read(): Promise<Uint8Array | null>;
  /** Takes all bytes, with the stack's own back-pressure. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Closes the connection. */
  close(): Promise<void>;
}

/** Where a client connects to, always `localhost` at 127.0.0.1. */
export interface Target {
  readonly port: number;
  /** The server's root, PEM. */
  readonly root: string;
}

/** What a server shows, PEM. */
export interface Identity {
  /** The certificate that signed the server's. */
  readonly root: string;
  readonly cert: string;
  readonly key: string;
}

/** A client of one server. */
export interface Client {
  /** Connects, shakes hands, and verifies the server's certificate. */
  connect(handshake: "full" | "resumed"): Promise<PeerConn>;
}

/** A server that listens. */
export interface Server {
  readonly port: number;
  accept(): Promise<PeerConn>;
}

/** What a peer of the benchmark may be told; each heeds what it can. */
export interface PeerOptions {
  /** The only version of TLS. Default: the stack's own choice, which is 1.3. */
  readonly version?: "1.2" | "1.3";
  /** The checkout of this package, for the peer `nss`. Default: this one. */
  readonly tree?: string;
  /** How many bytes the application reads at once. Default: 65,536. */
  readonly readLength?: number;
  /** Whether connections of the peer \`nss\` can be recorded. */
  readonly tapped?: boolean;
}

/** A TLS stack. */
export interface Peer {
  client?(target: Target, options: PeerOptions): Promise<Client>;
  server?(identity: Identity, options: PeerOptions): Promise<Server>;
}

/** How many bytes an application of the benchmark reads at once. */
export const READ_LENGTH = 1 << 16;
