// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Peers that say something, expect to hear it again, and close their connections in order.
 *
 * @module
 */

import { importFD, type ProtocolVersion } from "@nss/nss";
import { encodePem } from "@nss/nss/cert";
import { spawn } from "../support/process.ts";
import type { Load, PeerKind } from "./_load.ts";

/** One record or two. */
const MAX_REQUEST_LENGTH = 20_000;
const MAX_REQUESTS = 12;

/** What requests are made on. */
interface Stream {
  read(p: Uint8Array): Promise<number | null>;
  write(p: Uint8Array): Promise<number>;
}

const pattern = crypto.getRandomValues(new Uint8Array(3 * MAX_REQUEST_LENGTH));

/** Sends bytes and reads them back, the while the connection lasts. */
async function makeRequest(load: Load, stream: Stream): Promise<void> {
  const start = Math.floor(Math.random() * MAX_REQUEST_LENGTH);
  const request = pattern.subarray(start, start + 1 + Math.random() * MAX_REQUEST_LENGTH);
  const write = async (): Promise<void> => {
    for (let sent = 0; sent < request.length;) sent += await stream.write(request.subarray(sent));
  };
  const read = async (): Promise<void> => {
    const answer = new Uint8Array(request.length);
    for (let filled = 0; filled < answer.length;) {
      const count = await stream.read(answer.subarray(filled));
      if (count === null) throw new Error(`${filled} of ${answer.length} bytes came back`);
      filled += count;
    }
    if (answer.some((byte, i) => byte !== request[i])) throw new Error("other bytes came back");
  };
  await Promise.all([write(), read()]);
  load.served++;
}

async function makeRequests(load: Load, stream: Stream): Promise<void> {
  for (let left = 1 + Math.random() * MAX_REQUESTS; left > 0; left--) {
    await makeRequest(load, stream);
    await load.restSome();
    if (load.isOver) return;
  }
}

async function expectEnd(stream: Stream): Promise<void> {
  const count = await stream.read(new Uint8Array(1));
  if (count !== null) throw new Error("more came back than was sent");
}

const ourClient = (version: ProtocolVersion) => async (load: Load, kind: PeerKind) => {
  const client = importFD(await load.connect(kind), {
    hostname: "localhost",
    caCerts: [load.certificate],
    versions: { min: version, max: version },
  });
  await load.shake(() => client.handshake());
  await makeRequests(load, client);
  await client.close();
};

/** Says all, closes its side, and then reads the answer. */
async function halfCloser(load: Load, kind: PeerKind): Promise<void> {
  const client = importFD(await load.connect(kind), {
    hostname: "localhost",
    caCerts: [load.certificate],
  });
  await load.shake(() => client.handshake());
  await makeRequests(load, client);
  await Promise.all([
    makeRequest(load, client),
    load.restSome(),
  ]);
  await client.closeWrite();
  await expectEnd(client);
  await client.close();
}

async function nativeClient(load: Load, kind: PeerKind): Promise<void> {
  const conn = await load.connect(kind);
  const client = await load.shake(async () => {
    const tls = await Deno.startTls(conn, {
      hostname: "localhost",
      caCerts: [encodePem("CERTIFICATE", load.certificate.der)],
    });
    await tls.handshake();
    return tls;
  });
  await makeRequests(load, client);
  client.close();
}

/** A process of its own, which says lines. */
async function opensslClient(load: Load): Promise<void> {
  const { port } = load.process.greeting;
  const caFile = await Deno.makeTempFile({ suffix: ".pem" });
  try {
    await Deno.writeTextFile(caFile, encodePem("CERTIFICATE", load.certificate.der));
    // deno-fmt-ignore
    await using process = spawn("openssl", {
      args: ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", caFile, "-verify_return_error",
        "-servername", "localhost", "-quiet", "-no_ign_eof"],
      interactive: true,
      timeout: load.times.run + 60_000,
    });
    for (let left = MAX_REQUESTS; left > 0 && !load.isOver; left--) {
      const line = crypto.randomUUID();
      await process.write(`${line}\n`);
      await process.waitFor(({ stdout }) => stdout.includes(`${line}\n`) ? process : null, 20_000);
      load.served++;
      await load.restSome();
    }
    await process.closeInput(); // it says close_notify
    const { code, stderr } = await process.result();
    if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  } finally {
    await Deno.remove(caFile);
  }
}

const SERVED = "served";

/** The honest peers; `openssl s_client` comes by other ports than ours. */
export const HONEST_PEERS: readonly PeerKind[] = [
  { name: "our client, TLS 1.3", share: 42, outcome: SERVED, meet: ourClient("TLSv1.3") },
  { name: "our client, TLS 1.2", share: 10, outcome: SERVED, meet: ourClient("TLSv1.2") },
  { name: "our client, half-closing", share: 6, outcome: SERVED, meet: halfCloser },
  { name: "Deno.startTls", share: 8, outcome: SERVED, meet: nativeClient },
];

/** What is counted of programs whose ports nobody here knows. */
export const OPENSSL_PEER: PeerKind = {
  name: "another program",
  share: 0.3,
  outcome: SERVED,
  meet: opensslClient,
};
