// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What servers on nghttp2, llhttp and Node were found to fail at, by number. The connection must be
// gone afterwards, others served, and no error left unhandled.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { SslError } from "@nss/nss";
import { HOSTNAME } from "../_support.ts";
import { fields, frames, PREFACE } from "./_h2.ts";
import { eventually, type RawClient, type Served, served } from "./_support.ts";

type Frame = readonly [type: number, flags: number, stream: number, payload: readonly number[]];

const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS] = [0, 1, 2, 3, 4];
const [PUSH_PROMISE, GOAWAY, WINDOW_UPDATE, CONTINUATION] = [5, 7, 8, 9];
const ALTSVC = 10;
const [END_STREAM, END_HEADERS] = [1, 4];
const H2 = { alpnProtocols: ["h2"] };
const MAX_WINDOW = [0x7f, 0xff, 0xff, 0xff];

const head = (stream: number): Frame => [HEADERS, END_HEADERS, stream, fields("POST")];
const get = (stream: number): Frame => [HEADERS, END_STREAM | END_HEADERS, stream, fields("GET")];

/** What ends a connection: malformed, or against a state. */
const ENDED: Readonly<Record<string, readonly Frame[]>> = {
  "a window of the connection that grows too large (CVE-2026-21714)": [
    get(1),
    [WINDOW_UPDATE, 0, 0, MAX_WINDOW],
    [WINDOW_UPDATE, 0, 0, MAX_WINDOW],
  ],
  "a head that is no HPACK (CVE-2025-59465)": [
    [HEADERS, END_STREAM | END_HEADERS, 1, Array(4096).fill(0xff)],
  ],
  "a bad frame behind one that has ended the session (CVE-2026-27135)": [
    [WINDOW_UPDATE, 0, 0, [0, 0, 0, 0]],
    [ALTSVC, 0, 0, [0]],
    [SETTINGS, 0, 0, [1]],
    [0x10, 0, 0, [1]],
  ],
  "a head that names no index (CVE-2025-23085)": [
    [HEADERS, END_STREAM | END_HEADERS, 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ],
  "SETTINGS of 2,400 entries, over and over (CVE-2020-11080)": Array(50).fill(
    [SETTINGS, 0, 0, Array(2400).fill([0, 3, 0, 0, 0, 100]).flat()],
  ),
  "a setting that no client may have": [[SETTINGS, 0, 0, [0, 4, 0xff, 0xff, 0xff, 0xff]]],
  "frames of the largest size without end of a head": [
    [HEADERS, 0, 1, fields("GET")],
    [SETTINGS, 0, 0, []],
  ],
  "CONTINUATION of no head": [[CONTINUATION, END_HEADERS, 1, []]],
  "a stream of an even number": [get(2)],
  "a PUSH_PROMISE": [head(1), [PUSH_PROMISE, END_HEADERS, 1, [0, 0, 0, 2, ...fields("GET")]]],
  "DATA of an idle stream": [[DATA, 0, 7, [1]]],
  "RST_STREAM of an idle stream": [[RST_STREAM, 0, 9, [0, 0, 0, 8]]],
  "a SETTINGS of a wrong length": [[SETTINGS, 0, 0, [0, 3, 0]]],
};

/** What a server answers by resetting streams itself ("MadeYouReset", CVE-2025-8671). */
const RESETS: Readonly<Record<string, (stream: number) => readonly Frame[]>> = {
  "a window update of 0": (n) => [head(n), [WINDOW_UPDATE, 0, n, [0, 0, 0, 0]]],
  "a window that grows too large": (n) => [head(n), [WINDOW_UPDATE, 0, n, MAX_WINDOW]],
  "DATA behind the end": (n) => [get(n), [DATA, END_STREAM, n, [1]]],
  "a head behind the end": (n) => [get(n), get(n)],
  "PRIORITY of a wrong length": (n) => [head(n), [PRIORITY, 0, n, [0, 0, 0, 0]]],
  "PRIORITY that depends on itself": (n) => [
    head(n),
    [PRIORITY, 0, n, [0, 0, n >> 8, n & 0xff, 1]],
  ],
  "a length that the body does not have": (n) => [
    [HEADERS, END_HEADERS, n, [...fields("POST"), 0x0f, 0x0d, 1, 0x35]], // content-length: 5
    [DATA, END_STREAM, n, [1]],
  ],
  "a field with capital letters": (n) => [
    [HEADERS, END_STREAM | END_HEADERS, n, [...fields("GET"), 0, 1, 0x41, 1, 0x62]],
  ],
};

/** Sends what a server may end, and tells what it has answered. */
async function send(client: RawClient, text: string): Promise<string> {
  const rest = client.rest();
  await client.send(text).catch(() => {}); // the server has hung up
  return (await rest).text;
}

/** Whether it holds within some seconds; a test tells then why. */
async function within(promise: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), 10_000);
  });
  const inTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

async function servesOthers(own: Served): Promise<void> {
  const other = await own.connect();
  await other.request("GET /");
  await other.until(/here$/);
  await other[Symbol.asyncDispose]();
}

