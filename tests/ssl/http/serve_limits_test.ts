// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals } from "@std/assert";
import { HOSTNAME } from "../_support.ts";
import { fields, frames, h2get, PREFACE } from "./_h2.ts";
import { eventually, served } from "./_support.ts";

/** Long enough for what is not to be ended, on a busy machine; short for what waits for the end. */
const IDLE = 300;

/** A body that never ends by itself, and counts what was taken. */
function endless(taken: () => void): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(65_536);
  return new ReadableStream({
    pull(controller) {
      taken();
      controller.enqueue(chunk);
    },
  }, { highWaterMark: 0 });
}

Deno.test("serve() takes a head of maxHeaderSize bytes, and no larger one", async () => {
  await using own = served(({ headers }) => new Response(String(headers.get("x")?.length)), {
    maxHeaderSize: 1000,
  });
  const before = `GET / HTTP/1.1\r\nHost: ${HOSTNAME}\r\nX: `.length;
  for (const [length, status] of [[900 - before, 200], [1001, 431]] as const) {
    await using client = await own.connect();
    await client.request("GET /", `X: ${"a".repeat(length)}`, "Connection: close");
    const { text, end } = await client.rest();
    assert(text.startsWith(`HTTP/1.1 ${status} `), text);
    assertEquals(end, "close_notify");
  }
  await using h2 = await h2get(own.port);
  assertEquals((await h2.get("/", { x: "a".repeat(500) })).text, "500");
  const large = await h2.get("/", { x: "a".repeat(2000) }).catch((error: Error) => error.message);
  assert(typeof large === "string" || large.status === 431, JSON.stringify(large));
});

Deno.test("serve() answers what is no HTTP with 400, and tells", async () => {
  const bad = [
    "GARBAGE\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    `GET / HTTP/1.1\r\nHost: a\r\nHost: ${HOSTNAME}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: ${HOSTNAME}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    `POST / HTTP/1.1\r\nHost: ${HOSTNAME}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: ${HOSTNAME}\r\nA : b\r\n\r\n`,
  ];
  let handled = 0;
  await using own = served(() => {
    handled++;
    return new Response("a");
  });
  for (const text of bad) {
    await using client = await own.connect();
    await client.send(text);
    const { text: answer, end } = await client.rest();
    assert(answer.startsWith("HTTP/1.1 400 Bad Request\r\n"), `${text}: ${answer}`);
    assertEquals(end, "close_notify");
  }
  assertEquals(handled, 0);
});

Deno.test("serve() answers nothing of CONNECT, and an upgrade as if it had not asked", async () => {
  await using own = served(({ headers }) => new Response(headers.get("upgrade") ?? "none"));
  await using connecting = await own.connect();
  await connecting.send(`CONNECT a.test:443 HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`);
  assertEquals((await connecting.rest()).text, "");
  await using client = await own.connect();
  await client.request("GET /", "Connection: upgrade", "Upgrade: websocket");
  await client.until(/HTTP\/1\.1 200 OK\r\n[\s\S]*websocket$/);
});

