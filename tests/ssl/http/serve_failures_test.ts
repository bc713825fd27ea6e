// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ServeHandler } from "@nss/nss/http";
import { h2get } from "./_h2.ts";
import { eventually, served } from "./_support.ts";

const BYTES = new Uint8Array(10).fill(97);

/** A body that fails after ten bytes. */
function failing(cancelled = () => {}): ReadableStream<Uint8Array> {
  let chunks = 0;
  return new ReadableStream({
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (chunks++ === 0) controller.enqueue(BYTES);
      else controller.error(new Error("the disk is gone"));
    },
    cancel: cancelled,
  });
}

const used = new Response("used");
await used.text();

/** Handlers in JavaScript return anything. */
const returning = (value: unknown) => (() => value) as ServeHandler<Deno.NetAddr>;

const NO_ANSWERS: Readonly<Record<string, readonly [ServeHandler<Deno.NetAddr>, string]>> = {
  "throws": [() => {
    throw new Error("a bug");
  }, "a bug"],
  "rejects": [() => Promise.reject(new Error("a bug")), "a bug"],
  "returns nothing": [
    returning(undefined),
    "Cannot answer request: the handler must return a Response, not undefined",
  ],
  "returns a string": [
    returning("Hello"),
    "Cannot answer request: the handler must return a Response, not a string",
  ],
  "returns Response.error()": [
    returning(Response.error()),
    "Cannot answer request: the handler returned Response.error()",
  ],
  "returns a Response that was read": [
    returning(used),
    "Cannot answer request: the body of the handler's Response is used already; return a new " +
    "Response for each request, or its clone()",
  ],
  "returns a body that fails at once": [
    returning(
      new Response(
        new ReadableStream({
          start: (controller) => controller.error(new Error("no such file")),
        }),
      ),
    ),
    "no such file",
  ],
  "returns a body of strings": [
    returning(
      new Response(
        new ReadableStream({
          start: (controller: ReadableStreamDefaultController) => controller.enqueue("a"),
        }),
        { headers: { "content-length": "1", "x-of-the-failed": "a" } },
      ),
    ),
    "Cannot send response: its body gave a string instead of bytes (Uint8Array)",
  ],
};

for (const [what, [handler, message]] of Object.entries(NO_ANSWERS)) {
  Deno.test(`serve() answers 500 by onError where the handler ${what}`, async () => {
    await using own = served(handler);
    await using client = await own.connect();
    await client.request("GET /", "Connection: close");
    const { text, end } = await client.rest();
    assert(text.startsWith("HTTP/1.1 500 Internal Server Error\r\n"), text);
    assert(/\r\n\r\n(?:6\r\n)?failed(?:\r\n0\r\n\r\n)?$/.test(text), text);
    assert(!text.includes("x-of-the-failed"), text);
    assertEquals(end, "close_notify");
    assertEquals(own.failures, [message]);
  });
}

Deno.test("serve() answers 500 over HTTP/2 where the handler throws", async () => {
  await using own = served(() => {
    throw new Error("a bug");
  });
  await using client = await h2get(own.port);
  assertEquals(await client.get("/"), { status: 500, text: "failed" });
});

Deno.test("serve() answers 500 where onError throws, or returns no Response", async () => {
  const told: unknown[] = [];
  // deno-lint-ignore no-console
  const log = console.error;
  // deno-lint-ignore no-console
  console.error = (error: Error) => told.push(error.message);
  try {
    for (
      const onError of [() => {
        throw new Error("a bug in onError");
      }, returning(null) as () => Response]
    ) {
      await using own = served(() => Promise.reject(new Error("a bug")), { onError });
      await using client = await own.connect();
      await client.request("GET /", "Connection: close");
      const { text } = await client.rest();
      assert(text.endsWith("\r\n\r\nInternal Server Error"), text);
    }
  } finally {
    // deno-lint-ignore no-console
    console.error = log;
  }
  assertEquals(told, [
    "a bug in onError",
    "Cannot answer request: onError must return a Response, not null",
  ]);
});

for (const version of ["1.1", "1.0"]) {
  Deno.test(`serve() cuts a response of HTTP/${version} off whose body fails`, async () => {
    await using own = served(() => new Response(failing()));
    await using client = await own.connect();
    await client.send(`GET / HTTP/${version}\r\nHost: server.test\r\n\r\n`);
    const { text, end } = await client.rest();
    assert(text === "" || text.startsWith("HTTP/1.1 200 OK\r\n"), text);
    assert(!/\r\n0\r\n/.test(text), "it has a last chunk");
    assertEquals(end, "PR_END_OF_FILE_ERROR");
    assertEquals(own.failures, ["the disk is gone"]);
  });
}