for (const [what, list] of Object.entries(ENDED)) {
  Deno.test(`serve() ends a connection for ${what}, and forgets it`, async () => {
    await using own = served(() => new Response("here"), { idleTimeout: 60_000 });
    const client = await own.connect(H2);
    await send(client, PREFACE + frames(...list));
    await client[Symbol.asyncDispose]();
    await servesOthers(own);
    assert(await within(own.server.shutdown()), "the connection is not forgotten");
    assert(own.told.length <= 1, `told twice: ${own.told}`);
  });
}

for (const [what, each] of Object.entries(RESETS)) {
  Deno.test(`serve() bounds handlers where a client makes it reset streams by ${what}`, async () => {
    const limit = 10;
    let [running, most] = [0, 0];
    const end = Promise.withResolvers<void>();
    await using own = served(async (request) => {
      if (request.method === "GET" && request.url.endsWith("other")) return new Response("here");
      most = Math.max(most, ++running);
      await end.promise;
      running--;
      return new Response("here");
    }, { maxConcurrentStreams: limit, idleTimeout: 500 });
    const client = await own.connect(H2);
    const thinking = setTimeout(() => end.resolve(), 300);
    const streams = Array.from({ length: 300 }, (_, i) => 2 * i + 1);
    await send(client, PREFACE + frames(...streams.flatMap(each)));
    await client[Symbol.asyncDispose]();
    clearTimeout(thinking);
    end.resolve();
    assert(most <= limit, `${most} handlers`);
    await servesOthers(own);
    assert(await within(own.server.shutdown()), "the connection is not forgotten");
  });
}

Deno.test("serve() outlives clients that hang up within a head (CVE-2024-27983)", async () => {
  await using own = served(() => new Response("here"));
  const whole = PREFACE + frames(
    [HEADERS, 0, 1, fields("GET")],
    [CONTINUATION, 0, 1, [0, 1, 0x61, 1, 0x62]],
    [CONTINUATION, END_HEADERS, 1, [0, 1, 0x63, 1, 0x64]],
    [GOAWAY, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]],
  );
  for (let length = 0; length <= whole.length; length++) {
    const client = await own.connect(H2);
    await client.send(whole.slice(0, length) || "P");
    client.socket[Symbol.dispose]();
  }
  await servesOthers(own);
  assert(await within(own.server.shutdown()), "a connection is not forgotten");
});

Deno.test("serve() hands a field named __proto__ to the handler as any other (CVE-2026-21710)", async () => {
  await using own = served(({ headers }) =>
    new Response(`${headers.get("__proto__")} ${headers.get("constructor")} here`)
  );
  await using client = await own.connect();
  await client.request("GET /", "__proto__: a", "constructor: b", "__proto__: c");
  await client.until(/a, c b here$/);
});

/** What a body of chunks can carry besides its bytes, without end, and what is told then. */
const BESIDES: Readonly<Record<string, readonly [begin: string, more: string, told: string]>> = {
  "an extension of a chunk (CVE-2024-22019)": ["1;", "a".repeat(1000), "PR_BUFFER_OVERFLOW_ERROR"],
  "extensions of chunks": ["", `1;${"a".repeat(9000)}\r\nx\r\n`, "PR_BUFFER_OVERFLOW_ERROR"],
  "lengths of chunks with leading zeros": [
    "",
    `${"0".repeat(999)}1\r\nx\r\n`,
    "PR_BUFFER_OVERFLOW_ERROR",
  ],
  "trailers": ["0\r\n", `A: ${"a".repeat(1000)}\r\n`, "Parse Error: Header overflow"],
};

for (const [what, [begin, more, told]] of Object.entries(BESIDES)) {
  Deno.test(`serve() ends a connection for ${what} without end`, async () => {
    const outcome = Promise.withResolvers<string>();
    await using own = served(async (request) => {
      outcome.resolve(await request.text().then(() => "complete", () => "failed"));
      return new Response("here");
    });
    await using client = await own.connect();
    await client.request("POST /", "Transfer-Encoding: chunked");
    const rest = client.rest();
    await client.send(begin);
    await assertRejects(async () => {
      for (let sent = 0; sent < 2 ** 26; sent += more.length) await client.send(more);
    }, SslError);
    assertEquals(await outcome.promise, "failed");
    assertEquals(own.told, [told]);
    await rest;
  });
}

Deno.test("serve() takes a body in chunks of one byte", async () => {
  await using own = served(async (request) =>
    new Response(`${(await request.text()).length} here`)
  );
  await using client = await own.connect();
  await client.request("POST /", "Transfer-Encoding: chunked");
  for (let count = 0; count < 10; count++) await client.send("000001\r\nx\r\n".repeat(4000));
  await client.send("0\r\n\r\n");
  await client.until(/40000 here$/);
});

Deno.test("serve() takes no second request behind a head that ends in CR X (CVE-2025-23167)", async () => {
  const seen: string[] = [];
  await using own = served((request) => {
    seen.push(new URL(request.url).pathname);
    return new Response("here");
  }, { idleTimeout: 300 });
  for (const end of ["\r\n\rX", "\r\rX", "\n\rX", "\r\n\r\rX", "\r\n X: b\r\n\r\n"]) {
    await using client = await own.connect();
    await client.send(
      `GET /a HTTP/1.1\r\nHost: ${HOSTNAME}\r\nX: a${end}GET /b HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`,
    );
    await client.rest();
  }
  await eventually(() => true);
  assertEquals(seen, []);
});
