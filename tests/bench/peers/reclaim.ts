// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { connectTcp, writeAll } from "./deno_conn.ts";
import { type Peer, type PeerConn, READ_LENGTH } from "./peer.ts";

interface Packet {
  readonly header: Uint8Array;
  readonly content: Uint8Array;
}

interface Tls {
  startHandshake(options?: { readonly psk: object }): Promise<void>;
  handleReceivedBytes(bytes: Uint8Array): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  getPskFromTicket(ticket: object): Promise<object>;
}

interface Logger {
  info(): void;
  debug(): void;
  trace(): void;
  warn(): void;
  error(): void;
  child(): Logger;
}

/** What is used of the package. */
interface Reclaim {
  setCryptoImplementation(implementation: object): void;
  loadX509FromPem(pem: string): object;
  makeTLSClient(options: {
    readonly host: string;
    readonly verifyServerCertificate: boolean;
    readonly rootCAs: readonly object[];
    readonly cipherSuites: readonly string[];
    readonly supportedProtocolVersions: readonly string[];
    readonly logger: Logger;
    write(packet: Packet): Promise<void>;
    onHandshake(): void;
    onApplicationData(bytes: Uint8Array): void;
    onTlsEnd(error?: Error): void;
    onSessionTicket(ticket: object): void;
  }): Tls;
}

/** Names that are no imports which a type check follows. */
const PACKAGE = "npm:@reclaimprotocol/tls@0.1.2";
const CRYPTO = "npm:@reclaimprotocol/tls@0.1.2/webcrypto";
const MAX_QUEUED = 1 << 18;

const logger: Logger = {
  info() {},
  debug() {},
  trace() {},
  warn() {},
  error() {},
  child: () => logger,
};

/**
 * A client on WebCrypto. Its own first choice of suite, ChaCha20-Poly1305 in JavaScript, would be
 * slower.
 */
export const peer: Peer = {
  async client({ port, root }) {
    const reclaim: Reclaim = await import(PACKAGE);
    const { webcryptoCrypto }: { webcryptoCrypto: object } = await import(CRYPTO);
    reclaim.setCryptoImplementation(webcryptoCrypto);
    const rootCAs = [reclaim.loadX509FromPem(root)];
    let psk: object | undefined;
    return {
      async connect(handshake) {
        const connection = new Connection(await connectTcp(port), (session) => psk = session);
        await connection.open(reclaim, rootCAs, handshake === "resumed" ? psk : undefined);
        return connection;
      },
    };
  },
};

class Connection implements PeerConn {
  resumed = false;
  readonly #tcp: Deno.TcpConn;
  readonly #keep: (psk: object) => void;
  readonly #queue: Uint8Array[] = [];
  readonly #shaken = Promise.withResolvers<void>();
  #queued = 0;
  #ended = false;
  #tls: Tls | undefined;
  /** Resolved at each change of the queue. */
  #changed = Promise.withResolvers<void>();

  constructor(tcp: Deno.TcpConn, keep: (psk: object) => void) {
    this.#tcp = tcp;
    this.#keep = keep;
  }

  async open(
    { makeTLSClient }: Reclaim,
    rootCAs: readonly object[],
    psk: object | undefined,
  ): Promise<void> {
    const tls = this.#tls = makeTLSClient({
      host: "localhost",
      verifyServerCertificate: true,
      rootCAs,
      cipherSuites: ["TLS_AES_128_GCM_SHA256"],
      supportedProtocolVersions: ["TLS1_3"],
      logger,
      write: ({ header, content }) => {
        const packet = new Uint8Array(header.length + content.length);
        packet.set(header);
        packet.set(content, header.length);
        return writeAll(this.#tcp, packet);
      },
      onHandshake: () => this.#shaken.resolve(),
      onApplicationData: (bytes) => {
        this.#queue.push(bytes);
        this.#queued += bytes.length;
        this.#change();
      },
      onTlsEnd: (error) => this.#end(error),
      onSessionTicket: (ticket) => void tls.getPskFromTicket(ticket).then(this.#keep),
    });
    this.#pump(tls);
    this.resumed = psk !== undefined;
    await tls.startHandshake(psk && { psk });
    await this.#shaken.promise;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#queue.length === 0) {
      if (this.#ended) return null;
      await this.#changed.promise;
    }
    const bytes = this.#queue.shift()!;
    this.#queued -= bytes.length;
    this.#change();
    return bytes;
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#tls?.write(bytes);
  }

  close(): Promise<void> {
    try {
      this.#tcp.close();
    } catch {
      // The package has had it closed.
    }
    return Promise.resolve();
  }

  async #pump(tls: Tls): Promise<void> {
    const buffer = new Uint8Array(READ_LENGTH);
    try {
      for (;;) {
        const count = await this.#tcp.read(buffer);
        if (count === null) break;
        await tls.handleReceivedBytes(buffer.slice(0, count));
        while (this.#queued > MAX_QUEUED) await this.#changed.promise;
      }
      this.#end();
    } catch (error) {
      this.#end(error);
    }
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #end(error: unknown = new Error("The connection ended")): void {
    this.#ended = true;
    this.#shaken.reject(error);
    this.#shaken.promise.catch(() => {});
    this.#change();
  }
}
