// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.
// deno-lint-ignore-file no-control-regex -- frames are bytes

// Answers of HTTP/2 that come before the body of the request, in frames written by hand.

import { assertEquals, assertMatch } from "@std/assert";
import { ANSWER_LEAD } from "../../../ssl/http/exchange.ts";
import { delaysOf } from "../../support/delays.ts";
import { fields, frames, PREFACE } from "./_h2.ts";
import { eventually, served } from "./_support.ts";

const H2 = { alpnProtocols: ["h2"] };
const [DATA, HEADERS] = [0, 1];
const [END_STREAM, END_HEADERS] = [1, 4];

/** The end of an answer to stream 1, in a frame of its own. */
const ANSWER = /no\0\0\0\0\x01\0\0\0\x01/;

/** RST_STREAM of stream 1, and its code. */
const RESET = /\0\0\x04\x03\0\0\0\0\x01\0\0\0([^])/;

function post(stream: number): string {
  return frames([HEADERS, END_HEADERS, stream, fields("POST")]);
}

function data(stream: number, length: number, flags = 0): string {
  return frames([DATA, flags, stream, new Array<number>(length).fill(97)]);
}

function no(): Response {
  return new Response("no", { status: 403 });
}

const LEAVING: Record<string, (request: Request) => Response | Promise<Response>> = {
  "does not ask for": no,
  "cancels": async ({ body }) => {
    await body!.cancel();
    return no();
  },
  "reads a piece of": async ({ body }) => {
    await body!.getReader().read();
    return no();
  },
};

for (const [leaves, handler] of Object.entries(LEAVING)) {
  Deno.test(`serve() resets an upload that its handler ${leaves}, some time after the answer`, async () => {
    await using own = served(handler);
    await using client = await own.connect(H2);
    const delays = await delaysOf((async () => {
      await client.send(PREFACE + post(1) + data(1, 1000));
      await client.until(ANSWER);
      await client.send(data(1, 1000));
      const [, code] = RESET.exec(await client.until(RESET))!;
      assertEquals(code, "\0"); // NO_ERROR (RFC 9113, Section 8.1)
    })());
    assertEquals(delays.includes(ANSWER_LEAD), true);
    assertEquals(own.failures, []);
  });
}

Deno.test("serve() does not reset an upload that ends soon after its answer", async () => {
  await using own = served(no);
  const client = await own.connect(H2);
  await client.send(PREFACE + post(1) + data(1, 1000));
  await client.until(ANSWER);
  await client.send(data(1, 1000, END_STREAM) + frames([7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]]));
  const { text } = await client.rest();
  assertEquals(RESET.exec(text), null);
  await client[Symbol.asyncDispose]();
});

Deno.test("serve() lets a handler go on reading an upload that it has answered", async () => {
  let length = -1;
  await using own = served((request) => {
    request.arrayBuffer().then((body) => length = body.byteLength, () => length = -2);
    return no();
  });
  await using client = await own.connect(H2);
  await client.send(PREFACE + post(1) + data(1, 1000));
  await client.until(ANSWER);
  await new Promise((resolve) => setTimeout(resolve, 2 * ANSWER_LEAD));
  await client.send(data(1, 1000, END_STREAM));
  await eventually(() => length !== -1);
  assertEquals(length, 2000);
});

for (const begun of [false, true]) {
  const when = begun ? "who pauses for long" : "who asks for it after the answer";
  Deno.test(`serve() gives no reader the beginning of a body for the whole: one ${when}`, async () => {
    let message = "";
    const reset = Promise.withResolvers<void>();
    await using own = served(async ({ body }) => {
      const reader = body!.getReader();
      if (begun) await reader.read();
      const rest = async () => {
        while (!(await reader.read()).done);
        return "it seems complete";
      };
      reset.promise.then(rest).then((text) => message = text, (error) => message = String(error));
      return no();
    });
    await using client = await own.connect(H2);
    await client.send(PREFACE + post(1) + data(1, 1000));
    await client.until(RESET);
    reset.resolve();
    await eventually(() => message !== "");
    assertMatch(message, /nobody read it while the request was answered/);
  });
}