Deno.test("serve() resets a response of HTTP/2 whose body fails, and no other", async () => {
  await using own = served(({ url }) => new Response(url.endsWith("bad") ? failing() : "good"));
  await using client = await h2get(own.port);
  const [bad, good] = [client.get("/bad"), client.get("/good")];
  await assertRejects(() => bad, Error, "NGHTTP2_INTERNAL_ERROR");
  assertEquals((await good).text, "good");
  assertEquals((await client.get("/good")).text, "good");
  assertEquals(own.failures, ["the disk is gone"]);
});

for (const [what, length] of [["more", 9], ["less", 11]] as const) {
  const title = `serve() cuts off a response with ${what} bytes than its Content-Length promises`;
  Deno.test(title, async () => {
    const headers = { "content-length": String(length) };
    await using own = served(() => new Response(BYTES, { headers }));
    await using client = await own.connect();
    await client.request("GET /", "Connection: close");
    const { text, end } = await client.rest();
    const [, body = ""] = text.split("\r\n\r\n");
    if (what === "more") assert(text.startsWith("HTTP/1.1 500 "), text);
    else assert("aaaaaaaaaa".startsWith(body) && end === "PR_END_OF_FILE_ERROR", text);
    assertEquals(own.failures, [
      `Cannot send response: its body has ${what} than the ${length} bytes that its field ` +
      "Content-Length promises",
    ]);
  });
}

Deno.test("serve() sends a response with as many bytes as its Content-Length promises", async () => {
  const headers = { "content-length": "10" };
  await using own = served(() => new Response(BYTES, { headers }));
  await using client = await own.connect();
  for (let i = 0; i < 2; i++) {
    await client.request("GET /");
    assert(!/transfer-encoding/i.test(await client.until(/\r\n\r\n/)));
    await client.until(/^aaaaaaaaaa/);
  }
});

Deno.test("serve() keeps fields that belong to the connection from a handler's hands", async () => {
  const headers = {
    "transfer-encoding": "gzip",
    "keep-alive": "timeout=9",
    "upgrade": "h2c",
    "x-own": "1",
  };
  await using own = served(() => new Response(BYTES, { headers }));
  await using client = await own.connect();
  await client.request("GET /");
  const head = await client.until(/\r\n\r\n/);
  assert(!/gzip|timeout=9|h2c/.test(head), head);
  assert(/\r\nx-own: 1\r\n/.test(head), head);
  await using h2 = await h2get(own.port);
  assertEquals((await h2.get("/")).status, 200);
});

Deno.test("serve() sends each cookie in a field of its own", async () => {
  await using own = served(() => {
    const headers = new Headers([["set-cookie", "a=1, x"], ["set-cookie", "b=2"]]);
    return new Response("a", { headers });
  });
  await using client = await own.connect();
  await client.request("GET /");
  const head = await client.until(/\r\n\r\n/);
  assertEquals(head.match(/^set-cookie: .*$/gim), ["set-cookie: a=1, x", "set-cookie: b=2"]);
});

Deno.test("serve() answers HEAD without a body, and cancels that of the handler", async () => {
  let cancelled = 0;
  await using own = served(() => {
    const body = failing(() => cancelled++);
    return new Response(body, { headers: { "content-length": "10" } });
  });
  await using client = await own.connect();
  for (let i = 0; i < 2; i++) {
    await client.request("HEAD /");
    assert(/\r\ncontent-length: 10\r\n/i.test(await client.until(/\r\n\r\n/)));
  }
  await using h2 = await h2get(own.port);
  assertEquals(await h2.get("/", { ":method": "HEAD" }), { status: 200, text: "" });
  assertEquals([cancelled, own.failures], [3, []]);
});

Deno.test("serve() cancels the body of a response whose client has gone", async () => {
  const cancelled = Promise.withResolvers<unknown>();
  await using own = served(() =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
        cancel: (reason) => cancelled.resolve(reason),
      }, { highWaterMark: 0 }),
    )
  );
  const client = await own.connect();
  await client.request("GET /");
  await client.until(/200 OK/);
  client.socket[Symbol.dispose]();
  assert(await cancelled.promise instanceof Error);
  await eventually(() => own.failures.length === 0);
});
