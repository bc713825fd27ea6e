// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Visitors who come to an echo server one after the other until their input ends:
 * `_visitors.ts PORT ca.pem VISITORS`. It says how many were served, and how the others have
 * failed.
 *
 * @module
 */

import { importFD, newModel, NssContext } from "@nss/nss";

/** What has come of the visits. */
export interface Visits {
  /** The visits that were answered. */
  readonly served: number;
  /** How others have failed: names of errors with their counts. */
  readonly failures: Readonly<Record<string, number>>;
}

const [port, ca, visitors] = Deno.args;
const model = newModel({
  hostname: "localhost",
  caCerts: [await Deno.readTextFile(ca!)],
  context: new NssContext({ trustAnchors: [] }),
});
const failures: Record<string, number> = {};
let served = 0;
let isOver = false;

async function visit(): Promise<void> {
  try {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await using socket = importFD(conn, { model });
    await socket.write(new Uint8Array(1));
    if (await socket.read(new Uint8Array(1)) === null) throw new Error("ended");
    served++;
  } catch (error) {
    const name = error instanceof Error ? error.name : String(error);
    failures[name] = (failures[name] ?? 0) + 1;
  }
}

async function say(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

const visiting = Array.from({ length: Number(visitors) }, async () => {
  while (!isOver) await visit();
});
await say("visiting");
for await (const _ of Deno.stdin.readable) { /* only its end matters */ }
isOver = true;
await Promise.all(visiting);
const visits: Visits = { served, failures };
await say(JSON.stringify(visits));
