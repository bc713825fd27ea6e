// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, as what it tests makes objects of Node's.

/** Certificates, servers and clients for the tests of our form of Node's `tls`. @module */

import { Buffer } from "node:buffer";
import { once } from "node:events";
import type net from "node:net";
import type { Certificate, CreateCertificateOptions } from "@nss/nss/cert";
import { createCertificate } from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair, type KeyPairType } from "@nss/nss/pkcs11";
import {
  connect,
  type ConnectionOptions,
  createServer,
  type Server,
  type ServerOptions,
  type TLSSocket,
} from "@nss/nss/node";

/** A bound for what has to happen; long, since the machine may be busy. */
export const PATIENCE = 20_000;

/** A certificate with its key, as Node's options take them. */
export interface PemIdentity {
  readonly certificate: Certificate;
  readonly cert: string;
  readonly key: string;
  /** The key under {@linkcode PASSPHRASE}. */
  readonly encryptedKey: string;
  readonly keys: Awaited<ReturnType<typeof generateKeyPair>>;
}

/** The password of encrypted keys. */
export const PASSPHRASE = "correct horse";

/** Makes a certificate with a new key; self-signed without an issuer. */
export async function makePem(
  options: Omit<CreateCertificateOptions, "publicKey" | "privateKey" | "issuer">,
  issuer?: PemIdentity,
  type: KeyPairType = "ec-p256",
): Promise<PemIdentity> {
  const keys = await generateKeyPair(type, { extractable: true });
  const signer = issuer === undefined ? { privateKey: keys.privateKey } : {
    issuer: { certificate: issuer.certificate, privateKey: issuer.keys.privateKey },
  };
  const certificate = await createCertificate({ ...options, publicKey: keys.publicKey, ...signer });
  return {
    certificate,
    cert: certificate.toPem(),
    key: await exportPrivateKeyPem(keys.privateKey),
    encryptedKey: await exportPrivateKeyPem(keys.privateKey, { password: PASSPHRASE }),
    keys,
  };
}

const root = await makePem({ subject: "CN=Test Root", isCa: true });
const intermediate = await makePem({ subject: "CN=Test Intermediate", isCa: true }, root);
const names = { subject: "CN=server,O=Test", dnsNames: ["localhost", "*.server.test"] };

/** The certificates of these tests. */
export const PEMS = {
  root,
  intermediate,
  otherRoot: await makePem({ subject: "CN=Other Root", isCa: true }),
  server: await makePem(names, root),
  rsaServer: await makePem({ subject: "CN=rsa", dnsNames: ["localhost"] }, root, "rsa-2048"),
  otherServer: await makePem({ subject: "CN=other", dnsNames: ["other.test"] }, root),
  deepServer: await makePem({ subject: "CN=deep", dnsNames: ["localhost"] }, intermediate),
  selfSigned: await makePem({ subject: "CN=self", dnsNames: ["localhost"] }),
  commonName: await makePem({ subject: "CN=localhost" }, root),
  client: await makePem({ subject: "CN=client" }, root),
  otherClient: await makePem({ subject: "CN=stranger" }),
} as const;

/** A server that listens. */
export class TestServer implements AsyncDisposable {
  readonly server: Server;
  readonly port: number;
  /** Errors before the handshake was complete. */
  readonly clientErrors: Error[] = [];
  /** The sockets of completed handshakes, in order. */
  readonly sockets: TLSSocket[] = [];
  readonly #raw = new Set<net.Socket>();

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
  }

  /** Starts a server, with the certificate for `localhost` unless the options have another. */
  static async start(
    options: ServerOptions = {},
    onSecure: (socket: TLSSocket) => void = (socket) => socket.end("hello"),
  ): Promise<TestServer> {
    const { cert, key } = PEMS.server;
    const server = createServer({
      ...options.pfx === undefined && options.cert === undefined && { cert, key },
      ...options,
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("it has no port");
    const test = new TestServer(server, address.port);
    server.on("connection", (raw) => {
      test.#raw.add(raw);
      raw.on("close", () => test.#raw.delete(raw));
    });
    server.on("tlsClientError", (error: Error) => test.clientErrors.push(error));
    server.on("secureConnection", (socket: TLSSocket) => {
      test.sockets.push(socket);
      onSecure(socket);
    });
    return test;
  }

  /** Connects to it as `localhost`, trusting the root. */
  connect(options: ConnectionOptions = {}): TestClient {
    return new TestClient(connect({
      host: "127.0.0.1",
      port: this.port,
      servername: "localhost",
      ca: PEMS.root.cert,
      ...options,
    }));
  }

  /** Waits until no connection is open. */
  async ended(): Promise<void> {
    await within(Promise.all([...this.#raw].map((raw) => once(raw, "close"))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    const closing = setTimeout(() => this.#raw.forEach((raw) => raw.destroy()), 2000);
    await closed;
    clearTimeout(closing);
  }
}

/** A client, and what it has seen when it is closed. */
export class TestClient {
  readonly socket: TLSSocket;
  /** The names of its events, in order. */
  readonly events: string[] = [];
  readonly #chunks: Buffer[] = [];
  #error: Error | null = null;
  #isClosed = false;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    for (const event of ["connect", "ready", "secureConnect", "session", "end", "close", "error"]) {
      socket.on(event, () => this.events.push(event));
    }
    socket.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    socket.on("error", (error: Error) => this.#error = error);
    socket.on("close", () => this.#isClosed = true);
  }

  /** What has been read. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  /** Waits for its end, and returns what it has read; its error is thrown. */
  async finish(): Promise<string> {
    await this.close();
    if (this.#error !== null) throw this.#error;
    return this.text;
  }

  /** Waits for its end, and returns its error; no error is one. */
  async failure(): Promise<Error & { readonly code?: unknown }> {
    await this.close();
    if (this.#error === null) throw new Error(`it did not fail, but read "${this.text}"`);
    return this.#error;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await within(new Promise<void>((resolve) => this.socket.once("close", () => resolve())));
  }
}

/** Bounds the waiting for what has to happen. */
export async function within<T>(promise: Promise<T>): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const id = setTimeout(() => timer.reject(new Error("it did not happen in time")), PATIENCE);
  try {
    return await Promise.race([promise, timer.promise]);
  } finally {
    clearTimeout(id);
  }
}

/** Returns the error that a function throws; no error is one. */
export function thrownBy(make: () => unknown): Error & { readonly name: string } {
  try {
    make();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
