// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What the comparison asks of a TLS stack: the common part of what the stacks can do. @module */

import type { PrivateKey } from "@nss/nss/cert";

/** A certificate with its key, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** The version of a connection. */
export type Version = "1.2" | "1.3";

/** What a client is asked for. */
export interface ClientOptions {
  /** The roots to trust, PEM. */
  readonly roots?: string;
  /** The only version. */
  readonly version?: Version;
  /** Its certificate. */
  readonly identity?: Identity;
  /** The only cipher suite, group or signature scheme: one of {@linkcode CODES}. */
  readonly only?: Only;
  /** The application protocols. */
  readonly alpn?: readonly string[];
  /** The one key to trust, whatever the chain: the base64 of the SHA-256 of its SPKI. */
  readonly pin?: string;
  /** A certificate revocation list to obey, PEM. */
  readonly crl?: string;
  /** Whether to ask for a stapled OCSP response, and to obey it. */
  readonly staple?: boolean;
  /** Takes the lines of a key log. */
  readonly keyLog?: (line: string) => void;
  /** A session of an earlier connection. */
  readonly session?: Uint8Array;
  /** The most bytes of a record that it wants to get (RFC 8449). */
  readonly recordSizeLimit?: number;
  /** Whether it shows its certificate when it is asked after the handshake. */
  readonly postHandshake?: boolean;
}

/** What a server is asked for. */
export interface ServerOptions {
  /** Its certificate. */
  readonly identity?: Identity;
  /** Its certificate and key, DER. */
  readonly der?: { readonly cert: Uint8Array; readonly key: Uint8Array };
  /** Its certificate and key as PKCS#12. */
  readonly pkcs12?: { readonly file: Uint8Array<ArrayBuffer>; readonly password: string };
  /** Its certificate, and a key under a password, PEM. */
  readonly encrypted?: Identity & { readonly password: string };
  /** Its certificate, and a key that is somewhere else. */
  readonly external?: { readonly cert: string; readonly signer: PrivateKey };
  /** A certificate in a PKCS#11 token. */
  readonly pkcs11?: { readonly library: string; readonly label: string; readonly pin: string };
  /** The only version. */
  readonly version?: Version;
  /** The only cipher suite, group or signature scheme. */
  readonly only?: Only;
  /** Whom clients' certificates must come from, PEM. */
  readonly clientRoots?: string;
  /** The same, for a certificate that it asks for after the handshake. */
  readonly laterRoots?: string;
  /** Chooses the application protocol. */
  readonly chooseAlpn?: (offered: readonly string[]) => string;
  /** The certificates by host name. */
  readonly byName?: ReadonlyMap<string, Identity>;
  /** Is given each ClientHello, in whatever form, before it is answered. */
  readonly onHello?: (hello: unknown) => void;
  /** The name of servers that share what their sessions need. */
  readonly sharing?: string;
}

/** The one choice that is left, of these kinds. */
export type Only = keyof typeof CODES;

/** What is left, with its code point. */
export const CODES = {
  suite: { name: "TLS_CHACHA20_POLY1305_SHA256", code: 0x1303 },
  group: { name: "secp384r1", code: 0x0018 },
  scheme: { name: "ecdsa_secp256r1_sha256", code: 0x0403 },
} as const;

/** What a stack itself says of a connection; what it does not tell is absent. */
export interface Facts {
  readonly version?: string | undefined;
  readonly cipherSuite?: string | undefined;
  readonly group?: string | undefined;
  readonly scheme?: string | undefined;
  /** The common name in the peer's certificate. */
  readonly peer?: string | undefined;
  readonly alpn?: string | undefined;
}

/** A connection. */
export interface Conn {
  /** Gives the next bytes; `null` at the end. */
  read(): Promise<Uint8Array | null>;
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
  facts(): Facts;
  exporter?(label: string, length: number): Promise<Uint8Array>;
  /** Channel bindings (RFC 5929, RFC 9266). */
  binding?(type: "tls-exporter" | "tls-server-end-point" | "tls-unique"): Promise<Uint8Array>;
  /** The session, to resume it later. */
  session?(): Promise<Uint8Array>;
  keyUpdate?(): Promise<void>;
  /** As a server, asks for the client's certificate now. */
  askCertificate?(): Promise<void>;
}

/** A connection in plain text, which can change to TLS. */
export interface Plain {
  read(): Promise<Uint8Array | null>;
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  startTls(options: ClientOptions): Promise<Conn>;
  acceptTls(options: ServerOptions): Promise<Conn>;
}

/** A server that listens on a port of 127.0.0.1. */
export interface Server {
  readonly port: number;
  accept(): Promise<Conn>;
  /** Presents another certificate to the clients that come later. */
  change?(identity: Identity): Promise<void>;
  close(): void;
}

/** The stacks. */
export const STACKS = ["native", "node_tls", "lemon", "subtls", "nss"] as const;

/** The name of a stack. */
export type StackName = typeof STACKS[number];

/** Byte streams of any origin. */
export interface Streams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** A TLS stack. */
export interface Stack {
  /** Its name, also of its file in stacks/. */
  readonly id: StackName;
  /** What is compared, with its version. */
  readonly title: string;
  /** What is imported, as `deno info` takes it; `null` for what is part of Deno. */
  readonly entry: string | null;
  /** Connects as `localhost` to a port of 127.0.0.1, and handshakes. */
  connect(port: number, options: ClientOptions): Promise<Conn>;
  /** Speaks as a client over streams. */
  over(streams: Streams, options: ClientOptions): Promise<Conn>;
  /** Speaks as a client over a Unix socket. */
  unix(path: string, options: ClientOptions): Promise<Conn>;
  /** Connects in plain text. */
  plain(port: number): Promise<Plain>;
  listen(options: ServerOptions): Promise<Server>;
  /** Listens for connections in plain text. */
  listenPlain(): Promise<{ port: number; accept(): Promise<Plain>; close(): void }>;
  /** Serves HTTP/2, to clients of these roots if there are any. */
  http2(identity: Identity, clientRoots?: string): Promise<HttpServing>;
}

/** A server whose responses are the name in the client's certificate, or `nobody`. */
export interface HttpServing {
  readonly port: number;
  /** What serves it. */
  readonly by: string;
  /** Whether that is the stack's own, not something to combine it with. */
  readonly own: boolean;
  close(): void;
}

/** What a stack's interface has no means for. */
export class NotOffered extends Error {
  override readonly name = "NotOffered";
}

/** Refuses what a stack has no option for. */
export function demandKnown(options: object, known: readonly string[], what: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !known.includes(name)) {
      throw new NotOffered(`${what} has no option for it`);
    }
  }
}
