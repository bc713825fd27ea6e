// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What a request costs besides node:http: counts, which know no clock.

import { assert, assertEquals } from "@std/assert";

import { StallWatch } from "../../../ssl/http/http_connection.ts";
import { served } from "./_support.ts";

const REQUESTS = 100;

/** Counts the calls of a function of an object that pass a filter, while something is done. */
async function callsOf<T extends object>(
  object: T,
  name: keyof T & string,
  counts: (args: unknown[]) => boolean,
  act: () => Promise<void>,
): Promise<number> {
  const original: unknown = Reflect.get(object, name);
  if (typeof original !== "function") throw new TypeError(`${name} is no function`);
  let calls = 0;
  Reflect.set(object, name, function (this: unknown, ...args: unknown[]) {
    if (counts(args)) calls++;
    return Reflect.apply(original, this, args);
  });
  try {
    await act();
  } finally {
    Reflect.set(object, name, original);
  }
  return calls;
}

/** Requests on one connection, the first of them before the count. */
async function countRequests<T extends object>(
  object: T,
  name: keyof T & string,
  counts: (args: unknown[]) => boolean = () => true,
): Promise<number> {
  await using own = served(() => new Response("here"));
  await using client = await own.connect();
  const request = async () => {
    await client.request("GET /", "Accept: */*");
    await client.until(/here$/);
  };
  await request();
  return await callsOf(object, name, counts, async () => {
    for (let i = 0; i < REQUESTS; i++) await request();
  });
}

Deno.test("serve() starts no timer for a request", async () => {
  const timers = await countRequests(globalThis, "setTimeout", ([, delay]) => delay === 60_000);
  assert(timers <= 1, `${timers} timers for ${REQUESTS} requests`);
});

Deno.test("serve() makes no information for applications to check a request's host", async () => {
  const made = await countRequests(
    Object,
    "defineProperties",
    ([, properties]) => Object.hasOwn(Object(properties), "peerCertificates"),
  );
  assertEquals(made, 0);
});

Deno.test("StallWatch finds a count that does not grow, and lets one that grows go on", async () => {
  const stalls = new StallWatch(40);
  const found: string[] = [];
  let count = 0;
  const growing = setInterval(() => count++, 5);
  const forget = [
    stalls.watch(() => 0, () => found.push("stalled")),
    stalls.watch(() => count, () => found.push("growing")),
    stalls.watch(() => 0, () => found.push("forgotten")),
  ];
  forget[2]!();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(found, ["stalled"]);
  clearInterval(growing);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(found, ["stalled", "growing"]);
  stalls.watch(() => 0, () => found.push("closed"));
  stalls.close();
  stalls.watch(() => 0, () => found.push("after close"));
  new StallWatch(Infinity).watch(() => 0, () => found.push("never"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals(found, ["stalled", "growing"]);
});

Deno.test("serve() with idleTimeout Infinity starts no timer, and ends no response that is read late", async () => {
  const length = 8 * 2 ** 20;
  const forever = ([, delay]: unknown[]) => Number(delay) > 2 ** 31;
  const timers = await callsOf(globalThis, "setTimeout", forever, async () => {
    await using own = served(() => new Response("x".repeat(length)), { idleTimeout: Infinity });
    // The server ends the one as its client says, the other since it does not read the body
    for (const [line, field] of [["GET /", "Connection: close"], ["POST /", "Content-Length: 5"]]) {
      await using client = await own.connect();
      await client.request(line!, field!);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { text, end } = await client.rest();
      assertEquals([text.length > length, end], [true, "close_notify"]);
    }
  });
  assertEquals(timers, 0);
});
