// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// nss tap between two ends: what it forwards, what it tells, and what hostile ends do to it.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Secrets } from "../../cli/explain/key_source.ts";
import { ClosedPipe } from "../../cli/base/io.ts";
import { KeyLogFile } from "../../cli/net/key_log_file.ts";
import { TAP_MEMBERS } from "../../cli/net/tap_events.ts";
import { MAX_WAITING } from "../../cli/net/tapped.ts";
import { runNss } from "./_run.ts";
import { eventsOf, startTap } from "./_tap.ts";

const localhost = { hostname: "127.0.0.1", port: 0 };
const text = (line: string) => new TextEncoder().encode(line);

/** A server whose connections a test handles. */
function listen() {
  const listener = Deno.listen(localhost);
  return {
    port: listener.addr.port,
    accept: () => listener.accept(),
    [Symbol.dispose]: () => listener.close(),
  };
}

async function readAll(conn: Deno.Conn): Promise<string> {
  return await new Response(conn.readable).text();
}

Deno.test("nss tap forwards both ways, half-closed as well, and tells what is no TLS", async () => {
  using server = listen();
  const tap = await startTap(server.port, ["--connections", "1"]);
  const client = await Deno.connect({ port: tap.port });
  const accepted = await server.accept();
  await client.write(text("GET / HTTP/1.1\r\n\r\n"));
  await client.closeWrite();
  assertEquals(
    await new Response(accepted.readable, {}).text().catch(() => ""),
    "GET / HTTP/1.1\r\n\r\n",
  );
  client.close();
  assertEquals(await tap.outcome, "good");
  assertMatch(tap.output(), /^#1 opened: from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+$/m);
  assertStringIncludes(tap.output(), "plain text of HTTP without TLS");
  assertMatch(tap.output(), /the client sends no more, after 18 bytes/);
  assertMatch(tap.output(), /^#1 ended$/m);
});
