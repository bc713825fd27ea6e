// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A server of HTTP as an application would write it. A program of its own, so that its memory can
 * be read from outside. It prints its state whenever it reads a line, and shuts down when its input
 * ends.
 *
 * @module
 */

import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
import { serve } from "@nss/nss/http";

/** What the server prints when it is asked. */
export interface HttpState {
  /** The requests whose signals have neither aborted nor been answered. */
  readonly begun: number;
  /** The requests whose clients have gone. */
  readonly aborted: number;
  /** The rejections that nobody has handled. */
  readonly unhandled: number;
  /** The bytes of JavaScript objects, garbage taken out. */
  readonly heap: number;
  /** The memory of the process in bytes. */
  readonly rss: number;
}

const CHUNK = new Uint8Array(65_536);

function bytes(length: number): ReadableStream<Uint8Array> {
  let left = length;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(CHUNK.subarray(0, Math.min(left, CHUNK.length)));
      left -= CHUNK.length;
    },
  }, { highWaterMark: 0 });
}

async function say(value: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

async function main(): Promise<void> {
  let [begun, aborted, unhandled] = [0, 0, 0];
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    unhandled++;
  });
  const keys = await generateKeyPair();
  const cert = await createCertificate({
    ...keys,
    subject: "CN=localhost",
    dnsNames: ["localhost"],
  });
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert, key: keys.privateKey }],
  });
  const server = serve(listener, async (request) => {
    begun++;
    request.signal.addEventListener("abort", () => aborted++);
    const url = new URL(request.url);
    if (url.pathname === "/throw") throw new Error("a bug");
    if (url.pathname === "/never") await new Promise(() => {});
    if (url.pathname === "/down") return new Response(bytes(Number(url.searchParams.get("n"))));
    if (request.body === null) return new Response("small");
    let length = 0;
    for await (const chunk of request.body) length += chunk.length;
    return new Response(String(length));
  }, { onError: () => new Response("failed", { status: 500 }) });
  await say({ port: server.addr.port, pem: cert.toPem() });
  for await (const _ of Deno.stdin.readable) {
    const gc: unknown = Reflect.get(globalThis, "gc");
    if (typeof gc === "function") gc({ type: "major", execution: "sync" });
    const { heapUsed: heap, rss } = Deno.memoryUsage();
    const state: HttpState = { begun, aborted, unhandled, heap, rss };
    await say(state);
  }
  await server.shutdown({ grace: 1000 });
  await say("ended");
}

if (import.meta.main) await main();