Deno.test("serve() ends a client that drips its head, with 408", async () => {
  await using own = served(() => new Response("a"), { idleTimeout: IDLE });
  await using client = await own.connect();
  const dripping = (async () => {
    for (const char of `GET / HTTP/1.1\r\nHost: ${HOSTNAME}\r\nX: ${"a".repeat(1000)}`) {
      await client.send(char);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })().catch(() => {});
  const { text, end } = await client.rest();
  assertEquals(text, "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n");
  assertEquals(end, "close_notify");
  await dripping;
});

Deno.test("serve() ends idle connections after idleTimeout, of both versions", async () => {
  await using own = served(() => new Response("a"), { idleTimeout: IDLE });
  await using client = await own.connect();
  await client.request("GET /");
  await client.until(/a$/);
  await using h2 = await h2get(own.port);
  await h2.get("/");
  assertEquals(await client.rest(), { text: "", end: "close_notify" });
  await new Promise<void>((resolve) => {
    if (h2.session.destroyed) resolve();
    else h2.session.once("close", resolve);
  });
  assertEquals(own.told, []);
});

Deno.test("serve() lets a handler think longer than idleTimeout", async () => {
  await using own = served(async () => {
    await new Promise((resolve) => setTimeout(resolve, 3 * IDLE));
    return new Response("thought");
  }, { idleTimeout: IDLE });
  await using client = await own.connect();
  await client.request("GET /");
  await client.until(/thought$/);
});

Deno.test("serve() fails a body that stalls while the handler reads it", async () => {
  const failed = Promise.withResolvers<Error>();
  await using own = served(async (request) => {
    await request.text().catch(failed.resolve);
    return new Response("a");
  }, { idleTimeout: IDLE });
  await using client = await own.connect();
  await client.request("POST /", "Content-Length: 10");
  await client.send("12345");
  assertEquals(
    (await failed.promise).message,
    `Cannot read request body: no byte of it has come for ${IDLE} ms (idleTimeout)`,
  );
  assertEquals((await client.rest()).end, "PR_END_OF_FILE_ERROR");
});

Deno.test("serve() gives up a client that does not read, and holds little for it", async () => {
  let chunks = 0;
  const cancelled = Promise.withResolvers<void>();
  await using own = served(({ signal }) => {
    signal.addEventListener("abort", () => cancelled.resolve());
    return new Response(endless(() => chunks++));
  }, { idleTimeout: IDLE });
  await using client = await own.connect();
  await client.request("GET /");
  await cancelled.promise;
  // What the kernel's buffers on both ends and our window take, and no more
  assert(chunks < 200, `${chunks} chunks were taken`);
  assertEquals(own.failures, []);
});

Deno.test("serve() answers early, and does not wait for the rest of a body", async () => {
  await using own = served(() => new Response("no", { status: 403 }), {}, { closeTimeout: 500 });
  await using client = await own.connect();
  await client.request("POST /", "Content-Length: 1000000000");
  const sending = (async () => {
    for (;;) await client.send("a".repeat(65_536));
  })().catch(() => {});
  const { text } = await client.rest();
  assert(text.startsWith("HTTP/1.1 403 Forbidden\r\n"), text);
  assert(/\r\nconnection: close\r\n/i.test(text), text);
  await sending;
});

Deno.test("serve() sends 100 Continue when the handler reads the body, and not before", async () => {
  await using own = served(async (request) => {
    if (request.url.endsWith("/no")) return new Response("no", { status: 401 });
    return new Response(await request.text());
  });
  const expect = ["Content-Length: 4", "Expect: 100-continue"];
  await using client = await own.connect();
  await client.request("POST /yes", ...expect);
  assertEquals(await client.until(/\r\n\r\n/), "HTTP/1.1 100 Continue\r\n\r\n");
  await client.send("body");
  await client.until(/200 OK\r\n[\s\S]*body$/);
  await client.request("POST /no", ...expect);
  const { text } = await client.rest();
  assert(text.startsWith("HTTP/1.1 401 "), text);
});

Deno.test("serve() reads a chunked body with trailers", async () => {
  await using own = served(async (request) => new Response(await request.text()));
  await using client = await own.connect();
  for (let i = 0; i < 2; i++) {
    await client.request("POST /", "Transfer-Encoding: chunked", "Trailer: X");
    await client.send("3\r\nabc\r\n2\r\nde\r\n0\r\nX: 1\r\n\r\n");
    await client.until(/abcde$/);
  }
});

Deno.test("serve() answers pipelined requests in their order", async () => {
  await using own = served(async ({ url }) => {
    if (url.endsWith("1")) await new Promise((resolve) => setTimeout(resolve, 30));
    return new Response(`<${url.at(-1)}>`);
  });
  await using client = await own.connect();
  const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`;
  await client.send(one("/1") + one("/2") + one("/3"));
  const text = await client.until(/<3>$/);
  assertEquals(text.match(/<\d>/g), ["<1>", "<2>", "<3>"]);
});

/** The fields of a request to a path. */
function fieldsTo(method: string, path: string): number[] {
  const [first, scheme, , ...host] = fields(method === "GET" ? "GET" : "POST");
  return [first!, scheme!, 4, path.length, ...new TextEncoder().encode(path), ...host];
}

const PHASES: Readonly<Record<string, readonly string[]>> = {
  "before the body is complete": ["POST /", "Content-Length: 10"],
  "while the handler thinks": ["GET /think"],
  "while the response is sent": ["GET /send"],
};

for (const [phase, [line, ...fields]] of Object.entries(PHASES)) {
  Deno.test(`serve() aborts request.signal where the client goes ${phase}`, async () => {
    const aborted = Promise.withResolvers<string>();
    const begun = Promise.withResolvers<void>();
    await using own = served(async (request) => {
      request.signal.addEventListener("abort", () => aborted.resolve(request.signal.reason.name));
      begun.resolve();
      if (request.url.endsWith("think")) await aborted.promise;
      if (request.url.endsWith("send")) return new Response(endless(() => {}));
      return new Response(await request.text());
    });
    const client = await own.connect();
    await client.request(line!, ...fields);
    await begun.promise;
    client.socket[Symbol.dispose]();
    assertEquals(await aborted.promise, "PR_CONNECT_RESET_ERROR");
    await eventually(() => true);
  });

  Deno.test(`serve() aborts request.signal where the stream is reset ${phase}`, async () => {
    const aborted = Promise.withResolvers<string>();
    const begun = Promise.withResolvers<void>();
    await using own = served(async (request) => {
      if (request.url.endsWith("fine")) return new Response("fine");
      request.signal.addEventListener("abort", () => aborted.resolve(request.signal.reason.name));
      begun.resolve();
      if (request.url.endsWith("think")) await aborted.promise;
      if (request.url.endsWith("send")) return new Response(endless(() => {}));
      return new Response(await request.text());
    });
    // By hand: node:http2 may end the body before it resets the stream
    await using client = await own.connect({ alpnProtocols: ["h2"] });
    const [method, path] = line!.split(" ");
    await client.send(PREFACE + frames([1, method === "GET" ? 5 : 4, 1, fieldsTo(method!, path!)]));
    await begun.promise;
    await client.send(frames([3, 0, 1, [0, 0, 0, 8]])); // RST_STREAM, CANCEL
    assertEquals(await aborted.promise, "PR_CONNECT_RESET_ERROR");
    const room = [8, 0, 0, [0, 1, 0, 0]] as const; // what the response has taken of the window
    await client.send(frames(room, [1, 5, 3, fieldsTo("GET", "/fine")]));
    await client.until(/fine/);
  });
}

Deno.test("serve() fails a body whose stream is reset, and does not end it", async () => {
  const outcome = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  await using own = served(async (request) => {
    begun.resolve();
    outcome.resolve(await request.text().catch(({ name }) => name));
    return new Response("a");
  });
  await using client = await own.connect({ alpnProtocols: ["h2"] });
  await client.send(PREFACE + frames([1, 4, 1, fields("POST")], [0, 0, 1, [104, 97, 108, 102]]));
  await begun.promise;
  await client.send(frames([3, 0, 1, [0, 0, 0, 8]])); // RST_STREAM, CANCEL
  assertEquals(await outcome.promise, "PR_END_OF_FILE_ERROR");
});

Deno.test("serve() leaves request.signal alone where the response was complete", async () => {
  const signals: AbortSignal[] = [];
  const own = served(({ signal }) => {
    signals.push(signal);
    return new Response("a");
  });
  await using client = await own.connect();
  await client.request("GET /", "Connection: close");
  await client.rest();
  await using h2 = await h2get(own.port);
  await h2.get("/");
  await own.server.shutdown();
  assertEquals(signals.map(({ aborted }) => aborted), [false, false]);
});
