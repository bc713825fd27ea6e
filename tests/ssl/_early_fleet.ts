// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Server processes that share their sessions in Redis, and early data for them. @module */

import { assertEquals } from "@std/assert";
import { encodePem } from "../../cert/der/pem.ts";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { importFD } from "../../ssl/import_fd.ts";
import { writeEarlyData } from "../../ssl/nss/early_data.ts";
import { setResumptionToken } from "../../ssl/nss/resumption_token.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { spawn } from "../support/process.ts";
import { REQUEST } from "./_early_data.ts";
import { closeAll, socketOver } from "./_support.ts";

const keys = await generateKeyPair("ec-p256", { extractable: true });
const certificate = await createCertificate({
  ...keys,
  subject: "CN=server",
  dnsNames: ["localhost"],
});

/** A server process. */
export interface EarlyServer extends AsyncDisposable {
  /** Its port. */
  readonly port: number;
  /** Resolves when it has told of one more connection: how many bytes that has accepted. */
  accepted(): Promise<number>;
}

/** Starts a server process; `skew` is by how many milliseconds its clock is off. */
export async function startEarlyServer(redis: string, skew = 0): Promise<EarlyServer> {
  const argument = JSON.stringify({
    redis,
    cert: encodePem("CERTIFICATE", certificate.der),
    pkcs8: (await keys.exportPkcs8()).toBase64(),
    skew,
  });
  const process = spawn(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `${import.meta.dirname}/_early_process.ts`, argument],
    env: { NO_COLOR: "1" },
    interactive: true,
    timeout: 1_800_000,
  });
  const [, port] = await process.waitFor((p) => /^port (\d+)$/m.exec(p.stdout), 60_000);
  let told = 0;
  return {
    port: Number(port),
    async accepted() {
      const index = told++;
      const counts = await process.waitFor((p) => {
        const all = p.stdout.match(/^early \d+(?=\n)/gm) ?? [];
        return all.length > index ? all : null;
      }, 60_000);
      return Number(counts[index]!.slice(6));
    },
    [Symbol.asyncDispose]: async () => {
      await process.closeInput();
      await process[Symbol.asyncDispose]();
    },
  };
}

const clientOptions = () => ({
  hostname: "localhost",
  caCerts: [certificate],
  context: new NssContext({ trustAnchors: [] }),
  versions: { min: "TLSv1.3" } as const,
});

/** Makes a full handshake, and returns two tickets with what belongs to them. */
export async function visit({ port, accepted }: EarlyServer): Promise<Uint8Array[]> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const tokens: Uint8Array[] = [];
  await using socket = importFD(conn, {
    ...clientOptions(),
    resumptionTokenCallback: (_, token) => void tokens.push(token),
  });
  assertEquals(await socket.read(new Uint8Array(1)), 1);
  assertEquals([await accepted(), tokens.length], [0, 2]);
  return tokens;
}

/** Returns a client's first flight with early data, which nobody has received. */
export async function captureFlight(token: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const [a, b] = memoryPair();
  const client = socketOver(a, { ...clientOptions(), closeTimeout: 1 });
  setResumptionToken(client, token);
  const sending = writeEarlyData(client, REQUEST).catch(() => {});
  let flight = new Uint8Array(0);
  const chunk = new Uint8Array(65_536);
  while (!hasEarlyData(flight)) {
    const count = await b.read(chunk);
    if (count === null) throw new Error("The client has ended without early data");
    flight = new Uint8Array([...flight, ...chunk.subarray(0, count)]);
  }
  b[Symbol.dispose]();
  await closeAll(client);
  await sending;
  return flight;
}

/** Returns whether the records of a flight end with application data. */
function hasEarlyData(flight: Uint8Array): boolean {
  let type = 0;
  for (let at = 0; at < flight.length;) {
    if (at + 5 > flight.length) return false;
    type = flight[at]!;
    at += 5 + (flight[at + 3]! << 8 | flight[at + 4]!);
    if (at > flight.length) return false;
  }
  return type === ContentType.applicationData;
}

/** Sends a flight to servers, to all at once; returns how many bytes each has accepted. */
export async function replay(
  flight: Uint8Array<ArrayBuffer>,
  servers: readonly EarlyServer[],
): Promise<readonly number[]> {
  const conns = await Promise.all(
    servers.map(({ port }) => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  const answers = servers.map((server) => server.accepted());
  await Promise.all(conns.map(async (conn) => {
    await conn.write(flight);
    await conn.closeWrite();
    for await (const _ of conn.readable); // to its end, so that nothing is reset
  }));
  return await Promise.all(answers);
}

/**
 * Sends each of many flights to all servers at once, and asserts that one has accepted it.
 *
 * @param servers The servers.
 * @param times How many flights.
 */
export async function acceptedOnce(servers: readonly EarlyServer[], times: number): Promise<void> {
  for (let i = 0; i < times;) {
    for (const token of await visit(servers[i % servers.length]!)) {
      if (i++ === times) return;
      const flight = await captureFlight(token);
      const counts = await replay(flight, servers);
      const expected = servers.map((_, n) => n === 0 ? REQUEST.length : 0);
      assertEquals(counts.toSorted((a, b) => b - a), expected, `flight ${i}`);
    }
  }
}
