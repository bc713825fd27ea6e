// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Requests that two servers on their way may read in two ways, over a real socket.

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { SslError } from "@nss/nss";
import { serve } from "@nss/nss/http";
import { HOSTNAME } from "../_support.ts";
import { fields, frames, PREFACE } from "./_h2.ts";
import { served } from "./_support.ts";

const HOST = `Host: ${HOSTNAME}\r\n`;
const post = (field: string, rest = "0\r\n\r\n") =>
  `POST / HTTP/1.1\r\n${HOST}${field}\r\n\r\n${rest}`;
const get = (target: string, head = HOST) => `GET ${target} HTTP/1.1\r\n${head}\r\n`;
const CHUNKED = "Transfer-Encoding: chunked";

/** What is refused before a handler is asked; `reset` for an end without an answer. */
const REFUSED: Readonly<Record<string, readonly [request: string, status: number]>> = {
  "Content-Length and Transfer-Encoding": [post(`Content-Length: 5\r\n${CHUNKED}`), 400],
  "Transfer-Encoding and Content-Length": [post(`${CHUNKED}\r\nContent-Length: 5`), 400],
  "Transfer-Encoding: chunked, identity": [post("Transfer-Encoding: chunked, identity"), 400],
  "Transfer-Encoding twice": [post(`${CHUNKED}\r\n${CHUNKED}`), 400],
  "a coding besides chunked": [post("Transfer-Encoding: gzip, chunked"), 501],
  "Transfer-Encoding in HTTP/1.0": [post(CHUNKED).replace("HTTP/1.1", "HTTP/1.0"), 400],
  "a space before the colon": [post("Transfer-Encoding : chunked"), 400],
  "two lengths": [post("Content-Length: 3\r\nContent-Length: 3", "abc"), 400],
  "a list of lengths": [post("Content-Length: 3, 3", "abc"), 400],
  "a length with a sign": [post("Content-Length: +3", "abc"), 400],
  "a length that is too long": [post(`Content-Length: ${"9".repeat(20)}`, "abc"), 400],
  "a folded line": [get("/", `${HOST}X: a\r\n b\r\n`), 400],
  "a folded coding": [post("Transfer-Encoding:\r\n chunked"), 400],
  "bare LF": [get("/").replaceAll("\r", ""), 400],
  "bare CR": [get("/", `${HOST}X: a\rY: b\r\n`), 400],
  "NUL in a value": [get("/", `${HOST}X: a\0b\r\n`), 400],
  "a target of another host than Host": [get("https://other.test/"), 400],
  "a target with a user": [get(`https://a@${HOSTNAME}/`), 400],
  "a target with a fragment": [get("/a#b"), 400],
  "a target with a backslash": [get("/a\\..\\b"), 400],
  "two hosts": [get("/", HOST + HOST), 400],
  "an encoded host": [get("/", `Host: ${HOSTNAME.replace(".", "%2e")}\r\n`), 400],
  "another host than SNI": [get("/", "Host: other.test\r\n"), 421],
  "TRACE": [get("/").replace("GET", "TRACE"), 501],
  "HTTP/2.0 in words": [get("/").replace("1.1", "2.0"), 505],
  "HTTP/0.9 in words": [get("/").replace("1.1", "0.9"), 505],
};

Deno.test("serve() asks no handler about a request that two servers may read in two ways", async () => {
  let asked = 0;
  await using own = served(() => {
    asked++;
    return new Response();
  }, { idleTimeout: 1000 });
  for (const [what, [request, status]] of Object.entries(REFUSED)) {
    await using client = await own.connect();
    // Behind a request of another version nothing may come
    const next = / HTTP\/1\.1\r?\n/.test(request) ? get("/next") : "";
    await client.send(request + next);
    const { text } = await client.rest();
    assertEquals(text.match(/(?<=HTTP\/1\.1 )\d+/g), [String(status)], what);
    assertMatch(text, /connection: close/i);
  }
  assertEquals([asked, own.failures], [0, []]);
});

