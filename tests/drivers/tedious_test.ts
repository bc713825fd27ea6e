// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Debian has no SQL Server: what is shown is TLS, up to the driver's first message over it.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { getChannelInfo, importFD } from "@nss/nss";
import type { ConnLike } from "@nss/nss/ssl";
import { loadRecipe } from "./_driver.ts";
import { makePki } from "./_pki.ts";

interface Sql {
  connect(done: (error?: Error) => void): void;
  close(): void;
}

interface Recipe {
  openSql(server: string, options: object, ca: string): Sql;
}

/** The type of the message that begins a login, and its only part. */
const PRELOGIN = [0x12, 1];

/** Listens until the test is over. */
function listen(use: (tcp: Deno.TcpConn) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    for await (const tcp of listener) await use(tcp);
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
    },
  };
}

/** Connects, and tells what came of it. */
async function connect(server: string, options: object, ca: string): Promise<string> {
  const { openSql } = await loadRecipe<Recipe>("tedious.ts");
  const sql = openSql(server, { connectTimeout: 10_000, ...options }, ca);
  const { promise, resolve } = Promise.withResolvers<string>();
  sql.connect((error) => resolve(String(error)));
  try {
    return await promise;
  } finally {
    sql.close();
  }
}

Deno.test("tedious, loaded after our functions, sends its first message over our TLS (strict)", async () => {
  const pki = await makePki();
  const seen: unknown[] = [];
  await using server = listen(async (tcp) => {
    const socket = importFD(tcp, {
      role: "server",
      certificates: [pki.server],
      alpnProtocols: ["tds/8.0"],
    });
    const bytes = new Uint8Array(2);
    await socket.read(bytes).then(() => {
      seen.push(getChannelInfo(socket).alpnProtocol, getChannelInfo(socket).group, [...bytes]);
    }, ({ name }) => seen.push(name));
    await socket.close().catch(() => {});
  });
  const options = { port: server.port, encrypt: "strict" };
  await connect("localhost", options, pki.root);
  assertEquals(seen.splice(0), ["tds/8.0", "X25519MLKEM768", PRELOGIN]);
  assertStringIncludes(
    await connect("localhost", options, pki.stranger),
    "or the root is not trusted",
  );
  assertStringIncludes(await connect("127.0.0.1", options, pki.root), "altnames");
});

/** The answer to PRELOGIN: a version, and that everything is to be encrypted (MS-TDS, 2.2.6.5). */
const ENCRYPT = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 1];

/** A packet of TDS with its header of eight bytes. */
function packet(type: number, payload: Iterable<number>): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.of(type, 1, 0, 0, 0, 0, 1, 0, ...payload);
  new DataView(bytes.buffer).setUint16(2, bytes.length);
  return bytes;
}

/** A connection below TLS: the handshake's records are in packets, later ones are not. */
class Tds implements ConnLike<Deno.NetAddr> {
  readonly #tcp: Deno.TcpConn;
  readonly localAddr: Deno.NetAddr;
  readonly remoteAddr: Deno.NetAddr;
  #rest = new Uint8Array();
  #payload = new Uint8Array();

  constructor(tcp: Deno.TcpConn) {
    this.#tcp = tcp;
    this.localAddr = tcp.localAddr;
    this.remoteAddr = tcp.remoteAddr;
  }

  async #fill(length: number): Promise<boolean> {
    while (this.#rest.length < length) {
      const bytes = new Uint8Array(4096);
      const count = await this.#tcp.read(bytes);
      if (count === null) return false;
      this.#rest = Uint8Array.of(...this.#rest, ...bytes.subarray(0, count));
    }
    return true;
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const taken = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return taken;
  }

  /** Takes the payload of a packet; `null` if there is no whole one. */
  async packet(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (!await this.#fill(8)) return null;
    const length = new DataView(this.#rest.buffer).getUint16(2);
    return await this.#fill(length) ? this.#take(length).subarray(8) : null;
  }

  async read(p: Uint8Array): Promise<number | null> {
    if (this.#payload.length === 0) {
      if (!await this.#fill(1)) return null;
      const isPacket = this.#rest[0] === 0x12;
      const payload = isPacket ? await this.packet() : this.#take(this.#rest.length);
      if (payload === null) return null;
      this.#payload = payload;
    }
    const bytes = this.#payload.subarray(0, p.length);
    this.#payload = this.#payload.subarray(bytes.length);
    p.set(bytes);
    return bytes.length;
  }

  async write(p: Uint8Array): Promise<number> {
    await this.#tcp.write(packet(0x12, p));
    return p.length;
  }

  close(): void {
    this.#tcp.close();
  }
}

Deno.test("tedious logs in over our TLS inside packets of TDS, its default", async () => {
  const pki = await makePki();
  const seen: unknown[] = [];
  await using server = listen(async (tcp) => {
    const tds = new Tds(tcp);
    await tds.packet();
    await tcp.write(packet(4, ENCRYPT));
    const socket = importFD(tds, { role: "server", certificates: [pki.server] });
    const login = new Uint8Array(2);
    await socket.read(login).then(() => {
      seen.push(getChannelInfo(socket).version, [...login]);
    }, ({ name }) => seen.push(name));
    socket[Symbol.dispose]();
  });
  const options = { port: server.port, encrypt: true };
  await connect("localhost", options, pki.root);
  assertEquals(seen.splice(0), ["TLSv1.2", [0x10, 1]]); // LOGIN7
  assertStringIncludes(
    await connect("localhost", options, pki.stranger),
    "or the root is not trusted",
  );
  assertStringIncludes(await connect("127.0.0.1", options, pki.root), "altnames");
});
