// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Opens connections that then wait for data, and prints how much memory each end of one takes. A
 * program of its own, so that nothing else is measured.
 *
 * @module
 */

import { createCertificate, generateKeyPair, importFD } from "../../mod.ts";

/** A connection of either kind. */
interface Stream extends AsyncDisposable {
  read(p: Uint8Array): Promise<number | null>;
  write(p: Uint8Array): Promise<number>;
}

/** What the application of such a connection reads into. */
const READ_LENGTH = 4096;
const AT_ONCE = 10;

const keys = await generateKeyPair();
const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
const ofClient = { hostname: "localhost", caCerts: [cert], sessionTickets: false };
const ofServer = {
  role: "server",
  certificates: [{ cert, key: keys.privateKey }],
  sessionTickets: false,
} as const;

function plain(conn: Deno.Conn): Stream {
  return {
    read: (p) => conn.read(p),
    write: (p) => conn.write(p),
    [Symbol.asyncDispose]: () => Promise.resolve(conn.close()),
  };
}

/** Sends a message each way, as every connection has done before it idles, then reads for ever. */
async function talk(client: Stream, server: Stream): Promise<void> {
  const buffers = [new Uint8Array(READ_LENGTH), new Uint8Array(READ_LENGTH)] as const;
  const message = new Uint8Array(1024);
  await Promise.all([client.write(message), server.read(buffers[1])]);
  await Promise.all([server.write(message), client.read(buffers[0])]);
  client.read(buffers[0]).catch(() => {}); // the end of the program ends it
  server.read(buffers[1]).catch(() => {});
}

/** The memory without garbage: the heap is compacted, as it is where memory becomes scarce. */
async function settledRss(): Promise<number> {
  const gc: unknown = Reflect.get(globalThis, "gc");
  for (let i = 0; i < 5; i++) {
    if (typeof gc === "function") gc({ type: "major", execution: "sync", flavor: "last-resort" });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return Deno.memoryUsage().rss;
}

async function measure(kind: string, count: number): Promise<number> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const kept: Stream[] = [];
  const open = async (): Promise<[client: Stream, server: Stream]> => {
    const [near, far] = await Promise.all([
      Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
      listener.accept(),
    ]);
    return kind === "tls"
      ? [importFD(near, ofClient), importFD(far, ofServer)]
      : [plain(near), plain(far)];
  };
  const connect = async (many: number): Promise<void> => {
    for (let done = 0; done < many; done += AT_ONCE) {
      const pairs = [];
      for (let i = 0; i < AT_ONCE; i++) pairs.push(await open());
      await Promise.all(pairs.map(([client, server]) => talk(client, server)));
      kept.push(...pairs.flat());
    }
  };
  await connect(100); // code is compiled, pools have grown
  const before = await settledRss();
  await connect(count);
  const grown = await settledRss() - before;
  if (kept.length < 2 * count) throw new Error("Cannot measure: connections are missing");
  return grown / (2 * count);
}

if (import.meta.main) {
  const [kind = "tls", count = "1000"] = Deno.args;
  const perEnd = await measure(kind, Number(count));
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(perEnd)));
  Deno.exit();
}