/** Bodies whose chunks are wrong: they fail, and nothing behind them is a request. */
const CHUNKS: Readonly<Record<string, string>> = {
  "a size in C's form": "0x3\r\nabc\r\n0\r\n\r\n",
  "a negative size": "-1\r\nabc\r\n0\r\n\r\n",
  "a size that is too long": `${"f".repeat(17)}\r\nabc\r\n0\r\n\r\n`,
  "a size with a space": "3 \r\nabc\r\n0\r\n\r\n",
  "no CRLF after the data": "3\r\nabcXX0\r\n\r\n",
  "bare LF": "3\nabc\n0\n\n",
  "bare LF after an extension": "3;\nabc\r\n0\r\n\r\n",
  "a length in the trailers": "3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n",
};

Deno.test("serve() fails a body with a wrong chunk, and takes nothing behind it for a request", async () => {
  const seen: string[] = [];
  await using own = served(async (request) => {
    const { pathname } = new URL(request.url);
    seen.push(await request.text().catch(() => "failed"), pathname);
    return new Response();
  });
  for (const [what, chunks] of Object.entries(CHUNKS)) {
    await using client = await own.connect();
    await client.send(`${post(CHUNKED, chunks)}GET /next HTTP/1.1\r\n${HOST}\r\n`);
    const { end } = await client.rest();
    assertEquals([...seen.splice(0), end], ["failed", "/", "PR_END_OF_FILE_ERROR"], what);
  }
});

Deno.test("serve() keeps trailers out of the headers, and takes no body of GET for a request", async () => {
  const seen: string[] = [];
  await using own = served(async (request) => {
    seen.push(`${new URL(request.url).pathname} ${request.headers.get("authorization")}`);
    await request.text();
    return new Response();
  });
  await using client = await own.connect();
  await client.send(post(CHUNKED, "3\r\nabc\r\n0\r\nAuthorization: x\r\n\r\n"));
  await client.until(/\r\n\r\n$/);
  const smuggled = get("/smuggled");
  await client.send(get("/", `${HOST}Content-Length: ${smuggled.length}\r\n`) + smuggled);
  await client.rest();
  assertEquals(seen, ["/ null", "/ null"]);
});

const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
const field = (name: string, value: string) => [0, ...text(name), ...text(value)];

/** Heads of HTTP/2, the fields besides the method. */
const HEADS: Readonly<Record<string, readonly [number[], RegExp]>> = {
  "the host of :authority": [[...fields("GET"), ...field("host", HOSTNAME)], /here/],
  "another host": [[...fields("GET"), ...field("host", "other.test")], /more than one Host/],
  "an absolute path, and a scheme that does not mind": [
    [0x82, 0x01, ...text(HOSTNAME), ...field(":scheme", "x"), ...field(":path", "https://a.test/")],
    /are of two hosts|^(?!.*here)/s,
  ],
};

Deno.test("serve() takes a request of HTTP/2 only for the host that it names everywhere", async () => {
  for (const [what, [head, expected]] of Object.entries(HEADS)) {
    await using own = served(() => new Response("here"), { idleTimeout: 200 });
    await using client = await own.connect({ alpnProtocols: ["h2"] });
    await client.send(PREFACE + frames([1, 5, 1, head]));
    assertMatch((await client.rest()).text, expected, what);
  }
});

Deno.test("serve() sends no Content-Length that is none", async () => {
  for (const length of ["abc", "1, 1", "-1", "1e3", ""]) {
    await using own = served(() => new Response("a", { headers: { "content-length": length } }));
    await using client = await own.connect();
    await client.request("GET /", "Connection: close");
    assertMatch((await client.rest()).text, /^HTTP\/1.1 500 .*\r\n\r\nfailed$/s);
    assertEquals(own.failures, [
      `Cannot send response: its field Content-Length is "${length}", not a number of bytes`,
    ]);
  }
});

Deno.test("serve() refuses options that it does not know, and values that are none", async () => {
  await using own = served(() => new Response());
  const rows: [object, RegExp][] = [
    [{ onerror: () => {} }, /onerror/],
    [{ checkhost: false }, /checkhost/],
    [{ hostname: "a.test" }, /hostname/],
    [{ onError: new Response() }, /onError/],
    [{ idleTimeout: "1s" }, /idleTimeout/],
    [{ maxConcurrentStreams: 0 }, /maxConcurrentStreams/],
    [{ signal: {} }, /signal/],
  ];
  for (const [options, expected] of rows) {
    const make = () => serve(own.listener, () => new Response(), options);
    assertMatch(assertThrows(make, SslError).message, expected);
  }
});
