// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import {
  type ConnLike,
  importFD,
  type ImportOptions,
  SslError,
  type SslListener,
  type SslSocket,
} from "@nss/nss";
import { type HttpServer, serve, type ServeHandler, type ServeOptions } from "@nss/nss/http";
import { clientOptions, HOSTNAME, serverOptions } from "../_support.ts";

/** A server on the loopback interface, and what it has told. */
export interface Served extends AsyncDisposable {
  /** The server. */
  readonly server: HttpServer<Deno.NetAddr>;
  /** Its listener. */
  readonly listener: SslListener<Deno.NetAddr>;
  /** Where it listens. */
  readonly port: number;
  /** What `onConnectionError` was told, as the errors' names or messages. */
  readonly told: string[];
  /** What `onError` was told, as messages. */
  readonly failures: string[];
  /** Connects a client. */
  connect(options?: ImportOptions): Promise<RawClient<Deno.NetAddr>>;
}

/** Serves on the loopback interface; `onError` answers 500 with the text `failed`. */
export function served(
  handler: ServeHandler<Deno.NetAddr>,
  options: ServeOptions<Deno.NetAddr> = {},
  tls: ImportOptions = {},
): Served {
  const { role: _, ...own } = serverOptions(tls);
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), own);
  const told: string[] = [];
  const failures: string[] = [];
  const server = serve(listener, handler, {
    onConnectionError: (error) =>
      told.push(error instanceof SslError ? error.name : (error as Error).message),
    onError: (error) => {
      failures.push((error as Error).message);
      return new Response("failed", { status: 500 });
    },
    ...options,
  });
  const { port } = server.addr;
  return {
    server,
    listener,
    port,
    told,
    failures,
    connect: (client = {}) => RawClient.connect(port, client),
    [Symbol.asyncDispose]: () => server.shutdown({ grace: 5000 }),
  };
}

/** A client that writes HTTP/1.1 by hand. */
export class RawClient<A = unknown> implements AsyncDisposable {
  /** The socket. */
  readonly socket: SslSocket<A>;
  #text = "";
  readonly #decoder = new TextDecoder("latin1");

  private constructor(socket: SslSocket<A>) {
    this.socket = socket;
  }

  /** Connects to a port. */
  static async connect(
    port: number,
    options: ImportOptions = {},
  ): Promise<RawClient<Deno.NetAddr>> {
    return await RawClient.over(await Deno.connect({ hostname: "127.0.0.1", port }), options);
  }

  /** Connects over a transport. */
  static async over<A>(conn: ConnLike<A>, options: ImportOptions = {}): Promise<RawClient<A>> {
    const socket = importFD(conn, clientOptions(options));
    await socket.handshake();
    return new RawClient(socket);
  }

  /** Sends text, a character a byte. */
  async send(text: string): Promise<void> {
    await this.socket.write(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  }

  /** Sends a request without body; `Host` comes first. */
  async request(line: string, ...fields: string[]): Promise<void> {
    await this.send([`${line} HTTP/1.1`, `Host: ${HOSTNAME}`, ...fields, "", ""].join("\r\n"));
  }

  /** Reads until the text matches, and returns it up to there; the rest waits. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) {
        const end = match.index + match[0].length;
        const taken = this.#text.slice(0, end);
        this.#text = this.#text.slice(end);
        return taken;
      }
      if (!await this.#read()) throw new Error(`no ${pattern} in ${JSON.stringify(this.#text)}`);
    }
  }

  /** Reads to the end; tells whether it was one with close_notify. */
  async rest(): Promise<{ readonly text: string; readonly end: string }> {
    try {
      while (await this.#read());
      return { text: this.#text, end: "close_notify" };
    } catch (error) {
      return { text: this.#text, end: (error as Error).name };
    }
  }

  async #read(): Promise<boolean> {
    const buffer = new Uint8Array(65_536);
    const count = await this.socket.read(buffer);
    if (count === null) return false;
    this.#text += this.#decoder.decode(buffer.subarray(0, count), { stream: true });
    return true;
  }

  /** Ends the connection as TLS wants it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.socket.close().catch(() => {}); // the server may have ended it first
  }
}

/** Waits until something holds; a test that waits in vain is ended by its runner. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i > 2000) throw new Error(`it never came: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
