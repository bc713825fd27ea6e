// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Ticket keys in Node's form, beside what Node does with them. @module */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import * as tls from "@nss/nss/node";
import type { ServerOptions } from "@nss/nss/node";
import { programVersion, spawn } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { callsOf } from "./_ticket_key_calls.mjs";
import { TestServer, thrownBy } from "./_node_peers.ts";

const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;

/** Makes a session with one server, and tells whether another resumes it. */
async function resumes(one: TestServer, two: TestServer, version: typeof VERSIONS[number]) {
  const range = { minVersion: version, maxVersion: version };
  const first = one.connect(range);
  let session: Buffer | undefined;
  first.socket.on("session", (given: Buffer) => session ??= given);
  await first.finish();
  assert(session !== undefined);
  const again = two.connect({ ...range, session });
  await again.finish();
  return again.socket.isSessionReused();
}

const keyOf = (byte: number) => Buffer.alloc(48, byte);
/** One that keeps its sessions to itself where it has no ticketKeys. */
const start = (options: ServerOptions) => TestServer.start({ sessionTimeout: 60, ...options });

Deno.test("createServer: ticketKeys let servers resume each other's sessions, in both versions", async () => {
  for (const version of VERSIONS) {
    await using one = await start({ ticketKeys: keyOf(1) });
    await using two = await start({ ticketKeys: keyOf(1) });
    await using other = await start({ ticketKeys: keyOf(2) });
    await using own = await start({});
    await using byContext = await start({
      secureContext: tls.createSecureContext({ ...await certificate(), ticketKeys: keyOf(1) }),
    });
    assertEquals(await resumes(one, two, version), true);
    assertEquals(await resumes(one, other, version), false);
    assertEquals(await resumes(one, own, version), false);
    assertEquals(await resumes(one, byContext, version), true);
  }
});

async function certificate() {
  const { PEMS } = await import("./_node_peers.ts");
  return PEMS.server;
}

Deno.test("createServer: getTicketKeys and setTicketKeys hand the keys on, for later connections", async () => {
  await using one = await start({});
  await using two = await start({});
  assertEquals(await resumes(one, one, "TLSv1.3"), true);
  assertEquals(await resumes(one, two, "TLSv1.3"), false);
  const keys = one.server.getTicketKeys();
  assertEquals([Buffer.isBuffer(keys), keys.length], [true, 48]);
  assertNotEquals(keys, two.server.getTicketKeys());
  two.server.setTicketKeys(keys);
  for (const version of VERSIONS) {
    assertEquals(await resumes(one, two, version), true);
    assertEquals(await resumes(two, one, version), true);
  }
  two.server.setTicketKeys(keyOf(3));
  assertEquals(await resumes(one, two, "TLSv1.3"), false);
  assertEquals(await resumes(two, two, "TLSv1.3"), true);
});

/** Where Node's answers are others on purpose. */
const OTHERWISE: Readonly<Record<string, string>> = {
  // Options that are wrong are errors of this package in all functions
  "TypeError ERR_INVALID_ARG_TYPE": "SEC_ERROR_INVALID_ARGS",
  "TypeError ERR_INVALID_ARG_VALUE": "SEC_ERROR_INVALID_ARGS",
  // An assertion of Node's, which says that Node is broken
  "Error ERR_INTERNAL_ASSERTION": "TypeError ERR_INVALID_ARG_VALUE",
};

const TITLE = "ticketKeys, getTicketKeys and setTicketKeys do what Node's do with each value";
const found = await programVersion("node", ["--version"], /^v(\d+)/m);
if (found.ok) Deno.test(TITLE, compare);
else skip(TITLE, found.reason);

async function compare(): Promise<void> {
  const node = spawn("node", { args: [`${import.meta.dirname}/_ticket_key_calls.mjs`, "node"] });
  const [line] = await node.waitFor(({ output }) => /^\{.*\}$/m.exec(output));
  await node.close();
  const theirs: Record<string, string> = JSON.parse(line);
  const ours: Record<string, unknown> = callsOf(tls);
  assertEquals(Object.keys(ours), Object.keys(theirs));
  assert(Object.keys(ours).length > 70);
  for (const [name, answer] of Object.entries(ours)) {
    const shown = answer instanceof Error
      ? "code" in answer && typeof answer.code === "string"
        ? `${answer.name} ${answer.code}`
        : answer.name
      : answer;
    const expected = theirs[name]!;
    const isOption = name.startsWith("create");
    const isOtherwise = isOption || expected === "Error ERR_INTERNAL_ASSERTION";
    assertEquals(shown, isOtherwise ? OTHERWISE[expected] ?? expected : expected, name);
  }
}

Deno.test("createServer: what is wrong with ticketKeys is said in words, and not with the keys", () => {
  const rows: readonly [() => unknown, RegExp][] = [
    [
      () => tls.createServer({ ticketKeys: Buffer.alloc(47) }),
      /ticketKeys: it has 47 bytes, not 48/,
    ],
    [
      () => tls.createServer().setTicketKeys(Buffer.alloc(49)),
      /must be a 48-byte buffer: these are 49/,
    ],
    [
      () => Reflect.apply(tls.Server.prototype.setTicketKeys, tls.createServer(), ["secret"]),
      /Cannot set ticket keys: they are a string, not a Buffer of 48 bytes/,
    ],
  ];
  for (const [call, message] of rows) assertMatch(thrownBy(call).message, message);
});
